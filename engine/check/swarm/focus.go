package swarm

import (
	"time"
)

// Focus makes a swarm look at one corner: which faults, upon whom, how often. What
// it leaves empty is drawn as ever.
type Focus struct {
	Verbs      []Verb
	Nodes      []Target
	Peers      []Target
	GapMin     time.Duration
	GapMax     time.Duration // between two faults
	ForMin     time.Duration
	ForMax     time.Duration
	Lasts      time.Duration
	AckOne     bool // producers ask for acks=1
	ELR        bool // eligible leader replicas, and min.insync.replicas=2
	Quorum     bool // three controllers of their own
	Partitions int  // of the first topic; 0: as drawn
}

// DrawFocused gives the plan of a seed, with a focus.
func DrawFocused(seed uint64, f Focus) *Plan { return draw(seed, &f) }

func (d *drawing) focusedSteps() {
	f := d.focus
	pick := func(all []Target) Target {
		if len(all) == 0 {
			return d.target()
		}
		return all[d.rand.IntN(len(all))]
	}
	for at := d.between(0, f.GapMax); at < d.Lasts; at += d.between(f.GapMin, f.GapMax) {
		s := Step{At: at, Verb: f.Verbs[d.rand.IntN(len(f.Verbs))], Node: pick(f.Nodes), For: d.between(f.ForMin, f.ForMax)}
		switch s.Verb {
		case Cut, CutFrom:
			s.Peer = pick(f.Peers)
		case SlowLink:
			s.Peer, s.By = pick(f.Peers), d.between(time.Millisecond, 300*time.Millisecond)
		case SlowDisk:
			s.By = d.between(time.Millisecond, 500*time.Millisecond)
		}
		d.Steps = append(d.Steps, s)
	}
}
