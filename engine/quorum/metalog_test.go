package quorum

import (
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// epochsLog is a log with records 0..4 of epoch 1, 5..7 of epoch 3, 8..9 of epoch 4.
func epochsLog(t *testing.T) *metadataLog {
	t.Helper()
	l, err := openLog(newStore(), true)
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
			at, valid := epochsLog(t).divergence(c.offset, c.epoch)
			if valid != c.valid || !valid && at != c.at {
				t.Errorf("got %v %v, want %v %v", at, valid, c.at, c.valid)
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
	l, err := openLog(store, true)
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
	l, err = openLog(store, true)
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
	for n := uint64(1); n < 400; n++ {
		w := newWorld(t, 1)
		w.quiet = true
		w.add(3000, true, 0, 3000, 3001)
		p := w.add(3001, false, 0, 3000, 3001)
		w.start(3000)
		p.store.FailAt(n)
		if err := w.tryStart(3001); err != nil && p.store.Err() == nil {
			t.Fatal(err)
		}
		for i := range 10 {
			w.append("record")
			w.run(time.Duration(i) * 100 * time.Millisecond)
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
		if !failed && n > 50 {
			return
		}
	}
}
