package store

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"bitacora/engine"
	"bitacora/engine/log"
)

// load makes what is in memory out of what transactions hold, after opening or a
// crash, and removes what a commit that was cut short left behind.
func (s *Store) load() error {
	s.write.Lock()
	defer s.write.Unlock()
	loaded := loading{logs: map[log.ID]*logState{}, bySegments: map[uint64]*logState{}, byRecords: map[uint64]*logState{}, files: map[uint64]bool{}}
	if err := s.db.View(loaded.read); err != nil {
		return s.failed(err)
	}
	s.logs = loaded.logs
	if s.logs[log.StoreID] == nil {
		// Records of the store: id 0, which newID never gives.
		s.logs[log.StoreID] = &logState{id: log.StoreID, records: loaded.storeRecords}
	}
	s.nextID = max(s.nextID, loaded.largestID)
	s.seq, s.sealed, s.durable = loaded.seq, loaded.seq, loaded.seq
	s.stored.Store(uint64(loaded.seq))
	s.pending, s.pendingBytes, s.descriptions, s.flush = nil, 0, nil, false
	s.tail, s.tailBytes = nil, 0
	s.err = nil
	s.live.Store(loaded.live)
	if err := s.removeUnclaimed(); err != nil {
		return s.failed(err)
	}
	orphans, err := s.findOrphans(loaded.files)
	if err != nil {
		return s.failed(err)
	}
	s.reclaim.reset(append(loaded.graves, orphans...))
	return nil
}

// loading is what load reads.
type loading struct {
	logs         map[log.ID]*logState
	bySegments   map[uint64]*logState
	byRecords    map[uint64]*logState
	storeRecords []record
	files        map[uint64]bool // named by segments and graves
	graves       []grave
	seq          log.Seq
	largestID    uint64
	live         int64
}

func (d *loading) read(txn *badger.Txn) error {
	item, err := txn.Get([]byte{tagSeq})
	if err == nil {
		err = item.Value(func(value []byte) error {
			if len(value) != 8 {
				return fmt.Errorf("stored number of %d bytes: %w", len(value), log.ErrCorrupt)
			}
			d.seq = log.Seq(binary.BigEndian.Uint64(value))
			return nil
		})
	}
	if err != nil && !errors.Is(err, badger.ErrKeyNotFound) {
		return err
	}
	steps := []struct {
		tag byte
		do  func(key, value []byte) error
	}{
		{tagLog, d.log}, {tagSegment, d.segment}, {tagRecord, d.record}, {tagGrave, d.grave},
	}
	for _, step := range steps {
		if err := forEach(txn, []byte{step.tag}, step.do); err != nil {
			return err
		}
	}
	return d.largestFile(txn)
}

// forEach hands out all keys and values of a prefix, valid for the call.
func forEach(txn *badger.Txn, prefix []byte, do func(key, value []byte) error) error {
	opt := badger.DefaultIteratorOptions
	opt.Prefix = prefix
	it := txn.NewIterator(opt)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		item := it.Item()
		if err := item.Value(func(value []byte) error { return do(item.Key(), value) }); err != nil {
			return err
		}
	}
	return nil
}

func (d *loading) log(key, value []byte) error {
	id, ok := parseLogKey(key)
	if !ok {
		return fmt.Errorf("log key of %d bytes: %w", len(key), log.ErrCorrupt)
	}
	v, err := parseLogValue(value)
	if err != nil {
		return err
	}
	l := &logState{id: id, value: v}
	d.logs[id], d.bySegments[v.segmentList], d.byRecords[v.records] = l, l, l
	d.largestID = max(d.largestID, v.segmentList, v.records)
	return nil
}

func (d *loading) segment(key, value []byte) error {
	list, base, ok := parseOffsetKey(key)
	if !ok {
		return fmt.Errorf("segment key of %d bytes: %w", len(key), log.ErrCorrupt)
	}
	l := d.bySegments[list]
	if l == nil {
		return nil // dead, in a grave
	}
	segment, files, err := parseSegment(base, value)
	if err != nil {
		return err
	}
	for _, f := range files {
		d.files[f.id] = true
		d.largestID = max(d.largestID, f.id)
	}
	d.live += segment.Bytes
	l.segments = append(l.segments, segment)
	l.files = append(l.files, files)
	return nil
}

func (d *loading) record(key, value []byte) error {
	id, k, ok := parseRecordKey(key)
	if !ok {
		return fmt.Errorf("record key of %d bytes: %w", len(key), log.ErrCorrupt)
	}
	r := record{key: k}
	if len(value) <= recordBytesKept {
		r.value = append(make([]byte, 0, len(value)), value...)
	}
	if id == 0 {
		d.storeRecords = append(d.storeRecords, r)
	} else if l := d.byRecords[id]; l != nil {
		l.records = append(l.records, r)
	}
	return nil
}

func (d *loading) grave(key, value []byte) error {
	g, err := parseGrave(key, value)
	if err != nil {
		return err
	}
	d.graves = append(d.graves, g)
	d.largestID = max(d.largestID, g.id)
	if g.kind == graveFile {
		d.files[g.id] = true
	}
	return nil
}

// largestFile looks at the last batch there is: an id that was given to a file is
// never given again, even if nobody names the file any more.
func (d *loading) largestFile(txn *badger.Txn) error {
	opt := badger.DefaultIteratorOptions
	opt.PrefetchValues, opt.Reverse = false, true
	it := txn.NewIterator(opt)
	defer it.Close()
	it.Seek([]byte{tagBatch + 1})
	if !it.Valid() || it.Item().Key()[0] != tagBatch {
		return nil
	}
	id, _, ok := parseOffsetKey(it.Item().Key())
	if !ok {
		return fmt.Errorf("batch key of %d bytes: %w", len(it.Item().Key()), log.ErrCorrupt)
	}
	d.largestID = max(d.largestID, id)
	return nil
}

// removeUnclaimed deletes the batches in the file that each log grows in which its
// segment does not claim: later appends would stand between them.
func (s *Store) removeUnclaimed() error {
	var keys [][]byte
	txn := s.db.NewTransactionAt(latest, false)
	defer txn.Discard()
	opt := badger.DefaultIteratorOptions
	opt.PrefetchValues = false
	opt.Prefix = []byte{tagBatch}
	it := txn.NewIterator(opt)
	defer it.Close()
	for _, l := range s.logs { // deletions have no order
		active := len(l.segments) - 1
		if active < 0 || len(l.files[active]) == 0 {
			continue
		}
		f := l.files[active][len(l.files[active])-1]
		if f.limit != limitOpen {
			continue
		}
		// The last offset of a batch that is claimed is below Next.
		file := idKey(tagBatch, f.id)
		for it.Seek(offsetKey(tagBatch, f.id, l.segments[active].Next)); it.ValidForPrefix(file); it.Next() {
			keys = append(keys, it.Item().KeyCopy(nil))
		}
	}
	return s.deleteKeys(keys)
}

// deleteKeys deletes keys in small transactions. The caller holds write.
func (s *Store) deleteKeys(keys [][]byte) error {
	for len(keys) > 0 {
		n := min(len(keys), keysPerOpMax)
		txn := s.db.NewTransactionAt(latest, true)
		for _, key := range keys[:n] {
			if err := txn.Delete(key); err != nil {
				return err
			}
		}
		if err := s.commitTxn(txn); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

// findOrphans finds files that nobody names: what an operation wrote ahead whose
// end never came. It costs one search for each file there is.
func (s *Store) findOrphans(named map[uint64]bool) ([]grave, error) {
	var orphans []grave
	err := s.db.View(func(txn *badger.Txn) error {
		opt := badger.DefaultIteratorOptions
		opt.PrefetchValues = false
		opt.Prefix = []byte{tagBatch}
		it := txn.NewIterator(opt)
		defer it.Close()
		for it.Rewind(); it.Valid(); {
			id, _, ok := parseOffsetKey(it.Item().Key())
			if !ok {
				return fmt.Errorf("batch key of %d bytes: %w", len(it.Item().Key()), log.ErrCorrupt)
			}
			if !named[id] {
				// How large is not known; it is removed with what else is dead.
				orphans = append(orphans, grave{kind: graveFile, id: id, bytes: 0})
			}
			it.Seek(offsetKey(tagBatch, id+1, engine.Offset(-1<<63)))
		}
		return nil
	})
	return orphans, err
}
