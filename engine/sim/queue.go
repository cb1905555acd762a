package sim

import "bitacora/engine"

type itemKind uint8

const (
	itemTimer   itemKind = iota
	itemArrival          // a transmission reaches its end
	itemCommit           // a disk has done its work
	itemInput            // an input from outside the cluster (a command, a start)
	itemAction           // a scripted action
)

// item is one thing due at an instant. Equal instants are ordered by node, then
// by the sequence in which they were scheduled.
type item struct {
	at    engine.Time
	node  engine.NodeID
	seq   uint64
	kind  itemKind
	life  int // the process's incarnation this belongs to; others are dropped
	disk  engine.DiskID
	timer engine.Timer
	sent  *transmission
	input engine.Input
	act   *Action
}

func (a *item) before(b *item) bool {
	if a.at != b.at {
		return a.at < b.at
	}
	if a.node != b.node {
		return a.node < b.node
	}
	return a.seq < b.seq
}

// queue is a binary heap, kept flat so that scheduling allocates nothing.
type queue struct{ items []item }

func (q *queue) push(it item) {
	q.items = append(q.items, item{})
	i := len(q.items) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !it.before(&q.items[parent]) {
			break
		}
		q.items[i] = q.items[parent]
		i = parent
	}
	q.items[i] = it
}

func (q *queue) pop() item {
	top := q.items[0]
	last := len(q.items) - 1
	moved := q.items[last]
	q.items[last] = item{}
	q.items = q.items[:last]
	if last == 0 {
		return top
	}
	i := 0
	for {
		least := 2*i + 1
		if least >= last {
			break
		}
		if right := least + 1; right < last && q.items[right].before(&q.items[least]) {
			least = right
		}
		if !q.items[least].before(&moved) {
			break
		}
		q.items[i] = q.items[least]
		i = least
	}
	q.items[i] = moved
	return top
}
