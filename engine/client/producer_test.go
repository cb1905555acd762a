package client_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
	"bitacora/engine/sim"
)

func TestAProducerSendsAndIsAcknowledged(t *testing.T) {
	for _, codec := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		t.Run(codec, func(t *testing.T) {
			w := newWorld(t, 1)
			p := w.addProducer(producerA, map[string]string{"compression.type": codec})
			w.Command(producerA, client.StartProducing{Topic: topic, Partition: -1, Interval: time.Millisecond, KeySpace: 10, ValueBytes: 50, Count: 1000})
			w.until("all are acknowledged", time.Minute, func() bool { return p.State().Acked == 1000 })
			reader := w.readAll(time.Minute)
			if lost := w.ledger.lost(); len(lost) > 0 || reader.State().Read != 1000 || len(w.ledger.failed) != 0 {
				t.Errorf("lost %v, read %d, failed %v", lost, reader.State().Read, w.ledger.failed)
			}
			w.ledger.checkOrder(t)
		})
	}
}

// TestAKeyKeepsItsPartition sends with keys and without.
func TestAKeyKeepsItsPartition(t *testing.T) {
	w := newWorld(t, 1)
	w.createTopic(topic, 3)
	p := w.addProducer(producerA, nil)
	for range 30 {
		for _, key := range []string{"21", "foobar", "abc"} {
			w.Command(producerA, client.Send{Topic: topic, Partition: -1, Key: []byte(key), Value: []byte("v")})
		}
		w.Command(producerA, client.Send{Topic: topic, Partition: 2, Key: []byte("abc"), Value: nil})
		w.RunFor(100 * time.Millisecond)
	}
	w.until("all are acknowledged", time.Minute, func() bool { return p.State().Acked == 120 })
	for n, at := range w.ledger.acked {
		want := int32(2)
		if i := int((n - 1) % 4); i < 3 {
			want = client.PartitionForKey([]byte([]string{"21", "foobar", "abc"}[i]), 3)
		}
		if at.Partition != want {
			t.Errorf("record %d went to %d, want %d", n, at.Partition, want)
		}
	}
}

// TestHowASendFails shows how a record ends that cannot be sent, and when.
func TestHowASendFails(t *testing.T) {
	isolate := func(w *world) {
		for _, b := range []engine.NodeID{1, 2, 3} {
			w.Cut(producerA, b)
		}
	}
	send := func(value int) []any {
		return []any{client.Send{Topic: topic, Partition: -1, Value: bytes.Repeat([]byte("x"), value)}}
	}
	tests := []struct {
		name     string
		cfg      map[string]string
		before   func(*world) // while the producer knows nothing of the cluster
		after    func(*world) // once it has sent something
		commands []any
		want     engine.ErrorCode
		took     time.Duration
	}{
		{"no broker answers: max.block.ms", nil, isolate, nil, send(1), engine.ErrRequestTimedOut, time.Minute},
		{"a partition that is not there: max.block.ms", map[string]string{"max.block.ms": "2000"}, nil, nil,
			[]any{client.Send{Topic: topic, Partition: 9}}, engine.ErrRequestTimedOut, 2 * time.Second},
		{"a topic name that Kafka refuses", nil, nil, nil,
			[]any{client.Send{Topic: "no spaces", Partition: -1}}, engine.ErrInvalidTopicException, 0},
		{"larger than max.request.size", nil, nil, nil, send(1 << 20), engine.ErrMessageTooLarge, 0},
		{"brokers that are gone: delivery.timeout.ms", nil, nil, isolate, send(1), engine.ErrRequestTimedOut, 2 * time.Minute},
		{"larger than max.message.bytes", nil, nil, nil, send(3000), engine.ErrMessageTooLarge, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.createTopic(topic, 1, client.TopicConfig{Name: "max.message.bytes", Value: "2000"})
			w.addProducer(producerA, test.cfg)
			if test.before != nil {
				test.before(w)
			}
			last := int64(0)
			if test.before == nil {
				w.Command(producerA, client.Send{Topic: topic, Partition: -1, Value: []byte("first")})
				w.until("the first is acknowledged", time.Minute, func() bool { return len(w.ledger.acked) == 1 })
				last = 1
			}
			if test.after != nil {
				test.after(w)
			}
			began := w.Now()
			for _, c := range test.commands {
				w.Command(producerA, c)
				last++
			}
			w.until("it failed", 10*time.Minute, func() bool { return len(w.ledger.failed) == 1 })
			if got := w.ledger.failed[last]; got != test.want {
				t.Errorf("failed with %v, want %v", w.ledger.failed, test.want)
			}
			if took := w.Now().Sub(began); took < test.took || took > test.took+time.Second {
				t.Errorf("took %v, want %v", took, test.took)
			}
		})
	}
}

// TestABatchThatIsTooLargeIsSplit fills batches of 16 KB for a topic that takes 1 KB.
func TestABatchThatIsTooLargeIsSplit(t *testing.T) {
	for _, idempotent := range []string{"true", "false"} {
		t.Run("idempotence "+idempotent, func(t *testing.T) {
			w := newWorld(t, 1)
			w.createTopic(topic, 1, client.TopicConfig{Name: "max.message.bytes", Value: "1000"})
			// Without sequences only one request in flight keeps the order.
			p := w.addProducer(producerA, map[string]string{"enable.idempotence": idempotent, "linger.ms": "100",
				"max.in.flight.requests.per.connection": map[string]string{"true": "5", "false": "1"}[idempotent]})
			for i := range 200 {
				w.Command(producerA, client.Send{Topic: topic, Partition: 0, Value: fmt.Appendf(nil, "pedido-%d-%s", i, strings.Repeat(".", 100))})
			}
			w.until("the producer has finished", time.Minute, func() bool { return p.State().Acked == 200 })
			w.readAll(time.Minute)
			if lost := w.ledger.lost(); len(lost) > 0 {
				t.Errorf("lost %v", lost)
			}
			w.ledger.checkOrder(t)
		})
	}
}

// TestBufferMemoryHoldsTheApplicationUp lets a producer write faster than it may.
func TestBufferMemoryHoldsTheApplicationUp(t *testing.T) {
	w := newWorld(t, 1)
	w.createTopic(topic, 1)
	p := w.addProducer(producerA, map[string]string{"buffer.memory": "65536"})
	for i := range 1000 {
		w.Command(producerA, client.Send{Topic: topic, Partition: 0, Value: fmt.Appendf(nil, "%d%s", i, strings.Repeat(".", 1000))})
	}
	w.until("send blocks", time.Second, func() bool {
		s := p.State()
		if s.BufferBytes > 65536 {
			t.Fatalf("%d bytes in use", s.BufferBytes)
		}
		return s.Blocked > 0 && s.BufferBytes == 65536
	})
	w.until("all are acknowledged", time.Minute, func() bool { return p.State().Acked == 1000 })
	if s := p.State(); s.BufferBytes != 0 || s.Blocked != 0 {
		t.Errorf("afterwards %+v", s)
	}
	w.ledger.checkOrder(t)
}

func TestClosingSendsWhatIsThere(t *testing.T) {
	w := newWorld(t, 1)
	p := w.addProducer(producerA, map[string]string{"linger.ms": "20000"})
	for range 10 {
		w.Command(producerA, client.Send{Topic: topic, Partition: -1, Value: []byte("v")})
	}
	w.RunFor(5 * time.Second)
	if p.State().Acked != 0 {
		t.Fatal("linger.ms is 20 s and records left after 5")
	}
	w.Command(producerA, client.CloseClient{})
	w.until("it ended", 5*time.Second, func() bool { _, state := w.Node(producerA); return state == sim.Dead })
	if len(w.ledger.acked) != 10 {
		t.Errorf("%d of 10 were acknowledged", len(w.ledger.acked))
	}
}

func TestFlushEndsLinger(t *testing.T) {
	w := newWorld(t, 1)
	p := w.addProducer(producerA, map[string]string{"linger.ms": "20000"})
	w.Command(producerA, client.Send{Topic: topic, Partition: -1, Value: []byte("v")})
	w.RunFor(3 * time.Second)
	w.Command(producerA, client.Flush{})
	w.until("it is acknowledged", time.Second, func() bool { return p.State().Acked == 1 })
}

// TestAcksNoneIsOverAtOnce sends one record without asking for an answer.
func TestAcksNoneIsOverAtOnce(t *testing.T) {
	w := newWorld(t, 1)
	w.createTopic(topic, 1)
	p := w.addProducer(producerA, map[string]string{"acks": "0"})
	w.Command(producerA, client.Send{Topic: topic, Partition: 0, Value: []byte("v")})
	w.until("it is gone", time.Second, func() bool { return p.State().Acked == 1 && p.Idle() })
	if at := w.ledger.acked[1]; at.offset != engine.NoOffset {
		t.Errorf("nobody told the offset %d", at.offset)
	}
	if got := w.readAll(10 * time.Second).State().Read; got != 1 {
		t.Errorf("the log has %d records", got)
	}
}

// TestAnswersThatGetLost cuts the way back from the brokers: they append, and the
// producer sends again. With idempotence each record is there once, without it twice.
func TestAnswersThatGetLost(t *testing.T) {
	for _, idempotent := range []string{"true", "false"} {
		t.Run("idempotence "+idempotent, func(t *testing.T) {
			w := newWorld(t, 1)
			w.createTopic(topic, 3)
			p := w.addProducer(producerA, map[string]string{"enable.idempotence": idempotent})
			w.Command(producerA, client.StartProducing{Topic: topic, Partition: -1, Interval: 5 * time.Millisecond, KeySpace: 20, Count: 1000})
			w.until("some are acknowledged", time.Minute, func() bool { return p.State().Acked > 200 })
			for _, b := range []engine.NodeID{1, 2, 3} {
				w.Do(sim.Action{Kind: sim.ActCut, Node: b, Peer: producerA})
			}
			w.RunFor(35 * time.Second) // longer than request.timeout.ms
			for _, b := range []engine.NodeID{1, 2, 3} {
				w.Do(sim.Action{Kind: sim.ActHeal, Node: b, Peer: producerA})
			}
			w.until("the producer has finished", 3*time.Minute, p.Idle)
			got := w.readAll(time.Minute).State().Read
			switch {
			case len(w.ledger.lost()) > 0 || p.State().Acked != 1000:
				t.Errorf("%d acknowledged, lost %v", p.State().Acked, w.ledger.lost())
			case idempotent == "true" && got != 1000:
				t.Errorf("the log has %d records of 1000", got)
			case idempotent == "false" && got <= 1000:
				t.Errorf("without idempotence nothing is there twice: %d records of 1000", got)
			}
		})
	}
}

// TestAcksOneLoses cuts the leader off from its followers and kills it: what it
// acknowledged alone is gone. With acks=all it could not have acknowledged.
func TestAcksOneLoses(t *testing.T) {
	for _, acks := range []string{"all", "1", "0"} {
		t.Run("acks="+acks, func(t *testing.T) {
			w := newWorld(t, 1)
			w.createTopic(topic, 1)
			p := w.addProducer(producerA, map[string]string{"acks": acks})
			w.Command(producerA, client.StartProducing{Topic: topic, Partition: 0, Interval: 10 * time.Millisecond})
			w.until("some are acknowledged", time.Minute, func() bool { return p.State().Acked > 100 })
			leader := w.leaderOf(0)
			for _, b := range []engine.NodeID{1, 2, 3} {
				if b != leader {
					w.Cut(leader, b)
				}
			}
			w.RunFor(3 * time.Second)
			w.Kill(leader)
			w.until("another leads", 30*time.Second, func() bool { l := w.leaderOf(0); return l != leader && l != engine.NoNode })
			for _, b := range []engine.NodeID{1, 2, 3} {
				if b != leader {
					w.Heal(leader, b)
				}
			}
			w.Restart(leader)
			w.RunFor(10 * time.Second)
			w.Command(producerA, client.StopProducing{})
			w.until("the producer has finished", 3*time.Minute, p.Idle)
			got := w.readAll(time.Minute).State().Read
			s := p.State()
			switch acks {
			case "all":
				if lost := w.ledger.lost(); len(lost) > 0 || s.Failed != 0 || got != s.Acked {
					t.Errorf("lost %v of %+v, the log has %d", lost, s, got)
				}
			default:
				// Offsets of lost records are taken by others: count instead.
				if missing := s.Acked - got; missing < 50 {
					t.Errorf("the log has %d of %d acknowledged records: three seconds of them should be gone", got, s.Acked)
				}
			}
		})
	}
}
