package swarm

import (
	"slices"
	"time"

	"bitacora/engine/check"
)

// Shrink looks for the least of a plan that still breaks the property: fewer steps,
// fewer clients, less time. It plays at most tries runs. Since every node, link and
// disk has its own luck, what is left out changes nobody else's.
func Shrink(p *Plan, broken check.Property, tries int) *Plan {
	s := shrinking{best: p, broken: broken, left: tries}
	if r, err := Play(p); err == nil && r.Failed() == broken && r.Worked < p.Lasts {
		s.hurry = true
		s.with(func(p *Plan) { p.Excerpt, p.Lasts = true, (r.Worked + afterwards).Round(time.Millisecond) })
	}
	s.with(func(p *Plan) { p.Excerpt = true })
	for s.left > 0 {
		before := s.left
		if !s.fewerSteps() && !s.fewerClients() && !s.fewerTopics() && !s.sooner() || s.left == before {
			break
		}
	}
	return s.best
}

type shrinking struct {
	best   *Plan
	broken check.Property
	left   int
	hurry  bool // it broke while faults came: what comes after need not be played
}

// afterwards is how much longer a run lasts than it took to break.
const afterwards = 500 * time.Millisecond

// breaks plays a smaller plan, and takes it where it breaks the same property.
func (s *shrinking) breaks(p *Plan) bool {
	if s.left == 0 {
		return false
	}
	s.left--
	played := *p
	if s.hurry {
		played.Heals = quietEvery
	}
	r, err := Play(&played)
	if err != nil || r.Failed() != s.broken {
		return false
	}
	s.best = p
	return true
}

func (s *shrinking) with(change func(*Plan)) bool {
	p := *s.best
	p.Steps, p.Clients, p.Topics = slices.Clone(p.Steps), slices.Clone(p.Clients), slices.Clone(p.Topics)
	change(&p)
	return s.breaks(&p)
}

// fewerSteps leaves out halves, quarters, ..., single steps (delta debugging).
func (s *shrinking) fewerSteps() bool {
	any := false
	for size := (len(s.best.Steps) + 1) / 2; size > 0; size /= 2 {
		for at := 0; at < len(s.best.Steps); {
			end := min(at+size, len(s.best.Steps))
			if s.with(func(p *Plan) { p.Steps = slices.Delete(p.Steps, at, end) }) {
				any = true
				continue
			}
			at = end
		}
	}
	return any
}

func (s *shrinking) fewerClients() bool {
	any := false
	for at := 0; at < len(s.best.Clients); {
		if len(s.best.Clients) > 1 && s.with(func(p *Plan) { p.Clients = slices.Delete(p.Clients, at, at+1) }) {
			any = true
			continue
		}
		at++
	}
	return any
}

func (s *shrinking) fewerTopics() bool {
	any := false
	for i := range s.best.Topics {
		for s.best.Topics[i].Partitions > 1 && s.with(func(p *Plan) { p.Topics[i].Partitions-- }) {
			any = true
		}
	}
	return any
}

// sooner ends the run as soon as it may: a run that breaks nothing after its last
// step is not told to its end.
func (s *shrinking) sooner() bool {
	any := false
	for s.best.Lasts > 2*quietEvery && s.with(func(p *Plan) { p.Lasts = (p.Lasts / 2).Round(quietEvery) }) {
		any = true
	}
	return any
}
