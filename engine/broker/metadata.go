package broker

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/group"
	"bitacora/engine/metadata"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// NoOperations is what AuthorizedOperations says when nobody asked.
const NoOperations = -1 << 31

// Without an authorizer everybody may do everything that applies
// (AclEntry.supportedOperations), as bits of AclOperation's codes.
const (
	topicOperations = 1<<3 | 1<<4 | 1<<5 | 1<<6 | 1<<7 | 1<<8 | 1<<10 | 1<<11
	// ClusterOperations are those on the cluster.
	ClusterOperations = 1<<5 | 1<<7 | 1<<8 | 1<<9 | 1<<10 | 1<<11 | 1<<12
)

// handleMetadata: key 3, v0-v13. Kafka 4.3.
// Read: KafkaApis.handleTopicMetadataRequest, KRaftMetadataCache.getTopicMetadata.
// Shown in: TestMetadata.
//   - brokers are those that are not fenced; the controller named is one of them,
//     drawn at random, since clients must not talk to a KRaft controller
//   - a topic that is not there may be created on the way; this answer still says
//     UNKNOWN_TOPIC_OR_PARTITION
//   - v0 asks for all topics with an empty list, later versions with null
//
// Not modelled: authorization, throttling.
func (b *Broker) handleMetadata(env *engine.Env, req engine.Request, m *kmsg.MetadataRequest) {
	resp := m.ResponseKind().(*kmsg.MetadataResponse)
	resp.Version = m.Version
	for _, id := range b.aliveBrokers() {
		l, _ := b.image.Broker(id).Listener(b.listenerName())
		kb := kmsg.NewMetadataResponseBroker()
		kb.NodeID, kb.Host, kb.Port, kb.Rack = int32(id), l.Host, int32(l.Port), b.image.Broker(id).Rack
		resp.Brokers = append(resp.Brokers, kb)
	}
	resp.ClusterID = kmsg.StringPtr(b.cfg.ClusterID)
	resp.ControllerID = b.someBroker(env)
	resp.AuthorizedOperations = NoOperations
	if m.IncludeClusterAuthorizedOperations {
		resp.AuthorizedOperations = ClusterOperations
	}
	resp.Topics = b.metadataTopics(env, m)
	env.Reply(req, resp, engine.Durable{})
}

func (b *Broker) metadataTopics(env *engine.Env, m *kmsg.MetadataRequest) []kmsg.MetadataResponseTopic {
	topics := []kmsg.MetadataResponseTopic{}
	if m.Topics == nil || m.Version == 0 && len(m.Topics) == 0 {
		for _, name := range b.image.TopicNames() {
			topics = append(topics, b.topicMetadata(b.image.Topic(name), m))
		}
		return topics
	}
	create := m.AllowAutoTopicCreation || m.Version < 4
	var missing []string
	for _, asked := range m.Topics {
		switch {
		case asked.Topic == nil:
			topics = append(topics, b.metadataByID(asked.TopicID, m))
		case b.image.Topic(*asked.Topic) != nil:
			topics = append(topics, b.topicMetadata(b.image.Topic(*asked.Topic), m))
		default:
			code := engine.ErrUnknownTopicOrPartition
			if metadata.InvalidTopicName(*asked.Topic) != "" {
				code = engine.ErrInvalidTopicException
			} else if create {
				missing = append(missing, *asked.Topic)
			}
			topics = append(topics, missingTopic(code, asked.Topic, [16]byte{}))
		}
	}
	b.autoCreate(env, missing)
	return topics
}

func (b *Broker) metadataByID(id [16]byte, m *kmsg.MetadataRequest) kmsg.MetadataResponseTopic {
	if t := b.image.TopicByID(id); t != nil {
		return b.topicMetadata(t, m)
	}
	return missingTopic(engine.ErrUnknownTopicID, nil, id)
}

func missingTopic(code engine.ErrorCode, name *string, id [16]byte) kmsg.MetadataResponseTopic {
	t := kmsg.NewMetadataResponseTopic()
	t.ErrorCode, t.Topic, t.TopicID = int16(code), name, id
	t.IsInternal = name != nil && internalTopic(*name)
	t.Partitions = []kmsg.MetadataResponseTopicPartition{}
	t.AuthorizedOperations = NoOperations
	return t
}

func (b *Broker) topicMetadata(t *metadata.Topic, m *kmsg.MetadataRequest) kmsg.MetadataResponseTopic {
	out := kmsg.NewMetadataResponseTopic()
	out.Topic, out.TopicID, out.IsInternal = kmsg.StringPtr(t.Name), t.ID, internalTopic(t.Name)
	out.AuthorizedOperations = NoOperations
	if m.IncludeTopicAuthorizedOperations {
		out.AuthorizedOperations = topicOperations
	}
	for i, p := range t.Partitions {
		kp := kmsg.NewMetadataResponseTopicPartition()
		kp.Partition = int32(i)
		kp.Leader, kp.LeaderEpoch = int32(p.Leader), int32(p.LeaderEpoch)
		if _, ok := b.endpoint(p.Leader); !ok {
			kp.ErrorCode, kp.Leader = int16(engine.ErrLeaderNotAvailable), -1
		}
		kp.Replicas, kp.ISR = rawIDs(p.Replicas), rawIDs(p.ISR)
		kp.OfflineReplicas = b.offline(p)
		if m.Version == 0 {
			// Version 0 cannot name offline replicas, so it leaves them out and says so.
			b.hideOffline(&kp)
		}
		out.Partitions = append(out.Partitions, kp)
	}
	return out
}

func (b *Broker) hideOffline(kp *kmsg.MetadataResponseTopicPartition) {
	gone := func(id int32) bool { return slices.Contains(kp.OfflineReplicas, id) }
	replicas, isr := len(kp.Replicas), len(kp.ISR)
	kp.Replicas, kp.ISR = slices.DeleteFunc(kp.Replicas, gone), slices.DeleteFunc(kp.ISR, gone)
	if kp.ErrorCode == 0 && (len(kp.Replicas) < replicas || len(kp.ISR) < isr) {
		kp.ErrorCode = int16(engine.ErrReplicaNotAvailable)
	}
}

// endpoint is where clients reach a registered broker.
func (b *Broker) endpoint(id engine.NodeID) (metadata.Listener, bool) {
	r := b.image.Broker(id)
	if r == nil {
		return metadata.Listener{}, false
	}
	return r.Listener(b.listenerName())
}

// offline lists the replicas on brokers that are fenced or not registered.
func (b *Broker) offline(p *metadata.Partition) []int32 {
	out := []int32{}
	for _, id := range p.Replicas {
		if r := b.image.Broker(id); r == nil || r.Fenced {
			out = append(out, int32(id))
		}
	}
	return out
}

func (b *Broker) aliveBrokers() []engine.NodeID {
	return slices.DeleteFunc(b.image.BrokerIDs(), func(id engine.NodeID) bool { return b.image.Broker(id).Fenced })
}

// someBroker draws the broker that is named as controller; -1 when none is alive
// (KRaftMetadataCache.getRandomAliveBrokerId).
func (b *Broker) someBroker(env *engine.Env) int32 {
	alive := b.aliveBrokers()
	if len(alive) == 0 {
		return -1
	}
	return int32(alive[env.Rand().IntN(len(alive))])
}

func rawIDs(ids []engine.NodeID) []int32 {
	out := make([]int32, len(ids))
	for i, id := range ids {
		out[i] = int32(id)
	}
	return out
}

// The internal topics (Topic.INTERNAL_TOPICS).
const (
	offsetsTopic      = group.OffsetsTopic
	transactionsTopic = "__transaction_state"
	shareStateTopic   = "__share_group_state"
)

func internalTopic(name string) bool {
	return name == offsetsTopic || name == transactionsTopic || name == shareStateTopic
}
