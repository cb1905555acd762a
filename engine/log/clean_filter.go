package log

import (
	"fmt"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// filter appends to out what remains of a batch (MemoryRecords.filterTo with
// Cleaner's RecordFilter).
func (c *Cleaning) filter(l *Log, b batch.Batch, scratch *Scratch) error {
	kept, read, tombstones := 0, 0, false
	it := b.Iterate(&scratch.Codecs)
	for it.Next() {
		r := it.Record()
		read++
		if c.keeps(b, r) {
			kept++
			tombstones = tombstones || r.Value == nil && !b.IsControl()
		}
	}
	if err := it.Err(); err != nil {
		return fmt.Errorf("clean %v at %d: %w: %w", l.name, b.BaseOffset(), ErrUncleanable, err)
	}
	c.stats.ReadRecords += int64(read)
	c.stats.KeptRecords += int64(kept)
	setHorizon := tombstones && !b.Attributes().HasDeleteHorizon()
	switch {
	case kept == 0 && !c.keepsEmpty(l, b):
		c.same = false
	case kept == 0 && b.RecordsCount() == 0:
		c.out = append(c.out, b...)
	case kept == 0:
		c.same = false
		c.out = append(c.out, batch.Emptied(b)...)
	case kept == read && !setHorizon:
		c.out = append(c.out, b...)
	default:
		c.same = false
		return c.rebuild(l, b, setHorizon, scratch)
	}
	return nil
}

// keeps says whether a record stays: the last of its key, and no tombstone whose
// time has come. What the map does not speak for stays (Cleaner.shouldRetainRecord).
func (c *Cleaning) keeps(b batch.Batch, r *batch.Record) bool {
	switch {
	case b.IsControl() || r.Offset > c.keys.latest:
		return true
	case r.Key == nil || r.Offset < c.keys.get(r.Key):
		return false
	case r.Value != nil:
		return true
	}
	horizon, ok := b.DeleteHorizon()
	return !ok || c.began < horizon
}

// keepsEmpty says whether a batch stays, without records, for what its header
// tells: the last sequence number of a producer that is still known, or where the
// cleaned part ends.
func (c *Cleaning) keepsEmpty(l *Log, b batch.Batch) bool {
	if b.NextOffset() == c.FirstUncleanable {
		return true
	}
	if !b.HasProducerID() {
		return false
	}
	e := l.producers.find(b.ProducerID())
	return e != nil && e.count > 0 && e.batches[e.count-1].lastOffset == b.LastOffset()
}

// rebuild writes what remains of a batch, its offsets, sequences, epochs and codec
// as they were. With tombstones in it, it gets the time at which they may go: now
// and delete.retention.ms (KIP-534).
func (c *Cleaning) rebuild(l *Log, b batch.Batch, setHorizon bool, scratch *Scratch) error {
	o := batch.OptionsOf(b)
	if setHorizon {
		o.HasDeleteHorizon = true
		o.DeleteHorizon = c.began + engine.WallTime(l.config.DeleteRetention/time.Millisecond)
	}
	builder := batch.NewBuilder(o)
	it := b.Iterate(&scratch.Codecs)
	for it.Next() {
		if r := it.Record(); c.keeps(b, r) {
			builder.AppendRecord(r.Offset, r)
		}
	}
	builder.EndAt(b.LastOffset())
	rebuilt, err := builder.Build(&scratch.Codecs)
	if err != nil {
		return fmt.Errorf("clean %v at %d: %w: %w", l.name, b.BaseOffset(), ErrUncleanable, err)
	}
	c.out = append(c.out, rebuilt...)
	return nil
}
