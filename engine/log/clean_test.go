package log_test

import (
	"fmt"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// compactedLog has segments of one batch of one record each, keys a, b, c in turn.
func compactedLog(t *testing.T, config log.Config, records int) (*log.Log, *log.Memory) {
	t.Helper()
	store := log.NewMemory(0)
	l, err := log.Create(store, playID, engine.TopicPartition{Topic: "orders"}, config, playNow)
	must(t, err)
	for i := range records {
		appendKeyed(t, l, string(rune('a'+i%3)), fmt.Sprint(i))
	}
	return l, store
}

func appendKeyed(t *testing.T, l *log.Log, key, value string) {
	t.Helper()
	b := batch.NewBuilder(batch.Options{})
	b.Append(playNow, []byte(key), []byte(value))
	built, err := b.Build(nil)
	must(t, err)
	_, err = l.AppendAsLeader(built, log.LeaderAppend{Now: playNow}, &log.Scratch{})
	must(t, err)
	must(t, l.Roll(playNow))
	l.UpdateHighWatermark(l.LogEndOffset())
}

func compacting() log.Config {
	c := log.DefaultConfig()
	c.SegmentBytes, c.Compact, c.Delete = 100, true, false
	return c
}

func TestCleanable(t *testing.T) {
	const records = 9
	size := int64(70) // of one record's batch
	for name, c := range map[string]struct {
		config        func(*log.Config)
		highWatermark engine.Offset
		now           engine.WallTime
		want          log.Cleanable
	}{
		"all closed segments are": {want: log.Cleanable{FirstUncleanable: 9, DirtyBytes: 9 * size}, highWatermark: 9},
		"what is not committed is not": {
			want: log.Cleanable{FirstUncleanable: 4, DirtyBytes: 4 * size}, highWatermark: 4},
		"what is younger than min.compaction.lag.ms is not": {
			config: func(c *log.Config) { c.MinCompactionLag = time.Second }, highWatermark: 9, now: 999, want: log.Cleanable{}},
		"what is as old as min.compaction.lag.ms is": {
			config: func(c *log.Config) { c.MinCompactionLag = time.Second }, highWatermark: 9, now: 1000,
			want: log.Cleanable{FirstUncleanable: 9, DirtyBytes: 9 * size}},
		"what is older than max.compaction.lag.ms is overdue": {
			config: func(c *log.Config) { c.MaxCompactionLag = time.Second }, highWatermark: 9, now: 1001,
			want: log.Cleanable{FirstUncleanable: 9, DirtyBytes: 9 * size, Overdue: true}},
		"what is as old as max.compaction.lag.ms is not overdue": {
			config: func(c *log.Config) { c.MaxCompactionLag = time.Second }, highWatermark: 9, now: 1000,
			want: log.Cleanable{FirstUncleanable: 9, DirtyBytes: 9 * size}},
	} {
		t.Run(name, func(t *testing.T) {
			config := compacting()
			if c.config != nil {
				c.config(&config)
			}
			l, _ := compactedLog(t, config, records)
			l.UpdateHighWatermark(c.highWatermark)
			if got := l.Cleanable(playNow + c.now); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// clean runs a whole round.
func clean(t *testing.T, l *log.Log) log.Cleaned {
	t.Helper()
	round := l.BeginCleaning(l.Cleanable(playNow), 1000, playNow)
	for {
		did, err := round.Step(l, 1<<20, &log.Scratch{})
		must(t, err)
		if did.Done {
			return did
		}
	}
}

func TestCleaningEndsWhenTheLogIsTruncated(t *testing.T) {
	l, _ := compactedLog(t, compacting(), 9)
	round := l.BeginCleaning(l.Cleanable(playNow), 1000, playNow)
	_, err := round.Step(l, 1<<20, &log.Scratch{})
	must(t, err)
	_, err = l.TruncateTo(5, playNow)
	must(t, err)
	did, err := round.Step(l, 1<<20, &log.Scratch{})
	must(t, err)
	if !did.Done || !did.Aborted || l.CleanedTo() != 0 {
		t.Errorf("got %+v, cleaned to %d", did, l.CleanedTo())
	}
}

func TestWhatWasCleanedIsTruncated(t *testing.T) {
	l, store := compactedLog(t, compacting(), 9)
	clean(t, l)
	if l.CleanedTo() != 9 {
		t.Fatalf("cleaned to %d, want 9", l.CleanedTo())
	}
	_, err := l.TruncateTo(7, playNow)
	must(t, err)
	commit(t, store)
	opened, _, err := log.Open(store, playID, l.Name(), compacting(), false, playNow)
	must(t, err)
	if active := opened.Segments()[len(opened.Segments())-1]; opened.CleanedTo() != active.Base {
		t.Errorf("cleaned to %d, the active segment begins at %d", opened.CleanedTo(), active.Base)
	}
}

func TestRecoveryTakesNoGapForALoss(t *testing.T) {
	l, store := compactedLog(t, compacting(), 9)
	clean(t, l)
	commit(t, store)
	config := compacting()
	config.Compact, config.Delete = false, true // since then it is not compacted
	for _, truncate := range []engine.Offset{9, 7} {
		// A truncation sends the recovery point back to where the gaps are.
		_, err := l.TruncateTo(truncate, playNow)
		must(t, err)
		commit(t, store)
		opened, found, err := log.Open(store, playID, l.Name(), config, false, playNow)
		must(t, err)
		if found.Cut != log.NotCut || opened.LogEndOffset() != truncate {
			t.Errorf("cut for %v, ends at %d, want %d", found.Cut, opened.LogEndOffset(), truncate)
		}
	}
	// A follower has the gaps in its active segment.
	disk := log.NewMemory(0)
	follower, err := log.Create(disk, playID, l.Name(), config, playNow)
	must(t, err)
	for follower.LogEndOffset() < 7 {
		run, err := l.Read(follower.LogEndOffset(), log.LogEnd, 1, true)
		must(t, err)
		if len(run) == 0 {
			break // what is left of the truncated log ends below
		}
		_, err = follower.AppendAsFollower(run, 0, playNow)
		must(t, err)
	}
	commit(t, disk)
	opened, found, err := log.Open(disk, playID, l.Name(), config, false, playNow)
	must(t, err)
	if found.Cut != log.NotCut || opened.LogEndOffset() != follower.LogEndOffset() || follower.LogEndOffset() == 0 {
		t.Errorf("cut for %v, ends at %d, want %d", found.Cut, opened.LogEndOffset(), follower.LogEndOffset())
	}
}

// TestADamagedLogIsNotCleaned: bytes that are no records end the round.
func TestADamagedLogIsNotCleaned(t *testing.T) {
	l, _ := compactedLog(t, compacting(), 2)
	b := batch.NewBuilder(batch.Options{})
	b.Append(playNow, []byte("a"), []byte("b"))
	built, err := b.Build(nil)
	must(t, err)
	built[len(built)-1] = 40 // a count of headers that are not there
	built.SetCRC()
	built.SetBaseOffset(l.LogEndOffset())
	_, err = l.AppendAsFollower(built, 0, playNow)
	must(t, err)
	must(t, l.Roll(playNow))
	l.UpdateHighWatermark(l.LogEndOffset())
	round := l.BeginCleaning(l.Cleanable(playNow), 1000, playNow)
	for range 20 {
		did, err := round.Step(l, 1<<20, &log.Scratch{})
		if err != nil {
			return
		}
		if did.Done {
			break
		}
	}
	t.Error("it was cleaned")
}

// TestJitterMakesSegmentsRollSooner: never later, and not all at the same time.
func TestJitterMakesSegmentsRollSooner(t *testing.T) {
	config := log.DefaultConfig()
	config.SegmentMs, config.SegmentJitter = 10*time.Second, 4*time.Second
	rolled := map[int]int{} // replicas by the second in which they rolled
	for seed := range 40 {
		config.JitterSeed = uint64(seed)
		l, err := log.Create(log.NewMemory(0), playID, engine.TopicPartition{Topic: "orders"}, config, playNow)
		must(t, err)
		for second := range 12 {
			b := batch.NewBuilder(batch.Options{})
			at := engine.WallTime(playNow + 1000*second)
			b.Append(at, nil, []byte("x"))
			built, err := b.Build(nil)
			must(t, err)
			_, err = l.AppendAsLeader(built, log.LeaderAppend{Now: at}, &log.Scratch{})
			must(t, err)
			if len(l.Segments()) == 2 {
				rolled[second]++
				break
			}
		}
	}
	for second := range rolled { // unordered: each is looked at by itself
		if second < 7 || second > 11 {
			t.Errorf("rolled after %d seconds", second)
		}
	}
	if len(rolled) < 4 {
		t.Errorf("rolled in the seconds %v", rolled)
	}
}
