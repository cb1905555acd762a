package log

import (
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// Cleanable says what of a log the cleaner could look at now (LogToClean, with
// LogCleanerManager.OffsetsToClean).
type Cleanable struct {
	// FirstDirty is where the last round ended, or the log start offset.
	FirstDirty engine.Offset
	// FirstUncleanable is the base of the first segment that may not be cleaned.
	FirstUncleanable engine.Offset
	// CleanBytes lie below FirstDirty; DirtyBytes from its segment on, below
	// FirstUncleanable.
	CleanBytes, DirtyBytes int64
	// Overdue: something dirty is older than max.compaction.lag.ms.
	Overdue bool
}

// TotalBytes is what the dirty part is compared with.
func (c Cleanable) TotalBytes() int64 { return c.CleanBytes + c.DirtyBytes }

// Cleanable tells what of the log could be cleaned. Never the active segment,
// nothing that is not committed, and nothing younger than min.compaction.lag.ms.
func (l *Log) Cleanable(now engine.WallTime) Cleanable {
	c := Cleanable{FirstDirty: l.cleanedTo}
	if c.FirstDirty < l.logStartOffset || c.FirstDirty > l.leo {
		c.FirstDirty = l.logStartOffset
	}
	uncleanable := min(l.LastStableOffset(), l.active().Base, l.tooYoung(c.FirstDirty, now))
	c.FirstUncleanable = l.segments[l.segmentOf(max(uncleanable, c.FirstDirty))].Base
	from := min(c.FirstDirty, c.FirstUncleanable)
	for i, s := range l.segments[:l.segmentOf(c.FirstUncleanable)] {
		if s.Base < c.FirstDirty {
			c.CleanBytes += s.Bytes
		}
		if l.segments[i+1].Base > from {
			c.DirtyBytes += s.Bytes
		}
	}
	c.Overdue = l.isOverdue(c.FirstDirty, now)
	return c
}

// segmentOf gives the number of the segment that an offset falls into, the first
// for one below all.
func (l *Log) segmentOf(offset engine.Offset) int {
	i := len(l.segments) - 1
	for i > 0 && l.segments[i].Base > offset {
		i--
	}
	return i
}

// tooYoung is the base of the first dirty closed segment with a record that
// min.compaction.lag.ms protects (findFirstUncleanableSegment).
func (l *Log) tooYoung(dirty engine.Offset, now engine.WallTime) engine.Offset {
	lag := int64(l.config.MinCompactionLag / time.Millisecond)
	if lag <= 0 {
		return offsetMax
	}
	for i := l.segmentOf(dirty); i < len(l.segments)-1; i++ {
		if int64(l.largestTimestamp(i)) > int64(now)-lag {
			return l.segments[i].Base
		}
	}
	return offsetMax
}

// isOverdue is LogCleanerManager.maxCompactionDelay > 0: the oldest first batch of
// the dirty closed segments is older than max.compaction.lag.ms.
func (l *Log) isOverdue(dirty engine.Offset, now engine.WallTime) bool {
	oldest := batch.Timestamp(1<<63 - 1)
	for i := l.segmentOf(dirty); i < len(l.segments)-1; i++ {
		if first := l.segments[i].FirstTimestamp; first > 0 {
			oldest = min(oldest, first)
		}
	}
	return int64(oldest) < int64(now)-int64(l.config.MaxCompactionLag/time.Millisecond)
}

// CleanedTo is where the last round of cleaning ended: what lies below is clean
// (cleaner-offset-checkpoint). 0 before the first.
func (l *Log) CleanedTo() engine.Offset { return l.cleanedTo }

// Swaps counts the cleaned segments that took the place of others since the log was
// opened: who remembers batches looks whether it grew.
func (l *Log) Swaps() uint32 { return l.swaps }

func (l *Log) setCleanedTo(to engine.Offset) error {
	if to == l.cleanedTo {
		return nil
	}
	l.cleanedTo = to
	return l.writeOffset(RecordCleanedTo, to)
}

// truncateCleaned makes the cleaned part end with the closed segments, after a
// truncation of them; a round that is under way ends without effect
// (LogManager.truncateTo, maybeTruncateCleanerCheckpointToActiveSegmentBaseOffset).
func (l *Log) truncateCleaned() error {
	l.cuts++
	return l.setCleanedTo(min(l.cleanedTo, l.active().Base))
}
