package controller

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"
)

// election says who may lead (PartitionChangeBuilder.Election).
type election uint8

const (
	electOnline    election = iota // anybody in the ISR; the leader stays if it can
	electPreferred                 // the first replica if it can, then as above
	electUnclean                   // outside ISR and ELR too, when they hold nobody
)

// partitionChange is a change to one partition that is being thought out
// (PartitionChangeBuilder).
type partitionChange struct {
	topic    *metadata.Topic
	number   int32
	was      *metadata.Partition
	isr      []engine.NodeID // as it should become, like all below
	replicas []engine.NodeID
	removing []engine.NodeID
	adding   []engine.NodeID
	elr      []engine.NodeID // worked out by build
	recovery int8            // LeaderRecoveryState
	election election
	removed  engine.NodeID // may not lead although it is active, or NoNode
	unclean  engine.NodeID // lost what it had in memory: neither ELR nor leader, or NoNode
	added    engine.NodeID // may lead although it is not active yet, or NoNode
}

// change begins a change to a partition that, so far, changes nothing.
func (c *Controller) change(t *metadata.Topic, number int32) partitionChange {
	p := t.Partition(number)
	return partitionChange{
		topic: t, number: number, was: p, isr: p.ISR, replicas: p.Replicas, recovery: p.LeaderRecoveryState,
		removing: p.RemovingReplicas, adding: p.AddingReplicas, elr: p.ELR,
		removed: engine.NoNode, unclean: engine.NoNode, added: engine.NoNode,
	}
}

// build gives the record that the change takes, and whether it takes one.
//
// Example: replicas and ISR [1 2 3], leader 1, and 1 dies: the new ISR is [2 3],
// the leader 2, and the leader epoch grows because the record names a leader.
// When 2 dies as well and min.insync.replicas is 2, it becomes an eligible leader
// replica: nothing is committed without it until it is back (KIP-966). When 3
// dies, the ISR is empty, the ELR [2 3], and 3 the last known leader.
//
// Without ELR the last member of an ISR stays in it instead.
func (c *Controller) build(ch partitionChange) (records.Versioned, bool) {
	r := records.NewPartitionChangeRecord()
	r.TopicID, r.PartitionID = ch.topic.ID, ch.number
	ch.completeReassignment()
	withELR := c.elrEnabled()
	if withELR {
		ch.populateELR(c.effectiveMinISR(ch.topic))
	}
	unclean := c.tryElection(&ch, &r)
	if r.Leader == metadata.NoLeaderChange && !containsAll(ch.replicas, ch.was.Replicas) {
		r.Leader = ch.was.Leader // who leaves must learn that its time is over
	}
	if unclean || !withELR {
		ch.elr = nil
	}
	if !slices.Equal(ch.elr, ch.was.ELR) {
		r.EligibleLeaderReplicas = notNil(ch.elr)
	}
	if !unclean && (len(ch.isr) > 0 || withELR) && !slices.Equal(ch.isr, ch.was.ISR) {
		r.ISR = notNil(ch.isr)
	}
	if withELR {
		ch.noteLastKnownLeader(&r)
	}
	c.noteAssignment(ch, &r)
	if ch.recovery != ch.was.LeaderRecoveryState {
		r.LeaderRecoveryState = ch.recovery
	}
	return records.Versioned{Record: &r, Version: metadata.PartitionChangeVersion}, !changesNothing(&r)
}

// changesNothing is PartitionChangeBuilder.changeRecordIsNoOp.
func changesNothing(r *records.PartitionChangeRecord) bool {
	return r.ISR == nil && r.EligibleLeaderReplicas == nil && r.LastKnownELR == nil && r.Leader == metadata.NoLeaderChange &&
		r.Replicas == nil && r.RemovingReplicas == nil && r.AddingReplicas == nil && r.Directories == nil &&
		r.LeaderRecoveryState == metadata.NoRecoveryStateChange
}

// notNil gives the list as a record carries it: empty is not null.
func notNil(ids []engine.NodeID) []engine.NodeID {
	if ids == nil {
		return []engine.NodeID{}
	}
	return ids
}

func containsAll(all, some []engine.NodeID) bool {
	return !slices.ContainsFunc(some, func(id engine.NodeID) bool { return !slices.Contains(all, id) })
}

// without gives the ids that are not in the other list, in their order.
func without(ids, others []engine.NodeID) []engine.NodeID {
	var kept []engine.NodeID
	for _, id := range ids {
		if !slices.Contains(others, id) {
			kept = append(kept, id)
		}
	}
	return kept
}

// populateELR works out the eligible leader replicas (maybePopulateTargetElr):
// none while the ISR has what min.insync.replicas asks; else who was in the ISR
// or the ELR and is not in the ISR any more, in the order of ids.
func (ch *partitionChange) populateELR(minISR int) {
	if len(ch.isr) >= minISR {
		ch.elr = nil
		return
	}
	elr := without(append(slices.Clone(ch.was.ISR), without(ch.elr, ch.was.ISR)...), append(slices.Clone(ch.isr), ch.unclean))
	slices.Sort(elr)
	ch.elr = elr
}

// tryElection elects, and says whether from outside ISR and ELR. A leader from
// the ELR is alone in the new ISR.
func (c *Controller) tryElection(ch *partitionChange, r *records.PartitionChangeRecord) (unclean bool) {
	leader, unclean := c.elect(*ch)
	if leader == ch.was.Leader {
		return false
	}
	r.Leader = leader
	switch {
	case slices.Contains(ch.elr, leader):
		ch.isr, ch.elr = []engine.NodeID{leader}, without(ch.elr, []engine.NodeID{leader})
	case unclean:
		r.ISR = []engine.NodeID{leader}
		if ch.was.LeaderRecoveryState != metadata.LeaderRecovering {
			r.LeaderRecoveryState = metadata.LeaderRecovering
		}
	}
	return unclean
}

// noteLastKnownLeader keeps who led last in LastKnownELR while nobody leads
// (maybeUpdateLastKnownLeader).
func (ch *partitionChange) noteLastKnownLeader(r *records.PartitionChangeRecord) {
	switch {
	case r.Leader == engine.NoNode && len(ch.was.LastKnownELR) == 0:
		r.LastKnownELR = []engine.NodeID{ch.was.Leader}
	case r.Leader >= 0 && len(ch.was.LastKnownELR) > 0:
		r.LastKnownELR = []engine.NodeID{}
	}
}

// noteAssignment tells of replicas that come and go (setAssignmentChanges). Where
// a new one will lie, its broker's only directory says.
func (c *Controller) noteAssignment(ch partitionChange, r *records.PartitionChangeRecord) {
	if !slices.Equal(ch.replicas, ch.was.Replicas) && len(ch.replicas) > 0 {
		r.Replicas = ch.replicas
		for _, id := range ch.replicas {
			directory := ch.was.DirectoryOf(id)
			if !ch.was.IsReplica(id) {
				directory = c.defaultDirectory(id)
			}
			r.Directories = append(r.Directories, directory)
		}
		if slices.Equal(r.Directories, ch.was.Directories) {
			r.Directories = nil
		}
	}
	if !slices.Equal(ch.removing, ch.was.RemovingReplicas) {
		r.RemovingReplicas = notNil(ch.removing)
	}
	if !slices.Equal(ch.adding, ch.was.AddingReplicas) {
		r.AddingReplicas = notNil(ch.adding)
	}
}

// elect gives the leader the partition should have, and whether it comes from
// outside the ISR and the ELR.
func (c *Controller) elect(ch partitionChange) (leader engine.NodeID, unclean bool) {
	valid := func(id engine.NodeID) bool {
		return (slices.Contains(ch.isr, id) || len(ch.isr) == 0 && slices.Contains(ch.elr, id)) && c.acceptable(ch, id)
	}
	switch {
	case ch.election == electPreferred && len(ch.replicas) > 0 && valid(ch.replicas[0]):
		return ch.replicas[0], false
	case valid(ch.was.Leader):
		return ch.was.Leader, false
	}
	if i := slices.IndexFunc(ch.replicas, valid); i >= 0 {
		return ch.replicas[i], false
	}
	if last, ok := c.lastKnownLeader(ch); ok {
		return last, true
	}
	if ch.election == electUnclean {
		for _, id := range ch.replicas {
			if c.acceptable(ch, id) {
				return id, true
			}
		}
	}
	return engine.NoNode, false
}

// lastKnownLeader gives the leader that was there last, where nobody better is
// left: ISR and ELR are empty, and it is back (canElectLastKnownLeader, KIP-966's
// balanced recovery).
func (c *Controller) lastKnownLeader(ch partitionChange) (engine.NodeID, bool) {
	known := ch.was.LastKnownELR
	if !c.elrEnabled() || len(ch.elr) > 0 || len(ch.isr) > 0 || len(known) != 1 || !c.acceptable(ch, known[0]) {
		return engine.NoNode, false
	}
	return known[0], true
}

// acceptable says whether the node may lead: it is active, and the directory
// that its copy lies in is online (ReplicationControlManager.LeaderAcceptor).
func (c *Controller) acceptable(ch partitionChange, id engine.NodeID) bool {
	b := c.pending.Broker(id)
	if b == nil || id == ch.removed || id == ch.unclean || id != ch.added && !b.Active() {
		return false
	}
	return hasOnlineDir(b, ch.was.DirectoryOf(id))
}

// Directory ids with a meaning of their own (DirectoryId).
const (
	directoryMigrating  = 0   // not known
	directoryUnassigned = 1   // to be chosen by the broker
	reservedDirectories = 100 // the ids below are Kafka's own; 2 is an offline directory
)

// reservedDirectory gives the number of an id that is Kafka's own, and whether
// it is one.
func reservedDirectory(id [16]byte) (int, bool) {
	if [15]byte(id[:15]) != [15]byte{} || id[15] >= reservedDirectories {
		return 0, false
	}
	return int(id[15]), true
}

func hasOnlineDir(b *metadata.Broker, directory [16]byte) bool {
	if number, ok := reservedDirectory(directory); ok {
		return number == directoryMigrating || number == directoryUnassigned
	}
	return len(b.LogDirs) == 0 || slices.Contains(b.LogDirs, directory)
}

// defaultDirectory is where a broker will put a new copy
// (ClusterControlManager.defaultDir).
func (c *Controller) defaultDirectory(id engine.NodeID) (directory [16]byte) {
	b := c.pending.Broker(id)
	switch {
	case b != nil && len(b.LogDirs) == 1:
		return b.LogDirs[0]
	case b != nil && len(b.LogDirs) == 0:
		return directory
	}
	directory[15] = directoryUnassigned
	return directory
}

// electionFor is the kind of election the topic allows when a leader is lost.
func (c *Controller) electionFor(topic string) election {
	if c.uncleanAllowed(topic) {
		return electUnclean
	}
	return electOnline
}

func (c *Controller) uncleanAllowed(topic string) bool {
	return config.UncleanAllowed(c.pending, c.cfg.Static, c.cfg.NodeID, topic)
}
