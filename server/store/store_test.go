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
	path string
	kind Kind
	// tailBytes of 1 sends every committed chunk out of memory.
	tailBytes int64
}

func (d disk) Open() (log.Store, error) {
	options := testOptions()
	options.TailBytes = d.tailBytes
	return Open(d.path, d.kind, options)
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

func suite(kind Kind, tailBytes int64) logtest.Suite {
	freed := int64(1 << 30)
	if kind == Meta {
		freed = 64 << 20 // each commit is synced
	}
	return logtest.Suite{
		NewDisk: func(t testing.TB) logtest.Disk {
			return disk{path: filepath.Join(t.TempDir(), "store"), kind: kind, tailBytes: tailBytes}
		},
		FreedBytes: freed,
		Held:       func(d logtest.Disk, _ log.Store) int64 { return usedBytes(d.(disk).path) },
		Await:      await,
		FailAt:     failAt,
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

func TestData(t *testing.T)            { suite(Data, 0).Run(t) }
func TestDataWithoutTail(t *testing.T) { suite(Data, 1).Run(t) }
func TestMeta(t *testing.T)            { suite(Meta, 1).Run(t) }
