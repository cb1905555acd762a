package check

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/broker/replica"
	"bitacora/engine/metadata"
)

// quietPartition holds the properties that take a look at every replica.
func (c *Checker) quietPartition(p *partition) {
	reg := c.registration(p)
	if reg == nil {
		return
	}
	if reg.LeaderEpoch < p.newestEpoch {
		c.violated(EpochsNeverGoBack, p.tp, "the metadata's leader epoch is %d after %d", reg.LeaderEpoch, p.newestEpoch)
	}
	p.newestEpoch = reg.LeaderEpoch
	c.validRegistration(p, reg)
	if p.outside {
		return
	}
	c.healLossy(p, reg)
	c.candidates(p)
	c.leaderComplete(p)
	c.somebodyHasIt(p)
	for _, r := range p.replicas {
		if n := c.nodes[r.node]; n != nil && n.alive {
			c.compare(p, r)
		}
	}
	if reg.HasLeader() && c.runs(reg.Leader) {
		c.superset(p, reg)
	}
}

// validRegistration holds ValidControllerIsrAndElr. The last member of an ISR stays
// in it when it is fenced: then nobody leads.
func (c *Checker) validRegistration(p *partition, reg *metadata.Partition) {
	image := c.image()
	for _, id := range reg.ISR {
		b := image.Broker(id)
		if !reg.IsReplica(id) || slices.Contains(reg.ELR, id) || reg.HasLeader() && (b == nil || b.Fenced) {
			c.violated(ValidControllerIsrAndElr, p.tp, "broker %d: leader %d replicas %v ISR %v ELR %v", id, reg.Leader, reg.Replicas, reg.ISR, reg.ELR)
			return
		}
	}
	for _, id := range reg.ELR {
		if !reg.IsReplica(id) {
			c.violated(ValidControllerIsrAndElr, p.tp, "broker %d: replicas %v ELR %v", id, reg.Replicas, reg.ELR)
			return
		}
	}
}

// healLossy takes copies off the budget that have been in sync again.
func (c *Checker) healLossy(p *partition, reg *metadata.Partition) {
	for _, id := range slices.Clone(p.lossy) {
		r := p.find(id)
		if r != nil && !r.spoilt && reg.InISR(id) && c.runs(id) && r.leo >= p.trueHighWatermark {
			p.heal(id)
		}
	}
}

// somebodyHasIt holds NoCommittedRecordLostGlobally.
func (c *Checker) somebodyHasIt(p *partition) {
	most := engine.Offset(0)
	for _, r := range p.replicas {
		most = max(most, r.leo)
	}
	if most >= p.trueHighWatermark || len(p.replicas) == 0 {
		return
	}
	if len(p.lossy) >= c.minISR(p) {
		c.lose(p, most, LossTooManyCopies)
		return
	}
	if len(p.lossy) > 0 && !c.hasELR() {
		c.lose(p, most, LossLastStanding)
		return
	}
	c.violated(NoCommittedRecordLostGlobally, p.tp, "the longest replica ends at %d, committed is %d", most, p.trueHighWatermark)
	p.outside = true
}

// compare holds LogMatchingProperty between one replica and the truth, from where
// it was compared last to its high watermark.
func (c *Checker) compare(p *partition, r *copyOf) {
	m := c.managerOf(r.node)
	end := min(r.hw, p.covered())
	if m == nil || r.verified >= end || r.spoilt {
		return
	}
	start, _ := m.Bounds(p.tp)
	for at := max(r.verified, start); at < end; {
		b := m.RecordsAt(p.tp, at)
		if b == nil || b.NextOffset() <= at {
			return
		}
		if !c.matches(p, r, b) {
			return
		}
		at = b.NextOffset()
		r.verified = at
	}
}

func (c *Checker) matches(p *partition, r *copyOf, b batch.Batch) bool {
	mine := entryOf(b)
	truth, known := p.at(mine.base)
	if known && mine == truth || !known && mine.base < p.firstKnown() {
		return true
	}
	c.violated(LogMatchingProperty, p.tp, "broker %d has %d..%d of epoch %d (crc %08x); committed is %d..%d of epoch %d (crc %08x)",
		r.node, mine.base, mine.next, mine.epoch, mine.crc, truth.base, truth.next, truth.epoch, truth.crc)
	p.outside = true
	return false
}

func (p *partition) firstKnown() engine.Offset {
	if len(p.committed) == 0 {
		return p.trueHighWatermark
	}
	return p.committed[0].base
}

// superset holds ReplicationQuorumSupersetProperty.
func (c *Checker) superset(p *partition, reg *metadata.Partition) {
	m := c.managerOf(reg.Leader)
	s, ok := m.State(p.tp)
	if !ok || s.Leader != reg.Leader || s.LeaderEpoch != reg.LeaderEpoch || len(s.ISR) < c.minISR(p) {
		return
	}
	maximal := maximalISR(&s)
	for _, list := range [2][]engine.NodeID{reg.ISR, reg.ELR} {
		for _, id := range list {
			if !slices.Contains(maximal, id) {
				c.violated(ReplicationQuorumSupersetProperty, p.tp, "leader %d: ISR %v proposed %v; the controller has ISR %v ELR %v",
					reg.Leader, s.ISR, s.ProposedISR, reg.ISR, reg.ELR)
				p.outside = true
				return
			}
		}
	}
}

func maximalISR(s *replica.State) []engine.NodeID {
	all := slices.Clone(s.ISR)
	for _, id := range s.ProposedISR {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}
