package client_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
	"bitacora/engine/sim"
)

// disturb does random harm to the brokers for a while, at most one of them at a
// time, and heals everything at the end.
func (w *world) disturb(seed uint64, rounds int) {
	rand := engine.NewRand(seed, "disturb")
	for range rounds {
		victim := engine.NodeID(1 + rand.IntN(3))
		for !w.steady() {
			w.RunFor(time.Second)
		}
		switch rand.IntN(5) {
		case 0:
			w.Kill(victim)
			w.RunFor(time.Duration(rand.Int64N(int64(20 * time.Second))))
			w.Restart(victim)
		case 1:
			w.Do(sim.Action{Kind: sim.ActPause, Node: victim})
			w.RunFor(time.Duration(rand.Int64N(int64(20 * time.Second))))
			w.Do(sim.Action{Kind: sim.ActResume, Node: victim})
		case 2:
			w.Cut(victim, producerA)
			w.RunFor(time.Duration(rand.Int64N(int64(40 * time.Second))))
			w.Heal(victim, producerA)
		case 3:
			other := engine.NodeID(1 + (int32(victim) % 3))
			w.Cut(victim, other)
			w.RunFor(time.Duration(rand.Int64N(int64(40 * time.Second))))
			w.Heal(victim, other)
		case 4:
			w.Do(sim.Action{Kind: sim.ActShutdown, Node: victim})
			w.RunFor(10*time.Second + time.Duration(rand.Int64N(int64(10*time.Second))))
			w.Restart(victim)
		}
		w.RunFor(time.Duration(rand.Int64N(int64(5 * time.Second))))
	}
}

// steady says that every partition of the topic has all its replicas in sync, so
// that the loss of one broker is within what acks=all bears.
func (w *world) steady() bool {
	for _, id := range []engine.NodeID{1, 2, 3} {
		if w.broker(id) == nil || w.broker(id).Fenced() {
			return false
		}
	}
	t := w.broker(1).Image().Topic(topic)
	return t != nil && !slices.ContainsFunc([]int32{0, 1, 2}, func(p int32) bool { return len(t.Partition(p).ISR) < 3 })
}

// TestNothingAcknowledgedIsLostUnderFaults lets a default producer write through
// kills, pauses, clean stops and cut links.
func TestNothingAcknowledgedIsLostUnderFaults(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newWorld(t, seed)
			p := w.addProducer(producerA, nil)
			w.Command(producerA, client.StartProducing{Topic: topic, Partition: -1, Interval: 20 * time.Millisecond, KeySpace: 20})
			w.until("some are acknowledged", time.Minute, func() bool { return p.State().Acked > 10 })
			w.disturb(seed, 6)
			w.Command(producerA, client.StopProducing{})
			w.until("the producer has finished", 4*time.Minute, p.Idle)
			reader := w.readAll(time.Minute)
			if lost := w.ledger.lost(); len(lost) > 0 {
				t.Errorf("lost although acknowledged: %v", lost)
			}
			w.ledger.checkOrder(t)
			s := p.State()
			if got := reader.State().Read; got < s.Acked || got > s.Acked+s.Failed {
				t.Errorf("the log has %d records, %d were acknowledged and %d failed", got, s.Acked, s.Failed)
			}
			t.Logf("%+v", s)
		})
	}
}

// TestBatchesThatExpireLeaveNoDisorder gives batches so little time that many fail
// while they are under way. Of those nobody knows whether they are in the log; but
// what was acknowledged is there, once and in order, across the epochs that the
// producer begins.
func TestBatchesThatExpireLeaveNoDisorder(t *testing.T) {
	bumped := false
	for seed := range uint64(10) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newWorld(t, seed)
			p := w.addProducer(producerA, map[string]string{"request.timeout.ms": "1000", "delivery.timeout.ms": "2500"})
			w.Command(producerA, client.StartProducing{Topic: topic, Partition: -1, Interval: 10 * time.Millisecond, KeySpace: 20})
			w.until("some are acknowledged", time.Minute, func() bool { return p.State().Acked > 10 })
			rand := engine.NewRand(seed, "answers")
			for range 10 {
				b := engine.NodeID(1 + rand.IntN(3))
				w.Do(sim.Action{Kind: sim.ActCut, Node: b, Peer: producerA, Both: rand.IntN(2) == 0})
				w.RunFor(time.Duration(rand.Int64N(int64(6 * time.Second))))
				w.Heal(b, producerA)
				w.RunFor(time.Duration(rand.Int64N(int64(2 * time.Second))))
			}
			w.Command(producerA, client.StopProducing{})
			w.until("the producer has finished", time.Minute, p.Idle)
			reader := w.readAll(time.Minute)
			s := p.State()
			if lost := w.ledger.lost(); len(lost) > 0 {
				t.Errorf("lost although acknowledged: %v", lost)
			}
			w.ledger.checkOrder(t)
			if got := reader.State().Read; s.Failed == 0 || got < s.Acked || got > s.Acked+s.Failed {
				t.Errorf("the log has %d records, %d were acknowledged and %d failed", got, s.Acked, s.Failed)
			}
			bumped = bumped || s.Epoch > 0
		})
	}
	if !bumped {
		t.Error("no run began a new epoch: nothing was put to the test")
	}
}
