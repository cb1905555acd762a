package batch

import (
	"bytes"
	"fmt"
	"testing"
)

// wordy is text that more effort makes smaller.
func wordy() []byte {
	var b bytes.Buffer
	for i := range 3000 {
		fmt.Fprintf(&b, "pedido %d: %d sopas y %d panes; ", i, i*i%17, i*7%23)
	}
	return b.Bytes()
}

func TestLevels(t *testing.T) {
	plain := wordy()
	codecs := new(Codecs)
	sizes := func(codec Codec, levels ...int) []int {
		var all []int
		for _, level := range levels {
			once, err := codecs.CompressAt(nil, codec, level, plain)
			if err != nil {
				t.Fatalf("%v at %d: %v", codec, level, err)
			}
			again, err := new(Codecs).CompressAt([]byte("before"), codec, level, plain)
			if err != nil || !bytes.Equal(again, append([]byte("before"), once...)) {
				t.Errorf("%v at %d: a second time it gives other bytes, %v", codec, level, err)
			}
			back, err := codecs.Decompress(codec, once)
			if err != nil || !bytes.Equal(back, plain) {
				t.Errorf("%v at %d: %d bytes came back, %v", codec, level, len(back), err)
			}
			all = append(all, len(once))
		}
		return all
	}
	for codec, levels := range map[Codec][]int{
		Gzip: {1, 2, 3, 4, 5, 6, 7, 8, 9, -1},
		LZ4:  {1, 2, 5, 9, 12, 17},
		Zstd: {-131072, -1, 1, 2, 3, 6, 10, 22},
	} {
		got := sizes(codec, levels...)
		if own := sizes(codec, DefaultLevel, map[Codec]int{Gzip: -1, LZ4: 9, Zstd: 3}[codec]); own[0] != own[1] {
			t.Errorf("%v: the default gives %d bytes, Kafka's default level %d", codec, own[0], own[1])
		}
		if got[0] <= got[len(got)-2] {
			t.Errorf("%v: more effort makes nothing smaller: %v", codec, got)
		}
	}
}

// TestRecompressionTakesTheLevel: the broker's codec and level count, not the
// producer's, unless the producer's codec is the same.
func TestRecompressionTakesTheLevel(t *testing.T) {
	build := func(codec Codec, level int) Batch {
		b := NewBuilder(Options{Codec: codec, Level: level, HasProducer: true, ProducerID: 7, ProducerEpoch: 1, BaseSequence: 5})
		b.Append(1000, []byte("k"), wordy(), Header{Key: "h", Value: []byte("v")})
		b.Append(1001, nil, wordy()[:5000])
		out, err := b.Build(nil)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for name, c := range map[string]struct {
		sent     Batch
		codec    Codec
		level    int
		want     Batch
		rebuilt  bool
		producer bool
	}{
		"another codec":           {sent: build(Snappy, 0), codec: Gzip, level: 1, want: build(Gzip, 1), rebuilt: true},
		"another level of it":     {sent: build(Snappy, 0), codec: Gzip, level: 9, want: build(Gzip, 9), rebuilt: true},
		"the same codec":          {sent: build(Gzip, 1), codec: Gzip, level: 9, want: build(Gzip, 1)},
		"none, of a compressed":   {sent: build(Zstd, 0), codec: None, want: build(None, 0), rebuilt: true},
		"what the producer chose": {sent: build(LZ4, 0), codec: Gzip, level: 9, want: build(LZ4, 0), producer: true},
	} {
		t.Run(name, func(t *testing.T) {
			rules := Rules{Now: 1000, BeforeMaxMs: 1 << 40, AfterMaxMs: 1 << 40, Recompress: !c.producer, Codec: c.codec, Level: c.level, BaseOffset: 40, LeaderEpoch: 3}
			got, err := Assign(bytes.Clone(c.sent), rules, new(Codecs))
			if err != nil {
				t.Fatal(err)
			}
			want := Batch(bytes.Clone(c.want))
			want.SetBaseOffset(40)
			want.SetPartitionLeaderEpoch(3)
			if got.Rebuilt != c.rebuilt || !bytes.Equal(got.Batch, want) {
				t.Errorf("rebuilt %v: %v, want %v", got.Rebuilt, got.Batch, want)
			}
		})
	}
}
