package log

import (
	"errors"
	"fmt"
	"slices"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// Cleaning is one round of compaction of one log (Cleaner.doClean), as data that
// Step moves on a little at a time: a log goes on taking appends meanwhile, and a
// large one keeps nobody waiting.
//
//  1. Indexing: the dirty part is read, and where each key stands last is noted.
//     When the map is full, the dirty part ends there for this time.
//  2. Cleaning: the segments from the log's first on are put together in groups
//     that fit into segment.bytes; of each group what still counts is written into
//     one new segment, which takes the place of the group at once (Store.Replace).
//
// A crash leaves some groups cleaned and others not, which is a valid log: records
// keep their offsets, and the next round begins where the last that ended did.
//
// Not modelled: transactions. Control batches stay.
type Cleaning struct {
	Cleanable
	began  engine.WallTime
	cuts   uint32 // of the log, when it began
	keys   offsetMap
	at     engine.Offset // the next offset to read
	group  []Segment     // that is being cleaned, as it was
	out    []byte        // of the group
	same   bool          // nothing of the group has changed so far
	groups bool          // the second part has begun
	stats  CleaningStats
}

// CleaningStats counts what a round did (CleanerStats).
type CleaningStats struct {
	IndexedBytes  int64
	Keys          int
	ReadBytes     int64
	ReadRecords   int64
	WrittenBytes  int64
	KeptRecords   int64
	SegmentsTaken int
	SegmentsMade  int
}

// Cleaned is what one Step did.
type Cleaned struct {
	// Bytes were read and written.
	Bytes int64
	// From, To and SegmentBytes tell of a group that was replaced in this step by a
	// segment at From that has so many bytes; From is NoOffset when none was.
	From, To     engine.Offset
	SegmentBytes int64
	// Taken is how many segments the group had.
	Taken int
	// Done: the round has ended, at End. Aborted: it ended because the log was
	// truncated meanwhile.
	Done, Aborted bool
	End           engine.Offset
}

// ErrUncleanable is what a log cannot be cleaned for: bytes that are no records.
// Kafka leaves such a log alone from then on (LogCleaningException).
var ErrUncleanable = errors.New("log cannot be cleaned")

// BeginCleaning begins a round over what Cleanable told, remembering at most
// keysMax keys.
func (l *Log) BeginCleaning(what Cleanable, keysMax int, now engine.WallTime) *Cleaning {
	return &Cleaning{Cleanable: what, began: now, cuts: l.cuts, keys: newOffsetMap(keysMax), at: what.FirstDirty}
}

// Clone gives a copy.
func (c *Cleaning) Clone() *Cleaning {
	d := *c
	d.keys.table = slices.Clone(c.keys.table)
	d.group, d.out = slices.Clone(c.group), slices.Clone(c.out)
	return &d
}

// Stats tells what the round has done so far.
func (c *Cleaning) Stats() CleaningStats { return c.stats }

// Step reads about bytesMax bytes of the log and does what follows from them.
// Errors: ErrUncleanable; those of the store.
func (c *Cleaning) Step(l *Log, bytesMax int, scratch *Scratch) (Cleaned, error) {
	did := Cleaned{From: engine.NoOffset}
	if c.cuts != l.cuts {
		did.Done, did.Aborted, did.End = true, true, c.FirstDirty
		return did, nil
	}
	if !c.groups {
		return did, c.index(l, bytesMax, scratch, &did)
	}
	if len(c.group) == 0 && !c.nextGroup(l) {
		did.Done, did.End = true, c.end()
		return did, l.setCleanedTo(did.End)
	}
	return did, c.clean(l, bytesMax, scratch, &did)
}

// end is the first offset that this round leaves dirty.
func (c *Cleaning) end() engine.Offset { return max(c.keys.latest+1, c.FirstDirty) }

// index is a step of the first part (Cleaner.buildOffsetMap).
func (c *Cleaning) index(l *Log, bytesMax int, scratch *Scratch, did *Cleaned) error {
	if c.at >= c.FirstUncleanable {
		c.beginGroups(l)
		return nil
	}
	i := l.segmentOf(c.at)
	run, err := c.read(l, l.segments[i].Next, bytesMax)
	if err != nil {
		return err
	}
	did.Bytes, c.stats.IndexedBytes = int64(len(run)), c.stats.IndexedBytes+int64(len(run))
	for it := batch.Iterate(run); it.Next(); {
		b := it.Batch()
		full, err := c.indexBatch(l, b, scratch)
		if err != nil {
			return err
		}
		if full {
			c.beginGroups(l)
			return nil
		}
		c.at = b.NextOffset()
	}
	if len(run) == 0 {
		// The segment has no more: its offsets up to the next one's are spoken for.
		c.at = l.segments[i+1].Base
		c.keys.latest = c.at - 1
	}
	return nil
}

func (c *Cleaning) indexBatch(l *Log, b batch.Batch, scratch *Scratch) (full bool, err error) {
	if b.LastOffset() < c.FirstDirty {
		return false, nil
	}
	if !b.IsControl() {
		it := b.Iterate(&scratch.Codecs)
		for it.Next() {
			r := it.Record()
			if r.Key != nil && r.Offset >= c.FirstDirty && !c.keys.put(r.Key, r.Offset) {
				return true, nil
			}
		}
		if err := it.Err(); err != nil {
			return false, fmt.Errorf("index %v at %d: %w: %w", l.name, b.BaseOffset(), ErrUncleanable, err)
		}
	}
	c.keys.latest = b.LastOffset()
	return false, nil
}

// read gives batches from c.at on, below to.
func (c *Cleaning) read(l *Log, to engine.Offset, bytesMax int) ([]byte, error) {
	if c.at >= to {
		return nil, nil
	}
	run, err := l.store.Read(l.id, c.at, to, bytesMax, true)
	switch {
	case errors.Is(err, ErrCorrupt):
		return nil, fmt.Errorf("clean %v at %d: %w: %w", l.name, c.at, ErrUncleanable, err)
	case err != nil:
		return nil, fmt.Errorf("clean %v at %d: %w", l.name, c.at, err)
	}
	return run, nil
}

func (c *Cleaning) beginGroups(l *Log) {
	c.groups, c.stats.Keys = true, c.keys.used
	c.at = l.segments[0].Base
}

// groupSegmentsMax bounds a group, so that any store can take its segments out in
// one transaction. Kafka has no such bound; what does not fit makes the next group.
const groupSegmentsMax = 128

// nextGroup takes the segments that make the next group, from c.at on; false when
// there are none (Cleaner.groupSegmentsBySize). Only segments that begin below
// end are looked at.
func (c *Cleaning) nextGroup(l *Log) bool {
	i := slices.IndexFunc(l.segments, func(s Segment) bool { return s.Base >= c.at })
	if i < 0 || l.segments[i].Base >= c.end() || i == len(l.segments)-1 {
		return false
	}
	c.group, c.out, c.same = append(c.group[:0], l.segments[i]), c.out[:0], true
	bytes := l.segments[i].Bytes
	for i++; i < len(l.segments)-1 && l.segments[i].Base < c.end() && len(c.group) < groupSegmentsMax; i++ {
		s := &l.segments[i]
		last := min(l.segments[i+1].Base, max(c.FirstUncleanable, s.Next)) - 1
		if bytes += s.Bytes; bytes > int64(l.config.SegmentBytes) ||
			s.Bytes > 0 && last-c.group[0].Base > relativeOffsetMax {
			break
		}
		c.group = append(c.group, *s)
	}
	c.at = c.group[0].Base
	return true
}

// clean is a step of the second part (Cleaner.cleanSegments, cleanInto).
func (c *Cleaning) clean(l *Log, bytesMax int, scratch *Scratch, did *Cleaned) error {
	i := l.segmentOf(c.at)
	if last := c.group[len(c.group)-1]; c.at > last.Base && c.at >= last.Next {
		return c.swap(l, did)
	}
	run, err := c.read(l, l.segments[i].Next, bytesMax)
	if err != nil {
		return err
	}
	before := len(c.out)
	for it := batch.Iterate(run); it.Next(); {
		b := it.Batch()
		if err := c.filter(l, b, scratch); err != nil {
			return err
		}
		c.at = b.NextOffset()
	}
	did.Bytes = int64(len(run) + len(c.out) - before)
	c.stats.ReadBytes += int64(len(run))
	if len(run) > 0 {
		return nil
	}
	c.at = l.segments[i+1].Base
	if l.segments[i].Base == c.group[len(c.group)-1].Base {
		return c.swap(l, did)
	}
	return nil
}

// swap puts the cleaned segment in the place of its group
// (UnifiedLog.replaceSegments). One that nothing changed in stays as it is, which
// Kafka writes anew all the same.
func (c *Cleaning) swap(l *Log, did *Cleaned) error {
	first, last := c.group[0], c.group[len(c.group)-1]
	to := l.segments[l.segmentOf(last.Base)+1].Base
	taken := len(c.group)
	c.at, c.group = to, c.group[:0]
	c.stats.SegmentsTaken += taken
	c.stats.SegmentsMade++
	c.stats.WrittenBytes += int64(len(c.out))
	if c.same && taken == 1 {
		return nil
	}
	if err := l.noteGaps(); err != nil {
		return err
	}
	if err := l.store.Replace(l.id, first.Base, to, []Replacement{{Base: first.Base, Created: last.Created, Batches: c.out}}); err != nil {
		return fmt.Errorf("replace [%d, %d) of %v: %w", first.Base, to, l.name, err)
	}
	did.From, did.To, did.SegmentBytes, did.Taken = first.Base, to, int64(len(c.out)), taken
	end := l.leo
	if err := l.reloadSegments(); err != nil {
		return err
	}
	l.leo = max(l.leo, end)
	l.swaps++
	return l.deleteSnapshots(first.Base+1, to)
}
