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
	electUnclean                   // outside the ISR too, when it holds nobody
)

// partitionChange is a change to one partition that is being thought out
// (PartitionChangeBuilder).
type partitionChange struct {
	topic    *metadata.Topic
	number   int32
	was      *metadata.Partition
	isr      []engine.NodeID // as it should become
	recovery int8            // LeaderRecoveryState as it should become
	election election
	removed  engine.NodeID // may not lead although it is active, or NoNode
	added    engine.NodeID // may lead although it is not active yet, or NoNode
}

// change begins a change to a partition that, so far, changes nothing.
func (c *Controller) change(t *metadata.Topic, number int32) partitionChange {
	p := t.Partition(number)
	return partitionChange{
		topic: t, number: number, was: p, isr: p.ISR, recovery: p.LeaderRecoveryState,
		removed: engine.NoNode, added: engine.NoNode,
	}
}

// build gives the record that the change takes, and whether it takes one.
//
// Example: replicas and ISR [1 2 3], leader 1, and 1 dies: the new ISR is [2 3],
// the leader 2, and the leader epoch grows because the record names a leader.
// When 2 and 3 die as well, the leader is none, but the ISR stays [3]: the last
// member is kept, so that a clean election is possible when it comes back.
func (c *Controller) build(ch partitionChange) (records.Versioned, bool) {
	r := records.NewPartitionChangeRecord()
	r.TopicID, r.PartitionID = ch.topic.ID, ch.number
	changed := false
	leader, unclean := c.elect(ch)
	if leader != ch.was.Leader {
		r.Leader, changed = leader, true
	}
	switch {
	case unclean && leader != ch.was.Leader:
		r.ISR = []engine.NodeID{leader}
		if ch.was.LeaderRecoveryState != metadata.LeaderRecovering {
			r.LeaderRecoveryState = metadata.LeaderRecovering
		}
	case len(ch.isr) > 0 && !slices.Equal(ch.isr, ch.was.ISR):
		r.ISR, changed = ch.isr, true
	}
	if ch.recovery != ch.was.LeaderRecoveryState {
		r.LeaderRecoveryState, changed = ch.recovery, true
	}
	return records.Versioned{Record: &r, Version: metadata.PartitionChangeVersion}, changed
}

// elect gives the leader the partition should have, and whether it comes from
// outside the ISR.
func (c *Controller) elect(ch partitionChange) (leader engine.NodeID, unclean bool) {
	valid := func(id engine.NodeID) bool { return slices.Contains(ch.isr, id) && c.acceptable(ch, id) }
	preferred := ch.was.PreferredLeader()
	switch {
	case ch.election == electPreferred && valid(preferred):
		return preferred, false
	case valid(ch.was.Leader):
		return ch.was.Leader, false
	}
	if i := slices.IndexFunc(ch.was.Replicas, valid); i >= 0 {
		return ch.was.Replicas[i], false
	}
	if ch.election == electUnclean {
		for _, id := range ch.was.Replicas {
			if c.acceptable(ch, id) {
				return id, true
			}
		}
	}
	return engine.NoNode, false
}

// acceptable says whether the node may lead: it is active, and the directory
// that its copy lies in is online (ReplicationControlManager.LeaderAcceptor).
func (c *Controller) acceptable(ch partitionChange, id engine.NodeID) bool {
	b := c.pending.Broker(id)
	if b == nil || id == ch.removed || id != ch.added && !b.Active() {
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
