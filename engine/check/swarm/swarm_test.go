package swarm

import (
	"flag"
	"fmt"
	"runtime"
	"sync"
	"testing"
)

var (
	seedFlag = flag.Uint64("seed", 0, "play this seed alone, and tell it")
	fromFlag = flag.Uint64("from", 1, "the first seed of TestSwarm")
	runsFlag = flag.Uint64("runs", 0, "how many seeds TestSwarm plays; 0: as many as two minutes of two cores hold")
)

// How many runs two minutes of two cores hold, with room for a slower machine; in
// js/wasm, where one is some ten times as dear, a few.
const (
	runsNative = 240
	runsWasm   = 4
	lanes      = 8 // that share the seeds, so that every core has work
)

// TestSwarm plays seeds: every property must hold in all of them, and together they
// must put something to the test.
func TestSwarm(t *testing.T) {
	if *seedFlag != 0 {
		tellSeed(t, *seedFlag)
		return
	}
	runs := *runsFlag
	switch {
	case runs > 0:
	case runtime.GOOS == "js":
		runs = runsWasm
	default:
		runs = runsNative
	}
	var mu sync.Mutex
	var totals Totals
	t.Run("lanes", func(t *testing.T) {
		for lane := range min(lanes, runs) {
			t.Run(fmt.Sprint(lane), func(t *testing.T) {
				t.Parallel()
				for n := lane; n < runs; n += lanes {
					r := playSeed(t, *fromFlag+n)
					mu.Lock()
					totals.Add(r)
					mu.Unlock()
				}
			})
		}
	})
	t.Log(totals.Report())
	if totals.Short > 0 {
		t.Errorf("%d runs were shorter than a run is", totals.Short)
	}
	if missing := totals.Missing(); len(missing) > 0 && runs > 100 {
		t.Errorf("in %d runs there were none of these: %v", runs, missing)
	}
}

func playSeed(t *testing.T, seed uint64) *Result {
	r, err := Play(Draw(seed))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Violations) > 0 {
		t.Errorf("seed %d: %v\nreplay: go test ./engine/check/swarm -run TestSwarm -v -seed %d", seed, r.Violations[0].Error(), seed)
	}
	return r
}

func tellSeed(t *testing.T, seed uint64) {
	r, err := Tell(Draw(seed))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range r.Story {
		t.Log(line)
	}
	t.Logf("%+v losses %v faults %d inputs %d", r.Counts, r.Losses, r.Faults, r.Handled)
	for i := range r.Violations {
		t.Error(r.Violations[i].Error())
	}
}
