// Package sim is the virtual-time driver: it runs the processes of a cluster on
// one thread, with a seeded network and seeded disks, and lets faults be
// injected. Same seed, same actions, same run, to the byte, natively and in
// js/wasm: TraceHash proves it.
//
// In go processes (nodes that engine.Process runs) and actions; out come events,
// in order, and the processes themselves to look at. Time passes only from event
// to event; the nodes' own work takes none.
//
// The network is TCP-like: ordered connections with latency and bandwidth a link
// and direction. A cut link stalls what is sent (TCP would send it again) until it
// is healed or the connection is closed. A killed process's peers see its
// connections close; a paused one accepts and is silent; one without power says
// nothing at all.
//
// Not modelled: processing time, congestion, reordering across connections of one
// link by anything but latency.
package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strconv"
	"time"

	"bitacora/engine"
	"bitacora/engine/log"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Config says what a simulation is like. The zero value of a field means its
// default.
type Config struct {
	Seed  uint64
	Epoch engine.WallTime // wall clock at time 0; default DefaultEpoch
	Link  LinkConfig      // of every link that SetLink does not name
	// CommitMin and CommitMax bound how long a disk takes to commit; one that is
	// synced takes SyncExtra more.
	CommitMin time.Duration
	CommitMax time.Duration
	SyncExtra time.Duration
	// ConnectTimeout is how long a dial over a cut link takes to fail: Kafka's
	// socket.connection.setup.timeout.ms.
	ConnectTimeout time.Duration
	// Bugs are known mistakes that the servers make: see Exhibits.
	Bugs engine.Bugs
}

// The defaults: a data centre's network, a solid-state disk, and a date for
// records to carry that is the same in every run.
const (
	DefaultEpoch          engine.WallTime = 1_767_225_600_000 // 2026-01-01T00:00:00Z
	DefaultLatencyMin                     = 200 * time.Microsecond
	DefaultLatencyMax                     = 600 * time.Microsecond
	DefaultCommitMin                      = 20 * time.Microsecond
	DefaultCommitMax                      = 80 * time.Microsecond
	DefaultSyncExtra                      = 400 * time.Microsecond
	DefaultConnectTimeout                 = 10 * time.Second
)

func (c *Config) setDefaults() {
	if c.Epoch == 0 {
		c.Epoch = DefaultEpoch
	}
	if c.Link == (LinkConfig{}) {
		c.Link = LinkConfig{LatencyMin: DefaultLatencyMin, LatencyMax: DefaultLatencyMax}
	}
	if c.CommitMax == 0 {
		c.CommitMin, c.CommitMax = DefaultCommitMin, DefaultCommitMax
	}
	if c.SyncExtra == 0 {
		c.SyncExtra = DefaultSyncExtra
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = DefaultConnectTimeout
	}
}

// Booter makes the node of a process, at its first start and at each restart.
// disks are indexed by engine.DiskID; a client has none. An error means that the
// process cannot start (a disk that cannot be read): it stays dead.
type Booter interface {
	Boot(id engine.NodeID, disks []log.Store) (engine.Node, error)
}

// Disk is a store that can be harmed. The memory store is one.
type Disk interface {
	log.Store
	// SyncedSeq is the last operation that a loss of power leaves for certain.
	SyncedSeq() log.Seq
	// CrashAt drops every operation after seq; of the first one dropped, if it is
	// an append and tornBytes is not negative, so many bytes reached the medium.
	CrashAt(seq log.Seq, tornBytes int) error
	// SetLimit says how much fits from now on.
	SetLimit(bytesMax int64)
	// FailAt makes the nth call from now on fail, and all after it; 0: none.
	FailAt(n uint64)
	// FlipBit damages the batch that holds an offset, and gives its base offset.
	FlipBit(id log.ID, offset engine.Offset, nth int) (engine.Offset, bool)
}

// ProcessConfig describes a process to add.
type ProcessConfig struct {
	ID        engine.NodeID
	Host      string // as others see its address
	Booter    Booter
	Disks     []Disk
	Listeners []engine.Addr
}

// State says how a process is.
type State uint8

// The states of a process.
const (
	Running State = iota
	Paused        // SIGSTOP: accepts connections, does nothing
	Dead          // killed, halted or never started
)

type disk struct {
	store      Disk
	rand       engine.Rand
	committing log.Commit // nil when idle
	durable    uint64
	slowBy     time.Duration
	filled     bool  // ActFillDisk
	fault      error // what kept the disk from coming back after a crash
}

type process struct {
	id        engine.NodeID
	host      string
	booter    Booter
	addrs     []engine.Addr
	run       *engine.Process
	life      int
	state     State
	halted    engine.HaltReason
	disks     []*disk
	timers    map[engine.Timer]uint64 // the sequence of the item that is valid
	conns     map[engine.ConnID]*conn
	connOrder []engine.ConnID
	held      []engine.ConnID // connections with something behind a barrier
	accepted  uint64
	backlog   []*transmission // what reached a paused process
	late      []item          // timers, commits and inputs that came due while paused
	wallSkew  engine.WallTime
}

func (p *process) met(d engine.Durable) bool {
	return d.Seq == 0 || int(d.Disk) >= len(p.disks) || d.Seq <= p.disks[d.Disk].durable
}

func (p *process) holding(id engine.ConnID) {
	if !slices.Contains(p.held, id) {
		p.held = append(p.held, id)
	}
}

type listener struct {
	node  engine.NodeID
	index uint8
}

// Sim is one simulated world.
type Sim struct {
	cfg       Config
	now       engine.Time
	queue     queue
	seq       uint64
	processes map[engine.NodeID]*process
	listeners map[engine.Addr]listener
	links     map[linkKey]*link
	messages  uint64
	handled   uint64 // inputs handled by nodes
	hash      hash.Hash
	traced    []byte       // of the trace, not yet in hash
	event     engine.Event // the latest, so that tracing it allocates nothing
	observer  Observer
	watcher   Watcher
	violation *engine.Violation
	actions   []TimedAction
}

// Observer sees every event as it happens, valid until it returns. It must not touch
// the simulation.
type Observer interface {
	Observe(at engine.Time, ev *engine.Event)
}

// New makes an empty world at time 0.
func New(cfg Config) *Sim {
	cfg.setDefaults()
	return &Sim{
		cfg:       cfg,
		processes: map[engine.NodeID]*process{},
		listeners: map[engine.Addr]listener{},
		links:     map[linkKey]*link{},
		hash:      sha256.New(),
	}
}

// SetObserver makes o see all events from now on; nil for none.
func (s *Sim) SetObserver(o Observer) { s.observer = o }

// Now is the virtual time.
func (s *Sim) Now() engine.Time { return s.now }

// Handled counts the inputs that nodes have handled.
func (s *Sim) Handled() uint64 { return s.handled }

// Violation is the broken invariant that halted a node, if there was one.
func (s *Sim) Violation() *engine.Violation { return s.violation }

// TraceHash is the SHA-256 of every event so far with its time.
func (s *Sim) TraceHash() [sha256.Size]byte {
	var out [sha256.Size]byte
	s.hashTraced()
	s.hash.Sum(out[:0])
	return out
}

func linkName(from, to engine.NodeID) string {
	return "link/" + strconv.Itoa(int(from)) + "/" + strconv.Itoa(int(to))
}

// Add adds a process and starts it.
func (s *Sim) Add(cfg ProcessConfig) error {
	if s.processes[cfg.ID] != nil {
		return fmt.Errorf("add process %d: there is one with this id", cfg.ID)
	}
	for i, a := range cfg.Listeners {
		if l, taken := s.listeners[a]; taken {
			return fmt.Errorf("add process %d: %v is node %d's listener", cfg.ID, a, l.node)
		}
		s.listeners[a] = listener{cfg.ID, uint8(i)}
	}
	p := &process{id: cfg.ID, host: cfg.Host, booter: cfg.Booter, addrs: cfg.Listeners, state: Dead, life: -1}
	for i, store := range cfg.Disks {
		name := "disk/" + strconv.Itoa(int(cfg.ID)) + "/" + strconv.Itoa(i)
		p.disks = append(p.disks, &disk{store: store, rand: engine.NewRand(s.cfg.Seed, name)})
	}
	s.processes[cfg.ID] = p
	return s.boot(p)
}

// boot starts a dead process: a new life over what its disks kept.
func (s *Sim) boot(p *process) error {
	stores := make([]log.Store, len(p.disks))
	for i, d := range p.disks {
		if d.fault != nil {
			return fmt.Errorf("start process %d: %w", p.id, d.fault)
		}
		stores[i] = d.store
		d.committing, d.durable = nil, uint64(d.store.DurableSeq())
	}
	node, err := p.booter.Boot(p.id, stores)
	if err != nil {
		return fmt.Errorf("start process %d: %w", p.id, err)
	}
	p.life++
	p.run = engine.NewProcess(p.id, node, s.cfg.Seed, p.life)
	p.state = Running
	p.timers = map[engine.Timer]uint64{}
	p.conns = map[engine.ConnID]*conn{}
	p.connOrder, p.held, p.backlog, p.late, p.accepted = nil, nil, nil, nil, 0
	s.trace(engine.Event{Kind: engine.EventProcessStarted, Node: p.id})
	s.schedule(item{at: s.now, node: p.id, kind: itemInput, life: p.life, input: engine.Started{}})
	return nil
}

func (s *Sim) schedule(it item) uint64 {
	s.seq++
	it.seq = s.seq
	s.queue.push(&it)
	return s.seq
}

// Step does the next thing that is due. It says whether there was one.
func (s *Sim) Step() bool {
	if s.queue.empty() {
		return false
	}
	it := s.queue.pop()
	if it.at < s.now {
		engine.Violated("VirtualTimeMonotonic", "%d after %d", it.at, s.now)
	}
	s.now = it.at
	if it.kind == itemAction {
		s.act(*it.act)
		return true
	}
	if it.kind == itemArrival {
		s.arrive(it.sent)
		return true
	}
	p := s.processes[it.node]
	if it.life != p.life || p.state == Dead {
		return true
	}
	if p.state == Paused {
		p.late = append(p.late, it)
		return true
	}
	s.due(p, it)
	return true
}

func (s *Sim) due(p *process, it item) {
	switch it.kind {
	case itemTimer:
		if p.timers[it.timer] != it.seq {
			return // moved or taken back
		}
		delete(p.timers, it.timer)
		s.step(p, engine.TimerFired{Timer: it.timer})
	case itemCommit:
		s.committed(p, it.disk)
	case itemInput:
		if req, ok := it.input.(engine.Request); ok {
			c := p.conns[req.Conn]
			if c == nil || !c.server.up {
				return
			}
			s.serve(p, c, req)
			return
		}
		s.step(p, it.input)
	}
}

// Next is when the next thing is due.
func (s *Sim) Next() (engine.Time, bool) {
	if s.queue.empty() {
		return 0, false
	}
	return s.queue.first(), true
}

// Run does everything that is due up to and including until, and moves the clock
// there.
func (s *Sim) Run(until engine.Time) {
	for {
		at, some := s.Next()
		if !some || at > until {
			break
		}
		s.Step()
	}
	s.now = max(s.now, until)
}

// RunFor lets d pass.
func (s *Sim) RunFor(d time.Duration) { s.Run(s.now.Add(d)) }

// RunUntil steps until cond holds, for at most limit. It says whether it held.
func (s *Sim) RunUntil(cond func() bool, limit time.Duration) bool {
	end := s.now.Add(limit)
	for !cond() {
		at, some := s.Next()
		if !some || at > end {
			s.now = max(s.now, end)
			return cond()
		}
		s.Step()
	}
	return true
}

func (s *Sim) wall(p *process) engine.WallTime {
	return s.cfg.Epoch + engine.WallTime(int64(s.now)/int64(time.Millisecond)) + p.wallSkew
}

// step hands one input to a node and carries out what it left.
func (s *Sim) step(p *process, in engine.Input) {
	s.handled++
	effects, violated := p.run.Step(s.now, s.wall(p), in)
	if violated != nil {
		s.violation = violated
		s.trace(engine.Event{Kind: engine.EventViolation, Node: p.id, Name: violated.Name, Detail: violated.Detail})
		s.kill(p, deathKilled)
		return
	}
	for i := range effects {
		if p.state == Dead {
			break
		}
		s.carryOut(p, &effects[i])
	}
	if p.state != Dead {
		s.startCommits(p)
	}
}

func (s *Sim) carryOut(p *process, ef *engine.Effect) {
	switch ef.Kind {
	case engine.EffectDial:
		s.dial(p, ef)
	case engine.EffectSend:
		if c := p.conns[ef.Conn]; c != nil {
			s.send(p, c, held{after: ef.Durable, sent: &transmission{
				kind: sentRequest, conn: c, toServer: true, correlation: ef.Correlation,
				clientID: ef.ClientID, request: ef.Request, bytes: requestSize(ef.Request),
			}})
		}
	case engine.EffectReply:
		if c := p.conns[ef.Conn]; c != nil {
			s.send(p, c, held{after: ef.Durable, sent: &transmission{
				kind: sentResponse, conn: c, correlation: ef.Correlation,
				response: ef.Response, bytes: responseSize(ef.Response),
			}})
			s.served(p, c, ef.Correlation)
		}
	case engine.EffectNoReply:
		if c := p.conns[ef.Conn]; c != nil {
			s.served(p, c, ef.Correlation)
		}
	case engine.EffectClose:
		s.closeHere(p, ef.Conn)
	case engine.EffectSetTimer:
		p.timers[ef.Timer] = s.schedule(item{at: ef.At, node: p.id, kind: itemTimer, life: p.life, timer: ef.Timer})
	case engine.EffectCancelTimer:
		delete(p.timers, ef.Timer)
	case engine.EffectTrace:
		s.record(ef.Event)
	case engine.EffectHalt:
		s.halt(p, ef.Halt)
	}
}

func (s *Sim) closeHere(p *process, id engine.ConnID) {
	c := p.conns[id]
	if c == nil {
		return
	}
	owner := engine.OwnerNode
	if c.endOf(p, id) == &c.client {
		owner = c.owner
	}
	s.schedule(item{at: s.now, node: p.id, kind: itemInput, life: p.life,
		input: engine.Disconnected{Conn: id, Owner: owner, Reason: engine.ClosedHere}})
	e := c.endOf(p, id)
	if len(e.out) > 0 {
		e.out = append(e.out, held{close: true})
		return
	}
	s.hangUp(p, c, e)
}

// startCommits lets each idle disk of p begin to write what was done to it.
func (s *Sim) startCommits(p *process) {
	for i, d := range p.disks {
		if d.committing != nil {
			continue
		}
		commit, some := d.store.Seal()
		if !some {
			continue
		}
		d.committing = commit
		took := s.cfg.CommitMin + time.Duration(d.rand.Int64N(int64(s.cfg.CommitMax-s.cfg.CommitMin)+1)) + d.slowBy
		if commit.Synced() {
			took += s.cfg.SyncExtra
		}
		s.schedule(item{at: s.now.Add(took), node: p.id, kind: itemCommit, life: p.life, disk: engine.DiskID(i)})
	}
}

func (s *Sim) committed(p *process, id engine.DiskID) {
	d := p.disks[id]
	c := d.committing
	d.committing = nil
	if err := c.Run(); err != nil {
		d.store.Fail(err)
		s.step(p, engine.DiskFailed{Disk: id, Cause: err.Error()})
		return
	}
	d.store.Committed(c.Seq())
	d.durable = uint64(c.Seq())
	s.flush(p)
	s.step(p, engine.Committed{Disk: id, Seq: uint64(c.Seq())})
}

func (s *Sim) trace(ev engine.Event) {
	s.event = ev
	s.record(&s.event)
}

// record adds an event to the trace.
func (s *Sim) record(ev *engine.Event) {
	if len(s.traced) >= tracedBytesMax {
		s.hashTraced()
	}
	s.traced = ev.AppendTo(binary.AppendVarint(s.traced, int64(s.now)))
	if s.observer != nil {
		s.observer.Observe(s.now, ev)
	}
}

// tracedBytesMax is how much of the trace is gathered before it is hashed: a hash
// takes whole blocks at once for less than it takes small pieces.
const tracedBytesMax = 4 << 10

func (s *Sim) hashTraced() {
	s.hash.Write(s.traced)
	s.traced = s.traced[:0]
}

func (s *Sim) traceMessage(kind engine.EventKind, t *transmission) {
	from, to := t.conn.ends(t.toServer)
	ev := engine.Event{Kind: kind, Node: from.node, Peer: to.node, Count: int64(t.number), Offset: engine.Offset(t.bytes)}
	if t.request != nil {
		ev.Name, ev.Code = kmsg.NameForKey(t.request.Key()), t.request.GetVersion()
	} else {
		ev.Name, ev.Code = kmsg.NameForKey(t.response.Key()), t.response.GetVersion()
		ev.Detail = "response"
	}
	s.trace(ev)
}

// Nodes lists the processes' ids, sorted.
func (s *Sim) Nodes() []engine.NodeID { return slices.Sorted(maps.Keys(s.processes)) }

// Node gives a process's node and how the process is, to look at; nil where there
// is none, or none was ever started.
func (s *Sim) Node(id engine.NodeID) (engine.Node, State) {
	p := s.processes[id]
	if p == nil || p.run == nil {
		return nil, Dead
	}
	return p.run.Node, p.state
}

// Requests counts what a process has answered in this life.
func (s *Sim) Requests(id engine.NodeID) []engine.RequestStat {
	if p := s.processes[id]; p != nil && p.run != nil {
		return p.run.Requests()
	}
	return nil
}

// Seed is what all randomness of this world derives from.
func (s *Sim) Seed() uint64 { return s.cfg.Seed }
