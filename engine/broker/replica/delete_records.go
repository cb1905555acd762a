package replica

import (
	"slices"
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// toHighWatermark asks for everything that is committed to be deleted
// (DeleteRecordsRequest.HIGH_WATERMARK).
const toHighWatermark engine.Offset = -1

// delayedDelete is a DeleteRecords whose followers have not all followed yet
// (DelayedDeleteRecords).
type delayedDelete struct {
	expiry   expiry
	request  engine.Request
	response *kmsg.DeleteRecordsResponse
	after    engine.Durable
	waits    []deleteWait
}

// deleteWait is one partition whose low watermark has to rise.
type deleteWait struct {
	partition *Partition
	required  engine.Offset
	topicAt   int // in the response
	partAt    int
	done      bool
}

// HandleDeleteRecords: key 21, v0-v2. Kafka 4.3; KIP-107.
// Read: ReplicaManager.deleteRecords, Partition.deleteRecordsOnLeader, DelayedDeleteRecords.
//   - the log start offset moves at once on the leader; the answer waits until it
//     has on every live replica, or REQUEST_TIMED_OUT
//   - -1 deletes all that is committed; above the high watermark: OFFSET_OUT_OF_RANGE
//   - a topic that is compacted only: POLICY_VIOLATION; an internal one:
//     INVALID_TOPIC_EXCEPTION
//
// Shown in: TestDeleteRecords, TestDeleteRecordsWaitsForFollowers
func (m *Manager) HandleDeleteRecords(env *engine.Env, request engine.Request) {
	req := request.Body.(*kmsg.DeleteRecordsRequest)
	op := &delayedDelete{request: request, response: kmsg.NewPtrDeleteRecordsResponse()}
	op.expiry = expiry{index: -1, remove: op, at: env.Now().Add(time.Duration(req.TimeoutMillis) * time.Millisecond)}
	op.response.Version = req.Version
	for i, t := range req.Topics {
		rt := kmsg.NewDeleteRecordsResponseTopic()
		rt.Topic = t.Topic
		for j, asked := range t.Partitions {
			tp := engine.TopicPartition{Topic: t.Topic, Partition: asked.Partition}
			part := kmsg.NewDeleteRecordsResponseTopicPartition()
			part.Partition, part.LowWatermark = asked.Partition, -1
			p, required, code := m.deleteRecords(env, tp, engine.Offset(asked.Offset))
			part.ErrorCode = int16(code)
			if code == engine.ErrNone {
				part.ErrorCode = int16(engine.ErrRequestTimedOut) // until it is done
				op.waits = append(op.waits, deleteWait{partition: p, required: required, topicAt: i, partAt: j})
			}
			rt.Partitions = append(rt.Partitions, part)
		}
		op.response.Topics = append(op.response.Topics, rt)
	}
	op.after = m.barrier()
	m.deletes = append(m.deletes, op)
	m.watch(env, &op.expiry)
	m.settle(env)
}

func (m *Manager) deleteRecords(env *engine.Env, tp engine.TopicPartition, to engine.Offset) (*Partition, engine.Offset, engine.ErrorCode) {
	p := m.partitions[tp]
	switch {
	case Internal(tp.Topic):
		return nil, 0, engine.ErrInvalidTopicException
	case p == nil:
		return nil, 0, m.missing(tp)
	case !p.isLeader(m.cfg.NodeID):
		return nil, 0, engine.ErrNotLeaderOrFollower
	case !p.log.Config().Delete:
		return nil, 0, engine.ErrPolicyViolation
	}
	if to == toHighWatermark {
		to = p.log.HighWatermark()
	}
	if to < 0 || to > p.log.HighWatermark() {
		return nil, 0, engine.ErrOffsetOutOfRange
	}
	before := p.log.LogStartOffset()
	moved, err := p.log.MaybeIncrementLogStartOffset(to)
	if err != nil {
		m.onStorageError(env, p, err)
		return nil, 0, engine.ErrKafkaStorageError
	}
	if moved {
		m.trace(env, p, engine.Event{Kind: engine.EventLogStartMoved, Offset: p.log.LogStartOffset(), Until: before})
	}
	return p, to, engine.ErrNone
}

// lowWatermark is the smallest log start offset of the replicas on live brokers
// (Partition.lowWatermarkIfLeader).
func (m *Manager) lowWatermark(p *Partition) engine.Offset {
	low := p.log.LogStartOffset()
	for i := range p.followers {
		f := &p.followers[i]
		if b := m.image.Broker(f.id); b != nil && !b.Fenced {
			low = min(low, f.logStart)
		}
	}
	return low
}

// checkDeletes ends the deletions that every live replica has followed.
func (m *Manager) checkDeletes(env *engine.Env) {
	for _, op := range slices.Clone(m.deletes) {
		waiting := false
		for i := range op.waits {
			w := &op.waits[i]
			if !w.done {
				m.checkDelete(op, w)
			}
			waiting = waiting || !w.done
		}
		if !waiting {
			m.completeDelete(env, op)
		}
	}
}

func (m *Manager) checkDelete(op *delayedDelete, w *deleteWait) {
	part := &op.response.Topics[w.topicAt].Partitions[w.partAt]
	switch {
	case w.partition.gone || !w.partition.isLeader(m.cfg.NodeID):
		part.ErrorCode = int16(engine.ErrNotLeaderOrFollower)
		w.done = true
	case m.lowWatermark(w.partition) >= w.required:
		part.ErrorCode, part.LowWatermark = 0, int64(m.lowWatermark(w.partition))
		w.done = true
	}
}

// completeDelete answers; what is pending is REQUEST_TIMED_OUT.
func (m *Manager) completeDelete(env *engine.Env, op *delayedDelete) {
	m.unwatch(&op.expiry)
	m.deletes = slices.DeleteFunc(m.deletes, func(o *delayedDelete) bool { return o == op })
	env.Reply(op.request, op.response, op.after)
}
