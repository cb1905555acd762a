package client_test

import (
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
)

// playMixed runs clients of both kinds through a failover.
func playMixed(t *testing.T, seed uint64) *world {
	t.Helper()
	w := newWorld(t, seed)
	w.addProducer(producerA, nil)
	w.Command(producerA, client.StartProducing{Topic: topic, Partition: -1, Interval: 5 * time.Millisecond, KeySpace: 5})
	for _, id := range []engine.NodeID{consumerA, consumerB} {
		w.subscribe(id, earliest("partition.assignment.strategy", "cooperative-sticky"))
	}
	w.RunFor(8 * time.Second)
	w.Kill(1)
	w.RunFor(15 * time.Second)
	return w
}

// TestClientsAreDeterministic plays the same twice: equal to the last event.
func TestClientsAreDeterministic(t *testing.T) {
	a, b, c := playMixed(t, 5), playMixed(t, 5), playMixed(t, 6)
	if a.TraceHash() != b.TraceHash() {
		t.Error("one seed, two histories")
	}
	if a.TraceHash() == c.TraceHash() {
		t.Error("another seed gave the same history")
	}
}

// BenchmarkClients counts how many inputs a second a cluster with clients handles.
func BenchmarkClients(b *testing.B) {
	w := newWorld(b, 1)
	w.addProducer(producerA, nil)
	w.Command(producerA, client.StartProducing{Topic: topic, Partition: -1, Interval: time.Millisecond, KeySpace: 5})
	for _, id := range []engine.NodeID{consumerA, consumerB} {
		w.subscribe(id, earliest())
	}
	w.RunFor(8 * time.Second)
	before := w.Handled()
	b.ResetTimer()
	for b.Loop() {
		w.RunFor(time.Second)
	}
	b.ReportMetric(float64(w.Handled()-before)/b.Elapsed().Seconds(), "inputs/s")
}
