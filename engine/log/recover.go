package log

import (
	"errors"
	"fmt"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// Recovery tells what opening a log found.
type Recovery struct {
	Clean bool
	// From and To are the offsets that were looked at.
	From, To engine.Offset
	// CutBytes is how much was cut off at the end, from To on, and Cut why.
	CutBytes int64
	Cut      CutReason
}

// CutReason says what recovery found at the first place that is not right.
type CutReason uint8

// Why recovery cuts a log.
const (
	NotCut        CutReason = iota
	CutLength               // bytes that are no whole batch
	CutCRC                  // a batch whose CRC is wrong
	CutOffset               // a batch that does not follow the one before it
	CutSegment              // a segment that does not follow the one before it
	CutUnreadable           // the store says that the bytes are damaged
)

// String names the reason in code.
func (r CutReason) String() string {
	switch r {
	case NotCut:
		return "NotCut"
	case CutLength:
		return "Length"
	case CutCRC:
		return "CRC"
	case CutOffset:
		return "Offset"
	case CutSegment:
		return "Segment"
	case CutUnreadable:
		return "Unreadable"
	}
	return "Unknown"
}

// Open opens a log that the store holds (LogLoader.load). clean says that the
// process before closed it (TakeCleanMark); else all from the recovery point on is
// looked at, and the log ends at the first hole.
func Open(store Store, id ID, name engine.TopicPartition, config Config, clean bool, now engine.WallTime) (*Log, Recovery, error) {
	l := &Log{id: id, name: name, store: store, config: config}
	r, err := l.load(clean, now)
	if err != nil {
		return nil, r, fmt.Errorf("open %v: %w", name, err)
	}
	return l, r, nil
}

func (l *Log) load(clean bool, now engine.WallTime) (Recovery, error) {
	r := Recovery{Clean: clean}
	if err := l.reloadSegments(); err != nil {
		return r, err
	}
	var err error
	if l.recoveryPoint, err = l.readOffset(RecordRecoveryPoint); err != nil {
		return r, err
	}
	if l.logStartOffset, err = l.readOffset(RecordLogStartOffset); err != nil {
		return r, err
	}
	if l.cleanedTo, err = l.readOffset(RecordCleanedTo); err != nil {
		return r, err
	}
	gaps, err := l.readRecord(RecordOffsetGaps, 0)
	if err != nil {
		return r, err
	}
	l.gaps = gaps != nil
	epochs, err := l.readRecord(RecordLeaderEpochs, 0)
	if err != nil {
		return r, err
	}
	l.epochs.decode(epochs)
	if !clean {
		if err := l.recover(&r); err != nil {
			return r, err
		}
	}
	if l.logStartOffset > l.leo {
		// LogLoader.deleteSegmentsIfLogStartGreaterThanLogEnd
		if err := l.store.Reset(l.id, l.logStartOffset, now); err != nil {
			return r, err
		}
		if err := l.reloadSegments(); err != nil {
			return r, err
		}
	}
	l.logStartOffset = max(l.logStartOffset, l.segments[0].Base)
	if l.recoveryPoint > l.leo {
		if err := l.setRecoveryPoint(l.leo); err != nil {
			return r, err
		}
	}
	end := l.epochs.truncateFromEnd(l.leo)
	if start := l.epochs.truncateFromStart(l.logStartOffset); start || end {
		if err := l.writeEpochs(); err != nil {
			return r, err
		}
	}
	if l.highWatermarkCheckpoint, err = l.readOffset(RecordHighWatermark); err != nil {
		return r, err
	}
	l.UpdateHighWatermark(l.highWatermarkCheckpoint)
	if err := l.removeStraySnapshots(); err != nil {
		return r, err
	}
	l.producers.mapEnd = engine.NoOffset // nothing is loaded yet
	return r, l.rebuildProducers(l.leo, clean, now)
}

// removeStraySnapshots keeps the snapshots at the segments' bases, and the newest.
func (l *Log) removeStraySnapshots() error {
	offsets, err := l.store.RecordOffsets(l.id, RecordProducerSnapshot)
	if err != nil {
		return err
	}
	for i, o := range offsets {
		if i < len(offsets)-1 && !l.isSegmentBase(o) {
			if err := l.writeRecord(RecordProducerSnapshot, o, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// recover walks the log from the recovery point's segment on and cuts it at the
// first place that is not right. Epochs newer than the newest known are noted, as
// LogSegment.recover does.
func (l *Log) recover(r *Recovery) error {
	first := 0
	for first < len(l.segments)-1 && l.segments[first+1].Base <= l.recoveryPoint {
		first++
	}
	r.From = max(l.segments[first].Base, min(l.recoveryPoint, l.leo))
	next := r.From
	for i := first; i < len(l.segments) && r.Cut == NotCut; i++ {
		s := &l.segments[i]
		if s.Base < next && i > first {
			r.Cut = CutSegment
			break
		}
		from := max(next, s.Base)
		if from < s.Next {
			var err error
			if next, err = l.recoverSegment(from, s.Next, r); err != nil {
				return err
			}
		}
		// A segment may begin where the one before did not end only where there is
		// nothing between them by intent.
		if r.Cut == NotCut && i+1 < len(l.segments) && l.segments[i+1].Base > next && !l.gaps {
			r.Cut = CutSegment
		}
	}
	r.To = next
	if r.Cut == NotCut {
		return nil
	}
	before := l.Size()
	if err := l.store.TruncateEnd(l.id, next); err != nil {
		return err
	}
	if err := l.reloadSegments(); err != nil {
		return err
	}
	r.CutBytes = before - l.Size()
	return nil
}

// recoverSegment checks the batches from one offset to the end of a segment and
// gives the offset after the last good one.
func (l *Log) recoverSegment(from, end engine.Offset, r *Recovery) (engine.Offset, error) {
	next, bytesMax := from, replayBytesMax
	for next < end {
		run, err := l.store.Read(l.id, next, end, bytesMax, true)
		if errors.Is(err, ErrCorrupt) {
			if bytesMax > 1 {
				bytesMax = 1 // batch by batch up to the damaged one
				continue
			}
			r.Cut = CutUnreadable
			return next, nil
		}
		if err != nil {
			return next, err
		}
		if len(run) == 0 {
			r.Cut = CutLength
			return next, nil
		}
		it := batch.Iterate(run)
		for it.Next() {
			b := it.Batch()
			if r.Cut = l.checkBatch(b, next, from); r.Cut != NotCut {
				return next, nil
			}
			if epoch := b.PartitionLeaderEpoch(); epoch > l.epochs.latest() {
				if err := l.assignEpoch(epoch, b.BaseOffset()); err != nil {
					return next, err
				}
			}
			next = b.NextOffset()
		}
		if it.Err() != nil || len(it.Rest()) > 0 {
			r.Cut = CutLength
			return next, nil
		}
	}
	return next, nil
}

// checkBatch says what is wrong with a batch where next is expected. The first one
// may begin before the recovery point.
func (l *Log) checkBatch(b batch.Batch, next, from engine.Offset) CutReason {
	switch base := b.BaseOffset(); {
	case b.ComputeCRC() != b.CRC():
		return CutCRC
	case b.LastOffsetDelta() < 0 || b.NextOffset() <= next:
		return CutOffset
	case base < next && next != from, base > next && !l.gaps:
		return CutOffset
	}
	return NotCut
}
