package store

import (
	"os"
	"syscall"
)

// syncFileRangeWrite is SYNC_FILE_RANGE_WRITE: start writing what is dirty, and
// wait for nothing.
const syncFileRangeWrite = 2

// beginWriteback lets the system start to write a file's dirty pages. Where it
// cannot, the sync that comes later takes as long as it would have.
func beginWriteback(path string) {
	f, err := os.Open(path)
	if err != nil {
		return // reclaimed meanwhile
	}
	defer f.Close()
	_ = syscall.SyncFileRange(int(f.Fd()), 0, 0, syncFileRangeWrite) // a hint
}
