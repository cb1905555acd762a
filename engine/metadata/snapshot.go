package metadata

import (
	"bytes"
	"maps"

	"bitacora/engine"
)

// Difference gives the delta that leads from one image to another which was built
// from a snapshot, and so knows nothing of what was before (MetadataDelta
// .finishSnapshot).
func Difference(before, after *Image) *Delta {
	d := NewDelta()
	for id, t := range before.topics { // unordered: sums only (a delta has no order)
		if after.topics[id] == nil {
			d.topic(id, t.Name, t).Deleted = true
		}
	}
	for id, t := range after.topics { // unordered: sums only (a delta has no order)
		d.compareTopics(id, before.topics[id], t)
	}
	for id, b := range before.brokers { // unordered: sums only (a delta has no order)
		if after.brokers[id] == nil {
			d.broker(id, b)
		}
	}
	for id, b := range after.brokers { // unordered: sums only (a delta has no order)
		if old := before.brokers[id]; old == nil || !sameRecord(old.record(), b.record(), RegisterBrokerVersion) {
			d.broker(id, old)
		}
	}
	for id, c := range after.controllers { // unordered: sums only (a delta has no order)
		if old := before.controllers[id]; old == nil || !sameRecord(old.record(), c.record(), RegisterControllerVersion) {
			d.controllers[id] = true
		}
	}
	for id := range before.controllers { // unordered: sums only (a delta has no order)
		if after.controllers[id] == nil {
			d.controllers[id] = true
		}
	}
	for _, configs := range []map[ConfigResource]map[string]string{before.configs, after.configs} {
		for resource := range configs { // unordered: sums only (a delta has no order)
			if !maps.Equal(before.configs[resource], after.configs[resource]) {
				d.configs[resource] = true
			}
		}
	}
	d.features = !maps.Equal(before.features, after.features)
	d.producerIDs = before.nextProducerID != after.nextProducerID
	d.transaction = before.inTransaction != after.inTransaction
	return d
}

func (d *Delta) compareTopics(id engine.TopicID, before, after *Topic) {
	if before == nil {
		d.topic(id, after.Name, nil).Created = true
	}
	for i, p := range after.Partitions {
		old := before.Partition(int32(i))
		if old == nil || !sameRecord(old.Record(before, int32(i)), p.Record(after, int32(i)), PartitionVersion) {
			d.topic(id, after.Name, before).changed[int32(i)] = true
		}
	}
}

// sameRecord compares what the log would say of two things.
func sameRecord[R interface{ AppendTo([]byte, int16) []byte }](a, b R, version int16) bool {
	return bytes.Equal(a.AppendTo(nil, version), b.AppendTo(nil, version))
}
