package store

import "time"

const (
	// spaceCheckBytes may be committed on the strength of one look at the file
	// system: little beside the smallest reserve, much beside a commit.
	spaceCheckBytes = 8 << 20
	// spaceCheckEvery bounds what others may have written since that look. At the
	// speed of a fast disk it is 20 MB, which every reserve has room for.
	spaceCheckEvery = 20 * time.Millisecond
)

// space remembers the last look at the free space: the system call costs as much
// as the rest of a small commit.
type space struct {
	looked time.Time
	left   int64 // what may be written without looking again
}

// take fails as checkSpace does if so many bytes more may go below the reserve.
// The caller holds the store's write lock.
func (a *space) take(s *Store, bytes int64) error {
	if now := time.Now(); bytes > a.left || now.Sub(a.looked) > spaceCheckEvery {
		// What this look allows must be there beyond the reserve, or each commit
		// looks for itself.
		a.looked, a.left = now, spaceCheckBytes
		if s.checkSpace(bytes+spaceCheckBytes) != nil {
			a.left = 0
			return s.checkSpace(bytes)
		}
		return nil
	}
	a.left -= bytes
	return nil
}
