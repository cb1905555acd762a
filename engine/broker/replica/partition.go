package replica

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/log"
	"bitacora/engine/metadata"
)

// Partition is this broker's copy of one partition, and while it leads what it
// knows of the others (Partition).
type Partition struct {
	tp      engine.TopicPartition
	topicID engine.TopicID
	log     *log.Log
	minISR  int32 // min.insync.replicas

	dirtyRatio  config.Decimal // min.cleanable.dirty.ratio
	uncleanable bool           // the cleaner met what is no record (LogCleanerManager.uncleanablePartitions)

	assigned       []engine.NodeID // the replicas, preferred leader first
	leader         engine.NodeID   // NoNode while there is none
	leaderEpoch    engine.LeaderEpoch
	partitionEpoch engine.PartitionEpoch
	recoveryState  int8

	// While this broker leads:
	epochStart engine.Offset   // where leaderEpoch began; NoOffset on a follower
	isr        []engine.NodeID // as the controller has it
	pending    *isrProposal    // as proposed to it; nil while nothing is
	followers  []follower      // the other replicas, sorted by id

	fetchWaiters   []*delayedFetch // long polls to look at when this copy moves
	produceWaiters []produceWaiter // acks=all, by required offset

	moved   moves // since the last settle
	watched bool  // coordinators want to hear of it
	gone    bool  // deleted; somebody may still point here
}

// moves says what moved in a partition since its waiters were last looked at.
type moves uint8

const (
	movedLogEnd moves = 1 << iota
	movedHighWatermark
	movedLeadership
)

// follower is what a leader knows of another replica (Replica, ReplicaState).
type follower struct {
	id engine.NodeID
	// logEnd is the offset of its last Fetch: what lies below is in its log.
	// NoOffset until it fetches from this leader.
	logEnd   engine.Offset
	logStart engine.Offset
	// leaderLogEnd is this leader's log end at the follower's last Fetch.
	leaderLogEnd     engine.Offset
	lastFetch        engine.WallTime
	lastCaughtUp     engine.WallTime
	brokerEpoch      engine.BrokerEpoch // it fetched with; -1 from a Fetch that names none
	brokerEpochKnown bool
}

// isCaughtUp is ReplicaState.isCaughtUp: the follower has everything, or had
// everything there was at most lagMax ago.
func (f *follower) isCaughtUp(leaderLogEnd engine.Offset, now engine.WallTime, lagMaxMillis int64) bool {
	return leaderLogEnd == f.logEnd || int64(now-f.lastCaughtUp) <= lagMaxMillis
}

// onFetch takes what a Fetch says (Replica.updateFetchStateOrThrow). A follower
// that fetches at the log end is caught up now; one that fetches at what was the
// log end at its last Fetch was caught up then.
func (f *follower) onFetch(ask *fetchAsk, leaderLogEnd engine.Offset, now engine.WallTime, epoch engine.BrokerEpoch) {
	switch {
	case ask.fetchOffset >= leaderLogEnd:
		f.lastCaughtUp = max(f.lastCaughtUp, now)
	case ask.fetchOffset >= f.leaderLogEnd:
		f.lastCaughtUp = max(f.lastCaughtUp, f.lastFetch)
	}
	f.logEnd, f.logStart = ask.fetchOffset, ask.logStartOffset
	f.leaderLogEnd = max(f.leaderLogEnd, leaderLogEnd)
	f.lastFetch = now
	f.brokerEpoch, f.brokerEpochKnown = epoch, true
}

// reset is Replica.resetReplicaState, at the beginning of a leader epoch.
func (f *follower) reset(now engine.WallTime, leaderLogEnd engine.Offset, newLeader, inSync bool) {
	caughtUp := engine.WallTime(0)
	if inSync {
		caughtUp = now
	}
	if newLeader {
		*f = follower{id: f.id, logEnd: engine.NoOffset, logStart: engine.NoOffset,
			leaderLogEnd: engine.NoOffset, lastCaughtUp: caughtUp}
		return
	}
	f.leaderLogEnd, f.lastFetch, f.lastCaughtUp = leaderLogEnd, caughtUp, caughtUp
}

func (p *Partition) isLeader(self engine.NodeID) bool { return p.leader == self && p.log != nil }

func (p *Partition) replica(id engine.NodeID) *follower {
	for i := range p.followers {
		if p.followers[i].id == id {
			return &p.followers[i]
		}
	}
	return nil
}

// minISRNow is what min.insync.replicas asks of the replicas that there are.
func (p *Partition) minISRNow() int { return min(int(p.minISR), len(p.followers)+1) }

func (p *Partition) isUnderMinISR() bool { return len(p.isr) < p.minISRNow() }

// checkEpoch compares the leader epoch of a request with this copy's.
func (p *Partition) checkEpoch(epoch engine.LeaderEpoch) engine.ErrorCode {
	switch {
	case epoch == engine.NoLeaderEpoch || epoch == p.leaderEpoch:
		return engine.ErrNone
	case epoch < p.leaderEpoch:
		return engine.ErrFencedLeaderEpoch
	}
	return engine.ErrUnknownLeaderEpoch
}

// checkLocal is Partition.getLocalLog: the epoch first, then leadership.
func (p *Partition) checkLocal(self engine.NodeID, epoch engine.LeaderEpoch, leaderOnly bool) engine.ErrorCode {
	if code := p.checkEpoch(epoch); code != engine.ErrNone {
		return code
	}
	if p.log == nil || leaderOnly && p.leader != self {
		return engine.ErrNotLeaderOrFollower
	}
	return engine.ErrNone
}

// makeLeader begins or continues this broker's leadership as metadata has it
// (Partition.makeLeader). It says whether the epoch is a new one.
func (m *Manager) makeLeader(env *engine.Env, p *Partition, reg *metadata.Partition) (newEpoch bool) {
	p.checkEpochs(reg)
	wasLeader := p.leader == m.cfg.NodeID
	newEpoch = reg.LeaderEpoch > p.leaderEpoch
	before := p.isr
	if i := p.pending; i != nil && !newEpoch && slices.Equal(i.isr, reg.ISR) {
		m.countISR(before, reg.ISR) // the controller's answer is still under way
	}
	p.setFollowers(m.cfg.NodeID, reg.Replicas)
	p.assigned, p.isr, p.pending = reg.Replicas, reg.ISR, nil
	p.recoveryState = metadata.LeaderRecovered // a leader has nothing to recover from itself
	if newEpoch {
		p.epochStart = p.log.LogEndOffset()
		if err := p.log.AssignEpochStartOffset(reg.LeaderEpoch, p.epochStart); err != nil {
			m.onStorageError(env, p, err)
		}
		for i := range p.followers {
			f := &p.followers[i]
			f.reset(env.Wall(), p.epochStart, !wasLeader, reg.InISR(f.id))
		}
		p.leaderEpoch = reg.LeaderEpoch
	}
	p.partitionEpoch, p.leader = reg.PartitionEpoch, m.cfg.NodeID
	if newEpoch {
		m.trace(env, p, engine.Event{Kind: engine.EventBecameLeader, Epoch: p.leaderEpoch, Offset: p.epochStart})
		m.happen(p, Event{Kind: BecameLeader, Epoch: p.leaderEpoch})
		m.touch(p, movedLeadership)
	}
	if newEpoch || !slices.Equal(before, p.isr) {
		m.traceISR(env, p, engine.EventISRChanged, p.isr)
	}
	m.maybeIncrementHighWatermark(env, p)
	return newEpoch
}

// makeFollower makes this copy follow, or wait for a leader
// (Partition.makeFollower). It says whether the epoch is a new one.
func (m *Manager) makeFollower(env *engine.Env, p *Partition, reg *metadata.Partition) (newEpoch bool) {
	p.checkEpochs(reg)
	wasLeader := p.leader == m.cfg.NodeID
	newEpoch = reg.LeaderEpoch > p.leaderEpoch
	p.leader, p.leaderEpoch, p.partitionEpoch = reg.Leader, reg.LeaderEpoch, reg.PartitionEpoch
	p.epochStart = engine.NoOffset
	p.assigned, p.isr, p.pending = reg.Replicas, nil, nil
	p.recoveryState = reg.LeaderRecoveryState
	p.followers = nil
	if newEpoch {
		m.trace(env, p, engine.Event{Kind: engine.EventBecameFollower, Epoch: p.leaderEpoch, Peer: p.leader})
		m.touch(p, movedLeadership)
		if wasLeader {
			m.happen(p, Event{Kind: Resigned, Epoch: p.leaderEpoch})
		}
	}
	return newEpoch
}

// checkEpochs holds that metadata, which is applied in order, never goes back.
func (p *Partition) checkEpochs(reg *metadata.Partition) {
	if reg.LeaderEpoch < p.leaderEpoch {
		engine.Violated("LeaderEpochMonotone", "%v: %d after %d", p.tp, reg.LeaderEpoch, p.leaderEpoch)
	}
}

// setFollowers keeps what is known of replicas that stay.
func (p *Partition) setFollowers(self engine.NodeID, assigned []engine.NodeID) {
	kept := make([]follower, 0, len(assigned))
	for _, id := range slices.Sorted(slices.Values(assigned)) {
		switch f := p.replica(id); {
		case id == self:
		case f != nil:
			kept = append(kept, *f)
		default:
			kept = append(kept, follower{id: id, logEnd: engine.NoOffset, logStart: engine.NoOffset})
		}
	}
	p.followers = kept
}

// maybeIncrementHighWatermark is Partition.maybeIncrementLeaderHW: the smallest
// log end of the maximal ISR, and of replicas about to join it so that they can
// catch up with it at all. Below min.insync.replicas it stands still (KIP-966).
func (m *Manager) maybeIncrementHighWatermark(env *engine.Env, p *Partition) {
	if !p.isLeader(m.cfg.NodeID) || p.isUnderMinISR() && !m.cfg.Bugs.Has(engine.BugLastReplicaStanding) {
		return
	}
	leaderLogEnd := p.log.LogEndOffset()
	to := leaderLogEnd
	for i := range p.followers {
		f := &p.followers[i]
		if f.logEnd < to && (m.waitsFor(p, f.id) ||
			f.isCaughtUp(leaderLogEnd, env.Wall(), m.cfg.ReplicaLagTimeMax.Milliseconds()) && m.isISREligible(f)) {
			to = f.logEnd
		}
	}
	if to > p.log.HighWatermark() {
		m.setHighWatermark(env, p, to)
	}
}

// setHighWatermark moves the high watermark, on a follower within its log
// (UnifiedLog.updateHighWatermark).
func (m *Manager) setHighWatermark(env *engine.Env, p *Partition, to engine.Offset) {
	before := p.log.HighWatermark()
	p.log.UpdateHighWatermark(to)
	m.noteHighWatermark(env, p, before)
}

// noteHighWatermark tells that the high watermark moved, if it did.
func (m *Manager) noteHighWatermark(env *engine.Env, p *Partition, before engine.Offset) {
	now := p.log.HighWatermark()
	if now == before {
		return
	}
	if now > p.log.LogEndOffset() || now < p.log.LogStartOffset() {
		engine.Violated("HighWatermarkWithinLog", "%v start=%d hw=%d leo=%d",
			p.tp, p.log.LogStartOffset(), now, p.log.LogEndOffset())
	}
	m.trace(env, p, engine.Event{Kind: engine.EventHighWatermark, Offset: now, Until: before, Epoch: p.leaderEpoch})
	m.touch(p, movedHighWatermark)
	m.happen(p, Event{Kind: HighWatermarkMoved, Offset: now, Epoch: p.leaderEpoch})
}
