package quorum

import (
	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleFetchSnapshot: key 59, v0-v1. Kafka 4.3; KIP-630, KIP-853.
// Read: KafkaRaftClient.handleFetchSnapshotRequest.
//   - there are no snapshots of the log yet, and the bootstrap checkpoint is never
//     replicated: SNAPSHOT_NOT_FOUND, from the leader
func (r *Replica) handleFetchSnapshot(req *kmsg.FetchSnapshotRequest) kmsg.Response {
	resp := kmsg.NewPtrFetchSnapshotResponse()
	resp.Version = req.Version
	if !r.validCluster(req.ClusterID) {
		resp.ErrorCode = int16(engine.ErrInconsistentClusterID)
		return resp
	}
	if len(req.Topics) != 1 || len(req.Topics[0].Partitions) != 1 {
		resp.ErrorCode = int16(engine.ErrInvalidRequest)
		return resp
	}
	in := &req.Topics[0].Partitions[0]
	p := kmsg.NewFetchSnapshotResponseTopicPartition()
	p.Partition = in.Partition
	if !onePartition(1, req.Topics[0].Topic, 1, in.Partition) {
		p.ErrorCode = int16(engine.ErrUnknownTopicOrPartition)
	} else {
		p.CurrentLeader.LeaderID = int32(r.state.election.leader)
		p.CurrentLeader.LeaderEpoch = int32(r.state.election.epoch)
		p.ErrorCode = int16(r.validLeaderRequest(engine.LeaderEpoch(in.CurrentLeaderEpoch)))
		if p.ErrorCode == 0 {
			p.ErrorCode = int16(engine.ErrSnapshotNotFound)
		}
	}
	resp.Topics = []kmsg.FetchSnapshotResponseTopic{{
		Topic: req.Topics[0].Topic, Partitions: []kmsg.FetchSnapshotResponseTopicPartition{p},
	}}
	if id, addr, known := r.leaderNode(); known && req.Version >= 1 {
		resp.NodeEndpoints = []kmsg.FetchSnapshotResponseNodeEndpoint{{NodeID: id, Host: addr.Host, Port: uint16(addr.Port)}}
	}
	return resp
}
