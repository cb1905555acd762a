package swarm

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/sim"
)

// fault does a step to whom it means now, and notes what mends it. Whom there is
// not, or whom such a fault already met, it leaves alone.
func (r *run) fault(s *Step) {
	id, ok := r.resolve(s.Node)
	if !ok || !slices.Contains(r.sim.Nodes(), id) {
		return
	}
	if r.harm(s, id) {
		r.result.Faults++
	}
}

func (r *run) harm(s *Step, id engine.NodeID) bool {
	_, state := r.sim.Node(id)
	switch s.Verb {
	case Kill, PowerLoss, Tear, Shutdown:
		if state == sim.Dead {
			return false
		}
		kind := map[Verb]sim.ActionKind{Kill: sim.ActKill, PowerLoss: sim.ActPowerLoss, Tear: sim.ActTear, Shutdown: sim.ActShutdown}[s.Verb]
		r.do(s, sim.Action{Kind: kind, Node: id}, sim.Action{Kind: sim.ActRestart, Node: id})
	case Pause:
		if state != sim.Running {
			return false
		}
		r.do(s, sim.Action{Kind: sim.ActPause, Node: id}, sim.Action{Kind: sim.ActResume, Node: id})
	case Cut, CutFrom, SlowLink:
		return r.harmLink(s, id)
	case Isolate:
		for _, peer := range r.sim.Nodes() {
			if peer != id && r.server(peer) != nil {
				r.do(s, sim.Action{Kind: sim.ActCut, Node: id, Peer: peer, Both: true},
					sim.Action{Kind: sim.ActHeal, Node: id, Peer: peer, Both: true})
			}
		}
	case Clock:
		r.sim.Do(sim.Action{Kind: sim.ActClock, Node: id, By: s.By})
	default:
		return r.harmDisk(s, id)
	}
	return true
}

func (r *run) harmLink(s *Step, id engine.NodeID) bool {
	peer, ok := r.resolve(s.Peer)
	if !ok || peer == id || !slices.Contains(r.sim.Nodes(), peer) {
		return false
	}
	switch s.Verb {
	case SlowLink:
		r.do(s, sim.Action{Kind: sim.ActSlowLink, Node: id, Peer: peer, Both: true, By: s.By, Jitter: s.By / 2},
			sim.Action{Kind: sim.ActSlowLink, Node: id, Peer: peer, Both: true})
	default:
		both := s.Verb == Cut
		r.do(s, sim.Action{Kind: sim.ActCut, Node: id, Peer: peer, Both: both},
			sim.Action{Kind: sim.ActHeal, Node: id, Peer: peer, Both: both})
	}
	return true
}

// harmDisk harms a broker's data, and a controller's metadata.
func (r *run) harmDisk(s *Step, id engine.NodeID) bool {
	sv := r.server(id)
	if sv == nil {
		return false
	}
	disk := engine.DiskData
	if sv.Broker() == nil {
		disk = engine.DiskMeta
	}
	switch s.Verb {
	case SlowDisk:
		r.do(s, sim.Action{Kind: sim.ActSlowDisk, Node: id, Disk: disk, By: s.By}, sim.Action{Kind: sim.ActSlowDisk, Node: id, Disk: disk})
	case FillDisk:
		r.do(s, sim.Action{Kind: sim.ActFillDisk, Node: id, Disk: disk}, sim.Action{Kind: sim.ActFreeDisk, Node: id, Disk: disk})
		r.later(s, sim.Action{Kind: sim.ActRestart, Node: id}) // it halted meanwhile
	case FailDisk:
		r.do(s, sim.Action{Kind: sim.ActFailDisk, Node: id, Disk: disk}, sim.Action{Kind: sim.ActRestart, Node: id})
	}
	return true
}

func (r *run) do(s *Step, act, undo sim.Action) {
	r.sim.Do(act)
	r.later(s, undo)
}

func (r *run) later(s *Step, undo sim.Action) {
	at := r.sim.Now().Add(s.For)
	if s.For == 0 {
		at = r.begun.Add(r.plan.Lasts)
	}
	i, _ := slices.BinarySearchFunc(r.pending, at, func(m mend, at engine.Time) int {
		if m.at > at {
			return 1
		}
		return -1
	})
	r.pending = slices.Insert(r.pending, i, mend{at, undo})
}
