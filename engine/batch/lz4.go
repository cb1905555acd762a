package batch

import (
	"encoding/binary"
	"math/bits"

	"github.com/pierrec/lz4/v4"
)

// The lz4 frame as Kafka writes and reads it (Lz4BlockOutputStream,
// Lz4BlockInputStream): version 1, independent blocks of at most 64 KiB, no
// checksum but the header's, no content size. Readers accept larger blocks, block
// checksums and a content size, refuse dependent blocks, do not check a content
// checksum, and stop at the end mark.
const (
	lz4Magic           = 0x184d2204
	lz4BlockBytes      = 64 << 10
	lz4Uncompressed    = 1 << 31
	lz4FlagVersionMask = 0xc0
	lz4FlagVersion1    = 0x40
	lz4FlagIndependent = 0x20
	lz4FlagBlockSum    = 0x10
	lz4FlagContentSize = 0x08
	lz4FlagReserved    = 0x03
	lz4HeaderBytesMin  = 7
)

// lz4Header is magic, flags (version 1, independent blocks), block size 64 KiB,
// and the second byte of the xxHash32 of the two.
const lz4Header = "\x04\x22\x4d\x18\x60\x40\x82"

// lz4LevelDefault is the level at which Kafka takes lz4's quick compressor; at any
// other, below it too, it takes the thorough one (Lz4BlockOutputStream).
const lz4LevelDefault = 9

func (c *Codecs) lz4Compress(dst []byte, level int, records []byte) ([]byte, error) {
	dst = append(dst, lz4Header...)
	if bound := lz4.CompressBlockBound(lz4BlockBytes); cap(c.block) < bound {
		c.block = make([]byte, bound)
	}
	for len(records) > 0 {
		n := min(len(records), lz4BlockBytes)
		plain := records[:n]
		records = records[n:]
		size, err := c.lz4CompressBlock(plain, level)
		if err != nil {
			return nil, err
		}
		// Size 0 is the compressor's word for "incompressible".
		if size == 0 || size >= n {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(n)|lz4Uncompressed)
			dst = append(dst, plain...)
			continue
		}
		dst = binary.LittleEndian.AppendUint32(dst, uint32(size))
		dst = append(dst, c.block[:size]...)
	}
	return binary.LittleEndian.AppendUint32(dst, 0), nil
}

func (c *Codecs) lz4CompressBlock(plain []byte, level int) (int, error) {
	if level == DefaultLevel || level == lz4LevelDefault {
		return c.lz4.CompressBlock(plain, c.block[:cap(c.block)])
	}
	const levelsMax = 9 // of the library; lz4 itself has 12, Kafka counts to 17
	if c.lz4High == nil {
		c.lz4High = new(lz4.CompressorHC)
	}
	c.lz4High.Level = lz4.Level1 << (min(level, levelsMax) - 1)
	return c.lz4High.CompressBlock(plain, c.block[:cap(c.block)])
}

func (c *Codecs) lz4Decompress(compressed []byte) error {
	c.flat = c.flat[:0]
	blockBytesMax, hasBlockSum, rest, err := lz4ReadHeader(compressed)
	if err != nil {
		return err
	}
	for {
		if len(rest) < 4 {
			return errTruncated
		}
		size := binary.LittleEndian.Uint32(rest)
		rest = rest[4:]
		if size == 0 {
			return nil
		}
		isPlain := size&lz4Uncompressed != 0
		size &^= lz4Uncompressed
		if size > uint32(blockBytesMax) {
			return errMalformed
		}
		if uint64(size) > uint64(len(rest)) {
			return errTruncated
		}
		block := rest[:size]
		rest = rest[size:]
		if hasBlockSum {
			if len(rest) < 4 {
				return errTruncated
			}
			if xxHash32(block) != binary.LittleEndian.Uint32(rest) {
				return errMalformed
			}
			rest = rest[4:]
		}
		if err := c.lz4Block(block, isPlain, blockBytesMax); err != nil {
			return err
		}
	}
}

// lz4Block appends one block to flat.
func (c *Codecs) lz4Block(block []byte, isPlain bool, blockBytesMax int) error {
	// An lz4 byte stands for at most 255 bytes, so a small block needs no room
	// for a large one.
	room := min(blockBytesMax, lz4RatioMax*len(block)+lz4BlockSlackBytes)
	for cap(c.flat)-len(c.flat) < room {
		c.grow()
	}
	at := len(c.flat)
	if isPlain {
		c.flat = append(c.flat, block...)
	} else {
		n, err := lz4.UncompressBlock(block, c.flat[at:at+room])
		if err != nil {
			return err
		}
		c.flat = c.flat[:at+n]
	}
	if len(c.flat) > DecompressedBytesMax {
		return errTooMuch
	}
	return nil
}

const (
	lz4RatioMax        = 255
	lz4BlockSlackBytes = 64
)

func lz4ReadHeader(from []byte) (blockBytesMax int, hasBlockSum bool, rest []byte, err error) {
	if len(from) < lz4HeaderBytesMin {
		return 0, false, nil, errTruncated
	}
	if binary.LittleEndian.Uint32(from) != lz4Magic {
		return 0, false, nil, errMalformed
	}
	flags, sizes := from[4], from[5]
	if flags&lz4FlagVersionMask != lz4FlagVersion1 || flags&lz4FlagIndependent == 0 || flags&lz4FlagReserved != 0 {
		return 0, false, nil, errMalformed
	}
	if sizes&0x8f != 0 || sizes>>4 < 4 {
		return 0, false, nil, errMalformed
	}
	end := 6
	if flags&lz4FlagContentSize != 0 {
		end += 8
	}
	if len(from) <= end {
		return 0, false, nil, errTruncated
	}
	if from[end] != byte(xxHash32(from[4:end])>>8) {
		return 0, false, nil, errMalformed
	}
	return 1 << (2*(sizes>>4) + 8), flags&lz4FlagBlockSum != 0, from[end+1:], nil
}

// xxHash32 is the checksum of lz4 frames, with seed 0
// (github.com/Cyan4973/xxHash, doc/xxhash_spec.md).
func xxHash32(data []byte) uint32 {
	const (
		p1 = 2654435761
		p2 = 2246822519
		p3 = 3266489917
		p4 = 668265263
		p5 = 374761393
	)
	rest := data
	h := uint32(p5)
	if len(rest) >= 16 {
		lanes := [4]uint32{p1, p2, 0, 0}
		lanes[0] += lanes[1]
		lanes[3] -= p1
		for len(rest) >= 16 {
			for i := range lanes {
				lanes[i] = bits.RotateLeft32(lanes[i]+binary.LittleEndian.Uint32(rest[4*i:])*p2, 13) * p1
			}
			rest = rest[16:]
		}
		h = bits.RotateLeft32(lanes[0], 1) + bits.RotateLeft32(lanes[1], 7) +
			bits.RotateLeft32(lanes[2], 12) + bits.RotateLeft32(lanes[3], 18)
	}
	h += uint32(len(data))
	for len(rest) >= 4 {
		h = bits.RotateLeft32(h+binary.LittleEndian.Uint32(rest)*p3, 17) * p4
		rest = rest[4:]
	}
	for _, b := range rest {
		h = bits.RotateLeft32(h+uint32(b)*p5, 11) * p1
	}
	h = (h ^ h>>15) * p2
	h = (h ^ h>>13) * p3
	return h ^ h>>16
}
