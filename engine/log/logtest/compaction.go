package logtest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// compaction does random things to a compacted log over the store, with rounds of
// cleaning that crashes interrupt, and compares what is left with every record that
// was ever written.
func (s Suite) compaction(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := &compacted{T: rt, disk: s.NewDisk(t), horizons: map[engine.Offset]batch.Timestamp{}, now: 1_000_000}
		var err error
		c.store, err = c.disk.Open()
		c.must(err)
		defer func() { c.store.Close() }()
		c.config = log.DefaultConfig()
		c.config.SegmentBytes, c.config.Compact, c.config.Delete = 1200, true, false
		c.config.DeleteRetention = 100 * time.Millisecond
		c.log, err = log.Create(c.store, logID(1), engine.TopicPartition{Topic: "orders"}, c.config, c.now)
		c.must(err)
		c.commit(nil)
		rt.Repeat(map[string]func(*rapid.T){
			"produce": c.produce, "produce more": c.produce, "produce much": c.produce, "produce still more": c.produce,
			"roll":   func(*rapid.T) { c.must(c.log.Roll(c.now)) },
			"time":   func(*rapid.T) { c.now += engine.WallTime(rapid.IntRange(1, 80).Draw(c.T, "ms")) },
			"clean":  c.clean,
			"begin":  c.begin,
			"step":   c.step,
			"commit": c.commit,
			"crash":  c.crash,
			"":       c.check,
		})
	})
}

// compacted is a log that is cleaned, and what was written to it.
type compacted struct {
	*rapid.T
	disk    Disk
	store   log.Store
	log     *log.Log
	config  log.Config
	scratch log.Scratch
	now     engine.WallTime

	written  []writtenRecord
	durable  int                               // of written
	horizons map[engine.Offset]batch.Timestamp // of tombstones that have one
	round    *log.Cleaning
	began    engine.WallTime // that round
	next     [3]int32        // sequence of each producer; 0 is nobody
}

type writtenRecord struct {
	offset     engine.Offset
	key, value string
	null       bool
	at         batch.Timestamp
}

func (c *compacted) must(err error) {
	if err != nil {
		c.Helper()
		c.Fatal(err)
	}
}

func (c *compacted) produce(*rapid.T) {
	producer := rapid.IntRange(0, 2).Draw(c.T, "producer")
	o := batch.Options{Codec: rapid.SampledFrom([]batch.Codec{batch.None, batch.None, batch.LZ4, batch.Gzip}).Draw(c.T, "codec")}
	records := rapid.IntRange(1, 4).Draw(c.T, "records")
	if producer > 0 {
		o.HasProducer, o.ProducerID, o.BaseSequence = true, engine.ProducerID(producer), c.next[producer]
		c.next[producer] += int32(records)
	}
	builder := batch.NewBuilder(o)
	for range records {
		r := writtenRecord{
			offset: c.log.LogEndOffset() + engine.Offset(builder.Count()), at: c.now,
			key:   rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(c.T, "key"),
			value: fmt.Sprintf("%d%0*d", len(c.written), rapid.IntRange(0, 200).Draw(c.T, "size"), 0),
			null:  rapid.IntRange(0, 3).Draw(c.T, "null") == 0,
		}
		value := []byte(r.value)
		if r.null {
			value, r.value = nil, ""
		}
		builder.Append(r.at, []byte(r.key), value, batch.Header{Key: "h", Value: []byte(r.key)})
		c.written = append(c.written, r)
	}
	b, err := builder.Build(nil)
	c.must(err)
	_, err = c.log.AppendAsLeader(b, log.LeaderAppend{Now: c.now}, &c.scratch)
	c.must(err)
	c.log.UpdateHighWatermark(c.log.LogEndOffset())
}

func (c *compacted) begin(*rapid.T) {
	what := c.log.Cleanable(c.now)
	if c.round == nil && what.DirtyBytes > 0 {
		c.began = c.now
		c.round = c.log.BeginCleaning(what, rapid.SampledFrom([]int{1, 3, 1000}).Draw(c.T, "keys"), c.now)
	}
}

// step moves a round on. It may be cut short by a crash, or by nothing.
func (c *compacted) step(t *rapid.T) {
	if c.round == nil {
		return
	}
	did, err := c.round.Step(c.log, rapid.SampledFrom([]int{1, 300, 1 << 20}).Draw(c.T, "bytes"), &c.scratch)
	c.must(err)
	c.noteHorizons()
	if did.Done {
		if did.Aborted {
			c.Fatal("aborted without a truncation")
		}
		c.round = nil
		c.checkClean(did.End)
		c.checkFollower()
	}
}

func (c *compacted) clean(t *rapid.T) {
	c.begin(t)
	for c.round != nil {
		c.step(t)
	}
}

func (c *compacted) commit(*rapid.T) {
	c.must(commitAll(c.store))
	c.durable = len(c.written)
}

// crash ends the process, or closes the store, with what is committed; and the log
// is opened anew, its producers as they were if nothing was lost.
func (c *compacted) crash(t *rapid.T) {
	whole := rapid.Bool().Draw(c.T, "whole")
	if whole {
		c.commit(t)
	}
	producers := c.log.ActiveProducers()
	if rapid.Bool().Draw(c.T, "reopen") {
		c.must(c.store.Close())
		var err error
		c.store, err = c.disk.Open()
		c.must(err)
	} else {
		c.must(c.store.Crash())
	}
	c.written, c.round = c.written[:c.durable], nil
	var found log.Recovery
	var err error
	c.log, found, err = log.Open(c.store, logID(1), c.log.Name(), c.config, false, c.now)
	c.must(err)
	if found.Cut != log.NotCut {
		c.Fatalf("recovery cut the log: %v at %d", found.Cut, found.To)
	}
	c.log.UpdateHighWatermark(c.log.LogEndOffset())
	if whole && !slices.Equal(producers, c.log.ActiveProducers()) {
		c.Fatalf("producers were %v and are %v", producers, c.log.ActiveProducers())
	}
	for _, p := range c.log.ActiveProducers() {
		c.next[p.ID] = p.LastSequence + 1
	}
	for id := range c.next {
		if !slices.ContainsFunc(c.log.ActiveProducers(), func(p log.ActiveProducer) bool { return p.ID == engine.ProducerID(id) }) {
			c.next[id] = 0
		}
	}
	// A horizon may have been lost with the batch that had it. Tombstones that are
	// gone had one.
	for _, r := range c.read() {
		delete(c.horizons, r.offset)
	}
	for offset := range c.horizons { // unordered: each is looked at by itself
		if offset >= c.end() {
			delete(c.horizons, offset) // lost, and another record will stand there
		}
	}
	c.noteHorizons()
}

// check holds whatever was done and lost: what is there was written, is as it was
// written and in its place, and the last of each key is there.
func (c *compacted) check(*rapid.T) {
	if end := c.end(); c.log.LogEndOffset() != end || c.log.LogStartOffset() != 0 {
		c.Fatalf("log is [%d, %d), want [0, %d)", c.log.LogStartOffset(), c.log.LogEndOffset(), end)
	}
	left := map[engine.Offset]bool{}
	previous := engine.NoOffset
	for _, r := range c.read() {
		if r.offset <= previous || r != c.written[r.offset] {
			c.Fatalf("after %d: %+v, written was %+v", previous, r, c.written[r.offset])
		}
		previous, left[r.offset] = r.offset, true
	}
	last := map[string]writtenRecord{}
	for _, r := range c.written {
		last[r.key] = r
	}
	for key, r := range last { // unordered: each is looked at by itself
		if !left[r.offset] && !r.null {
			c.Fatalf("the last record of %s, at %d, is gone", key, r.offset)
		}
		if !left[r.offset] && (c.horizons[r.offset] == 0 || c.now < c.horizons[r.offset]) {
			c.Fatalf("the tombstone of %s, at %d, is gone at %d, its time was %d", key, r.offset, c.now, c.horizons[r.offset])
		}
	}
}

// checkClean holds when a round has ended: below its end each key stands once, and
// no tombstone whose time had come when it began.
func (c *compacted) checkClean(end engine.Offset) {
	if c.log.CleanedTo() != end {
		c.Fatalf("cleaned to %d, noted is %d", end, c.log.CleanedTo())
	}
	seen := map[string]engine.Offset{}
	for _, r := range c.read() {
		if r.offset >= end {
			break
		}
		if at, ok := seen[r.key]; ok {
			c.Fatalf("below %d, %s stands at %d and %d", end, r.key, at, r.offset)
		}
		seen[r.key] = r.offset
		if r.null && (c.horizons[r.offset] == 0 || c.horizons[r.offset] <= c.began) {
			c.Fatalf("the tombstone at %d is there, its time was %d when a round began at %d", r.offset, c.horizons[r.offset], c.began)
		}
	}
}

// checkFollower holds that who has only what is left knows as much of the
// producers, and ends where the log does.
func (c *compacted) checkFollower() {
	follower, err := log.Create(log.NewMemory(0), logID(1), c.log.Name(), c.config, c.now)
	c.must(err)
	for _, b := range c.batches() {
		_, err := follower.AppendAsFollower(b, 0, c.now)
		c.must(err)
	}
	if !slices.Equal(c.log.ActiveProducers(), follower.ActiveProducers()) {
		c.Fatalf("a follower knows of the producers %v, not %v", follower.ActiveProducers(), c.log.ActiveProducers())
	}
	if follower.LogEndOffset() != c.log.LogEndOffset() {
		c.Fatalf("a follower ends at %d, not %d", follower.LogEndOffset(), c.log.LogEndOffset())
	}
}

// noteHorizons remembers when tombstones may go, and holds that it never changes.
func (c *compacted) noteHorizons() {
	for _, b := range c.batches() {
		horizon, ok := b.DeleteHorizon()
		it := b.Iterate(nil)
		for it.Next() {
			r := it.Record()
			if r.Value != nil || !ok {
				continue
			}
			if before := c.horizons[r.Offset]; before != 0 && before != horizon {
				c.Fatalf("the horizon of %d was %d and is %d", r.Offset, before, horizon)
			}
			if horizon > c.now+100 {
				c.Fatalf("the horizon of %d is %d at %d", r.Offset, horizon, c.now)
			}
			c.horizons[r.Offset] = horizon
		}
	}
}

func (c *compacted) end() engine.Offset { return engine.Offset(len(c.written)) }

func (c *compacted) batches() []batch.Batch {
	all, err := readAll(c.store, logID(1), 1<<20)
	c.must(err)
	for _, b := range all {
		c.must(b.EnsureValid())
	}
	return all
}

func (c *compacted) read() []writtenRecord {
	var all []writtenRecord
	for _, b := range c.batches() {
		it := b.Iterate(nil)
		for it.Next() {
			r := it.Record()
			headers := 0
			for h := range r.Headers {
				if string(h.Value) == string(r.Key) {
					headers++
				}
			}
			if headers != 1 {
				c.Fatal(errors.New("a header is lost"))
			}
			all = append(all, writtenRecord{r.Offset, string(r.Key), string(r.Value), r.Value == nil, r.Timestamp})
		}
		c.must(it.Err())
	}
	return all
}
