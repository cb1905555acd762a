package store

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
	"bitacora/engine/log/logtest"
)

var testLog = log.ID{Topic: logtest.Topic(1)}

func commitAll(t testing.TB, s *Store) {
	t.Helper()
	if err := tryCommit(s); err != nil {
		t.Fatal(err)
	}
}

func tryCommit(s *Store) error {
	c, ok := s.Seal()
	if !ok {
		return s.Err()
	}
	if err := c.Run(); err != nil {
		s.Fail(err)
		return err
	}
	s.Committed(c.Seq())
	return nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openData(t testing.TB, options Options) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "store"), Data, options)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// TestReserve: below the reserve nothing is written, whoever asks is told, and the
// store works again once there is room.
func TestReserve(t *testing.T) {
	s := openData(t, testOptions())
	must(t, s.Create(testLog, 0, 0))
	must(t, s.Append(testLog, 0, 0, logtest.Batch(1, 1, 100)))
	commitAll(t, s)
	s.options.ReserveBytes, s.space = math.MaxInt64, space{}
	must(t, s.Append(testLog, 1, 0, logtest.Batch(1, 1, 100)))
	if err := tryCommit(s); !errors.Is(err, log.ErrFull) || !errors.Is(s.Err(), log.ErrFull) {
		t.Fatalf("%v, store %v", err, s.Err())
	}
	if err := s.Append(testLog, 2, 0, logtest.Batch(1, 1, 100)); !errors.Is(err, log.ErrFull) {
		t.Errorf("append to a full store: %v", err)
	}
	if run, err := s.Read(testLog, 0, 1, 1000, true); err != nil || len(run) == 0 {
		t.Errorf("reads go on: %d bytes, %v", len(run), err)
	}
	if err := s.Crash(); !errors.Is(err, log.ErrFull) {
		t.Errorf("restart without room: %v", err)
	}
	s.options.ReserveBytes = 1 << 20
	must(t, s.Crash())
	if segments, _ := s.Segments(testLog); segments[0].Next != 1 {
		t.Errorf("restarted at %d, want what was committed", segments[0].Next)
	}
	must(t, s.Append(testLog, 1, 0, logtest.Batch(1, 1, 100)))
	commitAll(t, s)
	if _, err := Open(filepath.Join(t.TempDir(), "s"), Data, Options{ReserveBytes: math.MaxInt64}); !errors.Is(err, log.ErrFull) {
		t.Errorf("opening without room: %v", err)
	}
}

// TestDamage: bytes that the medium changed are not taken for a batch, or have a
// wrong CRC, and neither panic nor take what stands before them.
func TestDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	open := func() *Store {
		options := testOptions()
		options.TailBytes = 1
		s, err := Open(path, Data, options)
		must(t, err)
		return s
	}
	s := open()
	must(t, s.Create(testLog, 0, 0))
	const batches = 50
	for o := engine.Offset(0); o < batches; o++ {
		must(t, s.Append(testLog, o, 0, logtest.Batch(1, 1, 4<<10)))
	}
	commitAll(t, s)
	must(t, s.Close())
	files, err := filepath.Glob(filepath.Join(path, "*.vlog"))
	must(t, err)
	info, err := os.Stat(files[0])
	must(t, err)
	f, err := os.OpenFile(files[0], os.O_RDWR, 0)
	must(t, err)
	_, err = f.WriteAt(make([]byte, 20<<10), info.Size()/2)
	must(t, err)
	must(t, f.Close())
	s = open()
	defer s.Close()
	sound, firstBad := 0, engine.Offset(batches)
	for o := engine.Offset(0); o < batches; o++ {
		run, err := s.Read(testLog, o, o+1, 1<<20, true)
		switch {
		case errors.Is(err, log.ErrCorrupt):
			firstBad = min(firstBad, o)
		case err != nil:
			t.Fatal(err)
		default:
			b := batch.Batch(run)
			if b.BaseOffset() != o {
				t.Errorf("offset %d gives %v", o, b)
			}
			if b.EnsureValid() == nil {
				sound++
			} else {
				firstBad = min(firstBad, o)
			}
		}
	}
	// Badger ends a value log that was being written at the first damage it finds.
	if sound < batches/2-4 || sound > batches-4 {
		t.Errorf("%d of %d batches are sound after 20 KiB in the middle were wiped", sound, batches)
	}
	// Recovery cuts the log at the first damage and goes on from there.
	must(t, s.TruncateEnd(testLog, firstBad))
	must(t, s.Append(testLog, firstBad, 1, logtest.Batch(3, 2, 4<<10)))
	commitAll(t, s)
	must(t, s.Close())
	s = open()
	defer s.Close()
	next := engine.Offset(0)
	for next < firstBad+3 {
		run, err := s.Read(testLog, next, 1<<62, 1<<20, true)
		must(t, err)
		it := batch.Iterate(run)
		for it.Next() {
			if it.Batch().BaseOffset() != next || it.Batch().EnsureValid() != nil {
				t.Fatalf("at %d there is %v", next, it.Batch())
			}
			next = it.Batch().NextOffset()
		}
	}
}

// TestSpaceComesBackWhileWriting: deletion and appends at once lose nothing.
func TestSpaceComesBackWhileWriting(t *testing.T) {
	small := tuningOf(Data)
	small.valueFileBytes, small.deadBytesMin, small.memTableBytes = 4<<20, 4<<20, 1<<20
	s, err := open(filepath.Join(t.TempDir(), "store"), Data, testOptions(), small)
	must(t, err)
	defer s.Close()
	kept, gone := testLog, log.ID{Topic: logtest.Topic(2)}
	must(t, s.Create(kept, 0, 0))
	must(t, s.Create(gone, 0, 0))
	b := logtest.Batch(1, 1, 16<<10)
	next, last := engine.Offset(0), engine.Offset(0)
	for range 100 {
		for range 20 {
			must(t, s.Append(gone, next, 0, b))
			next++
		}
		must(t, s.Append(kept, last, 0, b))
		last++
		must(t, s.TruncateEnd(gone, next-10))
		next -= 10
		must(t, s.Roll(gone, next, 0))
		must(t, s.TruncateStart(gone, next))
		commitAll(t, s)
	}
	await(t, "the space of what was deleted", func() bool { return usedBytes(s.path) < 24<<20 })
	must(t, s.Crash())
	for o := range last {
		run, err := s.Read(kept, o, o+1, 0, true)
		must(t, err)
		if got := batch.Batch(run); got.BaseOffset() != o || got.EnsureValid() != nil {
			t.Fatalf("offset %d: %v", o, got)
		}
	}
}
