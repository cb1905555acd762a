package broker

import (
	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/broker/replica"
	"bitacora/engine/group"
)

// offsetsLog gives the group coordinator its log: this broker's copies of
// __consumer_offsets.
type offsetsLog struct{ replicas *replica.Manager }

func offsetsPartition(p int32) engine.TopicPartition {
	return engine.TopicPartition{Topic: group.OffsetsTopic, Partition: p}
}

// AppendOffsets writes a batch as the partition's leader.
func (l offsetsLog) AppendOffsets(env *engine.Env, partition int32, epoch engine.LeaderEpoch, b batch.Batch) (group.Appended, engine.ErrorCode) {
	a := l.replicas.Append(env, offsetsPartition(partition), epoch, b)
	return group.Appended{End: a.NextOffset, Durable: a.After}, a.Code
}

// ReadOffsets gives whole batches, committed or not.
func (l offsetsLog) ReadOffsets(env *engine.Env, partition int32, from engine.Offset, bytesMax int) ([]byte, engine.ErrorCode) {
	return l.replicas.Read(env, offsetsPartition(partition), from, bytesMax)
}

// OffsetsBounds gives the log start offset and the high watermark.
func (l offsetsLog) OffsetsBounds(partition int32) (start, highWatermark engine.Offset) {
	return l.replicas.Bounds(offsetsPartition(partition))
}

// onReplicaEvent tells the coordinator what happened to its partitions.
func (b *Broker) onReplicaEvent(env *engine.Env, ev replica.Event) {
	if ev.Partition.Topic != group.OffsetsTopic {
		return
	}
	switch ev.Kind {
	case replica.BecameLeader:
		b.groups.OnElected(env, ev.Partition.Partition, ev.Epoch)
	case replica.Resigned, replica.Deleted:
		b.groups.OnResigned(env, ev.Partition.Partition)
	case replica.HighWatermarkMoved:
		b.groups.OnHighWatermark(env, ev.Partition.Partition, ev.Offset)
	}
}
