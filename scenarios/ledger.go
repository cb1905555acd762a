package scenarios

import (
	"cmp"
	"slices"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// ledger is what one client was told, as its application would know it.
type ledger struct {
	sent    int64
	acked   []receipt
	failed  int64
	retried int64
	read    int64
	reread  int64
	next    map[engine.TopicPartition]engine.Offset // reading: after the last record
	group   string
}

// receipt is an acknowledged record: where it lies, and a mark of its bytes.
type receipt struct {
	number int64 // in the order in which the application sent them
	place  engine.TopicPartition
	offset engine.Offset
	mark   uint64
}

// copyOf is one broker's copy of a partition.
type copyOf struct {
	partition engine.TopicPartition
	broker    engine.NodeID
}

// Observe keeps the clients' events, and what was cut off logs.
func (r *Runner) Observe(at engine.Time, ev *engine.Event) {
	if ev.Kind == engine.EventTruncated {
		r.truncated[copyOf{engine.TopicPartition{Topic: ev.Topic, Partition: ev.Partition}, ev.Node}] += int64(ev.Until - ev.Offset)
	}
	if l := r.ledgers[ev.Node]; l != nil {
		r.note(l, ev)
	}
	if r.watcher != nil {
		r.watcher.Observe(at, ev)
	}
}

func (r *Runner) note(l *ledger, ev *engine.Event) {
	tp := engine.TopicPartition{Topic: ev.Topic, Partition: ev.Partition}
	switch ev.Kind {
	case engine.EventClientSend:
		l.sent++
	case engine.EventClientAcked:
		mark, _ := r.markAt(tp, ev.Offset)
		l.acked = append(l.acked, receipt{ev.Count, tp, ev.Offset, mark})
	case engine.EventClientFailed:
		l.failed++
	case engine.EventClientRetried:
		l.retried++
	case engine.EventClientRead:
		l.read++
		if ev.Offset < l.next[tp] {
			l.reread++
		}
		l.next[tp] = max(l.next[tp], ev.Offset+1)
		r.groupRead[groupPlace{l.group, tp, ev.Offset}] = true
	}
}

type groupPlace struct {
	group  string
	place  engine.TopicPartition
	offset engine.Offset
}

// markAt marks the record that the partition's leader holds at an offset.
func (r *Runner) markAt(tp engine.TopicPartition, offset engine.Offset) (mark uint64, ok bool) {
	p := r.partition(tp)
	if p == nil {
		return 0, false
	}
	return r.markOn(p.Leader, tp, offset)
}

func (r *Runner) markOn(id engine.NodeID, tp engine.TopicPartition, offset engine.Offset) (mark uint64, ok bool) {
	s := r.server(id)
	if s == nil || s.Broker() == nil {
		return 0, false
	}
	b := s.Broker().Replicas().RecordsAt(tp, offset)
	if b == nil {
		return 0, false
	}
	it := b.Iterate(&r.codecs)
	for it.Next() {
		if rec := it.Record(); rec.Offset == offset {
			return markOf(rec), true
		}
	}
	return 0, false
}

// markOf hashes (FNV-1a) a record's key and value.
func markOf(rec *batch.Record) uint64 {
	h := uint64(14695981039346656037)
	for _, field := range [2][]byte{rec.Key, rec.Value} {
		for _, b := range field {
			h = (h ^ uint64(b)) * 1099511628211
		}
		h = (h ^ uint64(len(field))) * 1099511628211
	}
	return h
}

// lost counts acknowledged records that their partition's leader no longer holds,
// byte for byte, where it said that they were.
func (r *Runner) lost(l *ledger) int {
	n := 0
	for i := range l.acked {
		a := &l.acked[i]
		if mark, ok := r.markAt(a.place, a.offset); !ok || mark != a.mark {
			n++
		}
	}
	return n
}

// disorder counts acknowledged records that lie before one sent earlier to the same
// partition.
func (l *ledger) disorder() int {
	sorted := slices.Clone(l.acked)
	slices.SortFunc(sorted, func(a, b receipt) int { return cmp.Compare(a.number, b.number) })
	last := map[engine.TopicPartition]engine.Offset{}
	n := 0
	for _, a := range sorted {
		if before, some := last[a.place]; some && a.offset <= before {
			n++
		}
		last[a.place] = max(last[a.place], a.offset)
	}
	return n
}

// unread counts acknowledged records that nobody of a group was given.
func (r *Runner) unread(group string, l *ledger) int {
	n := 0
	for i := range l.acked {
		if !r.groupRead[groupPlace{group, l.acked[i].place, l.acked[i].offset}] {
			n++
		}
	}
	return n
}

// duplicates counts records of a partition that stand in its leader's log a second
// time.
func (r *Runner) duplicates(tp engine.TopicPartition) Value {
	p := r.partition(tp)
	s, ok := r.replica(p.Leader, tp)
	if !ok {
		return Value{}
	}
	seen := map[uint64]bool{}
	n := 0
	log := r.server(p.Leader).Broker().Replicas()
	for from := s.LogStart; from < s.LogEnd; {
		b := log.RecordsAt(tp, from)
		if b == nil {
			return Value{}
		}
		from = b.NextOffset()
		if b.IsControl() {
			continue
		}
		for it := b.Iterate(&r.codecs); it.Next(); {
			mark := markOf(it.Record())
			if seen[mark] {
				n++
			}
			seen[mark] = true
		}
	}
	return number(n)
}
