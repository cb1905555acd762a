package view

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrMalformed is given for bytes that are no packet of this version.
var ErrMalformed = errors.New("malformed view packet")

// Limits of what a decoder takes. They hold against hostile input, and what an
// encoder writes stays within them.
const (
	PacketBytesMax = 8 << 20 // a key frame of 3,000 replicas with 64 batches each fits
	LabelBytesMax  = 32
	stringBytesMax = 1 << 15 // a client.id is a Kafka short string
	blobBytesMax   = 1 << 20 // message.max.bytes, about
)

// coder writes a value's fields or reads them, so that both directions are one
// list of fields and cannot disagree. The first error ends it: what follows
// reads zeros.
type coder struct {
	out      []byte // writing: what was written
	in       []byte // reading: what is left
	reading  bool
	err      error
	interned map[string]string // reading: one copy of each string of a packet
}

func (c *coder) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
	}
	c.in = nil
}

func (c *coder) uvarint(v *uint64) {
	if !c.reading {
		c.out = binary.AppendUvarint(c.out, *v)
		return
	}
	n := 0
	*v, n = binary.Uvarint(c.in)
	if n <= 0 {
		*v = 0
		c.fail("a number breaks off")
		return
	}
	c.in = c.in[n:]
}

func (c *coder) varint(v *int64) {
	u := uint64(*v)<<1 ^ uint64(*v>>63)
	c.uvarint(&u)
	*v = int64(u>>1) ^ -int64(u&1)
}

// number codes any integer type as a signed varint and refuses what does not
// fit it.
func number[T ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32](c *coder, v *T) {
	wide := int64(*v)
	c.varint(&wide)
	if !c.reading {
		return
	}
	*v = T(wide)
	if int64(*v) != wide {
		*v = 0
		c.fail("%d does not fit", wide)
	}
}

// choice codes one of a closed set, 0 to count-1.
func choice[T ~uint8](c *coder, v *T, count T) {
	number(c, v)
	if c.reading && *v >= count {
		*v = 0
		c.fail("a choice out of range")
	}
}

// flags codes a set of bools as one number, lowest bit first.
func flags(c *coder, all ...*bool) {
	var bits uint64
	for i, b := range all {
		if *b {
			bits |= 1 << i
		}
	}
	c.uvarint(&bits)
	if !c.reading {
		return
	}
	if bits>>len(all) != 0 {
		c.fail("unknown flags %x", bits)
		return
	}
	for i, b := range all {
		*b = bits>>i&1 == 1
	}
}

// count codes a length of at most limit elements of at least size bytes each,
// so that a short packet cannot claim a long list.
func (c *coder) count(n, limit, size int) int {
	u := uint64(n)
	c.uvarint(&u)
	if !c.reading {
		return n
	}
	if u > uint64(limit) || u*uint64(size) > uint64(len(c.in)) {
		c.fail("%d elements", u)
		return 0
	}
	return int(u)
}

func (c *coder) str(s *string) {
	if !c.reading {
		c.uvarintLen(len(*s))
		c.out = append(c.out, *s...)
		return
	}
	n := c.count(0, stringBytesMax, 1)
	if n == 0 {
		*s = ""
		return
	}
	raw := c.in[:n]
	c.in = c.in[n:]
	if known, ok := c.interned[string(raw)]; ok {
		*s = known
		return
	}
	*s = string(raw)
	if c.interned == nil {
		c.interned = map[string]string{}
	}
	c.interned[*s] = *s
}

func (c *coder) uvarintLen(n int) {
	c.out = binary.AppendUvarint(c.out, uint64(n))
}

// blob codes bytes; nil and empty are one.
func (c *coder) blob(b *[]byte) {
	if !c.reading {
		c.uvarintLen(len(*b))
		c.out = append(c.out, *b...)
		return
	}
	n := c.count(0, blobBytesMax, 1)
	if n == 0 {
		*b = nil
		return
	}
	*b = append([]byte(nil), c.in[:n]...)
	c.in = c.in[n:]
}

func (c *coder) fixed(b []byte) {
	if !c.reading {
		c.out = append(c.out, b...)
		return
	}
	if len(c.in) < len(b) {
		c.fail("bytes break off")
		return
	}
	copy(b, c.in)
	c.in = c.in[len(b):]
}

// list codes a slice. Size is the least an element takes, in bytes. A writer
// leaves out what stands past the limit: a picture may be cut, never refused.
func list[T any](c *coder, s *[]T, limit, size int, each func(*coder, *T)) {
	n := c.count(min(len(*s), limit), limit, size)
	if c.reading {
		*s = nil
		if n > 0 {
			*s = make([]T, n)
		}
	}
	for i := range n {
		each(c, &(*s)[i])
		if c.err != nil {
			return
		}
	}
}
