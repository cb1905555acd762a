package quorum

import (
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleVote: key 52, v0-v2. Kafka 4.3; KIP-595, KIP-853 (v1), KIP-996 (v2).
// Read: KafkaRaftClient.handleVoteRequest, QuorumState.canGrantVote.
//   - an epoch below ours is fenced; one above makes us unattached in it, whatever
//     we answer, and for a pre-vote too
//   - granted to a log that is no shorter than ours: last epoch, then end offset
//   - a pre-vote is granted without a trace; a vote is written down first
//   - a request for another replica key is refused with INVALID_VOTER_KEY
//
// Shown in: testdata/split_vote.txt, testdata/durability.txt
func (r *Replica) handleVote(env *engine.Env, req *kmsg.VoteRequest) kmsg.Response {
	resp := kmsg.NewPtrVoteResponse()
	resp.Version = req.Version
	one := len(req.Topics) == 1 && len(req.Topics[0].Partitions) == 1 &&
		isMetadata(req.Topics[0].Topic, req.Topics[0].Partitions[0].Partition)
	if code := r.validVoterEnvelope(req.ClusterID, one); code != engine.ErrNone {
		resp.ErrorCode = int16(code)
		return resp
	}
	code, granted := r.vote(env, req)
	p := kmsg.NewVoteResponseTopicPartition()
	p.ErrorCode = int16(code)
	p.LeaderID = int32(r.state.election.leader)
	p.LeaderEpoch = int32(r.state.election.epoch)
	p.VoteGranted = granted
	resp.Topics = []kmsg.VoteResponseTopic{{Topic: TopicName, Partitions: []kmsg.VoteResponseTopicPartition{p}}}
	if id, addr, known := r.leaderNode(); known && req.Version >= 1 {
		resp.NodeEndpoints = []kmsg.VoteResponseNodeEndpoint{{NodeID: id, Host: addr.Host, Port: uint16(addr.Port)}}
	}
	return resp
}

func (r *Replica) vote(env *engine.Env, req *kmsg.VoteRequest) (code engine.ErrorCode, granted bool) {
	p := &req.Topics[0].Partitions[0]
	epoch := engine.LeaderEpoch(p.CandidateEpoch)
	illegal := p.LastOffsetEpoch > p.CandidateEpoch || !p.PreVote && p.LastOffsetEpoch == p.CandidateEpoch
	if p.LastOffset < 0 || p.LastOffsetEpoch < 0 || illegal {
		return engine.ErrInvalidRequest, false
	}
	if code := r.validVoterRequest(engine.NodeID(p.CandidateID), epoch); code != engine.ErrNone {
		return code, false
	}
	if epoch > r.state.election.epoch {
		r.becomeUnattached(env, epoch, engine.NoNode)
	}
	if !r.validVoterKey(req.VoterID, p.VoterDirectoryID) {
		return engine.ErrInvalidVoterKey, false
	}
	candidate := ReplicaKey{engine.NodeID(p.CandidateID), p.CandidateDirectoryID}
	end := epochAndOffset{engine.LeaderEpoch(p.LastOffsetEpoch), engine.Offset(p.LastOffset)}
	upToDate := end.compare(r.log.endAndEpoch()) >= 0 || r.cfg.has(BugVoteStaleLog)
	granted = r.canGrantVote(candidate, upToDate, p.PreVote)
	if granted && !p.PreVote && (!r.state.election.hasVoted || r.cfg.has(BugVoteTwice)) {
		r.addVote(env, candidate)
	}
	ev := engine.Event{Kind: engine.EventQuorumVoted, Epoch: epoch, Peer: candidate.ID}
	if granted {
		ev.Code = 1
	}
	if p.PreVote {
		ev.Count = 1
	}
	env.Trace(ev)
	return engine.ErrNone, granted
}

// pollVotes asks the voters that have not answered, while they can still decide
// (maybeSendVoteRequests).
func (r *Replica) pollVotes(env *engine.Env) time.Duration {
	s := &r.state
	if s.voteRejected() {
		return never
	}
	wait := never
	voters := r.log.lastVoters()
	for i := range s.votes {
		if s.votes[i].state != voteUnrecorded {
			continue
		}
		key := s.votes[i].key
		ready, d := r.canSend(env, key.ID)
		if ready {
			addr, _ := addressOf(voters.endpoints(key.ID), r.cfg.ListenerName)
			// The request names the end of the log: the voter may elect us for it.
			after := r.log.barrier()
			if r.cfg.has(BugVoteNotDurable) {
				after = engine.Durable{}
			}
			r.send(env, key.ID, addr, r.voteRequest(key, s.role == Prospective), after)
			d = r.cfg.RequestTimeout
		}
		wait = min(wait, d)
	}
	return wait
}

func (r *Replica) voteRequest(to ReplicaKey, preVote bool) *kmsg.VoteRequest {
	end := r.log.endAndEpoch()
	p := kmsg.NewVoteRequestTopicPartition()
	p.CandidateEpoch = int32(r.state.election.epoch)
	p.CandidateID = int32(r.cfg.NodeID)
	p.CandidateDirectoryID = r.cfg.DirectoryID
	p.VoterDirectoryID = to.DirectoryID
	p.LastOffsetEpoch = int32(end.epoch)
	p.LastOffset = int64(end.offset)
	p.PreVote = preVote
	req := kmsg.NewPtrVoteRequest()
	req.Version = 2
	req.ClusterID = kmsg.StringPtr(r.cfg.ClusterID)
	req.VoterID = int32(to.ID)
	req.Topics = []kmsg.VoteRequestTopic{{Topic: TopicName, Partitions: []kmsg.VoteRequestTopicPartition{p}}}
	return req
}

// onVote counts the answer of a voter (handleVoteResponse).
func (r *Replica) onVote(env *engine.Env, from engine.NodeID, resp *kmsg.VoteResponse) bool {
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
	if code != engine.ErrNone {
		return false
	}
	if r.state.role != Prospective && r.state.role != Candidate {
		return true
	}
	r.recordVote(env, from, p.VoteGranted)
	return true
}

func (r *Replica) recordVote(env *engine.Env, from engine.NodeID, granted bool) {
	s := &r.state
	for i := range s.votes {
		if s.votes[i].key.ID != from {
			continue
		}
		if granted {
			s.votes[i].state = voteGranted
		} else {
			s.votes[i].state = voteRejected
		}
	}
	switch {
	case s.voteGranted() && s.role == Prospective:
		r.becomeCandidate(env)
	case s.voteGranted():
		r.becomeLeader(env)
	case s.voteRejected() && s.role == Prospective:
		r.loseProspective(env)
	}
	// A candidate that lost waits for the rest of its time before it tries again.
}
