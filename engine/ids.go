package engine

import "fmt"

// Offset is the position of a record in a partition's log. The first record has
// offset 0; an end offset (LEO, high watermark) is that of the first record
// *not* included.
type Offset int64

// NoOffset stands where Kafka writes -1: unknown, or not applicable.
const NoOffset Offset = -1

// LeaderEpoch numbers the leaderships of one partition (or of the metadata
// quorum). It only grows. -1 is Kafka's "no epoch known".
type LeaderEpoch int32

// NoLeaderEpoch is Kafka's "no epoch known" (RecordBatch.NO_PARTITION_LEADER_EPOCH).
const NoLeaderEpoch LeaderEpoch = -1

// ProducerID identifies an idempotent producer; -1 is "none".
type ProducerID int64

// ProducerEpoch fences older instances of the same producer id; -1 is "none".
type ProducerEpoch int16

// BrokerEpoch is the offset of the metadata record that registered a broker;
// it tells apart the incarnations of one broker id. -1 is "none".
type BrokerEpoch int64

// PartitionEpoch grows by one with each change of a partition's metadata.
type PartitionEpoch int32

// TopicID is a topic's UUID. Kafka prints it as unpadded URL base64.
type TopicID [16]byte

// NodeID is a Kafka node.id (brokers 1, 2, 3; controllers 3000, 3001, 3002) or,
// for a simulated client, a number of its own, which Kafka does not know.
type NodeID int32

// NoNode is Kafka's -1: no leader, no replica.
const NoNode NodeID = -1

// TopicPartition names one partition of one topic.
type TopicPartition struct {
	Topic     string
	Partition int32
}

// String gives Kafka's own spelling, topic-partition.
func (tp TopicPartition) String() string { return fmt.Sprintf("%s-%d", tp.Topic, tp.Partition) }

const base64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// String gives the id as Kafka's Uuid.toString does: URL base64 without padding.
func (id TopicID) String() string {
	out := make([]byte, 0, 22)
	for i := 0; i < len(id); i += 3 {
		var group uint32
		n := 0
		for j := i; j < i+3; j++ {
			group <<= 8
			if j < len(id) {
				group |= uint32(id[j])
				n++
			}
		}
		for j := 0; j <= n; j++ {
			out = append(out, base64URL[group>>(18-6*j)&63])
		}
	}
	return string(out)
}
