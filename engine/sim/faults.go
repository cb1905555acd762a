package sim

import (
	"slices"
	"time"

	"bitacora/engine"
)

// ActionKind names what a person, a script or a chaos dial can do to the world.
type ActionKind uint8

// The actions.
const (
	ActKill      ActionKind = iota // kill -9: what was committed stays
	ActPowerLoss                   // what was not synced is gone; peers hear nothing
	ActRestart                     // start a dead process again
	ActPause                       // SIGSTOP
	ActResume                      // SIGCONT
	ActShutdown                    // SIGTERM
	ActCut                         // Node's messages no longer reach Peer; with Both, nor the other way
	ActHeal                        // undo ActCut
	ActSlowDisk                    // each commit takes By longer
	ActClock                       // the wall clock jumps by By
	ActCommand                     // hand Body to the node
)

// Action is one act upon the world.
type Action struct {
	Kind ActionKind
	Node engine.NodeID
	Peer engine.NodeID
	Both bool
	Disk engine.DiskID
	By   time.Duration
	Body any // ActCommand
}

// TimedAction is an action and when it was done: with the seed and the processes,
// all there is to a run.
type TimedAction struct {
	At     engine.Time
	Action Action
}

// Do acts now, and records it.
func (s *Sim) Do(a Action) {
	s.actions = append(s.actions, TimedAction{s.now, a})
	s.act(a)
}

// At makes an action happen at a later instant, before anything else that is due
// then, and records it.
func (s *Sim) At(at engine.Time, a Action) {
	s.actions = append(s.actions, TimedAction{at, a})
	s.schedule(item{at: at, node: firstOfAll, kind: itemAction, act: &a})
}

// firstOfAll sorts scripted actions before every node's inputs of that instant.
const firstOfAll engine.NodeID = -1 << 31

// Actions gives everything that was done to this world, in order.
func (s *Sim) Actions() []TimedAction { return slices.Clone(s.actions) }

// Command hands body to a node now.
func (s *Sim) Command(id engine.NodeID, body any) {
	s.Do(Action{Kind: ActCommand, Node: id, Body: body})
}

// Kill ends a process as kill -9 does.
func (s *Sim) Kill(id engine.NodeID) { s.Do(Action{Kind: ActKill, Node: id}) }

// Restart starts a dead process again.
func (s *Sim) Restart(id engine.NodeID) { s.Do(Action{Kind: ActRestart, Node: id}) }

// Cut cuts the link between two processes, both ways.
func (s *Sim) Cut(a, b engine.NodeID) { s.Do(Action{Kind: ActCut, Node: a, Peer: b, Both: true}) }

// Heal heals the link between two processes, both ways.
func (s *Sim) Heal(a, b engine.NodeID) { s.Do(Action{Kind: ActHeal, Node: a, Peer: b, Both: true}) }

func (s *Sim) act(a Action) {
	p := s.processes[a.Node]
	if p == nil {
		return
	}
	switch a.Kind {
	case ActKill:
		s.kill(p, false)
	case ActPowerLoss:
		s.kill(p, true)
	case ActRestart:
		s.restart(p)
	case ActPause:
		if p.state == Running {
			p.state = Paused
			s.trace(engine.Event{Kind: engine.EventProcessPaused, Node: p.id})
		}
	case ActResume:
		s.resume(p)
	case ActShutdown:
		s.input(p, engine.Shutdown{})
	case ActCommand:
		s.input(p, engine.Command{Body: a.Body})
	case ActCut, ActHeal:
		s.setCut(a.Node, a.Peer, a.Kind == ActCut)
		if a.Both {
			s.setCut(a.Peer, a.Node, a.Kind == ActCut)
		}
	case ActSlowDisk:
		if int(a.Disk) < len(p.disks) {
			p.disks[a.Disk].slowBy = a.By
		}
	case ActClock:
		p.wallSkew += engine.WallTime(a.By.Milliseconds())
	}
}

func (s *Sim) input(p *process, in engine.Input) {
	if p.state != Dead {
		s.schedule(item{at: s.now, node: p.id, kind: itemInput, life: p.life, input: in})
	}
}

// kill ends a process. A killed one's kernel closes its connections after what
// was sent on them; without power nobody closes anything.
func (s *Sim) kill(p *process, power bool) {
	if p.state == Dead {
		return
	}
	s.endLife(p, power)
	ev := engine.Event{Kind: engine.EventProcessKilled, Node: p.id}
	if power {
		ev.Code = 1
	}
	s.trace(ev)
}

func (s *Sim) halt(p *process, reason engine.HaltReason) {
	p.halted = reason
	s.endLife(p, false)
	s.trace(engine.Event{Kind: engine.EventProcessHalted, Node: p.id, Code: int16(reason)})
}

func (s *Sim) endLife(p *process, power bool) {
	p.state = Dead
	for _, id := range slices.Clone(p.connOrder) {
		c := p.conns[id]
		e := c.endOf(p, id)
		e.out = nil // what waited for a barrier never left
		if power {
			e.up = false
			continue
		}
		s.hangUp(p, c, e)
	}
	for _, d := range p.disks {
		d.committing = nil
		if power {
			d.fault = d.store.PowerLoss()
		} else {
			d.fault = d.store.Crash()
		}
	}
}

func (s *Sim) restart(p *process) {
	if p.state != Dead {
		return
	}
	if err := s.boot(p); err != nil {
		s.trace(engine.Event{Kind: engine.EventProcessHalted, Node: p.id,
			Code: int16(engine.HaltDiskFailed), Detail: err.Error()})
	}
}

// resume lets a paused process take what came while it was stopped, in order.
func (s *Sim) resume(p *process) {
	if p.state != Paused {
		return
	}
	p.state = Running
	s.trace(engine.Event{Kind: engine.EventProcessResumed, Node: p.id})
	late, backlog := p.late, p.backlog
	p.late, p.backlog = nil, nil
	for _, it := range late {
		if p.timers[it.timer] == it.seq && it.kind == itemTimer {
			it.at = s.now
			p.timers[it.timer] = s.schedule(it)
			continue
		}
		if it.kind != itemTimer {
			it.at = s.now
			s.schedule(it)
		}
	}
	for _, t := range backlog {
		s.schedule(item{at: s.now, node: p.id, kind: itemArrival, life: p.life, sent: t})
	}
}

func (s *Sim) setCut(from, to engine.NodeID, cut bool) {
	l := s.link(from, to)
	if l.cut == cut {
		return
	}
	l.cut = cut
	if cut {
		s.trace(engine.Event{Kind: engine.EventLinkCut, Node: from, Peer: to})
		return
	}
	s.trace(engine.Event{Kind: engine.EventLinkHealed, Node: from, Peer: to})
	stalled := l.stalled
	l.stalled = nil
	for _, t := range stalled {
		s.transmit(t)
	}
}
