// Package live is the real-time driver: it runs the processes of a cluster, a
// goroutine each, with their connections, disks and timers, and breaks them on
// command. It does what engine/sim does, but for real: clients come by TCP
// (server/kafka), logs lie in Badger (server/store), time is the machine's.
//
// In go a Spec and where to listen and keep data; faults as calls. Out come events
// to an Observer, and the nodes to look at, each on its own goroutine (Look).
//
// A broken invariant stops its node as a crash would, is logged, and reported to
// the Observer; the other nodes and the page live on.
//
// Not modelled: several operating-system processes for one cluster.
package live

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"bitacora/engine"
	"bitacora/engine/cluster"
	"bitacora/engine/log"
	"bitacora/server/kafka"
)

// Config says what to run and where.
type Config struct {
	Spec cluster.Spec
	// DataDir is where logs are kept; "" keeps them in memory.
	DataDir string
	// Bind is the address that listeners bind to; Advertise is what metadata tells
	// clients, Bind where it is "".
	Bind, Advertise string
	// KafkaPort is the first broker's port, the others' follow; 0 takes free ones.
	// Controllers are controllerPortsAbove it.
	KafkaPort int
	// Sync makes every acknowledged record outlive a loss of power.
	Sync bool
	// ReserveBytes is the free space below which a broker's disk counts as full; 0
	// is the store's default.
	ReserveBytes int64
	// DataDirOf moves single nodes' data elsewhere.
	DataDirOf map[engine.NodeID]string
}

// controllerPortsAbove is how far controllers' ports lie above the brokers' base.
const controllerPortsAbove = 10

// memoryBytesMax bounds one disk without a data directory.
const memoryBytesMax = 4 << 30

// Observer sees events as they happen, from any goroutine. It must be quick.
type Observer interface {
	Observe(at engine.Time, wall engine.WallTime, ev *engine.Event)
}

// Cluster is a running cluster.
type Cluster struct {
	cfg     Config
	plan    []cluster.Planned
	fresh   bool // nothing was kept from an earlier run
	started time.Time
	seed    uint64

	watched   atomic.Bool
	observer  atomic.Pointer[Observer]
	watching  atomic.Pointer[watch]
	externals externals
	anyCut    atomic.Bool

	changing sync.Mutex // one broker is added or removed at a time

	mu        sync.Mutex
	processes map[engine.NodeID]*slot
	listeners map[engine.Addr]place
	stalled   map[[2]engine.NodeID][]func() // what was sent over cut links
	cut       map[[2]engine.NodeID]bool     // by direction
	changed   chan struct{}                 // closed and made anew when a process ends or starts
}

// slot is a process through all its lives.
type slot struct {
	id       engine.NodeID
	planned  cluster.Planned
	nets     []net.Listener // bound for the first life, before anything starts
	disks    *disks
	life     int
	now      *process // nil while dead
	state    State
	starting bool
	why      string            // why it is dead, for people
	halted   bool              // its last life ended itself
	halt     engine.HaltReason // why, where halted
	slowBy   [2]atomic.Int64   // by engine.DiskID: nanoseconds that each commit takes longer
	failNext [2]atomic.Bool    // by engine.DiskID: the next commit fails
	skew     atomic.Int64      // milliseconds that the wall clock is wrong by
	client   *simulatedClient  // nil for a server
}

type place struct {
	node  engine.NodeID
	index uint8
}

// Open binds the ports, opens the data and starts every process. On an error
// nothing stays open and nothing of others' was changed.
func Open(cfg Config) (*Cluster, error) {
	if cfg.Bind == "" {
		cfg.Bind = loopback
	}
	if cfg.Advertise == "" {
		cfg.Advertise = cfg.Bind
	}
	c := &Cluster{
		cfg: cfg, started: time.Now(), processes: map[engine.NodeID]*slot{}, listeners: map[engine.Addr]place{},
		stalled: map[[2]engine.NodeID][]func(){}, cut: map[[2]engine.NodeID]bool{}, changed: make(chan struct{}),
		externals: externals{ids: map[string]engine.NodeID{}, names: map[engine.NodeID]string{}, connected: map[engine.NodeID]int{}},
	}
	var seed [8]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return nil, fmt.Errorf("draw a seed: %w", err)
	}
	c.seed = binary.BigEndian.Uint64(seed[:])
	if err := c.open(); err != nil {
		c.killAll() // those that were started before the one that failed
		c.closeDisks()
		c.closeNets()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) open() error {
	clusterID, err := findClusterID(c.cfg)
	if err != nil {
		return err
	}
	spec := c.cfg.Spec
	spec.Seed = c.seed
	c.fresh = clusterID == ""
	if !c.fresh {
		spec.ClusterID = clusterID
	}
	var kept *keptPorts
	if !c.fresh {
		if kept, err = readPorts(c.cfg.DataDir); err != nil {
			return err
		}
	}
	if kept != nil {
		spec.Brokers = max(spec.Brokers, len(kept.Brokers)) // those that were added while it ran
	}
	ports, err := bindAll(c.cfg, spec, kept)
	if err != nil {
		// Its old ports are taken: most likely by a server that runs on this data.
		return errors.Join(c.heldByAnother(clusterID), err)
	}
	if c.plan, err = spec.Plan(ports); err != nil {
		ports.close()
		return err
	}
	for _, p := range c.plan {
		c.processes[p.Config.NodeID] = &slot{id: p.Config.NodeID, planned: p, nets: ports.take(p.Config.NodeID), state: Dead}
		for i, addr := range p.Listeners {
			c.listeners[addr] = place{p.Config.NodeID, uint8(i)}
		}
	}
	if err := c.openAllDisks(); err != nil {
		return err
	}
	if c.fresh && c.cfg.DataDir != "" {
		if err := ports.keep(c.cfg.DataDir); err != nil {
			return err
		}
	}
	for _, p := range c.plan {
		if err := c.boot(c.processes[p.Config.NodeID]); err != nil {
			return err
		}
	}
	return nil
}

// boot starts a process over what its disks kept. The caller holds no lock, or
// nobody else knows the cluster yet.
func (c *Cluster) boot(s *slot) error {
	id := s.id
	if err := s.bind(c.cfg.Bind); err != nil {
		return err
	}
	meta, data := s.disks.stores()
	node, err := s.newNode(meta, data)
	if err != nil {
		return fmt.Errorf("start node %d: %w", id, err)
	}
	s.life++
	p := &process{
		cluster: c, id: id, life: s.life, in: newInbox(), ended: make(chan struct{}), ending: make(chan struct{}),
		run:   engine.NewProcess(id, node, c.seed, s.life),
		skew:  &s.skew,
		conns: map[engine.ConnID]*conn{}, tcp: map[*kafka.Conn]*conn{}, held: map[*conn]struct{}{},
		timers: timers{valid: map[engine.Timer]uint64{}},
	}
	p.run.SetTracing(c.watched.Load())
	for i, store := range []log.Store{meta, data} {
		if store != nil {
			p.disks = append(p.disks, &disk{
				store: store, commits: make(chan log.Commit, 1), slowBy: &s.slowBy[i],
				failNext: &s.failNext[i], durable: uint64(store.DurableSeq()),
			})
		}
	}
	for i, nl := range s.nets {
		p.listeners = append(p.listeners, kafka.Serve(nl, uint8(i), tcpSink{p}))
	}
	s.nets = nil
	c.mu.Lock()
	s.now, s.state, s.why, s.halted = p, Running, "", false
	c.mu.Unlock()
	p.trace(engine.Event{Kind: engine.EventProcessStarted})
	p.start()
	c.notify()
	return nil
}

// newNode makes the node of a slot's next life.
func (s *slot) newNode(meta, data log.Store) (engine.Node, error) {
	if s.client != nil {
		return s.client.node(), nil
	}
	return cluster.NewServer(s.planned.Config, meta, data)
}

// onEnd is called by a process's goroutine when it is over.
func (c *Cluster) onEnd(p *process) {
	c.mu.Lock()
	s := c.processes[p.id]
	s.now, s.state = nil, Dead
	halted := p.halted.Load() > 0
	if halted {
		s.halted, s.halt = true, engine.HaltReason(p.halted.Load()-1)
	}
	if s.why == "" {
		s.why = "killed"
		if halted {
			s.why = haltedFor(s.halt)
		}
	}
	c.mu.Unlock()
	s.disks.crash()
	if !halted { // else it said so itself
		p.trace(engine.Event{Kind: engine.EventProcessKilled})
	}
	c.notify()
}

// haltedFor says why a process ended itself, for people.
func haltedFor(reason engine.HaltReason) string {
	switch reason {
	case engine.HaltDiskFailed:
		return "log directory failed"
	case engine.HaltFenced:
		return "fenced"
	}
	return "stopped"
}

func (c *Cluster) notify() {
	c.mu.Lock()
	close(c.changed)
	c.changed = make(chan struct{})
	c.mu.Unlock()
}

func (c *Cluster) now() engine.Time { return engine.Time(time.Since(c.started)) }

// Now is the cluster's monotonic time.
func (c *Cluster) Now() engine.Time { return c.now() }

func (c *Cluster) listener(addr engine.Addr) (*process, uint8) {
	c.mu.Lock()
	defer c.mu.Unlock()
	where, ok := c.listeners[addr]
	if !ok {
		return nil, 0
	}
	return c.processes[where.node].now, where.index
}

// Watch sets who sees events; nil for nobody, which costs nothing.
func (c *Cluster) Watch(o Observer) {
	if o == nil {
		c.observer.Store(nil)
	} else {
		c.observer.Store(&o)
	}
	c.watched.Store(o != nil)
	for _, id := range c.Nodes() {
		c.Do(id, func(p *engine.Process) { p.SetTracing(o != nil) })
	}
}

func (c *Cluster) observe(ev *engine.Event) {
	if o := c.observer.Load(); o != nil {
		(*o).Observe(c.now(), engine.WallTime(time.Now().UnixMilli()), ev)
	}
}

func (c *Cluster) onViolation(id engine.NodeID, v engine.Violation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.processes[id].why = "broken invariant: " + v.Error()
}

func (c *Cluster) noteDiskFailure(id engine.NodeID, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.processes[id].why = "log directory failed: " + err.Error()
}

// Do runs something with a live process on its own goroutine, and waits for it.
// It says false when the process is dead, or does not take it within doWithin (it
// is paused, say).
func (c *Cluster) Do(id engine.NodeID, do func(*engine.Process)) bool {
	c.mu.Lock()
	s := c.processes[id]
	var p *process
	if s != nil {
		p = s.now
	}
	paused := s != nil && s.state == Paused
	c.mu.Unlock()
	if p == nil || paused {
		return false
	}
	done := make(chan struct{})
	if !p.in.post(func() { do(p.run); close(done) }) {
		return false
	}
	select {
	case <-done:
		return true
	case <-p.ended:
		return false
	case <-time.After(doWithin):
		return false
	}
}

// doWithin bounds how long a look at a node may wait for it.
const doWithin = 2 * time.Second

// Nodes lists the servers, controllers first, and then clients.
func (c *Cluster) Nodes() []engine.NodeID {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := make([]engine.NodeID, 0, len(c.processes))
	for id := range c.processes {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Status says how a process is, and why where it is dead.
func (c *Cluster) Status(id engine.NodeID) (State, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.processes[id]
	if s == nil {
		return Dead, "no such node"
	}
	return s.state, s.why
}

// Plan is what each server was started with.
func (c *Cluster) Plan() []cluster.Planned {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.plan
}

// Brokers gives the brokers' addresses, as clients are told them.
func (c *Cluster) Brokers() []engine.Addr {
	var out []engine.Addr
	for _, p := range c.Plan() {
		if p.Config.Broker {
			out = append(out, p.Config.BrokerListeners[0].Addr)
		}
	}
	return out
}

// controllersStopWithin is what the last processes get. A controller that leads
// waits for a successor, and when all of them stop there is none: its log is
// synced, so nothing is lost by not waiting on.
const controllersStopWithin = 300 * time.Millisecond

// Close stops the cluster cleanly: brokers hand over and are fenced first, the
// controllers go last. Brokers that take longer than within are killed.
func (c *Cluster) Close(within time.Duration) {
	var clients, brokers, controllers []engine.NodeID
	for _, id := range c.Nodes() {
		if id >= clientFirst {
			clients = append(clients, id)
		}
	}
	c.stop(clients, 0)
	for _, p := range c.Plan() {
		if p.Config.Broker {
			brokers = append(brokers, p.Config.NodeID)
		} else {
			controllers = append(controllers, p.Config.NodeID)
		}
	}
	if late := c.stop(brokers, within); len(late) > 0 {
		slog.Warn("brokers did not stop in time and were killed", "brokers", late)
	}
	c.stop(controllers, controllersStopWithin)
	c.closeDisks()
	c.closeNets()
}

// stop shuts processes down, and kills those that are late. It says which were.
func (c *Cluster) stop(ids []engine.NodeID, within time.Duration) (late []engine.NodeID) {
	for _, id := range ids {
		c.unpause(id)
		// One that is dead already needs no stopping.
		_ = c.Shutdown(id)
	}
	if c.waitDead(ids, within) {
		return nil
	}
	for _, id := range ids {
		if c.Kill(id) == nil {
			late = append(late, id)
		}
	}
	return late
}

func (c *Cluster) waitDead(ids []engine.NodeID, within time.Duration) bool {
	expired := time.After(max(within, 0))
	for {
		c.mu.Lock()
		changed := c.changed
		alive := slices.ContainsFunc(ids, func(id engine.NodeID) bool { return c.processes[id].now != nil })
		c.mu.Unlock()
		if !alive {
			return true
		}
		select {
		case <-changed:
		case <-expired:
			return false
		}
	}
}

// killAll ends every process that lives, and waits for its end: nothing of it may
// touch a disk that is about to be closed.
func (c *Cluster) killAll() {
	for _, id := range c.Nodes() {
		// One that is dead already needs no killing.
		_ = c.Kill(id)
	}
}

func (c *Cluster) closeDisks() {
	for _, s := range c.processes {
		if s.disks != nil {
			if err := s.disks.close(); err != nil {
				slog.Error("closing a data directory", "node", s.id, "error", err)
			}
		}
	}
}

func (c *Cluster) closeNets() {
	for _, s := range c.processes {
		for _, nl := range s.nets {
			nl.Close()
		}
	}
}

// ErrNoNode and the others say why a fault cannot be.
var (
	ErrNoNode    = errors.New("no such node")
	ErrDead      = errors.New("the node is dead")
	ErrAlive     = errors.New("the node is alive")
	ErrNotPaused = errors.New("the node is not paused")
	ErrPaused    = errors.New("the node is paused")
)
