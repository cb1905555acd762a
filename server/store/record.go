package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"

	"bitacora/engine"
	"bitacora/engine/log"
)

// record is a small record of a log. Short values stay in memory, others until
// they are committed.
type record struct {
	key   log.RecordKey
	value []byte // nil: in the database
	seq   log.Seq
}

// recordBytesKept is the size up to which a value stays in memory: offsets and
// epochs of partitions, which are asked for often, are shorter.
const recordBytesKept = 256

func compareRecords(a, b log.RecordKey) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Part, b.Part))
}

func (l *logState) findRecord(key log.RecordKey) (int, bool) {
	return slices.BinarySearchFunc(l.records, key, func(r record, k log.RecordKey) int { return compareRecords(r.key, k) })
}

// SetRecord keeps a small record. See log.Store.
func (s *Store) SetRecord(id log.ID, key log.RecordKey, value []byte) error {
	if s.err != nil {
		return s.err
	}
	l, err := s.find(id)
	if err != nil {
		return err
	}
	if len(value) > log.RecordBytesMax {
		return fmt.Errorf("%v record %v: %d bytes: %w", id, key, len(value), log.ErrTooLarge)
	}
	c := new(change)
	i, found := l.findRecord(key)
	if value == nil {
		c.set(recordKey(l.value.records, key), nil)
		if found {
			l.records = slices.Delete(l.records, i, i+1)
		}
	} else {
		own := append(make([]byte, 0, len(value)), value...)
		c.set(recordKey(l.value.records, key), own)
		c.bytes = int64(len(own))
		if !found {
			l.records = slices.Insert(l.records, i, record{key: key})
		}
		l.records[i].value, l.records[i].seq = own, s.seq+1
	}
	s.push(op{change: c})
	return nil
}

// Record gives a small record. See log.Store.
func (s *Store) Record(id log.ID, key log.RecordKey) ([]byte, error) {
	l, err := s.find(id)
	if err != nil {
		return nil, err
	}
	i, found := l.findRecord(key)
	if !found {
		return nil, nil
	}
	if r := &l.records[i]; r.value != nil {
		value := r.value
		if len(value) > recordBytesKept && r.seq <= s.durable {
			r.value = nil
		}
		return value, nil
	}
	var value []byte
	err = s.db.View(func(txn *badger.Txn) error {
		item, err := txn.Get(recordKey(l.value.records, key))
		if err != nil {
			return err
		}
		value, err = item.ValueCopy(make([]byte, 0, item.ValueSize()))
		return err
	})
	if errors.Is(err, badger.ErrKeyNotFound) {
		err = log.ErrCorrupt
	}
	if err != nil {
		return nil, fmt.Errorf("%v record %v: %w: %w", id, key, log.ErrCorrupt, err)
	}
	return value, nil
}

// RecordOffsets lists the records of a kind. See log.Store.
func (s *Store) RecordOffsets(id log.ID, kind log.RecordKind) ([]engine.Offset, error) {
	l, err := s.find(id)
	if err != nil {
		return nil, err
	}
	var out []engine.Offset
	for _, r := range l.records {
		if r.key.Kind == kind && (len(out) == 0 || out[len(out)-1] != r.key.Offset) {
			out = append(out, r.key.Offset)
		}
	}
	return out, nil
}
