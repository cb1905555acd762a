package quorum

import (
	"slices"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// voterLog is how a voter keeps its log.
func voterLog() logConfig {
	cfg := DefaultConfig()
	cfg.CanBecomeVoter = true
	return cfg.log()
}

// epochsLog is a log with records 0..4 of epoch 1, 5..7 of epoch 3, 8..9 of epoch 4.
func epochsLog(t *testing.T) *metadataLog {
	t.Helper()
	l, err := openLog(newStore(), voterLog())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []struct {
		epoch engine.LeaderEpoch
		count int
	}{{1, 5}, {3, 3}, {4, 2}} {
		b := batch.NewBuilder(batch.Options{BaseOffset: l.end, LeaderEpoch: e.epoch})
		for range e.count {
			b.Append(0, nil, []byte("x"))
		}
		if err := l.append(buildBatch(b)); err != nil {
			t.Fatal(err)
		}
	}
	return &l
}

func TestDivergence(t *testing.T) {
	for _, c := range []struct {
		name   string
		offset engine.Offset
		epoch  engine.LeaderEpoch
		valid  bool
		at     epochAndOffset
	}{
		{"an empty log never diverges", 0, 0, true, epochAndOffset{}},
		{"the end of the log", 10, 4, true, epochAndOffset{4, 10}},
		{"within the last epoch", 9, 4, true, epochAndOffset{4, 10}},
		{"the end of an epoch before", 5, 1, true, epochAndOffset{1, 5}},
		{"beyond the end of an epoch", 7, 1, false, epochAndOffset{1, 5}},
		{"an epoch that this log skipped ends where the one below does", 6, 2, false, epochAndOffset{1, 5}},
		{"an epoch above all ends with the log", 12, 9, false, epochAndOffset{4, 10}},
		{"records of epoch 0, which this log never had", 3, 0, false, epochAndOffset{0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, how := epochsLog(t).standingOf(c.offset, c.epoch)
			if (how == standsValid) != c.valid || !c.valid && at != c.at {
				t.Errorf("got %v %v, want %v %v", at, how, c.at, c.valid)
			}
		})
	}
}

func TestTruncationOffset(t *testing.T) {
	for _, c := range []struct {
		name   string
		leader epochAndOffset
		want   engine.Offset
	}{
		{"the leader's epoch ended earlier than ours", epochAndOffset{4, 9}, 9},
		{"the leader's epoch ended later than ours", epochAndOffset{3, 20}, 8},
		{"an epoch that we do not have ends where our epoch below does", epochAndOffset{2, 7}, 5},
		{"epoch 0 is the leader's word alone", epochAndOffset{0, 0}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := epochsLog(t).truncationOffset(c.leader); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

// TestDurableEndAfterTruncation: what an operation made durable counts only as far
// as it was not truncated since.
func TestDurableEndAfterTruncation(t *testing.T) {
	l := epochsLog(t) // operation 1 made the log, 2 to 4 are appends to 5, 8 and 10
	if err := l.truncate(6); err != nil {
		t.Fatal(err)
	}
	if l.end != 5 {
		t.Fatalf("batch 5..7 was cut in two: the log ends at %d", l.end)
	}
	b := batch.NewBuilder(batch.Options{BaseOffset: 5, LeaderEpoch: 5})
	b.Append(0, nil, []byte("y"))
	if err := l.append(buildBatch(b)); err != nil {
		t.Fatal(err)
	}
	for seq, want := range []engine.Offset{2: 5, 3: 5, 4: 5, 5: 5, 6: 6} {
		if seq < 2 {
			continue
		}
		l.onCommitted(log.Seq(seq))
		if l.durableEnd != want {
			t.Errorf("after operation %d the log is durable to %d, want %d", seq, l.durableEnd, want)
		}
	}
}

// TestReopenCutsAtTheFirstHole: a torn write is cut off, what is before it stays.
func TestReopenCutsAtTheFirstHole(t *testing.T) {
	store := newStore()
	l, err := openLog(store, voterLog())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		b := batch.NewBuilder(batch.Options{BaseOffset: l.end, LeaderEpoch: 1})
		b.Append(0, nil, []byte("a record"))
		if err := l.append(buildBatch(b)); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.CrashAt(store.LastSeq()-1, 40); err != nil {
		t.Fatal(err)
	}
	l, err = openLog(store, voterLog())
	if err != nil {
		t.Fatal(err)
	}
	if l.end != 2 || l.durableEnd != 2 {
		t.Errorf("the log ends at %d, durable to %d, want 2", l.end, l.durableEnd)
	}
}

func TestVoterSets(t *testing.T) {
	a := Voter{Key: ReplicaKey{1, directory(1, 1)}, KRaftVersionMax: 1}
	b := Voter{Key: ReplicaKey{2, directory(2, 1)}, KRaftVersionMax: 1}
	other := Voter{Key: ReplicaKey{2, directory(2, 2)}, KRaftVersionMax: 1}
	both, ok := VoterSet{b}.with(a)
	if !ok || both[0].Key.ID != 1 {
		t.Fatalf("added: %v %v", both, ok)
	}
	if _, ok := both.with(other); ok {
		t.Error("an id was added twice")
	}
	if _, ok := both.without(other.Key); ok {
		t.Error("a replica with another disk was removed")
	}
	if _, ok := (VoterSet{a}).without(a.Key); ok {
		t.Error("the only voter was removed")
	}
	if _, ok := both.updated(other); ok {
		t.Error("a replica with another disk was updated")
	}
	if both.IsVoter(other.Key) || !both.IsVoter(b.Key) {
		t.Error("the directory id does not tell replicas apart")
	}
	if !both.overlaps(VoterSet{a}) || both.overlaps(VoterSet{a, other}) != true {
		t.Error("one voter more or less, or replaced, still overlaps")
	}
	r := both.record()
	if got := votersOf(&r); len(got) != 2 || !got[1].equal(&both[1]) {
		t.Errorf("through its record: %v", got)
	}
}

// TestEachDiskOperationFails: whichever operation of a disk fails, the process
// halts, and with a disk that works again it goes on from what it had.
func TestEachDiskOperationFails(t *testing.T) {
	for n := uint64(1); n < 1000; n++ {
		w := newWorld(t, 1)
		w.quiet = true
		w.add(3000, true, 0, 3000, 3001)
		p := w.add(3001, false, 0, 3000, 3001)
		for _, each := range w.procs {
			each.cfg.SegmentBytes, each.cfg.RetentionBytes, each.cfg.FetchSnapshotMaxBytes = 100, 0, 200
		}
		w.start(3000)
		w.append("of the snapshot that 3001 begins with")
		w.run(time.Second)
		w.snapshot(3000)
		p.store.FailAt(n)
		if err := w.tryStart(3001); err != nil && p.store.Err() == nil {
			t.Fatal(err)
		}
		for i := range 10 {
			w.append("record")
			w.run(time.Duration(i) * 100 * time.Millisecond)
			if i%3 == 2 {
				w.snapshot(3001)
				w.clean(3001)
			}
		}
		failed := !p.up
		if p.store.Err() != nil && p.up {
			t.Fatalf("operation %d failed, and the process goes on", n)
		}
		p.store.FailAt(0)
		if failed {
			if err := p.store.Crash(); err != nil {
				t.Fatal(err)
			}
			w.start(3001)
		}
		w.run(10 * time.Second)
		if b := w.broken(); b != "" {
			t.Fatalf("operation %d failed: %s", n, b)
		}
		if got := p.node.replica.delivered; got != w.checker.end {
			t.Fatalf("operation %d failed: 3001 has %d of %d (halted %v, up %v, %v)\n%s", n, got, w.checker.end, failed, p.up, p.store.Err(), strings.Join(w.lastWords, "\n"))
		}
		if !slices.Equal(p.node.values, w.checker.valuesBelow(w.checker.end)) {
			t.Fatalf("operation %d failed: 3001 knows %v", n, p.node.values)
		}
		if !failed && n > 50 {
			return
		}
	}
}

// TestCrashBetweenOperations: a process that dies after any operation of its disk
// goes on from there, with a snapshot half written, a log not yet begun anew or a
// log start moved and nothing removed yet.
func TestCrashBetweenOperations(t *testing.T) {
	n := log.Seq(2) // 1 and 2 format the disk
	for crashAfter(t, n) {
		n++
	}
	if n < 30 {
		t.Errorf("%d operations in all", n)
	}
}

// crashAfter plays a follower's life with snapshots, which ends once after its
// disk's operation n; false if there is none.
func crashAfter(t *testing.T, n log.Seq) (crashed bool) {
	w := newWorld(t, 1)
	w.quiet = true
	w.add(3000, true, 0, 3000, 3001)
	p := w.add(3001, false, 0, 3000, 3001)
	for _, each := range w.procs {
		each.cfg.SegmentBytes, each.cfg.RetentionBytes, each.cfg.FetchSnapshotMaxBytes = 100, 0, 60<<10
	}
	w.start(3000)
	w.append(strings.Repeat("of the snapshot that 3001 begins with ", 4000))
	w.run(time.Second)
	w.snapshot(3000)
	w.stepped = func(q *proc) {
		if q != p || crashed || p.store.LastSeq() < n {
			return
		}
		crashed = true
		w.end(p)
		if err := p.store.CrashAt(max(n, p.store.SyncedSeq()), -1); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 6 {
		w.start(3001)
		w.run(3 * time.Second)
		w.append("record")
		w.run(time.Second)
		if i%2 == 1 {
			w.snapshot(3001)
			w.clean(3001)
		}
	}
	w.stepped = nil
	w.start(3001)
	w.run(10 * time.Second)
	if b := w.broken(); b != "" {
		t.Fatalf("crash after operation %d: %s", n, b)
	}
	if !slices.Equal(p.node.values, w.checker.valuesBelow(w.checker.end)) {
		t.Fatalf("crash after operation %d: 3001 knows %d records, up to %d of %d", n, len(p.node.values), p.node.replica.delivered, w.checker.end)
	}
	if heads, parts := offsetsOf(t, p.store, RecordSnapshot), offsetsOf(t, p.store, RecordSnapshotPart); !slices.Equal(heads, parts) {
		t.Fatalf("crash after operation %d: snapshots %v, parts of %v", n, heads, parts)
	}
	return crashed
}

func offsetsOf(t *testing.T, store log.Store, kind log.RecordKind) []engine.Offset {
	offsets, err := store.RecordOffsets(log.MetadataID, kind)
	if err != nil {
		t.Fatal(err)
	}
	return offsets
}

// TestStandingBehindASnapshot: what a leader tells a follower whose log its own does
// not reach back to.
func TestStandingBehindASnapshot(t *testing.T) {
	for _, c := range []struct {
		name   string
		offset engine.Offset
		epoch  engine.LeaderEpoch
		how    standing
		at     epochAndOffset
	}{
		{"an empty log begins with the latest snapshot", 0, 0, standsBehind, epochAndOffset{4, 9}},
		{"what follows is not in the log any more", 4, 1, standsBehind, epochAndOffset{4, 9}},
		{"the start of the log, reached in another epoch", 5, 2, standsBehind, epochAndOffset{4, 9}},
		{"an epoch before that of the oldest snapshot", 7, 0, standsBehind, epochAndOffset{4, 9}},
		{"the end of the snapshot that the log begins with", 5, 1, standsValid, epochAndOffset{}},
		{"records of the snapshot's epoch that were not committed", 7, 1, standsDiverging, epochAndOffset{1, 5}},
		{"within the log", 8, 3, standsValid, epochAndOffset{}},
		{"an epoch above all", 12, 9, standsDiverging, epochAndOffset{4, 10}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := epochsLog(t)
			// A batch for each record, so that snapshots may end anywhere.
			if err := l.truncate(8); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				b := batch.NewBuilder(batch.Options{BaseOffset: l.end, LeaderEpoch: 4})
				b.Append(0, nil, []byte("x"))
				if err := l.append(buildBatch(b)); err != nil {
					t.Fatal(err)
				}
			}
			for _, id := range []epochAndOffset{{1, 5}, {4, 9}} {
				s := snapshot{id: id}
				if err := l.writeSnapshot(s, l.snapshotContent(s, 0, nil)); err != nil {
					t.Fatal(err)
				}
			}
			if err := l.changed(l.store.SetRecord(log.MetadataID, log.RecordKey{Kind: log.RecordLogStartOffset}, []byte{7: 5})); err != nil {
				t.Fatal(err)
			}
			again, err := openLog(l.store, voterLog())
			if err != nil {
				t.Fatal(err)
			}
			at, how := again.standingOf(c.offset, c.epoch)
			if how != c.how || how != standsValid && at != c.at {
				t.Errorf("got %v %v, want %v %v", at, how, c.at, c.how)
			}
		})
	}
}

// TestRetention: a snapshot goes when there is a later one and it is too much or
// too old, and the log begins with the next.
func TestRetention(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes int64
		age   time.Duration
		start engine.Offset
		left  int
	}{
		{"room and time enough", 1 << 20, time.Hour, 0, 3},
		{"neither bound", -1, -time.Millisecond, 0, 3},
		{"no room at all keeps the last", 0, -time.Millisecond, 10, 1},
		{"the first is too old", -1, 25 * time.Second, 8, 2},
		{"all are too old", -1, 0, 10, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := epochsLog(t)
			for i, id := range []epochAndOffset{{1, 5}, {3, 8}, {4, 10}} {
				s := snapshot{id: id, lastContained: engine.WallTime(10_000 * i)}
				if err := l.writeSnapshot(s, l.snapshotContent(s, 0, nil)); err != nil {
					t.Fatal(err)
				}
			}
			l.cfg.retentionBytes, l.cfg.retentionMs = c.bytes, c.age
			if err := l.clean(30_000, 10); err != nil {
				t.Fatal(err)
			}
			if l.start != c.start || len(l.snapshots) != c.left {
				t.Errorf("the log begins at %d, %d snapshots are left, want %d and %d", l.start, len(l.snapshots), c.start, c.left)
			}
			again, err := openLog(l.store, l.cfg)
			if err != nil {
				t.Fatal(err)
			}
			if again.start != l.start || again.lastEpoch() != l.lastEpoch() || len(again.snapshots) != len(l.snapshots) {
				t.Errorf("opened again it begins at %d in epoch %d", again.start, again.lastEpoch())
			}
		})
	}
}

// TestDamagedSnapshots: what a leader may send in the place of a snapshot.
func TestDamagedSnapshots(t *testing.T) {
	l := epochsLog(t)
	id := epochAndOffset{4, 10}
	good := l.snapshotContent(snapshot{id: id, lastContained: 77}, 5, [][]byte{[]byte("one"), []byte("two")})
	if last, err := checkSnapshot(id, good); err != nil || last != 77 {
		t.Fatalf("a sound one: %d, %v", last, err)
	}
	batches := batchesOf(t, good)
	join := func(of ...batch.Batch) []byte {
		var all []byte
		for _, b := range of {
			all = append(all, b...)
		}
		return all
	}
	flipped := slices.Clone(good)
	flipped[len(batches[0])+70] ^= 1
	for name, content := range map[string][]byte{
		"nothing":           nil,
		"no header":         join(batches[1], batches[2]),
		"no footer":         join(batches[0], batches[1]),
		"a gap":             join(batches[0], batches[2]),
		"behind the footer": join(batches[0], batches[1], batches[2], batches[2]),
		"half a batch":      good[:len(good)-3],
		"a flipped bit":     flipped,
	} {
		if _, err := checkSnapshot(id, content); err == nil {
			t.Errorf("%s is taken for a snapshot", name)
		}
	}
	if _, err := checkSnapshot(epochAndOffset{3, 10}, good); err == nil {
		t.Error("a snapshot of another epoch is taken")
	}
}
