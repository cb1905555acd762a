package client

import (
	"cmp"
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// record is one record that the application sends.
type record struct {
	topic     string
	partition int32 // noPartition: the partitioner's choice
	key       []byte
	value     []byte
	headers   []batch.Header
	number    int64
}

// partitionQueue is what the producer holds for one partition.
type partitionQueue struct {
	tp        engine.TopicPartition
	batches   []*producerBatch // to be sent, the oldest first
	inFlight  []*producerBatch // sent and without an answer, the oldest first
	muted     bool             // something is in flight, and order is to be kept by waiting
	sequences sequences
}

func (q *partitionQueue) last() *producerBatch {
	if len(q.batches) == 0 {
		return nil
	}
	return q.batches[len(q.batches)-1]
}

// accumulator holds the records that are on their way, by partition
// (RecordAccumulator). It is plain data.
type accumulator struct {
	queues []*partitionQueue // sorted by topic and partition
	sticky []stickyTopic     // sorted by topic
	used   int64             // bytes of buffer.memory
	serial int64             // of the last batch
	drain  []drainIndex      // where the last request to a node began
}

type stickyTopic struct {
	topic string
	stickyPartitioner
}

type drainIndex struct {
	node engine.NodeID
	at   int
}

func comparePartitions(a, b engine.TopicPartition) int {
	return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
}

func (a *accumulator) queue(tp engine.TopicPartition) *partitionQueue {
	i, ok := slices.BinarySearchFunc(a.queues, tp, func(q *partitionQueue, tp engine.TopicPartition) int {
		return comparePartitions(q.tp, tp)
	})
	if !ok {
		a.queues = slices.Insert(a.queues, i, &partitionQueue{tp: tp, sequences: newSequences()})
	}
	return a.queues[i]
}

func (a *accumulator) partitioner(topic string) *stickyPartitioner {
	i, ok := slices.BinarySearchFunc(a.sticky, topic, func(s stickyTopic, topic string) int { return cmp.Compare(s.topic, topic) })
	if !ok {
		a.sticky = slices.Insert(a.sticky, i, stickyTopic{topic, stickyPartitioner{chosen: noPartition}})
	}
	return &a.sticky[i].stickyPartitioner
}

// append adds a record to its partition's last batch, or to a new one. False means
// that buffer.memory has no room for a new batch now (RecordAccumulator.append).
func (a *accumulator) append(env *engine.Env, cfg *ProducerConfig, view *clusterView, r *record) (engine.TopicPartition, bool) {
	tp := engine.TopicPartition{Topic: r.topic, Partition: r.partition}
	var sticky *stickyPartitioner
	switch {
	case tp.Partition != noPartition:
	case r.key != nil && !cfg.IgnoreKeys:
		tp.Partition = PartitionForKey(r.key, view.partitionCount(r.topic))
	default:
		sticky = a.partitioner(r.topic)
		tp.Partition = sticky.partition(env, view, r.topic)
	}
	q := a.queue(tp)
	bytes, ok := 0, false
	if last := q.last(); last != nil {
		bytes, ok = last.tryAppend(env.Wall(), r)
	}
	if !ok {
		size := max(cfg.BatchBytes, batch.HeaderBytes+batch.RecordSizeUpperBound(r.key, r.value, r.headers...))
		if a.used+int64(size) > cfg.BufferBytes && a.used > 0 {
			return tp, false
		}
		a.used += int64(size)
		a.serial++
		b := newProducerBatch(tp, a.serial, cfg.Compression, size, env.Now())
		bytes, _ = b.tryAppend(env.Wall(), r)
		bytes += batch.HeaderBytes
		q.batches = append(q.batches, b)
	}
	if sticky != nil {
		sticky.appended(env, view, r.topic, bytes, max(cfg.BatchBytes, 1), q.last().isFull())
	}
	return tp, true
}

// free gives a batch's buffer back.
func (a *accumulator) free(b *producerBatch) {
	a.used -= int64(b.limitBytes)
	b.limitBytes = 0
}

// readiness is what the accumulator has to send (RecordAccumulator.ready).
type readiness struct {
	nodes         []engine.NodeID // leaders with something to send, sorted
	unknownLeader []string        // topics of partitions without a known leader
	next          engine.Time     // when linger or a backoff ends; never where there is none
}

// never is later than any instant of a run.
const never = engine.Time(1<<63 - 1)

// ready finds the leaders that have something to receive. hurry says that linger
// is over for all: the buffer is exhausted, a flush is going on, or the producer
// closes.
func (a *accumulator) ready(now engine.Time, view *clusterView, linger time.Duration, hurry bool) readiness {
	a.weighPartitions(view)
	r := readiness{next: never}
	for _, q := range a.queues {
		if len(q.batches) == 0 {
			continue
		}
		first := q.batches[0]
		leader, known := view.leader(q.tp)
		first.sawLeaderEpoch(leader.epoch)
		if !known {
			if !slices.Contains(r.unknownLeader, q.tp.Topic) {
				r.unknownLeader = append(r.unknownLeader, q.tp.Topic)
			}
			continue
		}
		if q.muted {
			continue
		}
		if first.backingOff(now) {
			r.next = min(r.next, first.lastAttempt.Add(first.backoff))
			continue
		}
		waited := now.Sub(first.lastAttempt)
		if full := len(q.batches) > 1 || first.isFull(); full || hurry || waited >= linger {
			if i, ok := slices.BinarySearch(r.nodes, leader.leader); !ok {
				r.nodes = slices.Insert(r.nodes, i, leader.leader)
			}
			continue
		}
		r.next = min(r.next, first.lastAttempt.Add(linger))
	}
	return r
}

// weighPartitions tells the partitioners how long the queues are, once every
// partition of a topic has one.
func (a *accumulator) weighPartitions(view *clusterView) {
	for i := range a.sticky {
		s := &a.sticky[i]
		all := 0
		ids, lengths := s.ids[:0], s.weights[:0]
		for _, q := range a.queues {
			if q.tp.Topic != s.topic {
				continue
			}
			all++
			if _, known := view.leader(q.tp); known {
				ids = append(ids, q.tp.Partition)
				lengths = append(lengths, int64(len(q.batches)))
			}
		}
		if all < int(view.partitionCount(s.topic)) {
			ids, lengths = ids[:0], lengths[:0]
		}
		s.weigh(ids, lengths, all)
	}
}

// ofNode lists the queues whose partitions a node leads.
func (a *accumulator) ofNode(view *clusterView, node engine.NodeID) []*partitionQueue {
	var out []*partitionQueue
	for _, q := range a.queues {
		if leader, known := view.leader(q.tp); known && leader.leader == node {
			out = append(out, q)
		}
	}
	return out
}

func (a *accumulator) drainIndex(node engine.NodeID) *int {
	for i := range a.drain {
		if a.drain[i].node == node {
			return &a.drain[i].at
		}
	}
	a.drain = append(a.drain, drainIndex{node: node})
	return &a.drain[len(a.drain)-1].at
}

// reenqueue puts a batch back before the others, in the order of sequences where it
// has one (RecordAccumulator.reenqueue).
func (q *partitionQueue) reenqueue(b *producerBatch) {
	i := 0
	if b.hasSequence {
		for i < len(q.batches) && q.batches[i].hasSequence && q.batches[i].baseSequence < b.baseSequence {
			i++
		}
	}
	q.batches = slices.Insert(q.batches, i, b)
}

func (q *partitionQueue) landed(b *producerBatch) {
	if i := slices.Index(q.inFlight, b); i >= 0 {
		q.inFlight = slices.Delete(q.inFlight, i, i+1)
	}
}

// expired takes out the batches whose delivery time-out is over: those waiting,
// whose buffers are free at once, and those in flight. next is when the next one's
// will be (RecordAccumulator.expiredBatches, Sender.getExpiredInflightBatches).
func (q *partitionQueue) expired(limit time.Duration, now engine.Time) (out []*producerBatch, next engine.Time) {
	next = never
	for len(q.batches) > 0 && q.batches[0].timedOut(limit, now) {
		out = append(out, q.batches[0])
		q.batches = slices.Delete(q.batches, 0, 1)
	}
	for len(q.inFlight) > 0 && q.inFlight[0].timedOut(limit, now) {
		b := q.inFlight[0]
		b.expired = true
		out = append(out, b)
		q.inFlight = slices.Delete(q.inFlight, 0, 1)
	}
	if len(q.batches) > 0 {
		next = min(next, q.batches[0].created.Add(limit))
	}
	if len(q.inFlight) > 0 {
		next = min(next, q.inFlight[0].created.Add(limit))
	}
	return out, next
}
