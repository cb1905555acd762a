package log

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// Log is one replica's log.
type Log struct {
	id     ID
	name   engine.TopicPartition
	store  Store
	config Config

	segments       []Segment // as the store has them; the last is active
	leo            engine.Offset
	logStartOffset engine.Offset
	highWatermark  engine.Offset
	recoveryPoint  engine.Offset
	epochs         epochCache
	producers      producerState

	cleanedTo engine.Offset // see CleanedTo
	cuts      uint32        // truncations below the active segment, in this life
	swaps     uint32        // see Swaps
	gaps      bool          // offsets may have gaps between batches

	unflushed               int64         // records appended since the last flush
	highWatermarkCheckpoint engine.Offset // what the store's record says
}

// Config is what of a topic's configuration its log looks at, by Kafka's names.
type Config struct {
	SegmentBytes         int           // segment.bytes
	SegmentMs            time.Duration // segment.ms
	SegmentJitter        time.Duration // segment.jitter.ms
	JitterSeed           uint64        // sets the jitter of this replica apart from the others'
	MaxMessageBytes      int           // max.message.bytes; 0 is no limit
	MessageTimestampType batch.TimestampType
	TimestampBeforeMax   time.Duration // message.timestamp.before.max.ms; the largest Duration is no limit
	TimestampAfterMax    time.Duration // message.timestamp.after.max.ms
	Compact              bool          // cleanup.policy has compact
	Delete               bool          // cleanup.policy has delete
	DeleteRetention      time.Duration // delete.retention.ms
	MinCompactionLag     time.Duration // min.compaction.lag.ms
	MaxCompactionLag     time.Duration // max.compaction.lag.ms
	RetentionMs          time.Duration // retention.ms; negative is no limit
	RetentionBytes       int64         // retention.bytes; negative is no limit
	Recompress           bool          // compression.type names a codec
	Codec                batch.Codec   // that codec
	Level                int           // compression.<codec>.level; batch.DefaultLevel is its own
	FlushMessages        int64         // flush.messages
	ProducerIDExpiration time.Duration // producer.id.expiration.ms
}

// DefaultConfig is Kafka's for a topic of which nothing was said.
func DefaultConfig() Config {
	return Config{
		SegmentBytes:         1 << 30,
		SegmentMs:            7 * 24 * time.Hour,
		MaxMessageBytes:      1048588,
		TimestampBeforeMax:   1<<63 - 1,
		TimestampAfterMax:    time.Hour,
		Delete:               true,
		DeleteRetention:      24 * time.Hour,
		MaxCompactionLag:     1<<63 - 1,
		RetentionMs:          7 * 24 * time.Hour,
		RetentionBytes:       -1,
		FlushMessages:        1<<63 - 1,
		ProducerIDExpiration: 24 * time.Hour,
	}
}

// MetadataConfig is that of the KRaft metadata log (KafkaRaftLog.createLog): never
// cleaned by time or size, but through snapshots.
func MetadataConfig() Config {
	c := DefaultConfig()
	c.MaxMessageBytes = 0
	c.Delete = false
	c.RetentionMs = -1
	return c
}

// What a log refuses. The broker makes error codes of them; errors of validation
// are the batch package's, those of the disk are the Store's.
var (
	// ErrOffsetOutOfRange: a read or a new log start offset outside the log
	// [OFFSET_OUT_OF_RANGE].
	ErrOffsetOutOfRange = errors.New("offset out of range")
	// ErrOutOfOrderSequence: an idempotent producer left something out, or sends
	// again what is not remembered [OUT_OF_ORDER_SEQUENCE_NUMBER].
	ErrOutOfOrderSequence = errors.New("out of order sequence number")
	// ErrInvalidProducerEpoch: a newer instance of the producer wrote since
	// [INVALID_PRODUCER_EPOCH].
	ErrInvalidProducerEpoch = errors.New("invalid producer epoch")
	// ErrUnexpectedOffset: a follower was given batches that begin below its end
	// (UnexpectedAppendOffsetException).
	ErrUnexpectedOffset = errors.New("unexpected offset in append")
	// ErrOffsetsOutOfOrder: offsets in one append do not grow
	// (OffsetsOutOfOrderException).
	ErrOffsetsOutOfOrder = errors.New("offsets out of order")
	// ErrLargerThanSegment: an append that no segment can hold [RECORD_LIST_TOO_LARGE].
	ErrLargerThanSegment = errors.New("append larger than segment.bytes")
	// ErrWrongEpoch: a Raft leader's batches that do not carry its epoch.
	ErrWrongEpoch = errors.New("batch of another leader epoch")
)

// Create makes a new, empty log that begins at offset 0.
func Create(store Store, id ID, name engine.TopicPartition, config Config, now engine.WallTime) (*Log, error) {
	if err := store.Create(id, 0, now); err != nil {
		return nil, fmt.Errorf("create %v: %w", name, err)
	}
	l := &Log{id: id, name: name, store: store, config: config}
	return l, l.reloadSegments()
}

// Delete removes a log, open or not, with all that belongs to it.
func Delete(store Store, id ID) error { return store.Delete(id) }

// Clone gives a copy over a clone of its store.
func (l *Log) Clone(store Store) *Log {
	c := *l
	c.store = store
	c.segments = slices.Clone(l.segments)
	c.epochs.entries = slices.Clone(l.epochs.entries)
	c.producers = l.producers.clone()
	return &c
}

// ID names the log in its store.
func (l *Log) ID() ID { return l.id }

// Name is the topic and partition that the log was opened as.
func (l *Log) Name() engine.TopicPartition { return l.name }

// Config is the configuration in use.
func (l *Log) Config() Config { return l.config }

// SetConfig changes the configuration. It holds from the next call on.
func (l *Log) SetConfig(c Config) { l.config = c }

// LogEndOffset is the offset that the next record gets (LEO).
func (l *Log) LogEndOffset() engine.Offset { return l.leo }

// LogStartOffset is the first offset that may be read.
func (l *Log) LogStartOffset() engine.Offset { return l.logStartOffset }

// HighWatermark is the offset below which records are committed, as this replica
// knows it.
func (l *Log) HighWatermark() engine.Offset { return l.highWatermark }

// LastStableOffset is the offset below which transactions are decided. There are
// none yet, so it is the high watermark.
func (l *Log) LastStableOffset() engine.Offset { return l.highWatermark }

// RecoveryPoint is the offset from which an unclean restart has to look.
func (l *Log) RecoveryPoint() engine.Offset { return l.recoveryPoint }

// Segments describes the segments; valid until the next call that changes the log.
func (l *Log) Segments() []Segment { return l.segments }

// Size is the size of the batches, in bytes.
func (l *Log) Size() int64 {
	var n int64
	for i := range l.segments {
		n += l.segments[i].Bytes
	}
	return n
}

// Isolation says how far a reader may see (FetchIsolation).
type Isolation uint8

// Followers read to the log end, consumers to the high watermark or, with
// read_committed, to the last stable offset.
const (
	LogEnd Isolation = iota
	HighWatermark
	TxnCommitted
)

// End is the first offset that a reader of this isolation does not see.
func (l *Log) End(isolation Isolation) engine.Offset {
	if isolation == LogEnd {
		return l.leo
	}
	return l.highWatermark
}

// Read gives whole batches from the one that holds offset from on, as the store
// has them, below the isolation's end: as many as fit into bytesMax, at least one
// if minOneMessage (UnifiedLog.read). The bytes are immutable. No bytes: nothing
// there, or nothing that fits. ErrOffsetOutOfRange below the log start offset or
// above the log end offset.
func (l *Log) Read(from engine.Offset, isolation Isolation, bytesMax int, minOneMessage bool) ([]byte, error) {
	if from < l.logStartOffset || from > l.leo {
		return nil, fmt.Errorf("read %v at %d, log is [%d, %d]: %w", l.name, from, l.logStartOffset, l.leo, ErrOffsetOutOfRange)
	}
	end := l.End(isolation)
	if from >= end {
		return nil, nil
	}
	run, err := l.store.Read(l.id, from, end, bytesMax, minOneMessage)
	if err != nil {
		return nil, fmt.Errorf("read %v at %d: %w", l.name, from, err)
	}
	return run, nil
}

// UpdateHighWatermark sets the high watermark, within log start offset and log end
// offset, and gives the new value. Followers and recovery use it; it may go back.
func (l *Log) UpdateHighWatermark(to engine.Offset) engine.Offset {
	l.highWatermark = min(max(to, l.logStartOffset), l.leo)
	return l.highWatermark
}

// MaybeIncrementHighWatermark raises the high watermark, as a leader does, and
// tells whether it moved. Above the log end offset is a mistake of ours.
func (l *Log) MaybeIncrementHighWatermark(to engine.Offset) bool {
	if to > l.leo {
		engine.Violated("HighWatermarkWithinLog", "%v hw=%d leo=%d", l.name, to, l.leo)
	}
	if to <= l.highWatermark {
		return false
	}
	l.highWatermark = to
	return true
}

// MaybeIncrementLogStartOffset raises the log start offset (DeleteRecords, a
// follower of a leader that did, retention) and tells whether it moved. Above the
// high watermark: ErrOffsetOutOfRange. Segments below go with DeleteOldSegments.
func (l *Log) MaybeIncrementLogStartOffset(to engine.Offset) (bool, error) {
	if to > l.highWatermark {
		return false, fmt.Errorf("raise log start offset of %v to %d, high watermark is %d: %w", l.name, to, l.highWatermark, ErrOffsetOutOfRange)
	}
	if to <= l.logStartOffset {
		return false, nil
	}
	if err := l.setLogStartOffset(to); err != nil {
		return false, err
	}
	if l.epochs.truncateFromStart(to) {
		if err := l.writeEpochs(); err != nil {
			return false, err
		}
	}
	return true, l.producers.onLogStartOffsetIncremented(l, to)
}

func (l *Log) setLogStartOffset(to engine.Offset) error {
	l.logStartOffset = to
	return l.writeOffset(RecordLogStartOffset, to)
}

// active is the segment that takes appends.
func (l *Log) active() *Segment { return &l.segments[len(l.segments)-1] }

// reloadSegments looks at the store's segments anew.
func (l *Log) reloadSegments() error {
	segments, err := l.store.Segments(l.id)
	if err != nil {
		return fmt.Errorf("segments of %v: %w", l.name, err)
	}
	l.segments = append(l.segments[:0], segments...)
	l.leo = l.active().Next
	return nil
}
