package quorum

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"bitacora/engine"

	"github.com/cockroachdb/datadriven"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestTranscripts plays the stories of testdata. Each begins with a world of its
// own; what a command shows is what happened while it ran.
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var s *story
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "cluster" {
				s = newStory(t, d)
				return ""
			}
			out := s.play(t, d)
			if broken := s.broken(); broken != "" {
				t.Fatalf("%s: %s", d.Pos, broken)
			}
			return out
		})
	})
}

type story struct{ *world }

func newStory(t *testing.T, d *datadriven.TestData) *story {
	seed := 1
	d.MaybeScanArgs(t, "seed", &seed)
	w := newWorld(t, uint64(seed))
	var controllers, brokers []string
	d.MaybeScanArgs(t, "controllers", &controllers)
	d.MaybeScanArgs(t, "brokers", &brokers)
	var ids []engine.NodeID
	for _, c := range controllers {
		ids = append(ids, node(t, c))
	}
	for i, id := range ids {
		p := w.add(id, i == 0, 0, ids...)
		p.cfg.AutoJoin = !d.HasArg("no-auto-join")
	}
	for _, b := range brokers {
		w.add(node(t, b), false, 0, ids...)
	}
	return &story{w}
}

func node(t *testing.T, text string) engine.NodeID {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return engine.NodeID(n)
}

// play runs one command. Arguments without a value are nodes or words.
func (s *story) play(t *testing.T, d *datadriven.TestData) string {
	s.trace = s.trace[:0]
	s.quiet = d.HasArg("quiet")
	var nodes []engine.NodeID
	for _, a := range d.CmdArgs {
		if _, err := strconv.Atoi(a.Key); err == nil && len(a.Vals) == 0 {
			nodes = append(nodes, node(t, a.Key))
		}
	}
	switch d.Cmd {
	case "run":
		span, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			t.Fatal(err)
		}
		s.run(span)
	case "append":
		for _, line := range strings.Fields(d.Input) {
			if !s.append(line) {
				return "nobody leads\n"
			}
		}
	case "state":
		return s.showState()
	case "log":
		return s.showLog(nodes[0])
	case "values":
		return fmt.Sprintln(s.procs[nodes[0]].node.values)
	case "heal":
		clear(s.cut)
	case "cut":
		for _, other := range nodes[1:] {
			s.setCut(nodes[0], other, true)
		}
	default:
		for _, id := range nodes {
			s.act(t, d, id)
		}
	}
	if len(s.trace) == 0 || s.quiet {
		return "ok\n"
	}
	return strings.Join(s.trace, "\n") + "\n"
}

// act does a command to one node.
func (s *story) act(t *testing.T, d *datadriven.TestData, id engine.NodeID) {
	p := s.procs[id]
	switch d.Cmd {
	case "start":
		s.start(id)
	case "kill":
		s.kill(id, d.HasArg("power"))
	case "pause":
		s.pause(id)
	case "resume":
		s.resume(id)
	case "shutdown":
		s.step(p, engine.Shutdown{})
	case "resign":
		s.command(id, func(env *engine.Env, r *Replica) { r.Resign(env, p.node.leading) })
	case "disk":
		var span string
		d.ScanArgs(t, "commit", &span)
		p.disk, _ = time.ParseDuration(span)
	case "snapshot":
		s.snapshot(id)
	case "clean":
		s.clean(id)
	case "settings":
		d.MaybeScanArgs(t, "segment-bytes", &p.cfg.SegmentBytes)
		d.MaybeScanArgs(t, "retention-bytes", &p.cfg.RetentionBytes)
		d.MaybeScanArgs(t, "fetch-snapshot-max-bytes", &p.cfg.FetchSnapshotMaxBytes)
	case "new-disk":
		p.cfg.DirectoryID = directory(id, 2)
		p.store = newStore()
		s.format(p, false)
	case "move":
		p.cfg.Listeners = []Endpoint{{"CONTROLLER", "elsewhere", uint16(id)}}
	case "add", "remove", "describe":
		s.ask(d, id)
	default:
		t.Fatalf("%s: no command %q", d.Pos, d.Cmd)
	}
}

// ask sends a request about the quorum to one node, as a broker's Envelope would.
func (s *story) ask(d *datadriven.TestData, id engine.NodeID) {
	var req kmsg.Request
	voter, disk := 0, 1
	d.MaybeScanArgs(s.t.(*testing.T), "voter", &voter)
	d.MaybeScanArgs(s.t.(*testing.T), "disk", &disk)
	key := engine.NodeID(voter)
	switch d.Cmd {
	case "add":
		r := kmsg.NewPtrAddRaftVoterRequest()
		r.Version, r.VoterID, r.VoterDirectoryID = 1, int32(voter), directory(key, byte(disk))
		r.Listeners = []kmsg.AddRaftVoterRequestListener{{Name: "CONTROLLER", Host: "host", Port: uint16(voter)}}
		req = r
	case "remove":
		r := kmsg.NewPtrRemoveRaftVoterRequest()
		r.VoterID, r.VoterDirectoryID = int32(voter), directory(key, byte(disk))
		req = r
	case "describe":
		r := kmsg.NewPtrDescribeQuorumRequest()
		r.Version = 2
		p := kmsg.NewDescribeQuorumRequestTopicPartition()
		r.Topics = []kmsg.DescribeQuorumRequestTopic{{Topic: TopicName, Partitions: []kmsg.DescribeQuorumRequestTopicPartition{p}}}
		req = r
	}
	s.command(id, func(env *engine.Env, r *Replica) { r.Forward(env, 1, req) })
	s.world.run(0)
}

func (s *story) showState() string {
	var b strings.Builder
	for _, id := range s.ids() {
		p := s.procs[id]
		if !p.up {
			fmt.Fprintf(&b, "%d down\n", id)
			continue
		}
		st := p.node.replica.State()
		fmt.Fprintf(&b, "%d %v epoch=%d leader=%d voters=%v leo=%d durable=%d hw=%d\n",
			id, st.Role, st.Epoch, st.Leader, st.Voters, st.LogEnd, st.Durable, st.HighWatermark)
		for _, f := range st.Followers {
			fmt.Fprintf(&b, "     %d voter=%v leo=%d\n", f.Node, f.Voter, f.LogEnd)
		}
	}
	return b.String()
}

func (s *story) showLog(id engine.NodeID) string {
	var b strings.Builder
	for _, snapshot := range s.procs[id].node.replica.State().Snapshots {
		fmt.Fprintf(&b, "%v\n", snapshot)
	}
	for _, batch := range s.logOf(s.procs[id]) {
		kind := "records"
		if batch.IsControl() {
			kind = "control"
		}
		fmt.Fprintf(&b, "%d..%d epoch=%d %s\n", batch.BaseOffset(), batch.NextOffset(), batch.PartitionLeaderEpoch(), kind)
	}
	return b.String()
}

// TestEqualSeedsGiveEqualRuns: the same inputs give the same effects.
func TestEqualSeedsGiveEqualRuns(t *testing.T) {
	for seed := range uint64(5) {
		var sums [2][sha256.Size]byte
		for i := range sums {
			c := newChaos(t, seed, 0, everyMove)
			c.quiet = false
			if broken := c.play(30); broken != "" {
				t.Fatal(broken)
			}
			sums[i] = sha256.Sum256([]byte(strings.Join(c.trace, "\n")))
		}
		if sums[0] != sums[1] {
			t.Errorf("seed %d gave two histories", seed)
		}
	}
}
