package oracle

import (
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// topicMetadata asks one broker about one topic, without creating it.
func (r *Run) topicMetadata(broker int32, topic string) (kmsg.MetadataResponseTopic, error) {
	return r.metadata(broker, topic, false)
}

func (r *Run) metadata(broker int32, topic string, create bool) (kmsg.MetadataResponseTopic, error) {
	req := kmsg.NewPtrMetadataRequest()
	req.AllowAutoTopicCreation = create
	t := kmsg.NewMetadataRequestTopic()
	t.Topic = kmsg.StringPtr(topic)
	req.Topics = append(req.Topics, t)
	resp, err := send[*kmsg.MetadataResponse](r.probe, broker, req, 12)
	if err != nil {
		return kmsg.MetadataResponseTopic{}, err
	}
	if len(resp.Topics) != 1 {
		return kmsg.MetadataResponseTopic{}, errors.New("Metadata answered with another number of topics")
	}
	slices.SortFunc(resp.Topics[0].Partitions, func(a, b kmsg.MetadataResponseTopicPartition) int {
		return int(a.Partition - b.Partition)
	})
	return resp.Topics[0], nil
}

// topicID asks for the id of a topic.
func (r *Run) topicID(topic string) ([16]byte, error) {
	t, err := r.topicMetadata(brokerIDs[0], topic)
	if err != nil {
		return [16]byte{}, err
	}
	if t.ErrorCode != 0 {
		return [16]byte{}, fmt.Errorf("metadata of %s: %s", topic, codeName(t.ErrorCode))
	}
	return t.TopicID, nil
}

func partitionOf(t kmsg.MetadataResponseTopic, partition int32) (kmsg.MetadataResponseTopicPartition, bool) {
	for _, p := range t.Partitions {
		if p.Partition == partition {
			return p, true
		}
	}
	return kmsg.MetadataResponseTopicPartition{}, false
}

// partitionState is what metadata says of the partition 0 of a topic. The order
// of the ISR is the order of the replicas when it was made and of the ids after
// a change, so it is kept.
func partitionState(t kmsg.MetadataResponseTopic) Object {
	if t.ErrorCode != 0 {
		return object("error", codeName(t.ErrorCode))
	}
	p, ok := partitionOf(t, 0)
	if !ok {
		return object("error", "no partition 0")
	}
	return object("error", codeName(p.ErrorCode), "leader", p.Leader, "leaderEpoch", p.LeaderEpoch,
		"replicas", p.Replicas, "isr", p.ISR, "offline", orEmpty(p.OfflineReplicas))
}

// topicState is the whole answer about one topic, with placement as it is.
func topicState(t kmsg.MetadataResponseTopic) Object {
	parts := []Object{}
	for _, p := range t.Partitions {
		parts = append(parts, object("partition", p.Partition, "error", codeName(p.ErrorCode), "leader", p.Leader,
			"leaderEpoch", p.LeaderEpoch, "replicas", p.Replicas, "isr", p.ISR, "offline", orEmpty(p.OfflineReplicas)))
	}
	return object("error", codeName(t.ErrorCode), "topicIdIsZero", t.TopicID == [16]byte{}, "isInternal", t.IsInternal, "partitions", parts)
}

// placedState is the answer about a topic whose replicas were placed by the
// cluster: which broker comes first is chance, the pattern is not.
func placedState(t kmsg.MetadataResponseTopic) Object {
	return object("error", codeName(t.ErrorCode), "topicIdIsZero", t.TopicID == [16]byte{}, "isInternal", t.IsInternal,
		"partitions", len(t.Partitions), "placement", placement(t))
}

// placement tells the pattern in which a striped placer puts replicas on three
// brokers of one rack: the partitions come in blocks of three, within a block
// every broker leads once, and the replica lists of a block are rotations of
// each other.
func placement(t kmsg.MetadataResponseTopic) Object {
	factor, leaders, rotations, first, synced, epochs := -1, true, true, true, true, true
	for i, p := range t.Partitions {
		if i == 0 {
			factor = len(p.Replicas)
		}
		block := t.Partitions[i-i%len(brokerIDs) : min(i-i%len(brokerIDs)+len(brokerIDs), len(t.Partitions))]
		for _, q := range block {
			leaders = leaders && (q.Partition == p.Partition || q.Replicas[0] != p.Replicas[0])
			rotations = rotations && (factor != len(brokerIDs) || isRotation(p.Replicas, q.Replicas))
		}
		first = first && len(p.Replicas) == factor && p.Leader == p.Replicas[0]
		synced = synced && slices.Equal(p.ISR, p.Replicas) && len(p.OfflineReplicas) == 0
		epochs = epochs && p.LeaderEpoch == 0 && p.ErrorCode == 0
	}
	return object("replicationFactor", factor, "eachBlockOfThreeHasThreeLeaders", leaders, "replicasOfABlockAreRotations", rotations,
		"leaderIsFirstReplica", first, "isrIsReplicas", synced, "leaderEpochsAreZero", epochs)
}

func isRotation(a, b []int32) bool {
	if len(a) != len(b) {
		return false
	}
	for shift := range a {
		if slices.Equal(append(slices.Clone(a[shift:]), a[:shift]...), b) {
			return true
		}
	}
	return false
}

// fencedState asks one broker which brokers are fenced (DescribeCluster v2).
func (r *Run) fencedState(broker int32) (Object, error) {
	req := kmsg.NewPtrDescribeClusterRequest()
	req.IncludeFencedBrokers = true
	resp, err := send[*kmsg.DescribeClusterResponse](r.probe, broker, req, 2)
	if err != nil {
		return nil, err
	}
	fenced, unfenced := []int32{}, []int32{}
	for _, b := range resp.Brokers {
		if b.IsFenced {
			fenced = append(fenced, b.NodeID)
		} else {
			unfenced = append(unfenced, b.NodeID)
		}
	}
	slices.Sort(fenced)
	slices.Sort(unfenced)
	return object("error", codeName(resp.ErrorCode), "unfenced", unfenced, "fenced", fenced), nil
}

// allUnfenced is an error unless a broker tells of all brokers, none fenced.
func (r *Run) allUnfenced(broker int32) error {
	o, err := r.fencedState(broker)
	if err != nil {
		return err
	}
	if show(o) != show(object("error", codeName(0), "unfenced", brokerIDs, "fenced", []int32{})) {
		return fmt.Errorf("broker %d tells of %s", broker, show(o))
	}
	return nil
}

// quorum is what DescribeQuorum says of the metadata quorum.
type quorum struct {
	leader int32
	epoch  int32
	voters []int32
}

// describeQuorum asks the active controller, through a broker.
func (r *Run) describeQuorum(broker int32) (quorum, error) {
	req := kmsg.NewPtrDescribeQuorumRequest()
	t := kmsg.NewDescribeQuorumRequestTopic()
	t.Topic = "__cluster_metadata"
	t.Partitions = append(t.Partitions, kmsg.DescribeQuorumRequestTopicPartition{})
	req.Topics = append(req.Topics, t)
	resp, err := send[*kmsg.DescribeQuorumResponse](r.probe, broker, req, 2)
	if err != nil {
		return quorum{}, err
	}
	if resp.ErrorCode != 0 || len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return quorum{}, fmt.Errorf("DescribeQuorum: %s", codeName(resp.ErrorCode))
	}
	p := resp.Topics[0].Partitions[0]
	if p.ErrorCode != 0 {
		return quorum{}, fmt.Errorf("DescribeQuorum: partition: %s", codeName(p.ErrorCode))
	}
	q := quorum{leader: p.LeaderID, epoch: p.LeaderEpoch}
	for _, v := range p.CurrentVoters {
		q.voters = append(q.voters, v.ReplicaID)
	}
	slices.Sort(q.voters)
	return q, nil
}

// orEmpty makes no difference between null and empty, which Kafka's own
// versions of Metadata answer by turns.
func orEmpty(ids []int32) []int32 {
	if ids == nil {
		return []int32{}
	}
	return ids
}
