package group

import (
	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleOffsetCommit: key 8, v2-v10. Kafka 4.3; KIP-211, KIP-848 (topic ids).
// Read: KafkaApis.handleOffsetCommitRequest, OffsetMetadataManager.commitOffset.
// Shown in: testdata/offset_commit.txt
//   - the offset is that of the next record to read
//   - without a generation a group that has no members may be committed for
//   - while the group prepares a rebalance a commit is accepted, while the
//     assignment is awaited it is not: REBALANCE_IN_PROGRESS
//   - the empty group id is allowed, for the sake of old clients
//   - partitions that are not there are refused one by one
//
// Not modelled: retention_time_ms of v2 to v4 beyond accepting it.
func (c *Coordinator) handleOffsetCommit(env *engine.Env, req engine.Request, m *kmsg.OffsetCommitRequest) {
	s, code := c.shardOf(m.Group)
	if code == engine.ErrNone {
		code = c.checkCommit(env, s, m)
	}
	if code != engine.ErrNone {
		env.Reply(req, refuse(m, code), engine.Durable{})
		return
	}
	resp := m.ResponseKind().(*kmsg.OffsetCommitResponse)
	resp.Version = m.Version
	var rs []record
	var written []engine.Event
	for _, t := range m.Topics {
		out := kmsg.NewOffsetCommitResponseTopic()
		out.Topic, out.TopicID = t.Topic, t.TopicID
		name, id, missing := c.resolve(m.Version >= 10, t.Topic, t.TopicID)
		for _, p := range t.Partitions {
			kp := kmsg.NewOffsetCommitResponseTopicPartition()
			kp.Partition = p.Partition
			tp := engine.TopicPartition{Topic: name, Partition: p.Partition}
			switch {
			case missing != engine.ErrNone:
				kp.ErrorCode = int16(missing)
			case c.image.Partition(tp) == nil:
				kp.ErrorCode = int16(engine.ErrUnknownTopicOrPartition)
			case p.Metadata != nil && len(*p.Metadata) > c.cfg.OffsetMetadataMax:
				kp.ErrorCode = int16(engine.ErrOffsetMetadataTooLarge)
			default:
				rs = append(rs, commitRecord(env, m.Group, tp, id, p))
				written = append(written, engine.Event{
					Kind: engine.EventOffsetCommitted, Name: m.Group, Topic: name, Partition: p.Partition,
					Offset: engine.Offset(p.Offset),
				})
			}
			out.Partitions = append(out.Partitions, kp)
		}
		resp.Topics = append(resp.Topics, out)
	}
	if len(rs) == 0 {
		env.Reply(req, resp, engine.Durable{})
		return
	}
	if c.append(env, s, rs, write{kind: writeAnswer, req: req, resp: resp}) != engine.ErrNone {
		return
	}
	for _, e := range written {
		env.Trace(e)
	}
}

// resolve gives a topic's name and id from whichever of them the version carries.
func (c *Coordinator) resolve(byID bool, name string, id [16]byte) (string, [16]byte, engine.ErrorCode) {
	if byID {
		t := c.image.TopicByID(id)
		if t == nil {
			return "", id, engine.ErrUnknownTopicID
		}
		return t.Name, id, engine.ErrNone
	}
	t := c.image.Topic(name)
	if t == nil {
		return name, id, engine.ErrUnknownTopicOrPartition
	}
	return name, t.ID, engine.ErrNone
}

func commitRecord(env *engine.Env, group string, tp engine.TopicPartition, id [16]byte, p kmsg.OffsetCommitRequestTopicPartition) record {
	v := kmsg.OffsetCommitValue{
		Version: offsetValueVersion, Offset: p.Offset, LeaderEpoch: p.LeaderEpoch,
		Metadata: deref(p.Metadata), CommitTimestamp: int64(env.Wall()), TopicID: id,
	}
	return offsetRecord(group, tp, &v)
}

// checkCommit follows ClassicGroup.validateOffsetCommit.
func (c *Coordinator) checkCommit(env *engine.Env, s *shard, m *kmsg.OffsetCommitRequest) engine.ErrorCode {
	g := s.groups[m.Group]
	if g == nil {
		if m.Generation < 0 {
			return engine.ErrNone // a holder of offsets is made by the records
		}
		if m.Version >= 9 {
			return engine.ErrGroupIDNotFound
		}
		return engine.ErrIllegalGeneration
	}
	if m.Generation < 0 && g.State == Empty {
		return engine.ErrNone
	}
	if m.Generation < 0 && m.MemberID == "" && m.InstanceID == nil {
		return engine.ErrUnknownMemberID
	}
	if code := g.check(m.MemberID, m.InstanceID); code != engine.ErrNone {
		return code
	}
	if m.Generation != g.Generation {
		return engine.ErrIllegalGeneration
	}
	if g.State == CompletingRebalance {
		return engine.ErrRebalanceInProgress
	}
	c.restartSession(env, g, g.member(m.MemberID))
	return engine.ErrNone
}
