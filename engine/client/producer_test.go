package client_test

import (
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
)

func TestAProducerSendsAndIsAcknowledged(t *testing.T) {
	w := newWorld(t, 1)
	p := w.addProducer(producerA, nil)
	w.Command(producerA, client.StartProducing{Topic: "pedidos", Partition: -1, Interval: time.Millisecond, KeySpace: 10, Count: 1000})
	w.until("all are acknowledged", time.Minute, func() bool { return p.State().Acked == 1000 })
	if len(w.ledger.acked) != 1000 || len(w.ledger.failed) != 0 {
		t.Errorf("%d acknowledged, %d failed", len(w.ledger.acked), len(w.ledger.failed))
	}
	seen := map[place]bool{}
	for n, at := range w.ledger.acked {
		if seen[at] {
			t.Errorf("record %d has the place of another: %v", n, at)
		}
		seen[at] = true
	}
	t.Logf("%v, %d inputs, %+v", time.Duration(w.Now()), w.Handled(), p.State())
	_ = engine.NoNode
}
