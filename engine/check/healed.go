package check

import (
	"fmt"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/client"
	"bitacora/engine/sim"
)

// Healed says whether everything came that must come in the end, once every
// process runs, every link is whole and no disk is in the way, and if not, what is
// missing first. What was lost outside the budget, or damaged, is left out.
func (c *Checker) Healed() (missing Property, detail string) {
	image := c.image()
	if image == nil {
		return EventuallyMetadataConverges, "no metadata was ever committed"
	}
	for _, id := range image.BrokerIDs() {
		if n := c.nodes[id]; n == nil || !n.alive {
			return EventuallyRuns, fmt.Sprintf("broker %d does not run", id)
		}
		if b := image.Broker(id); b.Fenced || c.serverOf(id).Broker().Fenced() {
			return EventuallyUnfenced, fmt.Sprintf("broker %d is fenced", id)
		}
	}
	for _, p := range c.order {
		if missing, detail = c.healedPartition(p); missing != "" {
			return missing, fmt.Sprintf("%v: %s", p.tp, detail)
		}
	}
	return c.healedClients()
}

func (c *Checker) healedPartition(p *partition) (Property, string) {
	reg := c.registration(p)
	if reg == nil {
		return "", "" // of a topic that is gone
	}
	for _, r := range p.replicas {
		if r.spoilt {
			return "", "" // nothing heals a spoilt batch, and nobody gets past it
		}
	}
	if !reg.HasLeader() || len(reg.ISR) != len(reg.Replicas) {
		return EventuallyMetadataConverges, fmt.Sprintf("leader %d, ISR %v of %v", reg.Leader, reg.ISR, reg.Replicas)
	}
	m := c.managerOf(reg.Leader)
	leader, ok := m.State(p.tp)
	switch {
	case !ok || leader.LeaderEpoch != reg.LeaderEpoch || leader.PartitionEpoch != reg.PartitionEpoch:
		return EventuallyMetadataConverges, fmt.Sprintf("leader %d is at epoch %d.%d, the metadata at %d.%d",
			reg.Leader, leader.LeaderEpoch, leader.PartitionEpoch, reg.LeaderEpoch, reg.PartitionEpoch)
	case leader.ProposedISR != nil:
		return AlterPartitionEventuallyReachedOrZero, fmt.Sprintf("leader %d still proposes %v", reg.Leader, leader.ProposedISR)
	}
	for _, id := range reg.Replicas {
		s, ok := c.managerOf(id).State(p.tp)
		// A follower may stay behind with its high watermark: the answer that told it to
		// truncate told the newest, too, and an incremental session tells it once.
		if !ok || s.LogEnd != leader.LogEnd || leader.HighWatermark != leader.LogEnd {
			return EventuallyAcknowledgedFullyReplicated, fmt.Sprintf("broker %d has hw=%d leo=%d, the leader hw=%d leo=%d",
				id, s.HighWatermark, s.LogEnd, leader.HighWatermark, leader.LogEnd)
		}
	}
	return "", ""
}

func (c *Checker) healedClients() (Property, string) {
	for _, id := range c.sim.Nodes() {
		what, state := c.sim.Node(id)
		if state == sim.Dead {
			continue
		}
		switch k := what.(type) {
		case *client.Producer:
			if !k.Idle() {
				return EventuallyWriteIsAcceptedOrRejected, fmt.Sprintf("producer %d still waits", id)
			}
		case *client.Consumer:
			if missing, detail := c.healedConsumer(id, k); missing != "" {
				return missing, detail
			}
		}
	}
	return "", ""
}

func (c *Checker) healedConsumer(id engine.NodeID, k *client.Consumer) (Property, string) {
	s := k.State()
	if !s.Running {
		return "", ""
	}
	if s.Group != "" && s.State != client.StableMember {
		return EventuallyConsumed, fmt.Sprintf("consumer %d is in state %v", id, s.State)
	}
	for _, part := range s.Partitions {
		p := c.partition(part.Topic, part.Partition)
		if !p.outside && part.Position < p.trueHighWatermark {
			return EventuallyConsumed, fmt.Sprintf("%v: consumer %d is at %d of %d", p.tp, id, part.Position, p.trueHighWatermark)
		}
	}
	return "", ""
}

// Eventually turns what is still missing at the end into a violation.
func (c *Checker) Eventually(waited time.Duration) {
	if missing, detail := c.Healed(); missing != "" {
		c.violated(missing, engine.TopicPartition{}, "%s, %v after everything was healed", detail, waited)
	}
}

// Finish looks through every log of a healed cluster: LogMatchingProperty from the
// first to the last batch, and AcknowledgedIsWhereItWasSaid.
func (c *Checker) Finish() {
	c.Quiet()
	for _, p := range c.order {
		if p.outside || c.registration(p) == nil {
			continue
		}
		for _, r := range p.replicas {
			r.verified = 0
			if n := c.nodes[r.node]; n != nil && n.alive {
				c.compare(p, r)
			}
		}
	}
	for i := range c.acked {
		a := &c.acked[i]
		if a.p.outside || c.registration(a.p) == nil {
			continue
		}
		if value, found := c.valueAt(a.p, a.offset); !found || value != c.wanted(a.number) {
			c.violated(AcknowledgedIsWhereItWasSaid, a.p.tp, "record %d was acknowledged at %d, there is %q", a.number, a.offset, value)
			return
		}
	}
}

// wanted is the beginning of the value that a producer's application gives its nth
// record (client.StartProducing).
func (c *Checker) wanted(number int64) string { return fmt.Sprintf("pedido-%d", number) }

// valueAt reads a record's value from the leader's log, without what fills it up.
func (c *Checker) valueAt(p *partition, offset engine.Offset) (string, bool) {
	reg := c.registration(p)
	m := c.managerOf(reg.Leader)
	if m == nil {
		return "", false
	}
	b := m.RecordsAt(p.tp, offset)
	if b == nil {
		return "", false
	}
	for it := b.Iterate(&batch.Codecs{}); it.Next(); {
		if r := it.Record(); r.Offset == offset {
			value := r.Value
			for len(value) > 0 && value[len(value)-1] == '.' {
				value = value[:len(value)-1]
			}
			return string(value), true
		}
	}
	return "", false
}
