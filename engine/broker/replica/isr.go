package replica

import (
	"slices"

	"bitacora/engine"
)

// isrProposal is an ISR sent to the controller and not answered yet
// (PendingExpandIsr, PendingShrinkIsr).
type isrProposal struct {
	partition      *Partition
	isr            []engine.NodeID
	joins          engine.NodeID // who joins; NoNode in a proposal to shrink
	leaderEpoch    engine.LeaderEpoch
	partitionEpoch engine.PartitionEpoch
}

// inMaximalISR says whether the replica is in the ISR as it is or as it may be
// already: who is proposed to join counts, who is proposed to leave still does
// (KIP-497).
func (p *Partition) inMaximalISR(id engine.NodeID) bool {
	return slices.Contains(p.isr, id) || p.pending != nil && p.pending.joins == id
}

// waitsFor says whether the high watermark waits for a replica of the maximal ISR.
// One that is proposed to leave still counts: the controller may elect it.
func (m *Manager) waitsFor(p *Partition, id engine.NodeID) bool {
	if m.cfg.Bugs.Has(engine.BugShrinkCommits) && p.pending != nil {
		return slices.Contains(p.pending.isr, id)
	}
	return p.inMaximalISR(id)
}

func (p *Partition) maximalISRSize() int {
	if p.pending != nil && p.pending.joins != engine.NoNode {
		return len(p.isr) + 1
	}
	return len(p.isr)
}

// isISREligible is Partition.isReplicaIsrEligible: not fenced, not shutting down,
// and in the incarnation that it fetched in (KIP-841, KIP-903).
func (m *Manager) isISREligible(f *follower) bool {
	if m.cfg.Bugs.Has(engine.BugFencedIntoISR) {
		return true
	}
	if m.image == nil || !f.brokerEpochKnown {
		return false
	}
	b := m.image.Broker(f.id)
	return b.Active() && (f.brokerEpoch == -1 || f.brokerEpoch == b.Epoch)
}

// maybeExpandISR proposes a follower that has everything committed, and
// everything from before this leadership (Partition.maybeExpandIsr). The latter
// matters right after an election, while the high watermark may be behind what
// the leader before had committed.
func (m *Manager) maybeExpandISR(env *engine.Env, p *Partition, f *follower) {
	if p.pending != nil || slices.Contains(p.isr, f.id) ||
		f.logEnd < p.log.HighWatermark() || f.logEnd < p.epochStart || !m.isISREligible(f) {
		return
	}
	isr := append(slices.Clone(p.isr), f.id)
	m.propose(env, p, isr, f.id)
}

// maybeShrinkISR proposes to leave out who was not caught up for
// replica.lag.time.max.ms (Partition.maybeShrinkIsr).
func (m *Manager) maybeShrinkISR(env *engine.Env, p *Partition) {
	if p.pending != nil || !p.isLeader(m.cfg.NodeID) {
		return
	}
	leaderLogEnd := p.log.LogEndOffset()
	isr := make([]engine.NodeID, 0, len(p.isr))
	for _, id := range p.isr {
		f := p.replica(id)
		if id == m.cfg.NodeID ||
			f != nil && f.isCaughtUp(leaderLogEnd, env.Wall(), m.cfg.ReplicaLagTimeMax.Milliseconds()) {
			isr = append(isr, id)
		}
	}
	if len(isr) < len(p.isr) {
		m.propose(env, p, isr, engine.NoNode)
	}
}

// propose sends an ISR to the controller, in the order of ids: Kafka's leader
// has its ISR in a hash set, whose order is that of small numbers, and the
// controller keeps the order it is given (Partition.prepareIsrExpand).
func (m *Manager) propose(env *engine.Env, p *Partition, isr []engine.NodeID, joins engine.NodeID) {
	slices.Sort(isr)
	p.pending = &isrProposal{
		partition: p, isr: isr, joins: joins, leaderEpoch: p.leaderEpoch, partitionEpoch: p.partitionEpoch,
	}
	m.traceISR(env, p, engine.EventISRProposed, isr)
	m.alter.submit(p.pending)
	if m.cfg.Bugs.Has(engine.BugShrinkCommits) {
		m.maybeIncrementHighWatermark(env, p)
	}
}

// commitISR takes the ISR that the controller gave.
func (m *Manager) commitISR(env *engine.Env, p *Partition, isr []engine.NodeID, epoch engine.PartitionEpoch) {
	m.countISR(p.isr, isr)
	p.isr, p.pending, p.partitionEpoch = isr, nil, epoch
	m.traceISR(env, p, engine.EventISRChanged, isr)
}

func (m *Manager) traceISR(env *engine.Env, p *Partition, kind engine.EventKind, isr []engine.NodeID) {
	if env.Tracing() {
		m.trace(env, p, engine.Event{Kind: kind, Nodes: slices.Clone(isr), Epoch: p.leaderEpoch, Count: int64(p.partitionEpoch)})
	}
}
