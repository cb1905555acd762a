package client_test

import (
	"testing"
	"time"

	"bitacora/engine/client"
)

func TestWhatIsSentIsReadOnce(t *testing.T) {
	w := newWorld(t, 1)
	p := w.addProducer(producerA, nil)
	reader := w.addConsumer(readerA, "reader", map[string]string{"auto.offset.reset": "earliest"})
	member := w.addConsumer(consumerA, "c1", map[string]string{"auto.offset.reset": "earliest"})
	w.Command(readerA, client.AssignAll{Topics: []string{"pedidos"}})
	w.Command(producerA, client.StartProducing{Topic: "pedidos", Partition: -1, Interval: time.Millisecond, KeySpace: 10, Count: 1000})
	w.Command(consumerA, client.Subscribe{Topics: []string{"pedidos"}})
	w.until("all are acknowledged", time.Minute, func() bool { return p.State().Acked == 1000 })
	w.until("all are read", time.Minute, func() bool {
		return reader.State().Read == 1000 && member.State().Read == 1000
	})
	w.RunFor(10 * time.Second)
	for n, at := range w.ledger.acked {
		if got := len(w.ledger.reads[at]); got != 2 {
			t.Errorf("record %d at %v was read %d times by two readers", n, at, got)
		}
	}
	for _, part := range member.State().Partitions {
		if part.Committed != part.Position {
			t.Errorf("%v: committed %d at position %d", part.TopicPartition, part.Committed, part.Position)
		}
	}
	t.Logf("%v, %d inputs, %+v", time.Duration(w.Now()), w.Handled(), member.State())
}
