package log

import (
	"fmt"
	"maps"
	"slices"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// Memory is a Store in memory: the page's and the tests' disk. It forgets what a
// crash takes, can be cloned in the middle of anything, is bounded, and fails on
// demand. Equal calls give equal states, natively and in WASM.
//
// Batches lie in flat chunks that only ever grow at their end, so that readers
// and clones share them; what the garbage collector has to look into is a few
// slices a segment.
type Memory struct {
	self   *home
	limit  int64
	used   int64
	logs   map[ID]int32 // handle of each log there is
	shared bool         // logs belongs to a clone too: copy before a change
	table  []*memLog    // by handle; nil once deleted. 0 is StoreID
	undo   journal
	sealed []*memCommit // not yet reported by Committed
	last   Seq          // that Seal has gathered
	flush  bool
	bytes  int64 // written since the last Seal
	err    error
	calls  uint64
	failAt uint64
}

// home marks the one store that may write into the spare room at the end of a
// chunk; the others that share the chunk see it as full.
type home struct{ _ byte }

// memLog is one log. shared ones are never changed, but replaced by a copy.
type memLog struct {
	id       ID
	handle   int32
	shared   bool
	home     *home
	segments []memSegment
	records  []memRecord // ordered by key
}

type memRecord struct {
	key   RecordKey
	value []byte
}

// MemoryBytesDefault bounds a memory store unless told otherwise. A page has a
// memory of at most 4 GB for six such stores, the recording and itself.
const MemoryBytesDefault = 256 << 20

// NewMemory makes an empty store that holds at most bytesMax bytes of batches and
// records (0: MemoryBytesDefault); when they are full it fails with ErrFull, as a
// disk does.
func NewMemory(bytesMax int64) *Memory {
	if bytesMax == 0 {
		bytesMax = MemoryBytesDefault
	}
	m := &Memory{self: new(home), limit: bytesMax, logs: map[ID]int32{StoreID: 0}}
	m.table = []*memLog{{id: StoreID, home: m.self}}
	return m
}

// Logs lists the logs there are. See Store.
func (m *Memory) Logs() []ID {
	ids := make([]ID, 0, len(m.logs)-1)
	for _, l := range m.table[1:] {
		if l != nil {
			ids = append(ids, l.id)
		}
	}
	slices.SortFunc(ids, ID.Compare)
	return ids
}

// begin counts a call and fails the one that FailAt chose.
func (m *Memory) begin() error {
	m.calls++
	if m.calls == m.failAt {
		m.err = fmt.Errorf("%w: injected at call %d", ErrFailed, m.calls)
		return m.err
	}
	return nil
}

// find gives a log for reading.
func (m *Memory) find(id ID) (*memLog, error) {
	if err := m.begin(); err != nil {
		return nil, err
	}
	h, ok := m.logs[id]
	if !ok {
		return nil, fmt.Errorf("%v: %w", id, ErrNoLog)
	}
	return m.table[h], nil
}

// findBatches is find for what StoreID does not have.
func (m *Memory) findBatches(id ID) (*memLog, error) {
	l, err := m.find(id)
	if err == nil && l.handle == 0 {
		return nil, fmt.Errorf("%v: %w", id, ErrNoLog)
	}
	return l, err
}

// change checks that a log of batches may be changed.
func (m *Memory) change(id ID) (*memLog, error) {
	if m.err != nil {
		return nil, m.err
	}
	return m.findBatches(id)
}

// own gives the log for changing, a copy if a clone looks at it too.
func (m *Memory) own(l *memLog) *memLog {
	if !l.shared {
		return l
	}
	c := *l
	c.shared = false
	c.segments = slices.Clone(l.segments)
	c.records = slices.Clone(l.records)
	if n := len(c.segments); n > 0 {
		// An append writes to the last chunk's header, which must be c's own.
		c.segments[n-1].chunks = slices.Clone(c.segments[n-1].chunks)
		if l.home != m.self {
			c.segments[n-1].freeze()
		}
	}
	c.home = m.self
	m.table[c.handle] = &c
	return &c
}

// room fails the store if n more bytes do not fit.
func (m *Memory) room(id ID, n int64) error {
	if m.used+n <= m.limit {
		return nil
	}
	m.err = fmt.Errorf("%v: %w: %d bytes used, %d more wanted, limit %d", id, ErrFull, m.used, n, m.limit)
	return m.err
}

// Create makes an empty log. See Store.
func (m *Memory) Create(id ID, base engine.Offset, created engine.WallTime) error {
	if m.err != nil {
		return m.err
	}
	if err := m.begin(); err != nil {
		return err
	}
	if _, ok := m.logs[id]; ok {
		return fmt.Errorf("%v: %w", id, ErrLogExists)
	}
	l := &memLog{id: id, handle: int32(len(m.table)), home: m.self}
	l.segments = []memSegment{emptySegment(base, created)}
	m.undo.push(undoEntry{kind: undoCreate, handle: l.handle})
	m.table = append(m.table, l)
	m.ownNames()[id] = l.handle
	return nil
}

func (m *Memory) ownNames() map[ID]int32 {
	if m.shared {
		m.logs, m.shared = maps.Clone(m.logs), false
	}
	return m.logs
}

// Delete removes a log. See Store.
func (m *Memory) Delete(id ID) error {
	l, err := m.change(id)
	if err != nil {
		return err
	}
	m.undo.save(undoLog, l)
	m.table[l.handle] = nil
	delete(m.ownNames(), id)
	m.used -= l.sizeInBytes()
	m.undo.freed += l.sizeInBytes()
	return nil
}

// Append writes one batch at the end. See Store.
func (m *Memory) Append(id ID, base engine.Offset, epoch engine.LeaderEpoch, b batch.Batch) error {
	l, err := m.change(id)
	if err != nil {
		return err
	}
	if len(b) < batch.HeaderBytes || len(b) != b.SizeInBytes() || b.LastOffsetDelta() < 0 {
		engine.Violated("AppendIsOneWholeBatch", "%v: %d bytes", id, len(b))
	}
	s := &l.segments[len(l.segments)-1]
	if base < s.Next {
		return fmt.Errorf("%v: append at %d, end is %d: %w", id, base, s.Next, ErrOffset)
	}
	if err := m.room(id, int64(len(b))); err != nil {
		return err
	}
	if l.shared {
		l = m.own(l)
		s = &l.segments[len(l.segments)-1]
	}
	m.undo.push(undoEntry{
		kind: undoAppend, handle: l.handle,
		next: s.Next, largest: s.LargestTimestamp, largestOffset: s.LargestTimestampOffset,
	})
	s.add(base, epoch, b)
	m.used += int64(len(b))
	m.bytes += int64(len(b))
	return nil
}

// Roll begins a new segment. See Store.
func (m *Memory) Roll(id ID, base engine.Offset, created engine.WallTime) error {
	l, err := m.change(id)
	if err != nil {
		return err
	}
	active := &l.segments[len(l.segments)-1]
	if base < active.Next {
		return fmt.Errorf("%v: roll at %d, end is %d: %w", id, base, active.Next, ErrOffset)
	}
	m.replace(l, func(segments []memSegment) []memSegment {
		if len(active.index) == 0 {
			segments = segments[:len(segments)-1]
		}
		return append(segments, emptySegment(base, created))
	})
	return nil
}

// replace gives a log other segments, keeping the old ones to undo it.
func (m *Memory) replace(l *memLog, to func([]memSegment) []memSegment) {
	m.undo.save(undoLog, l)
	before := l.sizeInBytes()
	c := *l
	c.shared, c.home = false, m.self
	c.records = slices.Clone(l.records)
	c.segments = to(slices.Clone(l.segments))
	// Bytes behind the end may be in readers' hands: never write there again.
	c.segments[len(c.segments)-1].freeze()
	m.table[c.handle] = &c
	after := c.sizeInBytes()
	m.used += after - before
	m.undo.freed += max(before-after, 0)
	m.bytes += recordOverheadBytes
}

// TruncateEnd removes batches at the end. See Store.
func (m *Memory) TruncateEnd(id ID, to engine.Offset) error {
	l, err := m.change(id)
	if err != nil {
		return err
	}
	m.replace(l, func(segments []memSegment) []memSegment {
		created := segments[0].Created
		for len(segments) > 0 && segments[len(segments)-1].Base > to {
			segments = segments[:len(segments)-1]
		}
		if len(segments) == 0 {
			return append(segments, emptySegment(to, created))
		}
		segments[len(segments)-1].truncate(to)
		return segments
	})
	return nil
}

// TruncateStart removes closed segments below an offset. See Store.
func (m *Memory) TruncateStart(id ID, before engine.Offset) error {
	l, err := m.change(id)
	if err != nil {
		return err
	}
	m.replace(l, func(segments []memSegment) []memSegment {
		n := 0
		for n < len(segments)-1 && segments[n+1].Base <= before {
			n++
		}
		return slices.Delete(segments, 0, n)
	})
	return nil
}

// Reset empties a log. See Store.
func (m *Memory) Reset(id ID, base engine.Offset, created engine.WallTime) error {
	l, err := m.change(id)
	if err != nil {
		return err
	}
	m.replace(l, func([]memSegment) []memSegment {
		return []memSegment{emptySegment(base, created)}
	})
	return nil
}

// Replace puts segments in the place of closed ones. See Store.
func (m *Memory) Replace(id ID, from, to engine.Offset, by []Replacement) error {
	l, err := m.change(id)
	if err != nil {
		return err
	}
	descriptions := make([]Segment, len(l.segments))
	for i := range l.segments {
		descriptions[i] = l.segments[i].Segment
	}
	first, last, err := CheckReplace(descriptions, from, to, by)
	if err != nil {
		return fmt.Errorf("%v: %w", id, err)
	}
	made := make([]memSegment, len(by))
	var grown int64
	for i, r := range by {
		made[i] = emptySegment(r.Base, r.Created)
		for rest := r.Batches; len(rest) > 0; {
			b := batch.Batch(rest[:batch.Batch(rest).SizeInBytes()])
			made[i].add(b.BaseOffset(), b.PartitionLeaderEpoch(), b)
			rest = rest[len(b):]
		}
		grown += made[i].Bytes
	}
	if err := m.room(id, grown); err != nil {
		return err
	}
	m.bytes += grown
	m.replace(l, func(segments []memSegment) []memSegment {
		return slices.Replace(segments, first, last, made...)
	})
	return nil
}

// LastSeq numbers the last mutating call. See Store.
func (m *Memory) LastSeq() Seq { return m.undo.last() }

// DurableSeq is how far commits were reported. See Store.
func (m *Memory) DurableSeq() Seq { return m.undo.durable }

// Err says why the store is failed. See Store.
func (m *Memory) Err() error { return m.err }

// Space says how much fits. See Store.
func (m *Memory) Space() Space { return Space{Used: m.used, Free: m.limit - m.used} }

// Close does nothing: the store is memory.
func (m *Memory) Close() error { return nil }

// HeldBytes is how much memory the store's batches take, with what a crash may
// bring back and the unused ends of chunks.
func (m *Memory) HeldBytes() int64 {
	held := m.undo.freed
	for _, l := range m.table {
		if l == nil {
			continue
		}
		for i := range l.segments {
			s := &l.segments[i]
			held += int64(cap(s.index)) * indexEntryBytes
			for _, c := range s.chunks {
				held += int64(cap(c.data))
			}
		}
	}
	return held
}
