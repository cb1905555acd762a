package broker

import (
	"bitacora/engine/broker/replica"
)

// replicaConfig gives the data plane its part of server.properties.
func replicaConfig(cfg Config) replica.Config {
	c := replica.FromStatic(cfg.NodeID, cfg.Static)
	c.Bugs = cfg.Bugs
	c.ListenerName, c.ListenerNames = cfg.Listeners[0].Name, nil
	for _, l := range cfg.Listeners {
		c.ListenerNames = append(c.ListenerNames, l.Name)
	}
	return c
}
