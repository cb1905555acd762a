package store

import (
	"errors"
	"fmt"
	"sort"

	"github.com/dgraph-io/badger/v4"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// Read gives whole batches. See log.Store.
func (s *Store) Read(id log.ID, from, to engine.Offset, bytesMax int, minOneMessage bool) ([]byte, error) {
	l, err := s.findBatches(id)
	if err != nil {
		return nil, err
	}
	r := reader{from: from, to: to, bytesMax: bytesMax, minOneMessage: minOneMessage}
	i := sort.Search(len(l.segments), func(i int) bool { return l.segments[i].Next > from })
	for ; i < len(l.segments) && !r.found; i++ {
		r.room = roomFor(&l.segments[i], from)
		for _, f := range l.files[i] {
			if f.limit <= from {
				continue
			}
			if err := s.readFile(&r, f); err != nil {
				if len(r.out) > 0 {
					break // the reader meets it again where it begins
				}
				return nil, fmt.Errorf("%v at %d: %w", id, from, err)
			}
			if r.done {
				break
			}
		}
	}
	return r.out, nil
}

// reader gathers batches until something says stop.
type reader struct {
	from, to      engine.Offset
	bytesMax      int
	room          int // about what the segment has from here on
	minOneMessage bool
	found         bool // a batch at or after from, in range or not
	done          bool
	out           []byte
}

// roomFor guesses how much of a segment lies at or after an offset.
func roomFor(s *log.Segment, from engine.Offset) int {
	span := int64(s.Next - s.Base)
	if from <= s.Base || span <= 0 {
		return int(s.Bytes)
	}
	// In parts of 1024, which cannot overflow: segments are below 2^32 bytes.
	const parts = 1 << 10
	return int(s.Bytes * (int64(s.Next-from)*parts/span + 1) / parts)
}

// takes says whether the next batch may be taken, and ends the read if not.
func (r *reader) takes(last engine.Offset, size int) bool {
	r.found = true
	if last >= r.to || (len(r.out)+size > r.bytesMax && (len(r.out) > 0 || !r.minOneMessage)) {
		r.done = true
		return false
	}
	return true
}

// readFile takes a file's batches: from the database, then from memory.
func (s *Store) readFile(r *reader, f *file) error {
	first := f.find(r.from)
	if f.stored && (len(f.entries) == 0 || (first == 0 && r.from < f.entries[0].base)) {
		if err := s.readStored(r, f); err != nil || r.done {
			return err
		}
	}
	next, size := first, len(r.out)
	for next < len(f.entries) {
		e := &f.entries[next]
		r.found = true
		if e.last >= r.to || (size+int(e.size) > r.bytesMax && (size > 0 || !r.minOneMessage)) {
			r.done = true
			break
		}
		size += int(e.size)
		next++
	}
	switch {
	case next == first:
	case len(r.out) == 0:
		r.out = f.run(first, next)
	default:
		r.out = append(r.out, f.run(first, next)...)
	}
	return nil
}

// readStored takes what only the database has of a file.
func (s *Store) readStored(r *reader, f *file) error {
	return s.scanStored(f, r.from, func(c *cursor) (bool, error) {
		b, err := c.header()
		if err != nil {
			return false, err
		}
		size := b.SizeInBytes()
		if !r.takes(c.last, size) {
			return false, nil
		}
		if r.out == nil {
			r.out = make([]byte, 0, max(size, min(r.bytesMax, r.room+r.room/8)))
		}
		before := len(r.out)
		r.out, err = c.appendTo(r.out)
		if err != nil {
			r.out = r.out[:before]
		}
		return err == nil, err
	})
}

// scan hands out the headers and sizes of a file's batches from the one that
// contains from on. What it hands out has a whole header, and is valid until the
// next; a damaged batch is nil and about as large as it was: recovery has to pass
// over what it is about to cut off.
func (s *Store) scan(f *file, from engine.Offset, yield func(b batch.Batch, size int) bool) error {
	goOn := true
	first := f.find(from)
	if f.stored && (len(f.entries) == 0 || (first == 0 && from < f.entries[0].base)) {
		err := s.scanStored(f, from, func(c *cursor) (bool, error) {
			if b, err := c.header(); err == nil {
				goOn = yield(b, b.SizeInBytes())
			} else {
				goOn = yield(nil, int(c.it.Item().ValueSize()))
			}
			return goOn, nil
		})
		if err != nil {
			return err
		}
	}
	for i := first; goOn && i < len(f.entries); i++ {
		goOn = yield(f.entries[i].bytes(), int(f.entries[i].size))
	}
	return nil
}

// FindTime finds a batch by timestamp. See log.Store.
func (s *Store) FindTime(id log.ID, from engine.Offset, t batch.Timestamp) (batch.Batch, bool, error) {
	l, err := s.findBatches(id)
	if err != nil {
		return nil, false, err
	}
	for i := range l.segments {
		if l.segments[i].Next <= from || l.segments[i].LargestTimestamp < t {
			continue
		}
		for _, f := range l.files[i] {
			if f.limit <= from {
				continue
			}
			found := engine.NoOffset
			err := s.scan(f, from, func(b batch.Batch, _ int) bool {
				if b != nil && b.MaxTimestamp() >= t {
					found = b.LastOffset()
				}
				return found < 0
			})
			if err != nil {
				return nil, false, fmt.Errorf("%v: %w", id, err)
			}
			if found >= 0 {
				b, err := s.Read(id, found, found+1, 0, true)
				return batch.Batch(b), err == nil, err
			}
		}
	}
	return nil, false, nil
}

// cursor stands on a batch in the database.
type cursor struct {
	it   *badger.Iterator
	last engine.Offset
	head [batch.HeaderBytes]byte
}

// scanStored hands out what only the database has of a file, from the first batch
// whose last offset is at least from, until told to stop.
func (s *Store) scanStored(f *file, from engine.Offset, yield func(*cursor) (bool, error)) error {
	limit := f.limit
	if len(f.entries) > 0 {
		limit = min(limit, f.entries[0].last)
	}
	txn := s.db.NewTransactionAt(latest, false)
	defer txn.Discard()
	opt := badger.DefaultIteratorOptions
	opt.PrefetchValues = false
	opt.Prefix = idKey(tagBatch, f.id)
	it := txn.NewIterator(opt)
	defer it.Close()
	c := cursor{it: it}
	it.Seek(offsetKey(tagBatch, f.id, from))
	for it.Valid() {
		key := it.Item().Key()
		if len(key) > offsetKeyBytes {
			it.Next() // a part that was passed over, or what a half-written batch left
			continue
		}
		_, last, ok := parseOffsetKey(key)
		if !ok {
			return fmt.Errorf("key of %d bytes: %w", len(key), log.ErrCorrupt)
		}
		if last >= limit {
			return nil
		}
		c.last = last
		goOn, err := yield(&c)
		if err != nil || !goOn {
			return err
		}
		// From the batch, or from its last part.
		it.Next()
	}
	return nil
}

// header gives a copy of the batch's header, checked against its key, valid until
// the cursor moves.
func (c *cursor) header() (batch.Batch, error) {
	b := batch.Batch(c.head[:])
	err := c.it.Item().Value(func(value []byte) error {
		if len(value) < batch.HeaderBytes {
			return fmt.Errorf("a batch of %d bytes: %w", len(value), log.ErrCorrupt)
		}
		copy(b, value)
		if size := b.SizeInBytes(); size < len(value) || b.LastOffset() != c.last {
			return fmt.Errorf("a batch of %d bytes that claims %d, ending at %d instead of %d: %w", len(value), size, b.LastOffset(), c.last, log.ErrCorrupt)
		}
		return nil
	})
	return b, corrupt(err)
}

// appendTo copies the whole batch, which may lie in several parts.
func (c *cursor) appendTo(out []byte) ([]byte, error) {
	from, size := len(out), 0
	for {
		err := c.it.Item().Value(func(value []byte) error {
			if size == 0 {
				size = batch.Batch(value).SizeInBytes()
			}
			out = append(out, value...)
			return nil
		})
		if err != nil {
			return out, corrupt(err)
		}
		if len(out)-from == size {
			return out, nil
		}
		if len(out)-from < size {
			c.it.Next()
		}
		if len(out)-from > size || !c.it.Valid() || len(c.it.Item().Key()) == offsetKeyBytes {
			return out, fmt.Errorf("a batch of %d bytes has %d: %w", size, len(out)-from, log.ErrCorrupt)
		}
	}
}

// corrupt marks what Badger could not read.
func corrupt(err error) error {
	if err == nil || errors.Is(err, log.ErrCorrupt) {
		return err
	}
	return fmt.Errorf("%w: %w", log.ErrCorrupt, err)
}
