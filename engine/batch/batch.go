package batch

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"bitacora/engine"
)

// Where the fields of a magic-2 header lie, in bytes from the start of the
// batch (DefaultRecordBatch: "baseOffset => int64, batchLength => int32, ...").
const (
	baseOffsetAt           = 0
	lengthAt               = 8
	partitionLeaderEpochAt = 12
	magicAt                = 16
	crcAt                  = 17
	attributesAt           = 21
	lastOffsetDeltaAt      = 23
	baseTimestampAt        = 27
	maxTimestampAt         = 35
	producerIDAt           = 43
	producerEpochAt        = 51
	baseSequenceAt         = 53
	recordsCountAt         = 57

	// HeaderBytes is the size of a magic-2 header; the records follow it.
	HeaderBytes = 61
	// LogOverheadBytes is the base offset and the length, which the length
	// field does not count (Records.LOG_OVERHEAD).
	LogOverheadBytes = 12
	// Magic is the only record format that Bitácora stores.
	Magic = 2
)

// Bits of the attributes field.
const (
	codecMask        = 0x07
	timestampTypeBit = 0x08
	transactionalBit = 0x10
	controlBit       = 0x20
	deleteHorizonBit = 0x40
	knownBits        = 0x7f
)

// Timestamp is an instant as records carry it: milliseconds since the Unix
// epoch, chosen by the producer (CreateTime) or the leader (LogAppendTime).
type Timestamp = engine.WallTime

// NoTimestamp is Kafka's RecordBatch.NO_TIMESTAMP.
const NoTimestamp Timestamp = -1

// NoSequence is the base sequence of a batch whose producer is not idempotent
// (RecordBatch.NO_SEQUENCE).
const NoSequence int32 = -1

// NoProducerID and NoProducerEpoch mark a batch that no idempotent producer sent.
const (
	NoProducerID    engine.ProducerID    = -1
	NoProducerEpoch engine.ProducerEpoch = -1
)

// TimestampType says who chose the timestamps of a batch.
type TimestampType uint8

// The values of message.timestamp.type, as the attributes encode them.
const (
	CreateTime    TimestampType = 0
	LogAppendTime TimestampType = 1
)

// String gives the spelling of message.timestamp.type.
func (t TimestampType) String() string {
	if t == LogAppendTime {
		return "LogAppendTime"
	}
	return "CreateTime"
}

// Attributes is the attributes field of a header. Bits 7 and up are unused; Kafka
// accepts and keeps whatever they hold.
type Attributes int16

// Codec is the compression of the records, which may be one nobody knows (5-7).
func (a Attributes) Codec() Codec { return Codec(a & codecMask) }

// TimestampType says who chose the timestamps.
func (a Attributes) TimestampType() TimestampType {
	if a&timestampTypeBit != 0 {
		return LogAppendTime
	}
	return CreateTime
}

// Transactional tells whether the batch belongs to a transaction.
func (a Attributes) Transactional() bool { return a&transactionalBit != 0 }

// Control tells whether the records are for brokers, not for applications.
func (a Attributes) Control() bool { return a&controlBit != 0 }

// HasDeleteHorizon tells whether the base timestamp is the time from which the
// cleaner may drop tombstones (KIP-534).
func (a Attributes) HasDeleteHorizon() bool { return a&deleteHorizonBit != 0 }

// Batch is one whole magic-2 record batch: a view over its bytes, header first.
// Accessors read the header where it lies and allocate nothing; they may only be
// called on a Batch that Iterator, Builder or Parse made, which is at least a
// header long and exactly SizeInBytes long.
type Batch []byte

// BaseOffset is the offset of the first record that the batch was made with.
func (b Batch) BaseOffset() engine.Offset {
	return engine.Offset(binary.BigEndian.Uint64(b[baseOffsetAt:]))
}

// LastOffset is the offset of the last record; it survives compaction.
func (b Batch) LastOffset() engine.Offset {
	return b.BaseOffset() + engine.Offset(b.LastOffsetDelta())
}

// NextOffset is one past LastOffset.
func (b Batch) NextOffset() engine.Offset { return b.LastOffset() + 1 }

// SizeInBytes is the length of the whole batch, by its own length field.
func (b Batch) SizeInBytes() int {
	return LogOverheadBytes + int(int32(binary.BigEndian.Uint32(b[lengthAt:])))
}

// PartitionLeaderEpoch is the epoch of the leader that appended the batch; what a
// producer put there means nothing. The CRC does not cover it.
func (b Batch) PartitionLeaderEpoch() engine.LeaderEpoch {
	return engine.LeaderEpoch(binary.BigEndian.Uint32(b[partitionLeaderEpochAt:]))
}

// Magic is the format version.
func (b Batch) Magic() int8 { return int8(b[magicAt]) }

// CRC is the CRC-32C that the header claims.
func (b Batch) CRC() uint32 { return binary.BigEndian.Uint32(b[crcAt:]) }

// Attributes holds codec, timestamp type and flags.
func (b Batch) Attributes() Attributes {
	return Attributes(binary.BigEndian.Uint16(b[attributesAt:]))
}

// Codec is the compression of the records.
func (b Batch) Codec() Codec { return b.Attributes().Codec() }

// TimestampType says who chose the timestamps.
func (b Batch) TimestampType() TimestampType { return b.Attributes().TimestampType() }

// IsTransactional tells whether the batch belongs to a transaction.
func (b Batch) IsTransactional() bool { return b.Attributes().Transactional() }

// IsControl tells whether this is a control batch.
func (b Batch) IsControl() bool { return b.Attributes().Control() }

// LastOffsetDelta is LastOffset - BaseOffset. From outside it may be negative.
func (b Batch) LastOffsetDelta() int32 {
	return int32(binary.BigEndian.Uint32(b[lastOffsetDeltaAt:]))
}

// BaseTimestamp is what the records' timestamp deltas count from.
func (b Batch) BaseTimestamp() Timestamp {
	return Timestamp(binary.BigEndian.Uint64(b[baseTimestampAt:]))
}

// DeleteHorizon is when the cleaner may drop the tombstones in the batch; false
// where it has not yet been set. The base timestamp holds it (KIP-534).
func (b Batch) DeleteHorizon() (Timestamp, bool) {
	if !b.Attributes().HasDeleteHorizon() {
		return NoTimestamp, false
	}
	return b.BaseTimestamp(), true
}

// MaxTimestamp is the largest timestamp in the batch, or with LogAppendTime the
// timestamp of every record.
func (b Batch) MaxTimestamp() Timestamp {
	return Timestamp(binary.BigEndian.Uint64(b[maxTimestampAt:]))
}

// ProducerID is the idempotent producer's id, or NoProducerID.
func (b Batch) ProducerID() engine.ProducerID {
	return engine.ProducerID(binary.BigEndian.Uint64(b[producerIDAt:]))
}

// HasProducerID tells whether an idempotent producer made the batch.
func (b Batch) HasProducerID() bool { return b.ProducerID() > NoProducerID }

// ProducerEpoch is the producer's epoch, or NoProducerEpoch.
func (b Batch) ProducerEpoch() engine.ProducerEpoch {
	return engine.ProducerEpoch(binary.BigEndian.Uint16(b[producerEpochAt:]))
}

// BaseSequence is the sequence number of the first record, or NoSequence.
func (b Batch) BaseSequence() int32 {
	return int32(binary.BigEndian.Uint32(b[baseSequenceAt:]))
}

// LastSequence is the sequence number of the last record, or NoSequence.
func (b Batch) LastSequence() int32 {
	base := b.BaseSequence()
	if base == NoSequence {
		return NoSequence
	}
	return IncrementSequence(base, b.LastOffsetDelta())
}

// RecordsCount is the number of records that the header claims; compaction lowers
// it while LastOffsetDelta stays.
func (b Batch) RecordsCount() int32 {
	return int32(binary.BigEndian.Uint32(b[recordsCountAt:]))
}

// Records is what follows the header: the records, compressed if Codec says so.
func (b Batch) Records() []byte { return b[HeaderBytes:] }

// String describes the header, for traces and test failures.
func (b Batch) String() string {
	return fmt.Sprintf("batch(%d-%d epoch=%d records=%d bytes=%d codec=%v producer=%d/%d sequence=%d)",
		b.BaseOffset(), b.LastOffset(), b.PartitionLeaderEpoch(), b.RecordsCount(), len(b), b.Codec(),
		b.ProducerID(), b.ProducerEpoch(), b.BaseSequence())
}

// SetLastOffset moves the batch so that its last record gets the given offset, as
// DefaultRecordBatch.setLastOffset does. The CRC does not cover the base offset.
func (b Batch) SetLastOffset(last engine.Offset) {
	b.SetBaseOffset(last - engine.Offset(b.LastOffsetDelta()))
}

// SetBaseOffset gives the first record its offset. The CRC does not cover it.
func (b Batch) SetBaseOffset(base engine.Offset) {
	binary.BigEndian.PutUint64(b[baseOffsetAt:], uint64(base))
}

// SetPartitionLeaderEpoch marks the batch with the epoch of the leader that
// appends it. The CRC does not cover it.
func (b Batch) SetPartitionLeaderEpoch(epoch engine.LeaderEpoch) {
	binary.BigEndian.PutUint32(b[partitionLeaderEpochAt:], uint32(epoch))
}

// SetMaxTimestamp sets who chose the timestamps and the largest of them, and
// computes the CRC anew, but only where something changes
// (DefaultRecordBatch.setMaxTimestamp). With LogAppendTime the records' own
// timestamps, and the base timestamp, stay as they were: readers take the largest.
// Attribute bits that mean nothing are cleared, as Kafka does when it rewrites.
func (b Batch) SetMaxTimestamp(kind TimestampType, largest Timestamp) {
	if b.TimestampType() == kind && b.MaxTimestamp() == largest {
		return
	}
	attributes := b.Attributes() & knownBits &^ timestampTypeBit
	if kind == LogAppendTime {
		attributes |= timestampTypeBit
	}
	binary.BigEndian.PutUint16(b[attributesAt:], uint16(attributes))
	binary.BigEndian.PutUint64(b[maxTimestampAt:], uint64(largest))
	b.SetCRC()
}

// SetProducer gives the batch its idempotent producer and computes the CRC anew.
func (b Batch) SetProducer(id engine.ProducerID, epoch engine.ProducerEpoch, baseSequence int32) {
	binary.BigEndian.PutUint64(b[producerIDAt:], uint64(id))
	binary.BigEndian.PutUint16(b[producerEpochAt:], uint16(epoch))
	binary.BigEndian.PutUint32(b[baseSequenceAt:], uint32(baseSequence))
	b.SetCRC()
}

// ComputeCRC is the CRC-32C of everything from the attributes to the end.
func (b Batch) ComputeCRC() uint32 {
	return crc32.Checksum(b[attributesAt:], crc32.MakeTable(crc32.Castagnoli))
}

// SetCRC writes ComputeCRC into the header.
func (b Batch) SetCRC() {
	binary.BigEndian.PutUint32(b[crcAt:], b.ComputeCRC())
}

// IncrementSequence adds to a sequence number, which wraps from 2^31-1 to 0
// (DefaultRecordBatch.incrementSequence).
func IncrementSequence(sequence, by int32) int32 {
	if sequence > maxSequence-by {
		return by - (maxSequence - sequence) - 1
	}
	return sequence + by
}

// DecrementSequence is the inverse of IncrementSequence.
func DecrementSequence(sequence, by int32) int32 {
	if sequence < by {
		return maxSequence - (by - sequence) + 1
	}
	return sequence - by
}

const maxSequence = 1<<31 - 1
