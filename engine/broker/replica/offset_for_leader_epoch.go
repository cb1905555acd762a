package replica

import (
	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// HandleOffsetForLeaderEpoch: key 23, v2-v4. ReplicaManager
// .lastOffsetForLeaderEpoch, LeaderEpochFileCache.endOffsetFor; KIP-101, KIP-279,
// KIP-320. Only the leader answers.
//   - the current epoch: the log end offset
//   - an epoch that this log skipped: the one before it, with its end
//   - one above the newest: -1, -1, and no error
//   - one below the oldest kept: itself, with the start of the oldest kept
//
// Shown in: testdata/fetch_checks.txt
func (m *Manager) HandleOffsetForLeaderEpoch(env *engine.Env, request engine.Request) {
	req := request.Body.(*kmsg.OffsetForLeaderEpochRequest)
	resp := kmsg.NewPtrOffsetForLeaderEpochResponse()
	resp.Version = req.Version
	for i := range req.Topics {
		t := &req.Topics[i]
		rt := kmsg.NewOffsetForLeaderEpochResponseTopic()
		rt.Topic = t.Topic
		for j := range t.Partitions {
			asked := &t.Partitions[j]
			tp := engine.TopicPartition{Topic: t.Topic, Partition: asked.Partition}
			part := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
			part.Partition = asked.Partition
			part.LeaderEpoch, part.EndOffset = -1, -1
			code := m.checkEpochQuestion(tp, engine.LeaderEpoch(asked.CurrentLeaderEpoch))
			part.ErrorCode = int16(code)
			if code == engine.ErrNone {
				end := m.partitions[tp].log.EndOffsetForEpoch(engine.LeaderEpoch(asked.LeaderEpoch))
				part.LeaderEpoch, part.EndOffset = int32(end.Epoch), int64(end.Offset)
			}
			m.traceRefused(env, "OffsetForLeaderEpoch", tp, code)
			rt.Partitions = append(rt.Partitions, part)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	env.Reply(request, resp, engine.Durable{})
}

func (m *Manager) checkEpochQuestion(tp engine.TopicPartition, current engine.LeaderEpoch) engine.ErrorCode {
	p := m.partitions[tp]
	if p == nil {
		return m.missing(tp)
	}
	return p.checkLocal(m.cfg.NodeID, current, true)
}
