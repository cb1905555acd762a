package batch

import (
	"encoding/binary"

	"bitacora/engine"
)

// recordOverheadBytesMax bounds what a record adds to its key, value and headers:
// length 5, attributes 1, timestamp delta 10, offset delta 5
// (DefaultRecord.MAX_RECORD_OVERHEAD).
const recordOverheadBytesMax = 21

// Options are the header fields that a batch is built with. The zero value is a
// plain batch at offset 0 of no producer, not compressed, CreateTime.
type Options struct {
	BaseOffset    engine.Offset
	LeaderEpoch   engine.LeaderEpoch
	Codec         Codec
	Level         int // of Codec; DefaultLevel is its own
	TimestampType TimestampType
	// AppendTime is the time of every record when TimestampType is LogAppendTime.
	AppendTime Timestamp
	// HasProducer says that ProducerID, ProducerEpoch and BaseSequence mean
	// something; else they are written as -1.
	HasProducer   bool
	ProducerID    engine.ProducerID
	ProducerEpoch engine.ProducerEpoch
	BaseSequence  int32
	Transactional bool
	Control       bool
	// HasDeleteHorizon: DeleteHorizon is when the cleaner may drop the tombstones
	// in the batch (KIP-534). It takes the place of the base timestamp.
	HasDeleteHorizon bool
	DeleteHorizon    Timestamp
	// SizeHintBytes is about how large the records will be (batch.size), so that
	// the builder need not grow step by step; 0 when unknown.
	SizeHintBytes int
}

// OptionsOf gives what a batch was built with, to build what remains of it.
func OptionsOf(b Batch) Options {
	horizon, hasHorizon := b.DeleteHorizon()
	return Options{
		BaseOffset: b.BaseOffset(), LeaderEpoch: b.PartitionLeaderEpoch(), Codec: b.Codec(),
		TimestampType: b.TimestampType(), AppendTime: b.MaxTimestamp(),
		HasProducer: true, ProducerID: b.ProducerID(), ProducerEpoch: b.ProducerEpoch(), BaseSequence: b.BaseSequence(),
		Transactional: b.IsTransactional(), Control: b.IsControl(),
		HasDeleteHorizon: hasHorizon, DeleteHorizon: horizon,
	}
}

// Emptied gives a batch's header without its records: what is left of a batch
// whose offsets and sequence numbers still count (DefaultRecordBatch.writeEmptyHeader).
func Emptied(b Batch) Batch {
	o := OptionsOf(b)
	o.Codec, o.HasDeleteHorizon = None, false
	e := Builder{options: o, baseTimestamp: NoTimestamp, maxTimestamp: b.MaxTimestamp(), lastDelta: b.LastOffsetDelta()}
	out := make([]byte, HeaderBytes)
	e.writeHeader(out)
	return out
}

// Builder encodes records into one batch, as MemoryRecordsBuilder does. Equal
// options and records give equal bytes everywhere. A Builder may be used again
// after Reset; what Build returned then belongs to whoever got it.
type Builder struct {
	options       Options
	records       []byte // a header's room, then the records, not compressed
	baseTimestamp Timestamp
	maxTimestamp  Timestamp
	lastDelta     int32
	count         int32
}

// NewBuilder begins a batch.
func NewBuilder(options Options) *Builder {
	b := new(Builder)
	b.Reset(options)
	return b
}

// Reset begins another batch; the bytes of a former one are not touched.
func (b *Builder) Reset(options Options) {
	*b = Builder{options: options, maxTimestamp: NoTimestamp, lastDelta: -1}
}

// Count is how many records were appended.
func (b *Builder) Count() int { return int(b.count) }

// SizeInBytes is the size of the batch so far, as if it were not compressed.
func (b *Builder) SizeInBytes() int { return max(HeaderBytes, len(b.records)) }

// NextOffset is the offset that Append gives the next record.
func (b *Builder) NextOffset() engine.Offset {
	return b.options.BaseOffset + engine.Offset(b.lastDelta) + 1
}

// Append adds a record at the next offset. A nil key or value is null.
func (b *Builder) Append(at Timestamp, key, value []byte, headers ...Header) {
	b.AppendAt(b.NextOffset(), at, key, value, headers...)
}

// AppendAt adds a record at an offset of its own, at least NextOffset: the
// offsets of a compacted batch have gaps.
func (b *Builder) AppendAt(offset engine.Offset, at Timestamp, key, value []byte, headers ...Header) {
	offsetDelta, timestampDelta := b.place(offset, at)
	size := recordBodySize(offsetDelta, timestampDelta, key, value)
	size += sizeOfVarint(int32(len(headers)))
	for i := range headers {
		size += sizeOfVarint(int32(len(headers[i].Key))) + len(headers[i].Key) + sizeOfField(headers[i].Value)
	}
	b.appendBody(size, offsetDelta, timestampDelta, key, value)
	b.records = appendVarint(b.records, int32(len(headers)))
	for i := range headers {
		b.records = appendVarint(b.records, int32(len(headers[i].Key)))
		b.records = append(b.records, headers[i].Key...)
		b.records = appendField(b.records, headers[i].Value)
	}
}

// AppendRecord copies a record of another batch, headers and all, to an offset.
func (b *Builder) AppendRecord(offset engine.Offset, r *Record) {
	offsetDelta, timestampDelta := b.place(offset, r.Timestamp)
	size := recordBodySize(offsetDelta, timestampDelta, r.Key, r.Value)
	size += sizeOfVarint(int32(r.HeadersCount)) + len(r.headers)
	b.appendBody(size, offsetDelta, timestampDelta, r.Key, r.Value)
	b.records = appendVarint(b.records, int32(r.HeadersCount))
	b.records = append(b.records, r.headers...)
}

// place takes a record's offset and time into the header's counts.
func (b *Builder) place(offset engine.Offset, at Timestamp) (offsetDelta int32, timestampDelta int64) {
	if offset < b.NextOffset() || offset-b.options.BaseOffset > maxOffsetDelta {
		engine.Violated("OffsetsGrowInBatch", "base=%d next=%d offset=%d", b.options.BaseOffset, b.NextOffset(), offset)
	}
	if b.count == 0 {
		b.baseTimestamp = at
		if b.options.HasDeleteHorizon {
			b.baseTimestamp = b.options.DeleteHorizon
		}
		if b.records == nil {
			b.records = make([]byte, HeaderBytes, max(builderBytesInitial, HeaderBytes+b.options.SizeHintBytes))
		}
	}
	b.maxTimestamp = max(b.maxTimestamp, at)
	b.count++
	b.lastDelta = int32(offset - b.options.BaseOffset)
	return b.lastDelta, int64(at - b.baseTimestamp)
}

// builderBytesInitial holds a few small records before the first growth.
const builderBytesInitial = 512

func (b *Builder) appendBody(size int, offsetDelta int32, timestampDelta int64, key, value []byte) {
	b.records = appendVarint(b.records, int32(size))
	b.records = append(b.records, 0) // attributes of a record: none are defined
	b.records = appendVarlong(b.records, timestampDelta)
	b.records = appendVarint(b.records, offsetDelta)
	b.records = appendField(b.records, key)
	b.records = appendField(b.records, value)
}

// EndAt makes the batch end at an offset after its last record: those behind it
// were removed (MemoryRecordsBuilder.overrideLastOffset).
func (b *Builder) EndAt(last engine.Offset) {
	delta := last - b.options.BaseOffset
	if delta < engine.Offset(b.lastDelta) || delta > maxOffsetDelta {
		engine.Violated("OffsetsGrowInBatch", "base=%d next=%d end=%d", b.options.BaseOffset, b.NextOffset(), last)
	}
	b.lastDelta = int32(delta)
}

// Build ends the batch, compressing with codecs (nil makes new ones), and returns
// bytes of their own. At least one record is needed. A codec that Kafka does not
// know is an UnknownCodec error.
func (b *Builder) Build(codecs *Codecs) (Batch, error) {
	if b.count == 0 {
		engine.Violated("BatchHasRecords", "base=%d", b.options.BaseOffset)
	}
	out := b.records
	b.records = nil
	if b.options.Codec != None {
		if codecs == nil {
			codecs = new(Codecs)
		}
		head := make([]byte, HeaderBytes, HeaderBytes+len(out)/2)
		compressed, err := codecs.CompressAt(head, b.options.Codec, b.options.Level, out[HeaderBytes:])
		if err != nil {
			return nil, err
		}
		out = compressed
	}
	b.writeHeader(out)
	return Batch(out), nil
}

func (b *Builder) writeHeader(out []byte) {
	o := b.options
	attributes := Attributes(o.Codec) & codecMask
	baseTimestamp, maxTimestamp := b.baseTimestamp, b.maxTimestamp
	if o.TimestampType == LogAppendTime {
		attributes |= timestampTypeBit
		maxTimestamp = o.AppendTime
	}
	if o.Transactional {
		attributes |= transactionalBit
	}
	if o.Control {
		attributes |= controlBit
	}
	if o.HasDeleteHorizon {
		attributes |= deleteHorizonBit
	}
	id, epoch, sequence := NoProducerID, NoProducerEpoch, NoSequence
	if o.HasProducer {
		id, epoch, sequence = o.ProducerID, o.ProducerEpoch, o.BaseSequence
	}
	binary.BigEndian.PutUint64(out[baseOffsetAt:], uint64(o.BaseOffset))
	binary.BigEndian.PutUint32(out[lengthAt:], uint32(len(out)-LogOverheadBytes))
	binary.BigEndian.PutUint32(out[partitionLeaderEpochAt:], uint32(o.LeaderEpoch))
	out[magicAt] = Magic
	binary.BigEndian.PutUint16(out[attributesAt:], uint16(attributes))
	binary.BigEndian.PutUint32(out[lastOffsetDeltaAt:], uint32(b.lastDelta))
	binary.BigEndian.PutUint64(out[baseTimestampAt:], uint64(baseTimestamp))
	binary.BigEndian.PutUint64(out[maxTimestampAt:], uint64(maxTimestamp))
	binary.BigEndian.PutUint64(out[producerIDAt:], uint64(id))
	binary.BigEndian.PutUint16(out[producerEpochAt:], uint16(epoch))
	binary.BigEndian.PutUint32(out[baseSequenceAt:], uint32(sequence))
	binary.BigEndian.PutUint32(out[recordsCountAt:], uint32(b.count))
	Batch(out).SetCRC()
}

// RecordSizeInBytes is what Append would add for this record
// (DefaultRecord.sizeInBytes).
func (b *Builder) RecordSizeInBytes(at Timestamp, key, value []byte, headers ...Header) int {
	timestampDelta := int64(0)
	if b.count > 0 {
		timestampDelta = int64(at - b.baseTimestamp)
	}
	size := recordBodySize(b.lastDelta+1, timestampDelta, key, value) + sizeOfVarint(int32(len(headers)))
	for i := range headers {
		size += sizeOfVarint(int32(len(headers[i].Key))) + len(headers[i].Key) + sizeOfField(headers[i].Value)
	}
	return sizeOfVarint(int32(size)) + size
}

// RecordSizeUpperBound bounds what a record adds to a batch that is not
// compressed, whatever its deltas (DefaultRecord.recordSizeUpperBound).
func RecordSizeUpperBound(key, value []byte, headers ...Header) int {
	size := recordOverheadBytesMax + sizeOfField(key) + sizeOfField(value) + sizeOfVarint(int32(len(headers)))
	for i := range headers {
		size += sizeOfVarint(int32(len(headers[i].Key))) + len(headers[i].Key) + sizeOfField(headers[i].Value)
	}
	return size
}

func recordBodySize(offsetDelta int32, timestampDelta int64, key, value []byte) int {
	return 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta) + sizeOfField(key) + sizeOfField(value)
}

func sizeOfField(field []byte) int {
	if field == nil {
		return 1
	}
	return sizeOfVarint(int32(len(field))) + len(field)
}

func appendField(to, field []byte) []byte {
	if field == nil {
		return appendVarint(to, -1)
	}
	to = appendVarint(to, int32(len(field)))
	return append(to, field...)
}

// maxOffsetDelta is the largest that the header's lastOffsetDelta holds.
const maxOffsetDelta = 1<<31 - 1
