package replica

import (
	"cmp"
	"slices"

	"bitacora/engine"
	"bitacora/engine/config"
)

// nearestReplica gives the replica that a consumer in a rack had better read from
// (ReplicaManager.findPreferredReadReplica with RackAwareReplicaSelector; KIP-392):
// one in its rack that is in sync and has the offset, the most caught up first.
// None where the leader is in that rack, where nobody is, or without
// replica.selector.class.
func (m *Manager) nearestReplica(env *engine.Env, p *Partition, op *fetchOp, offset engine.Offset) (engine.NodeID, bool) {
	if op.rack == "" || op.fromFollower() || !p.isLeader(m.cfg.NodeID) || m.cfg.ReplicaSelector != config.RackAwareReplicaSelector {
		return engine.NoNode, false
	}
	inRack := func(id engine.NodeID) bool {
		b := m.image.Broker(id)
		return b != nil && !b.Fenced && b.Rack != nil && *b.Rack == op.rack
	}
	if inRack(m.cfg.NodeID) {
		return engine.NoNode, false
	}
	var near []*follower
	for i := range p.followers {
		f := &p.followers[i]
		if slices.Contains(p.isr, f.id) && f.logEnd >= offset && f.logStart <= offset && inRack(f.id) {
			near = append(near, f)
		}
	}
	if len(near) == 0 {
		return engine.NoNode, false
	}
	best := slices.MaxFunc(near, func(a, b *follower) int {
		return cmp.Or(cmp.Compare(a.logEnd, b.logEnd), cmp.Compare(a.lastCaughtUp, b.lastCaughtUp), cmp.Compare(a.id, b.id))
	})
	return best.id, true
}
