package quorum

import (
	"bytes"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// askSnapshot makes a request for a snapshot as 3001 sends it in epoch 1.
func askSnapshot(end engine.Offset, epoch engine.LeaderEpoch, position int64, bytesMax int32) *kmsg.FetchSnapshotRequest {
	p := kmsg.NewFetchSnapshotRequestTopicPartition()
	p.CurrentLeaderEpoch, p.Position, p.ReplicaDirectoryID = 1, position, directory(3001, 1)
	p.SnapshotID.EndOffset, p.SnapshotID.Epoch = int64(end), int32(epoch)
	req := kmsg.NewPtrFetchSnapshotRequest()
	req.Version, req.ReplicaID, req.MaxBytes = 1, 3001, bytesMax
	req.Topics = []kmsg.FetchSnapshotRequestTopic{{Topic: TopicName, Partitions: []kmsg.FetchSnapshotRequestTopicPartition{p}}}
	return req
}

// snapshotWorld is a leader with a follower and a snapshot of what is below end.
func snapshotWorld(t *testing.T) (w *world, end engine.Offset) {
	w = newWorld(t, 1)
	w.quiet = true
	w.add(3000, true, 0, 3000, 3001)
	w.add(3001, false, 0, 3000, 3001)
	w.start(3000)
	w.start(3001)
	w.run(8 * time.Second)
	w.append("a")
	w.run(time.Second)
	if !w.snapshot(3000) {
		t.Fatal("no snapshot was made")
	}
	return w, w.procs[3000].delivered
}

func (w *world) fetchSnapshot(id engine.NodeID, req *kmsg.FetchSnapshotRequest) *kmsg.FetchSnapshotResponse {
	var resp *kmsg.FetchSnapshotResponse
	w.command(id, func(env *engine.Env, r *Replica) {
		resp = r.handleFetchSnapshot(env, req).(*kmsg.FetchSnapshotResponse)
	})
	return recodeResponse(w.t, resp).(*kmsg.FetchSnapshotResponse)
}

func TestFetchSnapshotRefuses(t *testing.T) {
	w, end := snapshotWorld(t)
	size := w.procs[3000].node.replica.log.snapshots[0].bytes
	changed := func(change func(*kmsg.FetchSnapshotRequest)) *kmsg.FetchSnapshotRequest {
		req := askSnapshot(end, 1, 0, 100)
		change(req)
		return req
	}
	for _, c := range []struct {
		name string
		to   engine.NodeID
		req  *kmsg.FetchSnapshotRequest
		code engine.ErrorCode
		top  bool // the error is the whole answer's
	}{
		{"a snapshot that is there", 3000, askSnapshot(end, 1, 0, 100), engine.ErrNone, false},
		{"its last byte", 3000, askSnapshot(end, 1, size-1, 100), engine.ErrNone, false},
		{"another end", 3000, askSnapshot(end-1, 1, 0, 100), engine.ErrSnapshotNotFound, false},
		{"another epoch", 3000, askSnapshot(end, 2, 0, 100), engine.ErrSnapshotNotFound, false},
		{"the bootstrap checkpoint", 3000, askSnapshot(0, 0, 0, 100), engine.ErrSnapshotNotFound, false},
		{"before its first byte", 3000, askSnapshot(end, 1, -1, 100), engine.ErrPositionOutOfRange, false},
		{"behind its last byte", 3000, askSnapshot(end, 1, size, 100), engine.ErrPositionOutOfRange, false},
		{"a follower", 3001, askSnapshot(end, 1, 0, 100), engine.ErrNotLeaderOrFollower, false},
		{"an epoch that is over", 3000, changed(func(r *kmsg.FetchSnapshotRequest) { r.Topics[0].Partitions[0].CurrentLeaderEpoch = 0 }), engine.ErrFencedLeaderEpoch, false},
		{"an epoch to come", 3000, changed(func(r *kmsg.FetchSnapshotRequest) { r.Topics[0].Partitions[0].CurrentLeaderEpoch = 2 }), engine.ErrUnknownLeaderEpoch, false},
		{"another topic", 3000, changed(func(r *kmsg.FetchSnapshotRequest) { r.Topics[0].Topic = "orders" }), engine.ErrUnknownTopicOrPartition, false},
		{"another partition", 3000, changed(func(r *kmsg.FetchSnapshotRequest) { r.Topics[0].Partitions[0].Partition = 1 }), engine.ErrUnknownTopicOrPartition, false},
		{"another cluster", 3000, changed(func(r *kmsg.FetchSnapshotRequest) { r.ClusterID = kmsg.StringPtr("other") }), engine.ErrInconsistentClusterID, true},
		{"nothing", 3000, changed(func(r *kmsg.FetchSnapshotRequest) { r.Topics = nil }), engine.ErrInvalidRequest, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp := w.fetchSnapshot(c.to, c.req)
			if c.top {
				if engine.ErrorCode(resp.ErrorCode) != c.code || len(resp.Topics) != 0 {
					t.Errorf("%+v, want %v", resp, c.code)
				}
				return
			}
			p := &resp.Topics[0].Partitions[0]
			if got := engine.ErrorCode(p.ErrorCode); got != c.code || resp.ErrorCode != 0 {
				t.Fatalf("%v, want %v", got, c.code)
			}
			if c.code != engine.ErrUnknownTopicOrPartition && (p.CurrentLeader.LeaderID != 3000 || p.CurrentLeader.LeaderEpoch != 1 ||
				len(resp.NodeEndpoints) != 1 || resp.NodeEndpoints[0].NodeID != 3000) {
				t.Errorf("the leader is told as %+v at %+v", p.CurrentLeader, resp.NodeEndpoints)
			}
			if asked := c.req.Topics[0].Partitions[0].Position; c.code == engine.ErrNone &&
				(p.Size != size || p.Position != asked || int64(len(p.Bytes)) != min(100, size-asked)) {
				t.Errorf("%d bytes at %d of %d", len(p.Bytes), p.Position, p.Size)
			}
		})
	}
}

// TestFetchSnapshotIsASignOfLife: a voter that fetches a snapshot is heard from, and
// the leader's time without a majority begins anew.
func TestFetchSnapshotIsASignOfLife(t *testing.T) {
	w, end := snapshotWorld(t)
	w.pause(3001)
	leader := w.procs[3000].node.replica
	for range 4 {
		w.run(2 * time.Second) // check quorum takes 3 s
		if got := w.fetchSnapshot(3000, askSnapshot(end, 1, 0, 100)).Topics[0].Partitions[0].ErrorCode; got != 0 {
			t.Fatal(engine.ErrorCode(got))
		}
	}
	if leader.state.role != Leader {
		t.Fatal("it resigned, though its follower fetched a snapshot")
	}
	if w.run(4 * time.Second); leader.state.role == Leader {
		t.Error("it leads on without a majority")
	}
}

// TestSnapshotsHoldTheVotersOfTheirEnd: not those that came after.
func TestSnapshotsHoldTheVotersOfTheirEnd(t *testing.T) {
	one := VoterSet{{Key: ReplicaKey{1, directory(1, 1)}, KRaftVersionMax: 1}}
	two, _ := one.with(Voter{Key: ReplicaKey{2, directory(2, 1)}, KRaftVersionMax: 1})
	l := metadataLog{
		voters:   []votersEntry{{-1, one}, {4, two}},
		versions: []versionEntry{{-1, 1}},
	}
	for end, want := range map[engine.Offset]VoterSet{4: one, 5: two, 9: two} {
		content := l.snapshotContent(snapshot{id: epochAndOffset{1, end}}, 0, nil)
		it := batch.Iterate(content)
		it.Next()
		states, err := readControl(it.Batch())
		if err != nil || len(states) != 2 || states[0].version != 1 {
			t.Fatalf("%+v, %v", states, err)
		}
		if got := states[1].voters; got.String() != want.String() {
			t.Errorf("below %d: %v, want %v", end, got, want)
		}
	}
	// Equal logs give equal snapshots, byte for byte.
	s := snapshot{id: epochAndOffset{1, 9}}
	if frames := [][]byte{[]byte("x")}; !bytes.Equal(l.snapshotContent(s, 3, frames), l.snapshotContent(s, 3, frames)) {
		t.Error("two snapshots of one log differ")
	}
}
