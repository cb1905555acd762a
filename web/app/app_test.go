package app

import (
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/view"
	"bitacora/web/lang"
	"bitacora/web/panel"
	"bitacora/web/scene"
	"bitacora/web/still"
)

// opened is a page that watches the still moment.
func opened(l lang.Lang) *Model {
	m := New(l, false)
	m.Update(Packet{Packet: &view.Hello{Can: view.CanPlay | view.CanStep | view.CanFault | view.CanTopic | view.CanProduce | view.CanClients | view.CanInspect}})
	m.Update(Packet{Packet: &view.Frame{Key: true, Changed: still.State("pedidos", "envios")}})
	m.Update(Resize{Width: 1200, Height: 760})
	m.Draw()
	return m
}

func happened(m *Model, events ...engine.Event) []Effect {
	f := &view.Frame{Changed: view.State{At: m.State.At.Add(9 * time.Second), Clock: m.State.Clock}}
	for _, e := range events {
		f.Events = append(f.Events, view.Event{At: f.Changed.At, Event: e})
	}
	return m.Update(Packet{Packet: f})
}

func sent(t *testing.T, effects []Effect) *view.Command {
	t.Helper()
	for _, e := range effects {
		if s, ok := e.(Send); ok {
			return s.Command
		}
	}
	t.Fatalf("no command among %+v", effects)
	return nil
}

func TestAKillButtonInThePictureKillsThatBroker(t *testing.T) {
	m := opened(lang.Spanish)
	for _, h := range m.list.Hits {
		if h.Action == scene.Kill && h.Target.Node == 3 {
			c := sent(t, m.Update(PointerPressed{X: h.Box.MidX(), Y: h.Box.MidY()}))
			if c.Kind != view.CommandKill || c.Node != 3 {
				t.Fatalf("%+v", c)
			}
			return
		}
	}
	t.Fatal("the picture has no button to kill broker 3")
}

func TestKeyboard(t *testing.T) {
	m := opened(lang.English)
	m.Update(KeyPressed{Key: "ArrowRight"})
	if m.Selected.Kind != scene.TargetProcess || m.Selected.Node != 1 {
		t.Fatalf("the first arrow finds %+v, not a broker", m.Selected)
	}
	effects := m.Update(KeyPressed{Key: "ArrowRight"})
	if m.Selected.Node == 1 {
		t.Error("an arrow goes nowhere")
	}
	announced := ""
	for _, e := range effects {
		if a, ok := e.(Announce); ok {
			announced = a.Text
		}
	}
	if announced == "" {
		t.Error("a screen reader is not told what is selected")
	}
	m.Selected = scene.Target{Kind: scene.TargetProcess, Node: 3}
	if c := sent(t, m.Update(KeyPressed{Key: "k"})); c.Kind != view.CommandKill || c.Node != 3 {
		t.Errorf("k sends %+v", c)
	}
	m.Selected.Node = 2 // dead
	if c := sent(t, m.Update(KeyPressed{Key: "k"})); c.Kind != view.CommandRestart {
		t.Errorf("k on the dead sends %+v", c)
	}
	if c := sent(t, m.Update(KeyPressed{Key: " "})); c.Kind != view.CommandPlay {
		t.Errorf("space sends %+v", c)
	}
	m.Update(KeyPressed{Key: "Escape"})
	if m.Selected.Kind != scene.TargetNone {
		t.Error("Escape leaves the selection")
	}
}

func TestHeadlineTellsTheWeightiest(t *testing.T) {
	m := opened(lang.Spanish)
	happened(m, engine.Event{Kind: engine.EventProcessKilled, Node: 1})
	if h := m.Headline(); !strings.Contains(h.Text, "broker 1 ha caído") || !strings.Contains(h.Text, "pedidos-0") || h.Tone != panel.Bad {
		t.Errorf("%+v", h)
	}
	happened(m,
		engine.Event{Kind: engine.EventBrokerFenced, Node: 3000, Peer: 1},
		engine.Event{Kind: engine.EventLeaderElected, Node: 3000, Peer: 3, Topic: "pedidos", Epoch: 4, Nodes: []engine.NodeID{3}},
		engine.Event{Kind: engine.EventISRChanged, Node: 3, Topic: "pedidos", Epoch: 4, Count: 2, Nodes: []engine.NodeID{3}})
	h := m.Headline()
	if !strings.Contains(h.Text, "da por perdido al broker 1") || !strings.Contains(h.More, "nombra líder de pedidos-0 al broker 3") {
		t.Errorf("%+v", h)
	}
	if !strings.Contains(m.FeedPanel().Entries[0].Text, "El ISR de pedidos-0 es ahora 3") {
		t.Error("the feed is not newest first")
	}
	m.Update(Acted{Name: "lang"})
	if h := m.Headline(); !strings.Contains(h.Text, "gives up broker 1") {
		t.Errorf("what happened is not told again in the other language: %+v", h)
	}
}

// What stands at the head may be older than the feed's newest line: it says so.
func TestHeadlineSaysHowOldItIs(t *testing.T) {
	m := opened(lang.Spanish)
	happened(m, engine.Event{Kind: engine.EventProcessKilled, Node: 1})
	if h := m.Headline(); h.Title != "Último suceso importante" {
		t.Errorf("when it has just happened: %q", h.Title)
	}
	m.Update(Packet{Packet: &view.Frame{Changed: view.State{At: m.State.At.Add(2700 * time.Millisecond), Clock: m.State.Clock},
		Events: []view.Event{{At: m.State.At.Add(2700 * time.Millisecond), Event: engine.Event{Kind: engine.EventISRChanged, Node: 3, Topic: "pedidos", Count: 2, Nodes: []engine.NodeID{3}}}}}})
	h := m.Headline()
	if h.Title != "Último suceso importante · hace 2 s" || !strings.Contains(h.Text, "ha caído") {
		t.Errorf("%q %q", h.Title, h.Text)
	}
	if newest := m.FeedPanel().Entries[0].Text; !strings.Contains(newest, "ISR de pedidos-0") {
		t.Errorf("%q", newest)
	}
}

func TestTheFeedSaysThatItIsASample(t *testing.T) {
	m := opened(lang.English)
	happened(m, engine.Event{Kind: engine.EventProcessKilled, Node: 1})
	m.State.Clock.Playing = true
	m.State.Clock.Pace = time.Second
	if m.FeedPanel().Note == "" {
		t.Error("at full speed it does not say so")
	}
	m.State.Clock.Pace = detailPace
	if note := m.FeedPanel().Note; note != "" {
		t.Errorf("where all is told it says %q", note)
	}
}

func TestInternalPartitionsAreCountedApart(t *testing.T) {
	if status := opened(lang.English).Bar().Status; !strings.Contains(status, "partitions: 3 + 50 internal;") {
		t.Errorf("%q", status)
	}
}

func TestEveryLoudEventIsToldInBothLanguages(t *testing.T) {
	for _, l := range []lang.Lang{lang.Spanish, lang.English} {
		m := opened(l)
		for kind := engine.EventProcessStarted; kind <= engine.EventViolation; kind++ {
			text, weight := m.sentence(&view.Event{Event: engine.Event{Kind: kind, Node: 1, Peer: 2, Name: "x"}})
			if weight < Notable || text == "" || strings.ContainsAny(text, "{}") {
				t.Errorf("%s: event %d: %q, weight %d", l.Tag(), kind, text, weight)
			}
		}
	}
}

func TestWhatBecomesOfSegmentsIsToldInBothLanguages(t *testing.T) {
	for _, l := range []lang.Lang{lang.Spanish, lang.English} {
		m := opened(l)
		for _, e := range []engine.Event{
			{Kind: engine.EventSegmentRolled}, {Kind: engine.EventSegmentDeleted}, {Kind: engine.EventLogStartMoved},
			{Kind: engine.EventCleaningBegan}, {Kind: engine.EventSegmentsCleaned},
			{Kind: engine.EventLogCleaned}, {Kind: engine.EventLogCleaned, Code: 1}, {Kind: engine.EventLogCleaned, Code: 2},
		} {
			e.Node, e.Topic, e.Offset, e.Until, e.Count = 1, "orders", 10, 20, 345
			text, weight := m.sentence(&view.Event{Event: e})
			if weight == Silent || !strings.HasPrefix(text, "orders-0: ") || strings.ContainsAny(text, "{}") {
				t.Errorf("%s: event %d code %d: %q, weight %d", l.Tag(), e.Kind, e.Code, text, weight)
			}
		}
	}
}

func TestCommittedIsExplained(t *testing.T) {
	cases := []struct {
		name   string
		target scene.Target
		want   string
	}{
		{"below the high watermark it is committed", scene.Target{Kind: scene.TargetBatch, Topic: "pedidos", Node: 1, Offset: 8}, "It is committed"},
		{"above it, those who lack it are named", scene.Target{Kind: scene.TargetBatch, Topic: "pedidos", Node: 1, Offset: 10}, "3 still have to copy it"},
		{"a follower may not know yet", scene.Target{Kind: scene.TargetBatch, Topic: "pedidos", Partition: 2, Node: 3, Offset: 7}, "this copy has not heard yet"},
	}
	m := opened(lang.English)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m.Selected = c.target
			if why := m.Inspector().Why; !strings.Contains(why, c.want) {
				t.Errorf("%q", why)
			}
		})
	}
}

// A high watermark of 7 is the first offset that is not committed: the last
// committed record is 6.
func TestTheHighWatermarkIsTheFirstNotCommitted(t *testing.T) {
	for _, l := range []lang.Lang{lang.Spanish, lang.English} {
		text, _ := opened(l).sentence(&view.Event{Event: engine.Event{Kind: engine.EventHighWatermark, Node: 1, Topic: "pedidos", Offset: 7}})
		want := map[lang.Lang]string{lang.Spanish: "confirmado el registro 6. High watermark: 7", lang.English: "record 6 is committed. High watermark: 7"}[l]
		if !strings.Contains(text, want) {
			t.Errorf("%q", text)
		}
	}
}

func TestEverythingInThePictureCanBeRead(t *testing.T) {
	m := opened(lang.English)
	kinds := map[scene.TargetKind]bool{}
	for _, h := range m.list.Hits {
		if h.Target.Kind == scene.TargetMessage {
			continue
		}
		m.Selected = h.Target
		kinds[h.Target.Kind] = true
		if i := m.Inspector(); i.Title == "" {
			t.Errorf("nothing is said about %+v", h.Target)
		}
	}
	for kind := scene.TargetProcess; kind <= scene.TargetConsumer; kind++ {
		if !kinds[kind] {
			t.Errorf("nothing of kind %d can be pointed at", kind)
		}
	}
}

func TestForms(t *testing.T) {
	m := opened(lang.Spanish)
	cases := []struct {
		name string
		act  Acted
		want view.Command
	}{
		{"a record by hand", Acted{"produce", map[string]string{"topic": "pedidos", "key": "k", "value": "v", "acks": "1"}},
			view.Command{Kind: view.CommandProduce, Node: -1, Peer: -1, Topic: "pedidos", Partition: -1, Acks: 1, Key: []byte("k"), Value: []byte("v")}},
		{"a record without a key has a null key", Acted{"produce", map[string]string{"topic": "pedidos", "value": "v", "acks": "-1"}},
			view.Command{Kind: view.CommandProduce, Node: -1, Peer: -1, Topic: "pedidos", Partition: -1, Acks: -1, NullKey: true, Key: []byte{}, Value: []byte("v")}},
		{"a topic", Acted{"topic", map[string]string{"topic": "x", "partitions": "4", "factor": "2"}},
			view.Command{Kind: view.CommandCreateTopic, Node: -1, Peer: -1, Topic: "x", Partition: -1, Acks: -1, Partitions: 4, Factor: 2}},
		{"a producer", Acted{"producer", map[string]string{"topic": "x", "rate": "4", "acks": "0"}},
			view.Command{Kind: view.CommandStartProducer, Node: -1, Peer: -1, Topic: "x", Partition: -1, Every: 250 * time.Millisecond}},
		{"a link", Acted{"cut", map[string]string{"node": "1", "peer": "3000"}},
			view.Command{Kind: view.CommandCut, Node: 1, Peer: 3000, Partition: -1, Acks: -1}},
		{"the leader of a partition", Acted{"killleader", map[string]string{"topic": "pedidos", "partition": "1"}},
			view.Command{Kind: view.CommandKill, Node: 3, Peer: -1, Topic: "pedidos", Partition: -1, Acks: -1}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := sent(t, m.Update(c.act))
			c.want.ID = got.ID
			if string(view.Encode(nil, got)) != string(view.Encode(nil, &c.want)) {
				t.Errorf("got %+v", got)
			}
		})
	}
	if effects := m.Update(Acted{Name: "nonsense", Values: map[string]string{"node": "x"}}); len(effects) != 0 {
		t.Errorf("nonsense does %+v", effects)
	}
}

func TestRefusalsAreSaid(t *testing.T) {
	m := opened(lang.English)
	for reason := view.ReasonKafka; reason <= view.ReasonGone; reason++ {
		c := sent(t, m.Update(Acted{"kill", map[string]string{"node": "1"}}))
		m.Update(Packet{Packet: &view.Result{ID: c.ID, Reason: reason, Code: 36}})
		if h := m.Headline(); h.Notice == "" || !h.NoticeBad {
			t.Errorf("reason %d is not said", reason)
		}
	}
	m.Hello.Can = 0
	if effects := m.Update(Acted{"kill", map[string]string{"node": "1"}}); len(effects) != 0 || m.Notice == "" {
		t.Error("what the source cannot do is asked all the same")
	}
	m.Update(Tick{Passed: noticeLasts})
	if m.Notice != "" {
		t.Error("a notice stays for ever")
	}
}

func TestMessages(t *testing.T) {
	m := opened(lang.English)
	fetch := func(offset engine.Offset) view.Message {
		return view.Message{ID: uint64(offset), From: 3, To: 1, Name: "Fetch", Sent: m.State.At, Arrives: m.State.At + 1000,
			Items: []view.MessageItem{{Topic: "pedidos", Offset: offset, Until: offset}}}
	}
	show := func(msg view.Message) view.MessageFlags {
		m.flights = nil
		m.Update(Packet{Packet: &view.Frame{Changed: view.State{At: m.State.At, Clock: view.Clock{Playing: true, Pace: time.Second}}, Messages: []view.Message{msg}}})
		return m.flights[0].message.Flags
	}
	if show(fetch(9))&view.MessageEmpty == 0 {
		t.Error("the first fetch says nothing new")
	}
	if show(fetch(10))&view.MessageEmpty != 0 {
		t.Error("a fetch that asks further is news: the follower has what it asked for before")
	}
	if show(fetch(10))&view.MessageEmpty == 0 {
		t.Error("the same fetch again is no news")
	}
	for range 100 {
		m.Update(Tick{Passed: 16 * time.Millisecond})
	}
	if len(m.flights) != 0 {
		t.Error("a message flies for ever")
	}
	m.Reduced = true
	m.Update(Packet{Packet: &view.Frame{Changed: m.State, Messages: []view.Message{fetch(11)}}})
	if len(m.flights) != 0 {
		t.Error("who asked for less motion gets it all the same")
	}
}

func TestALostConnectionIsSaid(t *testing.T) {
	m := New(lang.English, true)
	m.Update(LinkChanged{Link: LinkLost, RetryIn: 2 * time.Second, Silent: 5 * time.Second})
	if h := m.Headline(); !strings.Contains(h.Trouble, "5 s old") || !strings.Contains(h.Trouble, "in 2 s") {
		t.Errorf("%+v", h)
	}
	m.Update(LinkChanged{Link: LinkOpen})
	if h := m.Headline(); h.Trouble != "" || h.Notice == "" {
		t.Errorf("%+v", h)
	}
}

func TestADeltaBeforeTheKeyFrameIsLeftOut(t *testing.T) {
	m := New(lang.English, true)
	m.Update(Packet{Packet: &view.Frame{Changed: view.State{At: 5}}})
	if m.Known || m.State.At != 0 {
		t.Error("half a picture is shown as a whole one")
	}
}

func TestAtFullSpeedSmallThingsAreToldInPassing(t *testing.T) {
	m := opened(lang.English)
	m.State.Clock = view.Clock{Playing: true, Pace: time.Second}
	hw := func(node engine.NodeID, to engine.Offset) {
		happened(m, engine.Event{Kind: engine.EventHighWatermark, Node: node, Topic: "pedidos", Offset: to})
	}
	hw(3, 9) // a follower's is no news
	if len(m.Feed) != 0 {
		t.Fatalf("%+v", m.Feed)
	}
	hw(1, 10)
	hw(1, 11)
	if len(m.Feed) != 1 || !strings.Contains(m.Feed[0].Text, "record 9 is committed") {
		t.Fatalf("%+v", m.Feed)
	}
	m.Update(Tick{Passed: passingEvery})
	hw(1, 12)
	if len(m.Feed) != 2 {
		t.Errorf("%+v", m.Feed)
	}
}
