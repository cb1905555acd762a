package metadata

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"bitacora/engine"
	"bitacora/engine/metadata/records"
)

// ErrUnsupportedRecord is given for records of a part of Kafka that is not built.
var ErrUnsupportedRecord = errors.New("record of a kind that is not supported")

// Image is the cluster as the metadata log has it up to some offset
// (org.apache.kafka.image.MetadataImage). The zero value is not usable: NewImage.
type Image struct {
	topics         map[engine.TopicID]*Topic
	topicIDs       map[string]engine.TopicID
	brokers        map[engine.NodeID]*Broker
	controllers    map[engine.NodeID]*Controller
	configs        map[ConfigResource]map[string]string
	features       map[string]int16
	nextProducerID engine.ProducerID
	offset         engine.Offset // of the last record applied
	epoch          engine.LeaderEpoch
	held           []records.Record // of an open metadata transaction
	inTransaction  bool
	transaction    string // its name
	owned          *ownership
}

// ownership marks the topics that only one image points at, and may therefore
// change in place. Only its address counts.
type ownership struct{ _ byte }

// NewImage gives the image of an empty log.
func NewImage() *Image {
	return &Image{
		topics:      map[engine.TopicID]*Topic{},
		topicIDs:    map[string]engine.TopicID{},
		brokers:     map[engine.NodeID]*Broker{},
		controllers: map[engine.NodeID]*Controller{},
		configs:     map[ConfigResource]map[string]string{},
		features:    map[string]int16{},
		offset:      engine.NoOffset,
		epoch:       engine.NoLeaderEpoch,
		owned:       &ownership{},
	}
}

// Offset is that of the last record applied, NoOffset before the first.
func (m *Image) Offset() engine.Offset { return m.offset }

// Epoch is the leader epoch of the last batch applied.
func (m *Image) Epoch() engine.LeaderEpoch { return m.epoch }

// Advance says how far the log was applied. Control records move the offset
// too, though they change nothing.
func (m *Image) Advance(offset engine.Offset, epoch engine.LeaderEpoch) {
	if offset < m.offset || epoch < m.epoch {
		engine.Violated("MetadataAppliedInOrder", "offset %d epoch %d after %d epoch %d", offset, epoch, m.offset, m.epoch)
	}
	m.offset, m.epoch = offset, epoch
}

// InTransaction says whether records are being held back, and the name of the
// transaction.
func (m *Image) InTransaction() (string, bool) { return m.transaction, m.inTransaction }

// Apply changes the image as one record says and notes in delta what changed.
// Records that are applied together share a delta: a topic is copied once for
// each delta that changes it. Without one (nil) that is once a record.
// An error means a log that no controller of this program has written; the image
// is then of no further use.
func (m *Image) Apply(record records.Record, delta *Delta) error {
	if delta == nil {
		delta = NewDelta()
	}
	switch r := record.(type) {
	case *records.BeginTransactionRecord:
		if m.inTransaction {
			return errors.New("a metadata transaction begins within another")
		}
		delta.transaction = true
		m.inTransaction, m.transaction = true, ""
		if r.Name != nil {
			m.transaction = *r.Name
		}
		return nil
	case *records.AbortTransactionRecord:
		return m.endTransaction(record, false, delta)
	case *records.EndTransactionRecord:
		return m.endTransaction(record, true, delta)
	}
	if m.inTransaction {
		delta.transaction = true
		m.held = append(m.held, record)
		return nil
	}
	if err := m.apply(record, delta); err != nil {
		return fmt.Errorf("apply %s: %w", record.TypeName(), err)
	}
	return nil
}

func (m *Image) endTransaction(record records.Record, commit bool, delta *Delta) error {
	if !m.inTransaction {
		return fmt.Errorf("apply %s: no metadata transaction is open", record.TypeName())
	}
	held := m.held
	delta.transaction = true
	m.inTransaction, m.transaction, m.held = false, "", nil
	if !commit {
		return nil
	}
	for _, r := range held {
		if err := m.apply(r, delta); err != nil {
			return fmt.Errorf("apply %s: %w", r.TypeName(), err)
		}
	}
	return nil
}

func (m *Image) apply(record records.Record, delta *Delta) error {
	switch r := record.(type) {
	case *records.TopicRecord:
		return m.applyTopic(r, delta)
	case *records.PartitionRecord:
		return m.applyPartition(r, delta)
	case *records.PartitionChangeRecord:
		return m.applyPartitionChange(r, delta)
	case *records.ClearElrRecord:
		return m.applyClearELR(r, delta)
	case *records.RemoveTopicRecord:
		return m.applyRemoveTopic(r, delta)
	case *records.RegisterBrokerRecord:
		return m.applyRegisterBroker(r, delta)
	case *records.UnregisterBrokerRecord:
		return m.applyUnregisterBroker(r, delta)
	case *records.BrokerRegistrationChangeRecord:
		return m.applyBrokerChange(r, delta)
	case *records.FenceBrokerRecord:
		return m.changeBroker(r.ID, r.Epoch, delta, func(b *Broker) { b.Fenced = true })
	case *records.UnfenceBrokerRecord:
		return m.changeBroker(r.ID, r.Epoch, delta, func(b *Broker) { b.Fenced = false })
	case *records.RegisterControllerRecord:
		return m.applyRegisterController(r, delta)
	case *records.ConfigRecord:
		m.applyConfig(r, delta)
	case *records.FeatureLevelRecord:
		m.applyFeatureLevel(r, delta)
	case *records.ProducerIdsRecord:
		m.nextProducerID = r.NextProducerID
		delta.producerIDs = true
	case *records.NoOpRecord, *records.ZkMigrationStateRecord:
		// Kafka 4 keeps the ZooKeeper migration's state for nobody.
	default:
		return ErrUnsupportedRecord
	}
	return nil
}

// NextProducerID is the first producer id of the next block to give out.
func (m *Image) NextProducerID() engine.ProducerID { return m.nextProducerID }

// Clone gives an independent copy. It costs a pointer for each topic, broker
// and config, not for each partition.
func (m *Image) Clone() *Image {
	m.owned = &ownership{} // neither of the two may change a topic that both point at
	c := *m
	c.owned = &ownership{}
	c.topics, c.topicIDs = maps.Clone(m.topics), maps.Clone(m.topicIDs)
	c.brokers, c.controllers = maps.Clone(m.brokers), maps.Clone(m.controllers)
	c.configs, c.features = maps.Clone(m.configs), maps.Clone(m.features)
	c.held = slices.Clone(m.held)
	return &c
}
