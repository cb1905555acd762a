package sim_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
	"bitacora/engine/cluster"
	"bitacora/engine/sim"

	"github.com/cockroachdb/datadriven"
)

var _ = datadriven.RunTest // its -rewrite flag makes the golden anew

const traceGolden = "testdata/trace_hashes.txt"

// The clients of the story.
const (
	shop      engine.NodeID = 101
	payments  engine.NodeID = 102
	warehouse engine.NodeID = 201
	invoices  engine.NodeID = 202
)

// storyEnd is when the story is over, in virtual time.
const storyEnd = engine.Time(75 * time.Second)

// newStory makes a world in which everything happens: three brokers and three
// controllers, two producers and a group of two consumers, and each kind of fault.
// All of it is scheduled beforehand.
func newStory(t testing.TB, seed uint64) *sim.Sim {
	t.Helper()
	s, err := sim.NewCluster(sim.Config{Seed: seed}, cluster.Spec{Brokers: 3, Controllers: 3})
	if err != nil {
		t.Fatal(err)
	}
	addStoryClients(t, s, "gzip")
	at := func(seconds int, a sim.Action) { s.At(engine.Time(time.Duration(seconds)*time.Second), a) }
	order := func(seconds int, id engine.NodeID, body any) {
		at(seconds, sim.Action{Kind: sim.ActCommand, Node: id, Body: body})
	}
	order(6, shop, client.StartProducing{Topic: "pedidos", Partition: -1, Interval: 20 * time.Millisecond, KeySpace: 9, ValueBytes: 80})
	order(6, payments, client.StartProducing{Topic: "pagos", Partition: -1, Interval: 30 * time.Millisecond, ValueBytes: 200})
	order(7, warehouse, client.Subscribe{Topics: []string{"pedidos", "pagos"}})
	order(14, invoices, client.Subscribe{Topics: []string{"pedidos", "pagos"}})
	at(18, sim.Action{Kind: sim.ActKill, Node: 2})
	at(31, sim.Action{Kind: sim.ActRestart, Node: 2})
	at(35, sim.Action{Kind: sim.ActCut, Node: 1, Peer: 3, Both: true})
	at(38, sim.Action{Kind: sim.ActHeal, Node: 1, Peer: 3, Both: true})
	at(40, sim.Action{Kind: sim.ActPause, Node: 3000})
	at(45, sim.Action{Kind: sim.ActResume, Node: 3000})
	at(46, sim.Action{Kind: sim.ActClock, Node: 1, By: 3 * time.Second})
	at(47, sim.Action{Kind: sim.ActSlowDisk, Node: 1, Disk: engine.DiskData, By: 5 * time.Millisecond})
	at(50, sim.Action{Kind: sim.ActPowerLoss, Node: 3})
	at(62, sim.Action{Kind: sim.ActRestart, Node: 3})
	at(66, sim.Action{Kind: sim.ActShutdown, Node: 1})
	order(70, shop, client.CloseClient{})
	order(71, warehouse, client.CloseClient{})
	return s
}

func addStoryClients(t testing.TB, s *sim.Sim, codec string) {
	t.Helper()
	servers := []engine.Addr{sim.BrokerAddr(1), sim.BrokerAddr(2), sim.BrokerAddr(3)}
	lossy := client.DefaultProducer("payments", servers...)
	if err := lossy.Set(map[string]string{"acks": "1", "compression.type": codec}); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		s.AddProducer(shop, client.DefaultProducer("shop", servers...)),
		s.AddProducer(payments, lossy),
		s.AddConsumer(warehouse, client.DefaultConsumer("warehouse", "billing", servers...)),
		s.AddConsumer(invoices, client.DefaultConsumer("invoices", "billing", servers...)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// played plays the story to its end by way of advance.
func played(t testing.TB, seed uint64, advance func(*sim.Sim)) *sim.Sim {
	t.Helper()
	s := newStory(t, seed)
	advance(s)
	if v := s.Violation(); v != nil {
		t.Errorf("seed %d at %v: %v", seed, time.Duration(s.Now()), v)
	}
	return s
}

func inOneGo(s *sim.Sim) { s.Run(storyEnd) }

// TestTraceHashes compares whole runs with recorded hashes, which natively and in
// js/wasm must be the same.
func TestTraceHashes(t *testing.T) {
	var got strings.Builder
	for seed := uint64(1); seed <= 5; seed++ {
		s := played(t, seed, inOneGo)
		fmt.Fprintf(&got, "seed %d: %d inputs, %x\n", seed, s.Handled(), s.TraceHash())
	}
	if flag.Lookup("rewrite").Value.String() == "true" {
		if err := os.WriteFile(traceGolden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(traceGolden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the runs went another way:\n%swant\n%s(make golden PKG=./engine/sim, if the engine was meant to change)", got.String(), want)
	}
}

// The same seed gives the same run, however it is driven.
func TestHowARunIsDrivenChangesNothing(t *testing.T) {
	const seed = 3
	want := played(t, seed, inOneGo).TraceHash()
	tests := []struct {
		name    string
		advance func(*sim.Sim)
	}{
		{"again in the same process", inOneGo},
		{"step by step", func(s *sim.Sim) {
			for at, some := s.Next(); some && at <= storyEnd; at, some = s.Next() {
				s.Step()
			}
		}},
		{"in frames of 16 ms", func(s *sim.Sim) {
			for s.Now() < storyEnd {
				s.Run(min(s.Now().Add(16*time.Millisecond), storyEnd))
			}
		}},
		{"in frames of 7 s, watched", func(s *sim.Sim) {
			s.SetObserver(&sleepless{})
			for s.Now() < storyEnd {
				s.RunFor(min(7*time.Second, storyEnd.Sub(s.Now())))
				_ = s.TraceHash()
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := played(t, seed, test.advance).TraceHash(); got != want {
				t.Errorf("trace hash %x, in one go %x", got, want)
			}
		})
	}
}

// sleepless watches everything.
type sleepless struct{ events int }

func (o *sleepless) Observe(engine.Time, *engine.Event) { o.events++ }

func TestAnotherSeedIsAnotherRun(t *testing.T) {
	if played(t, 1, inOneGo).TraceHash() == played(t, 2, inOneGo).TraceHash() {
		t.Error("two seeds left one trace")
	}
}

// What was done by hand, done again at the same instants in a fresh world, gives
// the same run: a link that holds seed and actions reproduces it.
func TestRecordedActionsGiveTheSameRunAgain(t *testing.T) {
	first := played(t, 4, inOneGo)
	again, err := sim.NewCluster(sim.Config{Seed: 4}, cluster.Spec{Brokers: 3, Controllers: 3})
	if err != nil {
		t.Fatal(err)
	}
	addStoryClients(t, again, "gzip")
	for _, a := range first.Actions() {
		again.At(a.At, a.Action)
	}
	again.Run(storyEnd)
	if first.TraceHash() != again.TraceHash() {
		t.Error("the recorded actions gave another run")
	}
}
