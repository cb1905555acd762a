package log

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// producerBatchesRetained is how many batches a log remembers of each producer, so
// that any of them may be sent again (ProducerStateEntry.NUM_BATCHES_TO_RETAIN);
// it is why max.in.flight.requests.per.connection may be at most 5.
const producerBatchesRetained = 5

// producerState is ProducerStateManager without transactions. Entries are flat and
// in no order of meaning; what leaves is sorted by producer id.
type producerState struct {
	index   map[engine.ProducerID]int32 // into entries
	entries []producerEntry
	// mapEnd is the offset up to which the entries hold (lastMapOffset), snapshotEnd
	// that of the newest snapshot (lastSnapOffset).
	mapEnd      engine.Offset
	snapshotEnd engine.Offset
}

// producerEntry is what the log knows of one producer (ProducerStateEntry).
type producerEntry struct {
	id            engine.ProducerID
	epoch         engine.ProducerEpoch
	count         uint8 // of batches
	lastTimestamp engine.WallTime
	batches       [producerBatchesRetained]batchMetadata // oldest first
}

// batchMetadata is what is remembered of a batch (BatchMetadata).
type batchMetadata struct {
	lastOffset  engine.Offset
	timestamp   engine.WallTime
	lastSeq     int32
	offsetDelta int32
}

func (m batchMetadata) firstOffset() engine.Offset {
	return m.lastOffset - engine.Offset(m.offsetDelta)
}
func (m batchMetadata) firstSeq() int32 { return batch.DecrementSequence(m.lastSeq, m.offsetDelta) }

func (p *producerState) clone() producerState {
	c := *p
	c.index = maps.Clone(p.index)
	c.entries = slices.Clone(p.entries)
	return c
}

func (p *producerState) find(id engine.ProducerID) *producerEntry {
	if i, ok := p.index[id]; ok {
		return &p.entries[i]
	}
	return nil
}

func (e *producerEntry) lastSeq() int32 {
	if e.count == 0 {
		return batch.NoSequence
	}
	return e.batches[e.count-1].lastSeq
}

// findDuplicate gives a remembered batch with the same epoch and sequences, which
// a client is told of instead of appending again.
func (p *producerState) findDuplicate(b batch.Batch, origin batch.Origin) (batchMetadata, bool) {
	e := p.find(b.ProducerID())
	if e == nil || origin != batch.Client || e.epoch != b.ProducerEpoch() {
		return batchMetadata{}, false
	}
	first, last := b.BaseSequence(), b.LastSequence()
	for _, m := range e.batches[:e.count] {
		if m.lastSeq == last && m.firstSeq() == first {
			return m, true
		}
	}
	return batchMetadata{}, false
}

// check refuses what does not follow the producer's last batch
// (ProducerAppendInfo.maybeValidateDataBatch). Coordinators number nothing: only
// their epoch is looked at. An unknown producer may begin anywhere, since all it
// wrote may have been deleted.
func (p *producerState) check(name engine.TopicPartition, b batch.Batch, origin batch.Origin) error {
	id, epoch, first := b.ProducerID(), b.ProducerEpoch(), b.BaseSequence()
	e := p.find(id)
	if e == nil {
		if epoch < batch.NoProducerEpoch {
			return p.epochError(name, b, batch.NoProducerEpoch)
		}
		return nil
	}
	if epoch < e.epoch {
		return p.epochError(name, b, e.epoch)
	}
	if origin != batch.Client || e.epoch == batch.NoProducerEpoch {
		return nil
	}
	if epoch != e.epoch {
		if first != 0 {
			return fmt.Errorf("%w: invalid sequence number for new epoch of producer %d at offset %d in partition %v: %d (request epoch), %d (seq. number), %d (current producer epoch)",
				ErrOutOfOrderSequence, id, b.BaseOffset(), name, epoch, first, e.epoch)
		}
		return nil
	}
	last := e.lastSeq()
	if int64(first) != int64(last)+1 && !(first == 0 && last == 1<<31-1) {
		return fmt.Errorf("%w for producer %d at offset %d in partition %v: %d (incoming seq. number), %d (current end sequence number)",
			ErrOutOfOrderSequence, id, b.BaseOffset(), name, first, last)
	}
	return nil
}

func (p *producerState) epochError(name engine.TopicPartition, b batch.Batch, seen engine.ProducerEpoch) error {
	return fmt.Errorf("%w: producer %d at offset %d in %v has %d, the last seen epoch is %d",
		ErrInvalidProducerEpoch, b.ProducerID(), b.BaseOffset(), name, b.ProducerEpoch(), seen)
}

// update remembers an appended batch.
func (p *producerState) update(b batch.Batch) {
	if !b.HasProducerID() || b.IsControl() {
		return
	}
	e := p.find(b.ProducerID())
	if e == nil {
		e = p.add(producerEntry{id: b.ProducerID(), epoch: b.ProducerEpoch()})
	}
	if e.epoch != b.ProducerEpoch() {
		e.epoch, e.count = b.ProducerEpoch(), 0
	}
	e.remember(batchMetadata{
		lastOffset: b.LastOffset(), timestamp: b.MaxTimestamp(),
		lastSeq: b.LastSequence(), offsetDelta: b.LastOffsetDelta(),
	})
}

func (e *producerEntry) remember(m batchMetadata) {
	if e.count == producerBatchesRetained {
		copy(e.batches[:], e.batches[1:])
		e.count--
	}
	e.batches[e.count] = m
	e.count++
	e.lastTimestamp = m.timestamp
}

func (p *producerState) add(e producerEntry) *producerEntry {
	if p.index == nil {
		p.index = map[engine.ProducerID]int32{}
	}
	p.index[e.id] = int32(len(p.entries))
	p.entries = append(p.entries, e)
	return &p.entries[len(p.entries)-1]
}

func (p *producerState) clear() {
	p.index, p.entries = nil, nil
}

// removeExpired forgets producers that wrote nothing for so long.
func (p *producerState) removeExpired(now engine.WallTime, expiration time.Duration) {
	for i := 0; i < len(p.entries); {
		if !p.entries[i].expired(now, expiration) {
			i++
			continue
		}
		delete(p.index, p.entries[i].id)
		last := len(p.entries) - 1
		if i < last {
			p.entries[i] = p.entries[last]
			p.index[p.entries[i].id] = int32(i)
		}
		p.entries = p.entries[:last]
	}
}

func (e *producerEntry) expired(now engine.WallTime, expiration time.Duration) bool {
	return int64(now-e.lastTimestamp) >= int64(expiration/time.Millisecond)
}

// RemoveExpiredProducers forgets producers idle for producer.id.expiration.ms; the
// broker asks every producer.id.expiration.check.interval.ms.
func (l *Log) RemoveExpiredProducers(now engine.WallTime) {
	l.producers.removeExpired(now, l.config.ProducerIDExpiration)
}

// ActiveProducer is what DescribeProducers tells of a producer.
type ActiveProducer struct {
	ID            engine.ProducerID
	Epoch         engine.ProducerEpoch
	LastSequence  int32
	LastTimestamp engine.WallTime
}

// ActiveProducers lists the producers that the log remembers, by id.
func (l *Log) ActiveProducers() []ActiveProducer {
	out := make([]ActiveProducer, 0, len(l.producers.entries))
	for i := range l.producers.entries {
		e := &l.producers.entries[i]
		out = append(out, ActiveProducer{ID: e.id, Epoch: e.epoch, LastSequence: e.lastSeq(), LastTimestamp: e.lastTimestamp})
	}
	slices.SortFunc(out, func(a, b ActiveProducer) int { return int(min(max(a.ID-b.ID, -1), 1)) })
	return out
}
