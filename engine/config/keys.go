package config

// Topic keys. They are read through Topic; the names are for requests.
const (
	CleanupPolicy             = "cleanup.policy"
	CompressionGzipLevel      = "compression.gzip.level"
	CompressionLZ4Level       = "compression.lz4.level"
	CompressionType           = "compression.type"
	CompressionZstdLevel      = "compression.zstd.level"
	DeleteRetentionMs         = "delete.retention.ms"
	FlushMessages             = "flush.messages"
	InternalSegmentBytes      = "internal.segment.bytes"
	MaxCompactionLagMs        = "max.compaction.lag.ms"
	FollowerThrottledReplicas = "follower.replication.throttled.replicas"
	LeaderThrottledReplicas   = "leader.replication.throttled.replicas"
	MaxMessageBytes           = "max.message.bytes"
	MessageTimestampAfterMax  = "message.timestamp.after.max.ms"
	MessageTimestampBeforeMax = "message.timestamp.before.max.ms"
	MessageTimestampType      = "message.timestamp.type"
	MinCleanableDirtyRatio    = "min.cleanable.dirty.ratio"
	MinCompactionLagMs        = "min.compaction.lag.ms"
	MinInSyncReplicas         = "min.insync.replicas"
	RetentionBytes            = "retention.bytes"
	RetentionMs               = "retention.ms"
	SegmentBytes              = "segment.bytes"
	SegmentJitterMs           = "segment.jitter.ms"
	SegmentMs                 = "segment.ms"
	UncleanLeaderElection     = "unclean.leader.election.enable"
)

// Server keys, in the order of their names.
const (
	AutoCreateTopics           = "auto.create.topics.enable"
	AutoLeaderRebalance        = "auto.leader.rebalance.enable"
	BrokerHeartbeatInterval    = "broker.heartbeat.interval.ms"
	BrokerRack                 = "broker.rack"
	BrokerSessionTimeout       = "broker.session.timeout.ms"
	ControlledShutdown         = "controlled.shutdown.enable"
	QuorumAppendLinger         = "controller.quorum.append.linger.ms"
	QuorumAutoJoin             = "controller.quorum.auto.join.enable"
	QuorumElectionBackoffMax   = "controller.quorum.election.backoff.max.ms"
	QuorumElectionTimeout      = "controller.quorum.election.timeout.ms"
	QuorumFetchMaxBytes        = "controller.quorum.fetch.max.bytes"
	QuorumFetchSnapshotMax     = "controller.quorum.fetch.snapshot.max.bytes"
	QuorumFetchTimeout         = "controller.quorum.fetch.timeout.ms"
	QuorumRequestTimeout       = "controller.quorum.request.timeout.ms"
	QuorumRetryBackoff         = "controller.quorum.retry.backoff.ms"
	DefaultReplicationFactor   = "default.replication.factor"
	DeleteTopicEnable          = "delete.topic.enable"
	FetchMaxBytes              = "fetch.max.bytes"
	GroupInitialRebalanceDelay = "group.initial.rebalance.delay.ms"
	GroupMaxSessionTimeout     = "group.max.session.timeout.ms"
	GroupMaxSize               = "group.max.size"
	GroupMinSessionTimeout     = "group.min.session.timeout.ms"
	LeaderImbalanceCheck       = "leader.imbalance.check.interval.seconds"
	LogCleanerBackoff          = "log.cleaner.backoff.ms"
	LogCleanerDedupeBuffer     = "log.cleaner.dedupe.buffer.size"
	LogCleanerDeleteRetention  = "log.cleaner.delete.retention.ms"
	LogCleanerEnable           = "log.cleaner.enable"
	LogCleanerLoadFactor       = "log.cleaner.io.buffer.load.factor"
	LogCleanerIOBuffer         = "log.cleaner.io.buffer.size"
	LogCleanerIOMax            = "log.cleaner.io.max.bytes.per.second"
	LogCleanerMaxLag           = "log.cleaner.max.compaction.lag.ms"
	LogCleanerMinRatio         = "log.cleaner.min.cleanable.ratio"
	LogCleanerMinLag           = "log.cleaner.min.compaction.lag.ms"
	LogCleanupPolicy           = "log.cleanup.policy"
	LogInitialTaskDelay        = "log.initial.task.delay.ms"
	LogRetentionBytes          = "log.retention.bytes"
	LogRetentionCheckInterval  = "log.retention.check.interval.ms"
	LogRetentionHours          = "log.retention.hours"
	LogRetentionMinutes        = "log.retention.minutes"
	LogRetentionMs             = "log.retention.ms"
	LogRollHours               = "log.roll.hours"
	LogRollJitterHours         = "log.roll.jitter.hours"
	LogRollJitterMs            = "log.roll.jitter.ms"
	LogRollMs                  = "log.roll.ms"
	LogFlushIntervalMessages   = "log.flush.interval.messages"
	LogFlushOffsetCheckpoint   = "log.flush.offset.checkpoint.interval.ms"
	LogTimestampAfterMax       = "log.message.timestamp.after.max.ms"
	LogTimestampBeforeMax      = "log.message.timestamp.before.max.ms"
	LogTimestampType           = "log.message.timestamp.type"
	LogSegmentBytes            = "log.segment.bytes"
	MaxFetchSessions           = "max.incremental.fetch.session.cache.slots"
	MaxRequestPartitionSize    = "max.request.partition.size.limit"
	MessageMaxBytes            = "message.max.bytes"
	MetadataSegmentBytesTest   = "internal.metadata.log.segment.bytes" // below the least that the other may be, for tests
	MetadataSnapshotBytes      = "metadata.log.max.record.bytes.between.snapshots"
	MetadataSnapshotInterval   = "metadata.log.max.snapshot.interval.ms"
	MetadataSegmentBytes       = "metadata.log.segment.bytes"
	MetadataSegmentMs          = "metadata.log.segment.ms"
	MetadataMaxIdleInterval    = "metadata.max.idle.interval.ms"
	MetadataRetentionBytes     = "metadata.max.retention.bytes"
	MetadataRetentionMs        = "metadata.max.retention.ms"
	NodeIDKey                  = "node.id"
	NumPartitions              = "num.partitions"
	OffsetMetadataMaxBytes     = "offset.metadata.max.bytes"
	OffsetsCommitTimeout       = "offsets.commit.timeout.ms"
	OffsetsRetentionMinutes    = "offsets.retention.minutes"
	OffsetsTopicPartitions     = "offsets.topic.num.partitions"
	OffsetsTopicReplication    = "offsets.topic.replication.factor"
	OffsetsTopicSegmentBytes   = "offsets.topic.segment.bytes"
	ProducerIDExpirationCheck  = "producer.id.expiration.check.interval.ms"
	ProducerIDExpiration       = "producer.id.expiration.ms"
	ReplicaFetchBackoff        = "replica.fetch.backoff.ms"
	ReplicaFetchMaxBytes       = "replica.fetch.max.bytes"
	ReplicaFetchMinBytes       = "replica.fetch.min.bytes"
	ReplicaFetchResponseMax    = "replica.fetch.response.max.bytes"
	ReplicaFetchWaitMax        = "replica.fetch.wait.max.ms"
	ReplicaHighWatermarkFlush  = "replica.high.watermark.checkpoint.interval.ms"
	ReplicaLagTimeMax          = "replica.lag.time.max.ms"
	ReplicaSelectorClass       = "replica.selector.class"
	FollowerThrottledRate      = "follower.replication.throttled.rate"
	LeaderThrottledRate        = "leader.replication.throttled.rate"
	QuotaWindowNum             = "replication.quota.window.num"
	QuotaWindowSize            = "replication.quota.window.size.seconds"
	ReplicaSocketTimeout       = "replica.socket.timeout.ms"
	RequestTimeout             = "request.timeout.ms"
	SocketRequestMaxBytes      = "socket.request.max.bytes"
	TxnTopicReplication        = "transaction.state.log.replication.factor"
	UncleanElectionInterval    = "unclean.leader.election.interval.ms"
)

const longMax = "9223372036854775807"

// RackAwareReplicaSelector is the one value of replica.selector.class that there is
// (KIP-392).
const RackAwareReplicaSelector = "org.apache.kafka.common.replica.RackAwareReplicaSelector"

// topicKeys and serverKeys are tables, made once: a server that starts, and each
// partition that it gets, reads dozens of them.
var (
	topicKeys  = makeTopicKeys()
	serverKeys = makeServerKeys()
)

// TopicKeys gives the keys a topic may have, sorted by name (LogConfig). They are
// not to be changed.
func TopicKeys() []Key { return topicKeys }

// ServerKeys gives the keys a server may have, sorted by name. They are not to be
// changed.
func ServerKeys() []Key { return serverKeys }

func makeTopicKeys() []Key {
	keys := []Key{
		{Name: CleanupPolicy, Type: List, Default: "delete", OneOf: []string{"compact", "delete"}, Synonym: LogCleanupPolicy},
		{Name: CompressionGzipLevel, Type: Int, Default: "-1", Required: true, Min: 1, Bounded: true, Max: 9, OrEqual: minusOne(), Synonym: CompressionGzipLevel},
		{Name: CompressionLZ4Level, Type: Int, Default: "9", Required: true, Min: 1, Bounded: true, Max: 17, Synonym: CompressionLZ4Level},
		{Name: CompressionType, Type: String, Default: "producer", OneOf: []string{"gzip", "lz4", "producer", "snappy", "uncompressed", "zstd"}, Synonym: CompressionType},
		{Name: CompressionZstdLevel, Type: Int, Default: "3", Required: true, Min: -131072, Bounded: true, Max: 22, Synonym: CompressionZstdLevel},
		{Name: DeleteRetentionMs, Type: Long, Default: "86400000", Required: true, Synonym: LogCleanerDeleteRetention},
		{Name: FlushMessages, Type: Long, Default: longMax, Required: true, Min: 1, Synonym: LogFlushIntervalMessages},
		{Name: FollowerThrottledReplicas, Type: List, Throttled: true},
		{Name: LeaderThrottledReplicas, Type: List, Throttled: true},
		{Name: InternalSegmentBytes, Type: Int, Unset: true, Internal: true},
		{Name: MaxCompactionLagMs, Type: Long, Default: longMax, Required: true, Min: 1, Synonym: LogCleanerMaxLag},
		{Name: MaxMessageBytes, Type: Int, Default: "1048588", Required: true, Synonym: MessageMaxBytes},
		{Name: MessageTimestampAfterMax, Type: Long, Default: "3600000", Required: true, Synonym: LogTimestampAfterMax},
		{Name: MessageTimestampBeforeMax, Type: Long, Default: longMax, Required: true, Synonym: LogTimestampBeforeMax},
		{Name: MessageTimestampType, Type: String, Default: "CreateTime", OneOf: []string{"CreateTime", "LogAppendTime"}, Synonym: LogTimestampType},
		{Name: MinCleanableDirtyRatio, Type: Double, Default: "0.5", Required: true, Bounded: true, Max: 1, Synonym: LogCleanerMinRatio},
		{Name: MinCompactionLagMs, Type: Long, Default: "0", Required: true, Synonym: LogCleanerMinLag},
		{Name: MinInSyncReplicas, Type: Int, Default: "1", Required: true, Min: 1, Synonym: MinInSyncReplicas},
		{Name: RetentionBytes, Type: Long, Default: "-1", Synonym: LogRetentionBytes},
		{Name: RetentionMs, Type: Long, Default: "604800000", Required: true, Min: -1, Synonym: LogRetentionMs, ServerUnset: true,
			Coarser: []Coarser{{LogRetentionMinutes, 60_000}, {LogRetentionHours, 3_600_000}}},
		{Name: SegmentBytes, Type: Int, Default: "1073741824", Required: true, Min: 1 << 20, Synonym: LogSegmentBytes},
		{Name: SegmentJitterMs, Type: Long, Default: "0", Required: true, Synonym: LogRollJitterMs, ServerUnset: true,
			Coarser: []Coarser{{LogRollJitterHours, 3_600_000}}},
		{Name: SegmentMs, Type: Long, Default: "604800000", Required: true, Min: 1, Synonym: LogRollMs, ServerUnset: true,
			Coarser: []Coarser{{LogRollHours, 3_600_000}}},
		{Name: UncleanLeaderElection, Type: Boolean, Default: "false", Synonym: UncleanLeaderElection},
	}
	sortKeys(keys)
	return keys
}

func makeServerKeys() []Key {
	keys := []Key{
		flag(AutoCreateTopics, "true"),
		flag(AutoLeaderRebalance, "true"),
		number(BrokerHeartbeatInterval, Int, "2000"),
		{Name: BrokerRack, Type: String, Unset: true},
		number(BrokerSessionTimeout, Int, "9000"),
		flag(ControlledShutdown, "true"),
		number(QuorumAppendLinger, Int, "25"),
		flag(QuorumAutoJoin, "false"),
		number(QuorumElectionBackoffMax, Int, "1000"),
		number(QuorumElectionTimeout, Int, "1000"),
		atLeast(QuorumFetchMaxBytes, Int, "1048576", 1),
		atLeast(QuorumFetchSnapshotMax, Int, "1048576", 1),
		number(QuorumFetchTimeout, Int, "2000"),
		number(QuorumRequestTimeout, Int, "2000"),
		number(QuorumRetryBackoff, Int, "20"),
		number(DefaultReplicationFactor, Int, "1"),
		flag(DeleteTopicEnable, "true"),
		atLeast(FetchMaxBytes, Int, "57671680", 1024),
		number(GroupInitialRebalanceDelay, Int, "3000"),
		number(GroupMaxSessionTimeout, Int, "1800000"),
		atLeast(GroupMaxSize, Int, "2147483647", 1),
		number(GroupMinSessionTimeout, Int, "6000"),
		atLeast(LeaderImbalanceCheck, Long, "300", 1),
	}
	for _, k := range makeTopicKeys() {
		if k.Synonym != "" {
			k.Name, k.Synonym, k.Dynamic = k.Synonym, "", true
			k.Unset, k.ServerUnset, k.Coarser = k.ServerUnset, false, nil
			keys = append(keys, k)
		}
	}
	keys = append(keys,
		atLeast(MaxFetchSessions, Int, "1000", 0),
		atLeast(MaxRequestPartitionSize, Int, "2000", 1),
		Key{Name: NodeIDKey, Type: Int, Unset: true, Required: true},
		atLeast(NumPartitions, Int, "1", 1),
		number(OffsetMetadataMaxBytes, Int, "4096"),
		atLeast(OffsetsCommitTimeout, Int, "5000", 1),
		atLeast(OffsetsRetentionMinutes, Int, "10080", 1),
		atLeast(OffsetsTopicPartitions, Int, "50", 1),
		atLeast(OffsetsTopicReplication, Short, "3", 1),
		atLeast(OffsetsTopicSegmentBytes, Int, "104857600", 1),
		Key{Name: ProducerIDExpirationCheck, Type: Int, Default: "600000", Required: true, Min: 1, Internal: true},
		Key{Name: ProducerIDExpiration, Type: Int, Default: "86400000", Required: true, Min: 1, Dynamic: true},
		atLeast(ReplicaFetchBackoff, Int, "1000", 0),
		atLeast(ReplicaFetchMaxBytes, Int, "1048576", 0),
		number(ReplicaFetchMinBytes, Int, "1"),
		atLeast(ReplicaFetchResponseMax, Int, "10485760", 0),
		number(ReplicaFetchWaitMax, Int, "500"),
		number(ReplicaHighWatermarkFlush, Long, "5000"),
		number(ReplicaLagTimeMax, Long, "30000"),
		Key{Name: ReplicaSelectorClass, Type: String, Unset: true, OneOf: []string{RackAwareReplicaSelector}},
		Key{Name: FollowerThrottledRate, Type: Long, Default: longMax, Required: true, Dynamic: true, Internal: true},
		Key{Name: LeaderThrottledRate, Type: Long, Default: longMax, Required: true, Dynamic: true, Internal: true},
		atLeast(QuotaWindowNum, Int, "11", 1),
		atLeast(QuotaWindowSize, Int, "1", 1),
		number(ReplicaSocketTimeout, Int, "30000"),
		number(RequestTimeout, Int, "30000"),
		number(SocketRequestMaxBytes, Int, "104857600"),
		atLeast(TxnTopicReplication, Short, "3", 1),
		Key{Name: UncleanElectionInterval, Type: Long, Default: "300000", Required: true, Min: 1, Internal: true},
	)
	keys = append(keys, metadataLogKeys()...)
	keys = append(keys, logKeys()...)
	sortKeys(keys)
	return keys
}

// metadataLogKeys are those of MetadataLogConfig.
func metadataLogKeys() []Key {
	return []Key{
		{Name: MetadataSegmentBytesTest, Type: Int, Unset: true, Internal: true},
		{Name: MetadataSnapshotBytes, Type: Long, Default: "20971520", Required: true, Min: 1},
		{Name: MetadataSnapshotInterval, Type: Long, Default: "3600000", Required: true},
		{Name: MetadataSegmentBytes, Type: Int, Default: "1073741824", Required: true, Min: 8 << 20},
		{Name: MetadataSegmentMs, Type: Long, Default: "604800000"},
		{Name: MetadataMaxIdleInterval, Type: Int, Default: "500", Required: true},
		{Name: MetadataRetentionBytes, Type: Long, Default: "104857600"},
		{Name: MetadataRetentionMs, Type: Long, Default: "604800000"},
	}
}

// logKeys gives the server's keys about logs that no topic's key stands for.
func logKeys() []Key {
	return []Key{
		{Name: LogCleanerBackoff, Type: Long, Default: "15000", Required: true, Dynamic: true},
		{Name: LogCleanerDedupeBuffer, Type: Long, Default: "134217728", Dynamic: true},
		flag(LogCleanerEnable, "true"),
		{Name: LogCleanerLoadFactor, Type: Double, Default: "0.9", Dynamic: true},
		{Name: LogCleanerIOBuffer, Type: Int, Default: "524288", Required: true, Dynamic: true},
		{Name: LogCleanerIOMax, Type: Double, Default: "1.7976931348623157E308", Dynamic: true},
		atLeast(LogFlushOffsetCheckpoint, Int, "60000", 0),
		{Name: LogInitialTaskDelay, Type: Long, Default: "30000", Required: true, Internal: true},
		atLeast(LogRetentionCheckInterval, Long, "300000", 1),
		number(LogRetentionHours, Int, "168"),
		{Name: LogRetentionMinutes, Type: Int, Unset: true},
		atLeast(LogRollHours, Int, "168", 1),
		atLeast(LogRollJitterHours, Int, "0", 0),
	}
}

func atLeast(name string, t Type, value string, min int64) Key {
	return Key{Name: name, Type: t, Default: value, Required: true, Min: min}
}

func number(name string, t Type, value string) Key { return Key{Name: name, Type: t, Default: value} }

func flag(name, value string) Key { return Key{Name: name, Type: Boolean, Default: value} }

// minusOne is java.util.zip.Deflater.DEFAULT_COMPRESSION.
func minusOne() *int64 {
	n := int64(-1)
	return &n
}
