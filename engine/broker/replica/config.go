package replica

import (
	"time"

	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/log"
	"bitacora/engine/metadata"
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
	CleanerEnabled         bool          // log.cleaner.enable
	CleanerBackoff         time.Duration // log.cleaner.backoff.ms
	CleanerKeysMax         int           // of log.cleaner.dedupe.buffer.size, io.buffer.load.factor
	CleanerStepBytes       int           // half of log.cleaner.io.buffer.size: as much is for writing
	CleanerBytesPerSecond  int64         // log.cleaner.io.max.bytes.per.second

	ReplicaSelector string        // replica.selector.class; "": always the leader
	QuotaWindow     time.Duration // replication.quota.window.size.seconds
	QuotaSamples    int           // replication.quota.window.num

	// Static holds server.properties, for the configs of topics.
	Static config.Static

	// Bugs are known mistakes to make. Only the simulator sets them.
	Bugs engine.Bugs
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
		CleanerEnabled:         true,
		CleanerBackoff:         15 * time.Second,
		CleanerKeysMax:         log.KeysFor(128<<20, 900_000_000),
		CleanerStepBytes:       256 << 10,
		CleanerBytesPerSecond:  1<<63 - 1,
		QuotaWindow:            time.Second,
		QuotaSamples:           11,
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
	c.RetentionInitialDelay = static.Duration(config.LogInitialTaskDelay)
	c.RecoveryPointInterval = static.Duration(config.LogFlushOffsetCheckpoint)
	c.ProducerCheckInterval = static.Duration(config.ProducerIDExpirationCheck)
	c.ReplicaSelector = static.Text(config.ReplicaSelectorClass)
	c.QuotaWindow = static.Duration(config.QuotaWindowSize)
	c.QuotaSamples = int(static.Int(config.QuotaWindowNum))
	c.HighWatermarkInterval = static.Duration(config.ReplicaHighWatermarkFlush)
	c.CleanerEnabled = static.Bool(config.LogCleanerEnable)
	c.setCleaner(metadata.NewImage())
	return c
}

// setCleaner takes the cleaner's keys that may be altered while it runs
// (LogCleaner.reconfigurableConfigs). What is under way goes on as it began.
func (c *Config) setCleaner(image *metadata.Image) {
	number := func(name string) int64 { return config.ServerInt(image, c.Static, c.NodeID, name) }
	decimal := func(name string) config.Decimal { return config.ServerDecimal(image, c.Static, c.NodeID, name) }
	c.CleanerBackoff = millis(number(config.LogCleanerBackoff))
	c.CleanerKeysMax = log.KeysFor(number(config.LogCleanerDedupeBuffer), int64(decimal(config.LogCleanerLoadFactor)))
	c.CleanerStepBytes = int(max(number(config.LogCleanerIOBuffer)/2, 1))
	c.CleanerBytesPerSecond = int64(decimal(config.LogCleanerIOMax) / config.DecimalOne)
}
