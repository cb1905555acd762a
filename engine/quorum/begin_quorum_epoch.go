package quorum

import (
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleBeginQuorumEpoch: key 53, v0-v1. Kafka 4.3; KIP-595, KIP-853 (v1).
// Read: KafkaRaftClient.handleBeginQuorumEpochRequest.
//   - the new leader says who it is; an epoch below ours is fenced
//   - followed even when the request names another replica key: it is still true
//
// Shown in: testdata/split_vote.txt
func (r *Replica) handleBeginQuorumEpoch(env *engine.Env, req *kmsg.BeginQuorumEpochRequest) kmsg.Response {
	resp := kmsg.NewPtrBeginQuorumEpochResponse()
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
	if code == engine.ErrNone && !r.validVoterKey(req.VoterID, in.VoterDirectoryID) {
		code = engine.ErrInvalidVoterKey
	}
	p := kmsg.NewBeginQuorumEpochResponseTopicPartition()
	p.ErrorCode = int16(code)
	p.LeaderID, p.LeaderEpoch = int32(r.state.election.leader), int32(r.state.election.epoch)
	resp.Topics = []kmsg.BeginQuorumEpochResponseTopic{{
		Topic: TopicName, Partitions: []kmsg.BeginQuorumEpochResponseTopicPartition{p},
	}}
	if id, addr, known := r.leaderNode(); known && req.Version >= 1 {
		resp.NodeEndpoints = []kmsg.BeginQuorumEpochResponseNodeEndpoint{{NodeID: id, Host: addr.Host, Port: uint16(addr.Port)}}
	}
	return resp
}

// pollBeginEpoch tells the voters that do not fetch who leads, again and again
// (maybeSendBeginQuorumEpochRequests).
func (r *Replica) pollBeginEpoch(env *engine.Env) time.Duration {
	l, now := &r.leader, env.Now()
	if now < l.beginEpochAt {
		return remaining(now, l.beginEpochAt)
	}
	voters := r.log.lastVoters()
	for i := range l.voters {
		v := &l.voters[i]
		if v.key.ID == r.cfg.NodeID || v.hasFetched && now.Sub(v.lastFetch) < r.beginEpochInterval() {
			continue
		}
		if ready, _ := r.canSend(env, v.key.ID); ready {
			addr, _ := addressOf(voters.endpoints(v.key.ID), r.cfg.ListenerName)
			r.send(env, v.key.ID, addr, r.beginEpochRequest(v.key), engine.Durable{})
		}
	}
	l.beginEpochAt = now.Add(r.beginEpochInterval())
	return r.beginEpochInterval()
}

func (r *Replica) beginEpochRequest(to ReplicaKey) *kmsg.BeginQuorumEpochRequest {
	p := kmsg.NewBeginQuorumEpochRequestTopicPartition()
	p.VoterDirectoryID = to.DirectoryID
	p.LeaderID, p.LeaderEpoch = int32(r.cfg.NodeID), int32(r.state.election.epoch)
	req := kmsg.NewPtrBeginQuorumEpochRequest()
	req.Version = 1
	req.ClusterID = kmsg.StringPtr(r.cfg.ClusterID)
	req.VoterID = int32(to.ID)
	req.Topics = []kmsg.BeginQuorumEpochRequestTopic{{
		Topic: TopicName, Partitions: []kmsg.BeginQuorumEpochRequestTopicPartition{p},
	}}
	for _, e := range r.cfg.Listeners {
		req.LeaderEndpoints = append(req.LeaderEndpoints, kmsg.BeginQuorumEpochRequestLeaderEndpoint{
			Name: e.Name, Host: e.Host, Port: e.Port,
		})
	}
	return req
}

func (r *Replica) onBeginQuorumEpoch(env *engine.Env, from engine.NodeID, resp *kmsg.BeginQuorumEpochResponse) bool {
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
	if r.state.role == Leader {
		for i := range r.leader.voters {
			if r.leader.voters[i].key.ID == from {
				r.leader.voters[i].hasAckedLeader = true
			}
		}
	}
	return code == engine.ErrNone
}
