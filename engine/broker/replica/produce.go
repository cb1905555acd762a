package replica

import (
	"errors"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The acks that a Produce may ask for.
const (
	acksAll    int16 = -1
	acksNone   int16 = 0
	acksLeader int16 = 1
)

// adminClientID is who may write to internal topics by Produce
// (AdminUtils.ADMIN_CLIENT_ID).
const adminClientID = "__admin_client"

// Internal says whether a topic is the cluster's own (Topic.INTERNAL_TOPICS).
func Internal(topic string) bool {
	return topic == "__consumer_offsets" || topic == "__transaction_state" || topic == "__share_group_state"
}

// HandleProduce: key 0, v3-v13 (advertised from v0 for the sake of old clients
// that look for it; the dispatcher closes the connection below v3).
// KafkaApis.handleProduceRequest, ReplicaManager.appendRecords; KIP-98, KIP-467
// (record errors), KIP-516 (topic ids, v13), KIP-951 (current leader, v10).
//   - acks=1: answered when the leader's own append is committed to its disk
//   - acks=all: when the high watermark has passed the records
//   - acks=0: never; after an error the connection is closed
//   - each partition has its own answer
//   - null records: no answer at all, as Kafka 4.3.1 gives none
//
// Not modelled: quotas, transactions. Shown in:
// testdata/produce_waits.txt, TestProduce
func (m *Manager) HandleProduce(env *engine.Env, request engine.Request) {
	req := request.Body.(*kmsg.ProduceRequest)
	if hasNullRecords(req) {
		return
	}
	resp := kmsg.NewPtrProduceResponse()
	resp.Version = req.Version
	refusedAll, message := firstBatches(req)
	op := &delayedProduce{request: request, response: resp, acks: req.Acks}
	op.request.Body = nil // its records must not stay in memory for as long as it waits
	for i := range req.Topics {
		t := &req.Topics[i]
		rt := kmsg.NewProduceResponseTopic()
		rt.Topic, rt.TopicID = t.Topic, t.TopicID
		rt.Partitions = make([]kmsg.ProduceResponseTopicPartition, 0, len(t.Partitions))
		resp.Topics = append(resp.Topics, rt)
		for j := range t.Partitions {
			part := kmsg.NewProduceResponseTopicPartition()
			part.Partition = t.Partitions[j].Partition
			part.BaseOffset, part.LogAppendTime, part.LogStartOffset = -1, -1, -1
			if refusedAll != engine.ErrNone {
				part.ErrorCode, part.ErrorMessage = int16(refusedAll), message
			} else {
				m.producePartition(env, op, req, t, &t.Partitions[j], i, &part)
			}
			resp.Topics[i].Partitions = append(resp.Topics[i].Partitions, part)
		}
	}
	m.finishProduce(env, op, req)
	m.settle(env)
}

func hasNullRecords(req *kmsg.ProduceRequest) bool {
	for i := range req.Topics {
		for j := range req.Topics[i].Partitions {
			if req.Topics[i].Partitions[j].Records == nil {
				return true
			}
		}
	}
	return false
}

// firstBatches looks at the first batch of each partition, as Kafka does to find
// transactional records (RequestUtils.hasTransactionalRecords). One whose length
// or magic are those of no batch makes the whole request answer with its defect.
func firstBatches(req *kmsg.ProduceRequest) (code engine.ErrorCode, message *string) {
	for i := range req.Topics {
		for j := range req.Topics[i].Partitions {
			it := batch.Iterate(req.Topics[i].Partitions[j].Records)
			if !it.Next() {
				if batch.DefectOf(it.Err()) == batch.Corrupt {
					words := it.Err().Error()
					return engine.ErrCorruptMessage, &words
				}
				continue
			}
			if !it.Batch().IsTransactional() {
				continue
			}
			if req.TransactionID == nil {
				return engine.ErrTransactionalIDAuthorizationFailed, nil
			}
			// Nobody here gives out transactional producer ids.
			return engine.ErrInvalidProducerIDMapping, nil
		}
	}
	return engine.ErrNone, nil
}

// producePartition appends one partition's records, or says in part why not.
func (m *Manager) producePartition(env *engine.Env, op *delayedProduce, req *kmsg.ProduceRequest,
	t *kmsg.ProduceRequestTopic, asked *kmsg.ProduceRequestTopicPartition, topicAt int, part *kmsg.ProduceResponseTopicPartition) {
	tp := engine.TopicPartition{Topic: t.Topic, Partition: asked.Partition}
	if req.Version >= 13 {
		known := m.image.TopicByID(t.TopicID)
		if known == nil {
			part.ErrorCode = int16(engine.ErrUnknownTopicID)
			return
		}
		tp.Topic = known.Name
	}
	if m.image.Partition(tp) == nil {
		part.ErrorCode = int16(engine.ErrUnknownTopicOrPartition)
		return
	}
	b, err := batch.CheckProduce(asked.Records, req.Version)
	if err != nil {
		refuseProduce(part, err)
		return
	}
	if req.Acks != acksAll && req.Acks != acksNone && req.Acks != acksLeader {
		part.ErrorCode = int16(engine.ErrInvalidRequiredAcks)
		return
	}
	if Internal(tp.Topic) && op.request.ClientID != adminClientID {
		part.ErrorCode = int16(engine.ErrInvalidTopicException)
		return
	}
	p := m.partitions[tp]
	switch {
	case p == nil:
		m.refuseElsewhere(op, req.Version, part, tp, engine.ErrNotLeaderOrFollower)
		return
	case req.Version >= 13 && p.topicID != t.TopicID:
		part.ErrorCode = int16(engine.ErrUnknownTopicID)
		return
	case !p.isLeader(m.cfg.NodeID):
		m.refuseElsewhere(op, req.Version, part, tp, engine.ErrNotLeaderOrFollower)
		return
	}
	r := m.appendAsLeader(env, p, b, batch.Client, req.Acks)
	if r.err != nil {
		refuseProduce(part, r.err)
	}
	if r.Code != engine.ErrNone {
		part.ErrorCode = int16(r.Code)
	}
	part.BaseOffset, part.LogAppendTime = int64(r.BaseOffset), int64(r.LogAppendTime)
	part.LogStartOffset = int64(r.LogStartOffset)
	if r.Code == engine.ErrNone {
		op.after = r.After
		op.waits = append(op.waits, produceWait{
			partition: p, required: r.NextOffset, epoch: p.leaderEpoch, done: !m.waitsForISR(req.Acks),
			topicAt: topicAt, partAt: len(op.response.Topics[topicAt].Partitions), // where part will stand
		})
		if m.waitsForISR(req.Acks) {
			op.pending++
		}
	}
}

// waitsForISR says whether an acknowledgement waits for the ISR.
func (m *Manager) waitsForISR(acks int16) bool {
	return acks == acksAll && !m.cfg.Bugs.Has(engine.BugAckBeforeISR)
}

// refuseElsewhere answers NOT_LEADER_OR_FOLLOWER, from v10 on with who leads.
func (m *Manager) refuseElsewhere(op *delayedProduce, version int16, part *kmsg.ProduceResponseTopicPartition,
	tp engine.TopicPartition, code engine.ErrorCode) {
	part.ErrorCode = int16(code)
	m.nameLeader(op.request, op.response, version, part, tp)
}

func (m *Manager) nameLeader(request engine.Request, resp *kmsg.ProduceResponse, version int16,
	part *kmsg.ProduceResponseTopicPartition, tp engine.TopicPartition) {
	if version < 10 {
		return
	}
	leader, epoch := m.currentLeader(tp)
	part.CurrentLeader.LeaderID, part.CurrentLeader.LeaderEpoch = int32(leader), int32(epoch)
	node, ok := m.endpoint(leader, request.Listener)
	if !ok {
		return
	}
	for i := range resp.Brokers {
		if resp.Brokers[i].NodeID == int32(node.id) {
			return
		}
	}
	b := kmsg.NewProduceResponseBroker()
	b.NodeID, b.Host, b.Port, b.Rack = int32(node.id), node.host, node.port, node.rack
	resp.Brokers = append(resp.Brokers, b)
}

// refuseProduce gives the code of records that are not acceptable, and Kafka's
// words where Kafka sends them.
func refuseProduce(part *kmsg.ProduceResponseTopicPartition, err error) {
	code := codeOf(err)
	part.ErrorCode = int16(code)
	var bad *batch.Error
	if !errors.As(err, &bad) {
		return
	}
	for _, r := range bad.Records {
		e := kmsg.NewProduceResponseTopicPartitionErrorRecord()
		e.RelativeOffset = r.BatchIndex
		message := r.Message
		e.ErrorMessage = &message
		part.ErrorRecords = append(part.ErrorRecords, e)
	}
	if len(bad.Records) > 0 {
		message := bad.Message
		part.ErrorMessage = &message
	}
}

// finishProduce answers at once or waits for the followers.
func (m *Manager) finishProduce(env *engine.Env, op *delayedProduce, req *kmsg.ProduceRequest) {
	if op.pending == 0 {
		m.sendProduceResponse(env, op)
		return
	}
	for i := range op.waits {
		w := &op.waits[i]
		// What an expired wait answers.
		op.response.Topics[w.topicAt].Partitions[w.partAt].ErrorCode = int16(engine.ErrRequestTimedOut)
		w.partition.addProduceWaiter(produceWaiter{op, i})
		// A copy without followers has it committed already.
		m.touch(w.partition, movedHighWatermark)
	}
	timeout := time.Duration(max(req.TimeoutMillis, 0)) * time.Millisecond
	op.expiry = expiry{at: env.Now().Add(timeout), produce: op, index: -1}
	m.watch(env, &op.expiry)
}

// sendProduceResponse answers, or with acks=0 does not: then an error closes the
// connection, the only way to tell.
func (m *Manager) sendProduceResponse(env *engine.Env, op *delayedProduce) {
	resp := op.response
	failed := false
	for i := range resp.Topics {
		for j := range resp.Topics[i].Partitions {
			part := &resp.Topics[i].Partitions[j]
			failed = failed || part.ErrorCode != 0
			tp := engine.TopicPartition{Topic: m.topicName(sessionKey{id: resp.Topics[i].TopicID, topic: resp.Topics[i].Topic}), Partition: part.Partition}
			if engine.ErrorCode(part.ErrorCode) == engine.ErrNotLeaderOrFollower && part.CurrentLeader.LeaderID < 0 {
				m.nameLeader(op.request, resp, resp.Version, part, tp)
			}
			m.traceProduced(env, op, tp, part, i, j)
		}
	}
	switch {
	case op.acks != acksNone:
		env.Reply(op.request, resp, op.after)
	case failed:
		env.Close(op.request.Conn)
	default:
		env.NoReply(op.request)
	}
}

func (m *Manager) traceProduced(env *engine.Env, op *delayedProduce, tp engine.TopicPartition,
	part *kmsg.ProduceResponseTopicPartition, topicAt, partAt int) {
	if !env.Tracing() {
		return
	}
	ev := engine.Event{Kind: engine.EventProduced, Topic: tp.Topic, Partition: tp.Partition,
		Offset: engine.Offset(part.BaseOffset), Code: part.ErrorCode, Count: int64(op.acks)}
	if part.ErrorCode != 0 {
		ev.Kind, ev.Name = engine.EventRefused, "Produce"
	}
	for i := range op.waits {
		if w := &op.waits[i]; w.topicAt == topicAt && w.partAt == partAt {
			ev.Until, ev.Epoch = w.required, w.epoch
		}
	}
	env.Trace(ev)
}
