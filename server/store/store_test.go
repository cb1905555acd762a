package store

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"bitacora/engine/log"
	"bitacora/engine/log/logtest"
)

// testOptions need less free space than a server does.
func testOptions() Options { return Options{ReserveBytes: 1 << 20} }

type disk struct {
	path      string
	kind      Kind
	tailBytes int64
	tuning    tuning
}

func (d disk) Open() (log.Store, error) {
	options := testOptions()
	options.TailBytes = d.tailBytes
	return open(d.path, d.kind, options, d.tuning)
}

var errInjected = errors.New("injected")

func failAt(s log.Store, n uint64) {
	store := s.(*Store)
	if n == 0 {
		store.fault = nil
		return
	}
	store.fault = func() error {
		if n--; n == 0 {
			return errInjected
		}
		return nil
	}
}

// suite tests a store; tailBytes of 1 sends every committed batch out of memory.
func suite(kind Kind, tailBytes, freedBytes int64, t tuning) logtest.Suite {
	return logtest.Suite{
		NewDisk: func(tb testing.TB) logtest.Disk {
			return disk{path: filepath.Join(tb.TempDir(), "store"), kind: kind, tailBytes: tailBytes, tuning: t}
		},
		FreedBytes: freedBytes,
		Held:       func(d logtest.Disk, _ log.Store) int64 { return usedBytes(d.(disk).path) },
		Await:      await,
		Logs:       500,
	}
}

// await polls: what is waited for is the file system's state, which tells nobody.
func await(t testing.TB, what string, condition func() bool) {
	t.Helper()
	const limit, pause = 10 * time.Second, 20 * time.Millisecond
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for deadline := time.Now().Add(limit); !condition(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", limit, what)
		}
	}
}

// freed is how much the test of deletion writes: nothing with -short, which is for
// the race detector, since what is promised of time and space is not its to keep.
func freed(bytes int64) int64 {
	if testing.Short() {
		return 0
	}
	return bytes
}

func TestData(t *testing.T) {
	t.Parallel() // most of its time goes to opening and closing files
	suite(Data, 0, freed(1<<30), tuningOf(Data)).Run(t)
}

func TestMeta(t *testing.T) {
	t.Parallel()
	suite(Meta, 1, freed(40<<20), tuningOf(Meta)).Run(t)
}

// TestSmallTables has the same done with tables, value-log files and transactions
// so small that everything that can be cut in two is, with nothing in memory that
// need not be, and with every call failing in turn.
func TestSmallTables(t *testing.T) {
	t.Parallel()
	small := tuning{
		memTableBytes: 256 << 10, valueFileBytes: 1 << 20, threshold: 512, batchPartBytes: 4 << 10,
		deadBytesMin: 1 << 20, graveBytesLarge: 100 << 10,
	}
	s := suite(Data, 1, freed(64<<20), small)
	s.FailAt = failAt
	s.Run(t)
}

// TestMetaKeepsAllInTables: a failed sync of the value log would go unnoticed.
func TestMetaKeepsAllInTables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	s, err := Open(path, Meta, testOptions())
	must(t, err)
	defer s.Close()
	before := vlogBytes(t, path)
	must(t, s.Create(testLog, 0, 0))
	must(t, s.Append(testLog, 0, 0, logtest.Batch(1, 1, 1<<20)))
	must(t, s.SetRecord(testLog, log.RecordKey{Kind: log.RecordOwner}, make([]byte, log.RecordBytesMax)))
	commitAll(t, s)
	if after := vlogBytes(t, path); after != before {
		t.Errorf("the value log grew from %d to %d bytes", before, after)
	}
}

func vlogBytes(t *testing.T, path string) (used int64) {
	files, err := filepath.Glob(filepath.Join(path, "*.vlog"))
	must(t, err)
	for _, f := range files {
		used += usedBytes(f)
	}
	return used
}
