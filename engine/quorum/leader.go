package quorum

import (
	"cmp"
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/metadata/records"
)

// leaderState is what a leader knows of its epoch (LeaderState).
type leaderState struct {
	epochStart    engine.Offset // where the epoch's records begin
	highWatermark engine.Offset // NoOffset until the epoch has one
	voters        []replicaState
	observers     []replicaState
	// fetched are the voters that fetched since a majority last had.
	fetched         []engine.NodeID
	checkQuorumAt   engine.Time // without a majority by then, resign
	beginEpochAt    engine.Time // when to send BeginQuorumEpoch (again)
	resignRequested bool
	append          accumulator
	addVoter        addVoterOperation
	removeVoter     removeVoterOperation
}

// replicaState is what the leader knows of a replica (LeaderState.ReplicaState).
// Both lists of them are ordered by key.
type replicaState struct {
	key       ReplicaKey
	endpoints []Endpoint
	endOffset engine.Offset // of its last Fetch; the leader's own is what is durable
	// Instants of the monotonic clock decide; wall times are shown.
	hasFetched     bool
	lastFetch      engine.Time
	lastFetchWall  engine.WallTime
	lastFetchEnd   engine.Offset // the leader's end at that Fetch
	hasCaughtUp    bool
	lastCaughtUp   engine.WallTime
	hasAckedLeader bool
}

func newReplicaState(key ReplicaKey, endpoints []Endpoint) replicaState {
	return replicaState{
		key: key, endpoints: endpoints, endOffset: engine.NoOffset,
		lastFetchWall: -1, lastFetchEnd: engine.NoOffset, lastCaughtUp: -1,
	}
}

func compareKeys(a, b ReplicaKey) int {
	return cmp.Or(cmp.Compare(a.ID, b.ID), slices.Compare(a.DirectoryID[:], b.DirectoryID[:]))
}

// checkQuorumTimeout is 1.5 x fetch.timeout.ms
// (LeaderState.CHECK_QUORUM_TIMEOUT_FACTOR).
func (r *Replica) checkQuorumTimeout() time.Duration { return r.cfg.FetchTimeout * 3 / 2 }

func (r *Replica) beginEpochInterval() time.Duration { return r.cfg.FetchTimeout / 2 }

// becomeLeader: onBecomeLeader. The epoch begins with a LeaderChange record, so
// that there is something of its own to commit.
func (r *Replica) becomeLeader(env *engine.Env) {
	granting := r.state.grantingVoters()
	voters := r.log.lastVoters()
	epoch := r.state.election.epoch
	r.leader = leaderState{
		epochStart:    r.log.end,
		highWatermark: engine.NoOffset,
		checkQuorumAt: env.Now().Add(r.checkQuorumTimeout()),
		beginEpochAt:  env.Now(),
		append:        newAccumulator(epoch, r.log.end),
	}
	for i := range voters {
		s := newReplicaState(voters[i].Key, voters[i].Endpoints)
		s.hasAckedLeader = voters[i].Key.ID == r.cfg.NodeID
		r.leader.voters = append(r.leader.voters, s)
	}
	r.become(env, epochState{
		role:            Leader,
		election:        election{epoch: epoch, leader: r.cfg.NodeID},
		leaderEndpoints: r.cfg.Listeners,
		highWatermark:   engine.NoOffset,
	})
	r.log.beginEpoch(epoch, r.log.end)
	r.appendStartOfEpoch(env, granting)
	r.resetPeers()
}

// appendStartOfEpoch: LeaderState.appendStartOfEpochControlRecords. A leader whose
// voters are only in its bootstrap checkpoint, or whose own entry is out of date,
// writes them into the log in the same batch.
func (r *Replica) appendStartOfEpoch(env *engine.Env, granting []engine.NodeID) {
	change := records.NewLeaderChangeMessage()
	change.LeaderID = r.cfg.NodeID
	voters := r.log.lastVoters()
	for _, id := range voters.IDs() {
		change.Voters = append(change.Voters, records.LeaderChangeVoter{VoterID: id})
	}
	for _, id := range granting {
		change.GrantingVoters = append(change.GrantingVoters, records.LeaderChangeVoter{VoterID: id})
	}
	b := r.leader.append.beginControl()
	appendControl(b, env.Wall(), controlLeaderChange, &change)
	if r.log.reconfigSupported() {
		offset := r.log.voters[len(r.log.voters)-1].offset
		if offset == engine.NoOffset || voters.needsUpdate(r.cfg.voter()) {
			updated, ok := voters.updated(r.cfg.voter())
			if !ok {
				engine.Violated("LeaderIsVoter", "node %d is not of %v", r.cfg.NodeID, voters)
			}
			version := records.NewKRaftVersionRecord()
			version.KRaftVersion = r.log.lastVersion()
			record := updated.record()
			appendControl(b, env.Wall(), controlKRaftVersion, &version)
			appendControl(b, env.Wall(), controlVoters, &record)
		}
	}
	r.leader.append.endControl(b)
}

func (r *Replica) appendVoters(env *engine.Env, voters VoterSet) engine.Offset {
	record := voters.record()
	b := r.leader.append.beginControl()
	appendControl(b, env.Wall(), controlVoters, &record)
	r.leader.append.endControl(b)
	return r.leader.append.nextOffset - 1
}

// stopLeading ends what only a leader can finish: pending voter changes are
// refused, and what was not appended yet never will be.
func (r *Replica) stopLeading(env *engine.Env) {
	r.endAddVoter(env, engine.ErrNotLeaderOrFollower, "")
	r.endRemoveVoter(env, engine.ErrNotLeaderOrFollower, "")
	if r.announced.leader == r.cfg.NodeID && r.announced.epoch == r.state.election.epoch {
		r.emit(ResignedLeadership{Epoch: r.state.election.epoch})
	}
	r.leader = leaderState{highWatermark: engine.NoOffset}
}

// pollLeader sends and appends what is due (KafkaRaftClient.pollLeader).
func (r *Replica) pollLeader(env *engine.Env) time.Duration {
	l, now := &r.leader, env.Now()
	alone := len(l.voters) == 1
	lost := !alone && now >= l.checkQuorumAt
	if r.stopping || l.resignRequested || lost {
		if lost {
			env.Trace(engine.Event{Kind: engine.EventQuorumLost, Epoch: r.state.election.epoch, Nodes: slices.Sorted(slices.Values(l.fetched))})
		}
		r.becomeResigned(env)
		return 0
	}
	r.expireVoterChanges(env)
	r.drainAppends(env)
	wait := r.pollBeginEpoch(env)
	if !alone {
		wait = min(wait, remaining(now, l.checkQuorumAt))
	}
	if l.append.pending() {
		wait = min(wait, remaining(now, l.append.drainAt))
	}
	if l.addVoter.pending {
		wait = min(wait, remaining(now, l.addVoter.expiresAt))
	}
	if l.removeVoter.pending {
		wait = min(wait, remaining(now, l.removeVoter.expiresAt))
	}
	return wait
}

// drainAppends writes what has lingered long enough, or must not wait
// (maybeAppendBatches, flushLeaderLog).
func (r *Replica) drainAppends(env *engine.Env) {
	batches := r.leader.append.drain(env.Now())
	for _, b := range batches {
		before := r.log.lastVoters()
		if err := r.log.append(b); err != nil {
			r.diskFailed(env)
			return
		}
		r.traceAppend(env, b, engine.NoNode)
		r.traceVoters(env, before)
	}
	if len(batches) == 0 {
		return
	}
	r.updateReplicas()
	r.onLeaderProgress(env)
	r.completeParked(env)
}

// updateReplicas makes the leader's lists follow the latest voter set, which
// counts from the moment it is appended (updateVoterAndObserverStates).
func (r *Replica) updateReplicas() {
	l := &r.leader
	set := r.log.lastVoters()
	var voters []replicaState
	for i := range set {
		s, ok := l.takeReplica(set[i].Key)
		if !ok {
			s = newReplicaState(set[i].Key, nil)
		}
		s.key, s.endpoints = set[i].Key, set[i].Endpoints
		voters = append(voters, s)
	}
	for _, s := range l.voters {
		s.endpoints = nil
		l.observer(s.key, s)
	}
	l.voters = voters
}

// takeReplica takes the state of a replica out of whichever list has it.
func (l *leaderState) takeReplica(key ReplicaKey) (replicaState, bool) {
	for i := range l.voters {
		if l.voters[i].key.matches(key) {
			s := l.voters[i]
			l.voters = slices.Delete(l.voters, i, i+1)
			return s, true
		}
	}
	for i := range l.observers {
		if l.observers[i].key == key {
			s := l.observers[i]
			l.observers = slices.Delete(l.observers, i, i+1)
			return s, true
		}
	}
	return replicaState{}, false
}

// observer gives the observer of a key, made from fresh if there is none.
func (l *leaderState) observer(key ReplicaKey, fresh replicaState) *replicaState {
	i, found := slices.BinarySearchFunc(l.observers, key, func(s replicaState, k ReplicaKey) int {
		return compareKeys(s.key, k)
	})
	if !found {
		l.observers = slices.Insert(l.observers, i, fresh)
	}
	return &l.observers[i]
}

// replica gives the state of a voter, or else of an observer, made on first use.
func (l *leaderState) replica(key ReplicaKey) (s *replicaState, voter bool) {
	for i := range l.voters {
		if l.voters[i].key.matches(key) {
			return &l.voters[i], true
		}
	}
	return l.observer(key, newReplicaState(key, nil)), false
}

// onLeaderProgress counts the leader itself with what is durable of its log.
func (r *Replica) onLeaderProgress(env *engine.Env) {
	self, _ := r.leader.replica(r.cfg.key())
	if self.endOffset > r.log.durableEnd {
		engine.Violated("LeaderAppendOnly", "node %d: %d after %d", r.cfg.NodeID, r.log.durableEnd, self.endOffset)
	}
	self.endOffset = r.log.durableEnd
	r.maybeAdvance(env)
}

// maybeAdvance moves the high watermark to what a majority of the voters has
// (LeaderState.maybeUpdateHighWatermark), once that reaches into this epoch:
// entries of former epochs alone, on a majority, may still be replaced by another
// leader (Raft's figure 8).
func (r *Replica) maybeAdvance(env *engine.Env) bool {
	l := &r.leader
	if len(l.voters) == 0 {
		return false
	}
	ends := make([]engine.Offset, len(l.voters))
	for i := range l.voters {
		ends[i] = l.voters[i].endOffset
	}
	slices.SortFunc(ends, func(a, b engine.Offset) int { return cmp.Compare(b, a) })
	candidate := ends[len(ends)/2]
	if candidate <= l.epochStart && !r.cfg.has(BugCommitOldEpoch) || candidate <= l.highWatermark || candidate == 0 {
		// Lower than before is no mistake: a new voter may be behind.
		return false
	}
	l.highWatermark = candidate
	r.traceHighWatermark(env, candidate)
	r.onVoterChangeCommitted(env)
	r.completeParked(env)
	return true
}

// updateReplica takes note of a Fetch (LeaderState.updateReplicaState), whose
// offset is a promise that everything below it is durable there.
func (r *Replica) updateReplica(env *engine.Env, key ReplicaKey, offset engine.Offset) {
	if key.ID < 0 {
		return // no replica: a consumer
	}
	r.leader.forgetSilentObservers(env.Now(), r.cfg.key())
	s, voter := r.leader.replica(key)
	switch end := r.log.end; {
	case offset >= end:
		s.hasCaughtUp, s.lastCaughtUp = true, max(s.lastCaughtUp, env.Wall())
	case s.lastFetchEnd > 0 && offset >= s.lastFetchEnd:
		s.hasCaughtUp, s.lastCaughtUp = true, max(s.lastCaughtUp, s.lastFetchWall)
	}
	s.lastFetchEnd = r.log.end
	s.hasFetched, s.lastFetch, s.lastFetchWall = true, env.Now(), max(s.lastFetchWall, env.Wall())
	s.endOffset = offset
	s.hasAckedLeader = true
	r.heardFromVoter(env, key)
	if voter {
		r.maybeAdvance(env)
	}
}

// heardFromVoter is the other half of check quorum: once a majority, the leader
// included if it is a voter, was heard from, the time begins anew
// (updateCheckQuorumForFollowingVoter).
func (r *Replica) heardFromVoter(env *engine.Env, key ReplicaKey) {
	l := &r.leader
	set := r.log.lastVoters()
	if set.IsVoter(key) && !slices.Contains(l.fetched, key.ID) {
		l.fetched = append(l.fetched, key.ID)
	}
	majority := len(l.voters)/2 + 1
	if r.isVoter() {
		majority--
	}
	if len(l.fetched) >= majority {
		l.fetched = l.fetched[:0]
		l.checkQuorumAt = env.Now().Add(r.checkQuorumTimeout())
	}
}

// isCaughtUp says whether an observer may become a voter
// (LeaderState.isReplicaCaughtUp).
func (l *leaderState) isCaughtUp(key ReplicaKey, now engine.Time) bool {
	for i := range l.observers {
		if s := &l.observers[i]; s.key == key {
			return s.hasCaughtUp && s.hasFetched && now.Sub(s.lastFetch) < caughtUpWithin
		}
	}
	return false
}

// successors are the other voters, the one that has most of the log first
// (nonLeaderVotersByDescendingFetchOffset).
func (l *leaderState) successors(self engine.NodeID) []ReplicaKey {
	sorted := slices.Clone(l.voters)
	slices.SortStableFunc(sorted, func(a, b replicaState) int { return cmp.Compare(b.endOffset, a.endOffset) })
	var keys []ReplicaKey
	for i := range sorted {
		if sorted[i].key.ID != self {
			keys = append(keys, sorted[i].key)
		}
	}
	return keys
}

func (l *leaderState) forgetSilentObservers(now engine.Time, self ReplicaKey) {
	l.observers = slices.DeleteFunc(l.observers, func(s replicaState) bool {
		return s.key != self && s.hasFetched && now.Sub(s.lastFetch) >= observerSession
	})
}
