package metadata

import (
	"maps"
	"slices"

	"bitacora/engine/metadata/records"
)

// Encode gives records that build the same image from nothing, in the order of
// Kafka's MetadataImage.write: features (metadata.version first), brokers and
// controllers, topics, configs, producer ids. An open transaction's records are
// not among them.
func (m *Image) Encode() []records.Versioned {
	var out []records.Versioned
	add := func(r records.Record, version int16) {
		out = append(out, records.Versioned{Record: r, Version: version})
	}
	names := m.FeatureNames()
	if i := slices.Index(names, MetadataVersion); i > 0 {
		names = slices.Insert(slices.Delete(names, i, i+1), 0, MetadataVersion)
	}
	for _, name := range names {
		add(&records.FeatureLevelRecord{Name: name, FeatureLevel: m.features[name]}, 0)
	}
	for _, id := range m.BrokerIDs() {
		add(m.brokers[id].record(), RegisterBrokerVersion)
	}
	for _, id := range m.ControllerIDs() {
		add(m.controllers[id].record(), 0)
	}
	for _, name := range m.TopicNames() {
		t := m.Topic(name)
		add(&records.TopicRecord{Name: t.Name, TopicID: t.ID}, 0)
		for i, p := range t.Partitions {
			add(p.Record(t, int32(i)), PartitionVersion)
		}
	}
	for _, resource := range m.ConfigResources() {
		values := m.configs[resource]
		for _, key := range slices.Sorted(maps.Keys(values)) {
			value := values[key]
			add(&records.ConfigRecord{ResourceType: int8(resource.Type), ResourceName: resource.Name, Name: key, Value: &value}, 0)
		}
	}
	if m.nextProducerID > 0 {
		add(&records.ProducerIdsRecord{BrokerID: -1, BrokerEpoch: -1, NextProducerID: m.nextProducerID}, 0)
	}
	return out
}

// The versions in which metadata.version 30 (4.3-IV0) writes records
// (MetadataVersion.registerBrokerRecordVersion and its neighbours).
const (
	RegisterBrokerVersion     int16 = 4
	RegisterControllerVersion int16 = 0
	PartitionVersion          int16 = 2
	PartitionChangeVersion    int16 = 2
)

func (b *Broker) record() *records.RegisterBrokerRecord {
	r := records.NewRegisterBrokerRecord()
	r.BrokerID, r.BrokerEpoch, r.IncarnationID = b.ID, b.Epoch, b.IncarnationID
	r.Rack, r.Fenced, r.InControlledShutdown = b.Rack, b.Fenced, b.InControlledShutdown
	r.LogDirs, r.CordonedLogDirs = b.LogDirs, b.CordonedLogDirs
	for _, l := range b.Listeners {
		r.EndPoints = append(r.EndPoints, records.RegisterBrokerEndpoint(l))
	}
	for _, f := range b.Features {
		r.Features = append(r.Features, records.RegisterBrokerFeature{Name: f.Name, MinSupportedVersion: f.Min, MaxSupportedVersion: f.Max})
	}
	return &r
}

func (c *Controller) record() *records.RegisterControllerRecord {
	r := records.NewRegisterControllerRecord()
	r.ControllerID, r.IncarnationID = c.ID, c.IncarnationID
	for _, l := range c.Listeners {
		r.EndPoints = append(r.EndPoints, records.RegisterControllerEndpoint(l))
	}
	for _, f := range c.Features {
		r.Features = append(r.Features, records.RegisterControllerFeature{Name: f.Name, MinSupportedVersion: f.Min, MaxSupportedVersion: f.Max})
	}
	return &r
}

// Record gives the record that makes the partition from nothing
// (PartitionRegistration.toRecord). Empty ELRs are left null, as there.
func (p *Partition) Record(t *Topic, partition int32) *records.PartitionRecord {
	r := records.NewPartitionRecord()
	r.PartitionID, r.TopicID = partition, t.ID
	r.Replicas, r.ISR, r.Directories = p.Replicas, p.ISR, p.Directories
	r.RemovingReplicas, r.AddingReplicas = p.RemovingReplicas, p.AddingReplicas
	r.Leader, r.LeaderRecoveryState = p.Leader, p.LeaderRecoveryState
	r.LeaderEpoch, r.PartitionEpoch = p.LeaderEpoch, p.PartitionEpoch
	if len(p.ELR) > 0 {
		r.EligibleLeaderReplicas = p.ELR
	}
	if len(p.LastKnownELR) > 0 {
		r.LastKnownELR = p.LastKnownELR
	}
	return &r
}
