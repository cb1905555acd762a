package group

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"bitacora/engine"

	"github.com/cockroachdb/datadriven"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// arguments reads a transcript's command.
type arguments struct {
	t *testing.T
	d *datadriven.TestData
}

func (a arguments) words(key string) ([]string, bool) {
	for _, arg := range a.d.CmdArgs {
		if arg.Key == key {
			return arg.Vals, true
		}
	}
	return nil, false
}

func (a arguments) word(key string) (string, bool) {
	vals, ok := a.words(key)
	return strings.Join(vals, ","), ok
}

func (a arguments) wordOr(key, otherwise string) string {
	if v, ok := a.word(key); ok {
		return v
	}
	return otherwise
}

func (a arguments) number(key string, otherwise int64) int64 {
	v, ok := a.word(key)
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		a.d.Fatalf(a.t, "%s: %v", key, err)
	}
	return n
}

func (a arguments) span(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		a.d.Fatalf(a.t, "%v", err)
	}
	return d
}

func (a arguments) millis(key, otherwise string) int32 {
	return int32(a.span(a.wordOr(key, otherwise)).Milliseconds())
}

// who is the first argument: the member that asks.
func (a arguments) who() string {
	if len(a.d.CmdArgs) > 0 && len(a.d.CmdArgs[0].Vals) == 0 {
		return a.d.CmdArgs[0].Key
	}
	return "client"
}

func (a arguments) instance() *string {
	if v, ok := a.word("instance"); ok {
		return &v
	}
	return nil
}

// request builds what a command asks. A member's id is what it was last given,
// unless id= says another.
func (h *harness) request(a arguments) kmsg.Request {
	id := a.wordOr("id", h.ids[a.who()])
	group, generation := a.wordOr("g", "g"), int32(a.number("generation", 1))
	var r kmsg.Request
	switch a.d.Cmd {
	case "join":
		r = h.join(a, id, group)
	case "sync":
		r = h.sync(a, id, group, generation)
	case "heartbeat":
		m := kmsg.NewPtrHeartbeatRequest()
		m.Group, m.MemberID, m.InstanceID, m.Generation = group, id, a.instance(), generation
		r = m
	case "leave":
		r = h.leave(a, id, group)
	case "commit":
		r = commitRequest(a, id, group, generation)
	case "fetch":
		r = fetchRequest(a, group)
	case "describe":
		m := kmsg.NewPtrDescribeGroupsRequest()
		m.Groups, m.IncludeAuthorizedOperations = []string{group}, a.d.HasArg("operations")
		r = m
	case "list":
		m := kmsg.NewPtrListGroupsRequest()
		m.StatesFilter, _ = a.words("states")
		m.TypesFilter, _ = a.words("types")
		r = m
	default:
		a.d.Fatalf(a.t, "unknown command %s", a.d.Cmd)
	}
	r.SetVersion(int16(a.number("v", int64(r.MaxVersion()))))
	return r
}

func (h *harness) join(a arguments, id, group string) kmsg.Request {
	m := kmsg.NewPtrJoinGroupRequest()
	m.Group, m.MemberID, m.InstanceID = group, id, a.instance()
	m.SessionTimeoutMillis, m.RebalanceTimeoutMillis = a.millis("session", "10s"), a.millis("rebalance", "60s")
	m.ProtocolType = a.wordOr("type", "consumer")
	names, ok := a.words("protocols")
	switch {
	case !ok:
		names = []string{"range"}
	case names[0] == "none":
		names = nil
	}
	for _, name := range names {
		p := kmsg.NewJoinGroupRequestProtocol()
		p.Name, p.Metadata = name, []byte(a.wordOr("metadata", name+" of "+a.who()))
		m.Protocols = append(m.Protocols, p)
	}
	return m
}

func (h *harness) sync(a arguments, id, group string, generation int32) kmsg.Request {
	m := kmsg.NewPtrSyncGroupRequest()
	m.Group, m.MemberID, m.InstanceID, m.Generation = group, id, a.instance(), generation
	if v, ok := a.word("type"); ok {
		m.ProtocolType = &v
	}
	if v, ok := a.word("protocol"); ok {
		m.Protocol = &v
	}
	assign, _ := a.words("assign")
	for _, pair := range assign {
		name, what, _ := strings.Cut(pair, ":")
		g := kmsg.NewSyncGroupRequestGroupAssignment()
		g.MemberID, g.MemberAssignment = h.ids[name], []byte(what)
		m.GroupAssignment = append(m.GroupAssignment, g)
	}
	return m
}

func (h *harness) leave(a arguments, id, group string) kmsg.Request {
	m := kmsg.NewPtrLeaveGroupRequest()
	m.Group, m.MemberID = group, id
	one := kmsg.NewLeaveGroupRequestMember()
	one.MemberID, one.InstanceID = id, a.instance()
	m.Members = append(m.Members, one)
	others, _ := a.words("with")
	for _, name := range others {
		other := kmsg.NewLeaveGroupRequestMember()
		other.MemberID = h.ids[name]
		m.Members = append(m.Members, other)
	}
	return m
}

// partitionOf reads "orders-0:5" or "orders-0".
func partitionOf(a arguments, s string) (tp engine.TopicPartition, id [16]byte, offset int64) {
	s, after, _ := strings.Cut(s, ":")
	offset, _ = strconv.ParseInt(after, 10, 64)
	i := strings.LastIndexByte(s, '-')
	n, err := strconv.ParseInt(s[i+1:], 10, 32)
	if err != nil {
		a.d.Fatalf(a.t, "%v", err)
	}
	tp = engine.TopicPartition{Topic: s[:i], Partition: int32(n)}
	id = map[string][16]byte{"orders": {1}, "payments": {2}}[tp.Topic]
	if n := a.number("topic-id", -1); n >= 0 {
		id = [16]byte{byte(n)}
	} else if id == [16]byte{} {
		id = [16]byte{77}
	}
	return tp, id, offset
}

func commitRequest(a arguments, id, group string, generation int32) kmsg.Request {
	m := kmsg.NewPtrOffsetCommitRequest()
	m.Group, m.MemberID, m.InstanceID, m.Generation = group, id, a.instance(), generation
	all, _ := a.words("offsets")
	for _, s := range all {
		tp, id, offset := partitionOf(a, s)
		t := kmsg.NewOffsetCommitRequestTopic()
		t.Topic, t.TopicID = tp.Topic, id
		p := kmsg.NewOffsetCommitRequestTopicPartition()
		p.Partition, p.Offset, p.LeaderEpoch = tp.Partition, offset, int32(a.number("epoch", -1))
		if v, ok := a.word("metadata"); ok {
			p.Metadata = &v
		}
		if n := a.number("metadata-bytes", 0); n > 0 {
			long := strings.Repeat("m", int(n))
			p.Metadata = &long
		}
		t.Partitions = append(t.Partitions, p)
		m.Topics = append(m.Topics, t)
	}
	return m
}

func fetchRequest(a arguments, group string) kmsg.Request {
	m := kmsg.NewPtrOffsetFetchRequest()
	m.Group = group
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group = group
	all, some := a.words("partitions")
	for _, s := range all {
		tp, id, _ := partitionOf(a, s)
		m.Topics = append(m.Topics, kmsg.OffsetFetchRequestTopic{Topic: tp.Topic, Partitions: []int32{tp.Partition}})
		g.Topics = append(g.Topics, kmsg.OffsetFetchRequestGroupTopic{Topic: tp.Topic, TopicID: id, Partitions: []int32{tp.Partition}})
	}
	if !some {
		m.Topics, g.Topics = nil, nil
	}
	m.Groups = append(m.Groups, g)
	others, _ := a.words("also")
	for _, name := range others {
		g.Group = name
		m.Groups = append(m.Groups, g)
	}
	return m
}
