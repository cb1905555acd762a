package batch

import (
	"encoding/binary"

	"github.com/golang/snappy"
)

// The framing of xerial's snappy-java, which Kafka's clients write: this header,
// then blocks, each behind its length as a big-endian int32. Clients that write
// one raw snappy block instead (some librdkafka versions did) are read as well,
// as SnappyInputStream reads them.
const (
	xerialMagic       = "\x82SNAPPY\x00"
	xerialHeaderBytes = 16
	// xerialBlockBytes is snappy-java's default block size.
	xerialBlockBytes = 32 << 10
	// snappyRatioMax bounds how far snappy can expand: its densest element is a
	// copy of 64 bytes written in three.
	snappyRatioMax = 22
)

// xerialVersions is version 1, compatible down to version 1.
const xerialVersions = "\x00\x00\x00\x01\x00\x00\x00\x01"

func (c *Codecs) snappyCompress(dst, records []byte) []byte {
	dst = append(append(dst, xerialMagic...), xerialVersions...)
	if c.block == nil || cap(c.block) < snappy.MaxEncodedLen(xerialBlockBytes) {
		c.block = make([]byte, snappy.MaxEncodedLen(xerialBlockBytes))
	}
	for len(records) > 0 {
		n := min(len(records), xerialBlockBytes)
		encoded := snappy.Encode(c.block[:cap(c.block)], records[:n])
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(encoded)))
		dst = append(dst, encoded...)
		records = records[n:]
	}
	return dst
}

func (c *Codecs) snappyDecompress(compressed []byte) error {
	c.flat = c.flat[:0]
	if !isXerialHeader(compressed) {
		return c.snappyBlock(compressed)
	}
	for len(compressed) > 0 {
		// Streams joined end to end each begin with a header of their own.
		if isXerialHeader(compressed) {
			compressed = compressed[xerialHeaderBytes:]
			continue
		}
		if len(compressed) < 4 {
			return errTruncated
		}
		size := binary.BigEndian.Uint32(compressed)
		compressed = compressed[4:]
		if uint64(size) > uint64(len(compressed)) {
			return errTruncated
		}
		if err := c.snappyBlock(compressed[:size]); err != nil {
			return err
		}
		compressed = compressed[size:]
	}
	return nil
}

func isXerialHeader(b []byte) bool {
	return len(b) >= xerialHeaderBytes && string(b[:len(xerialMagic)]) == xerialMagic
}

// snappyBlock appends one decoded block to flat.
func (c *Codecs) snappyBlock(block []byte) error {
	size, err := snappy.DecodedLen(block)
	if err != nil {
		return err
	}
	if size > DecompressedBytesMax-len(c.flat) {
		return errTooMuch
	}
	if size > snappyRatioMax*len(block) {
		return errMalformed
	}
	for cap(c.flat)-len(c.flat) < size {
		c.grow()
	}
	at := len(c.flat)
	decoded, err := snappy.Decode(c.flat[at:at+size], block)
	if err != nil {
		return err
	}
	c.flat = c.flat[:at+len(decoded)]
	return nil
}
