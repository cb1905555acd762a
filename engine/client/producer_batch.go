package client

import (
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// producerBatch is one batch of a partition, from its first record until it is
// acknowledged or failed (ProducerBatch).
type producerBatch struct {
	tp         engine.TopicPartition
	serial     int64          // order of creation in this producer
	builder    *batch.Builder // nil once it takes no more records
	bytes      batch.Batch    // nil until then
	full       bool           // closed for appends
	limitBytes int            // its buffer
	numbers    []int64        // of its records, in order

	created     engine.Time
	lastAttempt engine.Time
	attempts    int
	backoff     time.Duration // to wait since lastAttempt, when it is tried again
	inRetry     bool
	done        bool
	expired     bool // failed while in flight: its buffer is free when the answer comes

	// KIP-951: a new leader ends the backoff.
	leaderEpoch            engine.LeaderEpoch
	attemptsAtLeaderChange int

	hasSequence  bool
	producerID   engine.ProducerID
	epoch        engine.ProducerEpoch
	baseSequence int32
	wasReset     bool // its sequence was changed after it had been sent
}

func newProducerBatch(tp engine.TopicPartition, serial int64, codec batch.Codec, limitBytes int, now engine.Time) *producerBatch {
	return &producerBatch{
		tp: tp, serial: serial, limitBytes: limitBytes, created: now, lastAttempt: now,
		builder:     batch.NewBuilder(batch.Options{LeaderEpoch: engine.NoLeaderEpoch, Codec: codec}),
		leaderEpoch: engine.NoLeaderEpoch, attemptsAtLeaderChange: -1,
	}
}

// tryAppend adds a record where there is room; the first always has
// (MemoryRecordsBuilder.hasRoomFor).
func (b *producerBatch) tryAppend(at batch.Timestamp, r *record) (bytes int, ok bool) {
	if b.full || b.builder == nil {
		return 0, false
	}
	before := b.builder.SizeInBytes()
	if b.builder.Count() > 0 && before+b.builder.RecordSizeInBytes(at, r.key, r.value, r.headers...) > b.limitBytes {
		b.full = true
		return 0, false
	}
	b.builder.Append(at, r.key, r.value, r.headers...)
	b.numbers = append(b.numbers, r.number)
	return b.builder.SizeInBytes() - before, true
}

func (b *producerBatch) isFull() bool {
	return b.full || b.builder == nil || len(b.numbers) > 0 && b.builder.SizeInBytes() >= b.limitBytes
}

func (b *producerBatch) sizeInBytes() int {
	if b.builder != nil {
		return b.builder.SizeInBytes()
	}
	return len(b.bytes)
}

// close ends the batch, so that its bytes can be sent.
func (b *producerBatch) close(codecs *batch.Codecs) {
	if b.builder == nil {
		return
	}
	bytes, err := b.builder.Build(codecs)
	if err != nil {
		// Only an unknown codec fails, and the configuration has none.
		engine.Violated("ProducerBatchBuilds", "%v: %v", b.tp, err)
	}
	b.bytes, b.builder, b.full = bytes, nil, true
}

// setProducer gives the batch its producer and sequence. What was sent before is
// not touched: the message may still be under way.
func (b *producerBatch) setProducer(id engine.ProducerID, epoch engine.ProducerEpoch, sequence int32) {
	b.producerID, b.epoch, b.baseSequence, b.hasSequence = id, epoch, sequence, true
	if b.attempts > 0 {
		b.bytes = slices.Clone(b.bytes)
	}
	b.bytes.SetProducer(id, epoch, sequence)
}

func (b *producerBatch) lastSequence() int32 {
	return batch.IncrementSequence(b.baseSequence, int32(len(b.numbers)-1))
}

// sawLeaderEpoch notes the epoch of the leader that the batch would go to
// (ProducerBatch.maybeUpdateLeaderEpoch).
func (b *producerBatch) sawLeaderEpoch(epoch engine.LeaderEpoch) {
	if epoch != engine.NoLeaderEpoch && epoch != b.leaderEpoch {
		b.leaderEpoch, b.attemptsAtLeaderChange = epoch, b.attempts
	}
}

// backingOff says that the batch, tried before, is to wait still. A leader that
// changed since then is tried at once.
func (b *producerBatch) backingOff(now engine.Time) bool {
	leaderChanged := b.attempts == b.attemptsAtLeaderChange
	return b.attempts > 0 && !leaderChanged && now.Sub(b.lastAttempt) < b.backoff
}

// reenqueued notes that another attempt is to be made.
func (b *producerBatch) reenqueued(now engine.Time, wait time.Duration) {
	b.attempts++
	b.lastAttempt, b.backoff, b.inRetry = now, wait, true
}

func (b *producerBatch) timedOut(limit time.Duration, now engine.Time) bool {
	return now.Sub(b.created) >= limit
}

// split cuts a batch that the broker finds too large into smaller ones
// (ProducerBatch.split).
func (b *producerBatch) split(codecs *batch.Codecs, codec batch.Codec, limitBytes int, serial *int64) []*producerBatch {
	var out []*producerBatch
	it := b.bytes.Iterate(codecs)
	for i := 0; it.Next(); i++ {
		at := it.Record()
		r := record{key: at.Key, value: at.Value, number: b.numbers[i]}
		for h := range at.Headers {
			r.headers = append(r.headers, batch.Header{Key: string(h.Key), Value: h.Value})
		}
		if len(out) > 0 {
			if _, ok := out[len(out)-1].tryAppend(at.Timestamp, &r); ok {
				continue
			}
		}
		*serial++
		next := newProducerBatch(b.tp, *serial, codec, limitBytes, b.created)
		next.tryAppend(at.Timestamp, &r)
		next.attempts, next.lastAttempt, next.inRetry = b.attempts, b.lastAttempt, b.inRetry
		out = append(out, next)
	}
	if err := it.Err(); err != nil {
		engine.Violated("ProducerBatchReads", "%v: %v", b.tp, err)
	}
	return out
}
