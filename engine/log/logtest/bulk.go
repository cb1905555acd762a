package logtest

import (
	"bytes"
	"slices"
	"testing"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// readBytesStay keeps what was read, and does to the log all that could reach it.
func (s Suite) readBytesStay(t *testing.T) {
	d := s.open(t)
	id := logID(1)
	d.must(d.store.Create(id, 0, 0))
	var kept, copies [][]byte
	keep := func() {
		for from := engine.Offset(0); from < 40; from += 3 {
			run, err := d.store.Read(id, from, 1<<62, 4000, true)
			d.must(err)
			kept, copies = append(kept, run), append(copies, bytes.Clone(run))
		}
		b, _, err := d.store.FindTime(id, 0, 1)
		d.must(err)
		kept, copies = append(kept, b), append(copies, bytes.Clone(b))
	}
	add := func(base engine.Offset, at engine.WallTime) {
		d.must(d.store.Append(id, base, 1, Batch(4, at, 200)))
	}
	for o := engine.Offset(0); o < 40; o += 4 {
		add(o, 1)
		keep()
	}
	d.commit()
	// An undone append, a truncation, an undone record and truncation: each puts
	// other bytes where read ones lay.
	add(40, 2)
	keep()
	d.must(d.store.Crash())
	add(40, 3)
	keep()
	d.must(d.store.TruncateEnd(id, 20))
	add(20, 4)
	keep()
	d.commit()
	d.must(d.store.SetRecord(id, log.RecordKey{Kind: log.RecordOwner}, []byte("x")))
	add(24, 5)
	keep()
	d.must(d.store.Crash())
	add(24, 6)
	keep()
	// A closed segment that becomes the active one again, twice.
	d.must(d.store.Roll(id, 30, 0))
	add(30, 7)
	d.commit()
	for at := engine.WallTime(8); at < 10; at++ {
		d.must(d.store.TruncateEnd(id, 29))
		add(28, at)
		keep()
		d.must(d.store.Crash())
		keep()
	}
	d.must(d.store.Reset(id, 0, 0))
	add(0, 10)
	keep()
	d.must(d.store.Delete(id))
	d.commit()
	d.reopen()
	for i := range kept {
		if !bytes.Equal(kept[i], copies[i]) {
			t.Fatalf("bytes of read %d changed", i)
		}
	}
}

// lentBytes scribbles over whatever was given to the store, before it commits.
func (s Suite) lentBytes(t *testing.T) {
	d := s.open(t)
	id, key := logID(1), log.RecordKey{Kind: log.RecordOwner}
	d.must(d.store.Create(id, 0, 0))
	lent := Batch(2, 5, 50)
	untouched := slices.Clone(lent)
	d.must(d.store.Append(id, 7, 9, lent))
	if !bytes.Equal(lent, untouched) {
		t.Fatal("Append changed the caller's bytes")
	}
	clear(lent)
	d.must(d.store.Roll(id, 9, 0))
	value := []byte("value")
	d.must(d.store.SetRecord(id, key, value))
	clear(value)
	kept := Batch(1, 6, 50)
	kept.SetBaseOffset(8)
	run := slices.Clone(kept)
	d.must(d.store.Replace(id, 0, 9, []log.Replacement{{Base: 0, Batches: run}}))
	clear(run)
	d.must(d.store.Append(id, 9, 9, Batch(1, 7, 20)))
	for _, when := range []string{"before the commit", "after the commit", "after a reopen"} {
		batches, err := readAll(d.store, id, 1<<20)
		d.must(err)
		if len(batches) != 2 || !bytes.Equal(batches[0], kept) || batches[1].EnsureValid() != nil ||
			batches[1].BaseOffset() != 9 || batches[1].PartitionLeaderEpoch() != 9 {
			t.Fatalf("%s: %v", when, batches)
		}
		if v, err := d.store.Record(id, key); err != nil || string(v) != "value" {
			t.Fatalf("%s: record %q, %v", when, v, err)
		}
		if when == "before the commit" {
			d.commit()
		} else {
			d.reopen()
		}
	}
}

func (s Suite) manyLogs(t *testing.T) {
	d := s.open(t)
	for i := range s.Logs {
		d.must(d.store.Create(logID(i), engine.Offset(i), 0))
		d.must(d.store.Append(logID(i), engine.Offset(i), 1, Batch(1+i%3, 5, 20)))
	}
	d.commit()
	want := d.store.Logs()
	if len(want) != s.Logs || !slices.IsSortedFunc(want, log.ID.Compare) {
		t.Fatalf("%d logs, sorted %v", len(want), slices.IsSortedFunc(want, log.ID.Compare))
	}
	d.reopen()
	if got := d.store.Logs(); !slices.Equal(got, want) {
		t.Fatalf("after a reopen %d logs, want %d", len(got), len(want))
	}
	for i := range s.Logs {
		batches, err := readAll(d.store, logID(i), 1<<20)
		d.must(err)
		if len(batches) != 1 || batches[0].BaseOffset() != engine.Offset(i) || batches[0].RecordsCount() != int32(1+i%3) {
			t.Fatalf("log %d: %v", i, batches)
		}
	}
}

// longLog appends batches of many sizes over many segments, and asks for offsets
// all over.
func (s Suite) longLog(t *testing.T) {
	const batches, records, perSegment = 4000, 3, 700
	d := s.open(t)
	id := logID(1)
	d.must(d.store.Create(id, 0, 0))
	sizes := []batch.Batch{Batch(records, 1, 5), Batch(records, 2, 300), Batch(records, 3, 2500), Batch(records, 4, 20000)}
	for i := range batches {
		base := engine.Offset(i * records)
		if i%perSegment == perSegment-1 {
			d.must(d.store.Roll(id, base, 0))
		}
		d.must(d.store.Append(id, base, 1, sizes[i%7%len(sizes)]))
		if i%100 == 0 {
			d.commit()
		}
	}
	d.commit()
	for round := range 2 {
		for o := engine.Offset(0); o < batches*records; o += 37 {
			run, err := d.store.Read(id, o, 1<<62, 100000, true)
			d.must(err)
			it := batch.Iterate(run)
			if !it.Next() || it.Batch().BaseOffset() != o-o%records || it.Batch().EnsureValid() != nil {
				t.Fatalf("round %d: read at %d gives %v", round, o, it.Batch())
			}
			for next := it.Batch().NextOffset(); it.Next(); next += records {
				if it.Batch().BaseOffset() != next {
					t.Fatalf("round %d: read at %d: batch %d where %d was due", round, o, it.Batch().BaseOffset(), next)
				}
			}
		}
		d.reopen()
	}
}

// deletionFrees writes much, deletes most of it in each of the ways there are, then
// writes nothing more: the disk must come down to twice what lives.
func (s Suite) deletionFrees(t *testing.T) {
	d := s.open(t)
	const logs, records = 20, 1
	b := Batch(records, 1, 16<<10)
	var next [logs]engine.Offset
	for i := range logs {
		d.must(d.store.Create(logID(i), 0, 0))
	}
	for written := int64(0); written < s.FreedBytes; {
		for i := range logs {
			if next[i]%64 == 63 {
				d.must(d.store.Roll(logID(i), next[i], 0))
			}
			d.must(d.store.Append(logID(i), next[i], 0, b))
			next[i] += records
			written += int64(len(b))
		}
		d.commit()
	}
	for i := 1; i < logs; i++ { // log 0 lives: 5%
		switch i % 4 {
		case 0:
			d.must(d.store.Delete(logID(i)))
		case 1:
			d.must(d.store.Reset(logID(i), next[i], 0))
		case 2:
			d.must(d.store.TruncateEnd(logID(i), 0))
		case 3:
			d.must(d.store.Roll(logID(i), next[i], 0))
			d.must(d.store.TruncateStart(logID(i), next[i]))
		}
	}
	d.commit()
	live := s.FreedBytes / logs
	s.Await(t, "the disk to hold at most twice what lives", func() bool { return s.Held(d.disk, d.store) <= 2*live })
	batches, err := readAll(d.store, logID(0), 1<<20)
	d.must(err)
	if len(batches) != int(next[0]) {
		t.Fatalf("%d batches live, want %d", len(batches), next[0])
	}
}
