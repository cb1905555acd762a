package quorum

import (
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/log"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// fuzzRequest makes a request of each kind that the quorum serves out of numbers.
func fuzzRequest(kind, version uint8, id, epoch, lastEpoch int32, offset int64, directory [16]byte, flag bool) kmsg.Request {
	var req kmsg.Request
	switch kind % 9 {
	case 0:
		r := kmsg.NewPtrFetchRequest()
		p := kmsg.NewFetchRequestTopicPartition()
		p.CurrentLeaderEpoch, p.LastFetchedEpoch, p.FetchOffset, p.ReplicaDirectoryID = epoch, lastEpoch, offset, directory
		r.ReplicaState.ID, r.ReplicaID, r.MaxBytes = id, id, int32(offset)
		if flag {
			r.MaxWaitMillis = lastEpoch
		}
		r.Topics = []kmsg.FetchRequestTopic{{Topic: TopicName, TopicID: log.MetadataID.Topic, Partitions: []kmsg.FetchRequestTopicPartition{p}}}
		req = r
	case 1:
		r := kmsg.NewPtrVoteRequest()
		p := kmsg.NewVoteRequestTopicPartition()
		p.CandidateEpoch, p.CandidateID, p.CandidateDirectoryID = epoch, id, directory
		p.LastOffsetEpoch, p.LastOffset, p.PreVote = lastEpoch, offset, flag
		r.VoterID = -1
		r.Topics = []kmsg.VoteRequestTopic{{Topic: TopicName, Partitions: []kmsg.VoteRequestTopicPartition{p}}}
		req = r
	case 2:
		r := kmsg.NewPtrBeginQuorumEpochRequest()
		p := kmsg.NewBeginQuorumEpochRequestTopicPartition()
		p.LeaderID, p.LeaderEpoch, p.VoterDirectoryID = id, epoch, directory
		if flag {
			r.LeaderEndpoints = []kmsg.BeginQuorumEpochRequestLeaderEndpoint{{Name: "CONTROLLER", Host: "host", Port: uint16(offset)}}
		}
		r.Topics = []kmsg.BeginQuorumEpochRequestTopic{{Topic: TopicName, Partitions: []kmsg.BeginQuorumEpochRequestTopicPartition{p}}}
		req = r
	case 3:
		r := kmsg.NewPtrEndQuorumEpochRequest()
		p := kmsg.NewEndQuorumEpochRequestTopicPartition()
		p.LeaderID, p.LeaderEpoch, p.PreferredSuccessors = id, epoch, []int32{lastEpoch, 3001}
		r.Topics = []kmsg.EndQuorumEpochRequestTopic{{Topic: TopicName, Partitions: []kmsg.EndQuorumEpochRequestTopicPartition{p}}}
		req = r
	case 4:
		req = kmsg.NewPtrDescribeQuorumRequest()
	case 5:
		r := kmsg.NewPtrFetchSnapshotRequest()
		p := kmsg.NewFetchSnapshotRequestTopicPartition()
		p.CurrentLeaderEpoch, p.Position = epoch, offset
		r.Topics = []kmsg.FetchSnapshotRequestTopic{{Topic: TopicName, Partitions: []kmsg.FetchSnapshotRequestTopicPartition{p}}}
		req = r
	case 6:
		r := kmsg.NewPtrAddRaftVoterRequest()
		r.VoterID, r.VoterDirectoryID, r.AckWhenCommitted = id, directory, flag
		r.Listeners = []kmsg.AddRaftVoterRequestListener{{Name: "CONTROLLER", Host: "host", Port: uint16(offset)}}
		req = r
	case 7:
		r := kmsg.NewPtrRemoveRaftVoterRequest()
		r.VoterID, r.VoterDirectoryID = id, directory
		req = r
	case 8:
		r := kmsg.NewPtrUpdateRaftVoterRequest()
		r.VoterID, r.VoterDirectoryID, r.CurrentLeaderEpoch = id, directory, epoch
		r.KRaftVersionFeature.MaxSupportedVersion = int16(lastEpoch)
		r.Listeners = []kmsg.UpdateRaftVoterRequestListener{{Name: "CONTROLLER", Host: "host", Port: uint16(offset)}}
		req = r
	}
	req.SetVersion(int16(version) % (req.MaxVersion() + 1))
	return req
}

// FuzzRequests hands requests with any numbers in them to a leader and to a
// follower. They may be refused and they may depose the leader, but they break no
// invariant, but for two that Kafka halts over, too: the leader of an epoch is
// another, and what was committed is to be truncated.
func FuzzRequests(f *testing.F) {
	for kind := range uint8(9) {
		f.Add(kind, uint8(18), int32(3001), int32(1), int32(1), int64(3), byte(1), true, true)
		f.Add(kind, uint8(1), int32(3002), int32(2), int32(1), int64(9), byte(1), false, false)
	}
	f.Fuzz(func(t *testing.T, kind, version uint8, id, epoch, lastEpoch int32, offset int64, disk byte, flag, toLeader bool) {
		req := fuzzRequest(kind, version, id, epoch, lastEpoch, offset, directory(engine.NodeID(id), disk), flag)
		w := newWorld(t, 1)
		w.quiet = true
		w.add(3000, true, 0, 3000, 3001)
		w.add(3001, false, 0, 3000, 3001)
		w.start(3000)
		w.start(3001)
		w.run(4 * time.Second)
		to := w.procs[3000]
		if !toLeader {
			to = w.procs[3001]
		}
		w.step(to, engine.Request{Conn: 1000, Body: req})
		w.run(5 * time.Second)
		if v := w.violation; v != nil && v.Name != "ElectionSafety" && v.Name != "CommittedNeverTruncated" {
			t.Fatal(v)
		}
	})
}

// FuzzSnapshot: whatever a leader sends in the place of a snapshot is taken for one,
// and then it can be followed, or refused.
func FuzzSnapshot(f *testing.F) {
	id := epochAndOffset{4, 10}
	l := metadataLog{voters: []votersEntry{{-1, VoterSet{{Key: ReplicaKey{1, directory(1, 1)}}}}}, versions: []versionEntry{{-1, 1}}}
	good := l.snapshotContent(snapshot{id: id}, 5, [][]byte{[]byte("one"), []byte("two")})
	f.Add(good)
	f.Add(good[:len(good)-3])
	f.Fuzz(func(t *testing.T, content []byte) {
		if _, err := checkSnapshot(id, content); err != nil {
			return
		}
		store := newStore()
		l, err := openLog(store, voterLog())
		if err != nil {
			t.Fatal(err)
		}
		if err := l.writeSnapshot(snapshot{id: id}, content); err != nil {
			t.Fatal(err)
		}
		if err := l.resetToSnapshot(); err != nil {
			t.Error(err)
		}
	})
}
