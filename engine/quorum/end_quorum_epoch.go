package quorum

import (
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleEndQuorumEpoch: key 54, v0-v1. Kafka 4.3; KIP-595, KIP-853 (v1).
// Read: KafkaRaftClient.handleEndQuorumEpochRequest, endEpochElectionBackoff.
//   - the leader resigns: its followers stand for election, the first of the
//     preferred candidates at once, the others after exponentially longer waits,
//     who is not on the list last
//
// Shown in: testdata/resign.txt
func (r *Replica) handleEndQuorumEpoch(env *engine.Env, req *kmsg.EndQuorumEpochRequest) kmsg.Response {
	resp := kmsg.NewPtrEndQuorumEpochResponse()
	resp.Version = req.Version
	one := len(req.Topics) == 1 && len(req.Topics[0].Partitions) == 1 &&
		isMetadata(req.Topics[0].Topic, req.Topics[0].Partitions[0].Partition)
	if code := r.validVoterEnvelope(req.ClusterID, one); code != engine.ErrNone {
		resp.ErrorCode = int16(code)
		return resp
	}
	in := &req.Topics[0].Partitions[0]
	leader, epoch := engine.NodeID(in.LeaderID), engine.LeaderEpoch(in.LeaderEpoch)
	code := r.followSender(env, epoch, leader, len(req.LeaderEndpoints), func(i int) Endpoint {
		e := &req.LeaderEndpoints[i]
		return Endpoint{e.Name, e.Host, e.Port}
	})
	if code == engine.ErrNone && r.state.role == Follower && r.state.election.leader == leader {
		r.state.fetchAt = env.Now().Add(r.electionBackoff(in))
	}
	p := kmsg.NewEndQuorumEpochResponseTopicPartition()
	p.ErrorCode = int16(code)
	p.LeaderID, p.LeaderEpoch = int32(r.state.election.leader), int32(r.state.election.epoch)
	resp.Topics = []kmsg.EndQuorumEpochResponseTopic{{
		Topic: TopicName, Partitions: []kmsg.EndQuorumEpochResponseTopicPartition{p},
	}}
	if id, addr, known := r.leaderNode(); known && req.Version >= 1 {
		resp.NodeEndpoints = []kmsg.EndQuorumEpochResponseNodeEndpoint{{NodeID: id, Host: addr.Host, Port: uint16(addr.Port)}}
	}
	return resp
}

// electionBackoff is how long this replica waits before it stands for election
// after its leader resigned. With 1000 ms at most and three candidates, they wait
// 0, 250 and 500 ms, and others 1000 ms (strictExponentialElectionBackoffMs). A
// leader that woke up resigned prefers nobody: then everyone is first, and after a
// restart of all a new leader is there without waiting for a time-out.
func (r *Replica) electionBackoff(in *kmsg.EndQuorumEpochRequestTopicPartition) time.Duration {
	var candidates []ReplicaKey
	for _, c := range in.PreferredCandidates {
		candidates = append(candidates, ReplicaKey{engine.NodeID(c.CandidateID), c.CandidateDirectoryID})
	}
	if len(candidates) == 0 {
		for _, id := range in.PreferredSuccessors {
			candidates = append(candidates, ReplicaKey{ID: engine.NodeID(id)})
		}
	}
	if len(candidates) == 0 {
		return 0
	}
	most := r.cfg.ElectionBackoffMax
	for i, c := range candidates {
		switch {
		case !c.matches(r.cfg.key()):
		case i == 0:
			return 0
		default:
			base := most.Milliseconds() >> min(len(candidates)-1, 32)
			return min(most, time.Duration(base<<min(i-1, 32))*time.Millisecond)
		}
	}
	return most
}

// pollEndEpoch tells the voters that have not heard it that this leader resigned.
func (r *Replica) pollEndEpoch(env *engine.Env) time.Duration {
	wait := never
	voters := r.log.lastVoters()
	for _, id := range r.state.unacked {
		addr, known := addressOf(voters.endpoints(id), r.cfg.ListenerName)
		if !known {
			continue // no voter any more
		}
		ready, d := r.canSend(env, id)
		if ready {
			r.send(env, id, addr, r.endEpochRequest(), engine.Durable{})
			d = r.cfg.RequestTimeout
		}
		wait = min(wait, d)
	}
	return wait
}

func (r *Replica) endEpochRequest() *kmsg.EndQuorumEpochRequest {
	p := kmsg.NewEndQuorumEpochRequestTopicPartition()
	p.LeaderID, p.LeaderEpoch = int32(r.cfg.NodeID), int32(r.state.election.epoch)
	for _, key := range r.state.successors {
		p.PreferredSuccessors = append(p.PreferredSuccessors, int32(key.ID))
		p.PreferredCandidates = append(p.PreferredCandidates, kmsg.EndQuorumEpochRequestTopicPartitionPreferredCandidate{
			CandidateID: int32(key.ID), CandidateDirectoryID: key.DirectoryID,
		})
	}
	req := kmsg.NewPtrEndQuorumEpochRequest()
	req.Version = 1
	req.ClusterID = kmsg.StringPtr(r.cfg.ClusterID)
	req.Topics = []kmsg.EndQuorumEpochRequestTopic{{
		Topic: TopicName, Partitions: []kmsg.EndQuorumEpochRequestTopicPartition{p},
	}}
	return req
}

func (r *Replica) onEndQuorumEpoch(env *engine.Env, from engine.NodeID, resp *kmsg.EndQuorumEpochResponse) bool {
	if resp.ErrorCode != 0 || len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return false
	}
	p := &resp.Topics[0].Partitions[0]
	leader := engine.NodeID(p.LeaderID)
	endpoints := r.endpointsOf(leader, len(resp.NodeEndpoints), func(i int) (int32, string, int32) {
		n := &resp.NodeEndpoints[i]
		return n.NodeID, n.Host, int32(n.Port)
	})
	code := engine.ErrorCode(p.ErrorCode)
	if done, ok := r.onCommon(env, code, engine.LeaderEpoch(p.LeaderEpoch), leader, endpoints); done {
		return ok
	}
	if code == engine.ErrNone && r.state.role == Resigned {
		r.state.unacked = without(r.state.unacked, from)
	}
	return code == engine.ErrNone
}
