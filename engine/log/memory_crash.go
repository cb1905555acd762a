package log

import (
	"cmp"
	"fmt"
	"slices"
	"sync/atomic"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// journal remembers how to undo the operations that a crash may still take, in
// order. Appends, by far the most, are flat entries; anything else keeps the old
// log, whose batches are shared.
type journal struct {
	synced  Seq // entries[0] undoes the operation after it
	durable Seq
	entries []undoEntry
	saved   []*memLog // the old logs of the undoLog entries, in their order
	freed   int64     // bytes that only saved logs still hold
}

type undoKind uint8

const (
	undoAppend undoKind = iota
	undoCreate
	undoLog
)

type undoEntry struct {
	kind          undoKind
	handle        int32
	next          engine.Offset // the active segment's before an append
	largest       batch.Timestamp
	largestOffset engine.Offset
}

// writebackOpsMax bounds the journal. Beyond it the oldest committed operations
// count as synced: systems write dirty pages back by themselves, too.
const writebackOpsMax = 16 << 10

// freedBytesMax is how much a crash may still bring back, beyond as much as lives;
// above it, deletions count as synced once committed, so that they free memory.
const freedBytesMax = 1 << 20

func (j *journal) last() Seq { return j.synced + Seq(len(j.entries)) }

func (j *journal) push(e undoEntry) {
	j.entries = append(j.entries, e)
	if len(j.entries) > writebackOpsMax && j.durable > j.synced {
		j.drop(j.synced + (j.durable-j.synced+1)/2)
	}
}

func (j *journal) save(kind undoKind, l *memLog) {
	// The journal and the table both look at l now.
	if !l.shared {
		l.shared = true
	}
	j.saved = append(j.saved, l)
	j.push(undoEntry{kind: kind, handle: l.handle})
}

// drop forgets how to undo the operations up to seq.
func (j *journal) drop(seq Seq) {
	n := int(seq - j.synced)
	kept := 0
	for _, e := range j.entries[:n] {
		if e.kind == undoLog {
			kept++
		}
	}
	j.synced = seq
	if j.entries = j.entries[n:]; len(j.entries) == 0 {
		j.entries = nil
	}
	if kept > 0 {
		// A new array: the old one would keep what was deleted alive.
		j.saved = slices.Clone(j.saved[kept:])
	}
	if seq == j.durable {
		j.freed = 0
	}
}

// recordOverheadBytes is what a record costs beside its value.
const recordOverheadBytes = 16

// compare orders records by kind, offset, part.
func (k RecordKey) compare(o RecordKey) int {
	return cmp.Or(cmp.Compare(k.Kind, o.Kind), cmp.Compare(k.Offset, o.Offset), cmp.Compare(k.Part, o.Part))
}

func (l *memLog) findRecord(key RecordKey) (int, bool) {
	return slices.BinarySearchFunc(l.records, key, func(r memRecord, k RecordKey) int { return r.key.compare(k) })
}

// SetRecord keeps a small record. See Store.
func (m *Memory) SetRecord(id ID, key RecordKey, value []byte) error {
	if m.err != nil {
		return m.err
	}
	l, err := m.find(id)
	if err != nil {
		return err
	}
	if len(value) > RecordBytesMax {
		return fmt.Errorf("%v record %v: %d bytes: %w", id, key, len(value), ErrTooLarge)
	}
	if err := m.room(id, int64(len(value))+recordOverheadBytes); err != nil {
		return err
	}
	m.undo.save(undoLog, l)
	before := l.sizeInBytes()
	l = m.own(l)
	i, found := l.findRecord(key)
	switch {
	case value == nil && found:
		l.records = slices.Delete(l.records, i, i+1)
	case value == nil:
	case found:
		l.records[i].value = append(make([]byte, 0, len(value)), value...)
	default:
		l.records = slices.Insert(l.records, i, memRecord{key, append(make([]byte, 0, len(value)), value...)})
	}
	m.used += l.sizeInBytes() - before
	m.bytes += int64(len(value)) + recordOverheadBytes
	return nil
}

// Record gives a small record. See Store.
func (m *Memory) Record(id ID, key RecordKey) ([]byte, error) {
	l, err := m.find(id)
	if err != nil {
		return nil, err
	}
	if i, ok := l.findRecord(key); ok {
		return l.records[i].value, nil
	}
	return nil, nil
}

// RecordOffsets lists the records of a kind. See Store.
func (m *Memory) RecordOffsets(id ID, kind RecordKind) ([]engine.Offset, error) {
	l, err := m.find(id)
	if err != nil {
		return nil, err
	}
	var out []engine.Offset
	for _, r := range l.records {
		if r.key.Kind == kind && (len(out) == 0 || out[len(out)-1] != r.key.Offset) {
			out = append(out, r.key.Offset)
		}
	}
	return out, nil
}

// memCommit makes nothing durable but the knowledge that it was run.
type memCommit struct {
	seq    Seq
	bytes  int64
	synced bool
	err    error
	ran    atomic.Bool
}

func (c *memCommit) Seq() Seq     { return c.seq }
func (c *memCommit) Bytes() int64 { return c.bytes }
func (c *memCommit) Synced() bool { return c.synced }
func (c *memCommit) Run() error {
	if c.err != nil {
		return c.err
	}
	c.ran.Store(true)
	return nil
}

// Flush asks that the next commit be synced. See Store.
func (m *Memory) Flush() { m.flush = true }

// Seal gathers what was done since the last. See Store.
func (m *Memory) Seal() (Commit, bool) {
	last := m.LastSeq()
	if m.err != nil || (last == m.last && !m.flush) {
		return nil, false
	}
	c := &memCommit{seq: last, bytes: m.bytes, synced: m.flush}
	if m.calls++; m.calls == m.failAt {
		c.err = fmt.Errorf("%w: injected at call %d, commit %d", ErrFailed, m.calls, last)
	}
	m.sealed = append(m.sealed, c)
	m.last, m.bytes, m.flush = last, 0, false
	return c, true
}

// Sealed lists the commits not yet reported by Committed, in order: whoever
// clones a store in the middle of a run finds there the clone's own.
func (m *Memory) Sealed() []Commit {
	out := make([]Commit, len(m.sealed))
	for i, c := range m.sealed {
		out[i] = c
	}
	return out
}

// Committed says that commits up to seq were run. See Store.
func (m *Memory) Committed(seq Seq) {
	for len(m.sealed) > 0 && m.sealed[0].seq <= seq {
		c := m.sealed[0]
		if !c.ran.Load() {
			if c.seq == m.undo.durable {
				return // a Flush sealed after the commit that this is about
			}
			engine.Violated("CommittedWasRun", "commit %d", c.seq)
		}
		m.sealed = m.sealed[1:]
		m.undo.durable = c.seq
		if c.synced || m.undo.freed > max(m.used, freedBytesMax) {
			m.undo.drop(c.seq)
		}
	}
}

// Writeback makes everything committed count as synced, as a system does by
// itself after some 30 seconds (vm.dirty_expire_centisecs).
func (m *Memory) Writeback() { m.undo.drop(m.undo.durable) }

// Fail makes the store failed. See Store.
func (m *Memory) Fail(err error) { m.err = fmt.Errorf("%w: %w", ErrFailed, err) }

// survived is what a killed process leaves: everything that a run commit holds.
func (m *Memory) survived() (durable, synced Seq) {
	durable, synced = m.undo.durable, m.undo.synced
	for _, c := range m.sealed {
		if !c.ran.Load() {
			break
		}
		durable = c.seq
		if c.synced {
			synced = c.seq
		}
	}
	return durable, synced
}

// Crash is the sudden death of the process. See Store.
func (m *Memory) Crash() error {
	durable, _ := m.survived()
	return m.CrashAt(durable, -1)
}

// PowerLoss takes everything that was not synced.
func (m *Memory) PowerLoss() error {
	_, synced := m.survived()
	return m.CrashAt(synced, -1)
}

// SyncedSeq is the last operation that a loss of power leaves for certain; any
// more, up to LastSeq, may be left by chance, in order.
func (m *Memory) SyncedSeq() Seq {
	_, synced := m.survived()
	return synced
}

// CrashAt undoes all operations after seq, last first. If the one after seq is an
// append and tornBytes is not negative, it stays, but only so many of its bytes
// reached the medium; zeroes follow. seq must not be below SyncedSeq.
func (m *Memory) CrashAt(seq Seq, tornBytes int) error {
	_, synced := m.survived()
	if seq < synced || seq > m.LastSeq() {
		engine.Violated("CrashLeavesWhatWasSynced", "crash at %d, synced %d, last %d", seq, synced, m.LastSeq())
	}
	for m.LastSeq() > seq {
		n := len(m.undo.entries) - 1
		e := m.undo.entries[n]
		if m.LastSeq() == seq+1 && e.kind == undoAppend && tornBytes >= 0 {
			m.tear(e.handle, tornBytes)
			break
		}
		m.undo.entries = slices.Clip(m.undo.entries[:n])
		m.undoOne(e)
	}
	seq = m.LastSeq()
	m.undo.durable = seq
	m.undo.drop(seq)
	m.sealed, m.last, m.bytes, m.flush, m.err = nil, seq, 0, false, nil
	return nil
}

func (m *Memory) undoOne(e undoEntry) {
	switch e.kind {
	case undoAppend:
		l := m.own(m.table[e.handle])
		s := &l.segments[len(l.segments)-1]
		before := s.Bytes
		s.cut(len(s.index) - 1)
		s.Next, s.LargestTimestamp, s.LargestTimestampOffset = e.next, e.largest, e.largestOffset
		if len(s.index) == 0 {
			s.FirstTimestamp = batch.NoTimestamp
		}
		m.used += s.Bytes - before
	case undoCreate:
		l := m.table[e.handle]
		delete(m.ownNames(), l.id)
		m.table[e.handle] = nil
		m.used -= l.sizeInBytes()
	case undoLog:
		n := len(m.undo.saved) - 1
		old := m.undo.saved[n]
		m.undo.saved = slices.Clip(m.undo.saved[:n])
		if now := m.table[e.handle]; now != nil {
			m.used -= now.sizeInBytes()
		}
		// Behind the old end lie bytes that readers of the undone state may hold.
		c := *old
		c.shared, c.home = false, m.self
		c.segments, c.records = slices.Clone(old.segments), slices.Clone(old.records)
		if k := len(c.segments); k > 0 {
			c.segments[k-1].freeze()
		}
		m.table[e.handle] = &c
		m.ownNames()[old.id] = e.handle
		m.used += old.sizeInBytes()
	}
}

// tear leaves only the first bytes of the last batch.
func (m *Memory) tear(handle int32, bytes int) {
	l := m.own(m.table[handle])
	s := &l.segments[len(l.segments)-1]
	torn := slices.Clone(s.batch(len(s.index) - 1))
	clear(torn[min(bytes, len(torn)):])
	// In a chunk of its own: the old bytes may be in readers' hands.
	pos := s.index[len(s.index)-1].pos
	index := s.index
	s.cut(len(index) - 1)
	s.index = index
	s.chunks = append(s.chunks, memChunk{pos: pos, data: torn})
	s.Bytes = int64(pos) + int64(len(torn))
}

// Clone gives a store that goes its own way from here. What both hold is shared,
// so it costs a few bytes a log. Commits not yet run are the clone's own: see
// Sealed.
func (m *Memory) Clone() *Memory {
	c := *m
	c.self = new(home)
	c.shared, m.shared = true, true
	c.table = slices.Clone(m.table)
	for _, l := range m.table {
		if l != nil && !l.shared {
			l.shared = true
		}
	}
	// Only the original may append to the arrays behind these.
	c.undo.entries = slices.Clip(m.undo.entries)
	c.undo.saved = slices.Clip(m.undo.saved)
	c.sealed = make([]*memCommit, len(m.sealed))
	for i, s := range m.sealed {
		c.sealed[i] = &memCommit{seq: s.seq, bytes: s.bytes, synced: s.synced, err: s.err}
		c.sealed[i].ran.Store(s.ran.Load())
	}
	return &c
}

// FailAt makes one call fail, and the store with it: the nth from now on (1 is
// the next). Reads, mutating calls and commits count. 0 takes it back.
func (m *Memory) FailAt(n uint64) {
	m.failAt = 0
	if n > 0 {
		m.failAt = m.calls + n
	}
}

// FlipBit damages a stored batch: the nth bit behind the header that names it, of
// the batch that holds the offset. It gives the batch's base offset, and false where
// there is none. Nothing notices until somebody checks the batch's CRC.
func (m *Memory) FlipBit(id ID, offset engine.Offset, nth int) (engine.Offset, bool) {
	h, ok := m.logs[id]
	if !ok || m.table[h] == nil {
		return 0, false
	}
	l := m.own(m.table[h])
	for k := range l.segments {
		s := &l.segments[k]
		i := s.find(offset)
		if i == len(s.index) {
			continue
		}
		from, bits := s.index[i].pos+flipFrom, int(s.end(i)-s.index[i].pos-flipFrom)*8
		if bits <= 0 {
			return 0, false
		}
		at := slices.IndexFunc(s.chunks, func(c memChunk) bool { return c.pos <= from && int(from-c.pos) < len(c.data) })
		// In chunks of its own: the old bytes may be in readers' hands.
		s.chunks = slices.Clone(s.chunks)
		c := &s.chunks[at]
		c.data = append(make([]byte, 0, cap(c.data)), c.data...)
		c.data[int(from-c.pos)+nth%bits/8] ^= 1 << (nth % 8)
		return s.index[i].base, true
	}
	return 0, false
}

// flipFrom is where a batch's CRC begins to cover it (its attributes).
const flipFrom = 21

// SetLimit changes how much fits, as when someone else fills the disk or frees it.
func (m *Memory) SetLimit(bytesMax int64) { m.limit = bytesMax }
