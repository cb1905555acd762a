package log_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
	"bitacora/engine/log/logtest"
)

// memoryDisk is a memory store that is there again when it is opened again.
type memoryDisk struct{ store *log.Memory }

func (d *memoryDisk) Open() (log.Store, error) {
	if d.store == nil {
		d.store = log.NewMemory(0)
	}
	return d.store, d.store.Crash()
}

func memorySuite() logtest.Suite {
	return logtest.Suite{
		NewDisk:    func(testing.TB) logtest.Disk { return &memoryDisk{} },
		FreedBytes: 64 << 20,
		Held:       func(_ logtest.Disk, s log.Store) int64 { return s.(*log.Memory).HeldBytes() },
		Await: func(t testing.TB, what string, condition func() bool) {
			if !condition() {
				t.Fatalf("waited for %s", what)
			}
		},
		FailAt: func(s log.Store, n uint64) { s.(*log.Memory).FailAt(n) },
		Logs:   1500,
	}
}

func TestMemory(t *testing.T) { memorySuite().Run(t) }

// TestStories runs the same stories from their files, so that they can be written
// anew with -rewrite.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "logtest/testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, memorySuite().NewStory(t))
	})
}

// operation is one call on a store, the same every time it is made.
type operation struct {
	kind, log int
	offset    engine.Offset
	bytes     int
}

func (o operation) apply(s *log.Memory) {
	id := log.ID{Topic: logtest.Topic(byte(o.log))}
	end := engine.Offset(0)
	if segments, err := s.Segments(id); err == nil {
		end = segments[len(segments)-1].Next
	}
	switch o.kind {
	case 0:
		_ = s.Create(id, o.offset, 0)
	case 1:
		_ = s.Delete(id)
	case 2:
		_ = s.Roll(id, end, 0)
	case 3:
		_ = s.TruncateEnd(id, o.offset)
	case 4:
		_ = s.TruncateStart(id, o.offset)
	case 5:
		_ = s.SetRecord(id, log.RecordKey{Kind: log.RecordOwner}, make([]byte, o.bytes))
	case 6:
		if c, ok := s.Seal(); ok {
			_ = c.Run()
			s.Committed(c.Seq())
		}
	case 7:
		_ = s.Crash()
	case 8:
		s.Flush()
	default:
		_ = s.Append(id, end, 1, logtest.Batch(1+o.log, engine.WallTime(o.offset), o.bytes))
	}
}

func operations(t *rapid.T, name string) []operation {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) operation {
		return operation{
			kind: rapid.IntRange(0, 25).Draw(t, "kind"), log: rapid.IntRange(0, 2).Draw(t, "log"),
			offset: engine.Offset(rapid.IntRange(0, 40).Draw(t, "offset")), bytes: rapid.IntRange(0, 3000).Draw(t, "bytes"),
		}
	}), 0, 40).Draw(t, name)
}

// TestMemoryClone compares a store that was cloned, and its clone, both going their
// own way by turns, with stores that nobody cloned.
func TestMemoryClone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		past, ours, theirs := operations(t, "past"), operations(t, "ours"), operations(t, "theirs")
		original := log.NewMemory(0)
		for _, id := range []int{0, 1} {
			operation{kind: 0, log: id}.apply(original)
		}
		reference := func(future []operation) string {
			s := log.NewMemory(0)
			for _, id := range []int{0, 1} {
				operation{kind: 0, log: id}.apply(s)
			}
			for _, o := range append(past[:len(past):len(past)], future...) {
				o.apply(s)
			}
			return logtest.Picture(s)
		}
		for _, o := range past {
			o.apply(original)
		}
		clone := original.Clone()
		second := clone.Clone()
		for i := range max(len(ours), len(theirs)) {
			if i < len(ours) {
				ours[i].apply(original)
				ours[i].apply(second)
			}
			if i < len(theirs) {
				theirs[i].apply(clone)
			}
		}
		if got, want := logtest.Picture(original), reference(ours); got != want {
			t.Fatalf("the original has\n%s\nwant\n%s", got, want)
		}
		if got, want := logtest.Picture(clone), reference(theirs); got != want {
			t.Fatalf("the clone has\n%s\nwant\n%s", got, want)
		}
		if got, want := logtest.Picture(second), reference(ours); got != want {
			t.Fatalf("the clone's clone has\n%s\nwant\n%s", got, want)
		}
	})
}

// TestMemoryPowerLoss: each way for a disk to lose what it was not made to keep.
func TestMemoryPowerLoss(t *testing.T) {
	id := log.ID{Topic: logtest.Topic(1)}
	setup := func(t *testing.T) *log.Memory {
		t.Helper()
		s := log.NewMemory(0)
		must(t, s.Create(id, 0, 0))
		must(t, s.Append(id, 0, 0, logtest.Batch(1, 1, 100)))
		s.Flush()
		commit(t, s)
		must(t, s.Append(id, 1, 0, logtest.Batch(1, 1, 100)))
		commit(t, s)
		must(t, s.Append(id, 2, 0, logtest.Batch(1, 1, 100)))
		return s
	}
	cases := []struct {
		name  string
		crash func(s *log.Memory) error
		end   engine.Offset
		valid int // batches with a right CRC
	}{
		{"a killed process loses what was not committed", (*log.Memory).Crash, 2, 2},
		{"a loss of power takes what was not synced", (*log.Memory).PowerLoss, 1, 1},
		{"or only some of it", func(s *log.Memory) error { return s.CrashAt(s.SyncedSeq()+1, -1) }, 2, 2},
		{"the last write may be torn", func(s *log.Memory) error { return s.CrashAt(s.SyncedSeq(), 80) }, 2, 1},
		{"even within its header", func(s *log.Memory) error { return s.CrashAt(s.SyncedSeq(), 3) }, 2, 1},
		{"what the system wrote back is safe", func(s *log.Memory) error { s.Writeback(); return s.PowerLoss() }, 2, 2},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			s := setup(t)
			must(t, tt.crash(s))
			segments, err := s.Segments(id)
			must(t, err)
			if got := segments[0].Next; got != tt.end {
				t.Errorf("the log ends at %d, want %d", got, tt.end)
			}
			run, err := s.Read(id, 0, 100, 1<<20, true)
			must(t, err)
			valid := 0
			for it := batch.Iterate(run); it.Next() && it.Batch().EnsureValid() == nil; {
				valid++
			}
			if valid != tt.valid {
				t.Errorf("%d valid batches, want %d", valid, tt.valid)
			}
		})
	}
}

// TestMemoryFull: the limit is a full disk, for this process's whole life.
func TestMemoryFull(t *testing.T) {
	id := log.ID{Topic: logtest.Topic(1)}
	s := log.NewMemory(1000)
	must(t, s.Create(id, 0, 0))
	must(t, s.Append(id, 0, 0, logtest.Batch(1, 1, 500)))
	commit(t, s)
	if err := s.Append(id, 1, 0, logtest.Batch(1, 1, 500)); !errors.Is(err, log.ErrFull) || !errors.Is(s.Err(), log.ErrFull) {
		t.Fatalf("append to a full disk: %v, store: %v", err, s.Err())
	}
	if err := s.Append(id, 1, 0, logtest.Batch(1, 1, 1)); !errors.Is(err, log.ErrFull) {
		t.Fatalf("append after a full disk: %v", err)
	}
	must(t, s.Crash())
	if space := s.Space(); space.Used+space.Free != 1000 || space.Used < 500 {
		t.Fatalf("space %+v", space)
	}
	s.SetLimit(2000)
	must(t, s.Append(id, 1, 0, logtest.Batch(1, 1, 500)))
}

// TestMemoryWritesBackByItself: the journal of what a crash may undo is bounded.
func TestMemoryWritesBackByItself(t *testing.T) {
	id := log.ID{Topic: logtest.Topic(1)}
	s := log.NewMemory(0)
	must(t, s.Create(id, 0, 0))
	const appends = 100_000
	for i := range appends {
		must(t, s.Append(id, engine.Offset(i), 0, logtest.Batch(1, 1, 1)))
		commit(t, s)
	}
	if unsynced := s.LastSeq() - s.SyncedSeq(); unsynced > 20_000 {
		t.Fatalf("%d operations are kept to be undone", unsynced)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func commit(t testing.TB, s *log.Memory) {
	t.Helper()
	if c, ok := s.Seal(); ok {
		must(t, c.Run())
		s.Committed(c.Seq())
	}
}

func BenchmarkMemoryAppend(b *testing.B) {
	for _, bytes := range []int{100, 16 << 10} {
		b.Run(strconv.Itoa(bytes), func(b *testing.B) {
			id := log.ID{Topic: logtest.Topic(1)}
			made := logtest.Batch(1, 1, bytes)
			s := log.NewMemory(1 << 30)
			must(b, s.Create(id, 0, 0))
			b.SetBytes(int64(len(made)))
			b.ReportAllocs()
			next := engine.Offset(0)
			for b.Loop() {
				must(b, s.Append(id, next, 1, made))
				if next++; next%4096 == 0 {
					must(b, s.Reset(id, next, 0))
				}
				if next%16 == 0 {
					commit(b, s)
				}
			}
		})
	}
}

func BenchmarkMemoryRead(b *testing.B) {
	for _, bytes := range []int{1 << 10, 1 << 20} {
		b.Run(strconv.Itoa(bytes), func(b *testing.B) {
			id := log.ID{Topic: logtest.Topic(1)}
			s := log.NewMemory(1 << 30)
			must(b, s.Create(id, 0, 0))
			const batches = 20_000
			for i := range batches {
				must(b, s.Append(id, engine.Offset(i), 1, logtest.Batch(1, 1, 900)))
			}
			b.SetBytes(int64(bytes))
			b.ReportAllocs()
			at := engine.Offset(0)
			for b.Loop() {
				run, err := s.Read(id, at, batches, bytes, true)
				must(b, err)
				if len(run) == 0 {
					b.Fatal("nothing read")
				}
				at = (at + 7919) % (batches - 2000)
			}
		})
	}
}

// BenchmarkMemoryClone clones a store of 300 logs, of which 30 are appended to in
// between: a checkpoint of the page.
func BenchmarkMemoryClone(b *testing.B) {
	s := log.NewMemory(1 << 30)
	made := logtest.Batch(1, 1, 900)
	for i := range 300 {
		must(b, s.Create(log.ID{Topic: logtest.Topic(byte(i)), Partition: int32(i)}, 0, 0))
	}
	b.ReportAllocs()
	next := engine.Offset(0)
	var kept *log.Memory
	for b.Loop() {
		for i := range 30 {
			must(b, s.Append(log.ID{Topic: logtest.Topic(byte(i)), Partition: int32(i)}, next, 0, made))
		}
		next++
		commit(b, s)
		kept = s.Clone()
	}
	_ = kept
}

func TestMemoryFlipsABitOfOneBatch(t *testing.T) {
	s := log.NewMemory(0)
	id := log.ID{Topic: logtest.Topic(1)}
	if err := s.Create(id, 0, 0); err != nil {
		t.Fatal(err)
	}
	for i := range engine.Offset(3) {
		if err := s.Append(id, i, 0, logtest.Batch(1, 0, 50)); err != nil {
			t.Fatal(err)
		}
	}
	before, err := s.Read(id, 0, 3, 1<<20, true)
	if err != nil {
		t.Fatal(err)
	}
	if base, found := s.FlipBit(id, 1, 12345); !found || base != 1 {
		t.Fatalf("flipped %v at %d", found, base)
	}
	for it, i := batch.Iterate(before), 0; it.Next(); i++ {
		if err := it.Batch().EnsureValid(); err != nil {
			t.Errorf("batch %d, read before, changed under its reader: %v", i, err)
		}
	}
	after, err := s.Read(id, 0, 3, 1<<20, true)
	if err != nil {
		t.Fatal(err)
	}
	for it, i := batch.Iterate(after), 0; it.Next(); i++ {
		if damaged := it.Batch().EnsureValid() != nil; damaged != (i == 1) {
			t.Errorf("batch %d damaged: %v", i, damaged)
		}
	}
	if _, found := s.FlipBit(id, 3, 0); found {
		t.Error("flipped a batch that is not there")
	}
}
