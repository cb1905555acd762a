package config

import (
	"slices"
	"strconv"

	"bitacora/engine"
	"bitacora/engine/metadata"
)

// Topic is every value a partition needs. It is made once a change, not once a
// request.
type Topic struct {
	Compact                  bool
	Delete                   bool
	DeleteRetentionMillis    int64 // how long tombstones stay
	MinCompactionLagMillis   int64
	MaxCompactionLagMillis   int64
	MinCleanableDirtyRatio   Decimal
	FlushMessages            int64 // records between two syncs; MaxInt64 is never
	MaxMessageBytes          int32 // the largest batch
	TimestampAfterMaxMillis  int64
	TimestampBeforeMaxMillis int64
	LogAppendTime            bool // else CreateTime
	MinInSyncReplicas        int32
	Compression              string // "producer", or the codec to write with
	CompressionLevel         int    // of that codec, as its key has it; 0 where it has none
	RetentionBytes           int64  // negative is no limit
	RetentionMillis          int64  // -1 is no limit
	SegmentBytes             int32
	SegmentMillis            int64
	SegmentJitterMillis      int64
	UncleanLeaderElection    bool
}

// ForTopic gives the topic's values as the node sees them. A topic that does not
// exist has the defaults that a new one would have.
func ForTopic(image *metadata.Image, static Static, node engine.NodeID, topic string) Topic {
	keys := TopicKeys()
	get := func(name string) string {
		key, _ := find(keys, name)
		return resolve(image, static, node, topic, key).Value
	}
	policy := SplitList(get(CleanupPolicy))
	t := Topic{
		Compact:                  slices.Contains(policy, "compact"),
		Delete:                   slices.Contains(policy, "delete"),
		DeleteRetentionMillis:    parseInt(get(DeleteRetentionMs)),
		MinCompactionLagMillis:   parseInt(get(MinCompactionLagMs)),
		MaxCompactionLagMillis:   parseInt(get(MaxCompactionLagMs)),
		MinCleanableDirtyRatio:   parseDecimal(get(MinCleanableDirtyRatio)),
		FlushMessages:            parseInt(get(FlushMessages)),
		MaxMessageBytes:          int32(parseInt(get(MaxMessageBytes))),
		TimestampAfterMaxMillis:  parseInt(get(MessageTimestampAfterMax)),
		TimestampBeforeMaxMillis: parseInt(get(MessageTimestampBeforeMax)),
		LogAppendTime:            get(MessageTimestampType) == "LogAppendTime",
		MinInSyncReplicas:        int32(parseInt(get(MinInSyncReplicas))),
		Compression:              get(CompressionType),
		RetentionBytes:           parseInt(get(RetentionBytes)),
		RetentionMillis:          parseInt(get(RetentionMs)),
		SegmentBytes:             int32(parseInt(get(SegmentBytes))),
		SegmentMillis:            parseInt(get(SegmentMs)),
		SegmentJitterMillis:      parseInt(get(SegmentJitterMs)),
		UncleanLeaderElection:    parseBool(get(UncleanLeaderElection)),
	}
	switch t.Compression {
	case "gzip":
		t.CompressionLevel = int(parseInt(get(CompressionGzipLevel)))
	case "lz4":
		t.CompressionLevel = int(parseInt(get(CompressionLZ4Level)))
	case "zstd":
		t.CompressionLevel = int(parseInt(get(CompressionZstdLevel)))
	}
	if internal := get(InternalSegmentBytes); internal != "" {
		t.SegmentBytes = int32(parseInt(internal))
	}
	return t
}

// UncleanAllowed says whether the topic may have a leader from outside the ISR.
func UncleanAllowed(image *metadata.Image, static Static, node engine.NodeID, topic string) bool {
	key, _ := find(TopicKeys(), UncleanLeaderElection)
	return parseBool(resolve(image, static, node, topic, key).Value)
}

// MinISR is the topic's min.insync.replicas as the node sees it.
func MinISR(image *metadata.Image, static Static, node engine.NodeID, topic string) int {
	key, _ := find(TopicKeys(), MinInSyncReplicas)
	return int(parseInt(resolve(image, static, node, topic, key).Value))
}

// BrokerResource names a broker's dynamic config.
func BrokerResource(node engine.NodeID) metadata.ConfigResource {
	return metadata.ConfigResource{Type: metadata.ResourceBroker, Name: strconv.Itoa(int(node))}
}

// ClusterResource names the cluster-wide default of brokers' dynamic config.
func ClusterResource() metadata.ConfigResource {
	return metadata.ConfigResource{Type: metadata.ResourceBroker}
}

// TopicResource names a topic's config.
func TopicResource(topic string) metadata.ConfigResource {
	return metadata.ConfigResource{Type: metadata.ResourceTopic, Name: topic}
}
