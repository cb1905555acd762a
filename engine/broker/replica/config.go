package replica

import (
	"time"

	"bitacora/engine"
	"bitacora/engine/config"
)

// Config is a broker's static configuration as far as its replicas need it. Each
// field names its key in server.properties; Default gives Kafka's defaults.
type Config struct {
	NodeID engine.NodeID // node.id
	// ListenerName is the listener that brokers reach each other by
	// (inter.broker.listener.name).
	ListenerName string
	// ListenerNames are the process's listeners in the order of
	// engine.Request.Listener; answers name endpoints of the same listener.
	ListenerNames []string

	ReplicaLagTimeMax      time.Duration // replica.lag.time.max.ms
	FetchWaitMax           time.Duration // replica.fetch.wait.max.ms
	FetchBytesMin          int32         // replica.fetch.min.bytes
	FetchBytesMax          int32         // replica.fetch.max.bytes: of one partition
	FetchResponseBytesMax  int32         // replica.fetch.response.max.bytes
	FetchBackoff           time.Duration // replica.fetch.backoff.ms
	FetchSocketTimeout     time.Duration // replica.socket.timeout.ms
	ConsumerFetchBytesMax  int32         // fetch.max.bytes
	SessionSlotsMax        int           // max.incremental.fetch.session.cache.slots
	SessionIdleMax         time.Duration // Kafka's MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS, no key
	HighWatermarkInterval  time.Duration // replica.high.watermark.checkpoint.interval.ms
	RecoveryPointInterval  time.Duration // log.flush.offset.checkpoint.interval.ms
	RetentionCheckInterval time.Duration // log.retention.check.interval.ms
	RetentionInitialDelay  time.Duration // log.initial.task.delay.ms
	ProducerCheckInterval  time.Duration // producer.id.expiration.check.interval.ms

	// Static holds server.properties, for the configs of topics.
	Static config.Static
}

// Default gives Kafka 4.3.1's defaults.
func Default(id engine.NodeID) Config {
	return Config{
		NodeID:                 id,
		ListenerName:           "PLAINTEXT",
		ListenerNames:          []string{"PLAINTEXT"},
		ReplicaLagTimeMax:      30 * time.Second,
		FetchWaitMax:           500 * time.Millisecond,
		FetchBytesMin:          1,
		FetchBytesMax:          1 << 20,
		FetchResponseBytesMax:  10 << 20,
		FetchBackoff:           time.Second,
		FetchSocketTimeout:     30 * time.Second,
		ConsumerFetchBytesMax:  55 << 20,
		SessionSlotsMax:        1000,
		SessionIdleMax:         2 * time.Minute,
		HighWatermarkInterval:  5 * time.Second,
		RecoveryPointInterval:  time.Minute,
		RetentionCheckInterval: 5 * time.Minute,
		RetentionInitialDelay:  30 * time.Second,
		ProducerCheckInterval:  10 * time.Minute,
	}
}

// FromStatic gives the configuration that server.properties say, listeners left
// at their defaults.
func FromStatic(id engine.NodeID, static config.Static) Config {
	c := Default(id)
	c.Static = static
	c.ReplicaLagTimeMax = static.Duration(config.ReplicaLagTimeMax)
	c.FetchWaitMax = static.Duration(config.ReplicaFetchWaitMax)
	c.FetchBytesMin = int32(static.Int(config.ReplicaFetchMinBytes))
	c.FetchBytesMax = int32(static.Int(config.ReplicaFetchMaxBytes))
	c.FetchResponseBytesMax = int32(static.Int(config.ReplicaFetchResponseMax))
	c.FetchBackoff = static.Duration(config.ReplicaFetchBackoff)
	c.FetchSocketTimeout = static.Duration(config.ReplicaSocketTimeout)
	c.ConsumerFetchBytesMax = int32(static.Int(config.FetchMaxBytes))
	c.SessionSlotsMax = int(static.Int(config.MaxFetchSessions))
	c.RetentionCheckInterval = static.Duration(config.LogRetentionCheckInterval)
	c.HighWatermarkInterval = static.Duration(config.ReplicaHighWatermarkFlush)
	return c
}
