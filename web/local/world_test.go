package local

import (
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/view"
)

// page is a viewer of a world: it applies what comes.
type page struct {
	t       *testing.T
	w       *World
	state   view.State
	results map[uint32]*view.Result
	details []*view.Detail
	events  map[engine.EventKind]int
	ids     uint32
}

func open(t *testing.T) *page {
	t.Helper()
	w, err := New(Config{Seed: 7, Brokers: 3, Controllers: 3, Topic: "pedidos", Group: "envios"})
	if err != nil {
		t.Fatal(err)
	}
	for w.phase != settled {
		w.prepare(never)
	}
	return &page{t: t, w: w, results: map[uint32]*view.Result{}, events: map[engine.EventKind]int{}}
}

// never says that a slice is not used up.
func never() bool { return false }

func (p *page) pass(d time.Duration) {
	p.t.Helper()
	for range d / (40 * time.Millisecond) {
		for _, packet := range p.w.Advance(40*time.Millisecond, never) {
			packet, err := view.Decode(view.Encode(nil, packet)) // as a socket would carry it
			if err != nil {
				p.t.Fatal(err)
			}
			switch packet := packet.(type) {
			case *view.Frame:
				p.state.Apply(packet)
				for _, e := range packet.Events {
					p.events[e.Kind]++
				}
			case *view.Result:
				p.results[packet.ID] = packet
			case *view.Detail:
				p.details = append(p.details, packet)
			}
		}
	}
}

func (p *page) do(c view.Command) *view.Result {
	p.t.Helper()
	p.ids++
	c.ID = p.ids
	p.w.Do(&c)
	for range 100 {
		p.pass(40 * time.Millisecond)
		if r := p.results[c.ID]; r != nil {
			return r
		}
	}
	p.t.Fatalf("command %d has no answer", c.Kind)
	return nil
}

func (p *page) until(what string, holds func() bool) {
	p.t.Helper()
	for range 1000 {
		if holds() {
			return
		}
		p.pass(40 * time.Millisecond)
	}
	p.t.Fatalf("%s: not after 40 s", what)
}

func (p *page) partition(n int32) *view.Partition {
	for i := range p.state.Partitions {
		if q := &p.state.Partitions[i]; q.Topic == "pedidos" && q.Partition == n {
			return q
		}
	}
	p.t.Fatal("no partition")
	return nil
}

func TestALeaderDiesAndThePageTellsAll(t *testing.T) {
	p := open(t)
	p.pass(time.Second)
	if len(p.state.Processes) < 6 || len(p.state.Replicas) < 9 || len(p.state.Quorum) != 6 {
		t.Fatalf("%d processes, %d replicas, %d quorum replicas", len(p.state.Processes), len(p.state.Replicas), len(p.state.Quorum))
	}
	if r := p.do(view.Command{Kind: view.CommandProduce, Topic: "pedidos", Partition: 0, Acks: -1, Value: []byte("hola")}); r.Reason != view.ReasonDone || r.Detail == "" {
		t.Fatalf("a record by hand: %+v", r)
	}
	led := p.partition(0).Leader
	epoch := p.partition(0).Epoch
	if r := p.do(view.Command{Kind: view.CommandKill, Node: led}); r.Reason != view.ReasonDone {
		t.Fatal(r)
	}
	if r := p.do(view.Command{Kind: view.CommandKill, Node: led}); r.Reason != view.ReasonNotNow {
		t.Errorf("killing the dead: %+v", r)
	}
	p.until("another leads", func() bool { q := p.partition(0); return q.Leader != led && q.Epoch > epoch && q.Leader > 0 })
	for _, kind := range []engine.EventKind{engine.EventProcessKilled, engine.EventBrokerFenced, engine.EventLeaderElected, engine.EventBecameLeader} {
		if p.events[kind] == 0 {
			t.Errorf("the page was not told event %d", kind)
		}
	}
	if r := p.do(view.Command{Kind: view.CommandRestart, Node: led}); r.Reason != view.ReasonDone {
		t.Fatal(r)
	}
	p.until("it is in the ISR again", func() bool { return len(p.partition(0).ISR) == 3 })
}

func TestCommands(t *testing.T) {
	p := open(t)
	p.pass(200 * time.Millisecond)
	cases := []struct {
		name string
		c    view.Command
		want view.Reason
	}{
		{"a topic is created", view.Command{Kind: view.CommandCreateTopic, Topic: "nuevo", Partitions: 2, Factor: 3}, view.ReasonDone},
		{"Kafka refuses what exists", view.Command{Kind: view.CommandCreateTopic, Topic: "nuevo", Partitions: 2, Factor: 3}, view.ReasonKafka},
		{"a topic without a name makes no sense", view.Command{Kind: view.CommandCreateTopic, Partitions: 1, Factor: 1}, view.ReasonInvalid},
		{"an unknown node", view.Command{Kind: view.CommandKill, Node: 77}, view.ReasonUnknownNode},
		{"the reader's own tools cannot be killed", view.Command{Kind: view.CommandKill, Node: adminID}, view.ReasonUnknownNode},
		{"an unknown topic", view.Command{Kind: view.CommandProduce, Topic: "nada", Partition: -1, Acks: 1}, view.ReasonUnknownTopic},
		{"a partition that is not there", view.Command{Kind: view.CommandProduce, Topic: "pedidos", Partition: 9, Acks: 1}, view.ReasonUnknownPartition},
		{"a link is cut", view.Command{Kind: view.CommandCut, Node: 1, Peer: 2}, view.ReasonDone},
		{"all links are healed", view.Command{Kind: view.CommandHeal, Node: engine.NoNode, Peer: engine.NoNode}, view.ReasonDone},
		{"a producer starts", view.Command{Kind: view.CommandStartProducer, Node: engine.NoNode, Topic: "pedidos", Every: time.Second, Acks: 1}, view.ReasonDone},
		{"it stops", view.Command{Kind: view.CommandStopProducer, Node: firstClientID}, view.ReasonDone},
		{"time stops", view.Command{Kind: view.CommandPause}, view.ReasonDone},
		{"one event", view.Command{Kind: view.CommandStep}, view.ReasonDone},
		{"a fresh cluster", view.Command{Kind: view.CommandReset, Seed: 8}, view.ReasonDone},
		{"nothing", view.Command{}, view.ReasonInvalid},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p.t = t
			if r := p.do(c.c); r.Reason != c.want {
				t.Errorf("got %+v, want reason %d", r, c.want)
			}
		})
	}
}

func TestTimeStandsStill(t *testing.T) {
	p := open(t)
	p.pass(200 * time.Millisecond)
	p.do(view.Command{Kind: view.CommandPause})
	at := p.state.At
	p.pass(time.Second)
	if p.state.At != at || p.state.Clock.Playing {
		t.Errorf("time went from %d to %d", at, p.state.At)
	}
	p.do(view.Command{Kind: view.CommandStep})
	p.pass(100 * time.Millisecond)
	if p.state.At <= at {
		t.Error("a step did nothing")
	}
}

func TestABatchCanBeRead(t *testing.T) {
	p := open(t)
	p.pass(200 * time.Millisecond)
	p.do(view.Command{Kind: view.CommandProduce, Topic: "pedidos", Partition: 1, Acks: -1, Key: []byte("k"), Value: []byte("hola")})
	leader := p.partition(1).Leader
	end := engine.Offset(0)
	for _, r := range p.state.Replicas {
		if r.Topic == "pedidos" && r.Partition == 1 && r.Node == leader {
			end = r.LogEnd
		}
	}
	p.w.Do(&view.Command{ID: 99, Kind: view.CommandInspect, Topic: "pedidos", Partition: 1, Node: leader, Offset: end - 1})
	p.pass(40 * time.Millisecond)
	if len(p.details) != 1 || p.details[0].ID != 99 || string(p.details[0].Records[len(p.details[0].Records)-1].Value) == "" {
		t.Fatalf("%+v", p.details)
	}
}

// TestSlicesDoNotMatter: the reader's frame rate decides how much runs in a
// slice, never what.
func TestSlicesDoNotMatter(t *testing.T) {
	run := func(slice time.Duration, budget int) [32]byte {
		w, err := New(Config{Seed: 3, Brokers: 3, Controllers: 3, Topic: "t", Group: "g"})
		if err != nil {
			t.Fatal(err)
		}
		if scaled(999, time.Second) != 999 || scaled(time.Minute, paceMax) != time.Hour {
			t.Fatal("time is lost between the reader's and the cluster's")
		}
		for w.phase != settled {
			left := budget
			w.Advance(slice, func() bool { left--; return left <= 0 })
		}
		w.sim.Kill(1)
		goal := w.sim.Now().Add(5 * time.Second)
		for w.sim.Now() < goal {
			left := budget
			w.Advance(min(slice, goal.Sub(w.sim.Now())), func() bool { left--; return left <= 0 })
		}
		return w.sim.TraceHash()
	}
	if run(16*time.Millisecond, 1<<30) != run(50*time.Millisecond, 40) {
		t.Error("two frame rates, two histories")
	}
}
