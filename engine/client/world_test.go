package client_test

import (
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/broker"
	"bitacora/engine/client"
	"bitacora/engine/cluster"
	"bitacora/engine/sim"
)

// Client ids of the tests.
const (
	producerA engine.NodeID = 101
	consumerA engine.NodeID = 201
	consumerB engine.NodeID = 202
	consumerC engine.NodeID = 203
	readerA   engine.NodeID = 301 // reads everything, without a group
)

// place is where a record is.
type place struct {
	engine.TopicPartition
	offset engine.Offset
}

// ledger keeps what the clients were told.
type ledger struct {
	acked  map[int64]place
	failed map[int64]engine.ErrorCode
	sent   map[int64]engine.TopicPartition
	reads  map[place][]engine.NodeID // who read a record, in order
	owners map[engine.TopicPartition][]engine.NodeID
	events []engine.Event
	keep   bool
}

func newLedger() *ledger {
	return &ledger{
		acked: map[int64]place{}, failed: map[int64]engine.ErrorCode{}, sent: map[int64]engine.TopicPartition{},
		reads: map[place][]engine.NodeID{}, owners: map[engine.TopicPartition][]engine.NodeID{},
	}
}

func (l *ledger) Observe(at engine.Time, ev *engine.Event) {
	tp := engine.TopicPartition{Topic: ev.Topic, Partition: ev.Partition}
	switch ev.Kind {
	case engine.EventClientSend:
		l.sent[ev.Count] = tp
	case engine.EventClientAcked:
		l.acked[ev.Count] = place{tp, ev.Offset}
	case engine.EventClientFailed:
		l.failed[ev.Count] = engine.ErrorCode(ev.Code)
	case engine.EventClientRead:
		p := place{tp, ev.Offset}
		l.reads[p] = append(l.reads[p], ev.Node)
	}
	if l.keep && ev.Kind >= engine.EventClientSend && ev.Kind <= engine.EventClientMetadata {
		l.events = append(l.events, *ev)
	}
}

// world is a cluster with clients.
type world struct {
	*sim.Sim
	t      testing.TB
	ledger *ledger
}

func newWorld(t testing.TB, seed uint64) *world {
	t.Helper()
	return newWorldOf(t, seed, cluster.Spec{Brokers: 3, Controllers: 3})
}

func newWorldOf(t testing.TB, seed uint64, spec cluster.Spec) *world {
	t.Helper()
	s, err := sim.NewCluster(sim.Config{Seed: seed}, spec)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Sim: s, t: t, ledger: newLedger()}
	s.SetObserver(w.ledger)
	w.until("the cluster is up", 30*time.Second, func() bool {
		for _, id := range []engine.NodeID{1, 2, 3} {
			if n, state := s.Node(id); state != sim.Running || n.(*cluster.Server).Broker().Fenced() {
				return false
			}
		}
		n, _ := s.Node(3000)
		return len(n.(*cluster.Server).Quorum().State().Voters) == 3
	})
	t.Cleanup(func() {
		if v := s.Violation(); v != nil {
			t.Errorf("seed %d at %v: %v", seed, time.Duration(s.Now()), v)
		}
	})
	return w
}

// until runs the world until cond holds.
func (w *world) until(what string, limit time.Duration, cond func() bool) {
	w.t.Helper()
	if !w.RunUntil(cond, limit) {
		w.t.Fatalf("%s: not within %v (violation: %v)", what, limit, w.Violation())
	}
}

func brokers() []engine.Addr {
	return []engine.Addr{sim.BrokerAddr(1), sim.BrokerAddr(2), sim.BrokerAddr(3)}
}

// broker gives a living broker, or nil.
func (w *world) broker(id engine.NodeID) *broker.Broker {
	n, state := w.Node(id)
	if state == sim.Dead || n == nil {
		return nil
	}
	return n.(*cluster.Server).Broker()
}

func (w *world) addProducer(id engine.NodeID, change map[string]string) *client.Producer {
	w.t.Helper()
	cfg := client.DefaultProducer("p", brokers()...)
	if err := cfg.Set(change); err != nil {
		w.t.Fatal(err)
	}
	if err := w.AddProducer(id, cfg); err != nil {
		w.t.Fatal(err)
	}
	return w.producer(id)
}

func (w *world) producer(id engine.NodeID) *client.Producer {
	n, _ := w.Node(id)
	return n.(*client.Producer)
}

func (w *world) addConsumer(id engine.NodeID, clientID string, change map[string]string) *client.Consumer {
	w.t.Helper()
	group := "g"
	if id >= readerA {
		group = ""
	}
	cfg := client.DefaultConsumer(clientID, group, brokers()...)
	if err := cfg.Set(change); err != nil {
		w.t.Fatal(err)
	}
	if err := w.AddConsumer(id, cfg); err != nil {
		w.t.Fatal(err)
	}
	return w.consumer(id)
}

func (w *world) consumer(id engine.NodeID) *client.Consumer {
	n, _ := w.Node(id)
	return n.(*client.Consumer)
}
