package quorum

import (
	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleFetchSnapshot: key 59, v0-v1. Kafka 4.3; KIP-630, KIP-853 (v1).
// Read: KafkaRaftClient.handleFetchSnapshotRequest.
//   - the epoch must be ours, and we must lead it: who asks learns the leader
//   - a piece of the snapshot from a position on, at most max bytes; what is not
//     there, or is only the bootstrap checkpoint: SNAPSHOT_NOT_FOUND; a position
//     outside: POSITION_OUT_OF_RANGE
//   - counts as a sign of life of that voter, as a Fetch does
//
// Shown in: testdata/snapshot.txt
func (r *Replica) handleFetchSnapshot(env *engine.Env, req *kmsg.FetchSnapshotRequest) kmsg.Response {
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
	if !isMetadata(req.Topics[0].Topic, in.Partition) {
		p.ErrorCode = int16(engine.ErrUnknownTopicOrPartition)
	} else {
		p.CurrentLeader.LeaderID = int32(r.state.election.leader)
		p.CurrentLeader.LeaderEpoch = int32(r.state.election.epoch)
		p.ErrorCode = int16(r.fetchSnapshot(env, req, &p))
	}
	resp.Topics = []kmsg.FetchSnapshotResponseTopic{{
		Topic: req.Topics[0].Topic, Partitions: []kmsg.FetchSnapshotResponseTopicPartition{p},
	}}
	if id, addr, known := r.leaderNode(); known && req.Version >= 1 {
		resp.NodeEndpoints = []kmsg.FetchSnapshotResponseNodeEndpoint{{NodeID: id, Host: addr.Host, Port: uint16(addr.Port)}}
	}
	return resp
}

func (r *Replica) fetchSnapshot(env *engine.Env, req *kmsg.FetchSnapshotRequest, out *kmsg.FetchSnapshotResponseTopicPartition) engine.ErrorCode {
	in := &req.Topics[0].Partitions[0]
	if code := r.validLeaderRequest(engine.LeaderEpoch(in.CurrentLeaderEpoch)); code != engine.ErrNone {
		return code
	}
	s, found := r.log.findSnapshot(epochAndOffset{engine.LeaderEpoch(in.SnapshotID.Epoch), engine.Offset(in.SnapshotID.EndOffset)})
	if !found {
		return engine.ErrSnapshotNotFound
	}
	if in.Position < 0 || in.Position >= s.bytes {
		return engine.ErrPositionOutOfRange
	}
	piece, err := r.log.readSnapshot(s, in.Position, max(0, int64(req.MaxBytes)))
	if err != nil {
		return engine.ErrUnknownServerError
	}
	r.heardFromVoter(env, ReplicaKey{engine.NodeID(req.ReplicaID), in.ReplicaDirectoryID})
	out.SnapshotID.EndOffset, out.SnapshotID.Epoch = in.SnapshotID.EndOffset, in.SnapshotID.Epoch
	out.Size, out.Position, out.Bytes = s.bytes, in.Position, piece
	return engine.ErrNone
}

// download is a snapshot on its way from the leader (FollowerState.fetchingSnapshot).
// It is gone with the state, and begun anew.
type download struct {
	active bool
	id     epochAndOffset
	got    []byte
}

// beginDownload takes the leader's word that what this log lacks is in a snapshot
// alone. One that is here already is not fetched again, and one that has begun goes
// on.
func (r *Replica) beginDownload(id epochAndOffset) {
	if d := &r.state.download; d.active && d.id == id {
		return
	}
	if _, stored := r.log.findSnapshot(id); stored {
		r.state.download = download{}
		return
	}
	r.state.download = download{active: true, id: id}
}

func (r *Replica) fetchSnapshotRequest() *kmsg.FetchSnapshotRequest {
	d := &r.state.download
	p := kmsg.NewFetchSnapshotRequestTopicPartition()
	p.CurrentLeaderEpoch = int32(r.state.election.epoch)
	p.SnapshotID.EndOffset, p.SnapshotID.Epoch = int64(d.id.offset), int32(d.id.epoch)
	p.Position = int64(len(d.got))
	p.ReplicaDirectoryID = r.cfg.DirectoryID
	req := kmsg.NewPtrFetchSnapshotRequest()
	req.Version = 1
	req.ClusterID = kmsg.StringPtr(r.cfg.ClusterID)
	req.ReplicaID = int32(r.cfg.NodeID)
	req.MaxBytes = r.cfg.FetchSnapshotMaxBytes
	req.Topics = []kmsg.FetchSnapshotRequestTopic{{
		Topic: TopicName, Partitions: []kmsg.FetchSnapshotRequestTopicPartition{p},
	}}
	return req
}

// onFetchSnapshot takes a piece of a snapshot (handleFetchSnapshotResponse). With
// the last one the log begins anew behind it. A piece that does not fit, or a
// snapshot that is not sound, is a defect of the sender's: Kafka's replica ends
// there, this one asks again from the beginning.
func (r *Replica) onFetchSnapshot(env *engine.Env, resp *kmsg.FetchSnapshotResponse) bool {
	if resp.ErrorCode != 0 || len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 ||
		!isMetadata(resp.Topics[0].Topic, resp.Topics[0].Partitions[0].Partition) {
		return false
	}
	p := &resp.Topics[0].Partitions[0]
	leader := engine.NodeID(p.CurrentLeader.LeaderID)
	endpoints := r.endpointsOf(leader, len(resp.NodeEndpoints), func(i int) (int32, string, int32) {
		n := &resp.NodeEndpoints[i]
		return n.NodeID, n.Host, int32(n.Port)
	})
	code := engine.ErrorCode(p.ErrorCode)
	if done, ok := r.onCommon(env, code, engine.LeaderEpoch(p.CurrentLeader.LeaderEpoch), leader, endpoints); done {
		return ok && code == engine.ErrNone
	}
	d := &r.state.download
	switch {
	case r.state.role != Follower || !d.active:
		return false
	case code == engine.ErrSnapshotNotFound, code == engine.ErrNone && (p.SnapshotID.EndOffset < 0 || p.SnapshotID.Epoch < 0):
		// The leader has removed it since: its log tells of another.
		r.state.download = download{}
		r.state.fetchAt = env.Now().Add(r.cfg.FetchTimeout)
		return true
	case code != engine.ErrNone:
		return false
	}
	id := epochAndOffset{engine.LeaderEpoch(p.SnapshotID.Epoch), engine.Offset(p.SnapshotID.EndOffset)}
	end := p.Position + int64(len(p.Bytes))
	if id != d.id || p.Position != int64(len(d.got)) || len(p.Bytes) == 0 || end > p.Size || p.Size > snapshotBytesMax {
		r.state.download = download{}
		return false
	}
	d.got = append(d.got, p.Bytes...)
	if end == p.Size && !r.install(env) {
		return false
	}
	r.state.fetchAt = env.Now().Add(r.cfg.FetchTimeout)
	return !r.failed
}

// install puts the snapshot that was fetched in the place of the log.
func (r *Replica) install(env *engine.Env) bool {
	d := r.state.download
	r.state.download = download{}
	lastContained, err := checkSnapshot(d.id, d.got)
	if err != nil {
		return false
	}
	if d.id.offset < r.highest {
		engine.Violated("CommittedNeverTruncated", "node %d: snapshot %v, high watermark %d, leader %d",
			r.cfg.NodeID, SnapshotID(d.id), r.highest, r.state.election.leader)
	}
	end, voters := r.log.end, r.log.lastVoters()
	if err := r.log.writeSnapshot(snapshot{id: d.id, lastContained: lastContained}, d.got); err != nil {
		r.diskFailed(env)
		return false
	}
	if err := r.log.resetToSnapshot(); err != nil {
		r.diskFailed(env)
		return false
	}
	if r.log.start != d.id.offset {
		engine.Violated("SnapshotBeginsTheLog", "node %d: %v, and the log begins at %d", r.cfg.NodeID, SnapshotID(d.id), r.log.start)
	}
	env.Trace(engine.Event{
		Kind: engine.EventSnapshotFetched, Topic: TopicName, Offset: d.id.offset, Epoch: d.id.epoch, Until: end,
		Count: int64(len(d.got)), Peer: r.state.election.leader,
	})
	r.traceVoters(env, voters)
	r.followHighWatermark(env, r.log.end)
	return true
}
