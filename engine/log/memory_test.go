package log_test

import (
	"testing"

	"github.com/cockroachdb/datadriven"

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
