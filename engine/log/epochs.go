package log

import (
	"encoding/binary"
	"slices"
	"sort"

	"bitacora/engine"
)

// EpochEntry says at which offset a leader epoch begins.
type EpochEntry struct {
	Epoch       engine.LeaderEpoch
	StartOffset engine.Offset
}

// OffsetAndEpoch is an end offset and the epoch of the record before it. Both are
// -1 where Kafka says that they are undefined.
type OffsetAndEpoch struct {
	Offset engine.Offset
	Epoch  engine.LeaderEpoch
}

// epochCache is LeaderEpochFileCache: epochs and their start offsets, both
// growing. It is written to the store whenever it changes.
type epochCache struct {
	entries []EpochEntry
}

// assign notes that epoch begins at start, unless it is known, and tells whether
// anything changed. Entries that contradict it go.
func (c *epochCache) assign(epoch engine.LeaderEpoch, start engine.Offset) bool {
	if epoch < 0 || start < 0 {
		engine.Violated("EpochEntryIsValid", "epoch=%d start=%d", epoch, start)
	}
	if n := len(c.entries); n > 0 {
		if last := c.entries[n-1]; last.Epoch == epoch && start >= last.StartOffset {
			return false
		}
	}
	n := len(c.entries)
	for n > 0 && (c.entries[n-1].Epoch >= epoch || c.entries[n-1].StartOffset >= start) {
		n--
	}
	c.entries = append(c.entries[:n], EpochEntry{epoch, start})
	return true
}

// latest is the newest epoch, NoLeaderEpoch if none is known.
func (c *epochCache) latest() engine.LeaderEpoch {
	if len(c.entries) == 0 {
		return engine.NoLeaderEpoch
	}
	return c.entries[len(c.entries)-1].Epoch
}

// endOffsetFor answers OffsetForLeaderEpoch: the largest known epoch at or below
// the one asked for, and where it ends. With epochs 1@0, 3@10, 5@20 and LEO 25:
//
//	0 -> (0, 0)    older than all: the start of the oldest
//	2 -> (1, 10)   5 -> (5, 25)   newest: the log end offset
//	6, -1 -> (-1, -1)
func (c *epochCache) endOffsetFor(epoch engine.LeaderEpoch, leo engine.Offset) OffsetAndEpoch {
	undefined := OffsetAndEpoch{Offset: engine.NoOffset, Epoch: engine.NoLeaderEpoch}
	if epoch == engine.NoLeaderEpoch {
		return undefined
	}
	if epoch == c.latest() {
		return OffsetAndEpoch{Offset: leo, Epoch: epoch}
	}
	higher := sort.Search(len(c.entries), func(i int) bool { return c.entries[i].Epoch > epoch })
	switch {
	case higher == len(c.entries):
		return undefined
	case higher == 0:
		return OffsetAndEpoch{Offset: c.entries[0].StartOffset, Epoch: epoch}
	}
	return OffsetAndEpoch{Offset: c.entries[higher].StartOffset, Epoch: c.entries[higher-1].Epoch}
}

// epochFor is the epoch of the record at an offset.
func (c *epochCache) epochFor(offset engine.Offset) engine.LeaderEpoch {
	i := sort.Search(len(c.entries), func(i int) bool { return c.entries[i].StartOffset > offset })
	if i == 0 {
		return engine.NoLeaderEpoch
	}
	return c.entries[i-1].Epoch
}

// truncateFromEnd drops the epochs that begin at or after end.
func (c *epochCache) truncateFromEnd(end engine.Offset) bool {
	n := len(c.entries)
	for n > 0 && c.entries[n-1].StartOffset >= end {
		n--
	}
	if n == len(c.entries) {
		return false
	}
	c.entries = c.entries[:n]
	return true
}

// truncateFromStart drops the epochs before start; the one that holds it begins
// there now.
func (c *epochCache) truncateFromStart(start engine.Offset) bool {
	n := sort.Search(len(c.entries), func(i int) bool { return c.entries[i].StartOffset > start })
	if n == 0 || (n == 1 && c.entries[0].StartOffset == start) {
		return false
	}
	c.entries[n-1].StartOffset = start
	c.entries = slices.Delete(c.entries, 0, n-1)
	return true
}

// epochEntryBytes is the size of an encoded entry: epoch and start offset.
const epochEntryBytes = 4 + 8

func (c *epochCache) encode() []byte {
	out := make([]byte, 0, len(c.entries)*epochEntryBytes)
	for _, e := range c.entries {
		out = binary.BigEndian.AppendUint32(out, uint32(e.Epoch))
		out = binary.BigEndian.AppendUint64(out, uint64(e.StartOffset))
	}
	return out
}

// decode reads what encode wrote. Entries that contradict each other are dropped,
// as assign does.
func (c *epochCache) decode(value []byte) {
	c.entries = nil
	for ; len(value) >= epochEntryBytes; value = value[epochEntryBytes:] {
		epoch := engine.LeaderEpoch(binary.BigEndian.Uint32(value))
		start := engine.Offset(binary.BigEndian.Uint64(value[4:]))
		if epoch >= 0 && start >= 0 {
			c.assign(epoch, start)
		}
	}
}

// assignEpoch notes where a leader epoch begins, and writes it down.
func (l *Log) assignEpoch(epoch engine.LeaderEpoch, start engine.Offset) error {
	if epoch < 0 || !l.epochs.assign(epoch, start) {
		return nil
	}
	return l.writeEpochs()
}

func (l *Log) writeEpochs() error {
	return l.writeRecord(RecordLeaderEpochs, 0, l.epochs.encode())
}

// AssignEpochStartOffset notes that a leader epoch begins at an offset: a new
// leader does so at its log end offset, before it appends anything.
func (l *Log) AssignEpochStartOffset(epoch engine.LeaderEpoch, start engine.Offset) error {
	return l.assignEpoch(epoch, start)
}

// LatestEpoch is the newest leader epoch in the log, NoLeaderEpoch if none is known.
func (l *Log) LatestEpoch() engine.LeaderEpoch { return l.epochs.latest() }

// EpochEntries lists the leader epochs, oldest first; valid until the next call
// that changes the log.
func (l *Log) EpochEntries() []EpochEntry { return l.epochs.entries }

// EpochForOffset is the leader epoch of the record at an offset, NoLeaderEpoch if
// it is not known.
func (l *Log) EpochForOffset(offset engine.Offset) engine.LeaderEpoch {
	return l.epochs.epochFor(offset)
}

// EndOffsetForEpoch is the largest leader epoch of the log at or below the one
// asked for, and its end offset; -1, -1 for an epoch above the newest or
// NoLeaderEpoch (LeaderEpochFileCache.endOffsetFor, KIP-101).
func (l *Log) EndOffsetForEpoch(epoch engine.LeaderEpoch) OffsetAndEpoch {
	return l.epochs.endOffsetFor(epoch, l.leo)
}
