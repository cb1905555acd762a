package log

import (
	"bytes"
	"testing"

	"bitacora/engine"
	"bitacora/engine/batch"
)

func fuzzBatch(records int, base engine.Offset) []byte {
	builder := batch.NewBuilder(batch.Options{BaseOffset: base, HasProducer: true, ProducerID: 7, BaseSequence: int32(base)})
	for range records {
		builder.Append(5, nil, []byte("value"))
	}
	b, err := builder.Build(nil)
	if err != nil {
		panic(err) // no codec, so nothing can fail
	}
	return b
}

// FuzzAppendAsFollower: whatever a leader sends, it is refused or the log holds it.
func FuzzAppendAsFollower(f *testing.F) {
	f.Add(fuzzBatch(3, 0))
	f.Add(append(fuzzBatch(1, 0), fuzzBatch(2, 1)...))
	f.Add(append(fuzzBatch(1, 5), fuzzBatch(2, 3)...))
	f.Add(fuzzBatch(2, 1<<63-2))
	f.Add(fuzzBatch(2, -1))
	f.Add(fuzzBatch(9, 0)[:100])
	f.Fuzz(func(t *testing.T, run []byte) {
		store := NewMemory(0)
		l, err := Create(store, MetadataID, engine.TopicPartition{Topic: "t"}, DefaultConfig(), 0)
		if err != nil {
			t.Fatal(err)
		}
		untouched := bytes.Clone(run)
		info, err := l.AppendAsFollower(run, 9, 0)
		if !bytes.Equal(run, untouched) {
			t.Fatal("the leader's bytes were changed")
		}
		if err != nil {
			if l.LogEndOffset() != 0 || l.Size() != 0 {
				t.Fatalf("refused (%v), yet the log ends at %d", err, l.LogEndOffset())
			}
			return
		}
		if l.LogEndOffset() != info.LastOffset+1 || l.LogEndOffset() < 0 {
			t.Fatalf("end %d after %+v", l.LogEndOffset(), info)
		}
		if c, ok := store.Seal(); ok {
			if err := c.Run(); err != nil {
				t.Fatal(err)
			}
			store.Committed(c.Seq())
		}
		reopened, found, err := Open(store, MetadataID, l.name, Config{Compact: true, SegmentBytes: 1 << 30}, false, 0)
		if err != nil || found.Cut != NotCut || reopened.LogEndOffset() != l.LogEndOffset() {
			t.Fatalf("reopened: %+v, %v", found, err)
		}
	})
}

// FuzzProducerSnapshot: a damaged record is corrupt, a right one is as it was.
func FuzzProducerSnapshot(f *testing.F) {
	var some producerState
	some.update(fuzzBatch(3, 0))
	f.Add(some.encode())
	f.Add((&producerState{}).encode())
	f.Fuzz(func(t *testing.T, value []byte) {
		var p producerState
		if p.decode(value) != nil {
			return
		}
		again := p.encode()
		var q producerState
		if err := q.decode(again); err != nil || !bytes.Equal(q.encode(), again) {
			t.Fatalf("decoded, encoded and decoded: %v", err)
		}
	})
}

// FuzzLeaderEpochs: the epochs and offsets that come out of a record grow.
func FuzzLeaderEpochs(f *testing.F) {
	f.Add((&epochCache{entries: []EpochEntry{{1, 0}, {3, 10}}}).encode())
	f.Add((&epochCache{entries: []EpochEntry{{3, 10}, {1, 0}}}).encode())
	f.Fuzz(func(t *testing.T, value []byte) {
		var c epochCache
		c.decode(value)
		for i := 1; i < len(c.entries); i++ {
			if c.entries[i].Epoch <= c.entries[i-1].Epoch || c.entries[i].StartOffset <= c.entries[i-1].StartOffset {
				t.Fatalf("%v", c.entries)
			}
		}
	})
}
