package sim_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
	"bitacora/engine/cluster"
	"bitacora/engine/sim"
	"bitacora/engine/view"
)

// events keeps what happened, of the kinds that a test asks for.
type events struct{ all []engine.Event }

func (e *events) Observe(_ engine.Time, ev *engine.Event) { e.all = append(e.all, *ev) }

func (e *events) has(want func(*engine.Event) bool) bool {
	return slices.ContainsFunc(e.all, func(ev engine.Event) bool { return want(&ev) })
}

// faulty is a small cluster under work whose disks and links can be harmed.
type faulty struct {
	*sim.Sim
	t    *testing.T
	seen *events
}

func newFaulty(t *testing.T, seed uint64) *faulty {
	t.Helper()
	s, err := sim.NewCluster(sim.Config{Seed: seed}, cluster.Spec{Brokers: 3, Controllers: 1,
		Properties: map[string]string{"num.partitions": "1", "offsets.topic.num.partitions": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	f := &faulty{Sim: s, t: t, seen: &events{}}
	s.SetObserver(f.seen)
	addStoryClients(t, s, "none")
	s.RunFor(6 * time.Second)
	s.Command(shop, client.StartProducing{Topic: "pedidos", Partition: -1, Interval: 5 * time.Millisecond, ValueBytes: 100})
	s.RunFor(4 * time.Second)
	t.Cleanup(func() {
		if v := s.Violation(); v != nil {
			t.Error(v)
		}
	})
	return f
}

func (f *faulty) server(id engine.NodeID) *cluster.Server {
	n, _ := f.Node(id)
	return n.(*cluster.Server)
}

func (f *faulty) leader() engine.NodeID {
	f.t.Helper()
	for _, id := range []engine.NodeID{1, 2, 3} {
		if _, state := f.Node(id); state != sim.Dead {
			return f.server(id).Image().Topic("pedidos").Partition(0).Leader
		}
	}
	f.t.Fatal("nobody is left to ask")
	return 0
}

func (f *faulty) until(what string, cond func() bool) {
	f.t.Helper()
	if !f.RunUntil(cond, 3*time.Minute) {
		f.t.Fatalf("%s: not within three minutes", what)
	}
}

func (f *faulty) inSync(n int) func() bool {
	return func() bool { return len(f.server(3000).Image().Topic("pedidos").Partition(0).ISR) == n }
}

func TestAFlippedBitIsFoundByWhoeverChecks(t *testing.T) {
	f := newFaulty(t, 1)
	leader := f.leader()
	topic := f.server(leader).Image().Topic("pedidos").ID
	f.Do(sim.Action{Kind: sim.ActFlipBit, Node: leader, Disk: engine.DiskData, Topic: topic, Offset: 10})
	if !f.seen.has(func(ev *engine.Event) bool {
		return ev.Kind == engine.EventDiskDamaged && ev.Node == leader && ev.Topic == "pedidos" && ev.Offset <= 10
	}) {
		t.Error("nothing tells of the damage")
	}
	// A Fetch checks no CRC: the consumer does, and gives up.
	cfg := client.DefaultConsumer("late", "late", sim.BrokerAddr(leader))
	if err := cfg.Set(map[string]string{"auto.offset.reset": "earliest"}); err != nil {
		t.Fatal(err)
	}
	cfg.Start = []string{"pedidos"}
	if err := f.AddConsumer(555, cfg); err != nil {
		t.Fatal(err)
	}
	f.until("the consumer gives up", func() bool {
		n, _ := f.Node(555)
		return n.(*client.Consumer).State().Failed == engine.ErrCorruptMessage
	})
	if _, state := f.Node(leader); state != sim.Running {
		t.Error("the broker, which did not look, must go on")
	}
}

func TestATornWriteIsCutOnRecovery(t *testing.T) {
	torn := false
	for seed := range uint64(6) {
		f := newFaulty(t, seed)
		leader := f.leader()
		f.Do(sim.Action{Kind: sim.ActTear, Node: leader})
		f.RunFor(12 * time.Second)
		f.Restart(leader)
		f.until("all are in sync again", f.inSync(3))
		torn = torn || f.seen.has(func(ev *engine.Event) bool {
			return ev.Kind == engine.EventRecovered && ev.Node == leader && ev.Count > 0
		})
	}
	if !torn {
		t.Error("no seed tore a batch")
	}
}

func TestAFullDiskEndsABrokerUntilThereIsRoom(t *testing.T) {
	f := newFaulty(t, 1)
	leader := f.leader()
	f.Do(sim.Action{Kind: sim.ActFillDisk, Node: leader, Disk: engine.DiskData})
	f.until("it halts", func() bool { _, state := f.Node(leader); return state == sim.Dead })
	f.until("another leads", func() bool {
		p := f.server(3000).Image().Topic("pedidos").Partition(0)
		return p.Leader != leader && p.HasLeader()
	})
	f.Restart(leader)
	f.RunFor(15 * time.Second)
	if f.inSync(3)() {
		t.Error("it is in sync although nothing fits")
	}
	f.Do(sim.Action{Kind: sim.ActFreeDisk, Node: leader, Disk: engine.DiskData})
	f.Restart(leader)
	f.until("it is in sync again", f.inSync(3))
}

func TestAFailedDiskEndsABroker(t *testing.T) {
	f := newFaulty(t, 1)
	leader := f.leader()
	f.Do(sim.Action{Kind: sim.ActFailDisk, Node: leader, Disk: engine.DiskData})
	f.until("it halts", func() bool {
		return f.seen.has(func(ev *engine.Event) bool {
			return ev.Kind == engine.EventProcessHalted && ev.Node == leader && ev.Code == int16(engine.HaltDiskFailed)
		})
	})
	f.RunFor(10 * time.Second)
	f.Restart(leader)
	f.until("it is in sync again", f.inSync(3))
}

func TestASlowLinkSlowsWhatWaitsForTheFollower(t *testing.T) {
	f := newFaulty(t, 1)
	acked := func() int64 {
		n, _ := f.Node(shop)
		before := n.(*client.Producer).State().Acked
		f.RunFor(10 * time.Second)
		return n.(*client.Producer).State().Acked - before
	}
	leader := f.leader()
	follower := 1 + leader%3
	whole := acked()
	f.Do(sim.Action{Kind: sim.ActSlowLink, Node: leader, Peer: follower, Both: true, By: time.Second, Jitter: time.Second, Rate: 2000})
	if slow := acked(); slow*4 > whole {
		t.Errorf("%d records in 10 s over a slow link, %d over a whole one", slow, whole)
	}
	f.Do(sim.Action{Kind: sim.ActSlowLink, Node: leader, Peer: follower, Both: true})
	f.RunFor(10 * time.Second)
	if again := acked(); again*2 < whole {
		t.Errorf("%d records in 10 s after the link is whole again, %d before", again, whole)
	}
}

func TestFaultsSayWhatDoesNotExist(t *testing.T) {
	f := newFaulty(t, 1)
	leader := f.leader()
	for _, c := range []struct {
		fault view.Fault
		want  string
	}{
		{view.Fault{Action: view.FaultKill, Node: 9}, "there is no node 9; there are [1 2 3 "},
		{view.Fault{Action: view.FaultCut, Node: 1, Peer: 8}, "there is no node 8"},
		{view.Fault{Action: view.FaultCut, Node: 1, Peer: 1}, "no link from 1 to itself"},
		{view.Fault{Action: view.FaultSlowDisk, Node: shop, By: time.Second}, "is a client, and has no disk"},
		{view.Fault{Action: view.FaultSlowDisk, Node: 1, By: -time.Second}, "none may be negative"},
		{view.Fault{Action: view.FaultFlipBit, Node: 1, Topic: "pedido"}, "there is no topic \"pedido\"; there are [pedidos]"},
		{view.Fault{Action: view.FaultFlipBit, Node: 1, Topic: "pedidos", Partition: 7}, "has partitions 0 to 0, not 7"},
		{view.Fault{Action: view.FaultFlipBit, Node: 3000, Topic: "pedidos"}, "is no broker"},
		{view.Fault{Action: 99}, "no fault of number 99"},
	} {
		if err := f.Break(c.fault); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.fault, err, c.want)
		}
	}
	if _, err := view.ParseFaultAction("explode"); err == nil || !strings.Contains(err.Error(), "kill, power-loss, tear") {
		t.Errorf("an unknown fault: %v", err)
	}
	if err := f.Break(view.Fault{Action: view.FaultCutFrom, Node: leader, Peer: 3000}); err != nil {
		t.Fatal(err)
	}
	if got := f.Cuts(); len(got) != 1 || got[0] != (sim.CutLink{From: leader, To: 3000}) {
		t.Errorf("cut %v", got)
	}
	if err := f.Break(view.Fault{Action: view.FaultHeal, Node: engine.NoNode, Peer: engine.NoNode}); err != nil || len(f.Cuts()) > 0 {
		t.Errorf("after everything is healed %v is cut (%v)", f.Cuts(), err)
	}
}
