package broker

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/metadata"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// partitionsPerAnswerMax is max.request.partition.size.limit's default.
const partitionsPerAnswerMax = 2000

// handleDescribeTopicPartitions: key 75, v0. Kafka 4.3; KIP-966.
// Read: DescribeTopicPartitionsRequestHandler, KRaftMetadataCache.describeTopicResponse.
// Shown in: TestDescribeTopicPartitions.
//   - topics are answered in the order of their names, from the cursor on
//   - at most ResponsePartitionLimit partitions; NextCursor says where to go on
//   - a cursor on a topic that is gone moves to the next one
//
// Not modelled: authorization.
func (b *Broker) handleDescribeTopicPartitions(env *engine.Env, req engine.Request, m *kmsg.DescribeTopicPartitionsRequest) {
	resp := m.ResponseKind().(*kmsg.DescribeTopicPartitionsResponse)
	resp.Version = m.Version
	resp.Topics = []kmsg.DescribeTopicPartitionsResponseTopic{}
	names := b.namesToDescribe(m)
	from := int32(0)
	if m.Cursor != nil {
		i, found := slices.BinarySearch(names, m.Cursor.Topic)
		names = names[i:]
		if found {
			from = m.Cursor.Partition
		}
		if m.Cursor.Partition < 0 {
			env.Close(req.Conn) // Kafka throws InvalidRequestException, which has no place in this answer
			return
		}
	}
	left := min(m.ResponsePartitionLimit, partitionsPerAnswerMax)
	if left <= 0 {
		left = partitionsPerAnswerMax
	}
	for _, name := range names {
		t := b.image.Topic(name)
		if t == nil {
			resp.Topics = append(resp.Topics, undescribed(name))
			from = 0
			continue
		}
		if left == 0 {
			resp.NextCursor = cursorAt(name, from)
			break
		}
		from = min(from, int32(len(t.Partitions)))
		until := min(int32(len(t.Partitions)), from+left)
		resp.Topics = append(resp.Topics, b.describeTopic(t, from, until))
		left -= max(until-from, 0)
		if until < int32(len(t.Partitions)) {
			resp.NextCursor = cursorAt(name, until)
			break
		}
		from = 0
	}
	env.Reply(req, resp, engine.Durable{})
}

func (b *Broker) namesToDescribe(m *kmsg.DescribeTopicPartitionsRequest) []string {
	if len(m.Topics) == 0 {
		return b.image.TopicNames()
	}
	names := make([]string, 0, len(m.Topics))
	for _, t := range m.Topics {
		names = append(names, t.Topic)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func cursorAt(name string, partition int32) *kmsg.DescribeTopicPartitionsResponseNextCursor {
	c := kmsg.NewDescribeTopicPartitionsResponseNextCursor()
	c.Topic, c.Partition = name, partition
	return &c
}

func undescribed(name string) kmsg.DescribeTopicPartitionsResponseTopic {
	t := kmsg.NewDescribeTopicPartitionsResponseTopic()
	code := engine.ErrUnknownTopicOrPartition
	if metadata.InvalidTopicName(name) != "" {
		code = engine.ErrInvalidTopicException
	}
	t.ErrorCode, t.Topic, t.IsInternal = int16(code), kmsg.StringPtr(name), internalTopic(name)
	t.Partitions = []kmsg.DescribeTopicPartitionsResponseTopicPartition{}
	t.AuthorizedOperations = NoOperations
	return t
}

func (b *Broker) describeTopic(t *metadata.Topic, from, until int32) kmsg.DescribeTopicPartitionsResponseTopic {
	out := kmsg.NewDescribeTopicPartitionsResponseTopic()
	out.Topic, out.TopicID, out.IsInternal = kmsg.StringPtr(t.Name), t.ID, internalTopic(t.Name)
	out.AuthorizedOperations = topicOperations
	out.Partitions = []kmsg.DescribeTopicPartitionsResponseTopicPartition{}
	for i := from; i < until; i++ {
		p := t.Partitions[i]
		kp := kmsg.NewDescribeTopicPartitionsResponseTopicPartition()
		kp.Partition, kp.LeaderID, kp.LeaderEpoch = i, int32(p.Leader), int32(p.LeaderEpoch)
		if _, ok := b.endpoint(p.Leader); !ok {
			kp.ErrorCode, kp.LeaderID = int16(engine.ErrLeaderNotAvailable), -1
		}
		kp.Replicas, kp.ISR = rawIDs(p.Replicas), rawIDs(p.ISR)
		kp.EligibleLeaderReplicas, kp.LastKnownELR = rawIDs(p.ELR), rawIDs(p.LastKnownELR)
		kp.OfflineReplicas = b.offline(p)
		out.Partitions = append(out.Partitions, kp)
	}
	return out
}
