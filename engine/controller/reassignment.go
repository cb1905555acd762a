package controller

import (
	"slices"
)

// completeReassignment ends the reassignment under way, if the ISR that the
// partition is to have allows it (PartitionReassignmentReplicas
// .maybeCompleteReassignment): all that are added are in it, somebody is who
// stays, and where there will be fewer replicas than before, all that stay.
func (ch *partitionChange) completeReassignment() {
	if len(ch.removing) == 0 && len(ch.adding) == 0 {
		return
	}
	isr, replicas := without(ch.isr, ch.removing), without(ch.replicas, ch.removing)
	switch {
	case len(ch.removing) > 0 && (len(isr) == 0 || len(replicas) == 0):
		return
	case !containsAll(isr, ch.adding):
		return
	case len(ch.adding) < len(ch.removing) && !containsAll(isr, replicas):
		return
	}
	ch.isr, ch.replicas = slices.Clip(isr), replicas
	ch.removing, ch.adding = nil, nil
}
