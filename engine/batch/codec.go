package batch

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Codec is a compression, as the attributes encode it. Values 5 to 7 fit the
// field but name nothing.
type Codec uint8

// Kafka's CompressionType ids.
const (
	None   Codec = 0
	Gzip   Codec = 1
	Snappy Codec = 2
	LZ4    Codec = 3
	Zstd   Codec = 4
)

// DecompressedBytesMax bounds what the records of one batch may grow to, so that
// a small batch cannot take the process's memory. Kafka has no such bound; ours is
// sixty times its largest batch by default (message.max.bytes, 1 MiB).
const DecompressedBytesMax = 64 << 20

// Window sizes of zstd. What we write needs no more than a large batch; what we
// read may use what the Java and C libraries accept by default (2^27). The window
// costs no memory of its own when a whole frame is decoded at once.
const (
	zstdWriteWindowBytes = 1 << 20
	zstdReadWindowBytes  = 1 << 27
)

// flatKeptBytesMax is the largest buffer that Codecs keep for the next batch: one
// that held an unusually large batch is given back.
const flatKeptBytesMax = 4 << 20

// String gives the spelling of compression.type.
func (c Codec) String() string {
	switch c {
	case None:
		return "none"
	case Gzip:
		return "gzip"
	case Snappy:
		return "snappy"
	case LZ4:
		return "lz4"
	case Zstd:
		return "zstd"
	}
	return "unknown"
}

// ParseCodec is the inverse of String; ok is false for a name that is no codec
// ("producer" and "uncompressed" are for the reader of compression.type).
func ParseCodec(name string) (codec Codec, ok bool) {
	for c := None; c <= Zstd; c++ {
		if c.String() == name {
			return c, true
		}
	}
	return None, false
}

// Codecs holds what compressors and decompressors need to run: tables and
// buffers, made at first use and used again. It carries nothing from one batch to
// the next, so it is scratch and never part of a node's state; one goroutine at a
// time may use it. No codec starts a goroutine: zstd and gzip work on whole
// buffers with concurrency 1, lz4 and snappy block by block.
type Codecs struct {
	out        bytes.Buffer
	flat       []byte
	gzipWriter map[int]*gzip.Writer // by level
	gzipReader *gzip.Reader
	zstdWriter map[zstd.EncoderLevel]*zstd.Encoder
	zstdReader *zstd.Decoder
	lz4        lz4.Compressor
	lz4High    *lz4.CompressorHC // half a megabyte, of those who ask for it
	block      []byte
}

// DefaultLevel is a codec's own level where none is asked for.
const DefaultLevel = 0

// Compress appends the compressed form of records to dst, which may not overlap
// them. The codecs' settings are Kafka's defaults where the format has such.
func (c *Codecs) Compress(dst []byte, codec Codec, records []byte) ([]byte, error) {
	return c.CompressAt(dst, codec, DefaultLevel, records)
}

// CompressAt is Compress at a level as Kafka counts them (compression.gzip.level,
// compression.lz4.level, compression.zstd.level); a codec without levels has none.
// The libraries are others than Kafka's: a level means as much effort, not the
// same bytes, and where they have fewer levels several give the same.
func (c *Codecs) CompressAt(dst []byte, codec Codec, level int, records []byte) ([]byte, error) {
	switch codec {
	case None:
		return append(dst, records...), nil
	case Gzip:
		return c.gzipCompress(dst, level, records)
	case Snappy:
		return c.snappyCompress(dst, records), nil
	case LZ4:
		return c.lz4Compress(dst, level, records)
	case Zstd:
		return c.zstdCompress(dst, level, records)
	}
	return nil, defect(UnknownCodec, "Unknown compression type id: %d", codec)
}

// Decompress gives what compressed holds, in a buffer of the codecs' own that
// their next use overwrites (None: compressed itself). Errors are *Error with
// defect UnknownCodec or Undecompressable.
func (c *Codecs) Decompress(codec Codec, compressed []byte) ([]byte, error) {
	var err error
	if cap(c.flat) > flatKeptBytesMax {
		c.flat = nil
	}
	switch codec {
	case None:
		return compressed, nil
	case Gzip:
		err = c.gzipDecompress(compressed)
	case Snappy:
		err = c.snappyDecompress(compressed)
	case LZ4:
		err = c.lz4Decompress(compressed)
	case Zstd:
		err = c.zstdDecompress(compressed)
	default:
		return nil, defect(UnknownCodec, "Unknown compression type id: %d", codec)
	}
	if err != nil {
		return nil, defect(Undecompressable, "cannot decompress %v: %v", codec, err)
	}
	return c.flat, nil
}

func (c *Codecs) gzipCompress(dst []byte, level int, records []byte) ([]byte, error) {
	if level == DefaultLevel {
		level = gzip.DefaultCompression
	}
	c.out.Reset()
	writer := c.gzipWriter[level]
	if writer == nil {
		made, err := gzip.NewWriterLevel(&c.out, level)
		if err != nil {
			return nil, err
		}
		if c.gzipWriter == nil {
			c.gzipWriter = map[int]*gzip.Writer{}
		}
		writer, c.gzipWriter[level] = made, made
	} else {
		writer.Reset(&c.out)
	}
	if _, err := writer.Write(records); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return append(dst, c.out.Bytes()...), nil
}

func (c *Codecs) gzipDecompress(compressed []byte) (err error) {
	source := bytes.NewReader(compressed)
	if c.gzipReader == nil {
		reader, err := gzip.NewReader(source)
		if err != nil {
			return err
		}
		c.gzipReader = reader
	} else if err = c.gzipReader.Reset(source); err != nil {
		return err
	}
	c.flat = c.flat[:0]
	for {
		if len(c.flat) == cap(c.flat) {
			c.grow()
		}
		n, err := c.gzipReader.Read(c.flat[len(c.flat):cap(c.flat)])
		c.flat = c.flat[:len(c.flat)+n]
		if len(c.flat) > DecompressedBytesMax {
			return errTooMuch
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// grow doubles the room of flat, whose length it keeps; never by what the
// compressed bytes claim.
func (c *Codecs) grow() {
	larger := make([]byte, len(c.flat), max(decompressedBytesInitial, 2*cap(c.flat)))
	copy(larger, c.flat)
	c.flat = larger
}

// decompressedBytesInitial holds a batch of batch.size, 16 KiB, at four to one.
const decompressedBytesInitial = 64 << 10

func (c *Codecs) zstdCompress(dst []byte, level int, records []byte) ([]byte, error) {
	effort := zstd.SpeedDefault
	if level != DefaultLevel {
		effort = zstd.EncoderLevelFromZstd(level)
	}
	writer := c.zstdWriter[effort]
	if writer == nil {
		made, err := zstd.NewWriter(nil,
			zstd.WithEncoderConcurrency(1),
			zstd.WithEncoderLevel(effort),
			zstd.WithWindowSize(zstdWriteWindowBytes),
			zstd.WithLowerEncoderMem(true),
			zstd.WithEncoderCRC(false))
		if err != nil {
			return nil, err
		}
		if c.zstdWriter == nil {
			c.zstdWriter = map[zstd.EncoderLevel]*zstd.Encoder{}
		}
		writer, c.zstdWriter[effort] = made, made
	}
	return writer.EncodeAll(records, dst), nil
}

func (c *Codecs) zstdDecompress(compressed []byte) error {
	if c.zstdReader == nil {
		reader, err := zstd.NewReader(nil,
			zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdReadWindowBytes),
			zstd.WithDecoderMaxMemory(DecompressedBytesMax))
		if err != nil {
			return err
		}
		c.zstdReader = reader
	}
	flat, err := c.zstdReader.DecodeAll(compressed, c.flat[:0])
	if err != nil {
		return err
	}
	c.flat = flat
	return nil
}

// textError is an error without more to say than its text.
type textError string

func (e textError) Error() string { return string(e) }

const (
	errTooMuch   textError = "larger than the limit when decompressed"
	errTruncated textError = "stream ended prematurely"
	errMalformed textError = "malformed block"
)
