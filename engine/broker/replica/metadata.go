package replica

import (
	"maps"
	"slices"

	"bitacora/engine"
	"bitacora/engine/log"
	"bitacora/engine/metadata"
)

// OnMetadata makes this broker's copies what metadata says of them
// (ReplicaManager.applyDelta, BrokerMetadataPublisher): it leads, follows, or
// deletes. The image must be the one that delta leads to. The first call must
// come once the broker has caught up with the metadata log; its delta does not
// matter, everything counts as new, and logs that no topic claims are deleted as
// strays.
func (m *Manager) OnMetadata(env *engine.Env, delta *metadata.Delta, image *metadata.Image) {
	m.image = image
	if m.published && delta.Empty() {
		return // a no-op record, twice a second
	}
	m.generation++
	if !m.published || len(delta.Configs()) > 0 {
		m.updateQuotas()
	}
	if !m.published {
		m.published = true
		m.cfg.setCleaner(image)
		for _, name := range image.TopicNames() {
			t := image.Topic(name)
			for i := range t.Partitions {
				m.applyPartition(env, t, int32(i))
			}
		}
		m.deleteStrays(env)
	} else {
		m.applyTopics(env, delta)
		m.applyConfigs(env, delta)
		m.applyBrokers(env, delta)
	}
	m.closeIdleFetchers(env)
	m.sendFetches(env)
	m.settle(env)
}

func (m *Manager) applyTopics(env *engine.Env, delta *metadata.Delta) {
	changed := delta.Topics()
	for _, d := range changed {
		if !d.Deleted {
			continue
		}
		for _, p := range slices.Clone(m.ordered) {
			if p.topicID == d.ID {
				m.deletePartition(env, p)
			}
		}
	}
	for _, d := range changed {
		t := m.image.TopicByID(d.ID)
		if d.Deleted || t == nil {
			continue
		}
		for _, partition := range d.Partitions() {
			m.applyPartition(env, t, partition)
		}
	}
}

// applyPartition is one entry of TopicDelta.localChanges.
func (m *Manager) applyPartition(env *engine.Env, t *metadata.Topic, partition int32) {
	reg := t.Partition(partition)
	p := m.partitions[engine.TopicPartition{Topic: t.Name, Partition: partition}]
	if !reg.IsReplica(m.cfg.NodeID) {
		if p != nil {
			m.deletePartition(env, p)
		}
		return
	}
	if p == nil {
		if p = m.createPartition(env, t, partition); p == nil {
			return
		}
	}
	if reg.PartitionEpoch < p.partitionEpoch {
		return // the answer to an AlterPartition came before what the log says of earlier changes
	}
	if reg.Leader == m.cfg.NodeID {
		m.stopFetching(p)
		m.makeLeader(env, p, reg)
		return
	}
	newEpoch := m.makeFollower(env, p, reg)
	switch {
	case m.stopping && (!reg.HasLeader() || !reg.InISR(m.cfg.NodeID)):
		m.stopFetching(p)
	case newEpoch && reg.HasLeader():
		m.startFetching(env, p)
	case newEpoch:
		m.stopFetching(p)
	}
}

// createPartition opens or creates the log of a partition that is new here.
func (m *Manager) createPartition(env *engine.Env, t *metadata.Topic, partition int32) *Partition {
	id := log.ID{Topic: t.ID, Partition: partition}
	p := &Partition{
		tp:      engine.TopicPartition{Topic: t.Name, Partition: partition},
		topicID: t.ID, leader: engine.NoNode, leaderEpoch: engine.NoLeaderEpoch, partitionEpoch: -1,
		epochStart: engine.NoOffset,
		watched:    Internal(t.Name),
	}
	if l := m.strays[id]; l != nil {
		p.log = l
		delete(m.strays, id)
	} else if p.log = m.createLog(env, id, t.Name); p.log == nil {
		return nil
	}
	m.configure(p)
	m.addPartition(p)
	return p
}

// deletePartition stops a replica and deletes its log (stopPartitions).
func (m *Manager) deletePartition(env *engine.Env, p *Partition) {
	m.stopFetching(p)
	m.removePartition(p)
	p.gone = true
	if err := log.Delete(m.store, p.log.ID()); err != nil {
		m.onStorageError(env, p, err)
	}
	p.leader, p.isr, p.pending, p.followers = engine.NoNode, nil, nil, nil
	m.trace(env, p, engine.Event{Kind: engine.EventReplicaOffline, Epoch: p.leaderEpoch})
	m.happen(p, Event{Kind: Deleted, Epoch: p.leaderEpoch})
	// Those who wait for it learn now, before a topic of the same name may come.
	p.moved |= movedLeadership
	m.checkProduces(env, p)
	m.checkFetches(env, p)
	p.moved = 0
}

// deleteStrays removes logs of topics that were deleted while this broker was
// away (LogManager.deleteStrayKRaftReplicas).
func (m *Manager) deleteStrays(env *engine.Env) {
	for _, id := range slices.SortedFunc(maps.Keys(m.strays), log.ID.Compare) {
		if err := log.Delete(m.store, id); err != nil {
			m.onStorageError(env, nil, err)
		}
		tp := m.strays[id].Name()
		env.Trace(engine.Event{Kind: engine.EventReplicaOffline, Topic: tp.Topic, Partition: tp.Partition, Epoch: engine.NoLeaderEpoch})
		delete(m.strays, id)
	}
}

// applyConfigs takes over changed topic and broker configs.
func (m *Manager) applyConfigs(env *engine.Env, delta *metadata.Delta) {
	all := false
	topics := map[string]bool{}
	for _, r := range delta.Configs() {
		switch r.Type {
		case metadata.ResourceBroker:
			all = true
		case metadata.ResourceTopic:
			topics[r.Name] = true
		}
	}
	if !all && len(topics) == 0 {
		return
	}
	if all {
		m.cfg.setCleaner(m.image)
	}
	for _, p := range m.ordered {
		if all || topics[p.tp.Topic] {
			m.configure(p)
			m.maybeIncrementHighWatermark(env, p)
		}
	}
}

// applyBrokers follows leaders to new addresses, and finds those whose address
// was not known.
func (m *Manager) applyBrokers(env *engine.Env, delta *metadata.Delta) {
	changed := delta.Brokers()
	if len(changed) == 0 {
		return
	}
	for _, f := range slices.Clone(m.fetchers) {
		if slices.Contains(changed, f.leader) {
			m.fetcherOf(env, f.leader)
		}
	}
	for _, p := range m.ordered {
		if p.leader != m.cfg.NodeID && p.leader != engine.NoNode && slices.Contains(changed, p.leader) && !m.isFetching(p) && !m.stopping {
			m.startFetching(env, p)
		}
	}
}

func (m *Manager) isFetching(p *Partition) bool {
	key := sessionKey{id: p.topicID, partition: p.tp.Partition}
	for _, f := range m.fetchers {
		if f.byID[key] != nil {
			return true
		}
	}
	return false
}

// BeginControlledShutdown makes replicas that lose their place in the ISR, or
// their leader, stop fetching, so that they are not taken in again
// (ReplicaManager.beginControlledShutdown).
func (m *Manager) BeginControlledShutdown() { m.stopping = true }
