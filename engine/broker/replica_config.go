package broker

import (
	"bitacora/engine/broker/replica"
	"bitacora/engine/config"
)

// replicaConfig gives the data plane its part of server.properties.
func replicaConfig(cfg Config) replica.Config {
	s := cfg.Static
	c := replica.Default(cfg.NodeID)
	c.ListenerName, c.ListenerNames = cfg.Listeners[0].Name, nil
	for _, l := range cfg.Listeners {
		c.ListenerNames = append(c.ListenerNames, l.Name)
	}
	c.ReplicaLagTimeMax = s.Duration(config.ReplicaLagTimeMax)
	c.FetchWaitMax = s.Duration(config.ReplicaFetchWaitMax)
	c.FetchBytesMin = int32(s.Int(config.ReplicaFetchMinBytes))
	c.FetchBytesMax = int32(s.Int(config.ReplicaFetchMaxBytes))
	c.FetchResponseBytesMax = int32(s.Int(config.ReplicaFetchResponseMax))
	c.FetchBackoff = s.Duration(config.ReplicaFetchBackoff)
	c.FetchSocketTimeout = s.Duration(config.ReplicaSocketTimeout)
	c.ConsumerFetchBytesMax = int32(s.Int(config.FetchMaxBytes))
	c.SessionSlotsMax = int(s.Int(config.MaxFetchSessions))
	c.HighWatermarkInterval = s.Duration(config.ReplicaHighWatermarkFlush)
	return c
}
