package cluster

import (
	"fmt"
	"strconv"

	"bitacora/engine"
	"bitacora/engine/broker"
	"bitacora/engine/config"
	"bitacora/engine/quorum"
)

// Where node ids begin: brokers 1, 2, 3; controllers of their own 3000, 3001, 3002.
const (
	firstBroker     engine.NodeID = 1
	firstController engine.NodeID = 3000
)

// Limits of a cluster in one process. A class needs a handful of servers; beyond
// these the matrix cannot be read and the machine is the bottleneck.
const (
	BrokersMax     = 100
	ControllersMax = 9
)

// replicationFactorMax is what the factor of topics and internal topics is set to,
// where there are that many brokers.
const replicationFactorMax = 3

// Spec describes a cluster.
type Spec struct {
	Brokers     int
	Controllers int
	// Combined makes the first Controllers brokers the controllers as well.
	Combined bool
	// ClusterID is drawn from Seed where it is empty.
	ClusterID string
	Seed      uint64
	// Properties are server.properties keys for all servers, over what Bitácora
	// sets itself.
	Properties map[string]string
	// Racks gives brokers their racks, in order; brokers beyond them have none.
	Racks []string
	// Features are finalized from the beginning, by name, beside metadata.version.
	Features map[string]int16
}

// Places gives servers their addresses: a simulation names hosts, a live server
// has ports.
type Places interface {
	// Broker is where clients and brokers reach a broker.
	Broker(id engine.NodeID) engine.Addr
	// Controller is where a controller is reached.
	Controller(id engine.NodeID) engine.Addr
}

// Planned is one server of a plan.
type Planned struct {
	Config ServerConfig
	// Standalone marks the one server that is formatted as the first voter.
	Standalone bool
	// Listeners are the process's, in the order of engine.Request.Listener.
	Listeners []engine.Addr
}

// Plan gives each server of the spec its configuration, controllers first.
func (s Spec) Plan(at Places) ([]Planned, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	rand := engine.NewRand(s.Seed, "cluster")
	clusterID := s.ClusterID
	if drawn := engine.TopicID(rand.UUID()).String(); clusterID == "" {
		clusterID = drawn
	}
	var bootstrap []engine.Addr
	for _, id := range s.ControllerIDs() {
		bootstrap = append(bootstrap, at.Controller(id))
	}
	var all []Planned
	for _, id := range s.nodeIDs() {
		p := Planned{Standalone: id == s.ControllerIDs()[0]}
		c := &p.Config
		c.NodeID, c.ClusterID, c.DirectoryID = id, clusterID, rand.UUID()
		c.BootstrapServers, c.Features = bootstrap, s.Features
		c.Controller = s.isController(id)
		c.Broker = id < firstController
		if c.Broker {
			addr := at.Broker(id)
			c.BrokerListeners = []broker.Listener{{Name: "PLAINTEXT", Addr: addr}}
			p.Listeners = append(p.Listeners, addr)
		}
		if c.Controller {
			addr := at.Controller(id)
			c.ControllerListeners = []quorum.Endpoint{{Name: "CONTROLLER", Host: addr.Host, Port: uint16(addr.Port)}}
			p.Listeners = append(p.Listeners, addr)
		}
		static, err := s.static(id)
		if err != nil {
			return nil, err
		}
		c.Static = static
		all = append(all, p)
	}
	return all, nil
}

func (s Spec) check() error {
	switch {
	case s.Brokers < 1 || s.Brokers > BrokersMax:
		return fmt.Errorf("a cluster has 1 to %d brokers, not %d", BrokersMax, s.Brokers)
	case s.Controllers < 1 || s.Controllers > ControllersMax:
		return fmt.Errorf("a cluster has 1 to %d controllers, not %d", ControllersMax, s.Controllers)
	case s.Combined && s.Controllers > s.Brokers:
		return fmt.Errorf("%d combined controllers need as many brokers, there are %d", s.Controllers, s.Brokers)
	}
	return nil
}

// static gives a server's properties: what Bitácora sets, then the spec's.
func (s Spec) static(id engine.NodeID) (config.Static, error) {
	factor := strconv.Itoa(min(replicationFactorMax, s.Brokers))
	properties := map[string]string{
		config.NodeIDKey:                nodeName(id),
		config.NumPartitions:            "3",
		config.DefaultReplicationFactor: factor,
		config.OffsetsTopicReplication:  factor,
		config.TxnTopicReplication:      factor,
		config.QuorumAutoJoin:           "true",
	}
	if i := int(id - firstBroker); id < firstController && i < len(s.Racks) && s.Racks[i] != "" {
		properties[config.BrokerRack] = s.Racks[i]
	}
	for k, v := range s.Properties { // unordered: sums only (a copy has no order)
		properties[k] = v
	}
	static, err := config.NewStatic(properties)
	if err != nil {
		return static, fmt.Errorf("node %d: %w", id, err)
	}
	return static, nil
}

// ControllerIDs lists the controllers, the first voter first.
func (s Spec) ControllerIDs() []engine.NodeID {
	first := firstController
	if s.Combined {
		first = firstBroker
	}
	ids := make([]engine.NodeID, s.Controllers)
	for i := range ids {
		ids[i] = first + engine.NodeID(i)
	}
	return ids
}

// BrokerIDs lists the brokers.
func (s Spec) BrokerIDs() []engine.NodeID {
	ids := make([]engine.NodeID, s.Brokers)
	for i := range ids {
		ids[i] = firstBroker + engine.NodeID(i)
	}
	return ids
}

func (s Spec) nodeIDs() []engine.NodeID {
	if s.Combined {
		return s.BrokerIDs()
	}
	return append(s.ControllerIDs(), s.BrokerIDs()...)
}

func (s Spec) isController(id engine.NodeID) bool {
	first := s.ControllerIDs()[0]
	return id >= first && id < first+engine.NodeID(s.Controllers)
}
