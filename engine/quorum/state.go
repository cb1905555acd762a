package quorum

import (
	"math"
	"time"

	"bitacora/engine"
	"bitacora/engine/log"
)

// Role is what a replica is in its epoch. The values are EventQuorumState's codes.
type Role uint8

// The roles (EpochState's implementations).
const (
	Unattached  Role = iota // knows no leader that it could fetch from
	Prospective             // asks whether it could win an election (pre-vote)
	Candidate               // asks for votes in an epoch of its own
	Leader
	Follower // fetches from a leader
	Resigned // led this epoch, and leads it no more
)

// String is Kafka's name of the state.
func (r Role) String() string {
	return [...]string{"Unattached", "Prospective", "Candidate", "Leader", "Follower", "Resigned"}[r]
}

// epochState is the state of the current epoch. Which fields count beside the
// first ones depends on the role.
type epochState struct {
	role            Role
	election        election
	leaderEndpoints []Endpoint
	// highWatermark is NoOffset until this state knows one. The leader's is in
	// leaderState.
	highWatermark engine.Offset

	// Unattached, Prospective, Candidate, Resigned: when to try (again).
	electionAt engine.Time
	votes      []vote // Prospective, Candidate: one for each voter, by id

	// Follower.
	fetchAt           engine.Time // no successful Fetch by then: stand for election
	updateVoterAt     engine.Time // when to see whether the voter set needs a change
	fetchedFromLeader bool        // a Fetch from this leader succeeded
	download          download    // a snapshot that it fetches

	// Resigned.
	unacked    []engine.NodeID // voters that have not answered EndQuorumEpoch
	successors []ReplicaKey    // best first
}

type vote struct {
	key   ReplicaKey
	state voteState
}

type voteState uint8

const (
	voteUnrecorded voteState = iota
	voteGranted
	voteRejected
)

// newVotes begins an election among the voters, with the replica's own vote.
func newVotes(voters VoterSet, self engine.NodeID) []vote {
	votes := make([]vote, len(voters))
	for i := range voters {
		votes[i].key = voters[i].Key
		if voters[i].Key.ID == self {
			votes[i].state = voteGranted
		}
	}
	return votes
}

func countVotes(votes []vote, state voteState) int {
	n := 0
	for i := range votes {
		if votes[i].state == state {
			n++
		}
	}
	return n
}

func (s *epochState) voteGranted() bool {
	return countVotes(s.votes, voteGranted) >= len(s.votes)/2+1
}

func (s *epochState) voteRejected() bool {
	return len(s.votes)-countVotes(s.votes, voteRejected) < len(s.votes)/2+1
}

func (s *epochState) grantingVoters() []engine.NodeID {
	var ids []engine.NodeID
	for i := range s.votes {
		if s.votes[i].state == voteGranted {
			ids = append(ids, s.votes[i].key.ID)
		}
	}
	return ids
}

func (s *epochState) hasLeader() bool { return s.election.leader != engine.NoNode }

// never is a wait without an end, far enough from overflow to be added to.
const never = time.Duration(math.MaxInt64 / 4)

func remaining(now, at engine.Time) time.Duration { return max(at.Sub(now), 0) }

func (r *Replica) randomElectionTimeout(env *engine.Env) time.Duration {
	t := r.cfg.ElectionTimeout
	if t <= 0 {
		return 0
	}
	return t + time.Duration(env.Rand().Int64N(int64(t)))
}

// initialState is the state that a replica wakes in (QuorumState.initialize): the
// one it went down in, except that a leader has resigned. It may have lost what it
// had appended, so it must not append in that epoch again.
func (r *Replica) initialState(env *engine.Env) epochState {
	e, voters := r.initial, r.log.lastVoters()
	s := epochState{
		election:      e,
		highWatermark: engine.NoOffset,
		electionAt:    env.Now().Add(r.randomElectionTimeout(env)),
	}
	switch last := r.log.lastEpoch(); {
	case e.epoch < last:
		s.election = election{epoch: last, leader: engine.NoNode}
	case e.leader == r.cfg.NodeID:
		s.role = Resigned
		s.election.hasVoted, s.election.voted = false, ReplicaKey{}
		s.leaderEndpoints = r.cfg.Listeners
		s.unacked = without(voters.IDs(), r.cfg.NodeID)
	case e.hasVoted && e.voted.matches(r.cfg.key()) && voters.IsVoter(r.cfg.key()):
		s.role = Candidate
		s.votes = newVotes(voters, r.cfg.NodeID)
	case e.leader != engine.NoNode && len(voters.endpoints(e.leader)) > 0:
		s.role = Follower
		s.leaderEndpoints = voters.endpoints(e.leader)
		r.startFollowing(env, &s)
	}
	return s
}

func (r *Replica) startFollowing(env *engine.Env, s *epochState) {
	s.fetchAt = env.Now().Add(r.cfg.FetchTimeout)
	s.updateVoterAt = env.Now().Add(r.cfg.FetchTimeout)
}

func without(ids []engine.NodeID, id engine.NodeID) []engine.NodeID {
	kept := ids[:0:0]
	for _, other := range ids {
		if other != id {
			kept = append(kept, other)
		}
	}
	return kept
}

// become is every change of state. What must survive a crash is written first;
// nothing that speaks of it leaves before it is durable (stateBarrier).
func (r *Replica) become(env *engine.Env, s epochState) {
	if s.election.epoch < r.state.election.epoch {
		engine.Violated("EpochOnlyGrows", "node %d: %d after %d", r.cfg.NodeID, s.election.epoch, r.state.election.epoch)
	}
	if encoded := s.election.encode(); string(encoded) != string(r.persisted) && !r.cfg.has(BugVoteNotPersisted) {
		if err := r.log.writeElection(encoded); err != nil {
			r.diskFailed(env)
			return
		}
		r.persisted = encoded
		r.stateBarrier = r.log.barrier()
	}
	if r.state.role == Leader && s.role != Leader {
		r.stopLeading(env)
	}
	changed := !r.started || r.state.role != s.role || r.state.election != s.election
	r.state = s
	if changed {
		r.traceState(env)
	}
}

func (r *Replica) traceState(env *engine.Env) {
	e := &r.state.election
	peer := e.leader
	if peer == engine.NoNode && e.hasVoted {
		peer = e.voted.ID
	}
	env.Trace(engine.Event{
		Kind: engine.EventQuorumState, Code: int16(r.state.role), Epoch: e.epoch, Peer: peer,
	})
}

// becomeUnattached: transitionToUnattached. Within an epoch (a prospective that
// lost) what was voted stays, so that it is not voted twice.
func (r *Replica) becomeUnattached(env *engine.Env, epoch engine.LeaderEpoch, leader engine.NodeID) {
	old := &r.state
	s := epochState{
		role:          Unattached,
		election:      election{epoch: epoch, leader: leader},
		highWatermark: r.highWatermark(),
	}
	switch {
	case !r.isVoter():
		s.electionAt = env.Now().Add(never)
	case old.role == Candidate, old.role == Unattached, old.role == Resigned,
		old.role == Prospective && !old.voteRejected():
		s.electionAt = old.electionAt
	default:
		s.electionAt = env.Now().Add(r.randomElectionTimeout(env))
	}
	if epoch == old.election.epoch {
		s.election.voted, s.election.hasVoted = old.election.voted, old.election.hasVoted
	}
	r.become(env, s)
	r.resetPeers()
}

// addVote: unattachedAddVotedState and prospectiveAddVotedState. The time-out
// begins anew: the candidate has at least as good a chance as this replica.
func (r *Replica) addVote(env *engine.Env, candidate ReplicaKey) {
	s := r.state
	s.election.voted, s.election.hasVoted = candidate, true
	s.electionAt = env.Now().Add(r.randomElectionTimeout(env))
	if s.role == Prospective {
		s.votes = newVotes(r.log.lastVoters(), r.cfg.NodeID)
	}
	r.become(env, s)
}

// becomeFollower: transitionToFollower and onBecomeFollower.
func (r *Replica) becomeFollower(env *engine.Env, epoch engine.LeaderEpoch, leader engine.NodeID, endpoints []Endpoint) {
	if _, known := addressOf(endpoints, r.cfg.ListenerName); !known || leader == r.cfg.NodeID {
		engine.Violated("FollowsAKnownLeader", "node %d epoch %d leader %d at %v", r.cfg.NodeID, epoch, leader, endpoints)
	}
	old := &r.state
	s := epochState{
		role:            Follower,
		election:        election{epoch: epoch, leader: leader},
		leaderEndpoints: endpoints,
		highWatermark:   r.highWatermark(),
	}
	if epoch == old.election.epoch {
		if old.role == Leader {
			engine.Violated("ElectionSafety", "node %d leads epoch %d, and so does %d", r.cfg.NodeID, epoch, leader)
		}
		s.election.voted, s.election.hasVoted = old.election.voted, old.election.hasVoted
	}
	r.startFollowing(env, &s)
	r.become(env, s)
	r.resetPeers()
	r.refuseParked(env)
}

// becomeProspective: transitionToProspective and onBecomeProspective. The only
// voter is its own majority, and goes on to lead at once.
func (r *Replica) becomeProspective(env *engine.Env) {
	s := r.state
	s.role = Prospective
	s.highWatermark = r.highWatermark()
	s.electionAt = env.Now().Add(r.randomElectionTimeout(env))
	s.votes = newVotes(r.log.lastVoters(), r.cfg.NodeID)
	s.unacked, s.successors = nil, nil
	r.become(env, s)
	if r.state.voteGranted() {
		r.becomeCandidate(env)
		return
	}
	r.resetPeers()
}

// becomeCandidate: transitionToCandidate and onBecomeCandidate.
func (r *Replica) becomeCandidate(env *engine.Env) {
	r.become(env, epochState{
		role: Candidate,
		election: election{
			epoch: r.state.election.epoch + 1, leader: engine.NoNode, voted: r.cfg.key(), hasVoted: true,
		},
		highWatermark: r.state.highWatermark,
		electionAt:    env.Now().Add(r.randomElectionTimeout(env)),
		votes:         newVotes(r.log.lastVoters(), r.cfg.NodeID),
	})
	if !r.maybeBecomeLeader(env) {
		r.resetPeers()
	}
}

func (r *Replica) maybeBecomeLeader(env *engine.Env) bool {
	if !r.state.voteGranted() {
		return false
	}
	r.becomeLeader(env)
	return true
}

// becomeResigned: transitionToResigned. Nothing is written: a leader always wakes
// up resigned.
func (r *Replica) becomeResigned(env *engine.Env) {
	successors := r.leader.successors(r.cfg.NodeID)
	r.refuseParked(env)
	epoch := r.state.election.epoch
	r.become(env, epochState{
		role:            Resigned,
		election:        election{epoch: epoch, leader: r.cfg.NodeID},
		leaderEndpoints: r.cfg.Listeners,
		highWatermark:   engine.NoOffset,
		electionAt:      env.Now().Add(r.randomElectionTimeout(env)),
		unacked:         without(r.log.lastVoters().IDs(), r.cfg.NodeID),
		successors:      successors,
	})
	r.resetPeers()
}

// canGrantVote asks the state whether this replica would elect the other
// (EpochState.canGrantVote). A pre-vote changes nothing, and is refused only by
// those who have a leader that they hear from.
func (r *Replica) canGrantVote(candidate ReplicaKey, upToDate, preVote bool) bool {
	s := &r.state
	switch s.role {
	case Leader:
		return false
	case Follower:
		return preVote && !s.fetchedFromLeader && upToDate
	case Candidate, Resigned:
		return preVote && upToDate
	}
	switch {
	case preVote:
		return upToDate
	case s.election.hasVoted && !r.cfg.has(BugVoteTwice):
		return s.election.voted.matches(candidate)
	case s.hasLeader():
		return false
	}
	return upToDate
}

// durableSeq turns the sequence of Committed into the store's.
func durableSeq(c engine.Committed) log.Seq { return log.Seq(c.Seq) }
