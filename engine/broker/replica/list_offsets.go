package replica

import (
	"bitacora/engine"
	"bitacora/engine/log"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The timestamps that ask for a place and not for a time (ListOffsetsRequest).
const (
	latestTimestamp                int64 = -1
	earliestTimestamp              int64 = -2
	maxTimestamp                   int64 = -3
	earliestLocalTimestamp         int64 = -4
	latestTieredTimestamp          int64 = -5
	earliestPendingUploadTimestamp int64 = -6
)

// listOffsetsMinVersion gives the first version that knows a special timestamp
// (ReplicaManager.timestampMinSupportedVersion).
func listOffsetsMinVersion(timestamp int64) (version int16, known bool) {
	switch timestamp {
	case latestTimestamp, earliestTimestamp:
		return 1, true
	case maxTimestamp:
		return 7, true
	case earliestLocalTimestamp:
		return 8, true
	case latestTieredTimestamp:
		return 9, true
	case earliestPendingUploadTimestamp:
		return 11, true
	}
	return 0, false
}

// listedOffset is what one partition answers.
type listedOffset struct {
	code      engine.ErrorCode
	timestamp engine.WallTime
	offset    engine.Offset
	epoch     engine.LeaderEpoch
}

func noListedOffset(code engine.ErrorCode) listedOffset {
	return listedOffset{code: code, timestamp: -1, offset: engine.NoOffset, epoch: engine.NoLeaderEpoch}
}

// HandleListOffsets: key 2, v1-v11. ReplicaManager.fetchOffset,
// Partition.fetchOffsetForTimestamp; KIP-79, KIP-207, KIP-320, KIP-734 (-3).
//   - latest: the high watermark for consumers, the log end for replicas
//   - right after an election, while the high watermark is behind the start of
//     the epoch: OFFSET_NOT_AVAILABLE (LEADER_NOT_AVAILABLE below v5)
//   - a time: the first record that is not older, if it is committed
//   - -4 is the log start; -5 and -6 find nothing, for want of tiered storage
//
// Shown in: testdata/fetch_checks.txt, TestListOffsets
func (m *Manager) HandleListOffsets(env *engine.Env, request engine.Request) {
	req := request.Body.(*kmsg.ListOffsetsRequest)
	resp := kmsg.NewPtrListOffsetsResponse()
	resp.Version = req.Version
	counts := map[engine.TopicPartition]int{}
	for i := range req.Topics {
		for j := range req.Topics[i].Partitions {
			counts[engine.TopicPartition{Topic: req.Topics[i].Topic, Partition: req.Topics[i].Partitions[j].Partition}]++
		}
	}
	for i := range req.Topics {
		t := &req.Topics[i]
		rt := kmsg.NewListOffsetsResponseTopic()
		rt.Topic = t.Topic
		for j := range t.Partitions {
			tp := engine.TopicPartition{Topic: t.Topic, Partition: t.Partitions[j].Partition}
			listed := noListedOffset(engine.ErrInvalidRequest)
			if counts[tp] == 1 {
				listed = m.listOffset(env, req, tp, &t.Partitions[j])
			}
			part := kmsg.NewListOffsetsResponseTopicPartition()
			part.Partition = tp.Partition
			part.ErrorCode = int16(listed.code)
			part.Timestamp, part.Offset, part.LeaderEpoch = int64(listed.timestamp), int64(listed.offset), int32(listed.epoch)
			rt.Partitions = append(rt.Partitions, part)
			m.traceRefused(env, "ListOffsets", tp, listed.code)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	env.Reply(request, resp, engine.Durable{})
}

func (m *Manager) listOffset(env *engine.Env, req *kmsg.ListOffsetsRequest, tp engine.TopicPartition,
	asked *kmsg.ListOffsetsRequestTopicPartition) listedOffset {
	if asked.Timestamp < 0 {
		if from, known := listOffsetsMinVersion(asked.Timestamp); !known || req.Version < from {
			return noListedOffset(engine.ErrUnsupportedVersion)
		}
	}
	p := m.partitions[tp]
	if p == nil {
		return noListedOffset(m.missing(tp))
	}
	epoch := engine.NoLeaderEpoch
	if req.Version >= 4 {
		epoch = engine.LeaderEpoch(asked.CurrentLeaderEpoch)
	}
	replica := engine.NodeID(req.ReplicaID)
	if code := p.checkLocal(m.cfg.NodeID, epoch, replica != debuggingReplicaID); code != engine.ErrNone {
		return noListedOffset(code)
	}
	isClient := replica == consumerReplicaID
	end := p.log.LogEndOffset()
	unavailable := engine.ErrNone
	if isClient {
		end = p.log.HighWatermark()
		if p.epochStart != engine.NoOffset && p.epochStart > end {
			if unavailable = engine.ErrOffsetNotAvailable; req.Version < 5 {
				unavailable = engine.ErrLeaderNotAvailable
			}
		}
	}
	switch asked.Timestamp {
	case latestTimestamp:
		if unavailable != engine.ErrNone {
			return noListedOffset(unavailable)
		}
		return listedOffset{timestamp: -1, offset: end, epoch: p.leaderEpoch}
	case earliestTimestamp, earliestLocalTimestamp:
		start := p.log.LogStartOffset()
		return listedOffset{timestamp: -1, offset: start, epoch: p.epochAt(start)}
	}
	found, code := m.findByTime(env, p, asked.Timestamp)
	switch {
	case code != engine.ErrNone:
		return noListedOffset(code)
	case found.offset == engine.NoOffset || found.offset >= end:
		return noListedOffset(unavailable)
	}
	return found
}

// epochAt is the epoch of the log start as UnifiedLog.fetchOffsetByTimestamp
// tells it: the oldest cached one where that covers the offset.
func (p *Partition) epochAt(offset engine.Offset) engine.LeaderEpoch {
	return p.log.EpochForOffset(offset)
}

// findByTime finds the record with the largest timestamp (-3), or the first one
// with at least the timestamp.
func (m *Manager) findByTime(env *engine.Env, p *Partition, timestamp int64) (listedOffset, engine.ErrorCode) {
	none := noListedOffset(engine.ErrNone)
	var found log.TimestampAndOffset
	var ok bool
	var err error
	switch timestamp {
	case latestTieredTimestamp, earliestPendingUploadTimestamp:
		return none, engine.ErrNone
	case maxTimestamp:
		found, ok, err = p.log.MaxTimestamp(&m.scratch.Codecs)
	default:
		found, ok, err = p.log.OffsetForTime(engine.WallTime(timestamp), &m.scratch.Codecs)
	}
	switch {
	case err != nil:
		m.onStorageError(env, p, err)
		return none, engine.ErrKafkaStorageError
	case !ok:
		return none, engine.ErrNone
	}
	return listedOffset{timestamp: found.Timestamp, offset: found.Offset, epoch: found.LeaderEpoch}, engine.ErrNone
}
