package replica

import (
	"container/heap"
	"slices"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// delayedProduce is a Produce with acks=all whose records are appended and not
// yet committed everywhere (DelayedProduce).
type delayedProduce struct {
	expiry  expiry
	request engine.Request
	// response is as it will be sent, but for the codes of what is pending.
	response *kmsg.ProduceResponse
	acks     int16
	after    engine.Durable // the commit of what was appended here
	waits    []produceWait
	pending  int
	done     bool
}

// produceWait is one partition that a Produce appended to. Without acks=all it is
// done at once.
type produceWait struct {
	partition *Partition
	required  engine.Offset // the high watermark must reach it
	epoch     engine.LeaderEpoch
	topicAt   int // in the response
	partAt    int
	done      bool
}

// produceWaiter is a partition's way to a produceWait. Those of one partition
// stand in the order of their required offsets, as they were appended.
type produceWaiter struct {
	op   *delayedProduce
	wait int
}

func (w *produceWaiter) get() *produceWait { return &w.op.waits[w.wait] }

// delayedFetch is a Fetch that waits for more to read (DelayedFetch).
type delayedFetch struct {
	expiry  expiry
	request engine.Request
	fetch   fetchOp
}

// expiry is a delayed operation's place in the order of deadlines.
type expiry struct {
	at      engine.Time
	order   uint64
	index   int // in the heap; -1 outside
	produce *delayedProduce
	fetch   *delayedFetch
	remove  *delayedDelete
}

// expiryHeap orders delayed operations by deadline, then age. One engine timer
// serves them all, so that an operation that ends in time, as nearly all do,
// costs no timer.
type expiryHeap []*expiry

func (h expiryHeap) Len() int { return len(h) }
func (h expiryHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].order < h[j].order
}
func (h expiryHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is heap.Interface's.
func (h *expiryHeap) Push(x any) {
	e := x.(*expiry)
	e.index = len(*h)
	*h = append(*h, e)
}

// Pop is heap.Interface's.
func (h *expiryHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.index = -1
	return e
}

// purgatory holds the delayed operations (DelayedOperationPurgatory).
type purgatory struct {
	deadlines expiryHeap
	order     uint64
	armedAt   engine.Time // when the timer fires; 0: not set
}

func (m *Manager) watch(env *engine.Env, e *expiry) {
	q := &m.purgatory
	q.order++
	e.order = q.order
	heap.Push(&q.deadlines, e)
	m.armPurgatory(env)
}

func (m *Manager) unwatch(e *expiry) {
	if e.index >= 0 {
		heap.Remove(&m.purgatory.deadlines, e.index)
	}
}

// armPurgatory sets the timer where the first deadline comes before it. A timer
// that comes too early, its operation being done, is set anew when it fires.
func (m *Manager) armPurgatory(env *engine.Env) {
	q := &m.purgatory
	if len(q.deadlines) == 0 {
		return
	}
	first := q.deadlines[0].at
	if q.armedAt != 0 && q.armedAt <= first {
		return
	}
	q.armedAt = max(first, 1) // 0 means not set
	env.SetTimer(m.timer(timerPurgatory), first.Sub(env.Now()))
}

func (m *Manager) onPurgatoryTimer(env *engine.Env) {
	q := &m.purgatory
	q.armedAt = 0
	for len(q.deadlines) > 0 && q.deadlines[0].at <= env.Now() {
		e := q.deadlines[0]
		switch {
		case e.produce != nil:
			m.expireProduce(env, e.produce)
		case e.remove != nil:
			m.completeDelete(env, e.remove)
		default:
			m.completeFetch(env, e.fetch)
		}
	}
	m.armPurgatory(env)
}

// touch notes that a partition moved; settle looks at those who wait for that.
func (m *Manager) touch(p *Partition, what moves) {
	if p.moved == 0 {
		m.touched = append(m.touched, p)
	}
	p.moved |= what
}

// settle completes the delayed operations of everything that moved in this step.
// It comes after all partitions of a request were appended to, so that one
// answer brings a follower all of them (ReplicaManager's action queue).
func (m *Manager) settle(env *engine.Env) {
	for i := 0; i < len(m.touched); i++ {
		p := m.touched[i]
		what := p.moved
		p.moved = 0
		if what&(movedHighWatermark|movedLeadership) != 0 {
			m.checkProduces(env, p)
		}
		m.checkFetches(env, p)
	}
	clear(m.touched)
	m.touched = m.touched[:0]
	if len(m.deletes) > 0 {
		m.checkDeletes(env)
	}
}

// checkProduces ends the waits that the partition's high watermark has reached,
// or all of them where this broker does not lead any more.
func (m *Manager) checkProduces(env *engine.Env, p *Partition) {
	n := 0
	for ; n < len(p.produceWaiters); n++ {
		w := &p.produceWaiters[n]
		if w.op.done {
			continue
		}
		code, enough := m.checkEnoughReplicas(p, w.get().required)
		if code == engine.ErrNone && !enough {
			break // the ones behind it want more
		}
		m.endWait(env, w, code)
	}
	if n > 0 {
		rest := copy(p.produceWaiters, p.produceWaiters[n:])
		clear(p.produceWaiters[rest:])
		p.produceWaiters = p.produceWaiters[:rest]
	}
}

// checkEnoughReplicas is Partition.checkEnoughReplicasReachOffset: committed, and
// by enough replicas.
func (m *Manager) checkEnoughReplicas(p *Partition, required engine.Offset) (code engine.ErrorCode, enough bool) {
	if p.gone {
		return m.missing(p.tp), false
	}
	if !p.isLeader(m.cfg.NodeID) {
		if m.cfg.Bugs.Has(engine.BugZombieAck) {
			return engine.ErrNone, true
		}
		return engine.ErrNotLeaderOrFollower, false
	}
	if p.log.HighWatermark() < required {
		return engine.ErrNone, false
	}
	if p.maximalISRSize() < p.minISRNow() {
		return engine.ErrNotEnoughReplicasAfterAppend, true
	}
	return engine.ErrNone, true
}

// addProduceWaiter keeps the order of required offsets. Only a duplicate's lies
// below the last one's.
func (p *Partition) addProduceWaiter(w produceWaiter) {
	at := len(p.produceWaiters)
	for at > 0 && !p.produceWaiters[at-1].op.done && p.produceWaiters[at-1].get().required > w.get().required {
		at--
	}
	p.produceWaiters = slices.Insert(p.produceWaiters, at, w)
}

func (m *Manager) endWait(env *engine.Env, w *produceWaiter, code engine.ErrorCode) {
	wait := w.get()
	if wait.done {
		return
	}
	wait.done = true
	part := &w.op.response.Topics[wait.topicAt].Partitions[wait.partAt]
	part.ErrorCode = int16(code)
	w.op.pending--
	if w.op.pending == 0 {
		m.completeProduce(env, w.op)
	}
}

func (m *Manager) completeProduce(env *engine.Env, op *delayedProduce) {
	op.done = true
	m.unwatch(&op.expiry)
	m.sendProduceResponse(env, op)
	op.response = nil // waiters may keep op for a while
}

// expireProduce answers with REQUEST_TIMED_OUT for what is pending, which every
// part was given beforehand.
func (m *Manager) expireProduce(env *engine.Env, op *delayedProduce) {
	for i := range op.waits {
		w := &op.waits[i]
		if w.done {
			continue
		}
		w.done = true
		p := w.partition
		kept := p.produceWaiters[:0]
		for _, other := range p.produceWaiters {
			if other.op != op {
				kept = append(kept, other)
			}
		}
		clear(p.produceWaiters[len(kept):])
		p.produceWaiters = kept
	}
	m.completeProduce(env, op)
}
