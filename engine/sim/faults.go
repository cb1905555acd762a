package sim

import (
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/log"
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
	ActSlowDisk                    // each commit of Disk takes By longer
	ActClock                       // the wall clock jumps by By
	ActCommand                     // hand Body to the node
	ActTear                        // ActPowerLoss, and the first append lost was half written
	ActFillDisk                    // nothing more fits on Disk
	ActFreeDisk                    // undo ActFillDisk
	ActFailDisk                    // the next call of Disk fails, and all after it
	ActFlipBit                     // a bit of Topic's batch that holds Offset, in Partition; Offset -1: any
	ActSlowLink                    // Node's messages to Peer take By longer, up to Jitter more, and have Rate bytes a second; Both
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

	Jitter time.Duration
	Rate   int64 // bytes a second; 0: no limit of the fault's

	Topic     engine.TopicID
	Partition int32
	Offset    engine.Offset
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
		s.kill(p, deathKilled)
	case ActPowerLoss:
		s.kill(p, deathPower)
	case ActTear:
		s.kill(p, deathTorn)
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
	case ActSlowLink:
		s.slowLink(a.Node, a.Peer, a)
		if a.Both {
			s.slowLink(a.Peer, a.Node, a)
		}
	case ActClock:
		p.wallSkew += engine.WallTime(a.By.Milliseconds())
	default:
		if int(a.Disk) < len(p.disks) {
			s.harmDisk(p, p.disks[a.Disk], a)
		}
	}
}

func (s *Sim) slowLink(from, to engine.NodeID, a Action) {
	s.link(from, to).harm = LinkConfig{LatencyMin: a.By, LatencyMax: a.By + a.Jitter, BytesPerSecond: a.Rate}
}

// bitsMax bounds the bit that ActFlipBit draws; it is taken modulo the batch's.
const bitsMax = 1 << 20

func (s *Sim) harmDisk(p *process, d *disk, a Action) {
	switch a.Kind {
	case ActSlowDisk:
		d.slowBy = a.By
	case ActFillDisk:
		d.filled = true
		d.store.SetLimit(d.store.Space().Used)
	case ActFreeDisk:
		if d.filled {
			d.filled = false
			d.store.SetLimit(diskBytesMax)
		}
	case ActFailDisk:
		d.store.FailAt(1)
	case ActFlipBit:
		s.flipBit(p, d, a)
	}
}

// flipBit damages a batch of one copy. Nothing is told to the node: it will find
// out, or hand the damage on to somebody who does.
func (s *Sim) flipBit(p *process, d *disk, a Action) {
	id := log.ID{Topic: a.Topic, Partition: a.Partition}
	segments, err := d.store.Segments(id)
	if err != nil {
		return
	}
	from, end := segments[0].Base, segments[len(segments)-1].Next
	if a.Offset < 0 && end > from {
		a.Offset = from + engine.Offset(d.rand.Int64N(int64(end-from)))
	}
	base, found := d.store.FlipBit(id, a.Offset, d.rand.IntN(bitsMax))
	if !found {
		return
	}
	ev := engine.Event{Kind: engine.EventDiskDamaged, Node: p.id, Partition: a.Partition, Offset: base}
	if name, err := log.ReadRecord(d.store, id, log.RecordTopicName, 0); err == nil {
		ev.Topic = string(name)
	}
	s.trace(ev)
}

func (s *Sim) input(p *process, in engine.Input) {
	if p.state != Dead {
		s.schedule(item{at: s.now, node: p.id, kind: itemInput, life: p.life, input: in})
	}
}

// death is what a sudden end leaves of a disk.
type death uint8

const (
	deathKilled death = iota // what was committed stays, as in a system's page cache
	deathPower               // what was synced
	deathTorn                // what was synced, some of what was not, and half an append
)

// kill ends a process. A killed one's kernel closes its connections after what
// was sent on them; without power nobody closes anything.
func (s *Sim) kill(p *process, how death) {
	if p.state == Dead {
		return
	}
	s.endLife(p, how)
	ev := engine.Event{Kind: engine.EventProcessKilled, Node: p.id}
	if how != deathKilled {
		ev.Code = 1
	}
	s.trace(ev)
}

func (s *Sim) halt(p *process, reason engine.HaltReason) {
	p.halted = reason
	s.endLife(p, deathKilled)
	s.trace(engine.Event{Kind: engine.EventProcessHalted, Node: p.id, Code: int16(reason)})
}

func (s *Sim) endLife(p *process, how death) {
	p.state = Dead
	for _, id := range slices.Clone(p.connOrder) {
		c := p.conns[id]
		e := c.endOf(p, id)
		e.out = nil // what waited for a barrier never left
		if how != deathKilled {
			e.up = false
			continue
		}
		s.hangUp(p, c, e)
	}
	for _, d := range p.disks {
		d.committing = nil
		d.fault = d.crash(how)
	}
}

// tornBytesMax bounds how much of a torn append reached the disk: a little more than
// a batch's header, so that header and records alike may be cut.
const tornBytesMax = 160

func (d *disk) crash(how death) error {
	switch how {
	case deathPower:
		return d.store.CrashAt(d.store.SyncedSeq(), -1)
	case deathTorn:
		// Of what was not synced any beginning may have reached the disk, and of the
		// operation behind it a part.
		synced, last := d.store.SyncedSeq(), d.store.LastSeq()
		if last == synced {
			return d.store.CrashAt(synced, -1)
		}
		return d.store.CrashAt(synced+log.Seq(d.rand.Int64N(int64(last-synced))), d.rand.IntN(tornBytesMax))
	}
	return d.store.Crash()
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
