package metadata

import (
	"fmt"
	"maps"
	"slices"

	"bitacora/engine"
	"bitacora/engine/metadata/records"
)

// Topic is one topic (TopicImage). Partitions are indexed by their number: Kafka
// numbers them from 0 without gaps. Read only.
type Topic struct {
	Name       string
	ID         engine.TopicID
	Partitions []*Partition

	owner *ownership
}

// Partition is one partition's registration (PartitionRegistration). Read only:
// a change makes a new one.
type Partition struct {
	Replicas            []engine.NodeID // in order of preference
	Directories         [][16]byte      // where each replica lies, in step with Replicas
	ISR                 []engine.NodeID
	RemovingReplicas    []engine.NodeID // of a reassignment under way
	AddingReplicas      []engine.NodeID
	ELR                 []engine.NodeID // eligible leader replicas (KIP-966)
	LastKnownELR        []engine.NodeID
	Leader              engine.NodeID // NoNode while there is none
	LeaderRecoveryState int8          // 1 while an unclean leader recovers
	LeaderEpoch         engine.LeaderEpoch
	PartitionEpoch      engine.PartitionEpoch
}

// The values of Partition.LeaderRecoveryState (LeaderRecoveryState).
const (
	LeaderRecovered  int8 = 0
	LeaderRecovering int8 = 1
)

// What a PartitionChangeRecord's Leader and LeaderRecoveryState say when they
// stay as they are.
const (
	NoLeaderChange         engine.NodeID = -2
	NoRecoveryStateChange  int8          = -1
	partitionsInTopicLimit               = 1 << 20 // far above what a controller makes; bounds a damaged log
)

// HasLeader says whether somebody leads the partition.
func (p *Partition) HasLeader() bool { return p.Leader != engine.NoNode }

// PreferredLeader is the first of the replicas.
func (p *Partition) PreferredLeader() engine.NodeID {
	if len(p.Replicas) == 0 {
		return engine.NoNode
	}
	return p.Replicas[0]
}

// InISR says whether the node is in sync.
func (p *Partition) InISR(id engine.NodeID) bool { return slices.Contains(p.ISR, id) }

// IsReplica says whether the node holds a copy.
func (p *Partition) IsReplica(id engine.NodeID) bool { return slices.Contains(p.Replicas, id) }

// DirectoryOf gives the directory that the node's copy lies in, zero when the
// node holds none.
func (p *Partition) DirectoryOf(id engine.NodeID) [16]byte {
	if i := slices.Index(p.Replicas, id); i >= 0 && i < len(p.Directories) {
		return p.Directories[i]
	}
	return [16]byte{}
}

// Merged gives the partition as it is after the change
// (PartitionRegistration.merge): the partition epoch grows by one, the leader
// epoch only when the record names a leader, even the same one or none.
func (p *Partition) Merged(r *records.PartitionChangeRecord) *Partition {
	n := *p
	n.PartitionEpoch++
	set := func(into *[]engine.NodeID, from []engine.NodeID) {
		if from != nil {
			*into = slices.Clone(from)
		}
	}
	set(&n.ISR, r.ISR)
	set(&n.Replicas, r.Replicas)
	set(&n.RemovingReplicas, r.RemovingReplicas)
	set(&n.AddingReplicas, r.AddingReplicas)
	set(&n.ELR, r.EligibleLeaderReplicas)
	set(&n.LastKnownELR, r.LastKnownELR)
	if r.Directories != nil {
		n.Directories = slices.Clone(r.Directories)
	}
	if r.Leader != NoLeaderChange {
		n.Leader = r.Leader
		n.LeaderEpoch++
	}
	if r.LeaderRecoveryState != NoRecoveryStateChange {
		n.LeaderRecoveryState = r.LeaderRecoveryState
	}
	return &n
}

// Topic gives the topic of that name, nil when there is none.
func (m *Image) Topic(name string) *Topic {
	if id, ok := m.topicIDs[name]; ok {
		return m.topics[id]
	}
	return nil
}

// TopicByID gives the topic with that id, nil when there is none.
func (m *Image) TopicByID(id engine.TopicID) *Topic { return m.topics[id] }

// TopicNames gives the names of all topics, sorted.
func (m *Image) TopicNames() []string { return slices.Sorted(maps.Keys(m.topicIDs)) }

// TopicCount is the number of topics.
func (m *Image) TopicCount() int { return len(m.topics) }

// Partition gives one partition, nil when there is none.
func (m *Image) Partition(tp engine.TopicPartition) *Partition {
	return m.Topic(tp.Topic).Partition(tp.Partition)
}

// PartitionByID gives one partition of the topic with that id, nil when there is
// none.
func (m *Image) PartitionByID(id engine.TopicID, partition int32) *Partition {
	return m.topics[id].Partition(partition)
}

// Partition gives the topic's partition of that number, nil when there is none
// (or no topic).
func (t *Topic) Partition(partition int32) *Partition {
	if t == nil || partition < 0 || int(partition) >= len(t.Partitions) {
		return nil
	}
	return t.Partitions[partition]
}

func (m *Image) applyTopic(r *records.TopicRecord, delta *Delta) error {
	if _, ok := m.topics[r.TopicID]; ok {
		return fmt.Errorf("topic id %v exists", r.TopicID)
	}
	if _, ok := m.topicIDs[r.Name]; ok {
		return fmt.Errorf("topic %q exists", r.Name)
	}
	m.topics[r.TopicID] = &Topic{Name: r.Name, ID: r.TopicID, owner: m.owned}
	m.topicIDs[r.Name] = r.TopicID
	delta.topic(r.TopicID, r.Name, nil).Created = true
	return nil
}

func (m *Image) applyPartition(r *records.PartitionRecord, delta *Delta) error {
	t := m.topics[r.TopicID]
	if t == nil {
		return fmt.Errorf("no topic has id %v", r.TopicID)
	}
	if r.PartitionID < 0 || int(r.PartitionID) > len(t.Partitions) || r.PartitionID >= partitionsInTopicLimit {
		return fmt.Errorf("partition %d of %q follows none", r.PartitionID, t.Name)
	}
	m.setPartition(t, r.PartitionID, &Partition{
		Replicas:            slices.Clone(r.Replicas),
		Directories:         slices.Clone(r.Directories),
		ISR:                 slices.Clone(r.ISR),
		RemovingReplicas:    slices.Clone(r.RemovingReplicas),
		AddingReplicas:      slices.Clone(r.AddingReplicas),
		ELR:                 slices.Clone(r.EligibleLeaderReplicas),
		LastKnownELR:        slices.Clone(r.LastKnownELR),
		Leader:              r.Leader,
		LeaderRecoveryState: r.LeaderRecoveryState,
		LeaderEpoch:         r.LeaderEpoch,
		PartitionEpoch:      r.PartitionEpoch,
	}, delta)
	return nil
}

func (m *Image) applyPartitionChange(r *records.PartitionChangeRecord, delta *Delta) error {
	t := m.topics[r.TopicID]
	p := t.Partition(r.PartitionID)
	if p == nil {
		return fmt.Errorf("topic id %v has no partition %d", r.TopicID, r.PartitionID)
	}
	m.setPartition(t, r.PartitionID, p.Merged(r), delta)
	return nil
}

// setPartition replaces or appends one partition. The topic is replaced as well
// when a clone of the image, or what the delta shows as before, points at it.
func (m *Image) setPartition(t *Topic, partition int32, p *Partition, delta *Delta) {
	d := delta.topic(t.ID, t.Name, t)
	if t.owner != m.owned || d.before == t {
		t = &Topic{Name: t.Name, ID: t.ID, Partitions: slices.Clone(t.Partitions), owner: m.owned}
		m.topics[t.ID] = t
	}
	if int(partition) == len(t.Partitions) {
		t.Partitions = append(t.Partitions, p)
	} else {
		t.Partitions[partition] = p
	}
	d.changed[partition] = true
}

// applyClearELR empties the ELR of one topic's partitions, or of all when the
// record names none (TopicsDelta.replay). Epochs stay.
func (m *Image) applyClearELR(r *records.ClearElrRecord, delta *Delta) error {
	names := []string{r.TopicName}
	if r.TopicName == "" {
		names = m.TopicNames()
	} else if m.Topic(r.TopicName) == nil {
		return fmt.Errorf("no topic %q", r.TopicName)
	}
	for _, name := range names {
		for i, p := range m.Topic(name).Partitions {
			if len(p.ELR) == 0 && len(p.LastKnownELR) == 0 {
				continue
			}
			n := *p
			n.ELR, n.LastKnownELR = nil, nil
			m.setPartition(m.Topic(name), int32(i), &n, delta)
		}
	}
	return nil
}

// applyRemoveTopic takes the topic away, and its configs with it.
func (m *Image) applyRemoveTopic(r *records.RemoveTopicRecord, delta *Delta) error {
	t := m.topics[r.TopicID]
	if t == nil {
		return fmt.Errorf("no topic has id %v", r.TopicID)
	}
	delete(m.topics, t.ID)
	delete(m.topicIDs, t.Name)
	delta.topic(t.ID, t.Name, t).Deleted = true
	resource := ConfigResource{Type: ResourceTopic, Name: t.Name}
	if _, ok := m.configs[resource]; ok {
		delete(m.configs, resource)
		delta.configs[resource] = true
	}
	return nil
}
