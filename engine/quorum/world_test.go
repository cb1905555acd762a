package quorum

import (
	"container/heap"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// world is a small network of replicas in virtual time: ordered connections, disks
// that commit later, crashes that lose what was not committed. Every message
// crosses it as bytes. It checks the properties of Raft as it goes.
type world struct {
	t         testing.TB
	rand      engine.Rand
	now       engine.Time
	wall      engine.WallTime
	seq       int
	queue     dues
	procs     map[engine.NodeID]*proc
	conns     []*wire
	cut       map[[2]engine.NodeID]bool
	nextEven  engine.ConnID
	trace     []string
	quiet     bool
	tracing   bool
	checker   checker
	violation *engine.Violation
	lastWords []string // the last events, for failures
	seen      map[engine.EventKind]int
	stepped   func(p *proc) // before what the step wrote is on its way to the disk
	digest    hash.Hash     // of every event, where one is wanted
}

// proc is one process: its disk survives its lives.
type proc struct {
	id        engine.NodeID
	cfg       Config
	store     *log.Memory
	life      int
	node      *testNode
	process   *engine.Process
	up        bool
	paused    bool
	kept      []func()
	timers    map[engine.Timer]int
	disk      time.Duration // how long a commit takes at most
	delivered engine.Offset
}

// testNode is a replica and what the composition around it would do.
type testNode struct {
	w       *world
	p       *proc
	replica *Replica
	leading engine.LeaderEpoch // as BecameLeader said; -1 if not
	words   []string           // what the events of this step said
	values  []string           // what was committed: the state of this state machine
	seenAt  engine.LeaderEpoch // epoch of the last batch in values
	command func(env *engine.Env, r *Replica)
}

func (n *testNode) Handle(env *engine.Env, in engine.Input) {
	switch in := in.(type) {
	case engine.Request:
		if v, ok := in.Body.(*kmsg.ApiVersionsRequest); ok {
			env.Reply(in, apiVersions(v), engine.Durable{})
			return
		}
		n.replica.Handle(env, in)
	case engine.Command:
		n.command(env, n.replica)
	case engine.Shutdown:
		n.replica.Shutdown(env)
	default:
		n.replica.Handle(env, in)
	}
	for _, e := range n.replica.Drain() {
		n.w.onEvent(env, n, e)
	}
}

func apiVersions(req *kmsg.ApiVersionsRequest) kmsg.Response {
	resp := kmsg.NewPtrApiVersionsResponse()
	resp.Version = req.Version
	for key, most := range map[int16]int16{1: 18, 18: 4, 52: 2, 53: 1, 54: 1, 55: 2, 59: 1, 80: 1, 81: 0, 82: 0} {
		resp.ApiKeys = append(resp.ApiKeys, kmsg.ApiVersionsResponseApiKey{ApiKey: key, MaxVersion: most})
	}
	slices.SortFunc(resp.ApiKeys, func(a, b kmsg.ApiVersionsResponseApiKey) int { return int(a.ApiKey - b.ApiKey) })
	resp.SupportedFeatures = []kmsg.ApiVersionsResponseSupportedFeature{
		{Name: "kraft.version", MinVersion: KRaftVersionMin, MaxVersion: KRaftVersionMax},
	}
	return resp
}

type due struct {
	at  engine.Time
	seq int
	run func()
}

type dues []due

func (d dues) Len() int { return len(d) }
func (d dues) Less(i, j int) bool {
	return d[i].at < d[j].at || d[i].at == d[j].at && d[i].seq < d[j].seq
}
func (d dues) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *dues) Push(x any)   { *d = append(*d, x.(due)) }
func (d *dues) Pop() any {
	old := *d
	x := old[len(old)-1]
	*d = old[:len(old)-1]
	return x
}

func newWorld(t testing.TB, seed uint64) *world {
	return &world{
		t: t, rand: engine.NewRand(seed, "world"), procs: map[engine.NodeID]*proc{},
		cut: map[[2]engine.NodeID]bool{}, wall: 1_767_225_600_000, tracing: true,
		seen:    map[engine.EventKind]int{},
		checker: newChecker(t),
	}
}

func newStore() *log.Memory { return log.NewMemory(0) }

func directory(id engine.NodeID, disk byte) [16]byte {
	return [16]byte{byte(id >> 8), byte(id), disk, 15: 1}
}

func address(id engine.NodeID) engine.Addr { return engine.Addr{Host: "host", Port: int32(id)} }

// add makes a process. Controllers are 3000 and up; the others are brokers.
func (w *world) add(id engine.NodeID, standalone bool, bugs Bug, servers ...engine.NodeID) *proc {
	cfg := DefaultConfig()
	cfg.NodeID, cfg.DirectoryID, cfg.ClusterID, cfg.Bugs = id, directory(id, 1), "cluster", bugs
	for _, s := range servers {
		cfg.BootstrapServers = append(cfg.BootstrapServers, address(s))
	}
	if id >= 3000 {
		cfg.CanBecomeVoter, cfg.AutoJoin = true, true
		cfg.Listeners = []Endpoint{{"CONTROLLER", "host", uint16(id)}}
	}
	p := &proc{id: id, cfg: cfg, store: newStore(), disk: 500 * time.Microsecond}
	w.procs[id] = p
	w.format(p, standalone)
	return p
}

func (w *world) format(p *proc, standalone bool) {
	if err := Format(p.store, p.cfg, standalone, w.wall, []byte("bootstrap")); err != nil {
		w.t.Fatal(err)
	}
	w.commitAll(p)
}

func (w *world) commitAll(p *proc) {
	c, ok := p.store.Seal()
	if !ok {
		return
	}
	if err := c.Run(); err != nil {
		w.t.Fatal(err)
	}
	p.store.Committed(c.Seq())
}

func (w *world) start(id engine.NodeID) {
	if w.procs[id].up {
		return
	}
	if err := w.tryStart(id); err != nil {
		w.t.Fatalf("start %d: %v", id, err)
	}
}

func (w *world) tryStart(id engine.NodeID) error {
	p := w.procs[id]
	r, err := New(p.cfg, p.store)
	if err != nil {
		return err
	}
	p.node = &testNode{w: w, p: p, replica: r, leading: -1}
	p.process = engine.NewProcess(id, p.node, 7, p.life)
	p.up, p.paused, p.kept = true, false, nil
	p.timers = map[engine.Timer]int{}
	p.delivered = 0
	w.step(p, engine.Started{})
	return nil
}

// kill ends a process as kill -9 does; with power, as a power cut: then any part of
// what was not synced is gone, and the last batch may be torn.
func (w *world) kill(id engine.NodeID, power bool) {
	p := w.procs[id]
	if !p.up {
		return
	}
	w.end(p)
	err := p.store.Crash()
	if power {
		from, to := p.store.SyncedSeq(), p.store.LastSeq()
		at := from + log.Seq(w.rand.Int64N(int64(to-from)+1))
		torn := -1
		if w.rand.IntN(2) == 0 {
			torn = w.rand.IntN(100)
		}
		err = p.store.CrashAt(at, torn)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) end(p *proc) {
	p.up = false
	p.life++
	w.checker.died(p.id)
	for _, c := range w.conns {
		if c.open && (c.a == p || c.b == p) {
			w.hangUp(c, p, engine.ClosedByPeer)
		}
	}
}

func (w *world) at(d time.Duration, run func()) {
	w.seq++
	heap.Push(&w.queue, due{w.now.Add(d), w.seq, run})
}

// run lets time pass.
func (w *world) run(d time.Duration) {
	until := w.now.Add(d)
	for len(w.queue) > 0 && w.queue[0].at <= until && w.violation == nil {
		next := heap.Pop(&w.queue).(due)
		w.now = next.at
		next.run()
	}
	w.now = max(w.now, until)
}

// runUntil lets time pass until something holds, or a limit is over.
func (w *world) runUntil(limit time.Duration, holds func() bool) bool {
	until := w.now.Add(limit)
	for !holds() {
		if w.violation != nil || len(w.queue) == 0 || w.queue[0].at > until {
			return false
		}
		next := heap.Pop(&w.queue).(due)
		w.now = next.at
		next.run()
	}
	return true
}

func (w *world) latency() time.Duration {
	return 200*time.Microsecond + time.Duration(w.rand.Int64N(400_000))
}

// step hands an input to a process, or keeps it while that is paused.
func (w *world) step(p *proc, in engine.Input) {
	if !p.up {
		return
	}
	if p.paused {
		p.kept = append(p.kept, func() { w.step(p, in) })
		return
	}
	p.process.SetTracing(w.tracing)
	effects, violated := p.process.Step(w.now, w.wall+engine.WallTime(time.Duration(w.now).Milliseconds()), in)
	if violated != nil {
		w.violation = violated
		return
	}
	halted := false
	words := p.node.words
	p.node.words = nil
	defer func() {
		for _, text := range words {
			w.say(p.id, text)
		}
	}()
	for _, e := range slices.Clone(effects) {
		w.carryOut(p, e)
		halted = halted || e.Kind == engine.EffectHalt
	}
	if halted {
		w.kill(p.id, false)
		return
	}
	if w.stepped != nil {
		w.stepped(p)
		if !p.up {
			return
		}
	}
	w.commit(p)
	w.checker.look(w, p)
}

func (w *world) commit(p *proc) {
	c, ok := p.store.Seal()
	if !ok {
		return
	}
	life := p.life
	// Commits are run in order: a later one never finishes first.
	w.at(p.disk/2+time.Duration(w.rand.Int64N(int64(p.disk))), func() { w.committed(p, life, c) })
}

func (w *world) committed(p *proc, life int, c log.Commit) {
	if !p.up || p.life != life || p.store.DurableSeq() >= c.Seq() {
		return
	}
	for _, s := range p.store.Sealed() {
		if s.Seq() <= c.Seq() {
			if err := s.Run(); err != nil {
				p.store.Fail(err)
				w.end(p) // the composition halts
				return
			}
		}
	}
	p.store.Committed(c.Seq())
	w.flush(p)
	w.step(p, engine.Committed{Disk: engine.DiskMeta, Seq: uint64(c.Seq())})
}

func (w *world) carryOut(p *proc, e engine.Effect) {
	switch e.Kind {
	case engine.EffectDial:
		w.dial(p, e)
	case engine.EffectSend:
		for _, c := range w.conns {
			if c.open && c.a == p && c.aConn == e.Conn {
				req := engine.Request{Conn: c.bConn, Correlation: e.Correlation, ClientID: e.ClientID, Body: recode(w.t, e.Request)}
				c.toB.held = append(c.toB.held, heldMessage{e.Durable, func() { w.sendRequest(c, req) }})
			}
		}
		w.flush(p)
	case engine.EffectReply:
		for _, c := range w.conns {
			if c.open && c.b == p && c.bConn == e.Conn {
				resp := engine.Response{Conn: c.aConn, Owner: c.owner, Correlation: e.Correlation, Body: recodeResponse(w.t, e.Response)}
				c.toA.held = append(c.toA.held, heldMessage{e.Durable, func() { w.sendResponse(c, resp) }})
			}
		}
		w.flush(p)
	case engine.EffectClose:
		for _, c := range w.conns {
			if c.open && (c.a == p && c.aConn == e.Conn || c.b == p && c.bConn == e.Conn) {
				w.hangUp(c, p, engine.ClosedHere)
			}
		}
	case engine.EffectSetTimer:
		w.seq++
		n := w.seq
		p.timers[e.Timer] = n
		life := p.life
		w.at(e.At.Sub(w.now), func() {
			if p.up && p.life == life && p.timers[e.Timer] == n {
				delete(p.timers, e.Timer)
				w.step(p, engine.TimerFired{Timer: e.Timer})
			}
		})
	case engine.EffectCancelTimer:
		delete(p.timers, e.Timer)
	case engine.EffectTrace:
		w.record(*e.Event)
	}
}

func (w *world) pause(id engine.NodeID) { w.procs[id].paused = true }

func (w *world) resume(id engine.NodeID) {
	p := w.procs[id]
	p.paused = false
	kept := p.kept
	p.kept = nil
	for _, run := range kept {
		run()
	}
}

func (w *world) setCut(a, b engine.NodeID, cut bool) {
	w.cut[[2]engine.NodeID{a, b}], w.cut[[2]engine.NodeID{b, a}] = cut, cut
}

// command runs something inside a step of a process.
func (w *world) command(id engine.NodeID, run func(env *engine.Env, r *Replica)) {
	p := w.procs[id]
	if !p.up || p.paused {
		return
	}
	p.node.command = run
	w.step(p, engine.Command{})
}

func (w *world) leader() *proc {
	var found *proc
	for _, id := range w.ids() {
		p := w.procs[id]
		if p.up && !p.paused && p.node.replica.state.role == Leader && p.node.leading >= 0 &&
			(found == nil || found.node.leading < p.node.leading) {
			found = p
		}
	}
	return found
}

func (w *world) ids() []engine.NodeID { return slices.Sorted(maps.Keys(w.procs)) }

// append appends a record on the leader, and says whether that took it.
func (w *world) append(value string) bool {
	p := w.leader()
	if p == nil {
		return false
	}
	taken := false
	w.command(p.id, func(env *engine.Env, r *Replica) {
		_, err := r.Append(env, p.node.leading, [][]byte{[]byte(value)})
		if err != nil && !errors.Is(err, ErrNotLeader) {
			w.t.Fatal(err)
		}
		taken = err == nil
	})
	return taken
}

func (w *world) onEvent(env *engine.Env, n *testNode, e Event) {
	switch e := e.(type) {
	case BecameLeader:
		n.leading = e.Epoch
		n.words = append(n.words, fmt.Sprintf("active in epoch %d", e.Epoch))
	case ResignedLeadership:
		n.leading = -1
		n.words = append(n.words, fmt.Sprintf("active no more in epoch %d", e.Epoch))
	case LeaderChanged:
		n.leading = -1
		n.words = append(n.words, fmt.Sprintf("told that %d leads epoch %d", e.Leader, e.Epoch))
	case Committed:
		w.checker.committed(w, n.p, e.Batch)
		n.values, n.seenAt = append(n.values, valuesOf(w.t, e.Batch)...), e.Batch.PartitionLeaderEpoch()
	case SnapshotLoaded:
		n.values, n.seenAt = nil, e.ID.Epoch()
		for _, b := range batchesOf(w.t, e.Batches) {
			n.values = append(n.values, valuesOf(w.t, b)...)
		}
		n.p.delivered = e.ID.EndOffset()
		w.checker.snapshot(n.p, e.ID, n.values)
		n.words = append(n.words, fmt.Sprintf("loaded %v", e.ID))
	case Answered:
		n.words = append(n.words, fmt.Sprintf("answer %d %s", e.Token, answerText(e.Response)))
	case Stopped:
		n.words = append(n.words, "stopped")
		env.Halt(engine.HaltCleanShutdown)
	}
}

func batchesOf(t testing.TB, run []byte) []batch.Batch {
	var all []batch.Batch
	it := batch.Iterate(run)
	for it.Next() {
		all = append(all, it.Batch())
	}
	if err := it.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// valuesOf gives the records of a batch that are not the quorum's own.
func valuesOf(t testing.TB, b batch.Batch) []string {
	if b.IsControl() {
		return nil
	}
	var values []string
	it := b.Iterate(nil)
	for it.Next() {
		values = append(values, string(it.Record().Value))
	}
	if err := it.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

// snapshot makes a process keep a snapshot of what it has seen committed, and says
// whether it did.
func (w *world) snapshot(id engine.NodeID) bool {
	p, made := w.procs[id], false
	w.command(id, func(env *engine.Env, r *Replica) {
		if p.delivered == 0 {
			return
		}
		var frames [][]byte
		for _, v := range p.node.values {
			frames = append(frames, []byte(v))
		}
		made = r.CreateSnapshot(env, NewSnapshotID(p.delivered, p.node.seenAt), w.wall, frames)
	})
	return made
}

// clean makes a process look for what snapshots have made needless, at once.
func (w *world) clean(id engine.NodeID) {
	w.command(id, func(env *engine.Env, r *Replica) {
		r.cleanAt = env.Now()
		r.maybeClean(env)
	})
}
