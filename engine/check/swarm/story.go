package swarm

import (
	"fmt"
	"time"

	"bitacora/engine"
	"bitacora/engine/sim"
)

// story keeps what happened in a run, in a line each, and hands every event on.
type story struct {
	next  sim.Observer
	lines []string
}

// Observe takes an event (sim.Observer).
func (s *story) Observe(at engine.Time, ev *engine.Event) {
	if line := tell(ev); line != "" {
		s.lines = append(s.lines, fmt.Sprintf("%12v %s", time.Duration(at).Round(time.Millisecond), line))
	}
	s.next.Observe(at, ev)
}

func tell(ev *engine.Event) string {
	tp := engine.TopicPartition{Topic: ev.Topic, Partition: ev.Partition}
	switch ev.Kind {
	case engine.EventProcessStarted:
		return fmt.Sprintf("%d starts", ev.Node)
	case engine.EventProcessKilled:
		if ev.Code != 0 {
			return fmt.Sprintf("%d loses power", ev.Node)
		}
		return fmt.Sprintf("%d is killed", ev.Node)
	case engine.EventProcessHalted:
		return fmt.Sprintf("%d halts (%d)", ev.Node, ev.Code)
	case engine.EventProcessPaused:
		return fmt.Sprintf("%d is paused", ev.Node)
	case engine.EventProcessResumed:
		return fmt.Sprintf("%d goes on", ev.Node)
	case engine.EventLinkCut:
		return fmt.Sprintf("link %d->%d is cut", ev.Node, ev.Peer)
	case engine.EventLinkHealed:
		return fmt.Sprintf("link %d->%d is whole", ev.Node, ev.Peer)
	case engine.EventRecovered:
		return fmt.Sprintf("%d recovers %v to %d", ev.Node, tp, ev.Until)
	case engine.EventBecameLeader:
		return fmt.Sprintf("%d leads %v in epoch %d from %d", ev.Node, tp, ev.Epoch, ev.Offset)
	case engine.EventBecameFollower:
		return fmt.Sprintf("%d follows %d in %v in epoch %d", ev.Node, ev.Peer, tp, ev.Epoch)
	case engine.EventTruncated:
		return fmt.Sprintf("%d truncates %v from %d to %d", ev.Node, tp, ev.Until, ev.Offset)
	case engine.EventISRChanged:
		if ev.Peer != 0 {
			return ""
		}
		return fmt.Sprintf("%d has ISR %v of %v (partition epoch %d)", ev.Node, ev.Nodes, tp, ev.Count)
	case engine.EventLeaderElected:
		return fmt.Sprintf("controller %d: leader %d of %v in epoch %d, ISR %v", ev.Node, ev.Peer, tp, ev.Epoch, ev.Nodes)
	case engine.EventBrokerFenced:
		return fmt.Sprintf("controller %d fences %d", ev.Node, ev.Peer)
	case engine.EventBrokerUnfenced:
		return fmt.Sprintf("controller %d unfences %d", ev.Node, ev.Peer)
	case engine.EventControllerActive:
		return fmt.Sprintf("controller %d is active in epoch %d", ev.Node, ev.Epoch)
	case engine.EventControllerResigned:
		return fmt.Sprintf("controller %d resigned epoch %d", ev.Node, ev.Epoch)
	case engine.EventDiskDamaged:
		return fmt.Sprintf("a bit flips on %d in %v, batch %d", ev.Node, tp, ev.Offset)
	case engine.EventClientPosition:
		return fmt.Sprintf("%d reads %v from %d (%d)", ev.Node, tp, ev.Offset, ev.Code)
	case engine.EventGroupState:
		return fmt.Sprintf("%d: group %s is in state %d, generation %d", ev.Node, ev.Name, ev.Code, ev.Epoch)
	case engine.EventViolation:
		return fmt.Sprintf("%d: %s: %s", ev.Node, ev.Name, ev.Detail)
	}
	return ""
}
