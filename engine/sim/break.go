package sim

import (
	"fmt"
	"slices"

	"bitacora/engine"
	"bitacora/engine/cluster"
	"bitacora/engine/view"
)

// Break does what a Fault says, now, and records it. An error says what of it does
// not exist, or why it cannot be.
func (s *Sim) Break(f view.Fault) error {
	if f.Action == view.FaultHeal && f.Node == engine.NoNode && f.Peer == engine.NoNode {
		for _, cut := range s.Cuts() {
			s.Do(Action{Kind: ActHeal, Node: cut.From, Peer: cut.To})
		}
		return nil
	}
	a, err := s.ActionOf(f)
	if err == nil {
		s.Do(a)
	}
	return err
}

// ActionOf gives the action that a fault is in this world.
func (s *Sim) ActionOf(f view.Fault) (Action, error) {
	kinds := map[view.FaultAction]ActionKind{
		view.FaultKill: ActKill, view.FaultPowerLoss: ActPowerLoss, view.FaultTear: ActTear, view.FaultShutdown: ActShutdown,
		view.FaultRestart: ActRestart, view.FaultPause: ActPause, view.FaultResume: ActResume, view.FaultCut: ActCut,
		view.FaultCutFrom: ActCut, view.FaultHeal: ActHeal, view.FaultSlowDisk: ActSlowDisk, view.FaultFillDisk: ActFillDisk,
		view.FaultFreeDisk: ActFreeDisk, view.FaultFailDisk: ActFailDisk, view.FaultFlipBit: ActFlipBit,
		view.FaultSlowLink: ActSlowLink, view.FaultClock: ActClock,
	}
	kind, known := kinds[f.Action]
	if !known {
		return Action{}, fmt.Errorf("there is no fault of number %d", f.Action)
	}
	a := Action{Kind: kind, Node: f.Node, Peer: f.Peer, By: f.By, Jitter: f.Jitter, Rate: f.Rate, Partition: f.Partition, Offset: f.Offset}
	a.Both = f.Action != view.FaultCutFrom
	if err := s.checkNode(f.Node); err != nil {
		return a, err
	}
	if f.Action.NeedsPeer() {
		if err := s.checkNode(f.Peer); err != nil {
			return a, err
		}
		if f.Peer == f.Node {
			return a, fmt.Errorf("there is no link from %d to itself", f.Node)
		}
	}
	if (f.By < 0 && f.Action != view.FaultClock) || f.Jitter < 0 || f.Rate < 0 {
		return a, fmt.Errorf("%v by %v, jitter %v, %d bytes a second: none may be negative", f.Action, f.By, f.Jitter, f.Rate)
	}
	return a, s.checkDisk(f, &a)
}

func (s *Sim) checkNode(id engine.NodeID) error {
	if nodes := s.Nodes(); !slices.Contains(nodes, id) {
		return fmt.Errorf("there is no node %d; there are %v", id, nodes)
	}
	return nil
}

// checkDisk finds the disk that a fault is about: a broker's data, a controller's
// metadata log.
func (s *Sim) checkDisk(f view.Fault, a *Action) error {
	switch f.Action {
	case view.FaultSlowDisk, view.FaultFillDisk, view.FaultFreeDisk, view.FaultFailDisk, view.FaultFlipBit:
	default:
		return nil
	}
	n, _ := s.Node(f.Node)
	sv, ok := n.(*cluster.Server)
	if !ok {
		return fmt.Errorf("node %d is a client, and has no disk", f.Node)
	}
	if sv.Broker() != nil {
		a.Disk = engine.DiskData
	}
	if !f.Action.NeedsPartition() {
		return nil
	}
	image := sv.Image()
	t := image.Topic(f.Topic)
	switch {
	case sv.Broker() == nil:
		return fmt.Errorf("node %d is no broker, and holds no partition", f.Node)
	case t == nil:
		return fmt.Errorf("there is no topic %q; there are %v", f.Topic, image.TopicNames())
	case t.Partition(f.Partition) == nil:
		return fmt.Errorf("topic %s has partitions 0 to %d, not %d", f.Topic, len(t.Partitions)-1, f.Partition)
	case !t.Partition(f.Partition).IsReplica(f.Node):
		return fmt.Errorf("broker %d holds no copy of %s-%d", f.Node, f.Topic, f.Partition)
	}
	a.Topic = t.ID
	return nil
}
