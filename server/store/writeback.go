package store

import (
	"path/filepath"
	"sync"
	"sync/atomic"
)

// writebackBytes is how much may be written to the value log before the system is
// asked to begin bringing it to the disk. Badger syncs a value-log file when it is
// full and takes no commit meanwhile: with 64 MiB in memory only, all three copies
// of a partition stood still for 100-280 ms every 64 MiB.
const writebackBytes = 8 << 20

// writeback asks the system ahead of time for what Badger's sync would wait for.
// It promises nothing: what must outlive a loss of power is synced as before.
type writeback struct {
	bytes   int64 // since the last time; whoever writes to the database has it
	running atomic.Bool
	done    sync.WaitGroup
}

// wrote counts what a commit wrote. The caller holds the store's write lock.
func (w *writeback) wrote(dir string, bytes int64) {
	w.bytes += bytes
	if w.bytes < writebackBytes || !w.running.CompareAndSwap(false, true) {
		return
	}
	w.bytes = 0
	w.done.Go(func() {
		defer w.running.Store(false)
		files, err := filepath.Glob(filepath.Join(dir, "*.vlog"))
		if err != nil || len(files) == 0 {
			return // nothing to bring forward
		}
		beginWriteback(files[len(files)-1]) // names are numbers of one width: the newest is last
	})
}
