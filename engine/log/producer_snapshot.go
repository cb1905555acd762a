package log

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// A producer snapshot is Kafka's ProducerSnapshot, version 1: version, CRC-32C of
// what follows it, count, entries. Of the batches only the last is kept.
const (
	snapshotVersion     = 1
	snapshotCRCAt       = 2
	snapshotCountAt     = 6
	snapshotEntriesAt   = 10
	snapshotEntryBytes  = 8 + 2 + 4 + 8 + 4 + 8 + 4 + 8
	noCoordinatorEpoch  = -1
	noTransactionOffset = -1
)

var errCorruptSnapshot = errors.New("corrupt producer snapshot")

// encode writes the snapshot, by producer id.
func (p *producerState) encode() []byte {
	sorted := slices.Clone(p.entries)
	slices.SortFunc(sorted, func(a, b producerEntry) int { return cmp.Compare(a.id, b.id) })
	out := make([]byte, snapshotCountAt, snapshotEntriesAt+len(sorted)*snapshotEntryBytes)
	binary.BigEndian.PutUint16(out, snapshotVersion)
	out = binary.BigEndian.AppendUint32(out, uint32(len(sorted)))
	for i := range sorted {
		e := &sorted[i]
		last := batchMetadata{lastOffset: engine.NoOffset}
		if e.count > 0 {
			last = e.batches[e.count-1]
		}
		out = binary.BigEndian.AppendUint64(out, uint64(e.id))
		out = binary.BigEndian.AppendUint16(out, uint16(e.epoch))
		out = binary.BigEndian.AppendUint32(out, uint32(e.lastSeq()))
		out = binary.BigEndian.AppendUint64(out, uint64(last.lastOffset))
		out = binary.BigEndian.AppendUint32(out, uint32(last.offsetDelta))
		out = binary.BigEndian.AppendUint64(out, uint64(e.lastTimestamp))
		out = binary.BigEndian.AppendUint32(out, 1<<32+noCoordinatorEpoch)
		out = binary.BigEndian.AppendUint64(out, 1<<64+noTransactionOffset)
	}
	binary.BigEndian.PutUint32(out[snapshotCRCAt:], crc32.Checksum(out[snapshotCountAt:], crc32.MakeTable(crc32.Castagnoli)))
	return out
}

// decode replaces the entries by those of a snapshot.
func (p *producerState) decode(value []byte) error {
	if len(value) < snapshotEntriesAt || binary.BigEndian.Uint16(value) != snapshotVersion {
		return errCorruptSnapshot
	}
	if crc32.Checksum(value[snapshotCountAt:], crc32.MakeTable(crc32.Castagnoli)) != binary.BigEndian.Uint32(value[snapshotCRCAt:]) {
		return errCorruptSnapshot
	}
	count := int64(binary.BigEndian.Uint32(value[snapshotCountAt:]))
	rest := value[snapshotEntriesAt:]
	if int64(len(rest)) != count*snapshotEntryBytes {
		return errCorruptSnapshot
	}
	p.clear()
	for ; len(rest) > 0; rest = rest[snapshotEntryBytes:] {
		e := producerEntry{
			id:    engine.ProducerID(binary.BigEndian.Uint64(rest)),
			epoch: engine.ProducerEpoch(binary.BigEndian.Uint16(rest[8:])),
		}
		if p.find(e.id) != nil {
			return errCorruptSnapshot
		}
		last := batchMetadata{
			lastSeq:     int32(binary.BigEndian.Uint32(rest[10:])),
			lastOffset:  engine.Offset(binary.BigEndian.Uint64(rest[14:])),
			offsetDelta: int32(binary.BigEndian.Uint32(rest[22:])),
			timestamp:   engine.WallTime(binary.BigEndian.Uint64(rest[26:])),
		}
		if last.lastOffset >= 0 {
			e.remember(last)
		}
		e.lastTimestamp = last.timestamp
		p.add(e)
	}
	return nil
}

// takeSnapshot writes down the producers at mapEnd, unless there is such a
// snapshot already.
func (p *producerState) takeSnapshot(l *Log) error {
	if p.mapEnd <= p.snapshotEnd {
		return nil
	}
	if err := l.writeRecord(RecordProducerSnapshot, p.mapEnd, p.encode()); err != nil {
		return err
	}
	p.snapshotEnd = p.mapEnd
	return nil
}

// onLogStartOffsetIncremented keeps mapEnd within the log.
func (p *producerState) onLogStartOffsetIncremented(l *Log, start engine.Offset) error {
	p.mapEnd = max(p.mapEnd, start)
	latest, err := l.latestSnapshot()
	if err != nil {
		return err
	}
	if latest == engine.NoOffset {
		latest = start
	}
	p.snapshotEnd = latest
	return nil
}

// latestSnapshot is the offset of the newest snapshot, NoOffset if there is none.
func (l *Log) latestSnapshot() (engine.Offset, error) {
	offsets, err := l.store.RecordOffsets(l.id, RecordProducerSnapshot)
	if err != nil || len(offsets) == 0 {
		return engine.NoOffset, err
	}
	return offsets[len(offsets)-1], nil
}

// deleteSnapshots removes the snapshots whose offset is in [from, to).
func (l *Log) deleteSnapshots(from, to engine.Offset) error {
	offsets, err := l.store.RecordOffsets(l.id, RecordProducerSnapshot)
	if err != nil {
		return err
	}
	for _, o := range offsets {
		if o >= from && o < to {
			if err := l.writeRecord(RecordProducerSnapshot, o, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// offsetMax is above every offset.
const offsetMax = engine.Offset(1<<63 - 1)

// rebuildProducers makes the producer state hold at end: from the newest snapshot
// in [log start offset, end] and the batches after it (rebuildProducerState,
// truncateAndReload). clean: the log was closed cleanly, so having no snapshot
// means having no producers.
func (l *Log) rebuildProducers(end engine.Offset, clean bool, now engine.WallTime) error {
	p := &l.producers
	if err := l.deleteSnapshots(end+1, offsetMax); err != nil {
		return err
	}
	if err := l.deleteSnapshots(0, l.logStartOffset+1); err != nil {
		return err
	}
	latest, err := l.latestSnapshot()
	if err != nil {
		return err
	}
	if latest == engine.NoOffset && clean {
		p.mapEnd = end
		return p.takeSnapshot(l)
	}
	// Without producers before a truncation there are none after it.
	hadNone := len(p.entries) == 0 && p.mapEnd >= end
	if end == p.mapEnd {
		return p.onLogStartOffsetIncremented(l, l.logStartOffset)
	}
	p.clear()
	if err := l.loadSnapshot(now); err != nil {
		return err
	}
	if end > p.mapEnd && !hadNone {
		if err := l.replayProducers(end); err != nil {
			return err
		}
	}
	p.mapEnd = end
	return p.takeSnapshot(l)
}

// loadSnapshot takes the newest snapshot that can be read; others go.
func (l *Log) loadSnapshot(now engine.WallTime) error {
	p := &l.producers
	for {
		latest, err := l.latestSnapshot()
		if err != nil {
			return err
		}
		if latest == engine.NoOffset {
			p.snapshotEnd, p.mapEnd = l.logStartOffset, l.logStartOffset
			return nil
		}
		value, err := l.readRecord(RecordProducerSnapshot, latest)
		if err != nil {
			return err
		}
		if p.decode(value) == nil {
			p.removeExpired(now, l.config.ProducerIDExpiration)
			p.snapshotEnd, p.mapEnd = latest, latest
			return nil
		}
		p.clear()
		if err := l.writeRecord(RecordProducerSnapshot, latest, nil); err != nil {
			return err
		}
	}
}

// replayBytesMax is how much of the log is looked at in one read.
const replayBytesMax = 1 << 20

// replayProducers updates the producers by the batches from mapEnd to end, with a
// snapshot at the beginning of each of the last two segments, so that a later
// truncation need not begin from the start.
func (l *Log) replayProducers(end engine.Offset) error {
	p := &l.producers
	snapshotFrom := l.segments[max(0, len(l.segments)-2)].Base
	for next := max(p.mapEnd, l.logStartOffset); next < end; {
		run, err := l.store.Read(l.id, next, end, replayBytesMax, true)
		if err != nil {
			return fmt.Errorf("replay %v from %d: %w", l.name, next, err)
		}
		if len(run) == 0 {
			return nil
		}
		it := batch.Iterate(run)
		for it.Next() {
			b := it.Batch()
			if b.BaseOffset() >= snapshotFrom && l.isSegmentBase(b.BaseOffset()) {
				p.mapEnd = b.BaseOffset()
				if err := p.takeSnapshot(l); err != nil {
					return err
				}
			}
			p.update(b)
			next = b.NextOffset()
		}
		if err := it.Err(); err != nil || len(it.Rest()) > 0 {
			return fmt.Errorf("replay %v from %d: %w", l.name, next, ErrCorrupt)
		}
	}
	return nil
}

func (l *Log) isSegmentBase(offset engine.Offset) bool {
	_, found := slices.BinarySearchFunc(l.segments, offset, func(s Segment, o engine.Offset) int { return cmp.Compare(s.Base, o) })
	return found
}
