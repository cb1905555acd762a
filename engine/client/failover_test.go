package client_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
)

const topic = "pedidos"

// leaderOf asks the brokers' images who leads a partition.
func (w *world) leaderOf(p int32) engine.NodeID {
	for _, id := range []engine.NodeID{1, 2, 3} {
		b := w.broker(id)
		if b == nil {
			continue
		}
		if t := b.Image().Topic(topic); t != nil {
			return t.Partition(p).Leader
		}
	}
	return engine.NoNode
}

// readAll reads the topic from the beginning without a group until it has as much
// as the high watermarks say, and gives how often each record is there by its value's
// place: what the log holds.
func (w *world) readAll(limit time.Duration) *client.Consumer {
	c := w.addConsumer(readerA, "reader", map[string]string{"auto.offset.reset": "earliest"})
	w.Command(readerA, client.AssignAll{Topics: []string{topic}})
	w.until("everything is read", limit, func() bool {
		s := c.State()
		for _, p := range s.Partitions {
			if p.HighWatermark < 0 || p.Position != p.HighWatermark {
				return false
			}
		}
		return len(s.Partitions) > 0
	})
	return c
}

// lost gives the acknowledged records that the reader did not find.
func (l *ledger) lost() []int64 {
	var out []int64
	for _, n := range slices.Sorted(maps.Keys(l.acked)) {
		if !slices.Contains(l.reads[l.acked[n]], readerA) {
			out = append(out, n)
		}
	}
	return out
}

// checkOrder holds that records of a partition lie in the order in which they were
// sent, that none lies twice, and that nothing else is there.
func (l *ledger) checkOrder(t *testing.T) {
	t.Helper()
	last := map[engine.TopicPartition]int64{}
	places := map[place]int64{}
	for n, at := range l.acked {
		if old, twice := places[at]; twice {
			t.Errorf("records %d and %d were both acknowledged at %v", old, n, at)
		}
		places[at] = n
	}
	all := slices.SortedFunc(maps.Keys(places), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.offset, b.offset))
	})
	for _, at := range all {
		if n := places[at]; n < last[at.TopicPartition] {
			t.Errorf("record %d at %v lies behind %d", n, at, last[at.TopicPartition])
		} else {
			last[at.TopicPartition] = n
		}
	}
}

// TestALeaderDiesWhileAProducerWrites kills the leader of a partition during
// production with the default configuration (acks=all, idempotence). Nothing that
// was acknowledged may be lost, nothing may be there twice, and the order of each
// partition is kept.
func TestALeaderDiesWhileAProducerWrites(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newWorld(t, seed)
			p := w.addProducer(producerA, nil)
			w.Command(producerA, client.StartProducing{Topic: topic, Partition: -1, Interval: 2 * time.Millisecond, KeySpace: 20, Count: 3000})
			w.until("some are acknowledged", time.Minute, func() bool { return p.State().Acked > 500+int64(seed)*20 })
			victim := w.leaderOf(int32(seed % 3))
			w.Kill(victim)
			w.RunFor(15 * time.Second)
			w.Restart(victim)
			w.until("the producer has finished", 3*time.Minute, p.Idle)
			s := p.State()
			if s.Acked != 3000 || s.Failed != 0 {
				t.Errorf("%d acknowledged, %d failed of 3000", s.Acked, s.Failed)
			}
			reader := w.readAll(time.Minute)
			if lost := w.ledger.lost(); len(lost) > 0 {
				t.Errorf("lost although acknowledged: %v", lost)
			}
			if got := reader.State().Read; got != 3000 {
				t.Errorf("the log has %d records, 3000 were sent", got)
			}
			w.ledger.checkOrder(t)
		})
	}
}
