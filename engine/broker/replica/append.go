package replica

import (
	"errors"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// Appended is the outcome of an append to a partition that this broker leads.
type Appended struct {
	Code           engine.ErrorCode
	BaseOffset     engine.Offset   // of the first record; NoOffset when refused
	NextOffset     engine.Offset   // one past the last: committed when the high watermark is there
	LogAppendTime  engine.WallTime // -1 unless the topic says LogAppendTime, or it is a duplicate
	LogStartOffset engine.Offset
	After          engine.Durable // the commit of the append
	err            error
}

// Append writes a coordinator's batch to a partition of an internal topic, with
// offsets and epoch to be given, as GroupCoordinator's PartitionWriter does.
// expected is the leader epoch the coordinator was loaded at: another answers
// NOT_LEADER_OR_FOLLOWER. With acks=all it is refused while the ISR is too small.
// It is committed when HighWatermarkMoved has come for NextOffset; Resigned comes
// instead where it may be lost.
func (m *Manager) Append(env *engine.Env, tp engine.TopicPartition, expected engine.LeaderEpoch, b batch.Batch) Appended {
	p := m.partitions[tp]
	if p == nil || !p.isLeader(m.cfg.NodeID) || p.leaderEpoch != expected {
		return refusedAppend(engine.ErrNotLeaderOrFollower)
	}
	r := m.appendAsLeader(env, p, b, batch.Coordinator, acksAll)
	m.settle(env)
	return r
}

func refusedAppend(code engine.ErrorCode) Appended {
	return Appended{Code: code, BaseOffset: engine.NoOffset, NextOffset: engine.NoOffset,
		LogAppendTime: -1, LogStartOffset: engine.NoOffset}
}

// Read gives batches of a partition that this broker leads, for a coordinator that
// loads: whole batches from `from`, up to the log end, as CoordinatorLoaderImpl
// reads them: a new leader has all that was committed, but its high watermark may
// not have caught up with that. No bytes and ErrNone: that is all there is.
func (m *Manager) Read(env *engine.Env, tp engine.TopicPartition, from engine.Offset, bytesMax int) ([]byte, engine.ErrorCode) {
	p := m.partitions[tp]
	if p == nil || !p.isLeader(m.cfg.NodeID) {
		return nil, engine.ErrNotLeaderOrFollower
	}
	if from >= p.log.LogEndOffset() {
		return nil, engine.ErrNone
	}
	run, err := p.log.Read(max(from, p.log.LogStartOffset()), log.LogEnd, bytesMax, true)
	if err != nil {
		m.onStorageError(env, p, err)
		return nil, engine.ErrKafkaStorageError
	}
	return run, engine.ErrNone
}

// appendAsLeader is Partition.appendRecordsToLeader.
func (m *Manager) appendAsLeader(env *engine.Env, p *Partition, b batch.Batch, origin batch.Origin, acks int16) Appended {
	if acks == acksAll && p.isUnderMinISR() {
		r := refusedAppend(engine.ErrNotEnoughReplicas)
		r.LogStartOffset = p.log.LogStartOffset()
		return r
	}
	segment := p.activeBase()
	how := log.LeaderAppend{Epoch: p.leaderEpoch, Origin: origin, Now: env.Wall()}
	info, err := p.log.AppendAsLeader(b, how, &m.scratch)
	if err != nil {
		return m.refuseAppend(env, p, err)
	}
	m.traceRolled(env, p, segment)
	r := Appended{
		BaseOffset: info.FirstOffset, NextOffset: info.LastOffset + 1,
		LogAppendTime: info.LogAppendTime, LogStartOffset: info.LogStartOffset,
		After: engine.Durable{Disk: engine.DiskData, Seq: uint64(info.Seq)},
	}
	if info.Duplicate {
		return r
	}
	m.trace(env, p, engine.Event{Kind: engine.EventAppended, Offset: r.BaseOffset, Until: r.NextOffset,
		Epoch: p.leaderEpoch, Count: int64(len(b)), Peer: engine.NoNode})
	m.counters.bytesIn += int64(len(b))
	m.counters.messagesIn += int64(b.RecordsCount())
	m.touch(p, movedLogEnd)
	m.maybeIncrementHighWatermark(env, p)
	return r
}

// refuseAppend is how ReplicaManager.appendToLocalLog answers an error: the log
// start offset goes with those that the records themselves caused, but for size
// and checksum.
func (m *Manager) refuseAppend(env *engine.Env, p *Partition, err error) Appended {
	r := refusedAppend(codeOf(err))
	r.err = err
	switch r.Code {
	case engine.ErrKafkaStorageError:
		m.onStorageError(env, p, err)
	case engine.ErrMessageTooLarge, engine.ErrRecordListTooLarge, engine.ErrCorruptMessage:
	default:
		r.LogStartOffset = p.log.LogStartOffset()
	}
	return r
}

// codeOf is the error code for an error of the log or of the records.
func codeOf(err error) engine.ErrorCode {
	switch batch.DefectOf(err) {
	case 0:
	case batch.Corrupt:
		return engine.ErrCorruptMessage
	case batch.OldMagic, batch.NoBatch, batch.SeveralBatches, batch.InvalidRecord:
		return engine.ErrInvalidRecord
	case batch.InvalidTimestamp:
		return engine.ErrInvalidTimestamp
	case batch.TooLarge:
		return engine.ErrMessageTooLarge
	case batch.UnsupportedCodec:
		return engine.ErrUnsupportedCompressionType
	default:
		return engine.ErrUnknownServerError
	}
	switch {
	case errors.Is(err, log.ErrOutOfOrderSequence):
		return engine.ErrOutOfOrderSequenceNumber
	case errors.Is(err, log.ErrInvalidProducerEpoch):
		return engine.ErrInvalidProducerEpoch
	case errors.Is(err, log.ErrLargerThanSegment):
		return engine.ErrRecordListTooLarge
	}
	return engine.ErrKafkaStorageError
}

// Bounds gives the log start offset and the high watermark of a partition held
// here; 0 and 0 of one that is not.
func (m *Manager) Bounds(tp engine.TopicPartition) (start, highWatermark engine.Offset) {
	p := m.partitions[tp]
	if p == nil {
		return 0, 0
	}
	return p.log.LogStartOffset(), p.log.HighWatermark()
}
