package log

import (
	"slices"
	"sort"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// memSegment is one segment: its description, where each batch lies, and the
// chunks that hold them.
type memSegment struct {
	Segment
	index  []indexEntry
	chunks []memChunk
}

// indexEntry says where a batch lies. It has no pointers, and it does not trust
// the batch's own header, which a torn write may have destroyed.
type indexEntry struct {
	base      engine.Offset
	lastDelta uint32
	pos       uint32
}

func (e indexEntry) last() engine.Offset { return e.base + engine.Offset(e.lastDelta) }

// indexEntryBytes is the size of an indexEntry in memory.
const indexEntryBytes = 16

// memChunk holds the bytes from pos on. A batch lies in one chunk.
type memChunk struct {
	pos  uint32
	data []byte
}

// Chunks double from the size of a small log (Clone and a thousand idle
// partitions should cost little) to one that keeps the garbage collector's list
// short. A larger batch gets a chunk of its own.
const (
	chunkBytesMin = 4 << 10
	chunkBytesMax = 256 << 10
)

// segmentBytesMax is what a position can tell; segment.bytes is an int32.
const segmentBytesMax = 1<<32 - 1

func emptySegment(base engine.Offset, created engine.WallTime) memSegment {
	return memSegment{Segment: EmptySegment(base, created)}
}

// add copies a batch to the end of the segment.
func (s *memSegment) add(base engine.Offset, epoch engine.LeaderEpoch, b batch.Batch) {
	if s.Bytes+int64(len(b)) > segmentBytesMax {
		engine.Violated("SegmentBytesMax", "segment %d: %d bytes and %d more", s.Base, s.Bytes, len(b))
	}
	pos := uint32(s.Bytes)
	if n := len(s.chunks); n == 0 || cap(s.chunks[n-1].data)-len(s.chunks[n-1].data) < len(b) {
		size := chunkBytesMin
		if n > 0 {
			size = min(2*cap(s.chunks[n-1].data), chunkBytesMax)
		}
		s.chunks = append(s.chunks, memChunk{pos: pos, data: make([]byte, 0, max(size, chunkBytesMin, len(b)))})
	}
	c := &s.chunks[len(s.chunks)-1]
	at := len(c.data)
	c.data = append(c.data, b...)
	stored := batch.Batch(c.data[at:])
	stored.SetBaseOffset(base)
	stored.SetPartitionLeaderEpoch(epoch)
	s.index = append(s.index, indexEntry{base: base, lastDelta: uint32(b.LastOffsetDelta()), pos: pos})
	s.Segment.Add(base, b)
}

// freeze makes the next add leave alone what lies behind the end of shared
// slices.
func (s *memSegment) freeze() {
	s.index = slices.Clip(s.index)
	s.chunks = slices.Clone(s.chunks)
	if n := len(s.chunks); n > 0 {
		s.chunks[n-1].data = slices.Clip(s.chunks[n-1].data)
	}
}

// cut drops the batches from index entry n on. The caller mends the timestamps.
func (s *memSegment) cut(n int) {
	if n == len(s.index) {
		return
	}
	end := s.index[n].pos
	s.index = slices.Clip(s.index[:n])
	s.Bytes = int64(end)
	s.chunks = slices.Clone(s.chunks)
	for len(s.chunks) > 0 && s.chunks[len(s.chunks)-1].pos >= end {
		s.chunks = s.chunks[:len(s.chunks)-1]
	}
	if k := len(s.chunks); k > 0 {
		c := &s.chunks[k-1]
		c.data = slices.Clip(c.data[:end-c.pos])
	}
}

// truncate removes the batches whose last offset is at least to.
func (s *memSegment) truncate(to engine.Offset) {
	n := s.find(to)
	if n == len(s.index) {
		return
	}
	s.cut(n)
	kept := EmptySegment(s.Base, s.Created)
	for i := range s.index {
		kept.Add(s.index[i].base, s.batch(i)) // finds the last one's end by s.Bytes
	}
	s.Segment = kept
}

// find gives the first batch whose last offset is at least offset, as an index
// entry's number; len(index) if there is none.
func (s *memSegment) find(offset engine.Offset) int {
	return sort.Search(len(s.index), func(i int) bool { return s.index[i].last() >= offset })
}

// end is the position after batch i.
func (s *memSegment) end(i int) uint32 {
	if i+1 < len(s.index) {
		return s.index[i+1].pos
	}
	return uint32(s.Bytes)
}

// batch gives batch i as it is stored.
func (s *memSegment) batch(i int) batch.Batch {
	return s.run(s.index[i].pos, s.end(i))
}

// run gives the bytes in [from, to): a view of one chunk, or a copy of several.
func (s *memSegment) run(from, to uint32) []byte {
	k := sort.Search(len(s.chunks), func(i int) bool { return s.chunks[i].pos > from }) - 1
	c := s.chunks[k]
	if int(to-c.pos) <= len(c.data) {
		return slices.Clip(c.data[from-c.pos : to-c.pos])
	}
	out := make([]byte, 0, to-from)
	out = append(out, c.data[from-c.pos:]...)
	for k++; len(out) < cap(out); k++ {
		part := s.chunks[k].data
		out = append(out, part[:min(len(part), cap(out)-len(out))]...)
	}
	return out
}

// Segments describes a log's segments. See Store.
func (m *Memory) Segments(id ID) ([]Segment, error) {
	l, err := m.findBatches(id)
	if err != nil {
		return nil, err
	}
	out := make([]Segment, len(l.segments))
	for i := range l.segments {
		out[i] = l.segments[i].Segment
	}
	return out, nil
}

// Read gives whole batches. See Store.
func (m *Memory) Read(id ID, from, to engine.Offset, bytesMax int, minOneMessage bool) ([]byte, error) {
	l, err := m.findBatches(id)
	if err != nil {
		return nil, err
	}
	s, first := l.find(from)
	if s == nil {
		return nil, nil
	}
	// Batches [first, end) end below to; of these take what fits.
	rest := s.index[first:]
	n := sort.Search(len(rest), func(i int) bool { return rest[i].last() >= to })
	if n == 0 {
		return nil, nil
	}
	start := rest[0].pos
	fits := sort.Search(n, func(i int) bool { return int64(s.end(first+i))-int64(start) > int64(bytesMax) })
	if fits == 0 {
		if !minOneMessage {
			return nil, nil
		}
		fits = 1
	}
	return s.run(start, s.end(first+fits-1)), nil
}

// find gives the first batch whose last offset is at least from, as a segment and
// the number of its index entry; nil if there is none.
func (l *memLog) find(from engine.Offset) (*memSegment, int) {
	i := sort.Search(len(l.segments), func(i int) bool { return l.segments[i].Next > from })
	for ; i < len(l.segments); i++ {
		s := &l.segments[i]
		if n := s.find(from); n < len(s.index) {
			return s, n
		}
	}
	return nil, 0
}

// FindTime finds a batch by timestamp. See Store.
func (m *Memory) FindTime(id ID, from engine.Offset, t batch.Timestamp) (batch.Batch, bool, error) {
	l, err := m.findBatches(id)
	if err != nil {
		return nil, false, err
	}
	for i := range l.segments {
		s := &l.segments[i]
		if s.Next <= from || s.LargestTimestamp < t {
			continue
		}
		for n := s.find(from); n < len(s.index); n++ {
			if b := s.batch(n); b.MaxTimestamp() >= t {
				return b, true, nil
			}
		}
	}
	return nil, false, nil
}

// sizeInBytes is what a log counts against the limit.
func (l *memLog) sizeInBytes() int64 {
	var n int64
	for i := range l.segments {
		n += l.segments[i].Bytes
	}
	for i := range l.records {
		n += int64(len(l.records[i].value)) + recordOverheadBytes
	}
	return n
}
