package live

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"bitacora/engine"
	"bitacora/engine/log"
	"bitacora/server/kafka"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// State says how a process is.
type State int32

// The states of a process.
const (
	Running State = iota
	Paused        // accepts connections, and is silent
	Dead          // killed, halted, or it could not start
)

// String names the state.
func (s State) String() string { return [...]string{"running", "paused", "dead"}[s] }

// disk is a store and the goroutine that commits to it.
type disk struct {
	store   log.Store
	commits chan log.Commit
	slowBy  *atomic.Int64 // nanoseconds that each commit takes longer; outlives the process
	// failNext makes the next commit fail, as a disk does that returns an error.
	failNext *atomic.Bool
	busy     bool // a commit is under way
	durable  uint64
}

// process is one life of one process: a goroutine that hands inputs to its node.
// Everything in it belongs to that goroutine, but for what is atomic.
type process struct {
	cluster   *Cluster
	id        engine.NodeID
	life      int
	run       *engine.Process
	skew      *atomic.Int64 // milliseconds that its wall clock is wrong by
	in        *inbox
	disks     []*disk
	timers    timers
	wake      *time.Timer
	conns     map[engine.ConnID]*conn
	tcp       map[*kafka.Conn]*conn
	held      map[*conn]struct{} // with something behind a barrier
	accepted  uint64
	soon      []func() // to be done after this step, before anything else
	listeners []*kafka.Listener
	ended     chan struct{}
	ending    chan struct{}  // closed first of all
	dead      bool           // within the goroutine: the node takes no more inputs
	halted    atomic.Int32   // a HaltReason and one, 0 while it has not halted itself
	kill      atomic.Bool    // asked for by a fault: nothing more is handled
	paused    chan struct{}  // closed when the pause is over; nil without one; the cluster's lock guards it
	disksDone sync.WaitGroup // their goroutines
}

// start begins the life of a process.
func (p *process) start() {
	p.wake = time.AfterFunc(time.Hour, func() { p.in.post(func() {}) })
	for id, d := range p.disks {
		p.disksDone.Add(1)
		go p.commit(engine.DiskID(id), d)
	}
	go p.loop()
}

// loop runs until the process ends.
func (p *process) loop() {
	defer close(p.ended)
	var batch []func()
	p.step(engine.Started{})
	p.afterStep()
	for !p.dead {
		p.arm()
		batch = p.in.take(batch)
		if batch == nil {
			break
		}
		for _, do := range batch {
			if p.kill.Load() {
				p.dead = true
				break
			}
			do()
			p.afterStep()
			if p.dead {
				break
			}
		}
		p.fireTimers()
	}
	p.end()
}

// afterStep does what a step left for just after it.
func (p *process) afterStep() {
	for len(p.soon) > 0 && !p.dead {
		do := p.soon[0]
		p.soon = append(p.soon[:0], p.soon[1:]...)
		do()
	}
	p.startCommits()
}

func (p *process) later(do func()) { p.soon = append(p.soon, do) }

// setInternal does something after d, on the process's goroutine.
func (p *process) setInternal(d time.Duration, do func()) {
	time.AfterFunc(d, func() { p.in.post(do) })
}

// arm makes the goroutine wake up when the next timer is due.
func (p *process) arm() {
	at, some := p.timers.next()
	if !some {
		p.wake.Stop()
		return
	}
	p.wake.Reset(at.Sub(p.cluster.now()))
}

func (p *process) fireTimers() {
	for !p.dead {
		timer, some := p.timers.fire(p.cluster.now())
		if !some {
			return
		}
		p.step(engine.TimerFired{Timer: timer})
		p.afterStep()
	}
}

// met says whether a barrier is met.
func (p *process) met(d engine.Durable) bool {
	return d.Seq == 0 || int(d.Disk) >= len(p.disks) || d.Seq <= p.disks[d.Disk].durable
}

// step hands one input to the node and carries out what it left.
func (p *process) step(in engine.Input) {
	if p.dead {
		return
	}
	effects, violated := p.run.Step(p.cluster.now(), engine.WallTime(time.Now().UnixMilli()+p.skew.Load()), in)
	if violated != nil {
		slog.Error("an invariant is broken: the node is stopped as a crash would", "node", p.id,
			"invariant", violated.Name, "detail", violated.Detail)
		p.trace(engine.Event{Kind: engine.EventViolation, Name: violated.Name, Detail: violated.Detail})
		p.cluster.onViolation(p.id, *violated)
		p.dead = true
		return
	}
	for i := range effects {
		p.carryOut(&effects[i])
		if p.dead {
			return
		}
	}
}

func (p *process) carryOut(ef *engine.Effect) {
	switch ef.Kind {
	case engine.EffectDial:
		p.dial(ef)
	case engine.EffectSend:
		if c := p.conns[ef.Conn]; c != nil {
			p.send(c, &c.client, outgoing{
				after: ef.Durable, correlation: ef.Correlation, clientID: ef.ClientID, req: ef.Request,
			})
		}
	case engine.EffectReply:
		if c := p.conns[ef.Conn]; c != nil {
			p.send(c, &c.server, outgoing{after: ef.Durable, correlation: ef.Correlation, resp: ef.Response})
			p.served(c, ef.Correlation)
		}
	case engine.EffectNoReply:
		if c := p.conns[ef.Conn]; c != nil {
			if c.tcp != nil {
				c.tcp.Skip()
			}
			p.served(c, ef.Correlation)
		}
	case engine.EffectClose:
		p.closeHere(ef.Conn)
	case engine.EffectSetTimer:
		p.timers.set(ef.Timer, ef.At)
	case engine.EffectCancelTimer:
		p.timers.cancel(ef.Timer)
	case engine.EffectTrace:
		p.cluster.observe(ef.Event)
	case engine.EffectHalt:
		p.halted.Store(int32(ef.Halt) + 1)
		p.trace(engine.Event{Kind: engine.EventProcessHalted, Code: int16(ef.Halt)})
		p.dead = true
	}
}

// startCommits gives each idle disk what was done since its last commit, so that
// all that happened while it was busy goes in one.
func (p *process) startCommits() {
	if p.dead {
		return
	}
	for _, d := range p.disks {
		if d.busy {
			continue
		}
		if c, some := d.store.Seal(); some {
			d.busy = true
			d.commits <- c
		}
	}
}

// errDiskFault is what a disk says that was told to fail.
var errDiskFault = errors.New("input/output error (a fault that was asked for)")

// commit is a disk's goroutine. What a slow disk had not done yet when the process
// ended, it never does.
func (p *process) commit(id engine.DiskID, d *disk) {
	defer p.disksDone.Done()
	for c := range d.commits {
		if !p.slowly(time.Duration(d.slowBy.Load())) {
			continue
		}
		err := errDiskFault
		if !d.failNext.CompareAndSwap(true, false) {
			err = c.Run()
		}
		p.in.post(func() { p.committed(id, d, c, err) })
	}
}

// slowly waits; false says that the process ended meanwhile.
func (p *process) slowly(by time.Duration) bool {
	if by <= 0 {
		return true
	}
	select {
	case <-time.After(by):
		return true
	case <-p.ending:
		return false
	}
}

func (p *process) committed(id engine.DiskID, d *disk, c log.Commit, err error) {
	d.busy = false
	if err != nil {
		d.store.Fail(err)
		slog.Error("a disk failed", "node", p.id, "disk", diskName(id), "error", err)
		p.cluster.noteDiskFailure(p.id, err)
		p.step(engine.DiskFailed{Disk: id, Cause: err.Error()})
		return
	}
	d.store.Committed(c.Seq())
	d.durable = uint64(c.Seq())
	p.flushAll()
	p.step(engine.Committed{Disk: id, Seq: uint64(c.Seq())})
}

func diskName(id engine.DiskID) string {
	if id == engine.DiskMeta {
		return "metadata"
	}
	return "data"
}

// end takes the process apart: its connections, its listeners, what its disks had
// not committed.
func (p *process) end() {
	close(p.ending)
	p.in.close()
	p.wake.Stop()
	for _, l := range p.listeners {
		l.Close()
	}
	for _, c := range p.tcp {
		p.cluster.externals.leave(c.about.node)
	}
	for _, c := range p.conns {
		for _, e := range [...]*end{&c.client, &c.server} {
			if e.p == p && e.up && c.tcp == nil {
				e.out = nil
				p.hangUp(c, e, engine.ClosedByPeer)
			}
		}
	}
	for _, d := range p.disks {
		close(d.commits)
	}
	p.disksDone.Wait()
	p.cluster.onEnd(p)
}

func (p *process) trace(ev engine.Event) {
	ev.Node = p.id
	p.cluster.observe(&ev)
}

// sampled tells the viewers, where there are any, of a message that leaves.
func (p *process) sampled(from, to engine.NodeID, req kmsg.Request, resp kmsg.Response) {
	if w := p.cluster.watching.Load(); w != nil {
		w.message(p.cluster.now(), from, to, req, resp)
	}
}

func (p *process) String() string { return fmt.Sprintf("node %d", p.id) }
