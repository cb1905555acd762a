package group

import (
	"cmp"
	"slices"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleOffsetFetch: key 9, v1-v10. Kafka 4.3; KIP-447, KIP-709, KIP-848.
// Read: KafkaApis.handleOffsetFetchRequest, OffsetMetadataManager.fetchOffsets.
// Shown in: testdata/offset_fetch.txt
//   - what is given was committed: below the high watermark of __consumer_offsets
//   - a partition without an offset answers -1 and no error, as does a group
//     that does not exist
//   - null topics ask for all; from v8 on several groups may be asked for
func (c *Coordinator) handleOffsetFetch(env *engine.Env, req engine.Request, m *kmsg.OffsetFetchRequest) {
	resp := m.ResponseKind().(*kmsg.OffsetFetchResponse)
	resp.Version = m.Version
	if m.Version >= 8 {
		resp.Groups = []kmsg.OffsetFetchResponseGroup{}
		for _, g := range m.Groups {
			resp.Groups = append(resp.Groups, c.fetchGroup(m.Version, g))
		}
	} else {
		c.fetchOne(m, resp)
	}
	env.Reply(req, resp, engine.Durable{})
}

// fetchOne answers the versions that ask for one group, through the form of the
// later ones.
func (c *Coordinator) fetchOne(m *kmsg.OffsetFetchRequest, resp *kmsg.OffsetFetchResponse) {
	asked := kmsg.OffsetFetchRequestGroup{Group: m.Group}
	if m.Topics != nil || m.Version < 2 {
		asked.Topics = []kmsg.OffsetFetchRequestGroupTopic{}
	}
	for _, t := range m.Topics {
		asked.Topics = append(asked.Topics, kmsg.OffsetFetchRequestGroupTopic{Topic: t.Topic, Partitions: t.Partitions})
	}
	group := c.fetchGroup(m.Version, asked)
	resp.ErrorCode = group.ErrorCode
	resp.Topics = []kmsg.OffsetFetchResponseTopic{}
	if m.Version < 2 && group.ErrorCode != 0 {
		// Version 1 has no place for the group's error but in each partition.
		group.Topics = refusedOffsets(asked, engine.ErrorCode(group.ErrorCode))
	}
	for _, t := range group.Topics {
		out := kmsg.NewOffsetFetchResponseTopic()
		out.Topic = t.Topic
		for _, p := range t.Partitions {
			out.Partitions = append(out.Partitions, kmsg.OffsetFetchResponseTopicPartition{
				Partition: p.Partition, Offset: p.Offset, LeaderEpoch: p.LeaderEpoch,
				Metadata: p.Metadata, ErrorCode: p.ErrorCode,
			})
		}
		resp.Topics = append(resp.Topics, out)
	}
}

func refusedOffsets(asked kmsg.OffsetFetchRequestGroup, code engine.ErrorCode) []kmsg.OffsetFetchResponseGroupTopic {
	var out []kmsg.OffsetFetchResponseGroupTopic
	for _, t := range asked.Topics {
		kt := kmsg.NewOffsetFetchResponseGroupTopic()
		kt.Topic, kt.TopicID = t.Topic, t.TopicID
		for _, p := range t.Partitions {
			kt.Partitions = append(kt.Partitions, noOffset(p, code))
		}
		out = append(out, kt)
	}
	return out
}

func noOffset(partition int32, code engine.ErrorCode) kmsg.OffsetFetchResponseGroupTopicPartition {
	kp := kmsg.NewOffsetFetchResponseGroupTopicPartition()
	kp.Partition, kp.Offset, kp.LeaderEpoch = partition, -1, -1
	kp.Metadata, kp.ErrorCode = kmsg.StringPtr(""), int16(code)
	return kp
}

func (c *Coordinator) fetchGroup(version int16, asked kmsg.OffsetFetchRequestGroup) kmsg.OffsetFetchResponseGroup {
	out := kmsg.NewOffsetFetchResponseGroup()
	out.Group = asked.Group
	out.Topics = []kmsg.OffsetFetchResponseGroupTopic{}
	s, code := c.shardOf(asked.Group)
	if code != engine.ErrNone {
		out.ErrorCode = int16(code)
		return out
	}
	g := s.groups[asked.Group]
	if asked.Topics == nil {
		if g != nil {
			out.Topics = c.allOffsets(s, g)
		}
		return out
	}
	for _, t := range asked.Topics {
		kt := kmsg.NewOffsetFetchResponseGroupTopic()
		kt.Topic, kt.TopicID = t.Topic, t.TopicID
		name, missing := t.Topic, engine.ErrNone
		if version >= 10 {
			name, _, missing = c.resolve(true, "", t.TopicID)
		}
		for _, p := range t.Partitions {
			tp := engine.TopicPartition{Topic: name, Partition: p}
			kt.Partitions = append(kt.Partitions, offsetOf(s, g, tp, t.TopicID, missing))
		}
		out.Topics = append(out.Topics, kt)
	}
	return out
}

// offsetOf gives a partition's offset. One committed for an earlier topic of the
// same name is none (OffsetMetadataManager.isOffsetInvalid).
func offsetOf(s *shard, g *Group, tp engine.TopicPartition, id engine.TopicID, missing engine.ErrorCode) kmsg.OffsetFetchResponseGroupTopicPartition {
	var o *CommittedOffset
	if g != nil && missing == engine.ErrNone {
		o = g.Offsets[tp].committed(s)
	}
	var none engine.TopicID
	if o == nil || o.topicID != none && id != none && o.topicID != id {
		return noOffset(tp.Partition, missing)
	}
	kp := kmsg.NewOffsetFetchResponseGroupTopicPartition()
	kp.Partition, kp.Offset, kp.LeaderEpoch = tp.Partition, int64(o.Offset), int32(o.LeaderEpoch)
	kp.Metadata = kmsg.StringPtr(o.Metadata)
	return kp
}

// committed gives the newest offset whose record is committed, or nil.
func (o *CommittedOffset) committed(s *shard) *CommittedOffset {
	for o != nil && o.logOffset >= s.committed {
		o = o.before
	}
	return o
}

func (c *Coordinator) allOffsets(s *shard, g *Group) []kmsg.OffsetFetchResponseGroupTopic {
	out := []kmsg.OffsetFetchResponseGroupTopic{}
	for _, tp := range g.partitions() {
		if g.Offsets[tp].committed(s) == nil {
			continue
		}
		if n := len(out); n == 0 || out[n-1].Topic != tp.Topic {
			kt := kmsg.NewOffsetFetchResponseGroupTopic()
			kt.Topic = tp.Topic
			if t := c.image.Topic(tp.Topic); t != nil {
				kt.TopicID = t.ID
			}
			out = append(out, kt)
		}
		last := &out[len(out)-1]
		last.Partitions = append(last.Partitions, offsetOf(s, g, tp, engine.TopicID{}, engine.ErrNone))
	}
	return out
}

// partitions lists what the group has offsets for, sorted.
func (g *Group) partitions() []engine.TopicPartition {
	out := make([]engine.TopicPartition, 0, len(g.Offsets))
	for tp := range g.Offsets { // unordered: sums only (sorted below)
		out = append(out, tp)
	}
	slices.SortFunc(out, func(a, b engine.TopicPartition) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return out
}
