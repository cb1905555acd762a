package client_test

import (
	"fmt"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
	"bitacora/engine/sim"
)

// unread gives the acknowledged records that no member of the group has read.
func (l *ledger) unread() []int64 {
	var out []int64
	for n, at := range l.acked {
		read := false
		for _, by := range l.reads[at] {
			read = read || by >= consumerA && by < readerA
		}
		if !read {
			out = append(out, n)
		}
	}
	return out
}

func (w *world) subscribe(id engine.NodeID, change map[string]string) *client.Consumer {
	c := w.addConsumer(id, fmt.Sprintf("c%d", id-consumerA+1), change)
	w.Command(id, client.Subscribe{Topics: []string{topic}})
	return c
}

func earliest(more ...string) map[string]string {
	m := map[string]string{"auto.offset.reset": "earliest"}
	for i := 0; i < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return m
}

// TestAMemberDiesAndTheOthersTakeOver kills one of two members; its partitions are
// taken over when its session has ended, from the offsets that it committed last.
func TestAMemberDiesAndTheOthersTakeOver(t *testing.T) {
	w := newWorld(t, 3)
	w.createTopic(topic, 3)
	p := w.addProducer(producerA, nil)
	w.Command(producerA, client.StartProducing{Topic: topic, Partition: -1, Interval: 20 * time.Millisecond, KeySpace: 20})
	a := w.subscribe(consumerA, earliest())
	b := w.subscribe(consumerB, earliest())
	w.until("both have partitions", 30*time.Second, func() bool {
		return len(a.State().Partitions) > 0 && len(b.State().Partitions) > 0
	})
	w.RunFor(12 * time.Second)
	died := w.Now()
	w.Kill(consumerB)
	w.until("one has all", 2*time.Minute, func() bool { return len(a.State().Partitions) == 3 })
	// The session is 45 s, counted from the last heartbeat; then the survivor's next
	// heartbeat tells it to join again.
	if took := w.Now().Sub(died); took < 40*time.Second || took > 50*time.Second {
		t.Errorf("the take-over took %v, with a session of 45 s and heartbeats each 3 s", took)
	}
	w.Command(producerA, client.StopProducing{})
	w.until("all is read", time.Minute, func() bool { return p.Idle() && len(w.ledger.unread()) == 0 })
	twice := 0
	for _, by := range w.ledger.reads {
		if len(by) > 1 {
			twice++
		}
	}
	// What was read after the last automatic commit is read again: at most 5 s of
	// three partitions' records.
	if twice == 0 || twice > 300 {
		t.Errorf("%d records were read twice; the dead member had committed up to 5 s ago", twice)
	}
}

// TestAMemberThatClosesHandsOverAtOnce needs no session time-out, and nothing is
// read twice, since it commits before it leaves.
func TestAMemberThatClosesHandsOverAtOnce(t *testing.T) {
	for _, strategy := range []string{"range", "cooperative-sticky"} {
		t.Run(strategy, func(t *testing.T) {
			w := newWorld(t, 3)
			w.createTopic(topic, 3)
			p := w.addProducer(producerA, nil)
			w.Command(producerA, client.StartProducing{Topic: topic, Partition: -1, Interval: 20 * time.Millisecond, KeySpace: 20})
			a := w.subscribe(consumerA, earliest("partition.assignment.strategy", strategy))
			b := w.subscribe(consumerB, earliest("partition.assignment.strategy", strategy))
			w.until("both have partitions", 30*time.Second, func() bool {
				return len(a.State().Partitions) > 0 && len(b.State().Partitions) > 0
			})
			w.RunFor(7 * time.Second)
			w.Command(consumerB, client.CloseClient{})
			left := w.Now()
			w.until("one has all", 10*time.Second, func() bool { return len(a.State().Partitions) == 3 })
			if took := w.Now().Sub(left); took > 4*time.Second {
				t.Errorf("the take-over took %v", took)
			}
			if _, state := w.Node(consumerB); state != sim.Dead {
				t.Error("the member that closed still runs")
			}
			w.Command(producerA, client.StopProducing{})
			w.until("all is read", time.Minute, func() bool { return p.Idle() && len(w.ledger.unread()) == 0 })
			for at, by := range w.ledger.reads {
				if len(by) != 1 {
					t.Errorf("%v was read by %v", at, by)
				}
			}
		})
	}
}

// TestAMemberThatPollsTooSeldomLeaves lets the application of one member take longer
// for its records than max.poll.interval.ms allows.
func TestAMemberThatPollsTooSeldomLeaves(t *testing.T) {
	w := newWorld(t, 3)
	w.createTopic(topic, 3)
	w.addProducer(producerA, nil)
	a := w.subscribe(consumerA, earliest())
	b := w.subscribe(consumerB, earliest("max.poll.interval.ms", "10000"))
	w.until("both have partitions", 30*time.Second, func() bool {
		return len(a.State().Partitions) > 0 && len(b.State().Partitions) > 0
	})
	w.Command(consumerB, client.SetProcessTime{Each: time.Minute})
	w.Command(producerA, client.StartProducing{Topic: topic, Partition: -1, Interval: 10 * time.Millisecond, KeySpace: 20, Count: 100})
	w.until("the other has all", 30*time.Second, func() bool { return len(a.State().Partitions) == 3 })
	if s := b.State(); s.State != client.Unjoined || s.MemberID != "" {
		t.Errorf("the slow one is %+v", s)
	}
	w.Command(consumerB, client.SetProcessTime{})
	w.until("the slow one is back", 3*time.Hour, func() bool { return b.State().State == client.StableMember && len(a.State().Partitions) < 3 })
}

// TestAGroupReadsEverythingUnderFaults lets members come, go, die and stall while
// brokers die, too. The group reads all that was acknowledged, at least once.
func TestAGroupReadsEverythingUnderFaults(t *testing.T) {
	for seed := range uint64(8) {
		for _, strategy := range []string{"range", "cooperative-sticky"} {
			t.Run(fmt.Sprint(strategy, " seed ", seed), func(t *testing.T) {
				w := newWorld(t, seed)
				w.createTopic(topic, 3)
				p := w.addProducer(producerA, nil)
				w.Command(producerA, client.StartProducing{Topic: topic, Partition: -1, Interval: 20 * time.Millisecond, KeySpace: 20})
				for _, id := range []engine.NodeID{consumerA, consumerB, consumerC} {
					w.subscribe(id, earliest("partition.assignment.strategy", strategy))
				}
				w.until("some are acknowledged", time.Minute, func() bool { return p.State().Acked > 10 })
				rand := engine.NewRand(seed, "members")
				for range 4 {
					id := consumerA + engine.NodeID(rand.IntN(3))
					switch rand.IntN(3) {
					case 0:
						w.Kill(id)
						w.disturb(rand.Uint64(), 1)
						w.Restart(id)
						w.RunFor(time.Millisecond)
						w.Command(id, client.Subscribe{Topics: []string{topic}})
					case 1:
						w.Do(sim.Action{Kind: sim.ActPause, Node: id})
						w.disturb(rand.Uint64(), 2)
						w.Do(sim.Action{Kind: sim.ActResume, Node: id})
					case 2:
						victim := engine.NodeID(1 + rand.IntN(3))
						w.Cut(id, victim)
						w.disturb(rand.Uint64(), 1)
						w.Heal(id, victim)
					}
				}
				w.Command(producerA, client.StopProducing{})
				w.until("all is read", 5*time.Minute, func() bool { return p.Idle() && len(w.ledger.unread()) == 0 })
				w.until("all is committed", 2*time.Minute, func() bool { return w.committed() })
			})
		}
	}
}

// committed says that the members have all partitions, each one's, and committed all
// they read.
func (w *world) committed() bool {
	n := 0
	for _, id := range []engine.NodeID{consumerA, consumerB, consumerC} {
		for _, p := range w.consumer(id).State().Partitions {
			n++
			// A partition that came back to its session with nothing new is in no
			// answer, so that its high watermark stays unknown, as in Java.
			if p.Committed != p.Position || p.HighWatermark >= 0 && p.Position != p.HighWatermark {
				return false
			}
		}
	}
	return n == 3
}
