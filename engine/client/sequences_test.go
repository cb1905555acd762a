package client

import (
	"testing"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// sealed makes a batch of n records that may be given sequences.
func sealed(n int) *producerBatch {
	b := newProducerBatch(engine.TopicPartition{Topic: "t"}, 1, batch.None, 1<<10, 0)
	for i := range n {
		b.tryAppend(1, &record{value: []byte("v"), number: int64(i)})
	}
	b.close(nil)
	return b
}

// inFlight gives a queue with batches of ten records whose sequences are 0, 10, ...
func inFlight(t *identity, batches int) (*partitionQueue, []*producerBatch) {
	q := &partitionQueue{sequences: newSequences()}
	var all []*producerBatch
	for range batches {
		b := sealed(10)
		t.stamp(q, b)
		all = append(all, b)
	}
	return q, all
}

func idempotent() *identity { return &identity{enabled: true, id: 7, epoch: 2} }

func TestSequencesFollowOneAnother(t *testing.T) {
	id := idempotent()
	_, all := inFlight(id, 3)
	for i, b := range all {
		if b.baseSequence != int32(10*i) || b.bytes.BaseSequence() != int32(10*i) || b.bytes.ProducerID() != 7 || b.bytes.ProducerEpoch() != 2 {
			t.Errorf("batch %d: %v", i, b.bytes)
		}
		if err := b.bytes.EnsureValid(); err != nil {
			t.Error(err)
		}
	}
}

func TestWhetherAFailedBatchIsTriedAgain(t *testing.T) {
	tests := []struct {
		name       string
		code       engine.ErrorCode
		which      int // of three in flight, of which none is acknowledged
		unresolved bool
		retry      bool
		bump       bool
	}{
		{"a leader that moved", engine.ErrNotLeaderOrFollower, 0, false, true, false},
		{"out of order behind one that failed: wait for it", engine.ErrOutOfOrderSequenceNumber, 1, false, true, false},
		{"out of order although it is the next: a new epoch", engine.ErrOutOfOrderSequenceNumber, 0, false, true, true},
		{"out of order right behind what nobody knows of: a new epoch", engine.ErrOutOfOrderSequenceNumber, 1, true, true, true},
		{"out of order further behind it: wait", engine.ErrOutOfOrderSequenceNumber, 2, true, true, false},
		{"the broker forgot the producer: a new epoch", engine.ErrUnknownProducerID, 0, false, true, true},
		{"a record that is not valid", engine.ErrInvalidRecord, 0, false, false, false},
		{"too large", engine.ErrMessageTooLarge, 0, false, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			id := idempotent()
			q, all := inFlight(id, 3)
			if test.unresolved {
				q.sequences.markUnresolved(all[0])
			}
			if got := id.canRetry(q, all[test.which], test.code); got != test.retry || id.bump != test.bump {
				t.Errorf("retry %v bump %v, want %v %v", got, id.bump, test.retry, test.bump)
			}
		})
	}
}

func TestANewEpochNumbersFromTheBeginning(t *testing.T) {
	id := idempotent()
	q, all := inFlight(id, 3)
	q.sequences.acked(all[0])
	all[1].attempts = 1
	sent := all[1].bytes
	id.requestBump(q)
	id.bumpIfNeeded([]*partitionQueue{q})
	if id.epoch != 3 || all[1].baseSequence != 0 || all[2].baseSequence != 10 || q.sequences.next != 20 {
		t.Errorf("epoch %d, sequences %d and %d, next %d", id.epoch, all[1].baseSequence, all[2].baseSequence, q.sequences.next)
	}
	if sent.BaseSequence() != 10 || sent.EnsureValid() != nil {
		t.Error("the message that is under way was changed")
	}
	id.epoch = maxProducerEpoch
	id.requestBump(q)
	id.bumpIfNeeded([]*partitionQueue{q})
	if id.valid() {
		t.Errorf("after the last epoch a new id is needed, not %d/%d", id.id, id.epoch)
	}
}

func TestWhatHoldsABatchBack(t *testing.T) {
	fresh := sealed(10)
	tests := []struct {
		name  string
		setUp func(*identity, *partitionQueue, []*producerBatch) *producerBatch
		holds bool
	}{
		{"nothing", func(_ *identity, q *partitionQueue, _ []*producerBatch) *producerBatch { return fresh }, false},
		{"no producer id", func(id *identity, _ *partitionQueue, _ []*producerBatch) *producerBatch {
			id.id = batch.NoProducerID
			return fresh
		}, true},
		{"batches of the old epoch are in flight", func(id *identity, _ *partitionQueue, _ []*producerBatch) *producerBatch {
			id.epoch++
			return fresh
		}, true},
		{"nobody knows of one before it", func(_ *identity, q *partitionQueue, all []*producerBatch) *producerBatch {
			q.sequences.markUnresolved(all[0])
			return fresh
		}, true},
		{"a batch before it is to be tried again first", func(_ *identity, _ *partitionQueue, all []*producerBatch) *producerBatch {
			return all[1]
		}, true},
		{"it is the first to be tried again", func(_ *identity, _ *partitionQueue, all []*producerBatch) *producerBatch {
			return all[0]
		}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			id := idempotent()
			q, all := inFlight(id, 3)
			if got := id.stopsDrain(q, test.setUp(id, q, all)); got != test.holds {
				t.Errorf("held back: %v", got)
			}
		})
	}
}

func TestSequencesAreResolved(t *testing.T) {
	id := idempotent()
	q, all := inFlight(id, 2)
	q.sequences.markUnresolved(all[0])
	q.sequences.remove(all[0])
	id.resolve([]*partitionQueue{q})
	if !q.sequences.unresolved {
		t.Error("resolved while a batch is pending")
	}
	q.sequences.acked(all[1])
	id.resolve([]*partitionQueue{q})
	if q.sequences.unresolved || id.bump {
		t.Errorf("what followed was acknowledged, so it was in the log: %+v, bump %v", q.sequences, id.bump)
	}
	third := sealed(10)
	id.stamp(q, third)
	q.sequences.markUnresolved(third)
	q.sequences.remove(third)
	id.resolve([]*partitionQueue{q})
	if !id.bump {
		t.Error("nothing followed: only a new epoch is sure")
	}
}
