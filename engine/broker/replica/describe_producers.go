package replica

import (
	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// HandleDescribeProducers: key 61, v0. Kafka 4.3; KIP-664.
// Read: KafkaApis.handleDescribeProducersRequest, ReplicaManager.activeProducerState.
//   - what the leader's log remembers of idempotent producers
//   - a follower answers NOT_LEADER_OR_FOLLOWER
//
// Not modelled: transactions (no coordinator epoch, no open transaction).
// Shown in: TestDescribeProducers
func (m *Manager) HandleDescribeProducers(env *engine.Env, request engine.Request) {
	req := request.Body.(*kmsg.DescribeProducersRequest)
	resp := kmsg.NewPtrDescribeProducersResponse()
	resp.Version = req.Version
	for _, t := range req.Topics {
		rt := kmsg.NewDescribeProducersResponseTopic()
		rt.Topic = t.Topic
		for _, partition := range t.Partitions {
			rt.Partitions = append(rt.Partitions, m.describeProducers(engine.TopicPartition{Topic: t.Topic, Partition: partition}))
		}
		resp.Topics = append(resp.Topics, rt)
	}
	env.Reply(request, resp, engine.Durable{})
}

func (m *Manager) describeProducers(tp engine.TopicPartition) kmsg.DescribeProducersResponseTopicPartition {
	part := kmsg.NewDescribeProducersResponseTopicPartition()
	part.Partition = tp.Partition
	p := m.partitions[tp]
	switch {
	case p == nil:
		part.ErrorCode = int16(m.missing(tp))
		return part
	case !p.isLeader(m.cfg.NodeID):
		part.ErrorCode = int16(engine.ErrNotLeaderOrFollower)
		return part
	}
	for _, active := range p.log.ActiveProducers() {
		k := kmsg.NewDescribeProducersResponseTopicPartitionActiveProducer()
		k.ProducerID, k.ProducerEpoch = int64(active.ID), int32(active.Epoch)
		k.LastSequence, k.LastTimestamp = active.LastSequence, int64(active.LastTimestamp)
		k.CoordinatorEpoch, k.CurrentTxnStartOffset = -1, -1
		part.ActiveProducers = append(part.ActiveProducers, k)
	}
	return part
}
