package app

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"bitacora/engine"
	"bitacora/engine/view"
	"bitacora/web/lang"
	"bitacora/web/panel"
	"bitacora/web/scene"
)

// sessionTimeout is Kafka's default broker.session.timeout.ms: how long a
// broker may be silent before the controller gives it up.
const sessionTimeout = 9 * time.Second

func num[T ~int | ~int8 | ~int16 | ~int32 | ~int64](n T) string {
	return strconv.FormatInt(int64(n), 10)
}

// Bar gives the head of the page.
func (m *Model) Bar() panel.Bar {
	b := panel.Bar{
		Home: m.t(lang.AppName), Tagline: m.t(lang.AppTagline), SourceLabel: m.t(lang.SourceLabel),
		Simulation: panel.Action{Label: m.t(lang.Simulation), Hint: m.t(lang.Simulation) + ": " + m.t(lang.SimulationHint), Name: "source", Kind: "simulation", Pressed: m.Source == view.SourceSimulation},
		Live:       panel.Action{Label: m.t(lang.Live), Hint: m.t(lang.Live) + ": " + m.t(lang.LiveHint), Name: "source", Kind: "live", Pressed: m.Source == view.SourceLive, Off: !m.CanLive},
		Lang:       panel.Action{Label: m.t(lang.LangToggle), Name: "lang"}, LangTag: m.Lang.Other().Tag(),
		Theme: panel.Action{Label: m.t(lang.ThemeDark), Hint: m.t(lang.ThemeToggle), Name: "theme"},
		Guide: panel.Action{Label: m.t(lang.GuideToggle), Name: "guide", Pressed: m.GuideOpen},
		Panel: panel.Action{Label: m.t(lang.PanelToggle), Name: "panel", Pressed: m.PanelOpen},
	}
	if m.Dark {
		b.Theme.Label = m.t(lang.ThemeLight)
	}
	if m.Known {
		up, all, active := m.count()
		b.Status = m.t(lang.StageSummary, num(up), num(all), m.partitions(), active)
	}
	return b
}

// partitions says how many there are, those of internal topics apart.
func (m *Model) partitions() string {
	var own, internal int32
	for i := range m.State.Topics {
		if t := &m.State.Topics[i]; t.Internal {
			internal += t.Partitions
		} else {
			own += t.Partitions
		}
	}
	if internal == 0 {
		return num(own)
	}
	return m.t(lang.PartitionsSplit, num(own), num(internal))
}

// count gives brokers up, brokers, and the active controller's number.
func (m *Model) count() (up, all int, active string) {
	active = m.t(lang.None)
	for i := range m.State.Processes {
		p := &m.State.Processes[i]
		if p.Roles.Has(view.RoleBroker) {
			all++
			if p.Status == view.Running {
				up++
			}
		}
		if q := scene.QuorumOf(&m.State, p.ID); q != nil && q.Role == view.QuorumLeader && p.Status == view.Running {
			active = num(p.ID)
		}
	}
	return up, all, active
}

// allServe says that every broker is up and admitted.
func (m *Model) allServe() bool {
	for i := range m.State.Processes {
		if p := &m.State.Processes[i]; p.Roles.Has(view.RoleBroker) && (p.Status != view.Running || p.Fenced) {
			return false
		}
	}
	return true
}

// Headline gives what just happened.
func (m *Model) Headline() panel.Headline {
	h := panel.Headline{Title: m.t(lang.JustHappened), Text: m.t(lang.NothingYet), Notice: m.Notice, NoticeBad: m.NoticeBad,
		NeedToken: m.Hello.NeedToken && m.Token == "", TokenText: m.t(lang.TokenNeeded), TokenName: m.t(lang.TokenLabel), TokenUse: m.t(lang.TokenSave)}
	if m.Known && m.allServe() {
		h.Text = m.t(lang.AllQuiet)
	}
	switch m.Link {
	case LinkStarting:
		h.Text = m.t(lang.Starting)
	case LinkConnecting:
		h.Text = m.t(lang.Connecting)
	case LinkLost:
		h.Trouble = m.t(lang.ConnectionLost, m.Lang.Seconds(int64(m.Silent), 0), m.Lang.Seconds(int64(m.RetryIn), 0))
	}
	if first, second := m.stories(); first != nil {
		h.Time, h.Text, h.Tone = m.clock(first.At), first.Text, tones[first.Weight]
		if first.Weight >= Notable { // the feed may have something newer that matters less
			h.Title = m.t(lang.LastImportant)
		}
		if ago := m.State.At.Sub(first.At); ago >= time.Second {
			h.Title += " · " + m.t(lang.AgoSeconds, m.Lang.Seconds(int64(ago.Truncate(time.Second)), 0))
		}
		if second != nil {
			h.More = second.Text
		}
	}
	for i := range m.State.Processes {
		p := &m.State.Processes[i]
		silent := m.State.At.Sub(p.Since)
		if p.Roles.Has(view.RoleBroker) && !p.Fenced && (p.Status == view.Dead || p.Status == view.Paused) && silent < sessionTimeout {
			h.More = m.t(lang.DetectionWait, m.nodeName(p.ID), m.Lang.Seconds(int64(sessionTimeout-silent), 1))
		}
	}
	return h
}

// headlineLasts is how long something weighty stands above what follows from it.
const headlineLasts = 4 * time.Second

// stories gives the weightiest of what happened in the last moments, the newest
// of its weight, and the next after it.
func (m *Model) stories() (first, second *Entry) {
	for i := len(m.Feed) - 1; i >= 0; i-- {
		e := &m.Feed[i]
		if first != nil && m.Feed[len(m.Feed)-1].At.Sub(e.At) > headlineLasts {
			break
		}
		switch {
		case first == nil:
			first = e
		case e.Weight > first.Weight:
			first, second = e, first
		case second == nil || e.Weight > second.Weight:
			second = e
		}
	}
	if second != nil && second.Weight < Notable {
		second = nil
	}
	return first, second
}

var tones = [...]panel.Tone{Silent: panel.Plain, Small: panel.Plain, Minor: panel.Plain, Notable: panel.Good, Loud: panel.Bad}

// clock writes an instant: seconds of the simulation, or the time of day.
func (m *Model) clock(at engine.Time) string {
	return m.Lang.Seconds(int64(at), 3) + " s"
}

// feedShown is how many lines of the feed the panel shows.
const feedShown = 40

// FeedPanel gives what happened, newest first.
func (m *Model) FeedPanel() panel.Feed {
	f := panel.Feed{Title: m.t(lang.JustHappened), Empty: m.t(lang.NothingYet)}
	if m.Known && m.allServe() {
		f.Empty = m.t(lang.AllQuiet)
	}
	if !m.slow() && len(m.Feed) > 0 {
		f.Note = m.t(lang.FeedSampled)
	}
	for i := len(m.Feed) - 1; i >= 0 && len(f.Entries) < feedShown; i-- {
		e := m.Feed[i]
		line := panel.FeedEntry{Time: m.clock(e.At), Text: e.Text, Class: [...]string{"", "small", "minor", "notable", "loud"}[e.Weight]}
		if e.Count > 1 {
			line.Count = "×" + num(e.Count)
		}
		f.Entries = append(f.Entries, line)
	}
	return f
}

// Transport gives the bar of time.
func (m *Model) Transport() panel.Transport {
	c := m.State.Clock
	t := panel.Transport{Label: m.t(lang.TimeLabel), Live: m.Source == view.SourceLive, Playing: c.Playing,
		Elapsed: m.t(lang.Elapsed, m.Lang.Seconds(int64(m.State.At), 3)), CanPace: m.Hello.Can.Has(view.CanPlay), Pace: m.t(lang.Pace),
		Key: []panel.Legend{{Sign: "committed", Text: m.t(lang.KeyCommitted)}, {Sign: "unheard", Text: m.t(lang.KeyUnheard)},
			{Sign: "uncommitted", Text: m.t(lang.KeyUncommitted)}, {Sign: "hw", Text: m.t(lang.KeyHW)}}}
	if t.Live {
		t.PaceText = m.t(lang.PaceLive)
		t.Elapsed = m.t(lang.Elapsed, m.Lang.Seconds(int64(m.State.At), 1))
		return t
	}
	t.Play = panel.Action{Label: m.t(lang.Play), Hint: m.t(lang.Play), Off: !t.CanPace}
	if c.Playing {
		t.Play.Label, t.Play.Hint = m.t(lang.PauseTime), m.t(lang.PauseTime)
	}
	t.Step = panel.Action{Label: m.t(lang.Step), Hint: m.t(lang.StepHint), Name: "step", Off: !m.Hello.Can.Has(view.CanStep)}
	t.PaceAt, t.PaceMax = paceIndex(c.Pace), len(paces)-1
	t.PaceSays = m.t(lang.PaceValue, m.paceNumber(c.Pace))
	switch {
	case c.Pace <= time.Millisecond:
		t.PaceText = m.t(lang.PaceHops)
	case c.Pace < time.Second:
		t.PaceText = m.t(lang.PaceSlow)
	case c.Pace == time.Second:
		t.PaceText = m.t(lang.PaceReal)
	default:
		t.PaceText = m.t(lang.PaceFast, m.Lang.Seconds(int64(sessionTimeout)*int64(time.Second)/int64(c.Pace), 1))
	}
	return t
}

// paceNumber writes a speed: 3, 1, 0.1, 0.0004.
func (m *Model) paceNumber(d time.Duration) string {
	if d >= time.Second {
		return num(d / time.Second)
	}
	return strings.TrimRight(m.Lang.Seconds(int64(d), 4), "0")
}

// Guide gives the panel at the left.
func (m *Model) Guide() panel.Guide {
	g := panel.Guide{TryTitle: m.t(lang.TryThis), HowTitle: m.t(lang.HowToRead), Matrix: m.t(lang.LegendMatrix),
		How: []panel.Legend{
			{Sign: "leader", Text: m.t(lang.LegendLeader)}, {Sign: "committed", Text: m.t(lang.LegendCommitted)},
			{Sign: "unheard", Text: m.t(lang.LegendUnheard)},
			{Sign: "uncommitted", Text: m.t(lang.LegendUncommitted)}, {Sign: "hw", Text: m.t(lang.LegendHW)},
			{Sign: "isr", Word: m.t(lang.InISR), Text: m.t(lang.LegendISR)}, {Sign: "dead", Text: m.t(lang.LegendDead)},
			{Sign: "message", Text: m.t(lang.LegendMessage)}, {Sign: "dots", Text: m.t(lang.LegendDots)},
			{Sign: "older", Text: m.t(lang.LegendOlder)}, {Sign: "observer", Word: m.t(lang.Observer), Text: m.t(lang.LegendObserver)},
			{Sign: "marks", Text: m.t(lang.LegendMarks)},
		}}
	g.Quick = m.quick()
	if m.Hello.Can.Has(view.CanPlay) {
		g.Reset = []panel.Action{{Label: m.t(lang.Restarted), Name: "reset"}, {Label: m.t(lang.NewSeed), Name: "newseed"}}
	}
	if m.Hello.Can.Has(view.CanProduce) {
		g.Forms = append(g.Forms, m.produceForm())
	}
	if m.Hello.Can.Has(view.CanTopic) {
		g.Forms = append(g.Forms, m.topicForm())
	}
	if m.Hello.Can.Has(view.CanClients) {
		g.Forms = append(g.Forms, m.producerForm(), m.consumerForm())
	}
	return g
}

// quick offers what is worth trying now: kill a leader, bring back the dead,
// heal the network.
func (m *Model) quick() []panel.Action {
	var all []panel.Action
	if !m.Hello.Can.Has(view.CanFault) {
		return nil
	}
	for i := range m.State.Processes {
		p := &m.State.Processes[i]
		name := m.nodeName(p.ID)
		if p.Status == view.Dead && !p.External {
			all = append(all, panel.Action{Label: m.t(lang.RestartNode, name), Name: "restart", Node: num(p.ID), Strong: true})
		}
		if p.Status == view.Paused {
			all = append(all, panel.Action{Label: m.t(lang.ThawNode, name), Name: "thaw", Node: num(p.ID), Strong: true})
		}
	}
	if len(m.State.Cuts) > 0 {
		all = append(all, panel.Action{Label: m.t(lang.HealAll), Name: "heal", Strong: true})
	}
	for i := range m.State.Partitions {
		p := &m.State.Partitions[i]
		leader := scene.ProcessOf(&m.State, p.Leader)
		if strings.HasPrefix(p.Topic, "__") || leader == nil || leader.Status != view.Running {
			continue
		}
		tp := p.Topic + "-" + num(p.Partition)
		all = append(all, panel.Action{Label: m.t(lang.TryKillLeader, tp), Name: "killleader", Topic: p.Topic, Partition: num(p.Partition), Danger: true})
		break
	}
	return all
}

// topics are the options of a form, the one used last chosen.
func (m *Model) topics() []panel.Option {
	var all []panel.Option
	for i := range m.State.Topics {
		t := &m.State.Topics[i]
		if !t.Internal {
			all = append(all, panel.Option{Value: t.Name, Text: t.Name, Chosen: t.Name == m.lastMade})
		}
	}
	return all
}

func (m *Model) produceForm() panel.Form {
	topics := m.topics()
	return panel.Form{ID: "produce", Title: m.t(lang.TryWrite), Act: "produce", Submit: m.t(lang.FormSend), Off: len(topics) == 0, Fields: []panel.Field{
		m.topicField("produce-topic", topics),
		{ID: "produce-key", Name: "key", Label: m.t(lang.FormKey), Type: "text", Value: m.t(lang.ExampleKey)},
		{ID: "produce-value", Name: "value", Label: m.t(lang.FormValue), Type: "text", Value: m.t(lang.ExampleValue)},
		m.acksField("produce-acks"),
	}}
}

func (m *Model) topicField(id string, topics []panel.Option) panel.Field {
	f := panel.Field{ID: id, Name: "topic", Label: m.t(lang.FormTopic), Type: "text", Value: m.t(lang.ExampleTopic), Options: topics}
	return f
}

func (m *Model) acksField(id string) panel.Field {
	return panel.Field{ID: id, Name: "acks", Label: m.t(lang.FormAcks), Options: []panel.Option{
		{Value: "-1", Text: m.t(lang.AcksAll), Chosen: true}, {Value: "1", Text: m.t(lang.AcksOne)}, {Value: "0", Text: m.t(lang.AcksNone)}}}
}

func (m *Model) topicForm() panel.Form {
	return panel.Form{ID: "topic", Title: m.t(lang.TryTopic), Act: "topic", Submit: m.t(lang.FormCreate), Fields: []panel.Field{
		{ID: "topic-name", Name: "topic", Label: m.t(lang.FormTopicNew), Type: "text", Value: m.t(lang.ExampleTopic)},
		{ID: "topic-partitions", Name: "partitions", Label: m.t(lang.FormPartitions), Type: "number", Value: "3", Min: "1", Max: "1000"},
		{ID: "topic-factor", Name: "factor", Label: m.t(lang.FormFactor), Type: "number", Value: "3", Min: "1", Max: "9"},
	}}
}

func (m *Model) producerForm() panel.Form {
	topics := m.topics()
	f := panel.Form{ID: "producer", Title: m.t(lang.TryProducer), Act: "producer", Submit: m.t(lang.FormStart), Off: len(topics) == 0, Fields: []panel.Field{
		m.topicField("producer-topic", topics),
		{ID: "producer-rate", Name: "rate", Label: m.t(lang.FormRate), Type: "number", Value: "2", Min: "1", Max: "1000"},
		m.acksField("producer-acks"),
	}}
	for i := range m.State.Producers {
		p := &m.State.Producers[i]
		if a, ok := m.clientAction(p.Node, p.Running, "producer"); ok {
			f.Stops = append(f.Stops, a)
		}
	}
	return f
}

func (m *Model) consumerForm() panel.Form {
	topics := m.topics()
	f := panel.Form{ID: "consumer", Title: m.t(lang.TryConsumer), Act: "consumer", Submit: m.t(lang.FormStart), Off: len(topics) == 0, Fields: []panel.Field{
		m.topicField("consumer-topic", topics),
		{ID: "consumer-group", Name: "group", Label: m.t(lang.FormGroup), Type: "text", Value: m.t(lang.ExampleGroup)},
	}}
	for i := range m.State.Consumers {
		c := &m.State.Consumers[i]
		if a, ok := m.clientAction(c.Node, c.Running, "consumer"); ok {
			f.Stops = append(f.Stops, a)
		}
	}
	return f
}

// clientAction stops or restarts a simulated client.
func (m *Model) clientAction(id engine.NodeID, running bool, what string) (panel.Action, bool) {
	p := scene.ProcessOf(&m.State, id)
	if p == nil || p.External || !m.Hello.Can.Has(view.CanClients) {
		return panel.Action{}, false
	}
	if running {
		return panel.Action{Label: m.t(lang.Stop) + " " + m.nodeName(id), Name: "stop" + what, Node: num(id)}, true
	}
	return panel.Action{Label: m.t(lang.Continue) + " " + m.nodeName(id), Name: what, Node: num(id)}, true
}

// Tables gives the whole state as tables.
func (m *Model) Tables() panel.Tables {
	up, all, active := m.count()
	t := panel.Tables{Title: m.t(lang.TableTitle), Hint: m.t(lang.TableHint),
		Summary: m.t(lang.StageSummary, num(up), num(all), m.partitions(), active)}
	servers := panel.Table{Title: m.t(lang.TableBrokers), Columns: []string{m.t(lang.TableBroker), m.t(lang.TableState), m.t(lang.TableLeads), m.t(lang.TableActions)}}
	for i := range m.State.Processes {
		p := &m.State.Processes[i]
		if p.Roles.Has(view.RoleClient) {
			continue
		}
		status, tone := m.statusOf(p)
		servers.Rows = append(servers.Rows, panel.TableRow{
			Cells:   []panel.Row{{Value: m.nodeName(p.ID)}, {Value: status, Tone: tone}, {Value: m.leads(p)}},
			Actions: m.processActions(p, true)})
	}
	parts := panel.Table{Title: m.t(lang.TablePartitions), Columns: []string{m.t(lang.TablePartition), m.t(lang.TableLeader), m.t(lang.TableEpoch),
		m.t(lang.TableISR), m.t(lang.TableCommitted), m.t(lang.TableEnd)}}
	for i := range m.State.Partitions {
		p := &m.State.Partitions[i]
		if strings.HasPrefix(p.Topic, "__") && !m.Open[p.Topic] {
			continue
		}
		parts.Rows = append(parts.Rows, m.partitionRow(p))
		if len(parts.Rows) == tableRowsMax {
			break
		}
	}
	t.All = []panel.Table{servers, parts}
	return t
}

// tableRowsMax bounds the table; a longer one would cost more than it says.
const tableRowsMax = 100

func (m *Model) partitionRow(p *view.Partition) panel.TableRow {
	leader := panel.Row{Value: m.t(lang.LeaderNone), Tone: panel.Bad}
	if p.Leader != engine.NoNode {
		leader = panel.Row{Value: m.nodeName(p.Leader)}
	}
	hw, end := engine.NoOffset, engine.NoOffset
	for _, r := range scene.ReplicasOf(&m.State, p.Topic, p.Partition) {
		if r.Node == p.Leader {
			hw, end = r.HighWatermark, r.LogEnd
		}
	}
	tone := panel.Plain
	if len(p.ISR) < len(p.Replicas) {
		tone = panel.Warn
	}
	return panel.TableRow{Cells: []panel.Row{{Value: p.Topic + "-" + num(p.Partition)}, leader, {Value: num(p.Epoch)},
		{Value: m.nodes(p.ISR), Tone: tone}, {Value: m.offset(hw)}, {Value: m.offset(end)}}}
}

func (m *Model) offset(o engine.Offset) string {
	if o == engine.NoOffset {
		return m.t(lang.Unknown)
	}
	return num(o)
}

// leads lists the partitions that a broker leads.
func (m *Model) leads(p *view.Process) string {
	var all []string
	for i := range m.State.Partitions {
		q := &m.State.Partitions[i]
		if q.Leader == p.ID && !strings.HasPrefix(q.Topic, "__") {
			all = append(all, q.Topic+"-"+num(q.Partition))
		}
	}
	if q := scene.QuorumOf(&m.State, p.ID); q != nil && q.Role == view.QuorumLeader && p.Status == view.Running {
		all = slices.Insert(all, 0, m.t(lang.MetadataRow))
	}
	if len(all) == 0 {
		return m.t(lang.None)
	}
	return strings.Join(all, ", ")
}

// statusOf says how a process is.
func (m *Model) statusOf(p *view.Process) (string, panel.Tone) {
	since := m.Lang.Seconds(int64(m.State.At.Sub(p.Since)), 0)
	switch {
	case p.Status == view.Dead && p.Halted:
		return m.t(scene.HaltedStatus(p.Halt)), panel.Bad
	case p.Status == view.Dead:
		return m.t(lang.StatusDeadFor, since), panel.Bad
	case p.Status == view.Paused:
		return m.t(lang.StatusPausedFor, since), panel.Warn
	case p.Status == view.Stopping, p.Shutting:
		return m.t(lang.StatusStopping), panel.Warn
	case p.Roles.Has(view.RoleBroker) && p.Fenced:
		return m.t(lang.StatusFenced), panel.Warn
	}
	return m.t(lang.StatusActive), panel.Good
}

// processActions are what can be done to a process.
func (m *Model) processActions(p *view.Process, named bool) []panel.Action {
	if p.External || !m.Hello.Can.Has(view.CanFault) {
		return nil
	}
	name, node := m.nodeName(p.ID), num(p.ID)
	a := func(short, long lang.Key, act string, danger bool) panel.Action {
		action := panel.Action{Label: m.t(short), Name: act, Node: node, Danger: danger}
		if named {
			action.Hint = m.t(long, name)
		}
		return action
	}
	switch p.Status {
	case view.Dead:
		return []panel.Action{a(lang.Restart, lang.RestartNode, "restart", false)}
	case view.Paused:
		return []panel.Action{a(lang.Thaw, lang.ThawNode, "thaw", false), a(lang.Kill, lang.KillNode, "kill", true)}
	}
	return []panel.Action{a(lang.Kill, lang.KillNode, "kill", true), a(lang.Freeze, lang.FreezeNode, "freeze", false)}
}

// Shape is what of the document stands outside the panels, for the shell:
// language, dark, guide and panel shown, the stage's label, the table's title,
// joined by NUL.
func (m *Model) Shape() string {
	flag := map[bool]string{true: "1", false: "0"}
	return strings.Join([]string{m.Lang.Tag(), flag[m.Dark], flag[m.GuideOpen], flag[m.PanelOpen], m.t(lang.StageLabel), m.t(lang.TableTitle)}, "\x00")
}
