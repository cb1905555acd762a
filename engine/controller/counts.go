package controller

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"
)

// elections counts the changes of leaders that this controller wrote while it was
// active (ControllerMetricsPublisher, which counts on the others as well).
type elections struct{ all, unclean, fromELR int64 }

// Counts is what Kafka exports of a controller: gauges of the committed metadata,
// counters since the process started. LeaderElectionRateAndTimeMs is in Kafka's
// list of what to watch, though its KRaft controller registers no such meter: here
// it counts elections.
type Counts struct {
	Active                                              int64 // 1 or 0
	Topics, Partitions                                  int64
	OfflinePartitions, PreferredImbalance               int64
	ActiveBrokers, FencedBrokers                        int64
	LeaderElections, UncleanElections, ElectionsFromELR int64
}

// Counts gives them.
func (c *Controller) Counts() Counts {
	n := Counts{LeaderElections: c.elections.all, UncleanElections: c.elections.unclean, ElectionsFromELR: c.elections.fromELR}
	if c.active {
		n.Active = 1
	}
	for _, id := range c.committed.BrokerIDs() {
		if c.committed.Broker(id).Fenced {
			n.FencedBrokers++
		} else {
			n.ActiveBrokers++
		}
	}
	for _, name := range c.committed.TopicNames() {
		n.Topics++
		t := c.committed.Topic(name)
		n.Partitions += int64(len(t.Partitions))
		for _, p := range t.Partitions {
			switch {
			case p.Leader == engine.NoNode:
				n.OfflinePartitions++
			case p.Leader != p.Replicas[0]:
				n.PreferredImbalance++
			}
		}
	}
	return n
}

// countElection takes a change that was just applied to pending.
func (c *Controller) countElection(r *records.PartitionChangeRecord, was *metadata.Partition) {
	if r.Leader == metadata.NoLeaderChange || r.Leader == engine.NoNode {
		return
	}
	c.elections.all++
	switch {
	case r.LeaderRecoveryState == metadata.LeaderRecovering:
		c.elections.unclean++
	case was != nil && !slices.Contains(was.ISR, r.Leader) && slices.Contains(was.ELR, r.Leader):
		c.elections.fromELR++
	}
}
