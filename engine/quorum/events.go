package quorum

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/batch"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Event is what the replica tells the process that it is part of. The set is
// closed.
type Event interface{ event() }

// BecameLeader: this replica leads Epoch, and every batch committed before it was
// handed out (RaftClient.Listener.handleLeaderChange on the leader).
type BecameLeader struct{ Epoch engine.LeaderEpoch }

// ResignedLeadership: this replica, which had said BecameLeader, leads no more.
// What it appended since may be committed or not; the log tells.
type ResignedLeadership struct{ Epoch engine.LeaderEpoch }

// LeaderChanged: Leader, reached at Addr, leads Epoch; NoNode if nobody is known
// to. Told to all but the leader itself.
type LeaderChanged struct {
	Leader engine.NodeID
	Epoch  engine.LeaderEpoch
	Addr   engine.Addr
}

// Committed: the batch is committed (RaftClient.Listener.handleCommit). Control
// batches are the quorum's own, but they count as offsets.
type Committed struct{ Batch batch.Batch }

// SnapshotLoaded: everything below the snapshot's end offset is committed, and its
// batches build the metadata as of there (RaftClient.Listener.handleLoadSnapshot).
// It comes before any Committed, or in the place of those that are not in the log
// any more. LastContained is the time of the last batch that it stands for.
type SnapshotLoaded struct {
	ID            SnapshotID
	LastContained engine.WallTime
	Batches       []byte
}

// Answered: the answer to the Forward with Token. It must not leave before After
// is met.
type Answered struct {
	Token    int64
	Response kmsg.Response
	After    engine.Durable
}

// Stopped: Shutdown is done, the process may end.
type Stopped struct{}

func (BecameLeader) event()       {}
func (ResignedLeadership) event() {}
func (LeaderChanged) event()      {}
func (Committed) event()          {}
func (SnapshotLoaded) event()     {}
func (Answered) event()           {}
func (Stopped) event()            {}

func (r *Replica) emit(e Event) { r.events = append(r.events, e) }

// Drain gives the events since the last Drain, in order. Call it after each Handle,
// Append, Forward, Resign and Shutdown.
func (r *Replica) Drain() []Event {
	events := r.events
	r.events = nil
	return events
}

// deliverBytesMax is how much of the log is read at a time to be handed out.
const deliverBytesMax = 1 << 20

// deliver hands out what became committed, then who leads (pollListeners). A
// leader learns that it leads only when it has seen everything before its epoch
// (ListenerContext.maybeFireLeaderChange).
func (r *Replica) deliver(env *engine.Env) {
	committed := r.highWatermark()
	if r.delivered < committed && !r.loadSnapshot(env) {
		return
	}
	for r.delivered < committed {
		run, err := r.log.read(r.delivered, committed, deliverBytesMax)
		if err != nil || len(run) == 0 {
			r.diskFailed(env)
			return
		}
		it := batch.Iterate(run)
		for it.Next() {
			b := it.Batch()
			if b.BaseOffset() != r.delivered {
				engine.Violated("CommittedInOrder", "node %d: %v after %d", r.cfg.NodeID, b, r.delivered)
			}
			r.emit(Committed{Batch: b})
			r.delivered = b.NextOffset()
		}
	}
	now := leadership{r.state.election.leader, r.state.election.epoch}
	news := now.epoch > r.announced.epoch || now.leader != engine.NoNode && r.announced.leader == engine.NoNode
	switch {
	case now == r.announced || !news || r.state.role == Resigned:
	case r.state.role != Leader:
		addr, _ := addressOf(r.state.leaderEndpoints, r.cfg.ListenerName)
		r.announced = now
		r.emit(LeaderChanged{Leader: now.leader, Epoch: now.epoch, Addr: addr})
	case r.delivered > r.leader.epochStart:
		r.announced = now
		r.emit(BecameLeader{Epoch: now.epoch})
	}
}

// Leader is who leads as far as this replica knows, in which epoch, and where; the
// node is NoNode, and the address empty, where it is not known.
func (r *Replica) Leader() (node engine.NodeID, epoch engine.LeaderEpoch, addr engine.Addr) {
	addr, _ = addressOf(r.state.leaderEndpoints, r.cfg.ListenerName)
	return r.state.election.leader, r.state.election.epoch, addr
}

// State is what a viewer shows of a replica. It is a copy.
type State struct {
	Role          Role
	Epoch         engine.LeaderEpoch
	Leader        engine.NodeID
	VotedFor      engine.NodeID // NoNode if none in this epoch
	Granted       []engine.NodeID
	Voters        []engine.NodeID
	Voter         bool
	HighWatermark engine.Offset // NoOffset while not known
	LogStart      engine.Offset
	LogEnd        engine.Offset
	Snapshots     []SnapshotID    // ascending; the bootstrap checkpoint is none
	Durable       engine.Offset   // what of the log would survive a crash
	Followers     []FollowerState // on the leader, by id: what it knows of the others
}

// FollowerState is what a leader knows of a replica.
type FollowerState struct {
	Node      engine.NodeID
	Voter     bool
	LogEnd    engine.Offset // NoOffset before its first Fetch
	LastFetch engine.Time
}

// State gives the replica's state for a viewer.
func (r *Replica) State() State {
	e := &r.state.election
	s := State{
		Role: r.state.role, Epoch: e.epoch, Leader: e.leader, VotedFor: engine.NoNode,
		Granted: r.state.grantingVoters(), Voters: r.log.lastVoters().IDs(), Voter: r.isVoter(),
		HighWatermark: r.highWatermark(), LogStart: r.log.start, LogEnd: r.log.end, Durable: r.log.durableEnd,
	}
	for i := range r.log.snapshots {
		s.Snapshots = append(s.Snapshots, SnapshotID(r.log.snapshots[i].id))
	}
	if e.hasVoted {
		s.VotedFor = e.voted.ID
	}
	if r.state.role != Leader {
		return s
	}
	for i := range r.leader.voters {
		s.Followers = append(s.Followers, followerState(&r.leader.voters[i], true))
	}
	for i := range r.leader.observers {
		s.Followers = append(s.Followers, followerState(&r.leader.observers[i], false))
	}
	s.Followers = slices.DeleteFunc(s.Followers, func(f FollowerState) bool { return f.Node == r.cfg.NodeID })
	slices.SortStableFunc(s.Followers, func(a, b FollowerState) int { return int(a.Node) - int(b.Node) })
	return s
}

func followerState(s *replicaState, voter bool) FollowerState {
	return FollowerState{Node: s.key.ID, Voter: voter, LogEnd: s.endOffset, LastFetch: s.lastFetch}
}

// HighWatermark is one past the last committed offset, or NoOffset while that is
// not known.
func (r *Replica) HighWatermark() engine.Offset { return r.highWatermark() }

// LogStart is the first offset of the log: what is below it is in snapshots alone.
func (r *Replica) LogStart() engine.Offset { return r.log.start }

// LogEnd is one past the last offset in the log, committed or not.
func (r *Replica) LogEnd() engine.Offset { return r.log.end }

// Voters is the latest voter set, committed or not.
func (r *Replica) Voters() VoterSet { return slices.Clone(r.log.lastVoters()) }

// KRaftVersion is the finalized level of the feature kraft.version.
func (r *Replica) KRaftVersion() int16 { return r.log.lastVersion() }

// ReadLog gives raw batches from an offset on, or from the start of the log if that
// is later, committed or not, for who shows the log: at least one if there is one,
// and no more than bytesMax else.
func (r *Replica) ReadLog(from engine.Offset, bytesMax int) ([]byte, error) {
	return r.log.read(from, r.log.end, bytesMax)
}
