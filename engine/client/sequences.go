package client

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// noSequence is TxnPartitionEntry.NO_LAST_ACKED_SEQUENCE_NUMBER.
const noSequence int32 = -1

// sequences is what an idempotent producer keeps of one partition
// (TxnPartitionEntry, and what TransactionManager keeps by partition).
type sequences struct {
	producerID engine.ProducerID // that next belongs to
	epoch      engine.ProducerEpoch
	next       int32            // of the next record to be drained
	lastAcked  int32            // noSequence before the first
	pending    []*producerBatch // with a sequence and not resolved, by sequence
	// unresolved says that a batch ended without an answer, so that nobody knows
	// whether its records are in the log. nextUnresolved follows its last sequence.
	unresolved     bool
	nextUnresolved int32
	rewrite        bool // begins at 0 when the epoch is bumped
}

func newSequences() sequences {
	return sequences{producerID: batch.NoProducerID, epoch: batch.NoProducerEpoch, lastAcked: noSequence}
}

func (s *sequences) stale(id engine.ProducerID, epoch engine.ProducerEpoch) bool {
	return s.producerID != id || s.epoch != epoch
}

// beginAgain numbers the pending batches from 0 under a new id or epoch
// (TxnPartitionEntry.startSequencesAtBeginning).
func (s *sequences) beginAgain(id engine.ProducerID, epoch engine.ProducerEpoch) {
	s.producerID, s.epoch = id, epoch
	s.next, s.lastAcked = 0, noSequence
	for _, b := range s.pending {
		b.setProducer(id, epoch, s.next)
		b.wasReset = true
		s.next = batch.IncrementSequence(s.next, int32(len(b.numbers)))
	}
}

// add gives a batch its sequence and keeps it as pending.
func (s *sequences) add(b *producerBatch) {
	b.setProducer(s.producerID, s.epoch, s.next)
	s.next = batch.IncrementSequence(s.next, int32(len(b.numbers)))
	s.pending = append(s.pending, b)
}

func (s *sequences) remove(b *producerBatch) {
	if i := slices.Index(s.pending, b); i >= 0 {
		s.pending = slices.Delete(s.pending, i, i+1)
	}
}

func (s *sequences) acked(b *producerBatch) {
	s.lastAcked = max(s.lastAcked, b.lastSequence())
	s.remove(b)
}

func (s *sequences) isNext(sequence int32) bool { return sequence-s.lastAcked == 1 }

func (s *sequences) markUnresolved(b *producerBatch) {
	next := batch.IncrementSequence(b.lastSequence(), 1)
	if s.unresolved {
		next = max(next, s.nextUnresolved)
	}
	s.unresolved, s.nextUnresolved = true, next
}

// identity is the producer id of an idempotent producer and how it comes by it
// (TransactionManager, as far as idempotence needs it).
type identity struct {
	enabled bool
	id      engine.ProducerID
	epoch   engine.ProducerEpoch
	asking  bool
	retryAt engine.Time // when to ask again after a failure
	bump    bool        // clientSideEpochBumpRequired
	fatal   engine.ErrorCode
}

func (t *identity) valid() bool { return t.id != batch.NoProducerID }

// requestBump makes the next pass begin a new epoch, with the sequences of q's
// partition from 0 (TransactionManager.requestIdempotentEpochBumpForPartition).
func (t *identity) requestBump(q *partitionQueue) {
	t.bump = true
	q.sequences.rewrite = true
}

// maxProducerEpoch is the last epoch of a producer id; a new id follows it.
const maxProducerEpoch engine.ProducerEpoch = 1<<15 - 1

// bumpIfNeeded begins a new epoch where one is asked for
// (TransactionManager.bumpIdempotentProducerEpoch).
func (t *identity) bumpIfNeeded(queues []*partitionQueue) {
	if !t.bump {
		return
	}
	if t.epoch == maxProducerEpoch {
		t.id, t.epoch = batch.NoProducerID, batch.NoProducerEpoch
	} else {
		t.epoch++
	}
	for _, q := range queues {
		if q.sequences.rewrite {
			q.sequences.beginAgain(t.id, t.epoch)
			q.sequences.unresolved, q.sequences.rewrite = false, false
		}
	}
	t.bump = false
}

// resolve looks at partitions with batches that ended without an answer: once
// nothing of them is pending, either all that followed was acknowledged, or the
// epoch is bumped (TransactionManager.maybeResolveSequences).
func (t *identity) resolve(queues []*partitionQueue) {
	for _, q := range queues {
		s := &q.sequences
		if !s.unresolved || len(s.pending) > 0 {
			continue
		}
		if !s.isNext(s.next) {
			t.requestBump(q)
		}
		s.unresolved = false
	}
}

// canRetry says whether a batch that failed is to be tried again
// (TransactionManager.canRetry).
//
// Of five batches in flight with sequences 0, 10, 20, 30, 40 the first fails
// NOT_LEADER: the others then fail OUT_OF_ORDER_SEQUENCE_NUMBER, since 0 is not in
// the log. They are not the next after what was acknowledged, so they are simply
// tried again behind it. If 0 itself is out of order, the log lost something that
// was acknowledged, or holds something of an unknown fate: a new epoch begins at 0.
func (t *identity) canRetry(q *partitionQueue, b *producerBatch, code engine.ErrorCode) bool {
	s := &q.sequences
	switch code {
	case engine.ErrUnknownProducerID:
		if !b.wasReset {
			t.requestBump(q)
		}
		return true
	case engine.ErrOutOfOrderSequenceNumber:
		if !s.unresolved && (b.wasReset || !s.isNext(b.baseSequence)) {
			return true
		}
		if !s.unresolved || b.baseSequence == s.nextUnresolved {
			t.requestBump(q)
		}
		return true
	}
	return code.Retriable()
}

// stopsDrain says that q's first batch must wait for the fate of others
// (RecordAccumulator.shouldStopDrainBatchesForPartition).
func (t *identity) stopsDrain(q *partitionQueue, first *producerBatch) bool {
	if !t.enabled {
		return false
	}
	s := &q.sequences
	switch {
	case !t.valid():
		return true
	case !first.hasSequence:
		return len(s.pending) > 0 && s.stale(t.id, t.epoch) || s.unresolved
	}
	return len(s.pending) > 0 && s.pending[0].baseSequence != first.baseSequence
}

// stamp gives a batch that leaves for the first time its sequence.
func (t *identity) stamp(q *partitionQueue, b *producerBatch) {
	if !t.enabled || b.hasSequence {
		return
	}
	s := &q.sequences
	if s.stale(t.id, t.epoch) && len(s.pending) == 0 {
		s.beginAgain(t.id, t.epoch)
	}
	s.add(b)
}
