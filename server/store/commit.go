package store

import (
	"encoding/binary"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// op is one operation on its way to the database. An append, by far the most
// frequent, needs nothing but its fields; anything else has a change.
type op struct {
	seq  log.Seq
	file uint64
	last engine.Offset
	// batch is what was appended, in memory that does not change; nil: no append.
	batch batch.Batch
	// The segment that an append changed, and its description after it.
	list        uint64
	base        engine.Offset
	description []byte
	change      *change
}

// change is what an operation other than an append writes.
type change struct {
	// batches go into files that no segment names before segments is written, so
	// they may be in transactions of their own.
	batches  []batchWrite
	segments []segmentWrite
	values   []valueWrite
	graves   []grave
	bytes    int64
}

type batchWrite struct {
	file  uint64
	last  engine.Offset
	batch batch.Batch
}

// segmentWrite sets the description of a segment, or removes it (nil).
type segmentWrite struct {
	list        uint64
	base        engine.Offset
	description []byte
}

// valueWrite sets a value, or removes it (nil).
type valueWrite struct{ key, value []byte }

func (c *change) set(key, value []byte) {
	c.values = append(c.values, valueWrite{key: key, value: value})
}

// push numbers an operation and queues it for the next Seal.
func (s *Store) push(o op) {
	s.seq++
	o.seq = s.seq
	s.pending = append(s.pending, o)
	s.pendingBytes += int64(len(o.batch))
	if o.change != nil {
		s.pendingBytes += o.change.bytes
	}
}

// Flush asks that the next commit be synced. See log.Store.
func (s *Store) Flush() { s.flush = true }

// Seal gathers what was done since the last. See log.Store.
func (s *Store) Seal() (log.Commit, bool) {
	if s.err != nil || (len(s.pending) == 0 && !s.flush) {
		return nil, false
	}
	c := &commit{
		store: s, ops: s.pending, seq: s.seq, bytes: s.pendingBytes,
		synced: s.kind == Meta || s.options.Sync || s.flush,
	}
	s.sealed = s.seq
	s.pending, s.pendingBytes, s.flush = nil, 0, false
	s.descriptions = nil
	return c, true
}

// Committed says that commits up to seq were run. See log.Store.
func (s *Store) Committed(seq log.Seq) {
	if seq > log.Seq(s.stored.Load()) {
		engine.Violated("CommittedWasRun", "commit %d, stored %d", seq, s.stored.Load())
	}
	s.durable = max(s.durable, seq)
	s.trimTail()
}

// commit is a log.Commit.
type commit struct {
	store  *Store
	ops    []op
	seq    log.Seq
	bytes  int64
	synced bool
}

func (c *commit) Seq() log.Seq { return c.seq }
func (c *commit) Bytes() int64 { return c.bytes }
func (c *commit) Synced() bool { return c.synced }

// Run writes the operations, in order, in as many transactions as it takes.
func (c *commit) Run() error {
	s := c.store
	s.write.Lock()
	defer s.write.Unlock()
	if err := s.space.take(s, c.bytes); err != nil {
		return err
	}
	w := newWriter(s, c.synced)
	for i := range c.ops {
		if err := w.add(&c.ops[i]); err != nil {
			return err
		}
	}
	if err := w.commit(); err != nil {
		return err
	}
	if len(c.ops) == 0 && c.synced {
		if err := w.sync(); err != nil {
			return err
		}
	}
	s.reclaim.bury(w.graves, c.bytes)
	if s.kind == Data && !c.synced {
		s.ahead.wrote(s.path, c.bytes)
	}
	c.ops = nil // what was written need not stay in memory
	return nil
}

// writer gathers whole operations into transactions.
type writer struct {
	store    *Store
	isSynced bool
	txn      *badger.Txn
	count    int64
	bytes    int64
	seq      log.Seq // the last whole operation in the transaction
	// segments is the last description of each segment in the transaction: of a
	// hundred appends to one log, one is written.
	segments map[segmentKey][]byte
	graves   []grave
	keys     []byte
}

type segmentKey struct {
	list uint64
	base engine.Offset
}

func newWriter(s *Store, synced bool) *writer {
	return &writer{store: s, isSynced: synced, segments: map[segmentKey][]byte{}}
}

// fits says whether a transaction may take more. Badger counts for itself; half of
// its limits leaves room for what it adds.
func (w *writer) fits(count, bytes int64) bool {
	db := w.store.db
	return w.count+count < db.MaxBatchCount()/2 && w.bytes+bytes < db.MaxBatchSize()/2
}

// add writes one operation. Before one that does not fit, the transaction is
// committed; one that never fits writes its batches ahead, which nobody sees
// until the segment's description claims them.
func (w *writer) add(o *op) error {
	count, bytes := w.cost(o)
	if !w.fits(count, bytes) {
		if err := w.commit(); err != nil {
			return err
		}
	}
	if o.batch != nil {
		if err := w.putBatch(o.file, o.last, o.batch); err != nil {
			return err
		}
		w.putSegment(segmentWrite{list: o.list, base: o.base, description: o.description})
	}
	if c := o.change; c != nil {
		for _, b := range c.batches {
			if err := w.putBatch(b.file, b.last, b.batch); err != nil {
				return err
			}
		}
		for _, s := range c.segments {
			w.putSegment(s)
		}
		for _, v := range c.values {
			if err := w.put(v.key, v.value); err != nil {
				return err
			}
		}
		for _, g := range c.graves {
			if err := w.put(g.key(), g.value()); err != nil {
				return err
			}
		}
		w.graves = append(w.graves, c.graves...)
	}
	w.seq = o.seq
	return nil
}

// entryOverheadBytes is about what an entry costs in a memtable beside its value.
const entryOverheadBytes = 64

func (w *writer) cost(o *op) (count, bytes int64) {
	batches := func(b batch.Batch) {
		n := int64(1)
		if part := w.store.tuning.batchPartBytes; part > 0 {
			n += int64(len(b) / part)
		}
		count += n
		bytes += n * entryOverheadBytes
		if int64(len(b)) < w.store.tuning.threshold || w.store.tuning.batchPartBytes > 0 {
			bytes += int64(len(b))
		}
	}
	if o.batch != nil {
		batches(o.batch)
		count++
		bytes += int64(len(o.description)) + entryOverheadBytes
	}
	if c := o.change; c != nil {
		for _, b := range c.batches {
			batches(b.batch)
		}
		count += int64(len(c.segments) + len(c.values) + len(c.graves))
		for _, s := range c.segments {
			bytes += int64(len(s.description)) + entryOverheadBytes
		}
		for _, v := range c.values {
			bytes += int64(len(v.value)) + entryOverheadBytes
		}
		bytes += int64(len(c.graves)) * entryOverheadBytes
	}
	return count, bytes
}

// putBatch writes a batch, in parts where the store has such.
func (w *writer) putBatch(file uint64, last engine.Offset, b batch.Batch) error {
	size := len(b)
	if part := w.store.tuning.batchPartBytes; part > 0 {
		size = part
	}
	for n, rest := 0, []byte(b); len(rest) > 0; n++ {
		piece := rest[:min(size, len(rest))]
		rest = rest[len(piece):]
		key := w.key(file, last)
		if n > 0 {
			key = binary.BigEndian.AppendUint16(key[:len(key):len(key)], uint16(n))
		}
		if !w.fits(1, int64(len(piece))) && w.seq == 0 {
			// Only batches of this very operation are in the transaction.
			if err := w.commitTxn(); err != nil {
				return err
			}
		}
		if err := w.put(key, piece); err != nil {
			return err
		}
	}
	return nil
}

// key makes the key of a batch; one array holds many.
func (w *writer) key(file uint64, last engine.Offset) []byte {
	if cap(w.keys)-len(w.keys) < offsetKeyBytes {
		w.keys = make([]byte, 0, 8*offsetKeyBytes)
	}
	from := len(w.keys)
	w.keys = appendOffsetKey(w.keys, tagBatch, file, last)
	return w.keys[from:len(w.keys):len(w.keys)]
}

func (w *writer) putSegment(s segmentWrite) {
	w.segments[segmentKey{s.list, s.base}] = s.description
	w.count++
	w.bytes += int64(len(s.description)) + entryOverheadBytes
}

// put sets or removes one key.
func (w *writer) put(key, value []byte) error {
	if w.txn == nil {
		w.txn = w.store.db.NewTransactionAt(latest, true)
	}
	w.count++
	w.bytes += entryOverheadBytes
	if int64(len(value)) < w.store.tuning.threshold {
		w.bytes += int64(len(value))
	}
	var err error
	if value == nil {
		err = w.txn.Delete(key)
	} else {
		err = w.txn.SetEntry(badger.NewEntry(key, value))
	}
	if err != nil {
		return w.store.failed(err)
	}
	return nil
}

// commit ends the transaction: segments' descriptions and the operation's number
// go with it.
func (w *writer) commit() error {
	if w.seq == 0 {
		return nil
	}
	for key, description := range w.segments { // keys of one transaction have no order
		if err := w.put(offsetKey(tagSegment, key.list, key.base), description); err != nil {
			return err
		}
	}
	if err := w.put([]byte{tagSeq}, binary.BigEndian.AppendUint64(nil, uint64(w.seq))); err != nil {
		return err
	}
	if err := w.commitTxn(); err != nil {
		return err
	}
	w.store.stored.Store(uint64(w.seq))
	w.seq = 0
	clear(w.segments)
	return nil
}

func (w *writer) commitTxn() error {
	if w.txn == nil {
		return nil
	}
	if w.store.fault != nil {
		if err := w.store.fault(); err != nil {
			return w.store.failed(err)
		}
	}
	err := w.store.commitTxn(w.txn)
	w.txn, w.count, w.bytes = nil, 0, 0
	if err != nil {
		return w.store.failed(err)
	}
	if w.isSynced {
		return w.sync()
	}
	return nil
}

// sync makes the last transaction outlive a loss of power. A Meta store's writes
// are synced as they are made. With Options.Sync every transaction is synced, so
// nothing older is left out; after a single Flush, a memtable that was filled
// before and whose table is just being written is not covered (db.Sync syncs the
// current one), for the moment that takes.
func (w *writer) sync() error {
	if w.store.kind == Meta {
		return nil
	}
	if err := w.store.db.Sync(); err != nil {
		return w.store.failed(err)
	}
	return nil
}

func (s *Store) failed(err error) error {
	return fmt.Errorf("store %s: %w: %w", s.path, log.ErrFailed, err)
}
