package sim

import (
	"fmt"

	"bitacora/engine"
	"bitacora/engine/cluster"
	"bitacora/engine/log"
)

// diskBytesMax bounds a simulated disk. A page has a few hundred megabytes in all.
const diskBytesMax = 256 << 20

// Ports of simulated servers: each has a host of its own.
const (
	brokerPort     = 9092
	controllerPort = 9093
)

// hosts gives simulated servers names that say what they are.
type hosts struct{}

// Broker gives broker-1:9092 and so on.
func (hosts) Broker(id engine.NodeID) engine.Addr {
	return engine.Addr{Host: fmt.Sprintf("broker-%d", id), Port: brokerPort}
}

// Controller gives controller-3000:9093 and so on.
func (hosts) Controller(id engine.NodeID) engine.Addr {
	return engine.Addr{Host: fmt.Sprintf("controller-%d", id), Port: controllerPort}
}

// BrokerAddr is where a simulated broker is reached.
func BrokerAddr(id engine.NodeID) engine.Addr { return hosts{}.Broker(id) }

// serverBooter makes the node of one planned server.
type serverBooter struct{ cfg cluster.ServerConfig }

// Boot opens the server over its disks.
func (b serverBooter) Boot(_ engine.NodeID, disks []log.Store) (engine.Node, error) {
	var data log.Store
	if len(disks) > int(engine.DiskData) {
		data = disks[engine.DiskData]
	}
	return cluster.NewServer(b.cfg, disks[engine.DiskMeta], data)
}

// NewCluster makes a world with the servers of spec, formatted and started.
func NewCluster(cfg Config, spec cluster.Spec) (*Sim, error) {
	s := New(cfg)
	spec.Seed = cfg.Seed
	plan, err := spec.Plan(hosts{})
	if err != nil {
		return nil, err
	}
	for _, p := range plan {
		p.Config.Bugs = cfg.Bugs
		if err := s.addServer(p); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Sim) addServer(p cluster.Planned) error {
	meta := log.NewMemory(diskBytesMax)
	if err := cluster.Format(p.Config, meta, p.Standalone, s.cfg.Epoch); err != nil {
		return err
	}
	if c, some := meta.Seal(); some {
		if err := c.Run(); err != nil {
			return err
		}
		meta.Committed(c.Seq())
	}
	disks := []Disk{meta}
	if p.Config.Broker {
		disks = append(disks, log.NewMemory(diskBytesMax))
	}
	return s.Add(ProcessConfig{
		ID: p.Config.NodeID, Host: p.Listeners[0].Host, Booter: serverBooter{p.Config},
		Disks: disks, Listeners: p.Listeners,
	})
}
