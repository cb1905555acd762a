package client_test

import (
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
	"bitacora/engine/cluster"
	"bitacora/engine/config"
)

// servedBy counts the records that each broker gave to consumers.
type servedBy struct {
	*ledger
	records map[engine.NodeID]engine.Offset
}

func (s *servedBy) Observe(at engine.Time, ev *engine.Event) {
	s.ledger.Observe(at, ev)
	if ev.Kind == engine.EventFetched && ev.Topic == topic {
		s.records[ev.Node] += ev.Until - ev.Offset
	}
}

// TestAConsumerReadsFromItsRack has a consumer in each broker's rack (KIP-392), and
// kills one that is read from: its consumer goes back to the leader.
func TestAConsumerReadsFromItsRack(t *testing.T) {
	w := newWorldOf(t, 3, cluster.Spec{
		Brokers: 3, Controllers: 3, Racks: []string{"r1", "r2", "r3"},
		Properties: map[string]string{config.ReplicaSelectorClass: config.RackAwareReplicaSelector},
	})
	served := &servedBy{ledger: w.ledger, records: map[engine.NodeID]engine.Offset{}}
	w.SetObserver(served)
	w.createTopic(topic, 1)
	p := w.addProducer(producerA, nil)
	state, _ := w.broker(1).Replicas().State(engine.TopicPartition{Topic: topic})
	leader := state.Leader
	other := leader%3 + 1
	reader := w.addConsumer(readerA, "reader", earliest("client.rack", "r"+string(rune('0'+other))))
	w.Command(readerA, client.AssignAll{Topics: []string{topic}})
	w.Command(producerA, client.StartProducing{Topic: topic, Partition: 0, Interval: 5 * time.Millisecond, Count: 200})
	w.until("all are read", time.Minute, func() bool { return p.State().Acked == 200 && reader.State().Read == 200 })
	if served.records[other] < 190 || served.records[leader] > 10 {
		t.Errorf("records served by broker: %v, the reader is in %d's rack and %d leads", served.records, other, leader)
	}
	w.Kill(other)
	w.Command(producerA, client.StartProducing{Topic: topic, Partition: 0, Interval: 5 * time.Millisecond, Count: 100})
	w.until("the rest is read", time.Minute, func() bool { return reader.State().Read == 300 })
	for at, by := range w.ledger.reads {
		if len(by) != 1 {
			t.Errorf("%v was read by %v", at, by)
		}
	}
	if served.records[leader] < 90 {
		t.Errorf("after the kill: %v", served.records)
	}
}
