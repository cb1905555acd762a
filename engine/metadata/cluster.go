package metadata

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"bitacora/engine"
	"bitacora/engine/metadata/records"
)

// Listener is one endpoint of a broker or controller, as it registered it.
type Listener struct {
	Name             string
	Host             string
	Port             uint16
	SecurityProtocol int16
}

// FeatureRange is the range of a feature's levels that a node supports.
type FeatureRange struct {
	Name     string
	Min, Max int16
}

// Broker is one broker's registration (BrokerRegistration). Read only.
type Broker struct {
	ID                   engine.NodeID
	Epoch                engine.BrokerEpoch // offset of the record that registered it
	IncarnationID        [16]byte           // of this run of the broker
	Listeners            []Listener         // sorted by name
	Features             []FeatureRange     // sorted by name
	Rack                 *string
	Fenced               bool
	InControlledShutdown bool
	LogDirs              [][16]byte // sorted
	CordonedLogDirs      [][16]byte // KIP-1066; nil is null
}

// Active says whether the broker may lead and be in an ISR.
func (b *Broker) Active() bool { return b != nil && !b.Fenced && !b.InControlledShutdown }

// Listener gives the endpoint of that name, and whether there is one.
func (b *Broker) Listener(name string) (Listener, bool) { return findListener(b.Listeners, name) }

// Controller is one controller's registration (ControllerRegistration). Read
// only.
type Controller struct {
	ID            engine.NodeID
	IncarnationID [16]byte
	Listeners     []Listener     // sorted by name
	Features      []FeatureRange // sorted by name
}

// Listener gives the endpoint of that name, and whether there is one.
func (c *Controller) Listener(name string) (Listener, bool) { return findListener(c.Listeners, name) }

func findListener(all []Listener, name string) (Listener, bool) {
	for _, l := range all {
		if l.Name == name {
			return l, true
		}
	}
	return Listener{}, false
}

// FeatureSupport gives the range the node has for a feature; 0 to 0 when it
// names none, as Kafka takes it.
func FeatureSupport(all []FeatureRange, name string) FeatureRange {
	for _, f := range all {
		if f.Name == name {
			return f
		}
	}
	return FeatureRange{Name: name}
}

// Broker gives a broker's registration, nil when it never registered.
func (m *Image) Broker(id engine.NodeID) *Broker { return m.brokers[id] }

// BrokerIDs gives the ids of all registered brokers, fenced or not, sorted.
func (m *Image) BrokerIDs() []engine.NodeID { return slices.Sorted(maps.Keys(m.brokers)) }

// Controller gives a controller's registration, nil when it never registered.
func (m *Image) Controller(id engine.NodeID) *Controller { return m.controllers[id] }

// ControllerIDs gives the ids of all registered controllers, sorted.
func (m *Image) ControllerIDs() []engine.NodeID { return slices.Sorted(maps.Keys(m.controllers)) }

func (m *Image) applyRegisterBroker(r *records.RegisterBrokerRecord, delta *Delta) error {
	b := &Broker{
		ID: r.BrokerID, Epoch: r.BrokerEpoch, IncarnationID: r.IncarnationID,
		Rack: r.Rack, Fenced: r.Fenced, InControlledShutdown: r.InControlledShutdown,
		LogDirs: sortedIDs(r.LogDirs), CordonedLogDirs: sortedIDs(r.CordonedLogDirs),
	}
	for _, e := range r.EndPoints {
		b.Listeners = append(b.Listeners, Listener(e))
	}
	for _, f := range r.Features {
		b.Features = append(b.Features, FeatureRange{f.Name, f.MinSupportedVersion, f.MaxSupportedVersion})
	}
	sortRegistration(b.Listeners, b.Features)
	delta.broker(b.ID, m.brokers[b.ID])
	m.brokers[b.ID] = b
	return nil
}

func sortRegistration(listeners []Listener, features []FeatureRange) {
	slices.SortStableFunc(listeners, func(a, b Listener) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortStableFunc(features, func(a, b FeatureRange) int { return cmp.Compare(a.Name, b.Name) })
}

// sortedIDs gives a sorted copy, nil for nil.
func sortedIDs(ids [][16]byte) [][16]byte {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b [16]byte) int { return slices.Compare(a[:], b[:]) })
	return ids
}

func (m *Image) applyUnregisterBroker(r *records.UnregisterBrokerRecord, delta *Delta) error {
	b, err := m.brokerOfEpoch(r.BrokerID, r.BrokerEpoch)
	if err != nil {
		return err
	}
	delta.broker(b.ID, b)
	delete(m.brokers, b.ID)
	return nil
}

func (m *Image) brokerOfEpoch(id engine.NodeID, epoch engine.BrokerEpoch) (*Broker, error) {
	b := m.brokers[id]
	if b == nil {
		return nil, fmt.Errorf("broker %d is not registered", id)
	}
	if b.Epoch != epoch {
		return nil, fmt.Errorf("broker %d has epoch %d, the record %d", id, b.Epoch, epoch)
	}
	return b, nil
}

// changeBroker replaces a broker's registration by a changed copy.
func (m *Image) changeBroker(id engine.NodeID, epoch engine.BrokerEpoch, delta *Delta, change func(*Broker)) error {
	b, err := m.brokerOfEpoch(id, epoch)
	if err != nil {
		return err
	}
	n := *b
	change(&n)
	delta.broker(id, b)
	m.brokers[id] = &n
	return nil
}

// The values of a BrokerRegistrationChangeRecord's Fenced and
// InControlledShutdown; 0 is no change (BrokerRegistrationFencingChange).
const (
	ChangeUnfence            int8 = -1
	ChangeFence              int8 = 1
	ChangeControlledShutdown int8 = 1
)

func (m *Image) applyBrokerChange(r *records.BrokerRegistrationChangeRecord, delta *Delta) error {
	if r.Fenced < ChangeUnfence || r.Fenced > ChangeFence ||
		r.InControlledShutdown < 0 || r.InControlledShutdown > ChangeControlledShutdown {
		return fmt.Errorf("unknown change: fenced %d, in controlled shutdown %d", r.Fenced, r.InControlledShutdown)
	}
	return m.changeBroker(r.BrokerID, r.BrokerEpoch, delta, func(b *Broker) {
		if r.Fenced != 0 {
			b.Fenced = r.Fenced == ChangeFence
		}
		if r.InControlledShutdown == ChangeControlledShutdown {
			b.InControlledShutdown = true
		}
		if len(r.LogDirs) > 0 {
			b.LogDirs = sortedIDs(r.LogDirs)
		}
		if r.CordonedLogDirs != nil {
			b.CordonedLogDirs = sortedIDs(r.CordonedLogDirs)
		}
	})
}

func (m *Image) applyRegisterController(r *records.RegisterControllerRecord, delta *Delta) error {
	c := &Controller{ID: r.ControllerID, IncarnationID: r.IncarnationID}
	for _, e := range r.EndPoints {
		c.Listeners = append(c.Listeners, Listener(e))
	}
	for _, f := range r.Features {
		c.Features = append(c.Features, FeatureRange{f.Name, f.MinSupportedVersion, f.MaxSupportedVersion})
	}
	sortRegistration(c.Listeners, c.Features)
	m.controllers[c.ID] = c
	delta.controllers[c.ID] = true
	return nil
}
