package interop

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"bitacora/server/interop/rig"
)

const (
	leaderPartitions = 3
	// A dead leader is replaced when its session ends (9 s); clients find out
	// at their next try. The rest is a busy machine.
	failoverLimit = 60 * time.Second
)

// TestLeaderDies kills the leader of partition 0 while a producer and a consumer
// run: nothing acknowledged may be lost, and each partition keeps its order.
func TestLeaderDies(t *testing.T) {
	t.Parallel()
	tests := []struct{ release, mode string }{
		{"2.0.2", "in-flight"}, // it knows no idempotence
		{"3.0.12", "in-flight"},
		{"3.0.12", "idempotent"},
	}
	c := start(t, rig.Options{})
	for i, tt := range tests {
		t.Run(tt.release+" "+tt.mode, func(t *testing.T) {
			topic := fmt.Sprintf("pedidos-%d", i)
			rig.CreateTopic(t, c, topic, leaderPartitions, 3)
			killLeader(t, c, topic, tt.release, tt.mode)
		})
	}
}

func killLeader(t *testing.T, c rig.Cluster, topic, release, mode string) {
	consumer := follow(rig.Start(t, "consumer", python(t, release, "keep_consuming.py", rig.Servers(c), topic, topic+"-lectores")))
	producer := follow(rig.Start(t, "producer", python(t, release, "keep_producing.py", rig.Servers(c), topic, fmt.Sprint(leaderPartitions), mode)))
	producer.awaitEach(t, "acknowledged before the kill", 50)
	consumer.awaitEach(t, "read before the kill", 50)

	leader := rig.Leader(t, c, topic, 0)
	c.Kill(t, leader)
	rig.Eventually(t, failoverLimit, func() (bool, string) {
		now := rig.Leader(t, c, topic, 0)
		return now != leader, fmt.Sprintf("%d still leads", now)
	})
	producer.awaitEach(t, "acknowledged after the kill", 50)
	producer.stop(t)

	acked, sent := producer.records(t), producer.count("acked")
	consumer.awaitCount(t, sent)
	consumer.stop(t)
	for _, wrong := range append(lost(acked, consumer.records(t)), outOfOrder(consumer.records(t), mode == "idempotent")...) {
		t.Error(wrong)
	}
	t.Logf("%d acknowledged, %d unknown, %d read", sent, producer.count("unknown"), consumer.count("read"))

	c.Restart(t, leader)
	rig.WaitInSync(t, c, topic, failoverLimit)
}

// place is where a record lies.
type place struct {
	partition int
	offset    int64
}

// follower collects the lines of keep_producing.py or keep_consuming.py.
type follower struct {
	process *rig.Process
	mu      sync.Mutex
	lines   [][]string // split into words
	changed chan struct{}
}

func follow(p *rig.Process) *follower {
	f := &follower{process: p, changed: make(chan struct{}, 1)}
	go func() {
		for line := range p.Lines() {
			f.mu.Lock()
			f.lines = append(f.lines, strings.Fields(line))
			f.mu.Unlock()
			select {
			case f.changed <- struct{}{}:
			default:
			}
		}
	}()
	return f
}

// await waits until ok says so of the lines so far.
func (f *follower) await(t *testing.T, what string, ok func(lines [][]string) bool) {
	t.Helper()
	deadline := time.NewTimer(failoverLimit)
	defer deadline.Stop()
	for {
		f.mu.Lock()
		met := ok(f.lines)
		f.mu.Unlock()
		if met {
			return
		}
		select {
		case <-f.changed:
		case <-deadline.C:
			t.Fatalf("not within %v: %s; %s", failoverLimit, what, f.summary())
		}
	}
}

// awaitEach waits for n more records of every partition.
func (f *follower) awaitEach(t *testing.T, what string, n int) {
	t.Helper()
	f.mu.Lock()
	from := len(f.lines)
	f.mu.Unlock()
	f.await(t, fmt.Sprintf("%d more of each partition %s", n, what), func(lines [][]string) bool {
		perPartition := map[string]int{}
		for _, words := range lines[from:] {
			if words[0] == "acked" || words[0] == "read" {
				perPartition[words[1]]++
			}
		}
		for partition := range leaderPartitions {
			if perPartition[fmt.Sprint(partition)] < n {
				return false
			}
		}
		return true
	})
}

// awaitCount waits until at least n records were read.
func (f *follower) awaitCount(t *testing.T, n int) {
	t.Helper()
	f.await(t, fmt.Sprintf("%d records read", n), func(lines [][]string) bool { return len(lines) >= n })
}

// stop closes the program's input and waits for its orderly end.
func (f *follower) stop(t *testing.T) {
	t.Helper()
	f.process.CloseInput()
	f.await(t, "an orderly end", func(lines [][]string) bool {
		return len(lines) > 0 && lines[len(lines)-1][0] == "done"
	})
	if code := f.process.Wait(failoverLimit); code != 0 {
		t.Fatalf("exit code %d", code)
	}
}

// summary says how many lines of each kind and partition came, and the last.
func (f *follower) summary() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	counts := map[string]int{}
	var last []string
	for _, words := range f.lines {
		counts[strings.Join(words[:min(2, len(words))], " ")]++
		last = words
	}
	return fmt.Sprintf("lines so far %v, the last %q", counts, last)
}

func (f *follower) count(kind string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, words := range f.lines {
		if words[0] == kind {
			n++
		}
	}
	return n
}

// records gives what lies where: acknowledged, or read. Two different records
// in one place are an error.
func (f *follower) records(t *testing.T) map[place]int {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	records := map[place]int{}
	for _, words := range f.lines {
		if words[0] != "acked" && words[0] != "read" {
			continue
		}
		partition, _ := strconv.Atoi(words[1])
		offset, _ := strconv.ParseInt(words[2], 10, 64)
		number, err := strconv.Atoi(words[3])
		if err != nil {
			t.Fatalf("line %q: %v", words, err)
		}
		at := place{partition, offset}
		if was, ok := records[at]; ok && was != number {
			t.Errorf("%v: both %d and %d %s", at, was, number, words[0])
		}
		records[at] = number
	}
	return records
}

// lost names every acknowledged record that was not read from the very place
// that its acknowledgement named.
func lost(acked, read map[place]int) []string {
	var wrong []string
	for _, at := range inOrder(acked) {
		got, ok := read[at]
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("partition %d offset %d: %d was acknowledged and is lost", at.partition, at.offset, acked[at]))
		case got != acked[at]:
			wrong = append(wrong, fmt.Sprintf("partition %d offset %d: %d was acknowledged, %d was read", at.partition, at.offset, acked[at], got))
		}
	}
	return wrong
}

// outOfOrder holds that numbers only grow along a partition, from 0 and without
// a gap. Without idempotence a batch that was stored but whose answer was lost
// comes again, so a run of numbers may repeat; with it (once) nothing may.
func outOfOrder(read map[place]int, once bool) []string {
	var wrong []string
	highest := map[int]int{}
	for _, at := range inOrder(read) {
		number := read[at]
		was, ok := highest[at.partition]
		if !ok {
			was = -1
		}
		switch {
		case number > was+1:
			wrong = append(wrong, fmt.Sprintf("partition %d offset %d: %d after %d: something is missing", at.partition, at.offset, number, was))
		case number <= was && once:
			wrong = append(wrong, fmt.Sprintf("partition %d offset %d: %d again after %d", at.partition, at.offset, number, was))
		}
		highest[at.partition] = max(was, number)
	}
	return wrong
}

// inOrder lists places by partition and offset.
func inOrder(records map[place]int) []place {
	return slices.SortedFunc(maps.Keys(records), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.partition, b.partition), cmp.Compare(a.offset, b.offset))
	})
}

// TestChecks shows what the two checks above object to.
func TestChecks(t *testing.T) {
	good := map[place]int{{0, 0}: 0, {0, 1}: 1, {0, 3}: 2, {1, 0}: 0}
	with := func(at place, number int) map[place]int {
		changed := maps.Clone(good)
		changed[at] = number
		return changed
	}
	tests := []struct {
		name        string
		acked, read map[place]int
		once        bool
		lost, order int
	}{
		{"all is read, an offset without a record included", good, good, true, 0, 0},
		{"a record that is gone", with(place{1, 1}, 1), good, true, 1, 0},
		{"another record in its place", good, with(place{0, 3}, 7), true, 1, 1},
		{"more is read than was acknowledged", good, with(place{1, 1}, 1), true, 0, 0},
		{"a number is missing", good, with(place{1, 1}, 2), true, 0, 1},
		{"the first number is missing", nil, map[place]int{{2, 0}: 1}, true, 0, 1},
		{"a retry stored twice, with idempotence", good, with(place{0, 4}, 2), true, 0, 1},
		{"a retry stored twice, without", good, with(place{0, 4}, 2), false, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := lost(tt.acked, tt.read); len(got) != tt.lost {
				t.Errorf("lost: %q, want %d", got, tt.lost)
			}
			if got := outOfOrder(tt.read, tt.once); len(got) != tt.order {
				t.Errorf("order: %q, want %d", got, tt.order)
			}
		})
	}
}
