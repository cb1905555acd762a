package batch

import (
	"encoding/binary"
	"math/bits"

	"bitacora/engine"
)

// Record is one record, as DefaultRecord reads it. Key, Value and headers are
// views over the (decompressed) batch: valid as long as that is, and not to be
// changed. A nil Key or Value is Kafka's null; an empty one is not nil.
type Record struct {
	Offset       engine.Offset
	Timestamp    Timestamp // with LogAppendTime, the batch's MaxTimestamp
	Sequence     int32     // NoSequence without an idempotent producer
	Key          []byte
	Value        []byte
	HeadersCount int
	SizeInBytes  int // encoded, with its length prefix
	headers      []byte
}

// Header is one header of a record; a nil Value is null.
type Header struct {
	Key   string
	Value []byte
}

// HeaderView is a header that is not copied: Key is UTF-8 from outside, unchecked.
type HeaderView struct {
	Key   []byte
	Value []byte
}

// Headers hands out the headers in order: for h := range record.Headers.
func (r *Record) Headers(yield func(HeaderView) bool) {
	rest := r.headers
	for range r.HeadersCount {
		// The iterator walked these bytes before it handed the record out.
		key, after, _ := readBytes(rest)
		value, after, _ := readBytes(after)
		rest = after
		if !yield(HeaderView{Key: key, Value: value}) {
			return
		}
	}
}

// RecordIterator cuts the records of one batch. It allocates nothing.
type RecordIterator struct {
	rest          []byte
	batch         Batch
	baseOffset    engine.Offset
	baseTimestamp Timestamp
	appendTime    Timestamp
	baseSequence  int32
	count         int32
	read          int32
	isAppendTime  bool
	record        Record
	err           error
}

// Iterate begins at the first record, decompressing with codecs (nil makes new
// ones). Records of a compressed batch are valid until the codecs' next use.
func (b Batch) Iterate(codecs *Codecs) RecordIterator {
	it := RecordIterator{
		batch:         b,
		baseOffset:    b.BaseOffset(),
		baseTimestamp: b.BaseTimestamp(),
		baseSequence:  b.BaseSequence(),
		count:         b.RecordsCount(),
		isAppendTime:  b.TimestampType() == LogAppendTime,
		appendTime:    b.MaxTimestamp(),
	}
	if it.count < 0 {
		it.err = defect(InvalidRecord, "Found invalid record count %d in magic v%d batch", it.count, Magic)
		return it
	}
	// Kafka looks no further into a batch that says it is empty.
	if it.count == 0 {
		return it
	}
	it.rest = b.Records()
	if codec := b.Codec(); codec != None {
		if codecs == nil {
			codecs = new(Codecs)
		}
		it.rest, it.err = codecs.Decompress(codec, it.rest)
	}
	return it
}

// Next moves to the next record. False means the end or a defect; Err tells which.
func (it *RecordIterator) Next() bool {
	if it.err != nil || it.read >= it.count {
		return false
	}
	if !it.readRecord() {
		return false
	}
	it.read++
	if it.read == it.count && len(it.rest) > 0 {
		it.err = defect(InvalidRecord, "Incorrect declared batch size, records still remaining in file")
		return false
	}
	return true
}

// Record is the record that Next found; Next overwrites it.
func (it *RecordIterator) Record() *Record { return &it.record }

// Err is the defect that ended the iteration, an *Error, or nil.
func (it *RecordIterator) Err() error { return it.err }

func (it *RecordIterator) readRecord() bool {
	if len(it.rest) == 0 {
		it.err = defect(InvalidRecord, "Incorrect declared batch size, premature EOF reached")
		return false
	}
	size, body, ok := readVarint(it.rest)
	if !ok {
		return it.invalid("Found invalid record structure")
	}
	if size < 0 || int64(size) > int64(len(body)) {
		it.err = defect(InvalidRecord, "Invalid record size: expected %d bytes in record payload, but instead the buffer has only %d remaining bytes.", size, len(body))
		return false
	}
	after := body[size:]
	if !it.readBody(body[:size]) {
		return false
	}
	it.record.SizeInBytes = len(it.rest) - len(after)
	it.rest = after
	return true
}

func (it *RecordIterator) readBody(body []byte) bool {
	r := &it.record
	if len(body) == 0 {
		return it.invalid("Found invalid record structure")
	}
	body = body[1:] // a record's own attributes are unused, and not checked
	timestampDelta, body, okTimestamp := readVarlong(body)
	offsetDelta, body, okOffset := readVarint(body)
	if !okTimestamp || !okOffset {
		return it.invalid("Found invalid record structure")
	}
	var okKey, okValue, okCount bool
	r.Key, body, okKey = readBytes(body)
	r.Value, body, okValue = readBytes(body)
	headersCount, body, okCount := readVarint(body)
	if !okKey || !okValue || !okCount {
		return it.invalid("Found invalid record structure")
	}
	if headersCount < 0 || int(headersCount) > len(body) {
		return it.invalid("Found invalid number of record headers")
	}
	r.headers, r.HeadersCount = body, int(headersCount)
	for range headersCount {
		key, rest, ok := readBytes(body)
		if !ok || key == nil {
			return it.invalid("Found invalid record header key")
		}
		if _, rest, ok = readBytes(rest); !ok {
			return it.invalid("Found invalid record header value")
		}
		body = rest
	}
	if len(body) != 0 {
		return it.invalid("Invalid record size: more bytes in record payload than fields to read")
	}
	r.Offset = it.baseOffset + engine.Offset(offsetDelta)
	r.Timestamp = it.baseTimestamp + Timestamp(timestampDelta)
	if it.isAppendTime {
		r.Timestamp = it.appendTime
	}
	r.Sequence = NoSequence
	if it.baseSequence >= 0 {
		r.Sequence = IncrementSequence(it.baseSequence, offsetDelta)
	}
	return true
}

func (it *RecordIterator) invalid(message string) bool {
	it.err = defect(InvalidRecord, "%s", message)
	return false
}

// readBytes reads a varint length and that many bytes; a negative length is null.
func readBytes(from []byte) (field, rest []byte, ok bool) {
	size, rest, ok := readVarint(from)
	if !ok || int64(size) > int64(len(rest)) {
		return nil, rest, false
	}
	if size < 0 {
		return nil, rest, true
	}
	return rest[:size:size], rest[size:], true
}

// readVarint reads a zigzag varint of at most five bytes (ByteUtils.readVarint).
func readVarint(from []byte) (int32, []byte, bool) {
	if len(from) > 0 && from[0] < 0x80 {
		v := uint32(from[0])
		return int32(v>>1) ^ -int32(v&1), from[1:], true
	}
	var v uint32
	for i := 0; i < len(from) && i < varintBytesMax; i++ {
		v |= uint32(from[i]&0x7f) << (7 * i)
		if from[i] < 0x80 {
			return int32(v>>1) ^ -int32(v&1), from[i+1:], true
		}
	}
	return 0, from, false
}

// readVarlong reads a zigzag varint of at most ten bytes (ByteUtils.readVarlong).
func readVarlong(from []byte) (int64, []byte, bool) {
	if len(from) > 0 && from[0] < 0x80 {
		v := uint64(from[0])
		return int64(v>>1) ^ -int64(v&1), from[1:], true
	}
	var v uint64
	for i := 0; i < len(from) && i < varlongBytesMax; i++ {
		v |= uint64(from[i]&0x7f) << (7 * i)
		if from[i] < 0x80 {
			return int64(v>>1) ^ -int64(v&1), from[i+1:], true
		}
	}
	return 0, from, false
}

const (
	varintBytesMax  = 5
	varlongBytesMax = binary.MaxVarintLen64
)

func appendVarint(to []byte, v int32) []byte {
	return binary.AppendUvarint(to, uint64(uint32(v<<1)^uint32(v>>31)))
}

func appendVarlong(to []byte, v int64) []byte {
	return binary.AppendVarint(to, v)
}

func sizeOfVarint(v int32) int {
	return uvarintSize(uint64(uint32(v<<1) ^ uint32(v>>31)))
}

func sizeOfVarlong(v int64) int {
	return uvarintSize(uint64(v<<1) ^ uint64(v>>63))
}

// uvarintSize is one byte for each seven bits begun.
func uvarintSize(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }
