package live

import (
	"container/heap"

	"bitacora/engine"
)

// due is one timer that is set. A timer that was moved or taken back leaves its
// old entry in the heap, where its number tells that it counts no more.
type due struct {
	at     engine.Time
	number uint64
	timer  engine.Timer
}

// timers holds a process's timers, the next one first.
type timers struct {
	heap   dueHeap
	valid  map[engine.Timer]uint64
	number uint64
}

func (t *timers) set(timer engine.Timer, at engine.Time) {
	t.number++
	t.valid[timer] = t.number
	heap.Push(&t.heap, due{at, t.number, timer})
}

func (t *timers) cancel(timer engine.Timer) { delete(t.valid, timer) }

// next is the next instant at which something is due; false when nothing is set.
func (t *timers) next() (engine.Time, bool) {
	for len(t.heap) > 0 && t.valid[t.heap[0].timer] != t.heap[0].number {
		heap.Pop(&t.heap)
	}
	if len(t.heap) == 0 {
		return 0, false
	}
	return t.heap[0].at, true
}

// fire gives a timer that is due by now.
func (t *timers) fire(now engine.Time) (engine.Timer, bool) {
	at, some := t.next()
	if !some || at > now {
		return engine.Timer{}, false
	}
	d := heap.Pop(&t.heap).(due)
	delete(t.valid, d.timer)
	return d.timer, true
}

type dueHeap []due

func (h dueHeap) Len() int { return len(h) }
func (h dueHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].number < h[j].number
}
func (h dueHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any)   { *h = append(*h, x.(due)) }
func (h *dueHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
