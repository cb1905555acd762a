package client

import (
	"bitacora/engine"
)

// readsFrom is the node that a partition is fetched from: a replica that the
// leader named, while that holds, or the leader (AbstractFetch.selectReadReplica,
// KIP-392).
func (c *Consumer) readsFrom(env *engine.Env, a *assignedPartition, leader engine.NodeID) engine.NodeID {
	if a.nearest == engine.NoNode {
		return leader
	}
	if env.Now() >= a.nearestUntil {
		a.nearest = engine.NoNode
		return leader
	}
	if c.net.view.broker(a.nearest) == nil {
		c.net.requestUpdate()
		a.nearest = engine.NoNode
		return leader
	}
	return a.nearest
}

// noteNearest takes the replica that a leader named; it holds as long as metadata
// does, and then the leader is asked again.
func (c *Consumer) noteNearest(env *engine.Env, a *assignedPartition, id engine.NodeID) {
	a.nearest, a.nearestUntil = id, env.Now().Add(c.cfg.MetadataMaxAge)
}

// leaveNearest goes back to the leader, and says whether the partition was read
// elsewhere (SubscriptionState.clearPreferredReadReplica).
func (a *assignedPartition) leaveNearest() bool {
	left := a.nearest != engine.NoNode
	a.nearest = engine.NoNode
	return left
}
