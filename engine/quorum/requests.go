package quorum

import (
	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// replyTo says whom an answer is for: a connection, or whoever handed the request
// in by Forward.
type replyTo struct {
	request   engine.Request
	token     int64
	forwarded bool
}

// Forward hands in a request that did not come over a connection of this process's
// controller listener as such, but inside an Envelope: DescribeQuorum,
// AddRaftVoter, RemoveRaftVoter. The answer comes as an event Answered with the
// token, now or later. It says whether the request is one of the quorum's.
func (r *Replica) Forward(env *engine.Env, token int64, body kmsg.Request) bool {
	switch body.(type) {
	case *kmsg.DescribeQuorumRequest, *kmsg.AddRaftVoterRequest, *kmsg.RemoveRaftVoterRequest:
	default:
		return false
	}
	if r.failed || !r.started || !r.handleRequest(env, replyTo{token: token, forwarded: true}, body) {
		return false
	}
	r.poll(env)
	return true
}

func (r *Replica) handleRequest(env *engine.Env, to replyTo, body kmsg.Request) bool {
	if !isQuorumRequest(body) {
		return false
	}
	if r.stopped {
		if !to.forwarded {
			env.Close(to.request.Conn)
		}
		return true
	}
	switch req := body.(type) {
	case *kmsg.FetchRequest:
		r.handleFetch(env, to, req)
	case *kmsg.VoteRequest:
		r.reply(env, to, r.handleVote(env, req))
	case *kmsg.BeginQuorumEpochRequest:
		r.reply(env, to, r.handleBeginQuorumEpoch(env, req))
	case *kmsg.EndQuorumEpochRequest:
		r.reply(env, to, r.handleEndQuorumEpoch(env, req))
	case *kmsg.DescribeQuorumRequest:
		r.reply(env, to, r.handleDescribeQuorum(env, req))
	case *kmsg.FetchSnapshotRequest:
		r.reply(env, to, r.handleFetchSnapshot(env, req))
	case *kmsg.AddRaftVoterRequest:
		r.handleAddRaftVoter(env, to, req)
	case *kmsg.RemoveRaftVoterRequest:
		r.handleRemoveRaftVoter(env, to, req)
	case *kmsg.UpdateRaftVoterRequest:
		r.reply(env, to, r.handleUpdateRaftVoter(env, req))
	}
	return true
}

func isQuorumRequest(body kmsg.Request) bool {
	switch body.(type) {
	case *kmsg.FetchRequest, *kmsg.VoteRequest, *kmsg.BeginQuorumEpochRequest, *kmsg.EndQuorumEpochRequest,
		*kmsg.DescribeQuorumRequest, *kmsg.FetchSnapshotRequest, *kmsg.AddRaftVoterRequest,
		*kmsg.RemoveRaftVoterRequest, *kmsg.UpdateRaftVoterRequest:
		return true
	}
	return false
}

// reply answers, once the election state that the answer speaks from is durable.
func (r *Replica) reply(env *engine.Env, to replyTo, resp kmsg.Response) {
	if r.failed {
		return
	}
	after := r.atLeastState(engine.Durable{})
	if to.forwarded {
		r.emit(Answered{Token: to.token, Response: resp, After: after})
		return
	}
	env.Reply(to.request, resp, after)
}

// forgetConnection drops what waits to be answered on a connection that is gone.
func (r *Replica) forgetConnection(conn engine.ConnID) {
	kept := r.parked[:0]
	for _, p := range r.parked {
		if p.to.forwarded || p.to.request.Conn != conn {
			kept = append(kept, p)
		}
	}
	clear(r.parked[len(kept):])
	r.parked = kept
	if a := &r.leader.addVoter; a.pending && !a.to.forwarded && a.to.request.Conn == conn {
		a.answered = true
	}
	if a := &r.leader.removeVoter; a.pending && !a.to.forwarded && a.to.request.Conn == conn {
		a.answered = true
	}
}

// validCluster: a cluster id that is given must be this one's.
func (r *Replica) validCluster(id *string) bool { return id == nil || *id == r.cfg.ClusterID }

// validLeaderRequest checks a request that only the leader serves, in the epoch
// that the sender knows (validateLeaderOnlyRequest).
func (r *Replica) validLeaderRequest(epoch engine.LeaderEpoch) engine.ErrorCode {
	switch now := r.state.election.epoch; {
	case epoch < now:
		return engine.ErrFencedLeaderEpoch
	case epoch > now:
		return engine.ErrUnknownLeaderEpoch
	case r.state.role != Leader:
		return engine.ErrNotLeaderOrFollower
	case r.stopping:
		return engine.ErrBrokerNotAvailable
	}
	return engine.ErrNone
}

// validVoterEnvelope checks what every request of one voter to another begins with:
// this cluster's id, if any, and the metadata partition and no other.
func (r *Replica) validVoterEnvelope(clusterID *string, onlyMetadata bool) engine.ErrorCode {
	switch {
	case !r.validCluster(clusterID):
		return engine.ErrInconsistentClusterID
	case !onlyMetadata:
		return engine.ErrInvalidRequest
	}
	return engine.ErrNone
}

// followSender takes the word of a leader that speaks of its own epoch, with the n
// endpoints that it gives, or those that the voter set has.
func (r *Replica) followSender(env *engine.Env, epoch engine.LeaderEpoch, leader engine.NodeID, n int, endpoint func(i int) Endpoint) engine.ErrorCode {
	if code := r.validVoterRequest(leader, epoch); code != engine.ErrNone {
		return code
	}
	endpoints := r.log.lastVoters().endpoints(leader)
	if n > 0 {
		endpoints = make([]Endpoint, n)
		for i := range endpoints {
			endpoints[i] = endpoint(i)
		}
	}
	r.maybeFollow(env, epoch, leader, endpoints)
	return engine.ErrNone
}

// validVoterRequest checks a request of one voter to another
// (validateVoterOnlyRequest).
func (r *Replica) validVoterRequest(from engine.NodeID, epoch engine.LeaderEpoch) engine.ErrorCode {
	switch {
	case epoch < r.state.election.epoch:
		return engine.ErrFencedLeaderEpoch
	case from < 0:
		return engine.ErrInvalidRequest
	}
	return engine.ErrNone
}

// validVoterKey says whether a request that names its receiver means this replica
// (isValidVoterKey). One that names none means anybody.
func (r *Replica) validVoterKey(id int32, directory [16]byte) bool {
	return id < 0 || ReplicaKey{engine.NodeID(id), directory}.matches(r.cfg.key())
}

// leaderNode is the leader as answers name it beside their partitions, from the
// version that knows endpoints on.
func (r *Replica) leaderNode() (id int32, addr engine.Addr, known bool) {
	e := &r.state.election
	addr, known = addressOf(r.state.leaderEndpoints, r.cfg.ListenerName)
	return int32(e.leader), addr, known && e.leader != engine.NoNode
}

// endpointsOf gives what an answer says of where its leader is: the answer's own
// node endpoints, or else the voter set's.
func (r *Replica) endpointsOf(leader engine.NodeID, n int, node func(i int) (id int32, host string, port int32)) []Endpoint {
	for i := range n {
		if id, host, port := node(i); engine.NodeID(id) == leader {
			return []Endpoint{{Name: r.cfg.ListenerName, Host: host, Port: uint16(port)}}
		}
	}
	return r.log.lastVoters().endpoints(leader)
}

// messageOf is the text that Kafka puts beside an error code where a handler has
// nothing more to say (Errors.message).
func messageOf(code engine.ErrorCode) string {
	switch code {
	case engine.ErrUnknownTopicOrPartition:
		return "This server does not host this topic-partition."
	case engine.ErrNotLeaderOrFollower:
		return "For requests intended only for the leader, this error indicates that the broker is not the current leader. " +
			"For requests intended for any replica, this error indicates that the broker is not a replica of the topic partition."
	case engine.ErrRequestTimedOut:
		return "The request timed out."
	}
	return code.String()
}

// isMetadata says whether this is the partition that the quorum keeps.
func isMetadata(topic string, partition int32) bool { return topic == TopicName && partition == 0 }
