package store

import (
	"errors"
	"slices"
	"sync"

	"github.com/dgraph-io/badger/v4"
)

// reclaimer gives the space of what is dead back to the system. Badger does not by
// itself: a deleted key hides a value, and both stay. It runs on a goroutine of
// its own, which holds the store's write lock whenever it changes keys.
//
// Dead bytes are counted in graves. Past max(deadBytesMin, a quarter of what
// lives) it goes through all of them:
//
//  1. keys of small files, and ends cut off files, are deleted in small
//     transactions;
//  2. DropPrefix takes the large files, and a key written for the purpose, so that
//     the memtables are flushed in any case;
//  3. the graves are removed: a crash before that only repeats the work;
//  4. Flatten brings every deletion together with what it deletes, which is when
//     Badger learns how much of each value-log file is dead;
//  5. RunValueLogGC rewrites one such file after the other until none is worth it.
type reclaimer struct {
	store *Store

	mu      sync.Mutex
	graves  []grave
	dead    int64
	written int64 // since the value log was last gone through
	// leftover: the file that was being written then could not be rewritten.
	leftover bool
	closing  bool

	wake chan struct{}
	done chan struct{}
}

const (
	// discardRatioPercent of a value-log file must be dead for it to be rewritten:
	// the rest is written again, so a lower one costs more than it gives.
	discardRatioPercent = 40
	// dropPrefixesMax bounds the prefixes of one DropPrefix, which compares every
	// key with every prefix.
	dropPrefixesMax = 64
	// deadShare of what lives may lie dead.
	deadShare = 4
)

func newReclaimer(s *Store) *reclaimer {
	return &reclaimer{store: s, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// bury takes what a commit has written: what died, and how much was written.
func (r *reclaimer) bury(graves []grave, written int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.written += written
	for _, g := range graves {
		r.dead += g.bytes
	}
	r.graves = append(r.graves, graves...)
	if r.isDue() || r.hasLeftover() {
		r.signal()
	}
}

// hasLeftover is asked with mu held.
func (r *reclaimer) hasLeftover() bool {
	return r.leftover && r.written > r.store.tuning.valueFileBytes
}

// reset takes what a load has found in the place of all else.
func (r *reclaimer) reset(graves []grave) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.graves, r.dead = graves, 0
	for _, g := range graves {
		r.dead += g.bytes
	}
	if r.isDue() {
		r.signal()
	}
}

// isDue is asked with mu held.
func (r *reclaimer) isDue() bool {
	least := r.store.tuning.deadBytesMin
	return r.dead > max(least, r.store.live.Load()/deadShare) || len(r.graves) > gravesMax
}

// gravesMax bounds the list of what is dead: many small logs come and go too.
const gravesMax = 10_000

func (r *reclaimer) signal() {
	select {
	case r.wake <- struct{}{}:
	default: // it is awake already
	}
}

func (r *reclaimer) loop() {
	defer close(r.done)
	for range r.wake {
		r.mu.Lock()
		closing, due, leftover := r.closing, r.isDue(), r.hasLeftover()
		r.mu.Unlock()
		if closing {
			return
		}
		var err error
		switch {
		case due:
			err = r.run()
		case leftover:
			err = r.collect()
		}
		if err != nil && r.store.options.Log != nil {
			// Nothing is lost but space; the next commit tries again.
			r.store.options.Log.Warn("space was not reclaimed", "store", r.store.path, "error", err)
		}
	}
}

// close ends the goroutine, after the step it is at.
func (r *reclaimer) close() {
	r.mu.Lock()
	r.closing = true
	r.mu.Unlock()
	r.signal()
	<-r.done
}

func (r *reclaimer) isClosing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closing
}

// run goes through all graves that there are now.
func (r *reclaimer) run() error {
	r.mu.Lock()
	graves := slices.Clone(r.graves)
	r.mu.Unlock()
	if err := r.checkRoom(); err != nil {
		return err
	}
	var prefixes [][]byte
	for _, g := range graves {
		if r.isClosing() {
			return nil
		}
		if g.kind == graveFile && g.bytes >= r.store.tuning.graveBytesLarge && len(prefixes) < dropPrefixesMax {
			prefixes = append(prefixes, g.prefix())
			continue
		}
		if err := r.deleteGrave(g); err != nil {
			return err
		}
	}
	if err := r.drop(prefixes, graves); err != nil {
		return err
	}
	r.forget(graves)
	if r.isClosing() {
		return nil
	}
	if err := r.store.db.Flatten(1); err != nil {
		return err
	}
	return r.collect()
}

// deleteGrave deletes the keys of one grave, a few at a time, letting commits in
// between.
func (r *reclaimer) deleteGrave(g grave) error {
	from, prefix := g.first(), g.prefix()
	for !r.isClosing() {
		var keys [][]byte
		err := r.store.db.View(func(txn *badger.Txn) error {
			opt := badger.DefaultIteratorOptions
			opt.PrefetchValues = false
			opt.Prefix = prefix
			it := txn.NewIterator(opt)
			defer it.Close()
			for it.Seek(from); it.Valid() && len(keys) < keysPerOpMax; it.Next() {
				keys = append(keys, it.Item().KeyCopy(nil))
			}
			return nil
		})
		if err != nil || len(keys) == 0 {
			return err
		}
		r.store.write.Lock()
		err = r.store.deleteKeys(keys)
		r.store.write.Unlock()
		if err != nil {
			return err
		}
		from = append(keys[len(keys)-1], 0)
	}
	return nil
}

// drop takes whole files, flushes the memtables, and removes the graves. Commits
// wait meanwhile.
func (r *reclaimer) drop(prefixes [][]byte, graves []grave) error {
	r.store.write.Lock()
	defer r.store.write.Unlock()
	if r.isClosing() {
		return nil
	}
	db := r.store.db
	txn := db.NewTransactionAt(latest, true)
	if err := txn.Set([]byte{tagSentinel}, nil); err != nil {
		return err
	}
	if err := r.store.commitTxn(txn); err != nil {
		return err
	}
	if err := db.DropPrefix(append(prefixes, []byte{tagSentinel})...); err != nil {
		return err
	}
	keys := make([][]byte, len(graves))
	for i, g := range graves {
		keys[i] = g.key()
	}
	return r.store.deleteKeys(keys)
}

// forget takes graves off the list.
func (r *reclaimer) forget(graves []grave) {
	gone := make(map[grave]bool, len(graves))
	for _, g := range graves {
		gone[g] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.graves = slices.DeleteFunc(r.graves, func(g grave) bool { return gone[g] })
	r.dead = 0
	for _, g := range r.graves {
		r.dead += g.bytes
	}
}

// collect rewrites value-log files while any is worth it.
func (r *reclaimer) collect() error {
	r.mu.Lock()
	r.written, r.leftover = 0, true
	r.mu.Unlock()
	for !r.isClosing() {
		if err := r.checkRoom(); err != nil {
			return err
		}
		err := r.store.db.RunValueLogGC(float64(discardRatioPercent) / 100)
		if errors.Is(err, badger.ErrNoRewrite) || errors.Is(err, badger.ErrRejected) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkRoom keeps the rewriting of a file from filling the disk: it may use up to
// half of the reserve, so that a disk that is full of dead bytes recovers.
func (r *reclaimer) checkRoom() error {
	return r.store.checkSpace(-r.store.options.ReserveBytes / 2)
}
