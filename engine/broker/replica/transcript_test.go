package replica

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
	"bitacora/engine/metadata/records"

	"github.com/cockroachdb/datadriven"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestTranscripts plays whole exchanges between three brokers; what the traces
// say and what clients are answered stands in testdata.
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var s *script
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if s == nil {
				s = &script{c: newTestCluster(t, 3, nil), asked: map[engine.ConnID]string{}}
				s.c.take()
			}
			s.c.t = t
			return s.run(d)
		})
	})
}

type script struct {
	c     *testCluster
	asked map[engine.ConnID]string // requests without an answer so far
}

func (s *script) run(d *datadriven.TestData) string {
	c := s.c
	nodes := func(key string) []engine.NodeID {
		var ids []engine.NodeID
		for _, arg := range d.CmdArgs {
			if arg.Key == key {
				for _, v := range arg.Vals {
					n, _ := strconv.Atoi(v)
					ids = append(ids, engine.NodeID(n))
				}
			}
		}
		return ids
	}
	node := func(i int) engine.NodeID {
		n, _ := strconv.Atoi(strings.TrimPrefix(d.CmdArgs[i].Key, "b"))
		return engine.NodeID(n)
	}
	switch d.Cmd {
	case "create":
		c.createTopic(d.CmdArgs[0].Key, nodes("replicas")...)
	case "config":
		c.setConfig(d.CmdArgs[0].Key, d.CmdArgs[1].Key, d.CmdArgs[1].Vals[0])
	case "delete":
		id := engine.TopicID{}
		copy(id[:], d.CmdArgs[0].Key)
		c.apply(&records.RemoveTopicRecord{TopicID: id})
	case "leader":
		c.change(d.CmdArgs[0].Key, node(1), nodes("isr")...)
	case "isr":
		c.change(d.CmdArgs[0].Key, -2, nodes("isr")...)
	case "fence":
		c.apply(&records.BrokerRegistrationChangeRecord{BrokerID: node(0), BrokerEpoch: c.epochs[node(0)], Fenced: 1})
	case "kill":
		c.kill(node(0))
	case "stop":
		c.hosts[node(0)].step(engine.Command{Body: stopNow{}})
		c.kill(node(0))
	case "start":
		c.register(node(0))
		c.start(node(0))
	case "cut":
		pair := [2]engine.NodeID{node(0), node(1)}
		c.cut[pair] = true
		c.dropConnections(func(a, b testEnd) bool {
			return a.host != nil && b.host != nil && (a.host.id == pair[0] && b.host.id == pair[1] || a.host.id == pair[1] && b.host.id == pair[0])
		})
	case "heal":
		delete(c.cut, [2]engine.NodeID{node(0), node(1)})
	case "hold":
		c.hosts[node(0)].held = true
	case "release":
		c.hosts[node(0)].held = false
		c.hosts[node(0)].commit()
	case "alter":
		s.alter(d)
	case "produce":
		s.produce(d, node(0))
	case "fetch":
		s.fetch(d, node(0))
	case "list-offsets":
		s.listOffsets(d, node(0))
	case "end-offset":
		s.endOffset(d, node(0))
	case "records":
		s.records(d.CmdArgs[1].Key, node(0))
	case "run":
		span, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			d.Fatalf(c.t, "%v", err)
		}
		c.run(span)
	case "state":
		c.settle()
		s.state(d.CmdArgs[0].Key)
		return c.take()
	default:
		d.Fatalf(c.t, "no command %q", d.Cmd)
	}
	c.settle()
	s.answers()
	out := c.take()
	if d.HasArg("quietly") {
		return ""
	}
	return out
}

func (s *script) answers() {
	conns := make([]engine.ConnID, 0, len(s.asked))
	for conn := range s.asked {
		conns = append(conns, conn)
	}
	slices.Sort(conns)
	for _, conn := range conns {
		resp, answered := s.c.replies[conn]
		if !answered {
			continue
		}
		s.c.line("%s: %s", s.asked[conn], describe(resp))
		delete(s.asked, conn)
	}
}

func (s *script) ask(to engine.NodeID, what string, req kmsg.Request) {
	conn := s.c.ask(to, req)
	s.asked[conn] = what
	s.answers()
	if _, open := s.asked[conn]; open {
		s.c.line("%s waits", what)
	}
}

func describe(resp kmsg.Response) string {
	switch r := resp.(type) {
	case nil:
		return "no answer"
	case *kmsg.ProduceResponse:
		p := &r.Topics[0].Partitions[0]
		out := fmt.Sprintf("%v base=%d", engine.ErrorCode(p.ErrorCode), p.BaseOffset)
		if p.CurrentLeader.LeaderID >= 0 {
			out += fmt.Sprintf(" leader=%d epoch=%d", p.CurrentLeader.LeaderID, p.CurrentLeader.LeaderEpoch)
		}
		for _, b := range r.Brokers {
			out += fmt.Sprintf(" node %d at %s:%d", b.NodeID, b.Host, b.Port)
		}
		return out
	case *kmsg.FetchResponse:
		return describeFetch(r)
	case *kmsg.ListOffsetsResponse:
		p := &r.Topics[0].Partitions[0]
		return fmt.Sprintf("%v offset=%d timestamp=%d epoch=%d", engine.ErrorCode(p.ErrorCode), p.Offset, p.Timestamp, p.LeaderEpoch)
	case *kmsg.OffsetForLeaderEpochResponse:
		p := &r.Topics[0].Partitions[0]
		return fmt.Sprintf("%v epoch=%d end=%d", engine.ErrorCode(p.ErrorCode), p.LeaderEpoch, p.EndOffset)
	}
	return fmt.Sprintf("%T", resp)
}

func describeFetch(r *kmsg.FetchResponse) string {
	out := engine.ErrorCode(r.ErrorCode).String()
	if r.SessionID != 0 {
		out += " session"
	}
	for i := range r.Topics {
		for j := range r.Topics[i].Partitions {
			p := &r.Topics[i].Partitions[j]
			out += fmt.Sprintf(" [%s-%d %v hw=%d start=%d", r.Topics[i].Topic, p.Partition, engine.ErrorCode(p.ErrorCode), p.HighWatermark, p.LogStartOffset)
			if p.DivergingEpoch.EndOffset >= 0 {
				out += fmt.Sprintf(" diverging epoch=%d end=%d", p.DivergingEpoch.Epoch, p.DivergingEpoch.EndOffset)
			}
			if p.CurrentLeader.LeaderID >= 0 {
				out += fmt.Sprintf(" leader=%d epoch=%d", p.CurrentLeader.LeaderID, p.CurrentLeader.LeaderEpoch)
			}
			out += fmt.Sprintf(" %s]", offsetsOf(p.RecordBatches))
		}
	}
	for _, b := range r.Brokers {
		out += fmt.Sprintf(" node %d at %s:%d", b.NodeID, b.Host, b.Port)
	}
	return out
}

func arg(d *datadriven.TestData, key string, otherwise int) int {
	for _, a := range d.CmdArgs {
		if a.Key == key {
			n, _ := strconv.Atoi(a.Vals[0])
			return n
		}
	}
	return otherwise
}

func (s *script) produce(d *datadriven.TestData, to engine.NodeID) {
	values, keys := []string{"a"}, []string(nil)
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "values":
			values = a.Vals
		case "keys":
			keys = a.Vals
		}
	}
	topic := d.CmdArgs[1].Key
	acks := arg(d, "acks", -1)
	at := wallStart + engine.WallTime(s.c.now/1e6) - engine.WallTime(arg(d, "age", 0))
	run := testBatch(s.c.t, at, values...)
	if keys != nil {
		run = keyedBatch(s.c.t, at, keys, values)
	}
	req := produceRequest(int16(arg(d, "v", 12)), int16(acks), int32(arg(d, "timeout", 1000)), topic, run)
	s.ask(to, fmt.Sprintf("produce b%d acks=%d %s", to, acks, strings.Join(values, ",")), req)
}

func (s *script) fetch(d *datadriven.TestData, to engine.NodeID) {
	req := kmsg.NewPtrFetchRequest()
	req.Version = int16(arg(d, "v", 12))
	req.MaxWaitMillis = int32(arg(d, "wait", 0))
	req.MinBytes = int32(arg(d, "min", 1))
	req.MaxBytes = int32(arg(d, "max", 1<<20))
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic = d.CmdArgs[1].Key
	p := kmsg.NewFetchRequestTopicPartition()
	p.FetchOffset = int64(arg(d, "offset", 0))
	p.CurrentLeaderEpoch = int32(arg(d, "epoch", -1))
	p.LastFetchedEpoch = int32(arg(d, "last", -1))
	p.PartitionMaxBytes = req.MaxBytes
	if req.Version >= 13 {
		copy(topic.TopicID[:], topic.Topic)
	}
	topic.Partitions = append(topic.Partitions, p)
	req.Topics = append(req.Topics, topic)
	s.ask(to, fmt.Sprintf("fetch b%d from %d", to, p.FetchOffset), req)
}

func (s *script) listOffsets(d *datadriven.TestData, to engine.NodeID) {
	req := kmsg.NewPtrListOffsetsRequest()
	req.Version = int16(arg(d, "v", 10))
	req.ReplicaID = -1
	topic := kmsg.NewListOffsetsRequestTopic()
	topic.Topic = d.CmdArgs[1].Key
	p := kmsg.NewListOffsetsRequestTopicPartition()
	p.CurrentLeaderEpoch = int32(arg(d, "epoch", -1))
	p.Timestamp = int64(arg(d, "time", -1))
	topic.Partitions = append(topic.Partitions, p)
	req.Topics = append(req.Topics, topic)
	s.ask(to, fmt.Sprintf("list-offsets b%d time=%d", to, p.Timestamp), req)
}

func (s *script) endOffset(d *datadriven.TestData, to engine.NodeID) {
	req := kmsg.NewPtrOffsetForLeaderEpochRequest()
	req.Version = 4
	topic := kmsg.NewOffsetForLeaderEpochRequestTopic()
	topic.Topic = d.CmdArgs[1].Key
	p := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
	p.CurrentLeaderEpoch = int32(arg(d, "current", -1))
	p.LeaderEpoch = int32(arg(d, "epoch", 0))
	topic.Partitions = append(topic.Partitions, p)
	req.Topics = append(req.Topics, topic)
	s.ask(to, fmt.Sprintf("end-offset b%d epoch=%d", to, p.LeaderEpoch), req)
}

// alter answers the AlterPartition requests that leaders have sent: with the ISR
// that they propose, or with refuse=CODE, or lost.
func (s *script) alter(d *datadriven.TestData) {
	for _, h := range s.c.sorted() {
		for len(h.alters) > 0 {
			req := h.alters[0]
			h.alters = h.alters[1:]
			var resp *kmsg.AlterPartitionResponse
			if !d.HasArg("lost") {
				resp = s.accept(req, int16(arg(d, "refuse", 0)))
			}
			if h.up {
				h.step(engine.Command{Body: alterAnswer{resp}})
			}
		}
	}
}

func (s *script) accept(req *kmsg.AlterPartitionRequest, refuse int16) *kmsg.AlterPartitionResponse {
	resp := kmsg.NewPtrAlterPartitionResponse()
	for i := range req.Topics {
		rt := kmsg.NewAlterPartitionResponseTopic()
		rt.TopidID = req.Topics[i].TopicID
		for j := range req.Topics[i].Partitions {
			asked := &req.Topics[i].Partitions[j]
			var isr []engine.NodeID
			part := kmsg.NewAlterPartitionResponseTopicPartition()
			part.Partition, part.LeaderID, part.LeaderEpoch = asked.Partition, req.BrokerID, asked.LeaderEpoch
			part.PartitionEpoch = asked.PartitionEpoch + 1
			for _, member := range asked.NewEpochISR {
				s.c.line("controller: b%d wants b%d of broker epoch %d", req.BrokerID, member.BrokerID, member.BrokerEpoch)
				isr = append(isr, engine.NodeID(member.BrokerID))
				part.ISR = append(part.ISR, member.BrokerID)
			}
			if part.ErrorCode = refuse; refuse == 0 {
				s.c.apply(&records.PartitionChangeRecord{PartitionID: asked.Partition, TopicID: rt.TopidID, ISR: isr, Leader: -2, LeaderRecoveryState: -1})
			}
			rt.Partitions = append(rt.Partitions, part)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	return resp
}

// records spells what a copy holds: segments, and in them batches with the keys
// and values that they have.
func (s *script) records(topic string, id engine.NodeID) {
	l := s.c.hosts[id].node.m.partitions[engine.TopicPartition{Topic: topic}].log
	for _, segment := range l.Segments() {
		s.c.line("segment %d, %d bytes", segment.Base, segment.Bytes)
		if segment.Bytes == 0 || segment.Next <= l.LogStartOffset() {
			continue
		}
		run, err := l.Read(max(segment.Base, l.LogStartOffset()), log.LogEnd, int(segment.Bytes), true)
		if err != nil {
			s.c.t.Fatal(err)
		}
		for it := batch.Iterate(run); it.Next() && it.Batch().BaseOffset() < segment.Next; {
			b := it.Batch()
			out := fmt.Sprintf("  %d..%d:", b.BaseOffset(), b.LastOffset())
			records := b.Iterate(nil)
			for records.Next() {
				r := records.Record()
				value := string(r.Value)
				if r.Value == nil {
					value = "null"
				}
				out += fmt.Sprintf(" %d %s=%s", r.Offset, r.Key, value)
			}
			if horizon, ok := b.DeleteHorizon(); ok {
				out += fmt.Sprintf(" (until %v)", time.Duration(horizon-wallStart)*time.Millisecond)
			}
			s.c.line("%s", out)
		}
	}
}

func (s *script) state(topic string) {
	for _, h := range s.c.sorted() {
		if !h.up {
			s.c.line("b%d is down", h.id)
			continue
		}
		st, ok := h.node.m.State(engine.TopicPartition{Topic: topic})
		if !ok {
			s.c.line("b%d has no copy", h.id)
			continue
		}
		out := fmt.Sprintf("b%d leader=b%d epoch=%d log=[%d,%d) hw=%d", h.id, st.Leader, st.LeaderEpoch, st.LogStart, st.LogEnd, st.HighWatermark)
		out += " epochs="
		for i, e := range st.Epochs {
			if i > 0 {
				out += ","
			}
			out += fmt.Sprintf("%d@%d", e.Epoch, e.StartOffset)
		}
		if st.IsLeader(h.id) {
			out += fmt.Sprintf(" isr=%v", st.ISR)
			for _, f := range st.Followers {
				out += fmt.Sprintf(" b%d:%d", f.ID, f.LogEnd)
			}
		}
		s.c.line("%s", out)
	}
}
