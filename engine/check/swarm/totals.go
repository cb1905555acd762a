package swarm

import (
	"fmt"
	"strings"

	"bitacora/engine/check"
)

// Totals adds runs up.
type Totals struct {
	Runs    uint64
	Failed  uint64
	Short   uint64 // of them, those that were less than a run: see the least of one
	Handled uint64
	Faults  int
	Losses  int // outside the fault budget
	Counts  check.Counts
}

// Add takes a run.
func (t *Totals) Add(r *Result) {
	t.Runs++
	if r.Failed() != "" {
		t.Failed++
	} else if r.Worked < lastsMin || r.Faults < stepsMin || r.Counts.Acknowledged < acknowledgedMin {
		t.Short++
	}
	t.Handled += r.Handled
	t.Faults += r.Faults
	t.Losses += len(r.Losses)
	c := &t.Counts
	c.ISRShrinks += r.Counts.ISRShrinks
	c.ISRExpands += r.Counts.ISRExpands
	c.Elections += r.Counts.Elections
	c.ELRElections += r.Counts.ELRElections
	c.Unclean += r.Counts.Unclean
	c.Truncations += r.Counts.Truncations
	c.Restarts += r.Counts.Restarts
	c.Rebalances += r.Counts.Rebalances
	c.Controllers += r.Counts.Controllers
	c.Snapshots += r.Counts.Snapshots
	c.Acknowledged += r.Counts.Acknowledged
	c.Read += r.Counts.Read
}

// Merge adds other runs.
func (t *Totals) Merge(o *Totals) {
	runs, failed, short, handled := t.Runs+o.Runs, t.Failed+o.Failed, t.Short+o.Short, t.Handled+o.Handled
	faults := t.Faults + o.Faults
	t.Add(&Result{Counts: o.Counts})
	t.Losses += o.Losses
	t.Runs, t.Failed, t.Short, t.Handled, t.Faults = runs, failed, short, handled, faults
}

const elrElections = "ELR elections"

// Thing is something that runs must meet for them to be worth anything.
type Thing struct {
	Name  string
	Count int
}

// Things lists what is counted, in the order in which it is reported.
func (t *Totals) Things() []Thing {
	c := &t.Counts
	return []Thing{
		{"ISR shrinks", c.ISRShrinks}, {"elections", c.Elections}, {"truncations", c.Truncations},
		{elrElections, c.ELRElections},
		{"restarts", c.Restarts}, {"rebalances", c.Rebalances},
		{"controller elections", c.Controllers}, {"metadata snapshots", c.Snapshots},
	}
}

// Missing names what never happened: a swarm in which something did not happen puts
// nothing to the test.
func (t *Totals) Missing() []string {
	var names []string
	for _, s := range t.Things() {
		if s.Count == 0 && (s.Name != elrElections || offersELR()) {
			names = append(names, s.Name)
		}
	}
	return names
}

// Report tells what happened, per thousand runs.
func (t *Totals) Report() string {
	if t.Runs == 0 {
		return "no runs"
	}
	perThousand := func(n int) uint64 { return uint64(n) * 1000 / t.Runs }
	var out strings.Builder
	fmt.Fprintf(&out, "%d runs, %d inputs; per thousand runs: %d faults", t.Runs, t.Handled, perThousand(t.Faults))
	for _, s := range t.Things() {
		fmt.Fprintf(&out, ", %d %s", perThousand(s.Count), s.Name)
	}
	fmt.Fprintf(&out, ", %d losses outside the fault budget, %d records acknowledged", perThousand(t.Losses), perThousand(t.Counts.Acknowledged))
	return out.String()
}
