package quorum

import (
	"fmt"
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/channel"
	"bitacora/engine/log"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Replica is one process's copy of the metadata log and its part in the quorum.
type Replica struct {
	cfg      Config
	clientID string // raft-client-N
	log      metadataLog
	initial  election // as read from the disk

	state        epochState
	leader       leaderState // counts while state.role is Leader
	persisted    []byte      // the election state as last written
	stateBarrier engine.Durable

	peers    []*peer // by id
	requests int64   // sent so far: numbers them
	parked   []parkedFetch

	events     []Event
	delivering bool          // Drain has handed out where the log begins
	delivered  engine.Offset // everything below was handed out by Drain
	cleanAt    engine.Time   // when to look for old snapshots
	highest    engine.Offset // the highest high watermark there was
	announced  leadership    // as last told to the owner

	started  bool
	failed   bool // the disk is lost, or the process is halting
	stopping bool
	stopped  bool
	stopAt   engine.Time
	armed    bool // a timer is set for wakeAt
	wakeAt   engine.Time
}

type leadership struct {
	leader engine.NodeID
	epoch  engine.LeaderEpoch
}

// New opens the metadata log of a disk that Format prepared (or, for an observer,
// of an empty one) and recovers it. Nothing is sent before Started.
func New(cfg Config, store log.Store) (*Replica, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	l, err := openLog(store, cfg.log())
	if err != nil {
		return nil, err
	}
	e, found, err := l.readElection()
	if err != nil {
		return nil, err
	}
	if !found {
		e = election{leader: engine.NoNode}
	}
	return &Replica{
		cfg:       cfg,
		clientID:  fmt.Sprintf("raft-client-%d", cfg.NodeID),
		log:       l,
		initial:   e,
		state:     epochState{election: election{leader: engine.NoNode}, highWatermark: engine.NoOffset},
		leader:    leaderState{highWatermark: engine.NoOffset},
		announced: leadership{engine.NoNode, -1},
	}, nil
}

// timerPoll is the one timer of the replica's own; its channels have theirs.
const timerPoll uint8 = 1

func pollTimer() engine.Timer { return engine.Timer{Owner: engine.OwnerQuorum, Kind: timerPoll} }

// Handle takes an input if it is the quorum's, and says whether it was. Give it
// Started, Committed, everything of engine.OwnerQuorum, the Disconnected of
// accepted connections, and the requests that arrive on a controller listener
// (Fetch there is a Fetch of the metadata log, whatever it asks for). Started,
// Committed and Disconnected may concern others too. Drain the events afterwards.
func (r *Replica) Handle(env *engine.Env, in engine.Input) bool {
	if r.failed || !r.started {
		if _, ok := in.(engine.Started); !ok || r.failed {
			return false
		}
	}
	switch in := in.(type) {
	case engine.Started:
		r.start(env)
	case engine.Request:
		if !r.handleRequest(env, replyTo{request: in}, in.Body) {
			return false
		}
	case engine.Response, engine.Connected:
		if !r.onChannel(env, in) {
			return false
		}
	case engine.Disconnected:
		if in.Owner != engine.OwnerQuorum {
			r.forgetConnection(in.Conn)
			return false
		}
		if !r.onChannel(env, in) {
			return false
		}
	case engine.TimerFired:
		if in.Timer.Owner != engine.OwnerQuorum || in.Timer != pollTimer() && !r.onChannel(env, in) {
			return false
		}
		if in.Timer == pollTimer() {
			r.armed = false
		}
	case engine.Committed:
		if in.Disk != engine.DiskMeta {
			return false
		}
		if r.log.onCommitted(durableSeq(in)) && r.state.role == Leader {
			r.onLeaderProgress(env)
		}
	default:
		return false
	}
	r.poll(env)
	return true
}

// start wakes the replica in the state that it went down in. The only voter of a
// cluster leads at once (KafkaRaftClient.initialize).
func (r *Replica) start(env *engine.Env) {
	r.persisted, _ = r.log.store.Record(log.MetadataID, log.RecordKey{Kind: log.RecordQuorumState})
	r.cleanAt = env.Now().Add(cleanInterval)
	if latest, some := r.log.latestSnapshot(); some {
		r.highest = latest.id.offset // what is in a snapshot was committed
	}
	env.Trace(engine.Event{Kind: engine.EventRecovered, Topic: TopicName, Offset: r.log.start, Until: r.log.end})
	r.traceVoters(env, nil)
	r.become(env, r.initialState(env))
	r.started = true
	only := r.log.lastVoters().isOnlyVoter(r.cfg.key())
	switch r.state.role {
	case Unattached, Follower, Resigned:
		if only {
			r.becomeProspective(env)
		}
	case Candidate:
		r.maybeBecomeLeader(env)
	}
}

// pollRoundsMax bounds the rounds of one input. A round asks for another at once
// only when it changed the state; a long chain of changes is a mistake of ours.
const pollRoundsMax = 16

// poll does what the current state has due, until nothing is (KafkaRaftClient.poll).
func (r *Replica) poll(env *engine.Env) {
	wait := time.Duration(0)
	for round := 0; wait == 0 && !r.failed && !r.stopped; round++ {
		if round == pollRoundsMax {
			wait = time.Millisecond
			break
		}
		if r.maybeStop(env) {
			return
		}
		wait = r.pollState(env)
	}
	if r.failed || r.stopped {
		return
	}
	r.expireParked(env)
	r.deliver(env)
	wait = min(wait, r.maybeClean(env))
	if r.failed {
		return
	}
	for i := range r.parked {
		wait = min(wait, remaining(env.Now(), r.parked[i].expiresAt))
	}
	r.arm(env, wait)
}

func (r *Replica) arm(env *engine.Env, wait time.Duration) {
	if wait >= never/2 {
		if r.armed {
			env.CancelTimer(pollTimer())
			r.armed = false
		}
		return
	}
	at := env.Now().Add(wait)
	if r.armed && r.wakeAt <= at && r.wakeAt > env.Now() {
		return // soon enough; what is too early costs one idle round
	}
	r.armed, r.wakeAt = true, at
	env.SetTimer(pollTimer(), wait)
}

func (r *Replica) pollState(env *engine.Env) time.Duration {
	switch r.state.role {
	case Leader:
		return r.pollLeader(env)
	case Candidate:
		return r.pollCandidate(env)
	case Prospective:
		return r.pollProspective(env)
	case Follower:
		return r.pollFollower(env)
	case Resigned:
		return r.pollResigned(env)
	}
	return r.pollUnattached(env)
}

// pollCandidate: a candidate that is shutting down stays one, so that it may win
// and hand over properly.
func (r *Replica) pollCandidate(env *engine.Env) time.Duration {
	if r.stopping {
		return min(r.pollVotes(env), remaining(env.Now(), r.stopAt))
	}
	if env.Now() >= r.state.electionAt {
		r.becomeProspective(env)
		return 0
	}
	return min(r.pollVotes(env), remaining(env.Now(), r.state.electionAt))
}

func (r *Replica) pollProspective(env *engine.Env) time.Duration {
	if r.stopping {
		return min(r.pollVotes(env), remaining(env.Now(), r.stopAt))
	}
	if env.Now() >= r.state.electionAt {
		r.loseProspective(env)
		return 0
	}
	return min(r.pollVotes(env), remaining(env.Now(), r.state.electionAt))
}

// loseProspective goes back to the leader it knows, or waits
// (prospectiveTransitionAfterElectionLoss).
func (r *Replica) loseProspective(env *engine.Env) {
	s := &r.state
	if s.hasLeader() && len(s.leaderEndpoints) > 0 {
		r.becomeFollower(env, s.election.epoch, s.election.leader, s.leaderEndpoints)
		return
	}
	r.becomeUnattached(env, s.election.epoch, s.election.leader)
}

func (r *Replica) pollUnattached(env *engine.Env) time.Duration {
	wait := never
	if r.isVoter() {
		if r.stopping {
			return remaining(env.Now(), r.stopAt)
		}
		if env.Now() >= r.state.electionAt {
			r.becomeProspective(env)
			return 0
		}
		wait = remaining(env.Now(), r.state.electionAt)
	}
	return min(wait, r.fetchFromBootstrap(env))
}

// pollResigned stays resigned for an election time-out, so that another may lead.
// It leaves in a higher epoch, because in this one it is the leader.
func (r *Replica) pollResigned(env *engine.Env) time.Duration {
	wait := r.pollEndEpoch(env)
	if r.stopping {
		return min(wait, remaining(env.Now(), r.stopAt))
	}
	if env.Now() >= r.state.electionAt {
		r.becomeUnattached(env, r.state.election.epoch+1, engine.NoNode)
		return 0
	}
	return min(wait, remaining(env.Now(), r.state.electionAt))
}

// Shutdown hands leadership over, if the replica has it (KafkaRaftClient
// .shutdown). The event Stopped says when the process may go: at once for
// followers and observers, when another leads or after 5 s for voters.
func (r *Replica) Shutdown(env *engine.Env) {
	if r.stopping || r.failed {
		return
	}
	r.stopping = true
	r.stopAt = env.Now().Add(shutdownTimeout)
	if r.started {
		r.poll(env)
	}
}

func (r *Replica) maybeStop(env *engine.Env) bool {
	if !r.stopping {
		return false
	}
	e := &r.state.election
	remoteLeader := e.leader != engine.NoNode && e.leader != r.cfg.NodeID
	only := r.log.lastVoters().isOnlyVoter(r.cfg.key())
	if r.isVoter() && !only && !remoteLeader && env.Now() < r.stopAt {
		return false
	}
	r.stopped = true
	r.emit(Stopped{})
	return true
}

// Resign asks the leader of an epoch to hand over (RaftClient.resign). An epoch
// that is over needs no resignation.
func (r *Replica) Resign(env *engine.Env, epoch engine.LeaderEpoch) {
	if r.state.role == Leader && r.state.election.epoch == epoch {
		r.leader.resignRequested = true
		r.poll(env)
	}
}

func (r *Replica) isVoter() bool { return r.log.lastVoters().IsVoter(r.cfg.key()) }

func (r *Replica) highWatermark() engine.Offset {
	if r.state.role == Leader {
		return r.leader.highWatermark
	}
	return r.state.highWatermark
}

// diskFailed ends the process, as Kafka does when its metadata log fails.
func (r *Replica) diskFailed(env *engine.Env) {
	r.failed = true
	env.Halt(engine.HaltDiskFailed)
}

// maybeFollow takes what a request or an answer says about epoch and leader
// (KafkaRaftClient.maybeTransition).
func (r *Replica) maybeFollow(env *engine.Env, epoch engine.LeaderEpoch, leader engine.NodeID, endpoints []Endpoint) {
	e := &r.state.election
	if leader == r.cfg.NodeID {
		return // itself, or what stood in its place with another disk
	}
	r.checkLeader(epoch, leader)
	switch {
	case epoch > e.epoch && leader == engine.NoNode:
		r.becomeUnattached(env, epoch, engine.NoNode)
	case epoch > e.epoch,
		leader != engine.NoNode && (!r.state.hasLeader() || len(endpoints) > len(r.state.leaderEndpoints)):
		if _, known := addressOf(endpoints, r.cfg.ListenerName); known {
			r.becomeFollower(env, epoch, leader, endpoints)
		} else if epoch > e.epoch {
			r.becomeUnattached(env, epoch, leader)
		}
	}
}

// checkLeader: an epoch has one leader (hasConsistentLeader).
func (r *Replica) checkLeader(epoch engine.LeaderEpoch, leader engine.NodeID) {
	e := &r.state.election
	if epoch == e.epoch && leader != engine.NoNode && r.state.hasLeader() && leader != e.leader {
		engine.Violated("ElectionSafety", "node %d: epoch %d is led by %d, and here epoch %d by %d (%v)",
			r.cfg.NodeID, epoch, leader, e.epoch, e.leader, r.state.role)
	}
}

// onCommon does what every answer of another replica is treated with first
// (maybeHandleCommonResponse). With done the answer needs no more, and ok says
// whether the peer is well.
func (r *Replica) onCommon(env *engine.Env, code engine.ErrorCode, epoch engine.LeaderEpoch, leader engine.NodeID, endpoints []Endpoint) (done, ok bool) {
	e := &r.state.election
	if leader != engine.NoNode && len(endpoints) == 0 {
		endpoints = r.log.lastVoters().endpoints(leader)
	}
	switch {
	case epoch < e.epoch, code == engine.ErrUnknownLeaderEpoch:
		return true, true
	case epoch > e.epoch, code == engine.ErrFencedLeaderEpoch, code == engine.ErrNotLeaderOrFollower:
		r.maybeFollow(env, epoch, leader, endpoints)
		return true, true
	case leader != engine.NoNode && (!r.state.hasLeader() || len(r.state.leaderEndpoints) == 0):
		// Unattached to a leader that it knows by name only is a replica that went
		// down before it had fetched any voters. (Kafka, which asks for the name
		// alone, throws in handleFetchResponse.)
		//
		// An observer finds the leader and its first records in one answer.
		r.maybeFollow(env, epoch, leader, endpoints)
		return code != engine.ErrNone || r.state.role != Follower, true
	case code == engine.ErrBrokerNotAvailable:
		return true, false
	case code == engine.ErrInvalidVoterKey:
		return true, true
	}
	return false, false
}

// onResponse takes the end of a request that still counts. It says whether the
// peer is well; if not, it is left alone for retry.backoff.ms.
func (r *Replica) onResponse(env *engine.Env, from engine.NodeID, result channel.Result) bool {
	if result.Failure != channel.None {
		if _, ok := result.Request.(*kmsg.ApiVersionsRequest); ok {
			r.onJoinerVersions(env, from, nil)
		}
		return false
	}
	switch resp := result.Response.(type) {
	case *kmsg.FetchResponse:
		return r.onFetch(env, from, resp)
	case *kmsg.FetchSnapshotResponse:
		return r.onFetchSnapshot(env, resp)
	case *kmsg.VoteResponse:
		return r.onVote(env, from, resp)
	case *kmsg.BeginQuorumEpochResponse:
		return r.onBeginQuorumEpoch(env, from, resp)
	case *kmsg.EndQuorumEpochResponse:
		return r.onEndQuorumEpoch(env, from, resp)
	case *kmsg.ApiVersionsResponse:
		return r.onJoinerVersions(env, from, resp)
	case *kmsg.UpdateRaftVoterResponse:
		return r.onUpdateVoter(env, resp)
	case *kmsg.AddRaftVoterResponse:
		return r.onAddVoter(env, resp)
	case *kmsg.RemoveRaftVoterResponse:
		return r.onRemoveVoter(env, resp)
	}
	return false
}

// traceAppend reports a batch that entered the log, and from whom it came.
func (r *Replica) traceAppend(env *engine.Env, b batch.Batch, from engine.NodeID) {
	env.Trace(engine.Event{
		Kind: engine.EventAppended, Topic: TopicName, Peer: from, Epoch: b.PartitionLeaderEpoch(),
		Offset: b.BaseOffset(), Until: b.NextOffset(), Count: int64(len(b)),
	})
}

// traceVoters reports the voter set where it is another than before.
func (r *Replica) traceVoters(env *engine.Env, before VoterSet) {
	now := r.log.lastVoters()
	if slices.EqualFunc(before, now, func(a, b Voter) bool { return a.equal(&b) }) {
		return
	}
	env.Trace(engine.Event{Kind: engine.EventQuorumVoters, Nodes: now.IDs(), Epoch: r.log.lastEpoch()})
}

// traceHighWatermark reports that the high watermark moved, which it does one way.
// A new leader's own is unknown at first, but reaches what its replica knew.
func (r *Replica) traceHighWatermark(env *engine.Env, now engine.Offset) {
	if now < r.highest || now > r.log.end {
		engine.Violated("MonotonicHighWatermark", "node %d: %d after %d, log end %d", r.cfg.NodeID, now, r.highest, r.log.end)
	}
	if now > r.highest {
		env.Trace(engine.Event{Kind: engine.EventQuorumHighWatermark, Offset: now, Until: r.highest})
	}
	r.highest = now
}
