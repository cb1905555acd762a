package logtest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// modelLog is a log as simple as can be: a list of segments, each a list of whole
// batches.
type modelLog struct {
	segments []modelSegment
	records  map[log.RecordKey]string
}

type modelSegment struct {
	base    engine.Offset
	created engine.WallTime
	batches []batch.Batch // never changed once here
}

func (s modelSegment) next() engine.Offset {
	if len(s.batches) == 0 {
		return s.base
	}
	return s.batches[len(s.batches)-1].NextOffset()
}

// modelStore is all logs; a copy of it is kept for every operation that a crash
// could go back to.
type modelStore map[log.ID]modelLog

func (m modelStore) copy() modelStore {
	c := modelStore{}
	for id, l := range m { // unordered: each is copied by itself
		segments := make([]modelSegment, len(l.segments))
		for i, s := range l.segments {
			segments[i] = modelSegment{s.base, s.created, slices.Clone(s.batches)}
		}
		c[id] = modelLog{segments, maps.Clone(l.records)}
	}
	return c
}

// picture must give what the function of the same name gives for a store.
func (m modelStore) picture() string {
	var out bytes.Buffer
	show := func(id log.ID) {
		for _, kind := range []log.RecordKind{log.RecordHighWatermark, log.RecordOwner} {
			for o := engine.Offset(0); o < 3; o++ {
				if v, ok := m[id].records[log.RecordKey{Kind: kind, Offset: o}]; ok {
					fmt.Fprintf(&out, "  record %d@%d %q\n", kind, o, v)
				}
			}
		}
	}
	show(log.StoreID)
	for _, id := range slices.SortedFunc(maps.Keys(m), log.ID.Compare) {
		if id == log.StoreID {
			continue
		}
		fmt.Fprintf(&out, "%v\n", id)
		var lines bytes.Buffer
		for _, s := range m[id].segments {
			g := log.EmptySegment(s.base, s.created)
			for _, b := range s.batches {
				g.Add(b.BaseOffset(), b)
				fmt.Fprintf(&lines, "  %v crc=%x %v\n", b, b.CRC(), b.EnsureValid())
			}
			fmt.Fprintf(&out, "  %+v\n", g)
		}
		out.Write(lines.Bytes())
		show(id)
	}
	return out.String()
}

// random is one run of random operations.
type random struct {
	*rapid.T
	store   log.Store
	disk    Disk
	now     modelStore
	durable modelStore
	sealed  []sealedState
}

type sealedState struct {
	commit log.Commit
	state  modelStore
}

func (s Suite) model(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		disk := s.NewDisk(t)
		store, err := disk.Open()
		if err != nil {
			rt.Fatal(err)
		}
		r := &random{T: rt, store: store, disk: disk, now: modelStore{log.StoreID: {records: map[log.RecordKey]string{}}}}
		r.durable = r.now.copy()
		defer func() { r.store.Close() }()
		rt.Repeat(map[string]func(*rapid.T){
			"create": r.create, "delete": r.remove,
			"append": r.append, "append more": r.append, "append much": r.append,
			"roll": r.roll, "truncate end": r.truncateEnd, "truncate start": r.truncateStart,
			"reset": r.reset, "replace": r.replace, "record": r.record,
			"seal": r.seal, "commit": r.commit, "crash": r.crash, "reopen": r.reopen,
			"read": r.read, "": r.check,
		})
	})
}

func (r *random) check(*rapid.T) {
	got, err := picture(r.store)
	if err != nil {
		r.Fatal(err)
	}
	if want := r.now.picture(); got != want {
		r.Fatalf("store has\n%s\nmodel has\n%s", got, want)
	}
}

// id draws a log, with luck one that is there.
func (r *random) id() log.ID { return logID(rapid.IntRange(1, 3).Draw(r.T, "log")) }

// did compares an error with what the model expects.
func (r *random) did(err, want error) bool {
	if !errors.Is(err, want) || (want == nil && err != nil) {
		r.Fatalf("error %v, want %v", err, want)
	}
	return want == nil
}

func (r *random) missing(id log.ID) error {
	if _, ok := r.now[id]; !ok {
		return log.ErrNoLog
	}
	return nil
}

func (r *random) create(*rapid.T) {
	id, base := r.id(), engine.Offset(rapid.IntRange(0, 20).Draw(r.T, "base"))
	var want error
	if r.missing(id) == nil {
		want = log.ErrLogExists
	}
	if r.did(r.store.Create(id, base, 7), want) {
		r.now[id] = modelLog{[]modelSegment{{base: base, created: 7}}, map[log.RecordKey]string{}}
	}
}

func (r *random) remove(*rapid.T) {
	id := r.id()
	if r.did(r.store.Delete(id), r.missing(id)) {
		delete(r.now, id)
	}
}

func (r *random) append(*rapid.T) {
	id := r.id()
	sizes := []int{0, 10, 900, 5000, 30000}
	b := Batch(rapid.IntRange(1, 5).Draw(r.T, "records"), engine.WallTime(rapid.IntRange(-1, 50).Draw(r.T, "at")),
		rapid.SampledFrom(sizes).Draw(r.T, "bytes"))
	gap := engine.Offset(rapid.SampledFrom([]int{0, 0, 0, 3, -1}).Draw(r.T, "gap"))
	epoch := engine.LeaderEpoch(rapid.IntRange(0, 9).Draw(r.T, "epoch"))
	want, base := r.missing(id), engine.Offset(0)
	l := r.now[id]
	if want == nil {
		base = l.segments[len(l.segments)-1].next() + gap
		if gap < 0 {
			want = log.ErrOffset
		}
	}
	if !r.did(r.store.Append(id, base, epoch, b), want) {
		return
	}
	b.SetBaseOffset(base)
	b.SetPartitionLeaderEpoch(epoch)
	active := &l.segments[len(l.segments)-1]
	active.batches = append(active.batches, b)
}

func (r *random) roll(*rapid.T) {
	id, gap := r.id(), engine.Offset(rapid.SampledFrom([]int{0, 0, 5, -1}).Draw(r.T, "gap"))
	want, base := r.missing(id), engine.Offset(0)
	l := r.now[id]
	if want == nil {
		base = l.segments[len(l.segments)-1].next() + gap
		if gap < 0 {
			want = log.ErrOffset
		}
	}
	if !r.did(r.store.Roll(id, base, 8), want) {
		return
	}
	if n := len(l.segments) - 1; len(l.segments[n].batches) == 0 {
		l.segments = l.segments[:n]
	}
	l.segments = append(l.segments, modelSegment{base: base, created: 8})
	r.now[id] = l
}

func (r *random) offset() engine.Offset {
	return engine.Offset(rapid.IntRange(0, 80).Draw(r.T, "offset"))
}

func (r *random) truncateEnd(*rapid.T) {
	id, to := r.id(), r.offset()
	if !r.did(r.store.TruncateEnd(id, to), r.missing(id)) {
		return
	}
	l := r.now[id]
	created := l.segments[0].created
	l.segments = slices.DeleteFunc(l.segments, func(s modelSegment) bool { return s.base > to })
	if len(l.segments) == 0 {
		l.segments = []modelSegment{{base: to, created: created}}
	}
	last := &l.segments[len(l.segments)-1]
	last.batches = slices.DeleteFunc(last.batches, func(b batch.Batch) bool { return b.LastOffset() >= to })
	r.now[id] = l
}

func (r *random) truncateStart(*rapid.T) {
	id, before := r.id(), r.offset()
	if !r.did(r.store.TruncateStart(id, before), r.missing(id)) {
		return
	}
	l := r.now[id]
	for len(l.segments) > 1 && l.segments[1].base <= before {
		l.segments = l.segments[1:]
	}
	r.now[id] = l
}

func (r *random) reset(*rapid.T) {
	id, base := r.id(), r.offset()
	if r.did(r.store.Reset(id, base, 9), r.missing(id)) {
		l := r.now[id]
		l.segments = []modelSegment{{base: base, created: 9}}
		r.now[id] = l
	}
}

// replace drops some batches of a run of closed segments, and makes one segment of
// the rest, as compaction does.
func (r *random) replace(*rapid.T) {
	id := r.id()
	l := r.now[id]
	if len(l.segments) < 2 {
		r.did(r.store.Replace(id, 1000, 2000, nil), cmpErr(r.missing(id), log.ErrSegment))
		return
	}
	first := rapid.IntRange(0, len(l.segments)-2).Draw(r.T, "first")
	last := rapid.IntRange(first+1, len(l.segments)-1).Draw(r.T, "last")
	made := modelSegment{base: l.segments[first].base, created: 10}
	var run []byte
	for _, s := range l.segments[first:last] {
		for _, b := range s.batches {
			if rapid.Bool().Draw(r.T, "keep") {
				made.batches = append(made.batches, b)
				run = append(run, b...)
			}
		}
	}
	var by []log.Replacement
	var put []modelSegment
	if len(run) > 0 || rapid.Bool().Draw(r.T, "empty") {
		by = []log.Replacement{{Base: made.base, Created: 10, Batches: run}}
		put = []modelSegment{made}
	}
	if r.did(r.store.Replace(id, made.base, l.segments[last].base, by), nil) {
		l.segments = slices.Replace(l.segments, first, last, put...)
		r.now[id] = l
	}
}

func cmpErr(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

func (r *random) record(*rapid.T) {
	id := rapid.SampledFrom([]log.ID{log.StoreID, logID(1), logID(2)}).Draw(r.T, "id")
	key := log.RecordKey{Kind: rapid.SampledFrom([]log.RecordKind{log.RecordHighWatermark, log.RecordOwner}).Draw(r.T, "kind"),
		Offset: engine.Offset(rapid.IntRange(0, 2).Draw(r.T, "offset"))}
	value := rapid.SampledFrom([]string{"", "a", "bb"}).Draw(r.T, "value")
	remove := rapid.Bool().Draw(r.T, "remove")
	bytes := []byte(value)
	if remove {
		bytes = nil
	}
	if !r.did(r.store.SetRecord(id, key, bytes), r.missing(id)) {
		return
	}
	if remove {
		delete(r.now[id].records, key)
	} else {
		r.now[id].records[key] = value
	}
}

func (r *random) seal(*rapid.T) {
	if rapid.Bool().Draw(r.T, "flush") {
		r.store.Flush()
	}
	if c, ok := r.store.Seal(); ok {
		r.sealed = append(r.sealed, sealedState{c, r.now.copy()})
	}
}

// commit runs the oldest sealed commits, and tells the store of some.
func (r *random) commit(t *rapid.T) {
	r.seal(t)
	n := rapid.IntRange(0, len(r.sealed)).Draw(r.T, "commits")
	for _, s := range r.sealed[:n] {
		if err := s.commit.Run(); err != nil {
			r.Fatal(err)
		}
		r.store.Committed(s.commit.Seq())
		r.durable = s.state
	}
	r.sealed = r.sealed[n:]
}

func (r *random) crash(*rapid.T) {
	if len(r.sealed) > 0 && rapid.Bool().Draw(r.T, "one was run unseen") {
		if err := r.sealed[0].commit.Run(); err != nil {
			r.Fatal(err)
		}
		r.durable = r.sealed[0].state
	}
	if err := r.store.Crash(); err != nil {
		r.Fatal(err)
	}
	r.now, r.sealed = r.durable.copy(), nil
}

func (r *random) reopen(*rapid.T) {
	if err := r.store.Close(); err != nil {
		r.Fatal(err)
	}
	store, err := r.disk.Open()
	if err != nil {
		r.Fatal(err)
	}
	r.store = store
	r.now, r.sealed = r.durable.copy(), nil
}

// read asks for a part of a log, and for a time.
func (r *random) read(*rapid.T) {
	id, from, to := r.id(), r.offset(), r.offset()
	bytesMax := rapid.SampledFrom([]int{0, 100, 1000, 40000, 1 << 20}).Draw(r.T, "bytes")
	one := rapid.Bool().Draw(r.T, "one")
	at := engine.WallTime(rapid.IntRange(0, 50).Draw(r.T, "at"))
	var want []byte
	var byTime batch.Batch
	began := false
	for _, s := range r.now[id].segments {
		rest := slices.DeleteFunc(slices.Clone(s.batches), func(b batch.Batch) bool { return b.LastOffset() < from })
		for _, b := range rest {
			if byTime == nil && b.MaxTimestamp() >= at {
				byTime = b
			}
		}
		for _, b := range rest {
			if began || b.LastOffset() >= to || (len(want)+len(b) > bytesMax && !(one && len(want) == 0)) {
				break
			}
			want = append(want, b...)
		}
		began = began || len(rest) > 0
	}
	got, err := r.store.Read(id, from, to, bytesMax, one)
	if r.did(err, r.missing(id)) && !bytes.Equal(got, want) {
		r.Fatalf("read [%d, %d) of %v: %d bytes, want %d", from, to, id, len(got), len(want))
	}
	found, ok, err := r.store.FindTime(id, from, at)
	if r.did(err, r.missing(id)) && (ok != (byTime != nil) || !bytes.Equal(found, byTime)) {
		r.Fatalf("time %d from %d of %v: %v %v, want %v", at, from, id, ok, found, byTime)
	}
}
