package log

import (
	"fmt"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// TimestampAndOffset is a record found by time.
type TimestampAndOffset struct {
	Timestamp   engine.WallTime
	Offset      engine.Offset
	LeaderEpoch engine.LeaderEpoch
}

// OffsetForTime finds the first record from the log start offset on whose
// timestamp is at least t; false if there is none (ListOffsets with a timestamp,
// UnifiedLog.fetchOffsetByTimestamp). How far the asker may see is the broker's.
func (l *Log) OffsetForTime(t engine.WallTime, codecs *batch.Codecs) (TimestampAndOffset, bool, error) {
	for from := l.logStartOffset; ; {
		b, ok, err := l.store.FindTime(l.id, from, t)
		if err != nil {
			return TimestampAndOffset{}, false, fmt.Errorf("find time %d in %v: %w", t, l.name, err)
		}
		if !ok {
			return TimestampAndOffset{}, false, nil
		}
		it := b.Iterate(codecs)
		for it.Next() {
			if r := it.Record(); r.Timestamp >= t && r.Offset >= l.logStartOffset {
				return found(b, r), true, nil
			}
		}
		if err := it.Err(); err != nil {
			return TimestampAndOffset{}, false, fmt.Errorf("find time %d in %v: %w", t, l.name, err)
		}
		from = b.NextOffset()
	}
}

// MaxTimestamp finds the first record with the largest timestamp of the log; false
// if it is empty or has no timestamps (ListOffsets with -3, KIP-734).
func (l *Log) MaxTimestamp(codecs *batch.Codecs) (TimestampAndOffset, bool, error) {
	latest := &l.segments[0]
	for i := range l.segments {
		if s := &l.segments[i]; s.LargestTimestamp > latest.LargestTimestamp {
			latest = s
		}
	}
	if latest.Bytes == 0 || latest.LargestTimestampOffset < 0 {
		return TimestampAndOffset{}, false, nil
	}
	run, err := l.store.Read(l.id, latest.LargestTimestampOffset, l.leo, 0, true)
	if err != nil {
		return TimestampAndOffset{}, false, fmt.Errorf("find largest timestamp in %v: %w", l.name, err)
	}
	for batches := batch.Iterate(run); batches.Next(); {
		b := batches.Batch()
		it := b.Iterate(codecs)
		for it.Next() {
			if r := it.Record(); r.Timestamp == b.MaxTimestamp() {
				return found(b, r), true, nil
			}
		}
		if err := it.Err(); err != nil {
			return TimestampAndOffset{}, false, fmt.Errorf("find largest timestamp in %v: %w", l.name, err)
		}
	}
	return TimestampAndOffset{}, false, nil
}

func found(b batch.Batch, r *batch.Record) TimestampAndOffset {
	return TimestampAndOffset{Timestamp: r.Timestamp, Offset: r.Offset, LeaderEpoch: b.PartitionLeaderEpoch()}
}
