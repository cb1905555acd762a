package oracle

import (
	"encoding/binary"
	"hash/crc32"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// record is one record of a batch to be produced; a nil key or value is null.
type record struct {
	key, value  []byte
	timestamp   int64 // ms; 0: now
	offsetDelta int32 // what the record says; its place where negative
}

func value(s string) record { return record{value: []byte(s), offsetDelta: -1} }

func valueAt(s string, timestamp int64) record {
	return record{value: []byte(s), timestamp: timestamp, offsetDelta: -1}
}

func keyed(key, val []byte) record { return record{key: key, value: val, offsetDelta: -1} }

// batchOptions are the header fields that a script sets; the zero value is an
// ordinary batch with no producer id.
type batchOptions struct {
	producerID    int64 // with idempotent
	producerEpoch int16
	baseSequence  int32
	idempotent    bool
	attributes    int16
	change        func(b *kmsg.RecordBatch) // before length and CRC are set
}

// Sizes of a magic-2 batch: what stands before the part that Length counts, and
// before the part that CRC covers.
const (
	batchLengthOffset = 8
	batchMagicOffset  = 16
	batchCRCOffset    = 17
	batchCRCEnd       = 21
	batchHeaderBytes  = 61
)

// newBatch makes a record batch of magic 2.
func newBatch(opt batchOptions, records ...record) []byte {
	now := time.Now().UnixMilli()
	b := kmsg.RecordBatch{
		PartitionLeaderEpoch: -1, Magic: 2, Attributes: opt.attributes,
		LastOffsetDelta: int32(len(records)) - 1, ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1,
		NumRecords: int32(len(records)),
	}
	if opt.idempotent {
		b.ProducerID, b.ProducerEpoch, b.FirstSequence = opt.producerID, opt.producerEpoch, opt.baseSequence
	}
	for i, rec := range records {
		at := rec.timestamp
		if at == 0 {
			at = now
		}
		if i == 0 {
			b.FirstTimestamp, b.MaxTimestamp = at, at
		}
		b.MaxTimestamp = max(b.MaxTimestamp, at)
		delta := rec.offsetDelta
		if delta < 0 {
			delta = int32(i)
		}
		b.Records = appendRecord(b.Records, rec, at-b.FirstTimestamp, delta)
		b.LastOffsetDelta = max(b.LastOffsetDelta, delta)
	}
	if opt.change != nil {
		opt.change(&b)
	}
	return seal(b.AppendTo(nil))
}

// appendRecord writes one record: length, attributes, timestamp delta, offset
// delta, key, value, no headers.
func appendRecord(dst []byte, rec record, timestampDelta int64, offsetDelta int32) []byte {
	body := []byte{0}
	body = binary.AppendVarint(body, timestampDelta)
	body = binary.AppendVarint(body, int64(offsetDelta))
	body = appendNullable(body, rec.key)
	body = appendNullable(body, rec.value)
	body = binary.AppendVarint(body, 0)
	dst = binary.AppendVarint(dst, int64(len(body)))
	return append(dst, body...)
}

func appendNullable(dst, b []byte) []byte {
	if b == nil {
		return binary.AppendVarint(dst, -1)
	}
	dst = binary.AppendVarint(dst, int64(len(b)))
	return append(dst, b...)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ieee is the checksum of messages before magic 2.
func ieee(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

// seal sets the length and the CRC of an encoded batch.
func seal(b []byte) []byte {
	binary.BigEndian.PutUint32(b[batchLengthOffset:], uint32(len(b)-batchLengthOffset-4))
	binary.BigEndian.PutUint32(b[batchCRCOffset:], crc32.Checksum(b[batchCRCEnd:], castagnoli))
	return b
}

// batchesOf describes what a Fetch brought: the headers, and the records of
// small batches. Of a batch that was cut off at the end only its size is told.
func batchesOf(b []byte) []Object {
	out := []Object{}
	for len(b) > 0 {
		if len(b) < batchHeaderBytes {
			return append(out, object("truncatedBytes", len(b)))
		}
		size := int(binary.BigEndian.Uint32(b[batchLengthOffset:])) + batchLengthOffset + 4
		if size > len(b) {
			return append(out, object("truncated", true))
		}
		out = append(out, batchOf(b[:size]))
		b = b[size:]
	}
	return out
}

func batchOf(raw []byte) Object {
	var b kmsg.RecordBatch
	if err := b.ReadFrom(raw); err != nil {
		return object("unreadable", err.Error())
	}
	o := object("baseOffset", b.FirstOffset, "lastOffsetDelta", b.LastOffsetDelta, "leaderEpoch", b.PartitionLeaderEpoch,
		"attributes", b.Attributes, "bytes", len(raw), "crcIsRight", uint32(b.CRC) == crc32.Checksum(raw[batchCRCEnd:], castagnoli))
	if b.ProducerID >= 0 {
		o = append(o, object("producerEpoch", b.ProducerEpoch, "baseSequence", b.FirstSequence)...)
	}
	o = append(o, Field{"count", b.NumRecords})
	const recordsBytesMax = 1000 // larger batches are told by size
	if len(b.Records) <= recordsBytesMax {
		o = append(o, Field{"records", recordsOf(b)})
	}
	return o
}

func recordsOf(b kmsg.RecordBatch) any {
	if codec := b.Attributes & 7; codec != 0 {
		return "compressed"
	}
	out := []Object{}
	for rest := b.Records; len(rest) > 0; {
		size, n := binary.Varint(rest)
		if n <= 0 || size < 0 || n+int(size) > len(rest) {
			return "unreadable"
		}
		var rec kmsg.Record
		if err := rec.ReadFrom(rest[:n+int(size)]); err != nil {
			return "unreadable"
		}
		out = append(out, object("offset", b.FirstOffset+int64(rec.OffsetDelta), "key", text(rec.Key), "value", text(rec.Value)))
		rest = rest[n+int(size):]
	}
	return out
}

func text(b []byte) any {
	if b == nil {
		return nil
	}
	return string(b)
}
