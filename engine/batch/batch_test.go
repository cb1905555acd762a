package batch

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"bitacora/engine"
)

func build(t testing.TB, options Options, values ...string) Batch {
	t.Helper()
	b := NewBuilder(options)
	for i, v := range values {
		b.Append(1000+Timestamp(i), []byte(fmt.Sprintf("k%d", i)), []byte(v))
	}
	out, err := b.Build(nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestHeader(t *testing.T) {
	b := build(t, Options{
		BaseOffset: 40, LeaderEpoch: 3, Codec: LZ4, HasProducer: true, ProducerID: 9, ProducerEpoch: 2,
		BaseSequence: maxSequence - 1, Transactional: true,
	}, "a", "b", "c")
	switch {
	case b.BaseOffset() != 40, b.LastOffset() != 42, b.NextOffset() != 43, b.LastOffsetDelta() != 2:
		t.Errorf("offsets of %v", b)
	case b.PartitionLeaderEpoch() != 3, b.Magic() != 2, b.Codec() != LZ4, b.TimestampType() != CreateTime:
		t.Errorf("epoch, magic, codec or timestamp type of %v", b)
	case b.BaseTimestamp() != 1000, b.MaxTimestamp() != 1002, b.RecordsCount() != 3, b.SizeInBytes() != len(b):
		t.Errorf("times, count or size of %v", b)
	case b.ProducerID() != 9, b.ProducerEpoch() != 2, !b.HasProducerID(), !b.IsTransactional(), b.IsControl():
		t.Errorf("producer of %v", b)
	case b.BaseSequence() != maxSequence-1, b.LastSequence() != 0:
		t.Errorf("sequences %d-%d: they wrap from 2^31-1 to 0", b.BaseSequence(), b.LastSequence())
	case DecrementSequence(0, 2) != maxSequence-1, IncrementSequence(5, 3) != 8:
		t.Error("sequence arithmetic")
	}
	if err := b.EnsureValid(); err != nil {
		t.Error(err)
	}
}

func TestSetters(t *testing.T) {
	b := build(t, Options{}, "a", "b")
	crc := b.CRC()
	b.SetLastOffset(101)
	b.SetPartitionLeaderEpoch(7)
	if b.BaseOffset() != 100 || b.PartitionLeaderEpoch() != 7 || b.CRC() != crc {
		t.Errorf("offset and epoch lie outside the CRC: %v", b)
	}
	b.SetMaxTimestamp(CreateTime, 1001)
	if b.CRC() != crc {
		t.Error("nothing changed, so the CRC stays")
	}
	b.SetMaxTimestamp(LogAppendTime, 5000)
	if b.CRC() == crc || b.EnsureValid() != nil || b.TimestampType() != LogAppendTime {
		t.Errorf("log append time: %v %v", b, b.EnsureValid())
	}
	it := b.Iterate(nil)
	for it.Next() {
		if it.Record().Timestamp != 5000 {
			t.Errorf("timestamp %d of a LogAppendTime batch, want its largest", it.Record().Timestamp)
		}
	}
	b.SetProducer(4, 1, 10)
	if b.ProducerID() != 4 || b.LastSequence() != 11 || b.EnsureValid() != nil {
		t.Errorf("producer: %v", b)
	}
}

func TestIterateStopsBeforeAPartialBatch(t *testing.T) {
	run := append(build(t, Options{}, "a"), build(t, Options{BaseOffset: 1}, "b", "c")...)
	second := len(build(t, Options{}, "a"))
	for cut := range len(run) + 1 {
		it := Iterate(run[:cut])
		whole := 0
		for it.Next() {
			whole++
		}
		want, rest := 0, cut
		if cut >= second {
			want, rest = 1, cut-second
		}
		if cut == len(run) {
			want, rest = 2, 0
		}
		if whole != want || len(it.Rest()) != rest || it.Err() != nil {
			t.Fatalf("%d of %d bytes: %d batches, %d left, %v", cut, len(run), whole, len(it.Rest()), it.Err())
		}
	}
}

func TestControlBatch(t *testing.T) {
	marker := EndTransactionMarker{CoordinatorEpoch: 12}
	b := ControlBatch(Options{BaseOffset: 5, HasProducer: true, ProducerID: 1, BaseSequence: NoSequence, Transactional: true}, 99, Commit, marker.Encode())
	it := b.Iterate(nil)
	if !b.IsControl() || !b.IsTransactional() || !it.Next() {
		t.Fatalf("%v %v", b, it.Err())
	}
	kind, err := ParseControlKey(it.Record().Key)
	if kind != Commit || err != nil {
		t.Errorf("%v %v", kind, err)
	}
	if got, err := ParseEndTransactionMarker(it.Record().Value); got != marker || err != nil {
		t.Errorf("%v %v", got, err)
	}
	for _, c := range []struct {
		key  string
		want ControlType
		bad  bool
	}{
		{"\x00\x00\x00\x06", KRaftVoters, false},
		{"\x00\x09\x00\x02more", LeaderChange, false},
		{"\x00\x00\x00\x2a", UnknownControl, false},
		{"\xff\xff\x00\x01", UnknownControl, true},
		{"\x00\x00\x00", UnknownControl, true},
	} {
		if got, err := ParseControlKey([]byte(c.key)); got != c.want || (err != nil) != c.bad {
			t.Errorf("key %x: %v %v", c.key, got, err)
		}
	}
}

func TestDefectsAreTold(t *testing.T) {
	err := fmt.Errorf("append: %w", defect(TooLarge, "x"))
	if DefectOf(err) != TooLarge || !errors.Is(err, &Error{Defect: TooLarge}) || errors.Is(err, &Error{Defect: Corrupt}) {
		t.Error("a wrapped defect is not found")
	}
	if DefectOf(errors.New("disk")) != 0 || DefectOf(nil) != 0 {
		t.Error("other errors have no defect")
	}
}

// TestBombsAreRefused: a few kilobytes may not become more than the limit.
func TestBombsAreRefused(t *testing.T) {
	zeros := make([]byte, DecompressedBytesMax+1)
	for codec := Gzip; codec <= Zstd; codec++ {
		packed, err := new(Codecs).Compress(nil, codec, zeros)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = new(Codecs).Decompress(codec, packed); DefectOf(err) != Undecompressable {
			t.Errorf("%v: %d bytes for %d: %v", codec, len(packed), len(zeros), err)
		}
	}
	if _, err := new(Codecs).Decompress(5, nil); DefectOf(err) != UnknownCodec {
		t.Error(err)
	}
}

func TestCodecsStartNoGoroutine(t *testing.T) {
	codecs := new(Codecs)
	before := runtime.NumGoroutine()
	for codec := Gzip; codec <= Zstd; codec++ {
		packed, err := codecs.Compress(nil, codec, noise(300_000))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = codecs.Decompress(codec, packed); err != nil {
			t.Fatal(err)
		}
	}
	if after := runtime.NumGoroutine(); after != before {
		t.Errorf("%d goroutines more", after-before)
	}
}

func TestIterationDoesNotAllocate(t *testing.T) {
	b := build(t, Options{}, strings.Split(strings.Repeat("value,", 100), ",")...)
	allocs := testing.AllocsPerRun(100, func() {
		it := Iterate(b)
		for it.Next() {
			records := it.Batch().Iterate(nil)
			for records.Next() {
				for range records.Record().Headers {
					t.Error("no headers here")
				}
			}
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// TestRoundTrip: whatever records are built are read back, through every codec.
func TestRoundTrip(t *testing.T) {
	codecs := new(Codecs)
	field := rapid.Custom(func(t *rapid.T) []byte {
		if rapid.IntRange(0, 4).Draw(t, "null") == 0 {
			return nil
		}
		return rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "bytes")
	})
	type record struct {
		at         Timestamp
		offset     engine.Offset
		key, value []byte
		headers    []Header
	}
	rapid.Check(t, func(t *rapid.T) {
		options := Options{
			BaseOffset: engine.Offset(rapid.Int64Range(0, 1<<40).Draw(t, "base")),
			Codec:      Codec(rapid.IntRange(0, 4).Draw(t, "codec")),
		}
		b := NewBuilder(options)
		var want []record
		bound := HeaderBytes
		for range rapid.IntRange(1, 20).Draw(t, "records") {
			r := record{
				at:     Timestamp(rapid.Int64().Draw(t, "at")),
				offset: b.NextOffset() + engine.Offset(rapid.IntRange(0, 3).Draw(t, "gap")),
				key:    field.Draw(t, "key"), value: field.Draw(t, "value"),
			}
			for range rapid.IntRange(0, 3).Draw(t, "headers") {
				r.headers = append(r.headers, Header{Key: rapid.String().Draw(t, "name"), Value: field.Draw(t, "header")})
			}
			b.AppendAt(r.offset, r.at, r.key, r.value, r.headers...)
			want = append(want, r)
			bound += RecordSizeUpperBound(r.key, r.value, r.headers...)
		}
		if size := b.SizeInBytes(); size > bound {
			t.Fatalf("size %d over its bound %d", size, bound)
		}
		out, err := b.Build(codecs)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := Parse(out)
		if err != nil {
			t.Fatal(err)
		}
		it := parsed.Iterate(codecs)
		for i := 0; it.Next(); i++ {
			got := it.Record()
			w := want[i]
			if got.Offset != w.offset || got.Timestamp != w.at || !same(got.Key, w.key) || !same(got.Value, w.value) || got.HeadersCount != len(w.headers) {
				t.Fatalf("record %d: %+v, want %+v", i, got, w)
			}
			h := 0
			for view := range got.Headers {
				if string(view.Key) != w.headers[h].Key || !same(view.Value, w.headers[h].Value) {
					t.Fatalf("record %d header %d: %+v", i, h, view)
				}
				h++
			}
		}
		if it.Err() != nil || int(parsed.RecordsCount()) != len(want) {
			t.Fatal(it.Err(), parsed.RecordsCount())
		}
	})
}

func same(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

func TestVarints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		short, long := rapid.Int32().Draw(t, "short"), rapid.Int64().Draw(t, "long")
		s, l := appendVarint(nil, short), appendVarlong(nil, long)
		gotShort, _, ok := readVarint(s)
		gotLong, _, okLong := readVarlong(l)
		if !ok || !okLong || gotShort != short || gotLong != long || len(s) != sizeOfVarint(short) || len(l) != sizeOfVarlong(long) {
			t.Fatalf("%d %x %d, %d %x %d", short, s, gotShort, long, l, gotLong)
		}
	})
	if _, _, ok := readVarint([]byte{0x80, 0x80, 0x80, 0x80, 0x80, 0}); ok {
		t.Error("a varint of six bytes is refused")
	}
}
