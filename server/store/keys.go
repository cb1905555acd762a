package store

import (
	"encoding/binary"
	"fmt"
	"math"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// First bytes of keys. Values are part of the format on disk.
const (
	tagSeq      = 'q'
	tagLog      = 'l'
	tagSegment  = 's'
	tagRecord   = 'r'
	tagBatch    = 'b'
	tagGrave    = 'g'
	tagSentinel = 'z' // written and dropped again, to flush the memtables
)

// Sizes of keys, in bytes.
const (
	idKeyBytes     = 9
	logKeyBytes    = 21
	offsetKeyBytes = 17
	batchPartBytes = 2
	recordKeyBytes = 22
)

// limitOpen is the limit of a file that has none.
const limitOpen engine.Offset = math.MaxInt64

func idKey(tag byte, id uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{tag}, id)
}

func logKey(id log.ID) []byte {
	key := make([]byte, 0, logKeyBytes)
	key = append(key, tagLog)
	key = append(key, id.Topic[:]...)
	return binary.BigEndian.AppendUint32(key, uint32(id.Partition)^1<<31)
}

func parseLogKey(key []byte) (id log.ID, ok bool) {
	if len(key) != logKeyBytes {
		return id, false
	}
	copy(id.Topic[:], key[1:])
	id.Partition = int32(binary.BigEndian.Uint32(key[17:]) ^ 1<<31)
	return id, true
}

// offsetKey is the key of a segment or a batch: an id, then an offset.
func offsetKey(tag byte, id uint64, offset engine.Offset) []byte {
	return appendOffsetKey(make([]byte, 0, offsetKeyBytes+batchPartBytes), tag, id, offset)
}

func appendOffsetKey(to []byte, tag byte, id uint64, offset engine.Offset) []byte {
	to = append(to, tag)
	to = binary.BigEndian.AppendUint64(to, id)
	return binary.BigEndian.AppendUint64(to, uint64(offset)^1<<63)
}

func parseOffsetKey(key []byte) (id uint64, offset engine.Offset, ok bool) {
	if len(key) < offsetKeyBytes {
		return 0, 0, false
	}
	return binary.BigEndian.Uint64(key[1:]), engine.Offset(binary.BigEndian.Uint64(key[9:]) ^ 1<<63), true
}

func recordKey(id uint64, key log.RecordKey) []byte {
	out := make([]byte, 0, recordKeyBytes)
	out = append(out, tagRecord)
	out = binary.BigEndian.AppendUint64(out, id)
	out = append(out, byte(key.Kind))
	out = binary.BigEndian.AppendUint64(out, uint64(key.Offset)^1<<63)
	return binary.BigEndian.AppendUint32(out, uint32(key.Part)^1<<31)
}

func parseRecordKey(key []byte) (id uint64, out log.RecordKey, ok bool) {
	if len(key) != recordKeyBytes {
		return 0, out, false
	}
	return binary.BigEndian.Uint64(key[1:]), log.RecordKey{
		Kind:   log.RecordKind(key[9]),
		Offset: engine.Offset(binary.BigEndian.Uint64(key[10:]) ^ 1<<63),
		Part:   int32(binary.BigEndian.Uint32(key[18:]) ^ 1<<31),
	}, true
}

// logValue is what is stored of a log beside its segments and records.
type logValue struct {
	segmentList uint64
	records     uint64
}

func (v logValue) encode() []byte {
	out := binary.AppendUvarint(nil, v.segmentList)
	return binary.AppendUvarint(out, v.records)
}

func parseLogValue(value []byte) (logValue, error) {
	d := decoder{rest: value}
	v := logValue{segmentList: d.uvarint(), records: d.uvarint()}
	return v, d.end("log")
}

// appendSegment encodes a segment's description and files.
func appendSegment(to []byte, s *log.Segment, files []*file) []byte {
	to = binary.AppendVarint(to, int64(s.Next))
	to = binary.AppendVarint(to, s.Bytes)
	to = binary.AppendVarint(to, int64(s.LargestTimestamp))
	to = binary.AppendVarint(to, int64(s.LargestTimestampOffset))
	to = binary.AppendVarint(to, int64(s.FirstTimestamp))
	to = binary.AppendVarint(to, int64(s.Created))
	for _, f := range files {
		to = binary.AppendUvarint(to, f.id)
		to = binary.AppendVarint(to, int64(f.limit))
		to = binary.AppendVarint(to, f.bytes)
	}
	return to
}

func parseSegment(base engine.Offset, value []byte) (log.Segment, []*file, error) {
	d := decoder{rest: value}
	s := log.Segment{Base: base}
	s.Next = engine.Offset(d.varint())
	s.Bytes = d.varint()
	s.LargestTimestamp = batch.Timestamp(d.varint())
	s.LargestTimestampOffset = engine.Offset(d.varint())
	s.FirstTimestamp = batch.Timestamp(d.varint())
	s.Created = engine.WallTime(d.varint())
	var files []*file
	for len(d.rest) > 0 && !d.bad {
		files = append(files, &file{id: d.uvarint(), limit: engine.Offset(d.varint()), bytes: d.varint(), stored: true})
	}
	return s, files, d.end("segment")
}

// grave is something dead whose space is to be reclaimed.
type grave struct {
	kind  graveKind
	id    uint64
	from  engine.Offset // graveTail: the keys from here on are dead
	bytes int64         // of batches
}

type graveKind byte

// What may lie in a grave. Values are part of the format on disk.
const (
	graveFile     graveKind = 'b' // all batches of a file
	graveTail     graveKind = 't' // the batches of a file from an offset on
	graveSegments graveKind = 's' // a list of segments
	graveRecords  graveKind = 'r' // the records of a log
)

func (g grave) key() []byte {
	out := append([]byte{tagGrave}, byte(g.kind))
	out = binary.BigEndian.AppendUint64(out, g.id)
	return binary.BigEndian.AppendUint64(out, uint64(g.from)^1<<63)
}

func (g grave) value() []byte { return binary.AppendVarint(nil, g.bytes) }

// prefix is what all keys begin with that die with it.
func (g grave) prefix() []byte {
	if g.kind == graveTail {
		return idKey(tagBatch, g.id)
	}
	return idKey(byte(g.kind), g.id)
}

// first is the first key that may be dead.
func (g grave) first() []byte {
	if g.kind == graveTail {
		return offsetKey(tagBatch, g.id, g.from)
	}
	return g.prefix()
}

const graveKeyBytes = 18

func parseGrave(key, value []byte) (grave, error) {
	if len(key) != graveKeyBytes {
		return grave{}, fmt.Errorf("grave key of %d bytes: %w", len(key), log.ErrCorrupt)
	}
	d := decoder{rest: value}
	g := grave{
		kind:  graveKind(key[1]),
		id:    binary.BigEndian.Uint64(key[2:]),
		from:  engine.Offset(binary.BigEndian.Uint64(key[10:]) ^ 1<<63),
		bytes: d.varint(),
	}
	return g, d.end("grave")
}

// decoder reads varints and remembers whether any was bad.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) end(what string) error {
	if d.bad || len(d.rest) > 0 {
		return fmt.Errorf("stored %s: %w", what, log.ErrCorrupt)
	}
	return nil
}
