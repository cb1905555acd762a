package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"bitacora/engine/check/swarm"

	"github.com/spf13/cobra"
)

// soak is a swarm that plays until its time is over.
type soak struct {
	from     uint64
	until    time.Duration
	runs     uint64 // 0: as many as there is time for
	parallel int
	keep     string // a folder for failed runs
	state    string // a file to go on from, and to leave for the next soak
}

// soakState is what a soak leaves behind for the next one.
type soakState struct {
	Next   uint64       `json:"next"` // the first seed that was not played
	Totals swarm.Totals `json:"totals"`
	Failed []uint64     `json:"failed,omitempty"`
}

func newSoak() *cobra.Command {
	s := soak{}
	c := &cobra.Command{
		Use: "soak", Short: "Play seeded random faults over random work, and check every promise", Args: exactly(0),
		Long: "Play one simulated cluster a seed, with random work and faults, all promises of Kafka checked as it goes.\n" +
			"It ends with `N passed, N failed`, and says which seed comes next. With --state it goes on where the last\n" +
			"one ended, and adds up. Failed runs are made as short as they go and written into --keep.",
		Example: "  bitacora soak --from 1 --for 45s\n  bitacora soak --state soak.json --for 10m --keep failures",
		RunE:    func(c *cobra.Command, _ []string) error { return s.run(c.OutOrStdout()) },
	}
	c.Flags().Uint64Var(&s.from, "from", 1, "the first seed")
	c.Flags().DurationVar(&s.until, "for", time.Minute, "how long to begin new runs; with --runs, at most")
	c.Flags().Uint64Var(&s.runs, "runs", 0, "how many seeds to play; 0: as many as there is time for")
	c.Flags().IntVar(&s.parallel, "parallel", runtime.NumCPU(), "how many runs at a time")
	c.Flags().StringVar(&s.keep, "keep", "soak-failures", "the folder that failed runs are written into")
	c.Flags().StringVar(&s.state, "state", "", "the file to go on from and to leave behind")
	return c
}

// errSoak says that runs failed; the sentence is the last line of the report.
var errSoak = errors.New("some runs broke a promise")

func (s *soak) run(out io.Writer) error {
	if s.parallel < 1 {
		return usageError{fmt.Errorf("--parallel %d: at least one run at a time", s.parallel)}
	}
	var before soakState
	if s.state != "" {
		text, err := os.ReadFile(s.state)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		default:
			if err := json.Unmarshal(text, &before); err != nil {
				return fmt.Errorf("%s is not a soak's state: %w", s.state, err)
			}
			s.from = before.Next
		}
	}
	began := time.Now()
	w := soakWork{soak: s, next: s.from, end: began.Add(s.until), out: out}
	w.play()
	took := time.Since(began)
	fmt.Fprintln(out, w.totals.Report())
	fmt.Fprintf(out, "%d runs in %v: %d a minute; the next seed is %d\n",
		w.totals.Runs, took.Round(time.Second), int64(w.totals.Runs)*int64(time.Minute)/max(int64(took), 1), w.next)
	if s.state != "" {
		before.Totals.Merge(&w.totals)
		before.Next, before.Failed = w.next, append(before.Failed, w.failed...)
		text, err := json.MarshalIndent(before, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(s.state, append(text, '\n'), 0o644); err != nil {
			return err
		}
		fmt.Fprintf(out, "in all: %s\n", before.Totals.Report())
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", w.totals.Runs-w.totals.Failed, w.totals.Failed)
	if w.err != nil {
		return w.err
	}
	if w.totals.Failed > 0 {
		return errSoak
	}
	return nil
}

// soakWork is what the workers share.
type soakWork struct {
	*soak
	end time.Time
	out io.Writer

	mu     sync.Mutex
	next   uint64
	totals swarm.Totals
	failed []uint64
	err    error
}

func (w *soakWork) play() {
	var workers sync.WaitGroup
	for range w.parallel {
		workers.Go(func() {
			for {
				seed, some := w.take()
				if !some {
					return
				}
				w.playSeed(seed)
			}
		})
	}
	workers.Wait()
	slices.Sort(w.failed)
}

// take gives the next seed, while there is time.
func (w *soakWork) take() (uint64, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil || time.Now().After(w.end) || w.runs > 0 && w.next >= w.from+w.runs {
		return 0, false
	}
	w.next++
	return w.next - 1, true
}

func (w *soakWork) playSeed(seed uint64) {
	p := swarm.Draw(seed)
	r, err := swarm.Play(p)
	if err == nil && r.Failed() != "" {
		err = w.keepRun(seed, p, r)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.err = errors.Join(w.err, err)
		return
	}
	w.totals.Add(r)
	if r.Failed() != "" {
		w.failed = append(w.failed, seed)
		fmt.Fprintf(w.out, "seed %d: %v\n", seed, r.Violations[0].Error())
	}
}

// shrinkTries bounds the runs that shortening one failed run may take: about as long
// as two minutes of a soak.
const shrinkTries = 150

func (w *soakWork) keepRun(seed uint64, p *swarm.Plan, r *swarm.Result) error {
	text, err := swarm.Transcript(p, r, shrinkTries)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(w.keep, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.keep, fmt.Sprintf("%d.txt", seed)), []byte(text), 0o644)
}
