package records

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

var (
	errShort    = errors.New("the bytes end too soon")
	errLeftOver = errors.New("bytes are left over")
	errTooLarge = errors.New("the number is too large")
	errNull     = errors.New("null where none may be")
	errTag      = errors.New("a tagged field's size is wrong")
)

// shortMax is the largest type or version Kafka can express.
const shortMax = 1<<15 - 1

func unknownVersion(name string, version int16) error {
	return fmt.Errorf("%s version %d is not known", name, version)
}

// reader takes a message's bytes apart. After the first error every read gives
// zero and the error stays, so that generated code checks once, at the end.
type reader struct {
	src []byte
	err error
}

func (in *reader) fail(err error) {
	if in.err == nil {
		in.err = err
	}
	in.src = nil
}

// finish says how the reading of the message named went.
func (in *reader) finish(name string) error {
	if in.err == nil && len(in.src) > 0 {
		in.err = errLeftOver
	}
	if in.err != nil {
		return fmt.Errorf("read %s: %w", name, in.err)
	}
	return nil
}

// take gives the next n bytes, which stay the caller's.
func (in *reader) take(n int) []byte {
	if n < 0 || n > len(in.src) {
		in.fail(errShort)
		return nil
	}
	out := in.src[:n]
	in.src = in.src[n:]
	return out
}

// uvarint reads an unsigned varint of at most 32 bits (ByteUtils.readUnsignedVarint).
func (in *reader) uvarint() uint32 {
	v, n := binary.Uvarint(in.src)
	switch {
	case n == 0:
		in.fail(errShort)
		return 0
	case n < 0 || v > 1<<32-1:
		in.fail(errTooLarge)
		return 0
	}
	in.src = in.src[n:]
	return uint32(v)
}

func (in *reader) uint8() uint8 {
	if b := in.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (in *reader) uint16() uint16 {
	if b := in.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (in *reader) uint32() uint32 {
	if b := in.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (in *reader) uint64() uint64 {
	if b := in.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (in *reader) uuid() (id [16]byte) {
	copy(id[:], in.take(16))
	return id
}

// count reads a compact array's length: -1 for null. An element has at least
// one byte, so a count above what is left is refused before anything is made
// for it.
func (in *reader) count(nullable bool) int {
	n := in.uvarint()
	switch {
	case in.err != nil:
		return -1
	case n == 0 && !nullable:
		in.fail(errNull)
		return -1
	case int64(n)-1 > int64(len(in.src)):
		in.fail(errShort)
		return -1
	}
	return int(n) - 1
}

func (in *reader) string() string {
	if n := in.count(false); n >= 0 {
		return string(in.take(n))
	}
	return ""
}

func (in *reader) nullableString() *string {
	if n := in.count(true); n >= 0 {
		s := string(in.take(n))
		return &s
	}
	return nil
}

func (in *reader) bytes() []byte {
	if n := in.count(false); n >= 0 {
		return append([]byte{}, in.take(n)...)
	}
	return nil
}

func (in *reader) tagCount() uint32 { return in.uvarint() }

// tag reads a tagged field's number, and how many bytes are left after it.
func (in *reader) tag() (number uint32, end int) {
	number = in.uvarint()
	size := in.uvarint()
	if in.err == nil && int64(size) > int64(len(in.src)) {
		in.fail(errShort)
	}
	if in.err != nil {
		return 1<<32 - 1, 0
	}
	return number, len(in.src) - int(size)
}

// endTag checks that a tagged field took exactly the bytes it announced.
func (in *reader) endTag(end int) {
	if in.err == nil && len(in.src) != end {
		in.fail(errTag)
	}
}

func (in *reader) skipTo(end int) {
	if in.err == nil {
		in.take(len(in.src) - end)
	}
}

func (in *reader) skipTags() {
	for n := in.tagCount(); n > 0 && in.err == nil; n-- {
		_, end := in.tag()
		in.skipTo(end)
	}
}

func appendUvarint(dst []byte, v uint32) []byte { return binary.AppendUvarint(dst, uint64(v)) }
func appendUint16(dst []byte, v uint16) []byte  { return binary.BigEndian.AppendUint16(dst, v) }
func appendUint32(dst []byte, v uint32) []byte  { return binary.BigEndian.AppendUint32(dst, v) }
func appendUint64(dst []byte, v uint64) []byte  { return binary.BigEndian.AppendUint64(dst, v) }

func appendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// appendCount appends a compact array's length, which is one more than the
// number of elements, 0 for null.
func appendCount(dst []byte, n int, null bool) []byte {
	if null {
		return appendUvarint(dst, 0)
	}
	return appendUvarint(dst, uint32(n)+1)
}

func appendString(dst []byte, s string) []byte {
	return append(appendCount(dst, len(s), false), s...)
}

func appendNullableString(dst []byte, s *string) []byte {
	if s == nil {
		return appendCount(dst, 0, true)
	}
	return appendString(dst, *s)
}

func appendBytes(dst, b []byte) []byte {
	return append(appendCount(dst, len(b), false), b...)
}

// tagged gathers the tagged fields of one struct, in ascending order of tag.
type tagged struct {
	n     uint32
	bytes []byte
}

func (t *tagged) add(tag uint32, field []byte) {
	t.n++
	t.bytes = appendUvarint(t.bytes, tag)
	t.bytes = appendUvarint(t.bytes, uint32(len(field)))
	t.bytes = append(t.bytes, field...)
}

func (t *tagged) appendTo(dst []byte) []byte {
	return append(appendUvarint(dst, t.n), t.bytes...)
}

func appendName(dst []byte, name string, first *bool) []byte {
	if !*first {
		dst = append(dst, ',')
	}
	*first = false
	return append(appendQuoted(dst, name), ':')
}

func appendQuoted(dst []byte, s string) []byte { return strconv.AppendQuote(dst, s) }

func appendNullableQuoted(dst []byte, s *string) []byte {
	if s == nil {
		return append(dst, "null"...)
	}
	return appendQuoted(dst, *s)
}

func appendInt(dst []byte, v int64) []byte { return strconv.AppendInt(dst, v, 10) }

func appendBoolText(dst []byte, v bool) []byte { return strconv.AppendBool(dst, v) }

func appendHexBits(dst []byte, bits uint64) []byte {
	return appendQuoted(dst, "0x"+strconv.FormatUint(bits, 16))
}
