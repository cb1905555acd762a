package live

import (
	"errors"
	"fmt"
	"time"

	"bitacora/engine"
	"bitacora/engine/view"
)

// Kill ends a process as kill -9 does: its connections close, connecting is
// refused, what its disks had not committed is gone.
func (c *Cluster) Kill(id engine.NodeID) error {
	p, err := c.alive(id)
	if err != nil {
		return err
	}
	p.kill.Store(true)
	c.unpause(id)
	p.in.close()
	<-p.ended
	return nil
}

// Shutdown asks a process to stop cleanly (SIGTERM). It does not wait.
func (c *Cluster) Shutdown(id engine.NodeID) error {
	p, err := c.alive(id)
	if err != nil {
		return err
	}
	p.in.post(func() { p.step(engine.Shutdown{}) })
	return nil
}

// Restart starts a dead process over what its disks kept.
func (c *Cluster) Restart(id engine.NodeID) error {
	c.mu.Lock()
	s := c.processes[id]
	if s == nil {
		c.mu.Unlock()
		return fmt.Errorf("restart %d: %w", id, ErrNoNode)
	}
	if s.now != nil || s.starting {
		c.mu.Unlock()
		return fmt.Errorf("restart %d: %w", id, ErrAlive)
	}
	s.starting = true
	c.mu.Unlock()
	err := s.disks.reopen()
	if err == nil {
		err = c.boot(s)
	}
	c.mu.Lock()
	s.starting = false
	if err != nil {
		s.why = err.Error()
	}
	c.mu.Unlock()
	return err
}

// Pause stops a process as SIGSTOP does: connections are accepted, and nothing is
// answered.
func (c *Cluster) Pause(id engine.NodeID) error {
	p, err := c.alive(id)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.processes[id]
	if p.paused != nil {
		return fmt.Errorf("pause %d: %w", id, ErrPaused)
	}
	over := make(chan struct{})
	p.paused = over
	s.state = Paused
	ev := engine.Event{Kind: engine.EventProcessPaused, Node: id}
	c.observe(&ev)
	p.in.post(func() { <-over })
	return nil
}

// Resume lets a paused process go on (SIGCONT).
func (c *Cluster) Resume(id engine.NodeID) error {
	if _, err := c.alive(id); err != nil {
		return err
	}
	if !c.unpause(id) {
		return fmt.Errorf("resume %d: %w", id, ErrNotPaused)
	}
	return nil
}

func (c *Cluster) unpause(id engine.NodeID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.processes[id]
	if s.now == nil || s.now.paused == nil {
		return false
	}
	close(s.now.paused)
	s.now.paused = nil
	s.state = Running
	ev := engine.Event{Kind: engine.EventProcessResumed, Node: id}
	c.observe(&ev)
	return true
}

func (c *Cluster) alive(id engine.NodeID) (*process, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.processes[id]
	switch {
	case s == nil:
		return nil, fmt.Errorf("node %d: %w", id, ErrNoNode)
	case s.now == nil:
		return nil, fmt.Errorf("node %d: %w", id, ErrDead)
	}
	return s.now, nil
}

// Cut cuts the link between two processes of this cluster, both ways: what they
// send waits, as TCP would send it again, until Heal.
func (c *Cluster) Cut(a, b engine.NodeID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.processes[a] == nil || c.processes[b] == nil || a == b {
		return fmt.Errorf("cut %d from %d: %w", a, b, ErrNoNode)
	}
	for _, link := range [][2]engine.NodeID{{a, b}, {b, a}} {
		if !c.cut[link] {
			c.cut[link] = true
			ev := engine.Event{Kind: engine.EventLinkCut, Node: link[0], Peer: link[1]}
			c.observe(&ev)
		}
	}
	c.anyCut.Store(true)
	return nil
}

// Heal heals the link between two processes; with NoNode for both, every link.
func (c *Cluster) Heal(a, b engine.NodeID) error {
	c.mu.Lock()
	var stalled []func()
	for link := range c.cut {
		all := a == engine.NoNode && b == engine.NoNode
		if all || link == [2]engine.NodeID{a, b} || link == [2]engine.NodeID{b, a} {
			stalled = append(stalled, c.stalled[link]...)
			delete(c.stalled, link)
			delete(c.cut, link)
			ev := engine.Event{Kind: engine.EventLinkHealed, Node: link[0], Peer: link[1]}
			c.observe(&ev)
		}
	}
	c.anyCut.Store(len(c.cut) > 0)
	// Under the lock, so that nothing sent from now on overtakes what waited.
	for _, send := range stalled {
		send()
	}
	c.mu.Unlock()
	return nil
}

func (c *Cluster) isCut(from, to engine.NodeID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cut[[2]engine.NodeID{from, to}]
}

// stall keeps something sent over a cut link; false says that the link is whole.
func (c *Cluster) stall(from, to engine.NodeID, send func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	link := [2]engine.NodeID{from, to}
	if !c.cut[link] {
		return false
	}
	c.stalled[link] = append(c.stalled[link], send)
	return true
}

// SlowDisk makes each commit of a node's data take by longer, from the next one on;
// 0 heals it. It outlives restarts, as a disk does. A controller of its own has no
// data but the metadata log.
func (c *Cluster) SlowDisk(id engine.NodeID, by time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.processes[id]
	if s == nil || s.client != nil {
		return fmt.Errorf("slow the disk of %d: %w", id, ErrNoNode)
	}
	disk := engine.DiskMeta
	if s.planned.Config.Broker {
		disk = engine.DiskData
	}
	s.slowBy[disk].Store(int64(by))
	return nil
}

// Fault does what a live cluster can of the faults that a simulation can.
func (c *Cluster) Fault(f view.Fault) error {
	switch f.Action {
	case view.FaultKill:
		return c.Kill(f.Node)
	case view.FaultShutdown:
		return c.Shutdown(f.Node)
	case view.FaultRestart:
		return c.Restart(f.Node)
	case view.FaultPause:
		return c.Pause(f.Node)
	case view.FaultResume:
		return c.Resume(f.Node)
	case view.FaultCut:
		return c.Cut(f.Node, f.Peer)
	case view.FaultHeal:
		return c.Heal(f.Node, f.Peer)
	case view.FaultSlowDisk:
		return c.SlowDisk(f.Node, f.By)
	case view.FaultCutFrom:
		return c.CutFrom(f.Node, f.Peer)
	case view.FaultFailDisk:
		return c.FailDisk(f.Node)
	case view.FaultClock:
		return c.JumpClock(f.Node, f.By)
	}
	return fmt.Errorf("%v: %w", f.Action, ErrSimulated)
}

// ErrSimulated is given for a fault that real disks and links cannot be told to have.
var ErrSimulated = errors.New("only a simulated cluster can; a live one can kill, shutdown, restart, pause, resume, cut, cut-from, heal, slow-disk, fail-disk and clock")

// CutFrom cuts one direction of a link: what from sends to to waits until Heal.
func (c *Cluster) CutFrom(from, to engine.NodeID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.processes[from] == nil || c.processes[to] == nil || from == to {
		return fmt.Errorf("cut %d from %d: %w", from, to, ErrNoNode)
	}
	if link := [2]engine.NodeID{from, to}; !c.cut[link] {
		c.cut[link] = true
		ev := engine.Event{Kind: engine.EventLinkCut, Node: from, Peer: to}
		c.observe(&ev)
	}
	c.anyCut.Store(true)
	return nil
}

// FailDisk makes the next commit of a node's data fail, as a disk does that returns
// an error: the node halts, as Kafka's does with its only log directory. Restarted,
// it finds the disk well, and what it had committed before.
func (c *Cluster) FailDisk(id engine.NodeID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.processes[id]
	if s == nil || s.client != nil {
		return fmt.Errorf("fail the disk of %d: %w", id, ErrNoNode)
	}
	disk := engine.DiskMeta
	if s.planned.Config.Broker {
		disk = engine.DiskData
	}
	s.failNext[disk].Store(true)
	return nil
}

// JumpClock makes a node's wall clock jump, either way; its monotonic clock, and so
// its time-outs, do not.
func (c *Cluster) JumpClock(id engine.NodeID, by time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.processes[id]
	if s == nil {
		return fmt.Errorf("jump the clock of %d: %w", id, ErrNoNode)
	}
	s.skew.Add(by.Milliseconds())
	return nil
}
