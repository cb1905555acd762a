package batch

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// clientsJSON holds the first batch that each real client sent to Apache Kafka
// 4.3.1. It is embedded, so that the WASM run needs no file system.
//
//go:embed testdata/clients.json
var clientsJSON []byte

// javaJSON holds batches that kafka-clients 4.3.1 wrote in each codec.
//
//go:embed testdata/java.json
var javaJSON []byte

func mustHex(t testing.TB, s string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestRealClients: what each client sent is whole, and writing its records again
// gives the same bytes.
func TestRealClients(t *testing.T) {
	var vectors []struct {
		Client         string
		ProduceVersion int16
		Hex            string
		Values         []string
		ProducerID     int64
	}
	if err := json.Unmarshal(clientsJSON, &vectors); err != nil || len(vectors) < 10 {
		t.Fatal(len(vectors), err)
	}
	for _, v := range vectors {
		t.Run(v.Client, func(t *testing.T) {
			raw := mustHex(t, v.Hex)
			b, err := CheckProduce(raw, v.ProduceVersion)
			if err != nil {
				t.Fatal(err)
			}
			if err := b.EnsureValid(); err != nil {
				t.Fatal(err)
			}
			if int64(b.ProducerID()) != v.ProducerID || int(b.RecordsCount()) != len(v.Values) {
				t.Fatalf("%v: want producer %d and %d records", b, v.ProducerID, len(v.Values))
			}
			builder := NewBuilder(optionsOf(b))
			it := b.Iterate(nil)
			for i := 0; it.Next(); i++ {
				if got := string(it.Record().Value); got != v.Values[i] {
					t.Errorf("record %d: %q, want %q", i, got, v.Values[i])
				}
				builder.AppendRecord(it.Record().Offset, it.Record())
			}
			if it.Err() != nil {
				t.Fatal(it.Err())
			}
			again, err := builder.Build(nil)
			if err != nil || !bytes.Equal(again, raw) {
				t.Errorf("written again:\n%x\nthe client's:\n%x\n%v", []byte(again), raw, err)
			}
		})
	}
}

func optionsOf(b Batch) Options {
	return Options{
		BaseOffset: b.BaseOffset(), LeaderEpoch: b.PartitionLeaderEpoch(), Codec: b.Codec(),
		TimestampType: b.TimestampType(), AppendTime: b.MaxTimestamp(),
		HasProducer: true, ProducerID: b.ProducerID(), ProducerEpoch: b.ProducerEpoch(),
		BaseSequence: b.BaseSequence(), Transactional: b.IsTransactional(), Control: b.IsControl(),
	}
}

// TestJavaCodecs: what kafka-clients compressed is read, and equals what we write.
func TestJavaCodecs(t *testing.T) {
	var vectors []struct{ Codec, Shape, Hex string }
	if err := json.Unmarshal(javaJSON, &vectors); err != nil || len(vectors) != 9 {
		t.Fatal(len(vectors), err)
	}
	codecs := new(Codecs)
	for _, v := range vectors {
		t.Run(v.Codec+" "+v.Shape, func(t *testing.T) {
			b, err := Parse(mustHex(t, v.Hex))
			if err != nil {
				t.Fatal(err)
			}
			if b.Codec().String() != v.Codec {
				t.Fatalf("codec %v", b.Codec())
			}
			want := javaShape(v.Shape)
			got, err := codecs.Decompress(b.Codec(), b.Records())
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want.Records()) {
				t.Errorf("records differ: %d bytes, want %d", len(got), len(want.Records()))
			}
		})
	}
}

// javaShape builds what the vectors of javaJSON hold, not compressed.
func javaShape(shape string) Batch {
	b := NewBuilder(Options{LeaderEpoch: -1})
	if shape == "small" {
		b.Append(1700000000000, []byte("k1"), []byte("v1"), Header{Key: "h", Value: []byte("x")}, Header{Key: "n"})
		b.Append(1700000000005, nil, []byte{})
		b.Append(1699999999990, []byte{}, nil)
	} else {
		for i := range 900 {
			b.Append(1700000000000+Timestamp(i), fmt.Appendf(nil, "key-%d", i%7), []byte(strings.Repeat(fmt.Sprintf("value %d ", i), 10)))
		}
	}
	out, _ := b.Build(nil)
	return out
}

func TestBuilderWritesWhatJavaWrites(t *testing.T) {
	var vectors []struct{ Codec, Shape, Hex string }
	if err := json.Unmarshal(javaJSON, &vectors); err != nil {
		t.Fatal(err)
	}
	if want := mustHex(t, vectors[0].Hex); !bytes.Equal([]byte(javaShape("small")), want) {
		t.Errorf("got\n%x\nwant\n%x", []byte(javaShape("small")), want)
	}
}

// TestCodecBytesAreTheSameEverywhere compares each codec's output with a hash
// written down here. The same test run for js/wasm proves that a browser and a
// server compress alike.
func TestCodecBytesAreTheSameEverywhere(t *testing.T) {
	golden := map[Codec]string{
		None:   "82157ffa1ed548a741163c5d",
		Gzip:   "3bb182ffac931cc4569ab677",
		Snappy: "314b194b1bfdbcd2cbfa8fb9",
		LZ4:    "e91c1bc13a908f0053618d06",
		Zstd:   "38877de993b46fb932d35135",
	}
	inputs := [][]byte{{}, []byte("a"), javaShape("small").Records(), javaShape("large").Records(), noise(200_000), bytes.Repeat([]byte("log"), 100_000)}
	for codec := None; codec <= Zstd; codec++ {
		t.Run(codec.String(), func(t *testing.T) {
			shared := new(Codecs)
			hash := sha256.New()
			for _, input := range inputs {
				fresh, err := new(Codecs).Compress(nil, codec, input)
				if err != nil {
					t.Fatal(err)
				}
				reused, err := shared.Compress(nil, codec, input)
				if err != nil || !bytes.Equal(fresh, reused) {
					t.Fatalf("codecs used before compress %d bytes otherwise: %v", len(input), err)
				}
				back, err := shared.Decompress(codec, fresh)
				if err != nil || !bytes.Equal(back, input) {
					t.Fatalf("%d bytes came back as %d: %v", len(input), len(back), err)
				}
				fmt.Fprintf(hash, "%d:", len(fresh))
				hash.Write(fresh)
			}
			if got := hex.EncodeToString(hash.Sum(nil)[:12]); got != golden[codec] {
				t.Errorf("%v: hash %s, want %s", codec, got, golden[codec])
			}
		})
	}
}

// noise is bytes that do not compress, from a fixed linear generator.
func noise(n int) []byte {
	out := make([]byte, n)
	state := uint64(1)
	for i := range out {
		state = state*6364136223846793005 + 1442695040888963407
		out[i] = byte(state >> 56)
	}
	return out
}
