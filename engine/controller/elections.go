package controller

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"
)

// fence takes a broker out of every ISR, moves its leaderships, and fences it
// (ReplicationControlManager.handleBrokerFenced).
func (c *Controller) fence(id engine.NodeID) []records.Versioned {
	all := c.removeFromISRs(id)
	return append(all, c.brokerChange(id, 0, func(r *records.BrokerRegistrationChangeRecord) { r.Fenced = metadata.ChangeFence }))
}

// unfence lets a broker lead and follow, and gives it the partitions without a
// leader that it may lead (handleBrokerUnfenced).
func (c *Controller) unfence(id engine.NodeID) []records.Versioned {
	all := []records.Versioned{
		c.brokerChange(id, 0, func(r *records.BrokerRegistrationChangeRecord) { r.Fenced = metadata.ChangeUnfence }),
	}
	c.eachPartition(func(t *metadata.Topic, number int32, p *metadata.Partition) {
		if p.HasLeader() {
			return
		}
		ch := c.change(t, number)
		ch.added, ch.election = id, c.electionFor(t.Name)
		if r, ok := c.build(ch); ok {
			all = append(all, r)
		}
	})
	return all
}

// beginControlledShutdown moves the broker's leaderships and takes it out of the
// ISRs while it still serves (handleBrokerInControlledShutdown).
func (c *Controller) beginControlledShutdown(id engine.NodeID) []records.Versioned {
	var all []records.Versioned
	if !c.pending.Broker(id).InControlledShutdown {
		all = append(all, c.brokerChange(id, 1, func(r *records.BrokerRegistrationChangeRecord) {
			r.InControlledShutdown = metadata.ChangeControlledShutdown
		}))
	}
	return append(all, c.removeFromISRs(id)...)
}

func (c *Controller) brokerChange(id engine.NodeID, version int16, set func(*records.BrokerRegistrationChangeRecord)) records.Versioned {
	r := records.NewBrokerRegistrationChangeRecord()
	r.BrokerID, r.BrokerEpoch = id, c.pending.Broker(id).Epoch
	set(&r)
	return records.Versioned{Record: &r, Version: version}
}

// removeFromISRs takes a broker out of every ISR it is in, and elects others
// where it led (generateLeaderAndIsrUpdates).
func (c *Controller) removeFromISRs(id engine.NodeID) []records.Versioned {
	return c.removeFromISRsIn(id, nil)
}

// removeFromISRsIn does so for copies in the given directory alone, unless it is
// nil.
func (c *Controller) removeFromISRsIn(id engine.NodeID, directory *[16]byte) []records.Versioned {
	var all []records.Versioned
	c.eachPartition(func(t *metadata.Topic, number int32, p *metadata.Partition) {
		if !p.InISR(id) || directory != nil && p.DirectoryOf(id) != *directory {
			return
		}
		ch := c.change(t, number)
		ch.removed, ch.election = id, c.electionFor(t.Name)
		ch.isr = without(p.ISR, []engine.NodeID{id})
		if r, ok := c.build(ch); ok {
			all = append(all, r)
		}
	})
	return all
}

// brokerShutDown takes a broker that registers anew out of every ISR. What it had
// in memory when it stopped uncleanly is lost, so that it is not eligible to lead
// either (handleBrokerShutdown, KIP-966).
func (c *Controller) brokerShutDown(id engine.NodeID, clean bool) []records.Versioned {
	if clean || !c.elrEnabled() {
		return c.removeFromISRs(id)
	}
	var inISR, inELR []records.Versioned
	c.eachPartition(func(t *metadata.Topic, number int32, p *metadata.Partition) {
		if !p.InISR(id) && !slices.Contains(p.ELR, id) {
			return
		}
		ch := c.change(t, number)
		ch.unclean, ch.election = id, c.electionFor(t.Name)
		ch.isr = without(p.ISR, []engine.NodeID{id})
		r, ok := c.build(ch)
		switch {
		case !ok:
		case p.InISR(id):
			inISR = append(inISR, r)
		default:
			inELR = append(inELR, r)
		}
	})
	return append(inISR, inELR...)
}

// eachPartition visits every partition, by topic name and number.
func (c *Controller) eachPartition(visit func(*metadata.Topic, int32, *metadata.Partition)) {
	for _, name := range c.pending.TopicNames() {
		t := c.pending.Topic(name)
		for i, p := range t.Partitions {
			visit(t, int32(i), p)
		}
	}
}

// leadsAny says whether the broker leads a partition.
func (c *Controller) leadsAny(id engine.NodeID) bool {
	leads := false
	c.eachPartition(func(_ *metadata.Topic, _ int32, p *metadata.Partition) { leads = leads || p.Leader == id })
	return leads
}

// balanceLeaders gives leaderships back to preferred leaders that are in sync
// (maybeBalancePartitionLeaders), at most electionsPerTask of them.
func (c *Controller) balanceLeaders() []records.Versioned {
	var all []records.Versioned
	c.eachPartition(func(t *metadata.Topic, number int32, p *metadata.Partition) {
		if len(all) >= electionsPerTask || p.Leader == p.PreferredLeader() {
			return
		}
		ch := c.change(t, number)
		ch.election = electPreferred
		if r, ok := c.build(ch); ok {
			all = append(all, r)
		}
	})
	return all
}

// electUncleanLeaders elects from outside the ISR where there is no leader and
// the topic allows it (maybeElectUncleanLeaders), at most electionsPerTask.
func (c *Controller) electUncleanLeaders() []records.Versioned {
	var all []records.Versioned
	c.eachPartition(func(t *metadata.Topic, number int32, p *metadata.Partition) {
		if len(all) >= electionsPerTask || p.HasLeader() || !c.uncleanAllowed(t.Name) {
			return
		}
		ch := c.change(t, number)
		ch.election = electUnclean
		if r, ok := c.build(ch); ok {
			all = append(all, r)
		}
	})
	return all
}

// replayed follows a record that was just applied to pending: what lives beside
// the image, and the trace.
func (c *Controller) replayed(env *engine.Env, record records.Record, offset engine.Offset, delta *metadata.Delta) {
	switch r := record.(type) {
	case *records.RegisterBrokerRecord:
		c.registers[r.BrokerID] = offset
		if delta.BrokerBefore(r.BrokerID) != nil {
			c.brokers.remove(r.BrokerID)
		}
		c.brokers.register(r.BrokerID, r.Fenced)
		env.Trace(engine.Event{Kind: engine.EventBrokerRegistered, Peer: r.BrokerID, Count: int64(r.BrokerEpoch)})
	case *records.UnregisterBrokerRecord:
		delete(c.registers, r.BrokerID)
		delete(c.brokers, r.BrokerID)
	case *records.BrokerRegistrationChangeRecord:
		c.brokers.register(r.BrokerID, c.pending.Broker(r.BrokerID).Fenced)
		c.traceBroker(env, r)
	case *records.PartitionChangeRecord:
		c.countElection(r, delta.Topic(r.TopicID).Before(r.PartitionID))
		c.tracePartition(env, r)
		c.traceReassignment(env, r, delta)
	case *records.RemoveTopicRecord:
		env.Trace(engine.Event{Kind: engine.EventTopicDeleted, Topic: delta.Topic(r.TopicID).Name})
	}
}

func (c *Controller) traceBroker(env *engine.Env, r *records.BrokerRegistrationChangeRecord) {
	trace := func(kind engine.EventKind) {
		env.Trace(engine.Event{Kind: kind, Peer: r.BrokerID, Count: int64(r.BrokerEpoch)})
	}
	switch r.Fenced {
	case metadata.ChangeFence:
		trace(engine.EventBrokerFenced)
	case metadata.ChangeUnfence:
		trace(engine.EventBrokerUnfenced)
	}
	if r.InControlledShutdown == metadata.ChangeControlledShutdown {
		trace(engine.EventBrokerShuttingDown)
	}
}

func (c *Controller) tracePartition(env *engine.Env, r *records.PartitionChangeRecord) {
	if !env.Tracing() {
		return
	}
	t := c.pending.TopicByID(r.TopicID)
	p := t.Partition(r.PartitionID)
	e := engine.Event{
		Kind: engine.EventISRChanged, Topic: t.Name, Partition: r.PartitionID, Peer: p.Leader,
		Epoch: p.LeaderEpoch, Count: int64(p.PartitionEpoch), Nodes: p.ISR,
	}
	if r.Leader != metadata.NoLeaderChange {
		e.Kind = engine.EventLeaderElected
		if r.LeaderRecoveryState == metadata.LeaderRecovering {
			e.Code = 1
		}
	}
	env.Trace(e)
	if r.EligibleLeaderReplicas != nil || r.LastKnownELR != nil {
		e.Kind, e.Code, e.Nodes = engine.EventELRChanged, 0, p.ELR
		if e.Peer = engine.NoNode; len(p.LastKnownELR) == 1 {
			e.Peer = p.LastKnownELR[0]
		}
		env.Trace(e)
	}
}

// traceReassignment tells of a reassignment that begins or ends.
func (c *Controller) traceReassignment(env *engine.Env, r *records.PartitionChangeRecord, delta *metadata.Delta) {
	if !env.Tracing() || r.AddingReplicas == nil && r.RemovingReplicas == nil && r.Replicas == nil {
		return
	}
	t := c.pending.TopicByID(r.TopicID)
	p := t.Partition(r.PartitionID)
	e := engine.Event{
		Kind: engine.EventReassignment, Topic: t.Name, Partition: r.PartitionID,
		Epoch: p.LeaderEpoch, Count: int64(p.PartitionEpoch), Nodes: p.Replicas, Code: engine.ReassignmentDone,
	}
	was := delta.Topic(r.TopicID).Before(r.PartitionID)
	switch {
	case len(p.AddingReplicas) > 0 || len(p.RemovingReplicas) > 0:
		e.Code = engine.ReassignmentBegun
	case was != nil && (!containsAll(p.Replicas, was.AddingReplicas) || len(was.RemovingReplicas) > 0 && containsAll(p.Replicas, was.RemovingReplicas)):
		e.Code = engine.ReassignmentCancelled
	}
	env.Trace(e)
}
