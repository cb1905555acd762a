package store

import (
	"sort"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// file is a run of batches of one segment. Its last batches are also in memory:
// those that are not committed always, others as long as there is room. A file
// whose limit is limitOpen may grow while it is the last of the active segment.
type file struct {
	id     uint64
	limit  engine.Offset // batches whose last offset is at or above it are dead
	bytes  int64         // of batches below the limit
	stored bool          // the database may hold batches that entries does not
	// entries are the file's last batches, without a gap to its end.
	entries []entry
	chunk   *chunk // where the next batch goes
}

// entry is a batch in memory.
type entry struct {
	base, last engine.Offset
	pos, size  uint32
	chunk      *chunk
}

func (e *entry) bytes() []byte { return e.chunk.data[e.pos : e.pos+e.size : e.pos+e.size] }

// chunk holds batches of one file, one after the other. Bytes are only ever added
// at its end, so that readers may keep what they were given.
type chunk struct {
	data []byte
	file *file
	seq  log.Seq // the operation that added last
}

// Chunks double from what an idle partition should cost to a size at which one
// chunk serves a usual Fetch.
const (
	chunkBytesMin = 4 << 10
	chunkBytesMax = 256 << 10
)

// add copies a batch to the end of the file's memory, and gives the copy and the
// chunk if it had to be made.
func (f *file) add(seq log.Seq, base engine.Offset, epoch engine.LeaderEpoch, b batch.Batch) (stored batch.Batch, made *chunk) {
	c := f.chunk
	if c == nil || cap(c.data)-len(c.data) < len(b) {
		size := chunkBytesMin
		if c != nil {
			size = min(2*cap(c.data), chunkBytesMax)
		}
		c = &chunk{data: make([]byte, 0, max(size, chunkBytesMin, len(b))), file: f}
		f.chunk, made = c, c
	}
	pos := len(c.data)
	c.data = append(c.data, b...)
	c.seq = seq
	stored = batch.Batch(c.data[pos:len(c.data):len(c.data)])
	stored.SetBaseOffset(base)
	stored.SetPartitionLeaderEpoch(epoch)
	f.entries = append(f.entries, entry{base: base, last: stored.LastOffset(), pos: uint32(pos), size: uint32(len(b)), chunk: c})
	f.bytes += int64(len(b))
	return stored, made
}

// find gives the first entry whose last offset is at least offset, by its index.
func (f *file) find(offset engine.Offset) int {
	return sort.Search(len(f.entries), func(i int) bool { return f.entries[i].last >= offset })
}

// evict forgets the entries of its first chunk, which are in the database.
func (f *file) evict(c *chunk) {
	n := 0
	for n < len(f.entries) && f.entries[n].chunk == c {
		n++
	}
	if n > 0 {
		f.entries = f.entries[n:]
		f.stored = true
	}
	if len(f.entries) == 0 {
		f.entries = nil
	}
	if f.chunk == c {
		f.chunk = nil
	}
}

// cut hides the batches whose last offset is at or above to. The bytes stay where
// they are: readers may have them.
func (f *file) cut(to engine.Offset) {
	f.limit = min(f.limit, to)
	f.entries = f.entries[:f.find(to)]
	f.chunk = nil
}

// run gives the bytes of entries [from, to): where they lie one after the other a
// view, else a copy.
func (f *file) run(from, to int) []byte {
	first, last := &f.entries[from], &f.entries[to-1]
	size := 0
	for i := from; i < to; i++ {
		size += int(f.entries[i].size)
	}
	if end := last.pos + last.size; first.chunk == last.chunk && int(end-first.pos) == size {
		return first.chunk.data[first.pos:end:end]
	}
	out := make([]byte, 0, size)
	for i := from; i < to; i++ {
		out = append(out, f.entries[i].bytes()...)
	}
	return out
}
