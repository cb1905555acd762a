package client

import (
	"cmp"
	"slices"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// brokerMeta is one broker of the cluster, as a client knows it.
type brokerMeta struct {
	id   engine.NodeID
	addr engine.Addr
}

// partitionMeta is one partition, as a client knows it. leader is NoNode where it
// is unknown.
type partitionMeta struct {
	leader engine.NodeID
	epoch  engine.LeaderEpoch
}

// topicMeta is one topic: its id and its partitions by number.
type topicMeta struct {
	name       string
	id         engine.TopicID
	partitions []partitionMeta
}

// clusterView is what a client knows of the cluster (Metadata and
// MetadataSnapshot). Lists are sorted by id and name.
type clusterView struct {
	brokers []brokerMeta
	topics  []topicMeta
	invalid []string // topics whose names are refused
}

func (v *clusterView) broker(id engine.NodeID) *brokerMeta {
	for i := range v.brokers { // they are few, and this is asked for every partition
		if v.brokers[i].id == id {
			return &v.brokers[i]
		}
	}
	return nil
}

// topic finds a topic. It is asked for every partition, so it searches by itself:
// a call for each comparison costs more than the comparison.
func (v *clusterView) topic(name string) *topicMeta {
	from, to := 0, len(v.topics)
	for from < to {
		mid := int(uint(from+to) >> 1)
		if t := &v.topics[mid]; t.name == name {
			return t
		} else if t.name < name {
			from = mid + 1
		} else {
			to = mid
		}
	}
	return nil
}

// topicName gives the name of a topic id, or what stands in the answer.
func (v *clusterView) topicName(name string, id engine.TopicID) string {
	if name != "" {
		return name
	}
	for i := range v.topics {
		if v.topics[i].id == id {
			return v.topics[i].name
		}
	}
	return ""
}

// partition gives what is known of a partition; nil where it is not known.
func (v *clusterView) partition(tp engine.TopicPartition) *partitionMeta {
	t := v.topic(tp.Topic)
	if t == nil || int(tp.Partition) >= len(t.partitions) || tp.Partition < 0 {
		return nil
	}
	return &t.partitions[tp.Partition]
}

// leader gives the leader of a partition, where it is known and its address too
// (Metadata.currentLeader, Cluster.leaderFor).
func (v *clusterView) leader(tp engine.TopicPartition) (partitionMeta, bool) {
	p := v.partition(tp)
	if p == nil || p.leader == engine.NoNode || v.broker(p.leader) == nil {
		return partitionMeta{leader: engine.NoNode, epoch: engine.NoLeaderEpoch}, false
	}
	return *p, true
}

// partitionCount is how many partitions a topic has; 0 where it is unknown.
func (v *clusterView) partitionCount(topic string) int32 {
	if t := v.topic(topic); t != nil {
		return int32(len(t.partitions))
	}
	return 0
}

// available lists the partitions that have a leader
// (Cluster.availablePartitionsForTopic).
func (v *clusterView) available(topic string) []int32 {
	var out []int32
	if t := v.topic(topic); t != nil {
		for i := range t.partitions {
			if _, ok := v.leader(engine.TopicPartition{Topic: topic, Partition: int32(i)}); ok {
				out = append(out, int32(i))
			}
		}
	}
	return out
}

// update takes a Metadata answer in (Metadata.updateLatestMetadata,
// handleMetadataResponse). It says whether something must be asked again soon: a
// topic with an error, or a partition without a leader.
//   - what a broker says of a partition counts only if its leader epoch is not older
//     than the one already seen, unless the topic was made anew under another id
//   - topics that nobody asked about, or that come with an error, are forgotten
func (v *clusterView) update(resp *kmsg.MetadataResponse) (again bool) {
	v.brokers = v.brokers[:0]
	for _, b := range resp.Brokers {
		v.brokers = append(v.brokers, brokerMeta{engine.NodeID(b.NodeID), engine.Addr{Host: b.Host, Port: b.Port}})
	}
	slices.SortFunc(v.brokers, func(a, b brokerMeta) int { return cmp.Compare(a.id, b.id) })
	old := clusterView{brokers: v.brokers, topics: v.topics}
	v.topics, v.invalid = nil, nil
	for i := range resp.Topics {
		t := &resp.Topics[i]
		if t.Topic == nil {
			continue
		}
		if engine.ErrorCode(t.ErrorCode) == engine.ErrInvalidTopicException {
			v.invalid = append(v.invalid, *t.Topic)
			continue
		}
		if t.ErrorCode != 0 {
			again = again || invalidMetadata(engine.ErrorCode(t.ErrorCode))
			continue
		}
		fresh, incomplete := mergeTopic(old.topic(*t.Topic), t)
		again = again || incomplete
		v.topics = append(v.topics, fresh)
	}
	slices.SortFunc(v.topics, func(a, b topicMeta) int { return cmp.Compare(a.name, b.name) })
	return again
}

func mergeTopic(old *topicMeta, t *kmsg.MetadataResponseTopic) (fresh topicMeta, incomplete bool) {
	fresh = topicMeta{name: *t.Topic, id: t.TopicID, partitions: make([]partitionMeta, len(t.Partitions))}
	for i := range fresh.partitions {
		fresh.partitions[i] = partitionMeta{engine.NoNode, engine.NoLeaderEpoch}
	}
	for _, p := range t.Partitions {
		if p.Partition < 0 || int(p.Partition) >= len(fresh.partitions) {
			continue
		}
		meta := partitionMeta{engine.NodeID(p.Leader), engine.LeaderEpoch(p.LeaderEpoch)}
		if p.ErrorCode != 0 {
			incomplete = incomplete || invalidMetadata(engine.ErrorCode(p.ErrorCode))
		}
		if old != nil && old.id == fresh.id && int(p.Partition) < len(old.partitions) {
			if known := old.partitions[p.Partition]; known.epoch > meta.epoch {
				meta = known
			}
		}
		fresh.partitions[p.Partition] = meta
	}
	return fresh, incomplete
}

// leaderHint takes what a Produce or Fetch answer says of a partition's leader
// (KIP-951, Metadata.updatePartitionLeadership). Only a newer epoch counts.
func (v *clusterView) leaderHint(tp engine.TopicPartition, leader engine.NodeID, epoch engine.LeaderEpoch) bool {
	p := v.partition(tp)
	if p == nil || leader < 0 || epoch <= p.epoch || v.broker(leader) == nil {
		return false
	}
	p.leader, p.epoch = leader, epoch
	return true
}

// nodeHint takes the address of a broker that such an answer names.
func (v *clusterView) nodeHint(id engine.NodeID, addr engine.Addr) {
	if b := v.broker(id); b != nil {
		b.addr = addr
		return
	}
	v.brokers = append(v.brokers, brokerMeta{id, addr})
	slices.SortFunc(v.brokers, func(a, b brokerMeta) int { return cmp.Compare(a.id, b.id) })
}

// invalidMetadata says that an error means that the client's metadata is stale
// (InvalidMetadataException and its kinds).
func invalidMetadata(code engine.ErrorCode) bool {
	switch code {
	case engine.ErrUnknownTopicOrPartition, engine.ErrLeaderNotAvailable, engine.ErrNotLeaderOrFollower,
		engine.ErrReplicaNotAvailable, engine.ErrNetworkException, engine.ErrKafkaStorageError,
		engine.ErrFencedLeaderEpoch, engine.ErrListenerNotFound, engine.ErrUnknownTopicID,
		engine.ErrInconsistentTopicID, engine.ErrPreferredLeaderNotAvailable:
		return true
	}
	return false
}
