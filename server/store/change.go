package store

import (
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// Roll begins a new segment. See log.Store.
func (s *Store) Roll(id log.ID, base engine.Offset, created engine.WallTime) error {
	l, err := s.change(id)
	if err != nil {
		return err
	}
	active := len(l.segments) - 1
	if base < l.segments[active].Next {
		return fmt.Errorf("%v: roll at %d, end is %d: %w", id, base, l.segments[active].Next, log.ErrOffset)
	}
	c := new(change)
	if l.segments[active].Bytes == 0 {
		s.dropSegments(c, l, active, active+1)
	}
	s.addEmpty(c, l, base, created)
	s.push(op{change: c})
	return nil
}

// dropSegments takes segments [from, to) off a log.
func (s *Store) dropSegments(c *change, l *logState, from, to int) {
	for i := from; i < to; i++ {
		s.bury(c, l, i)
		c.segments = append(c.segments, segmentWrite{list: l.value.segmentList, base: l.segments[i].Base})
	}
	l.segments = slices.Delete(l.segments, from, to)
	l.files = slices.Delete(l.files, from, to)
}

func (s *Store) addEmpty(c *change, l *logState, base engine.Offset, created engine.WallTime) {
	l.segments = append(l.segments, log.EmptySegment(base, created))
	l.files = append(l.files, nil)
	s.describe(c, l, len(l.segments)-1)
}

// TruncateEnd removes batches at the end. See log.Store.
func (s *Store) TruncateEnd(id log.ID, to engine.Offset) error {
	l, err := s.change(id)
	if err != nil {
		return err
	}
	keep := len(l.segments)
	for keep > 0 && l.segments[keep-1].Base > to {
		keep--
	}
	// The database is asked before anything is changed.
	var cut *truncation
	if keep > 0 && l.segments[keep-1].Next > to {
		if cut, err = s.planTruncation(l, keep-1, to); err != nil {
			s.Fail(err)
			return s.err
		}
	}
	created := l.segments[0].Created
	// From the end, so that whatever prefix of a long run survives is a truncation.
	for len(l.segments)-keep > keysPerOpMax {
		c := new(change)
		s.dropSegments(c, l, len(l.segments)-keysPerOpMax, len(l.segments))
		s.push(op{change: c})
	}
	c := new(change)
	s.dropSegments(c, l, keep, len(l.segments))
	switch {
	case keep == 0:
		s.addEmpty(c, l, to, created)
	case cut != nil:
		s.applyTruncation(c, l, keep-1, to, cut)
	}
	s.push(op{change: c})
	return nil
}

// truncation says what a segment is after its end was cut off.
type truncation struct {
	segment log.Segment
	files   int   // that keep batches
	bytes   int64 // that the last of them keeps
}

// planTruncation finds what of segment i ends below to, changing nothing.
func (s *Store) planTruncation(l *logState, i int, to engine.Offset) (*truncation, error) {
	old := l.segments[i]
	t := &truncation{segment: log.EmptySegment(old.Base, old.Created), files: len(l.files[i])}
	for ; t.files > 0; t.files-- {
		f := l.files[i][t.files-1]
		last, ok, err := s.lastBefore(f, to)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		t.segment.Next = last + 1
		removed := int64(0)
		err = s.scan(f, to, func(_ batch.Batch, size int) bool {
			removed += int64(size)
			return true
		})
		if err != nil {
			return nil, err
		}
		t.bytes = max(0, f.bytes-removed)
		t.segment.Bytes = t.bytes
		for _, before := range l.files[i][:t.files-1] {
			t.segment.Bytes += before.bytes
		}
		break
	}
	if t.files == 0 {
		return t, nil
	}
	t.segment.FirstTimestamp = old.FirstTimestamp
	t.segment.LargestTimestamp, t.segment.LargestTimestampOffset = old.LargestTimestamp, old.LargestTimestampOffset
	if old.LargestTimestampOffset < to {
		return t, nil
	}
	return t, s.findLargestTimestamp(l.files[i][:t.files], to, &t.segment)
}

// findLargestTimestamp looks at all batches that end below to.
func (s *Store) findLargestTimestamp(files []*file, to engine.Offset, segment *log.Segment) error {
	segment.LargestTimestamp, segment.LargestTimestampOffset = batch.NoTimestamp, engine.NoOffset
	for _, f := range files {
		err := s.scan(f, 0, func(b batch.Batch, _ int) bool {
			if b == nil {
				return true
			}
			if b.LastOffset() >= to {
				return false
			}
			if b.MaxTimestamp() > segment.LargestTimestamp {
				segment.LargestTimestamp, segment.LargestTimestampOffset = b.MaxTimestamp(), b.LastOffset()
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) applyTruncation(c *change, l *logState, i int, to engine.Offset, t *truncation) {
	for _, f := range l.files[i][t.files:] {
		s.buryFile(c, f)
	}
	l.files[i] = l.files[i][:t.files]
	if t.files > 0 {
		f := l.files[i][t.files-1]
		removed := f.bytes - t.bytes
		s.live.Add(-removed)
		f.bytes = t.bytes
		f.cut(to)
		c.graves = append(c.graves, grave{kind: graveTail, id: f.id, from: to, bytes: removed})
	}
	l.segments[i] = t.segment
	s.describe(c, l, i)
}

// TruncateStart removes closed segments below an offset. See log.Store.
func (s *Store) TruncateStart(id log.ID, before engine.Offset) error {
	l, err := s.change(id)
	if err != nil {
		return err
	}
	n := 0
	for n < len(l.segments)-1 && l.segments[n+1].Base <= before {
		n++
	}
	for ; n > keysPerOpMax; n -= keysPerOpMax {
		c := new(change)
		s.dropSegments(c, l, 0, keysPerOpMax)
		s.push(op{change: c})
	}
	c := new(change)
	s.dropSegments(c, l, 0, n)
	s.push(op{change: c})
	return nil
}

// Reset empties a log. See log.Store.
func (s *Store) Reset(id log.ID, base engine.Offset, created engine.WallTime) error {
	l, err := s.change(id)
	if err != nil {
		return err
	}
	c := new(change)
	s.dropAllSegments(c, l)
	l.segments, l.files = nil, nil
	l.value.segmentList = s.newID()
	c.set(logKey(id), l.value.encode())
	s.addEmpty(c, l, base, created)
	s.push(op{change: c})
	return nil
}

// Replace puts segments in the place of closed ones. See log.Store.
func (s *Store) Replace(id log.ID, from, to engine.Offset, by []log.Replacement) error {
	l, err := s.change(id)
	if err != nil {
		return err
	}
	first, last, err := log.CheckReplace(l.segments, from, to, by)
	if err != nil {
		return fmt.Errorf("%v: %w", id, err)
	}
	c := new(change)
	segments, files := make([]log.Segment, len(by)), make([][]*file, len(by))
	for i, r := range by {
		segments[i] = log.EmptySegment(r.Base, r.Created)
		if len(r.Batches) == 0 {
			continue
		}
		f := &file{id: s.newID(), limit: limitOpen}
		files[i] = []*file{f}
		for rest := r.Batches; len(rest) > 0; {
			b := batch.Batch(rest[:batch.Batch(rest).SizeInBytes()])
			rest = rest[len(b):]
			stored, made := f.add(s.seq+1, b.BaseOffset(), b.PartitionLeaderEpoch(), b)
			segments[i].Add(b.BaseOffset(), stored)
			c.batches = append(c.batches, batchWrite{file: f.id, last: stored.LastOffset(), batch: stored})
			c.bytes += int64(len(b))
			if made != nil {
				s.keep(made)
			}
		}
	}
	s.live.Add(c.bytes)
	s.dropSegments(c, l, first, last)
	l.segments = slices.Insert(l.segments, first, segments...)
	l.files = slices.Insert(l.files, first, files...)
	for i := range by {
		s.describe(c, l, first+i)
	}
	s.push(op{change: c})
	return nil
}

// lastBefore gives the last offset of the last batch of a file that ends below to.
func (s *Store) lastBefore(f *file, to engine.Offset) (engine.Offset, bool, error) {
	if n := f.find(to); n > 0 {
		return f.entries[n-1].last, true, nil
	}
	if !f.stored {
		return 0, false, nil
	}
	var found engine.Offset
	ok := false
	err := s.db.View(func(txn *badger.Txn) error {
		opt := badger.DefaultIteratorOptions
		opt.PrefetchValues, opt.Reverse = false, true
		opt.Prefix = idKey(tagBatch, f.id)
		it := txn.NewIterator(opt)
		defer it.Close()
		below := min(to, f.limit)
		for it.Seek(append(offsetKey(tagBatch, f.id, below-1), 0xff, 0xff)); it.Valid(); it.Next() {
			_, last, _ := parseOffsetKey(it.Item().Key())
			if last < below {
				found, ok = last, true
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return 0, false, fmt.Errorf("store %s: %w: %w", s.path, log.ErrFailed, err)
	}
	return found, ok, nil
}
