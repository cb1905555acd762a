package log

import (
	"fmt"
	"time"

	"bitacora/engine"
)

// TruncateTo removes the records from an offset on, and tells whether there were
// any (UnifiedLog.truncateTo). A batch that holds the offset goes whole; the log
// ends at the offset all the same.
func (l *Log) TruncateTo(to engine.Offset, now engine.WallTime) (bool, error) {
	if to < 0 {
		engine.Violated("TruncationOffsetIsValid", "%v to %d", l.name, to)
	}
	if to >= l.leo {
		// A leader that appended nothing leaves an entry at the end, which the next
		// leader's may contradict.
		return false, l.truncateEpochs(l.leo)
	}
	if l.segments[0].Base > to {
		return true, l.TruncateFullyAndStartAt(to, now)
	}
	below := to < l.active().Base
	if err := l.store.TruncateEnd(l.id, to); err != nil {
		return false, fmt.Errorf("truncate %v to %d: %w", l.name, to, err)
	}
	if err := l.reloadSegments(); err != nil {
		return false, err
	}
	l.leo = to
	if below {
		if err := l.truncateCleaned(); err != nil {
			return true, err
		}
	}
	if err := l.truncateEpochs(to); err != nil {
		return true, err
	}
	if to < l.logStartOffset {
		if err := l.setLogStartOffset(to); err != nil {
			return true, err
		}
	}
	if to < l.recoveryPoint {
		if err := l.setRecoveryPoint(to); err != nil {
			return true, err
		}
	}
	if err := l.rebuildProducers(to, false, now); err != nil {
		return true, err
	}
	l.UpdateHighWatermark(l.highWatermark)
	return true, nil
}

func (l *Log) truncateEpochs(end engine.Offset) error {
	if !l.epochs.truncateFromEnd(end) {
		return nil
	}
	return l.writeEpochs()
}

// TruncateFullyAndStartAt removes everything and makes the log begin, and end, at
// an offset: a follower whose end is below its leader's start does so.
func (l *Log) TruncateFullyAndStartAt(offset engine.Offset, now engine.WallTime) error {
	if err := l.store.Reset(l.id, offset, now); err != nil {
		return fmt.Errorf("truncate %v fully to %d: %w", l.name, offset, err)
	}
	if err := l.reloadSegments(); err != nil {
		return err
	}
	if err := l.truncateCleaned(); err != nil {
		return err
	}
	l.epochs.entries = nil
	if err := l.writeEpochs(); err != nil {
		return err
	}
	if err := l.deleteSnapshots(0, offsetMax); err != nil {
		return err
	}
	l.producers.clear()
	l.producers.mapEnd, l.producers.snapshotEnd = offset, 0
	if err := l.setLogStartOffset(offset); err != nil {
		return err
	}
	if err := l.setRecoveryPoint(offset); err != nil {
		return err
	}
	l.UpdateHighWatermark(l.leo)
	return nil
}

// DeleteOldSegments removes segments below the log start offset and, if
// cleanup.policy has delete, those that retention.bytes or retention.ms have no
// room for, never above the high watermark; it gives their number
// (UnifiedLog.deleteOldSegments). The broker asks every
// log.retention.check.interval.ms.
func (l *Log) DeleteOldSegments(now engine.WallTime) (int, error) {
	n := 0
	for n < len(l.segments)-1 && l.segments[n+1].Base <= min(l.logStartOffset, l.highWatermark) {
		n++
	}
	total, err := l.deleteSegments(n, now)
	if err != nil || !l.config.Delete {
		return total, err
	}
	for _, count := range []func(engine.WallTime) int{l.breachRetentionBytes, l.breachRetentionMs} {
		n, err := l.deleteSegments(count(now), now)
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}

// mayDelete tells whether segment i lies below the high watermark. The active one
// does when it is not empty and all of it is committed.
func (l *Log) mayDelete(i int) bool {
	if i == len(l.segments)-1 {
		return l.segments[i].Bytes > 0 && l.leo <= l.highWatermark
	}
	return l.segments[i+1].Base <= l.highWatermark
}

func (l *Log) breachRetentionBytes(engine.WallTime) int {
	excess := l.Size() - l.config.RetentionBytes
	n := 0
	if l.config.RetentionBytes < 0 {
		return n
	}
	for n < len(l.segments) && l.mayDelete(n) && excess >= l.segments[n].Bytes {
		excess -= l.segments[n].Bytes
		n++
	}
	return n
}

func (l *Log) breachRetentionMs(now engine.WallTime) int {
	n := 0
	if l.config.RetentionMs < 0 {
		return n
	}
	for n < len(l.segments) && l.mayDelete(n) && int64(now-l.largestTimestamp(n)) > int64(l.config.RetentionMs/time.Millisecond) {
		n++
	}
	return n
}

// largestTimestamp is that of a segment's records; where they have none, when it
// was last written to, which is at most when the next one was made
// (LogSegment.largestTimestamp).
func (l *Log) largestTimestamp(i int) engine.WallTime {
	switch s := &l.segments[i]; {
	case s.LargestTimestamp >= 0:
		return s.LargestTimestamp
	case i+1 < len(l.segments):
		return l.segments[i+1].Created
	default:
		return s.Created
	}
}

// deleteSegments removes the first n segments. The log start offset moves first,
// so that a crash in between loses nothing but time.
func (l *Log) deleteSegments(n int, now engine.WallTime) (int, error) {
	if n == 0 {
		return 0, nil
	}
	if n == len(l.segments) {
		if err := l.Roll(now); err != nil {
			return 0, err
		}
	}
	before := l.segments[n].Base
	if _, err := l.MaybeIncrementLogStartOffset(before); err != nil {
		return 0, err
	}
	if err := l.store.TruncateStart(l.id, before); err != nil {
		return 0, fmt.Errorf("delete segments of %v before %d: %w", l.name, before, err)
	}
	end := l.leo
	if err := l.reloadSegments(); err != nil {
		return 0, err
	}
	l.leo = max(l.leo, end)
	return n, l.deleteSnapshots(0, before)
}
