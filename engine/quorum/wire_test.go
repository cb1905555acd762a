package quorum

import (
	"encoding/base64"
	"encoding/hex"
	"testing"

	"bitacora/engine"
	"bitacora/engine/batch"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The messages below were recorded between three controllers of Apache Kafka 4.3.1,
// 11, 12 and 13, whose voters were static: no directory ids, and so zeroes.

const recordedCluster = "4L6g3nShT-eMCtK--X86sw"

func uuid(t *testing.T, text string) (id [16]byte) {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != len(id) {
		t.Fatalf("%q is no id", text)
	}
	copy(id[:], raw)
	return id
}

// recorded is a replica in the state that the recorded ones were in.
func recorded(t *testing.T, id engine.NodeID, epoch engine.LeaderEpoch, leader engine.NodeID) *Replica {
	cfg := DefaultConfig()
	cfg.NodeID, cfg.ClusterID = id, recordedCluster
	cfg.DirectoryID = uuid(t, map[engine.NodeID]string{
		11: "aRxINmfFQnLS5vzEYTwqfg", 12: "ty-qXu3ktPFEJusketzx5A", 13: "yIxtYEp9xRJPDEdvbYPedQ",
	}[id])
	cfg.Listeners = []Endpoint{{"CONTROLLER", "127.0.0.1", 39000 + uint16(id)}}
	r := &Replica{cfg: cfg, leader: leaderState{highWatermark: engine.NoOffset}}
	r.state = epochState{
		election: election{epoch: epoch, leader: leader}, highWatermark: engine.NoOffset,
	}
	if leader != engine.NoNode {
		r.state.leaderEndpoints = []Endpoint{{"CONTROLLER", "127.0.0.1", 39000 + uint16(leader)}}
	}
	return r
}

func checkBytes(t *testing.T, got []byte, want string) {
	t.Helper()
	if hex.EncodeToString(got) != want {
		t.Errorf("encodes to\n%x, Kafka sends\n%s", got, want)
	}
}

func TestRequestsAreKafkasBytes(t *testing.T) {
	t.Run("a pre-vote request names the epoch that is not raised", func(t *testing.T) {
		r := recorded(t, 13, 1, 12)
		r.log.end, r.log.epochs = 29, []epochStart{{1, 0}}
		checkBytes(t, r.voteRequest(ReplicaKey{ID: 11}, true).AppendTo(nil),
			"17344c3667336e5368542d654d43744b2d2d58383673770000000b02135f5f636c75737465725f6d657461646174610200000000000000010000000dc88c6d604a7dc5124f0c476f6d83de750000000000000000000000000000000000000001000000000000001d01000000")
	})
	t.Run("a vote request names the candidate's epoch", func(t *testing.T) {
		r := recorded(t, 12, 4, engine.NoNode)
		r.log.end, r.log.epochs = 66, []epochStart{{3, 0}}
		checkBytes(t, r.voteRequest(ReplicaKey{ID: 13}, false).AppendTo(nil),
			"17344c3667336e5368542d654d43744b2d2d58383673770000000d02135f5f636c75737465725f6d657461646174610200000000000000040000000cb72faa5eede4b4f14426eb247adcf1e40000000000000000000000000000000000000003000000000000004200000000")
	})
	t.Run("BeginQuorumEpoch carries the leader's endpoints", func(t *testing.T) {
		checkBytes(t, recorded(t, 12, 1, 12).beginEpochRequest(ReplicaKey{ID: 13}).AppendTo(nil),
			"17344c3667336e5368542d654d43744b2d2d58383673770000000d02135f5f636c75737465725f6d657461646174610200000000000000000000000000000000000000000000000c000000010000020b434f4e54524f4c4c45520a3132372e302e302e3198640000")
	})
	t.Run("EndQuorumEpoch of a restarted leader prefers nobody", func(t *testing.T) {
		checkBytes(t, recorded(t, 12, 1, 12).endEpochRequest().AppendTo(nil),
			"17344c3667336e5368542d654d43744b2d2d583836737702135f5f636c75737465725f6d6574616461746102000000000000000c000000010100000100")
	})
	t.Run("EndQuorumEpoch of a resigning leader names its successors", func(t *testing.T) {
		r := recorded(t, 11, 3, 11)
		r.state.successors = []ReplicaKey{{ID: 12}, {ID: 13}}
		checkBytes(t, r.endEpochRequest().AppendTo(nil),
			"17344c3667336e5368542d654d43744b2d2d583836737702135f5f636c75737465725f6d6574616461746102000000000000000b00000003030000000c00000000000000000000000000000000000000000d000000000000000000000000000000000000000100")
	})
	t.Run("a Fetch promises an offset and asks for 500 ms", func(t *testing.T) {
		checkBytes(t, recorded(t, 13, 1, engine.NoNode).fetchRequest().AppendTo(nil),
			"000001f400000000001000000000000000ffffffff0200000000000000000000000000000001020000000000000001000000000000000000000000ffffffffffffffff00000000020010c88c6d604a7dc5124f0c476f6d83de750108ffffffffffffffff00010102001717344c3667336e5368542d654d43744b2d2d5838367377010d0000000dffffffffffffffff00")
	})
	t.Run("UpdateRaftVoter names endpoints and versions", func(t *testing.T) {
		req := recorded(t, 13, 4, 12).updateVoterRequest()
		req.KRaftVersionFeature.MinSupportedVersion = 0 // Kafka runs static quorums, too
		checkBytes(t, req.AppendTo(nil),
			"17344c3667336e5368542d654d43744b2d2d5838367377000000040000000dc88c6d604a7dc5124f0c476f6d83de75020b434f4e54524f4c4c45520a3132372e302e302e31986500000000010000")
	})
}

func TestResponsesAreKafkasBytes(t *testing.T) {
	t.Run("a Fetch from who does not lead, and knows no leader", func(t *testing.T) {
		req := kmsg.NewPtrFetchRequest()
		req.Version = 18
		resp := recorded(t, 13, 1, engine.NoNode).emptyFetch(req, engine.ErrNotLeaderOrFollower)
		checkBytes(t, resp.AppendTo(nil)[:],
			"00000000000000000000020000000000000000000000000000000102000000000006ffffffffffffffffffffffffffffffff000000000000000001ffffffff01010109ffffffff00000001000000")
	})
	t.Run("EndQuorumEpoch of an epoch that is over", func(t *testing.T) {
		req := recorded(t, 12, 1, 12).endEpochRequest()
		resp := recorded(t, 13, 3, 11).handleEndQuorumEpoch(nil, req)
		checkBytes(t, resp.AppendTo(nil),
			"000002135f5f636c75737465725f6d657461646174610200000000004a0000000b000000030000010012020000000b0a3132372e302e302e31986300")
	})
}

// TestControlBatchesAreKafkasSize: sizes of the batches in a log that Apache Kafka
// 4.3.1 wrote, with the same ids, hosts and ports of five digits.
func TestControlBatchesAreKafkasSize(t *testing.T) {
	w := newWorld(t, 1)
	w.quiet = true
	for _, id := range []engine.NodeID{3000, 3001, 3002} {
		p := w.add(id, false, 0, 3000)
		p.cfg.Listeners = []Endpoint{{"CONTROLLER", "127.0.0.1", 18100 + uint16(id-3000)}}
	}
	p := w.procs[3000]
	p.store = newStore()
	w.format(p, true)
	w.start(3000)
	batches := w.logOf(p)
	if len(batches) != 1 || len(batches[0]) != 174 {
		t.Errorf("the first batch is %v, Kafka's has 174 bytes", batches)
	}
	voters := VoterSet{p.cfg.voter()}
	for i, want := range []int{180, 231} {
		next, ok := voters.with(w.procs[engine.NodeID(3001+i)].cfg.voter())
		if !ok {
			t.Fatal("not added")
		}
		voters = next
		record := voters.record()
		b := controlBatch(0, 1)
		appendControl(b, 0, controlVoters, &record)
		if built := buildBatch(b); len(built) != want {
			t.Errorf("a change to %d voters takes %d bytes, Kafka's %d", len(voters), len(built), want)
		}
	}
	checkControlBatch(t, batches[0])
}

func checkControlBatch(t *testing.T, b batch.Batch) {
	t.Helper()
	if !b.IsControl() || b.RecordsCount() != 3 {
		t.Errorf("%v is not a control batch of three records", b)
	}
}
