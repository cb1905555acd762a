package log

import (
	"fmt"
	"slices"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// Segment describes a run of batches. The base of the next segment is where the
// offsets of a closed one end at the latest.
type Segment struct {
	// Base is where the segment's offsets begin; its first batch may begin later.
	Base engine.Offset
	// Next is one past the last offset of its last batch, or Base if it is empty.
	Next engine.Offset
	// Bytes is the size of its batches.
	Bytes int64
	// LargestTimestamp is the largest of its batches' largest timestamps, and
	// LargestTimestampOffset the last offset of the first batch that has it; -1
	// both where it is empty (LogSegment.maxTimestampAndOffsetSoFar).
	LargestTimestamp       batch.Timestamp
	LargestTimestampOffset engine.Offset
	// FirstTimestamp is the largest timestamp of its first batch: segment.ms counts
	// from there (LogSegment.rollingBasedTimestamp); -1 where it is empty.
	FirstTimestamp batch.Timestamp
	// Created is the wall time at which it began, as the caller gave it.
	Created engine.WallTime
}

// EmptySegment describes a segment without batches.
func EmptySegment(base engine.Offset, created engine.WallTime) Segment {
	return Segment{
		Base: base, Next: base, Created: created,
		LargestTimestamp: batch.NoTimestamp, LargestTimestampOffset: engine.NoOffset, FirstTimestamp: batch.NoTimestamp,
	}
}

// Add extends the description by one batch at the given place, as every store
// has to on an append or a scan.
func (s *Segment) Add(base engine.Offset, b batch.Batch) {
	largest := b.MaxTimestamp()
	if s.Bytes == 0 {
		s.FirstTimestamp = largest
	}
	s.Next = base + engine.Offset(b.LastOffsetDelta()) + 1
	if largest > s.LargestTimestamp {
		s.LargestTimestamp, s.LargestTimestampOffset = largest, s.Next-1
	}
	s.Bytes += int64(len(b))
}

// Replacement is what Replace puts into a log: a segment's base and its whole
// batches, in offset order, offsets as they are.
type Replacement struct {
	Base    engine.Offset
	Created engine.WallTime
	Batches []byte
}

// CheckReplace says which segments, [first, last), a Replace takes out, or
// ErrSegment. Every Store asks it, so that all refuse alike.
func CheckReplace(segments []Segment, from, to engine.Offset, by []Replacement) (first, last int, err error) {
	first = slices.IndexFunc(segments, func(s Segment) bool { return s.Base == from })
	last = slices.IndexFunc(segments, func(s Segment) bool { return s.Base == to })
	if first < 0 || last <= first {
		return 0, 0, fmt.Errorf("replace [%d, %d): %w", from, to, ErrSegment)
	}
	next := from
	for _, r := range by {
		if r.Base < next || r.Base >= to {
			return 0, 0, fmt.Errorf("replacement at %d of %d bytes: %w", r.Base, len(r.Batches), ErrSegment)
		}
		next = r.Base
		for rest := r.Batches; len(rest) > 0; {
			if len(rest) < batch.HeaderBytes {
				return 0, 0, fmt.Errorf("replacement at %d ends in %d bytes: %w", r.Base, len(rest), ErrSegment)
			}
			b := batch.Batch(rest)
			if n := b.SizeInBytes(); n < batch.HeaderBytes || n > len(rest) {
				return 0, 0, fmt.Errorf("replacement at %d has a batch of %d bytes: %w", r.Base, n, ErrSegment)
			}
			if b.BaseOffset() < next || b.LastOffsetDelta() < 0 || b.NextOffset() > to {
				return 0, 0, fmt.Errorf("replacement at %d has a batch at %d: %w", r.Base, b.BaseOffset(), ErrSegment)
			}
			next = b.NextOffset()
			rest = rest[b.SizeInBytes():]
		}
		next = max(next, r.Base+1) // each segment has a base of its own
	}
	return first, last, nil
}
