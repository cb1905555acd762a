package controller

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleAlterPartition: key 56, v2-v3. Kafka 4.3; KIP-497, KIP-704, KIP-903.
// Read: ReplicationControlManager.alterPartition, validateAlterPartitionData.
//   - an epoch newer than ours: NOT_CONTROLLER, for then we are behind
//   - an older leader epoch: FENCED_LEADER_EPOCH; not the leader: INVALID_REQUEST
//   - an older partition epoch: INVALID_UPDATE_VERSION
//   - an ISR with replicas that are fenced, shutting down or of another broker
//     epoch (v3): INELIGIBLE_REPLICA
//   - the partition as it will be is answered once that is committed
//
// Not modelled: reassignment, which an ISR change may complete. Shown in:
// testdata/alter_partition.txt
func (c *Controller) handleAlterPartition(env *engine.Env, host Host, call Call, req *kmsg.AlterPartitionRequest) {
	id := engine.NodeID(req.BrokerID)
	if len(req.Topics) > 0 {
		if err := c.checkBrokerEpoch(id, engine.BrokerEpoch(req.BrokerEpoch)); err != nil {
			c.refuse(env, host, call, *err)
			return
		}
	}
	resp := req.ResponseKind().(*kmsg.AlterPartitionResponse)
	var all []records.Versioned
	for _, topic := range req.Topics {
		answer := kmsg.NewAlterPartitionResponseTopic()
		answer.TopidID = topic.TopicID
		t := c.pending.TopicByID(topic.TopicID)
		for _, asked := range topic.Partitions {
			p := kmsg.NewAlterPartitionResponseTopicPartition()
			p.Partition = asked.Partition
			if t == nil {
				p.ErrorCode = int16(engine.ErrUnknownTopicID)
			} else if r, ok := c.alterPartition(id, t, asked, &p); ok {
				all = append(all, r)
			}
			answer.Partitions = append(answer.Partitions, p)
		}
		resp.Topics = append(resp.Topics, answer)
	}
	c.finish(env, host, call, all, resp, engine.ErrNone)
}

// alterPartition fills one partition's answer and gives the record it takes, if
// any.
func (c *Controller) alterPartition(id engine.NodeID, t *metadata.Topic, asked kmsg.AlterPartitionRequestTopicPartition,
	answer *kmsg.AlterPartitionResponseTopicPartition,
) (r records.Versioned, ok bool) {
	isr := askedISR(asked)
	p := t.Partition(asked.Partition)
	if code := c.checkAlterPartition(id, p, asked, isr); code != engine.ErrNone {
		answer.ErrorCode = int16(code)
		return r, false
	}
	ch := c.change(t, asked.Partition)
	ch.isr, ch.recovery, ch.election = nil, asked.LeaderRecoveryState, c.electionFor(t.Name)
	for _, member := range isr {
		ch.isr = append(ch.isr, engine.NodeID(member.BrokerID))
	}
	if r, ok = c.build(ch); ok {
		change := r.Record.(*records.PartitionChangeRecord)
		p = p.Merged(change)
		if change.Leader != metadata.NoLeaderChange && change.Leader != id {
			answer.ErrorCode = int16(engine.ErrNewLeaderElected)
			return r, true
		}
	}
	answer.LeaderID, answer.LeaderEpoch = int32(p.Leader), int32(p.LeaderEpoch)
	answer.LeaderRecoveryState, answer.PartitionEpoch = p.LeaderRecoveryState, int32(p.PartitionEpoch)
	for _, member := range p.ISR {
		answer.ISR = append(answer.ISR, int32(member))
	}
	return r, ok
}

// askedISR gives the proposed ISR, before v3 without broker epochs.
func askedISR(asked kmsg.AlterPartitionRequestTopicPartition) []kmsg.AlterPartitionRequestTopicPartitionNewEpochISR {
	if asked.NewEpochISR != nil || asked.NewISR == nil {
		return asked.NewEpochISR
	}
	var isr []kmsg.AlterPartitionRequestTopicPartitionNewEpochISR
	for _, member := range asked.NewISR {
		m := kmsg.NewAlterPartitionRequestTopicPartitionNewEpochISR()
		m.BrokerID, m.BrokerEpoch = member, -1
		isr = append(isr, m)
	}
	return isr
}

func (c *Controller) checkAlterPartition(id engine.NodeID, p *metadata.Partition, asked kmsg.AlterPartitionRequestTopicPartition,
	isr []kmsg.AlterPartitionRequestTopicPartitionNewEpochISR,
) engine.ErrorCode {
	leaderEpoch, partitionEpoch := engine.LeaderEpoch(asked.LeaderEpoch), engine.PartitionEpoch(asked.PartitionEpoch)
	switch {
	case p == nil:
		return engine.ErrUnknownTopicOrPartition
	case leaderEpoch > p.LeaderEpoch, partitionEpoch > p.PartitionEpoch:
		return engine.ErrNotController
	case leaderEpoch < p.LeaderEpoch:
		return engine.ErrFencedLeaderEpoch
	case id != p.Leader:
		return engine.ErrInvalidRequest
	case partitionEpoch < p.PartitionEpoch && !c.cfg.Bugs.Has(engine.BugStaleISRChange):
		return engine.ErrInvalidUpdateVersion
	}
	var members []engine.NodeID
	for _, m := range isr {
		member := engine.NodeID(m.BrokerID)
		if !p.IsReplica(member) || slices.Contains(members, member) {
			return engine.ErrInvalidRequest
		}
		members = append(members, member)
	}
	recovering := asked.LeaderRecoveryState == metadata.LeaderRecovering
	switch {
	case !slices.Contains(members, p.Leader),
		asked.LeaderRecoveryState < metadata.LeaderRecovered || asked.LeaderRecoveryState > metadata.LeaderRecovering,
		recovering && len(members) > 1,
		recovering && p.LeaderRecoveryState == metadata.LeaderRecovered:
		return engine.ErrInvalidRequest
	}
	if c.cfg.Bugs.Has(engine.BugFencedIntoISR) {
		return engine.ErrNone
	}
	for _, m := range isr {
		b := c.pending.Broker(engine.NodeID(m.BrokerID))
		if !b.Active() || m.BrokerEpoch != -1 && engine.BrokerEpoch(m.BrokerEpoch) != b.Epoch {
			return engine.ErrIneligibleReplica
		}
	}
	return engine.ErrNone
}
