package client_test

import (
	"errors"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
	"bitacora/engine/sim"
)

func TestWhatIsSentIsReadOnce(t *testing.T) {
	w := newWorld(t, 1)
	p := w.addProducer(producerA, nil)
	reader := w.addConsumer(readerA, "reader", earliest())
	member := w.addConsumer(consumerA, "c1", earliest("max.poll.records", "7"))
	w.Command(readerA, client.AssignAll{Topics: []string{topic}})
	w.Command(producerA, client.StartProducing{Topic: topic, Partition: -1, Interval: time.Millisecond, KeySpace: 10, Count: 1000})
	w.Command(consumerA, client.SetProcessTime{Each: 500 * time.Microsecond})
	w.Command(consumerA, client.Subscribe{Topics: []string{topic}})
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
}

// TestAMemberThatJoinsReadsNothingTwice lets a second member join while records flow:
// with the eager protocol the first commits and gives everything up before it joins
// again.
func TestAMemberThatJoinsReadsNothingTwice(t *testing.T) {
	w := newWorld(t, 2)
	w.createTopic(topic, 3)
	p := w.addProducer(producerA, nil)
	w.Command(producerA, client.StartProducing{Topic: topic, Partition: -1, Interval: 5 * time.Millisecond, KeySpace: 20})
	a := w.subscribe(consumerA, earliest())
	w.until("one has all", 30*time.Second, func() bool { return len(a.State().Partitions) == 3 })
	w.RunFor(3 * time.Second)
	b := w.subscribe(consumerB, earliest())
	w.until("both have some", 30*time.Second, func() bool { return len(b.State().Partitions) > 0 && len(a.State().Partitions) > 0 })
	w.Command(producerA, client.StopProducing{})
	w.until("all is read", time.Minute, func() bool { return p.Idle() && len(w.ledger.unread()) == 0 })
	for at, by := range w.ledger.reads {
		if len(by) != 1 {
			t.Errorf("%v was read by %v", at, by)
		}
	}
}

// TestWhereAConsumerBegins starts consumers of new groups on a log of 100 records.
func TestWhereAConsumerBegins(t *testing.T) {
	tests := []struct {
		reset  string
		want   engine.Offset
		failed engine.ErrorCode
	}{
		{"earliest", 0, engine.ErrNone},
		{"latest", 100, engine.ErrNone},
		{"none", engine.NoOffset, engine.ErrOffsetOutOfRange},
	}
	for _, test := range tests {
		t.Run("auto.offset.reset="+test.reset, func(t *testing.T) {
			w := newWorld(t, 1)
			w.createTopic(topic, 1)
			p := w.addProducer(producerA, nil)
			w.Command(producerA, client.StartProducing{Topic: topic, Partition: 0, Interval: time.Millisecond, Count: 100})
			w.until("all are acknowledged", time.Minute, func() bool { return p.State().Acked == 100 })
			c := w.subscribe(consumerA, map[string]string{"auto.offset.reset": test.reset, "max.poll.records": "1"})
			w.Command(consumerA, client.SetProcessTime{Each: time.Hour})
			w.until("it has a position or fails", 30*time.Second, func() bool {
				s := c.State()
				return s.Failed != engine.ErrNone || len(s.Partitions) == 1 && s.Partitions[0].Fetching && s.Partitions[0].HighWatermark >= 0
			})
			s := c.State()
			if s.Failed != test.failed || test.failed == engine.ErrNone && s.Partitions[0].Position-engine.Offset(s.Read) != test.want {
				t.Errorf("%+v, want to begin at %d", s, test.want)
			}
		})
	}
}

func TestSeekPauseAndOutOfRange(t *testing.T) {
	w := newWorld(t, 1)
	w.createTopic(topic, 1)
	w.addProducer(producerA, nil)
	w.Command(producerA, client.StartProducing{Topic: topic, Partition: 0, Interval: time.Millisecond, Count: 100})
	c := w.subscribe(consumerA, earliest())
	tp := engine.TopicPartition{Topic: topic}
	read := func(what string, n int64) {
		t.Helper()
		w.until(what, 20*time.Second, func() bool { return c.State().Read == n })
		w.RunFor(2 * time.Second)
		if got := c.State().Read; got != n {
			t.Errorf("%s: %d read, want %d", what, got, n)
		}
	}
	read("all", 100)
	w.Command(consumerA, client.SeekTo{TopicPartition: tp, Offset: 90})
	read("ten again", 110)
	w.Command(consumerA, client.SeekTo{TopicPartition: tp, Offset: client.OffsetBeginning})
	read("all again", 210)
	w.Command(consumerA, client.SeekTo{TopicPartition: tp, Offset: client.OffsetEnd})
	read("nothing at the end", 210)
	w.Command(consumerA, client.SeekTo{TopicPartition: tp, Offset: 5000})
	read("past the end: auto.offset.reset", 310)
	w.Command(consumerA, client.Pause{TopicPartition: tp, On: true})
	w.Command(producerA, client.StartProducing{Topic: topic, Partition: 0, Interval: time.Millisecond, Count: 10})
	read("nothing while paused", 310)
	w.Command(consumerA, client.Pause{TopicPartition: tp})
	read("the rest once resumed", 320)
}

// TestAStaticMemberComesBack restarts a member with a group.instance.id within its
// session: nobody else notices (KIP-345).
func TestAStaticMemberComesBack(t *testing.T) {
	w := newWorld(t, 1)
	w.createTopic(topic, 4)
	a := w.subscribe(consumerA, earliest("group.instance.id", "i1"))
	w.subscribe(consumerB, earliest("group.instance.id", "i2"))
	w.until("both have two", 30*time.Second, func() bool {
		return len(a.State().Partitions) == 2 && len(w.consumer(consumerB).State().Partitions) == 2
	})
	generation := a.State().Generation
	w.Kill(consumerB)
	w.RunFor(10 * time.Second)
	w.Restart(consumerB)
	w.RunFor(time.Millisecond)
	w.Command(consumerB, client.Subscribe{Topics: []string{topic}})
	w.until("it has its two again", 10*time.Second, func() bool { return len(w.consumer(consumerB).State().Partitions) == 2 })
	if got := a.State().Generation; got != generation || w.consumer(consumerB).State().Generation != generation {
		t.Errorf("generation %d became %d: there was a rebalance", generation, got)
	}
}

// TestUnsubscribeAndSubscribeAgain leaves the group without ending.
func TestUnsubscribeAndSubscribeAgain(t *testing.T) {
	w := newWorld(t, 1)
	w.createTopic(topic, 2)
	w.createTopic("otros", 1)
	c := w.subscribe(consumerA, earliest())
	w.until("it has both", 30*time.Second, func() bool { return len(c.State().Partitions) == 2 })
	w.Command(consumerA, client.Unsubscribe{})
	w.RunFor(time.Second)
	if s := c.State(); len(s.Partitions) != 0 || s.Running || s.State != client.Unjoined {
		t.Errorf("%+v", s)
	}
	w.Command(consumerA, client.Subscribe{Topics: []string{"otros", topic}})
	w.until("it has all three", 30*time.Second, func() bool { return len(c.State().Partitions) == 3 })
}

// TestApplicationsStartAgain restarts clients whose applications begin by themselves.
func TestApplicationsStartAgain(t *testing.T) {
	w := newWorld(t, 1)
	w.createTopic(topic, 1)
	pc := client.DefaultProducer("p", brokers()...)
	pc.Start = client.StartProducing{Topic: topic, Partition: -1, Interval: 10 * time.Millisecond, Count: 50}
	cc := client.DefaultConsumer("c", "", brokers()...)
	cc.Start, cc.Reset = []string{topic}, client.ResetEarliest
	if err := errors.Join(w.AddProducer(producerA, pc), w.AddConsumer(readerA, cc)); err != nil {
		t.Fatal(err)
	}
	w.until("it read what was made", 20*time.Second, func() bool { return w.consumer(readerA).State().Read == 50 })
	w.Kill(producerA)
	w.Command(readerA, client.CloseClient{})
	w.until("the reader ended", 5*time.Second, func() bool { _, state := w.Node(readerA); return state == sim.Dead })
	w.Restart(producerA)
	w.Restart(readerA)
	w.until("it read all from the beginning", 20*time.Second, func() bool { return w.consumer(readerA).State().Read == 100 })
}
