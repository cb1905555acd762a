package log

import (
	"encoding/binary"
	"fmt"

	"bitacora/engine"
)

// writeRecord writes a record in as many parts as it takes; nil removes it.
func (l *Log) writeRecord(kind RecordKind, offset engine.Offset, value []byte) error {
	return WriteRecord(l.store, l.id, kind, offset, value)
}

func (l *Log) readRecord(kind RecordKind, offset engine.Offset) ([]byte, error) {
	return ReadRecord(l.store, l.id, kind, offset)
}

// WriteRecord writes a record of any size, in parts of RecordBytesMax, in place of
// what was there; nil removes it. The parts are several operations: a crash may
// leave the first of them.
func WriteRecord(s Store, id ID, kind RecordKind, offset engine.Offset, value []byte) error {
	part := int32(0)
	for more := value != nil; more; part++ {
		n := min(len(value), RecordBytesMax)
		if err := s.SetRecord(id, RecordKey{Kind: kind, Offset: offset, Part: part}, value[:n]); err != nil {
			return fmt.Errorf("write record %d@%d of %v: %w", kind, offset, id, err)
		}
		value = value[n:]
		more = n == RecordBytesMax // a part that is not full ends the record
	}
	for ; ; part++ {
		key := RecordKey{Kind: kind, Offset: offset, Part: part}
		old, err := s.Record(id, key)
		if err != nil || old == nil {
			return err
		}
		if err := s.SetRecord(id, key, nil); err != nil {
			return fmt.Errorf("remove record %d@%d of %v: %w", kind, offset, id, err)
		}
	}
}

// ReadRecord reads what WriteRecord wrote, nil if there is nothing.
func ReadRecord(s Store, id ID, kind RecordKind, offset engine.Offset) ([]byte, error) {
	value, err := s.Record(id, RecordKey{Kind: kind, Offset: offset})
	for part := int32(1); err == nil && len(value) == int(part)*RecordBytesMax; part++ {
		var more []byte
		more, err = s.Record(id, RecordKey{Kind: kind, Offset: offset, Part: part})
		value = append(value[:len(value):len(value)], more...)
	}
	if err != nil {
		return nil, fmt.Errorf("read record %d@%d of %v: %w", kind, offset, id, err)
	}
	return value, nil
}

// offsetBytes is the size of an offset on disk.
const offsetBytes = 8

func (l *Log) writeOffset(kind RecordKind, offset engine.Offset) error {
	return l.writeRecord(kind, 0, binary.BigEndian.AppendUint64(nil, uint64(offset)))
}

// readOffset reads an offset's record; what was never written is 0.
func (l *Log) readOffset(kind RecordKind) (engine.Offset, error) {
	value, err := l.readRecord(kind, 0)
	if err != nil || len(value) != offsetBytes {
		return 0, err
	}
	return engine.Offset(binary.BigEndian.Uint64(value)), nil
}

func (l *Log) setRecoveryPoint(to engine.Offset) error {
	if to == l.recoveryPoint {
		return nil
	}
	l.recoveryPoint = to
	return l.writeOffset(RecordRecoveryPoint, to)
}

// noteGaps writes down that offsets may have gaps between batches, before or with
// the first of them. Recovery then takes none for a loss, whatever cleanup.policy
// has become since; Kafka's never does.
func (l *Log) noteGaps() error {
	if l.gaps {
		return nil
	}
	l.gaps = true
	return l.writeRecord(RecordOffsetGaps, 0, []byte{})
}

// CheckpointHighWatermark writes the high watermark down, if it moved; the broker
// asks every replica.high.watermark.checkpoint.interval.ms.
func (l *Log) CheckpointHighWatermark() error {
	if l.highWatermarkCheckpoint == l.highWatermark {
		return nil
	}
	l.highWatermarkCheckpoint = l.highWatermark
	return l.writeOffset(RecordHighWatermark, l.highWatermark)
}

// Checkpoint makes the log end offset the recovery point, with a snapshot of the
// producers there (be there none), so that an unclean restart has little to look
// at; the broker asks every log.flush.offset.checkpoint.interval.ms. It syncs
// nothing: operations survive in order, so what tells of the recovery point vouches
// for all before it.
func (l *Log) Checkpoint() error {
	if l.recoveryPoint == l.leo {
		return nil
	}
	previous := l.producers.snapshotEnd
	if err := l.producers.takeSnapshot(l); err != nil {
		return err
	}
	if previous < l.producers.snapshotEnd && !l.isSegmentBase(previous) {
		if err := l.deleteSnapshots(previous, previous+1); err != nil {
			return err
		}
	}
	return l.setRecoveryPoint(l.leo)
}

// Close writes down all that makes the next opening quick: a clean shutdown does so
// for every log, and then MarkClean. It syncs.
func (l *Log) Close() error {
	if err := l.producers.takeSnapshot(l); err != nil {
		return err
	}
	if err := l.CheckpointHighWatermark(); err != nil {
		return err
	}
	if err := l.setRecoveryPoint(l.leo); err != nil {
		return err
	}
	l.Flush()
	return nil
}

// MarkClean notes that all logs of a store were closed (.kafka_cleanshutdown).
func MarkClean(s Store) error {
	return s.SetRecord(StoreID, RecordKey{Kind: RecordCleanShutdown}, []byte{})
}

// TakeCleanMark tells whether the store was shut down cleanly, and removes the
// mark: a start that ends in a crash is not clean.
func TakeCleanMark(s Store) (bool, error) {
	key := RecordKey{Kind: RecordCleanShutdown}
	mark, err := s.Record(StoreID, key)
	if err != nil || mark == nil {
		return false, err
	}
	return true, s.SetRecord(StoreID, key, nil)
}
