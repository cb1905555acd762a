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

// place is an item's in the order: what the heap moves about. It has no pointers,
// so that moving it costs no more than its bytes.
type place struct {
	at   engine.Time
	seq  uint64
	node engine.NodeID
	slot int32 // of the item
}

func (a *place) before(b *place) bool {
	if a.at != b.at {
		return a.at < b.at
	}
	if a.node != b.node {
		return a.node < b.node
	}
	return a.seq < b.seq
}

// queue is a binary heap of places, kept flat so that scheduling allocates
// nothing; the items lie still in their slots.
type queue struct {
	places []place
	slots  []item
	free   []int32
}

func (q *queue) empty() bool { return len(q.places) == 0 }

// first is when the first item is due.
func (q *queue) first() engine.Time { return q.places[0].at }

func (q *queue) push(it *item) {
	var slot int32
	if n := len(q.free); n > 0 {
		slot = q.free[n-1]
		q.free = q.free[:n-1]
		q.slots[slot] = *it
	} else {
		slot = int32(len(q.slots))
		q.slots = append(q.slots, *it)
	}
	p := place{at: it.at, seq: it.seq, node: it.node, slot: slot}
	q.places = append(q.places, place{})
	i := len(q.places) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !p.before(&q.places[parent]) {
			break
		}
		q.places[i] = q.places[parent]
		i = parent
	}
	q.places[i] = p
}

func (q *queue) pop() item {
	slot := q.places[0].slot
	top := q.slots[slot]
	q.slots[slot] = item{} // nothing is kept alive by it
	q.free = append(q.free, slot)
	last := len(q.places) - 1
	moved := q.places[last]
	q.places = q.places[:last]
	if last == 0 {
		return top
	}
	i := 0
	for {
		least := 2*i + 1
		if least >= last {
			break
		}
		if right := least + 1; right < last && q.places[right].before(&q.places[least]) {
			least = right
		}
		if !q.places[least].before(&moved) {
			break
		}
		q.places[i] = q.places[least]
		i = least
	}
	q.places[i] = moved
	return top
}
