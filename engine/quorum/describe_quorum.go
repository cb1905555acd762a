package quorum

import (
	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleDescribeQuorum: key 55, v0-v2. Kafka 4.3; KIP-595, KIP-836 (v1), KIP-853 (v2).
// Read: KafkaRaftClient.handleDescribeQuorumRequest, RaftUtil.singletonDescribeQuorumResponse.
//   - only the leader answers with more than NOT_LEADER_OR_FOLLOWER
//   - an observer is forgotten 5 minutes after its last Fetch
//   - the leader's own times are now; -1 for a replica that never fetched
//   - endpoints of the voters from v2 on
//
// Shown in: testdata/join.txt
func (r *Replica) handleDescribeQuorum(env *engine.Env, req *kmsg.DescribeQuorumRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeQuorumResponse()
	resp.Version = req.Version
	if len(req.Topics) != 1 || len(req.Topics[0].Partitions) != 1 ||
		!isMetadata(req.Topics[0].Topic, req.Topics[0].Partitions[0].Partition) {
		for _, t := range req.Topics {
			topic := kmsg.DescribeQuorumResponseTopic{Topic: t.Topic}
			for _, p := range t.Partitions {
				topic.Partitions = append(topic.Partitions, describeError(p.Partition, engine.ErrUnknownTopicOrPartition))
			}
			resp.Topics = append(resp.Topics, topic)
		}
		return resp
	}
	if r.state.role != Leader {
		resp.Topics = []kmsg.DescribeQuorumResponseTopic{{
			Topic: TopicName,
			Partitions: []kmsg.DescribeQuorumResponseTopicPartition{
				describeError(0, engine.ErrNotLeaderOrFollower),
			},
		}}
		return resp
	}
	l := &r.leader
	l.forgetSilentObservers(env.Now(), r.cfg.key())
	p := kmsg.NewDescribeQuorumResponseTopicPartition()
	p.LeaderID = int32(r.cfg.NodeID)
	p.LeaderEpoch = int32(r.state.election.epoch)
	p.HighWatermark = int64(l.highWatermark)
	p.CurrentVoters = r.describeReplicas(env, l.voters)
	p.Observers = r.describeReplicas(env, l.observers)
	resp.Topics = []kmsg.DescribeQuorumResponseTopic{{
		Topic: TopicName, Partitions: []kmsg.DescribeQuorumResponseTopicPartition{p},
	}}
	if req.Version >= 2 {
		for i := range l.voters {
			node := kmsg.NewDescribeQuorumResponseNode()
			node.NodeID = int32(l.voters[i].key.ID)
			for _, e := range l.voters[i].endpoints {
				node.Listeners = append(node.Listeners, kmsg.DescribeQuorumResponseNodeListener{
					Name: e.Name, Host: e.Host, Port: e.Port,
				})
			}
			resp.Nodes = append(resp.Nodes, node)
		}
	}
	return resp
}

func describeError(partition int32, code engine.ErrorCode) kmsg.DescribeQuorumResponseTopicPartition {
	p := kmsg.NewDescribeQuorumResponseTopicPartition()
	p.Partition = partition
	p.ErrorCode = int16(code)
	p.ErrorMessage = kmsg.StringPtr(messageOf(code))
	return p
}

func (r *Replica) describeReplicas(env *engine.Env, states []replicaState) []kmsg.DescribeQuorumResponseTopicPartitionReplicaState {
	var out []kmsg.DescribeQuorumResponseTopicPartitionReplicaState
	for i := range states {
		s := kmsg.NewDescribeQuorumResponseTopicPartitionReplicaState()
		s.ReplicaID = int32(states[i].key.ID)
		s.ReplicaDirectoryID = states[i].key.DirectoryID
		s.LogEndOffset = int64(states[i].endOffset)
		s.LastFetchTimestamp = int64(states[i].lastFetchWall)
		s.LastCaughtUpTimestamp = int64(states[i].lastCaughtUp)
		if states[i].key.ID == r.cfg.NodeID {
			s.LastFetchTimestamp, s.LastCaughtUpTimestamp = int64(env.Wall()), int64(env.Wall())
		}
		out = append(out, s)
	}
	return out
}
