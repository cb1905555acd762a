package batch

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"bitacora/engine"
)

const validateNow Timestamp = 1_700_000_000_000

func clientRules() Rules {
	return Rules{
		Partition: engine.TopicPartition{Topic: "b11", Partition: 0}, BatchBytesMax: 1048588,
		BeforeMaxMs: math.MaxInt64, AfterMaxMs: 3_600_000, Now: validateNow, BaseOffset: 100, LeaderEpoch: 4,
	}
}

// produced is a batch of two records as a client sends it.
func produced(t testing.TB, codec Codec) Batch {
	b := NewBuilder(Options{LeaderEpoch: -1, Codec: codec})
	b.Append(validateNow, []byte("k"), []byte("a"))
	b.Append(validateNow+5, []byte("k"), []byte("b"))
	out, err := b.Build(nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCheckProduce follows the cases that Apache Kafka 4.3.1 refuses before the
// log sees them.
func TestCheckProduce(t *testing.T) {
	legacy := func(magic byte) []byte {
		m := make([]byte, 40)
		binary.BigEndian.PutUint32(m[lengthAt:], 28)
		m[magicAt] = magic
		return m
	}
	for _, c := range []struct {
		name    string
		version int16
		change  func(b Batch) []byte
		want    Defect
		message string
	}{
		{"one batch is taken", 12, func(b Batch) []byte { return b }, 0, ""},
		{"zero bytes", 12, func(Batch) []byte { return nil }, NoBatch, "at least one record batch per partition"},
		{"two batches", 12, func(b Batch) []byte { return append(b, b...) }, SeveralBatches, "exactly one record batch"},
		{"a length field too long by 10", 12, func(b Batch) []byte {
			binary.BigEndian.PutUint32(b[lengthAt:], uint32(len(b)-LogOverheadBytes+10))
			return b
		}, NoBatch, ""},
		{"cut short by 3 bytes", 12, func(b Batch) []byte { return b[:len(b)-3] }, NoBatch, ""},
		{"a length field less than a header", 12, func(b Batch) []byte {
			binary.BigEndian.PutUint32(b[lengthAt:], 5)
			return b
		}, Corrupt, "Record size 5 is less than the minimum record overhead (14)"},
		{"garbage", 12, func(Batch) []byte {
			return []byte(strings.Repeat("\x00", 11) + "\x20" + strings.Repeat("z", 68))
		}, Corrupt, "Invalid magic found in record: 122"},
		{"magic 0", 12, func(Batch) []byte { return legacy(0) }, OldMagic, "magic version 2"},
		{"magic 1", 3, func(Batch) []byte { return legacy(1) }, OldMagic, "magic version 2"},
		{"magic 3", 12, func(b Batch) []byte { b[magicAt] = 3; return b }, Corrupt, "Invalid magic found in record: 3"},
		{"zstd before version 7", 6, func(b Batch) []byte {
			binary.BigEndian.PutUint16(b[attributesAt:], uint16(Zstd))
			return b
		}, UnsupportedCodec, "ZStandard"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := CheckProduce(c.change(produced(t, None)), c.version)
			wantDefect(t, err, c.want, c.message)
		})
	}
}

func wantDefect(t *testing.T, err error, want Defect, message string) {
	t.Helper()
	if DefectOf(err) != want {
		t.Fatalf("%v (%v), want %v", DefectOf(err), err, want)
	}
	if err != nil && !strings.Contains(err.Error(), message) {
		t.Errorf("%q does not say %q", err, message)
	}
}

// TestAssign follows the cases that the log refuses or accepts.
func TestAssign(t *testing.T) {
	header := func(at int, value uint32) func(Batch, *Rules) Batch {
		return func(b Batch, _ *Rules) Batch {
			binary.BigEndian.PutUint32(b[at:], value)
			b.SetCRC()
			return b
		}
	}
	attributes := func(bits Attributes) func(Batch, *Rules) Batch {
		return func(b Batch, _ *Rules) Batch {
			binary.BigEndian.PutUint16(b[attributesAt:], uint16(b.Attributes()|bits))
			b.SetCRC()
			return b
		}
	}
	records := func(at ...Timestamp) func(Batch, *Rules) Batch {
		return func(Batch, *Rules) Batch {
			b := NewBuilder(Options{})
			for _, a := range at {
				b.Append(a, []byte("k"), nil)
			}
			out, _ := b.Build(nil)
			return out
		}
	}
	for _, c := range []struct {
		name    string
		change  func(Batch, *Rules) Batch
		want    Defect
		message string
	}{
		{"a good batch", func(b Batch, _ *Rules) Batch { return b }, 0, ""},
		{"larger than max.message.bytes", func(b Batch, r *Rules) Batch { r.BatchBytesMax = len(b) - 1; return b }, TooLarge, "exceeds the maximum configured value"},
		{"exactly max.message.bytes", func(b Batch, r *Rules) Batch { r.BatchBytesMax = len(b); return b }, 0, ""},
		{"two hours ahead", records(validateNow + 7_200_000), InvalidTimestamp, "invalid timestamp"},
		{"1970", records(0), 0, ""},
		{"timestamp -1", records(-1), 0, ""},
		{"timestamp -5", records(-5), 0, ""},
		{"too old", func(b Batch, r *Rules) Batch {
			r.BeforeMaxMs = 10
			return records(validateNow-11)(b, r)
		}, InvalidTimestamp, "invalid timestamp"},
		{"LogAppendTime topic, two hours ahead", func(b Batch, r *Rules) Batch {
			r.TimestampType = LogAppendTime
			return records(validateNow+7_200_000)(b, r)
		}, 0, ""},
		{"wrong CRC", func(b Batch, _ *Rules) Batch { b[crcAt]++; return b }, Corrupt, "Record is corrupt (stored crc = "},
		{"gzip over plain bytes", attributes(1), Undecompressable, ""},
		{"snappy over plain bytes", attributes(2), Undecompressable, ""},
		{"lz4 over plain bytes", attributes(3), Undecompressable, ""},
		{"zstd over plain bytes", attributes(4), Undecompressable, ""},
		{"codec 5", attributes(5), UnknownCodec, ""},
		{"codec 7", attributes(7), UnknownCodec, ""},
		{"header says no records", header(recordsCountAt, 0), InvalidRecord, "Invalid reported count"},
		{"lastOffsetDelta -1", header(lastOffsetDeltaAt, math.MaxUint32), InvalidRecord, "invalid offset range"},
		{"header says 3 records, 2 are there", func(b Batch, r *Rules) Batch {
			return header(lastOffsetDeltaAt, 2)(header(recordsCountAt, 3)(b, r), r)
		}, InvalidRecord, "premature EOF"},
		{"header says 1 record, 2 are there", func(b Batch, r *Rules) Batch {
			return header(lastOffsetDeltaAt, 0)(header(recordsCountAt, 1)(b, r), r)
		}, InvalidRecord, "still remaining"},
		{"lastOffsetDelta 5 for 2 records", header(lastOffsetDeltaAt, 5), InvalidRecord, "Inconsistent batch offset range"},
		{"base offset 77", func(b Batch, _ *Rules) Batch { b.SetBaseOffset(77); return b }, InvalidRecord, "should be 0, but it is 77"},
		{"partition leader epoch 99", func(b Batch, _ *Rules) Batch { b.SetPartitionLeaderEpoch(99); return b }, 0, ""},
		{"control batch from a client", attributes(controlBit), InvalidRecord, "Clients are not allowed to write control records"},
		{"unused attribute bit 7", attributes(0x80), 0, ""},
		{"LogAppendTime bit on a CreateTime topic", attributes(timestampTypeBit), 0, ""},
		{"LogAppendTime bit on a LogAppendTime topic", func(b Batch, r *Rules) Batch {
			r.TimestampType = LogAppendTime
			return attributes(timestampTypeBit)(b, r)
		}, InvalidTimestamp, "invalid timestamp"},
		{"delete horizon bit", attributes(deleteHorizonBit), 0, ""},
		{"max timestamp wrong", func(b Batch, _ *Rules) Batch { b.SetMaxTimestamp(CreateTime, 3); return b }, 0, ""},
		{"producer id without sequence", func(b Batch, _ *Rules) Batch { b.SetProducer(5, 0, -1); return b }, InvalidRecord, "Invalid sequence number -1"},
		{"null key, compacted topic", func(_ Batch, r *Rules) Batch {
			r.Compacted = true
			b := NewBuilder(Options{})
			b.Append(validateNow, []byte("k"), nil)
			b.Append(validateNow, nil, []byte("a"))
			out, _ := b.Build(nil)
			return out
		}, InvalidRecord, "1 record errors in total, and only showing the first three errors at most: [RecordError(batchIndex=1, message='Compacted topic cannot accept message without key in topic partition b11-0')]"},
		{"empty key, compacted topic", func(_ Batch, r *Rules) Batch {
			r.Compacted = true
			b := NewBuilder(Options{})
			b.Append(validateNow, []byte{}, nil)
			out, _ := b.Build(nil)
			return out
		}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rules := clientRules()
			b := c.change(produced(t, None), &rules)
			before := append(Batch(nil), b...)
			result, err := Assign(b, rules, nil)
			wantDefect(t, err, c.want, c.message)
			if err != nil {
				if string(before) != string(b) {
					t.Error("a refused batch was changed")
				}
				return
			}
			got := result.Batch
			if got.BaseOffset() != 100 || got.PartitionLeaderEpoch() != 4 || got.EnsureValid() != nil || got.TimestampType() != rules.TimestampType || got.MaxTimestamp() != result.MaxTimestamp {
				t.Errorf("assigned %v: %v", got, got.EnsureValid())
			}
		})
	}
}

func TestAssignNamesTheRecords(t *testing.T) {
	b := NewBuilder(Options{})
	b.Append(validateNow, nil, nil)
	b.Append(validateNow+7_200_000, nil, nil)
	out, _ := b.Build(nil)
	_, err := Assign(out, clientRules(), nil)
	e, ok := err.(*Error)
	if !ok || len(e.Records) != 1 || e.Records[0].BatchIndex != 1 ||
		e.Records[0].Message != "Timestamp 1700007200000 of message with offset 1 is out of range. The timestamp should be within [-9223370336854775807, 1700003600000]" {
		t.Errorf("%+v", err)
	}
}

func TestAssignKeepsOrRebuilds(t *testing.T) {
	gaps := func(codec Codec) Batch {
		b := NewBuilder(Options{Codec: codec, HasProducer: true, ProducerID: 6, BaseSequence: 2})
		b.AppendAt(0, validateNow, nil, []byte("a"), Header{Key: "h"})
		b.AppendAt(5, validateNow+9, nil, []byte("b"))
		out, _ := b.Build(nil)
		binary.BigEndian.PutUint32(out[lastOffsetDeltaAt:], 1)
		out.SetCRC()
		return out
	}
	for _, c := range []struct {
		name    string
		batch   Batch
		codec   Codec
		rebuilt bool
	}{
		{"plain batch with gaps is kept as it is", gaps(None), None, false},
		{"compressed batch with gaps gets consecutive offsets", gaps(Gzip), Gzip, true},
		{"compression.type of its own compresses", produced(t, None), Zstd, true},
		{"compression.type uncompressed decompresses", produced(t, LZ4), None, true},
		{"the same codec is kept", produced(t, Snappy), Snappy, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			rules := clientRules()
			rules.Recompress, rules.Codec = true, c.codec
			result, err := Assign(append(Batch(nil), c.batch...), rules, new(Codecs))
			if err != nil {
				t.Fatal(err)
			}
			got := result.Batch
			if result.Rebuilt != c.rebuilt || got.Codec() != c.codec || got.BaseOffset() != 100 || got.LastOffset() != 101 || got.ProducerID() != c.batch.ProducerID() || got.EnsureValid() != nil {
				t.Errorf("rebuilt %t: %v", result.Rebuilt, got)
			}
			it := got.Iterate(nil)
			count := 0
			for it.Next() {
				count++
			}
			if count != 2 || it.Err() != nil {
				t.Errorf("%d records, %v", count, it.Err())
			}
		})
	}
}

func TestCoordinatorMayWriteControlBatches(t *testing.T) {
	rules := clientRules()
	rules.Origin = Coordinator
	b := ControlBatch(Options{HasProducer: true, ProducerID: 1, BaseSequence: -1, Transactional: true}, validateNow, Abort, EndTransactionMarker{}.Encode())
	if _, err := Assign(b, rules, nil); err != nil {
		t.Error(err)
	}
}

// benchmarkBatch is 16 KiB of records of 100 bytes, as ProducerPerformance sends.
func benchmarkBatch(b *testing.B, codec Codec) Batch {
	builder := NewBuilder(Options{Codec: codec})
	for builder.SizeInBytes() < 16<<10 {
		builder.Append(validateNow, nil, javaShape("small").Records()[:1], Header{})
		builder.Append(validateNow, nil, make([]byte, 100))
	}
	out, err := builder.Build(nil)
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func BenchmarkAssign(b *testing.B) {
	for codec := None; codec <= Zstd; codec++ {
		b.Run(codec.String(), func(b *testing.B) {
			batch, codecs, rules := benchmarkBatch(b, codec), new(Codecs), clientRules()
			rules.Origin = Coordinator
			b.SetBytes(int64(len(batch)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Assign(batch, rules, codecs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	for codec := None; codec <= Zstd; codec++ {
		b.Run(codec.String(), func(b *testing.B) {
			value, codecs := make([]byte, 100), new(Codecs)
			b.ReportAllocs()
			for b.Loop() {
				builder := NewBuilder(Options{Codec: codec})
				for range 150 {
					builder.Append(validateNow, nil, value)
				}
				out, err := builder.Build(codecs)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(out)))
			}
		})
	}
}
