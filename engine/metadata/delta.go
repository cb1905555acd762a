package metadata

import (
	"cmp"
	"maps"
	"slices"

	"bitacora/engine"
)

// Delta says what a run of records changed (MetadataDelta). It holds what was
// before; what is now stands in the image.
type Delta struct {
	topics      map[engine.TopicID]*TopicDelta
	brokers     map[engine.NodeID]*Broker // as before; nil when it was not there
	controllers map[engine.NodeID]bool
	configs     map[ConfigResource]bool
	features    bool
	producerIDs bool
	transaction bool // one began, ended, or holds more records back
}

// NewDelta gives the delta of no record.
func NewDelta() *Delta {
	return &Delta{
		topics:      map[engine.TopicID]*TopicDelta{},
		brokers:     map[engine.NodeID]*Broker{},
		controllers: map[engine.NodeID]bool{},
		configs:     map[ConfigResource]bool{},
	}
}

// TopicDelta says what became of one topic. A topic may be both created and
// deleted within one delta.
type TopicDelta struct {
	ID      engine.TopicID
	Name    string
	Created bool
	Deleted bool

	before  *Topic // nil when it was not there
	changed map[int32]bool
}

// Before gives the topic's partition as it was before the delta, nil when it was
// not there.
func (d *TopicDelta) Before(partition int32) *Partition { return d.before.Partition(partition) }

// BeforeAll gives the topic as it was, nil when it was not there.
func (d *TopicDelta) BeforeAll() *Topic { return d.before }

// Partitions gives the numbers of the partitions that were made or changed,
// sorted. Those of a deleted topic are in BeforeAll.
func (d *TopicDelta) Partitions() []int32 { return slices.Sorted(maps.Keys(d.changed)) }

// Topics gives what became of each changed topic, sorted by name, deletions
// before creations of the same name.
func (d *Delta) Topics() []*TopicDelta {
	return slices.SortedFunc(maps.Values(d.topics), func(a, b *TopicDelta) int {
		deletedFirst := 0
		if a.Deleted != b.Deleted {
			if deletedFirst = 1; a.Deleted {
				deletedFirst = -1
			}
		}
		return cmp.Or(cmp.Compare(a.Name, b.Name), deletedFirst, slices.Compare(a.ID[:], b.ID[:]))
	})
}

// Topic gives what became of one topic, nil when nothing did.
func (d *Delta) Topic(id engine.TopicID) *TopicDelta { return d.topics[id] }

// Brokers gives the ids of brokers whose registration changed, sorted.
func (d *Delta) Brokers() []engine.NodeID { return slices.Sorted(maps.Keys(d.brokers)) }

// BrokerBefore gives a changed broker's registration as it was, nil when there
// was none.
func (d *Delta) BrokerBefore(id engine.NodeID) *Broker { return d.brokers[id] }

// Controllers gives the ids of controllers whose registration changed, sorted.
func (d *Delta) Controllers() []engine.NodeID { return slices.Sorted(maps.Keys(d.controllers)) }

// Configs gives the resources whose configs changed, sorted.
func (d *Delta) Configs() []ConfigResource {
	return slices.SortedFunc(maps.Keys(d.configs), compareResources)
}

// Features says whether a finalized feature level changed.
func (d *Delta) Features() bool { return d.features }

// ProducerIDs says whether a block of producer ids was given out.
func (d *Delta) ProducerIDs() bool { return d.producerIDs }

// Empty says whether nothing changed, records that a transaction holds back
// included.
func (d *Delta) Empty() bool {
	return len(d.topics) == 0 && len(d.brokers) == 0 && len(d.controllers) == 0 && len(d.configs) == 0 &&
		!d.features && !d.producerIDs && !d.transaction
}

func (d *Delta) topic(id engine.TopicID, name string, before *Topic) *TopicDelta {
	t := d.topics[id]
	if t == nil {
		t = &TopicDelta{ID: id, Name: name, before: before, changed: map[int32]bool{}}
		d.topics[id] = t
	}
	return t
}

func (d *Delta) broker(id engine.NodeID, before *Broker) {
	if _, ok := d.brokers[id]; !ok {
		d.brokers[id] = before
	}
}
