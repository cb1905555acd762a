package log

import (
	"errors"
	"fmt"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// ID names a log of a store.
type ID struct {
	Topic     engine.TopicID
	Partition int32
}

// String gives topic id and partition, as Kafka's TopicIdPartition begins.
func (id ID) String() string { return fmt.Sprintf("%v-%d", id.Topic, id.Partition) }

// Compare orders ids by topic id, then partition, as keys of a store are ordered.
func (id ID) Compare(other ID) int {
	for i := range id.Topic {
		if d := int(id.Topic[i]) - int(other.Topic[i]); d != 0 {
			return d
		}
	}
	switch {
	case id.Partition < other.Partition:
		return -1
	case id.Partition > other.Partition:
		return 1
	}
	return 0
}

// MetadataID is the KRaft metadata log: Kafka's well-known id of
// __cluster_metadata (Uuid.METADATA_TOPIC_ID), partition 0.
var MetadataID = ID{Topic: engine.TopicID{15: 1}}

// StoreID is where a store keeps the records that belong to no log (node id,
// cluster id, clean-shutdown marker). It always exists and holds no batches; the
// zero topic id never names a topic (Uuid.ZERO_UUID).
var StoreID = ID{Partition: -1}

// Seq numbers the mutating operations of one store, from 1, over its whole life.
// A crash leaves the operations up to some Seq, and none after it.
type Seq uint64

// Store is one disk of one process: many logs, each a run of segments of whole
// record batches, and small records beside them. It models what LogSegment,
// FileRecords and the checkpoint files of a log directory are to Kafka.
//
// Visible at once, durable later. Every mutating call works on what reads see,
// at once, and is the next Seq. Seal gathers the calls since the last Seal into a
// Commit, which the driver runs elsewhere; then it calls Committed and hands its
// node an input. Until then a crash undoes them, last first.
//
// All methods are called on the goroutine of the process's node, except
// Commit.Run. Bytes given to a store are lent: it copies what it keeps before the
// call returns. Bytes that come out of one are nobody's to change, and stay as
// they are for as long as the caller keeps them, whatever happens to the store.
//
// Errors: a call that cannot be (ErrNoLog, ErrLogExists, ErrOffset, ErrSegment)
// changes nothing, takes no Seq and leaves the store usable. Any other error
// (ErrFull, ErrFailed) means that the disk is lost to this process: Err reports
// it, further mutating calls and Seal are refused with it, and only Crash or
// opening anew brings the store back. Reads may go on.
type Store interface {
	// Logs lists the logs there are, ordered by ID.Compare.
	Logs() []ID

	// Create makes an empty log whose one, active segment begins at base. Parts of
	// a deleted log of the same id never show. ErrLogExists.
	Create(id ID, base engine.Offset, created engine.WallTime) error

	// Delete removes a log with all its records. Space comes back later. ErrNoLog.
	Delete(id ID) error

	// Segments gives the log's segments in offset order, at least one; the last is
	// the active one. The slice is valid until the next mutating call. After a
	// reopen or crash it is exact for the operations that survived. ErrNoLog.
	Segments(id ID) ([]Segment, error)

	// Append writes one batch at the end of the active segment, with base as its
	// base offset and epoch as its partition leader epoch; the caller's bytes,
	// which may be part of a message, stay untouched (the CRC covers neither
	// field). base may leave a gap after the last batch but never go below the
	// end: ErrOffset. ErrNoLog, ErrFull.
	Append(id ID, base engine.Offset, epoch engine.LeaderEpoch, b batch.Batch) error

	// Read gives whole batches of one segment, as one run of bytes: beginning with
	// the batch that contains from or, where none does (compaction, a gap), the
	// next one; ending before the first batch whose last offset is not below to.
	// It gives as many as fit into bytesMax, or the first one whatever its size if
	// minOneMessage (KIP-74). Where a segment has nothing from there on it goes on
	// with the next. No bytes and no error: there is nothing in [from, to) that
	// fits. A from before the log's first batch reads from that batch; refusing it
	// is the caller's part. ErrNoLog; ErrCorrupt where the store itself finds
	// stored bytes damaged (a store may as well return them: callers check).
	Read(id ID, from, to engine.Offset, bytesMax int, minOneMessage bool) ([]byte, error)

	// FindTime gives the first batch whose largest timestamp is at least t and
	// whose last offset is at least from: by the segments' largest timestamps,
	// then by batch headers. false: there is none. ErrNoLog.
	FindTime(id ID, from engine.Offset, t batch.Timestamp) (batch.Batch, bool, error)

	// Roll closes the active segment and begins a new one at base, which must not
	// be below the end (ErrOffset). Rolling an empty segment replaces it.
	// LogSegments names it; created is the wall time, for segment.ms. ErrNoLog.
	Roll(id ID, base engine.Offset, created engine.WallTime) error

	// TruncateEnd removes every batch whose last offset is at least to, and every
	// segment whose base offset is above to; what remains last is the active
	// segment. If none remains, an empty one at to does (LocalLog.truncateTo).
	// ErrNoLog.
	TruncateEnd(id ID, to engine.Offset) error

	// TruncateStart removes the closed segments whose next one's base is at or below
	// before. The active segment stays. Log start offsets inside a segment are a record of the
	// caller's. Space comes back later. ErrNoLog.
	TruncateStart(id ID, before engine.Offset) error

	// Reset removes all batches and leaves one empty active segment at base
	// (LocalLog.truncateFullyAndStartAt). The log's records stay. ErrNoLog.
	Reset(id ID, base engine.Offset, created engine.WallTime) error

	// Replace puts segments in the place of the run of closed segments whose bases
	// lie in [from, to), all at once (LocalLog.replaceSegments, for compaction).
	// from must be the base of a closed segment and to that of the segment after
	// the run; the replacements, which may be empty, must be in order and lie in
	// [from, to): else ErrSegment. None at all is allowed. ErrNoLog, ErrFull.
	Replace(id ID, from, to engine.Offset, by []Replacement) error

	// SetRecord keeps a small record (at most RecordBytesMax) beside a log, or of
	// the store (StoreID); nil removes it. ErrNoLog, ErrFull, ErrTooLarge.
	SetRecord(id ID, key RecordKey, value []byte) error

	// Record gives a record's bytes, or nil if there is none. ErrNoLog.
	Record(id ID, key RecordKey) ([]byte, error)

	// RecordOffsets lists the offsets that have a record of this kind, in whatever
	// part, ascending and each once.
	// ErrNoLog.
	RecordOffsets(id ID, kind RecordKind) ([]engine.Offset, error)

	// LastSeq is the Seq of the last mutating call: who promises what it did waits
	// until DurableSeq has reached it.
	LastSeq() Seq

	// DurableSeq is the Seq up to which commits have been reported by Committed.
	DurableSeq() Seq

	// Flush asks that the next commit be synced to the medium, so that what was
	// done up to now outlives a loss of power, not only of the process (Kafka's
	// UnifiedLog.flush; flush.messages=1). A store that always syncs ignores it.
	Flush()

	// Seal gathers the mutating calls since the last Seal into a commit; false if
	// there were none and no Flush was asked for. Commits are run one at a time,
	// in the order of their sealing; sealing more before the first was run is fine.
	Seal() (Commit, bool)

	// Committed tells the store that all commits up to seq were run without error.
	// A commit that only flushes has the Seq of the one before it; each is reported
	// after it was run.
	Committed(seq Seq)

	// Fail tells the store that a commit's Run failed: from now on it is failed.
	Fail(err error)

	// Err is nil, or why the store is failed; errors.Is knows ErrFull and ErrFailed.
	Err() error

	// Space says how much room there is.
	Space() Space

	// Crash does what the sudden death of the process does (kill -9): all that no
	// run commit holds is undone, a failed store works again if the disk does.
	// LastSeq and DurableSeq become the Seq of the last operation that survived.
	// No Commit may be running meanwhile. The error is that of a disk that still
	// fails.
	Crash() error

	// Close ends the use of the store. What was not committed is lost, as in a
	// crash; commit first.
	Close() error
}

// Commit is a prefix of a store's operations on its way to the medium.
type Commit interface {
	// Seq is the last operation that it holds.
	Seq() Seq
	// Bytes is how much it writes, for a driver that models the disk's speed.
	Bytes() int64
	// Synced says whether it survives a loss of power once run.
	Synced() bool
	// Run makes it durable. It may be called on any goroutine, once, after the
	// commits sealed before it. On an error the driver calls Store.Fail and
	// reports the disk as failed.
	Run() error
}

// RecordKind says what a small record is. Values are part of the format on disk.
type RecordKind uint8

// The kinds of records. What a value holds is its owner's; kinds from
// RecordOwner on belong to packages above this one, which list theirs.
const (
	RecordHighWatermark    RecordKind = 1  // replication-offset-checkpoint
	RecordRecoveryPoint    RecordKind = 2  // recovery-point-offset-checkpoint
	RecordLogStartOffset   RecordKind = 3  // log-start-offset-checkpoint
	RecordLeaderEpochs     RecordKind = 4  // leader-epoch-checkpoint
	RecordProducerSnapshot RecordKind = 5  // <offset>.snapshot
	RecordTopicName        RecordKind = 6  // the directory's name, partition.metadata
	RecordCleanShutdown    RecordKind = 7  // .kafka_cleanshutdown (StoreID)
	RecordMetaProperties   RecordKind = 8  // meta.properties (StoreID)
	RecordQuorumState      RecordKind = 9  // quorum-state
	RecordCleanedTo        RecordKind = 10 // cleaner-offset-checkpoint
	RecordOffsetGaps       RecordKind = 11 // there: offsets may have gaps; Kafka has no such file

	RecordOwner RecordKind = 64
)

// RecordKey names a record of a log. Keys are ordered by kind, offset, part.
type RecordKey struct {
	Kind RecordKind
	// Offset tells several of one kind apart (producer snapshots); else 0.
	Offset engine.Offset
	// Part numbers the pieces, from 0, of what is larger than RecordBytesMax.
	Part int32
}

// RecordBytesMax bounds a record, so that any store can write it as one value in
// one transaction (Badger's are bounded by 15% of a memtable).
const RecordBytesMax = 64 << 10

// Space is how full a disk is, in bytes.
type Space struct {
	Used    int64 // by this store
	Free    int64 // that it may still use
	Reserve int64 // below this much free space the store fails
}

// What may be wrong with a call, or with the disk. See Store.
var (
	ErrNoLog     = errors.New("no such log")
	ErrLogExists = errors.New("log exists")
	ErrOffset    = errors.New("offset below the end of the log")
	ErrSegment   = errors.New("not a run of closed segments")
	ErrTooLarge  = errors.New("record too large")
	ErrCorrupt   = errors.New("stored bytes are damaged")
	ErrFull      = errors.New("disk full")
	ErrFailed    = errors.New("disk failed")
)
