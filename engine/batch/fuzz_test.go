package batch

import (
	"testing"
)

// FuzzDecode: no bytes panic, and none make more than the limit of them.
func FuzzDecode(f *testing.F) {
	for codec := None; codec <= Zstd; codec++ {
		b := NewBuilder(Options{Codec: codec})
		b.Append(1, []byte("k"), []byte("value value value value"), Header{Key: "h"})
		out, err := b.Build(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(out))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		codecs := new(Codecs)
		it := Iterate(raw)
		taken := 0
		for it.Next() {
			b := it.Batch()
			taken += len(b)
			_ = b.String()
			records := b.Iterate(codecs)
			for records.Next() {
				for range records.Record().Headers {
				}
			}
			// With the CRC put right, the records are reached however they are bent.
			own := append(Batch(nil), b...)
			own.SetBaseOffset(0)
			own.SetCRC()
			if result, err := Assign(own, Rules{BeforeMaxMs: 1 << 60, AfterMaxMs: 1 << 60, BaseOffset: 10}, codecs); err == nil {
				if result.Batch.EnsureValid() != nil || result.Batch.BaseOffset() != 10 {
					t.Fatalf("assigned %v", result.Batch)
				}
			}
		}
		if taken+len(it.Rest()) != len(raw) {
			t.Fatalf("%d handed out, %d left, of %d", taken, len(it.Rest()), len(raw))
		}
	})
}

// FuzzDecompress: each codec's reader takes arbitrary bytes.
func FuzzDecompress(f *testing.F) {
	for codec := Gzip; codec <= Zstd; codec++ {
		packed, err := new(Codecs).Compress(nil, codec, []byte("log log log log log log log"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(codec), packed)
	}
	f.Fuzz(func(t *testing.T, codec uint8, packed []byte) {
		out, err := new(Codecs).Decompress(Codec(codec), packed)
		if err == nil && len(out) > max(DecompressedBytesMax, len(packed)) {
			t.Fatalf("%d bytes", len(out))
		}
	})
}
