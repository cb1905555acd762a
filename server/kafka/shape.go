package kafka

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

//go:generate go run ../../engine/metadata/generate -shapes

// elementsMax bounds the elements of arrays and the tagged fields of one request,
// all together. Kafka has no such bound: it makes an object of each element as its
// bytes come, and its heap ends first. The decoder here sets an array aside as a
// whole, at up to two hundred bytes for each byte of the frame, so a bound must
// stand before it. A quarter of a million is several times the partitions that
// this server can hold.
const elementsMax = 1 << 18

// shape is what a request looks like on the wire: enough to walk over its bytes.
type shape struct {
	versions shapeVersions
	flexible shapeVersions
	fields   []shapeField
}

type shapeVersions struct{ low, high int16 }

func (v shapeVersions) has(version int16) bool { return v.low <= version && version <= v.high }

type shapeKind uint8

const (
	shapeFixed  shapeKind = iota // of size bytes
	shapeString                  // a length, and as many bytes
	shapeBytes                   // the same, with a longer length
	shapeStruct
)

// shapeField is one field, or where array is set the elements of one.
type shapeField struct {
	versions shapeVersions
	nullable shapeVersions // it may be null there; the zero value: never. Arrays always may
	fields   []shapeField
	tag      uint64
	kind     shapeKind
	size     uint8
	array    bool
	tagged   bool
}

var (
	errFrameShort = errors.New("a length or a count is beyond the frame's end")
	errTooMany    = fmt.Errorf("more than %d elements in one request", elementsMax)
)

// checkShape walks over a request's body, so that the decoder after it meets no
// length, count or number of tagged fields that the bytes do not bear out. The
// decoder trusts such numbers: given four thousand million tagged fields it looks
// for each of them, long after the bytes have ended. Kafka's throws at the first
// that is not there (ByteBufferAccessor, "Tried to allocate a collection of size").
// The walk takes a step for each element, so never more than elementsMax and the
// fields of one.
func checkShape(s *shape, version int16, body []byte) (rest []byte, err error) {
	w := shapeWalk{version: version, flexible: s.flexible.has(version), left: elementsMax, rest: body}
	w.structure(s.fields)
	return w.rest, w.err
}

// shapeWalk is where a walk stands. After an error it stands still.
type shapeWalk struct {
	version  int16
	flexible bool
	left     int // elements it may yet meet
	rest     []byte
	err      error
}

func (w *shapeWalk) fail(err error) {
	if w.err == nil {
		w.err = err
	}
	w.rest = nil
}

func (w *shapeWalk) structure(fields []shapeField) {
	for i := range fields {
		f := &fields[i]
		if w.err != nil {
			return
		}
		if f.versions.has(w.version) && !f.tagged {
			w.field(f)
		}
	}
	if w.flexible {
		w.taggedFields(fields)
	}
}

func (w *shapeWalk) field(f *shapeField) {
	if !f.array {
		w.one(f)
		return
	}
	count := w.length(4)
	if count > len(w.rest) {
		w.fail(errFrameShort) // an element is a byte at least
		return
	}
	w.take(count)
	for ; count > 0 && w.err == nil; count-- {
		w.one(f)
	}
}

func (w *shapeWalk) one(f *shapeField) {
	switch f.kind {
	case shapeFixed:
		w.skip(int(f.size))
	case shapeString:
		w.text(f, w.length(2))
	case shapeBytes:
		w.text(f, w.length(4))
	case shapeStruct:
		if f.mayBeNull(w.version) && w.isNull() {
			return
		}
		w.structure(f.fields)
	}
}

func (f *shapeField) mayBeNull(version int16) bool {
	return f.nullable != shapeVersions{} && f.nullable.has(version)
}

func (w *shapeWalk) text(f *shapeField, length int) {
	if length < 0 && !f.mayBeNull(w.version) {
		w.fail(errors.New("a field is null that cannot be"))
		return
	}
	w.skip(length)
}

// isNull reads the byte before a structure that may be null: -1, or 1.
func (w *shapeWalk) isNull() bool {
	if len(w.rest) == 0 {
		w.fail(errFrameShort)
		return true
	}
	mark := int8(w.rest[0])
	w.rest = w.rest[1:]
	if mark < -1 {
		w.fail(errors.New("a structure is neither there nor null"))
	}
	return mark < 0
}

// taggedFields walks over those behind a structure, into the ones that are known.
func (w *shapeWalk) taggedFields(fields []shapeField) {
	count := w.uvarint()
	if count > uint64(len(w.rest)/2) {
		w.fail(errFrameShort) // a tag and a size are two bytes
		return
	}
	w.take(int(count))
	for ; count > 0 && w.err == nil; count-- {
		tag, size := w.uvarint(), w.uvarint()
		if size > uint64(len(w.rest)) {
			w.fail(errFrameShort)
			return
		}
		after := w.rest[size:]
		for i := range fields {
			if f := &fields[i]; f.tagged && f.tag == tag && f.versions.has(w.version) {
				w.rest = w.rest[:size]
				w.field(f)
			}
		}
		if w.err == nil {
			w.rest = after
		}
	}
}

// take counts elements, which are about to be walked over.
func (w *shapeWalk) take(count int) {
	if w.left -= max(count, 0); w.left < 0 {
		w.fail(errTooMany)
	}
}

// length reads a length or a count: -1 for null, which takes no bytes.
func (w *shapeWalk) length(fixed int) int {
	if w.flexible {
		// One is added to what is there, so that null is 0.
		return int(w.uvarint()) - 1
	}
	if len(w.rest) < fixed {
		w.fail(errFrameShort)
		return 0
	}
	n := int(int16(binary.BigEndian.Uint16(w.rest)))
	if fixed == 4 {
		n = int(int32(binary.BigEndian.Uint32(w.rest)))
	}
	w.rest = w.rest[fixed:]
	if n < -1 {
		w.fail(errFrameShort)
	}
	return n
}

func (w *shapeWalk) uvarint() uint64 {
	v, n := binary.Uvarint(w.rest)
	if n <= 0 || n > binary.MaxVarintLen32 || v > math.MaxUint32 {
		w.fail(errFrameShort)
		return 0
	}
	w.rest = w.rest[n:]
	return v
}

func (w *shapeWalk) skip(n int) {
	if n > len(w.rest) {
		w.fail(errFrameShort)
		return
	}
	w.rest = w.rest[max(n, 0):]
}
