package replica

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The harness runs a few Managers, each in a process of its own, on one virtual
// clock: a network without latency, disks that commit at once unless they are
// held, and a controller that is the test itself.

const wallStart engine.WallTime = 1_700_000_000_000

type testNode struct {
	m    *Manager
	host *testHost
}

type testHost struct {
	c       *testCluster
	id      engine.NodeID
	store   log.Store
	process *engine.Process
	node    *testNode
	image   *metadata.Image
	timers  map[engine.Timer]engine.Time
	up      bool
	held    bool // commits wait
	blocked []engine.Effect
	lives   int
	alters  []*kmsg.AlterPartitionRequest
	events  []Event
}

type testEnd struct {
	host *testHost // nil: a client of the test
	conn engine.ConnID
}

type testInput struct {
	to *testHost
	in engine.Input
}

type testCluster struct {
	t        *testing.T
	cfg      func(*Config)
	now      engine.Time
	hosts    map[engine.NodeID]*testHost
	peers    map[testEnd]testEnd
	queue    []testInput
	nextConn engine.ConnID
	replies  map[engine.ConnID]kmsg.Response
	cut      map[[2]engine.NodeID]bool
	lines    []string
	quiet    map[engine.EventKind]bool
	records  []records.Record
	epochs   map[engine.NodeID]engine.BrokerEpoch
}

type metadataInput struct {
	delta *metadata.Delta
}

func newTestCluster(t *testing.T, brokers int, cfg func(*Config)) *testCluster {
	c := &testCluster{
		t: t, cfg: cfg, now: 1, hosts: map[engine.NodeID]*testHost{}, peers: map[testEnd]testEnd{},
		replies: map[engine.ConnID]kmsg.Response{}, cut: map[[2]engine.NodeID]bool{},
		quiet:  map[engine.EventKind]bool{engine.EventProduced: true, engine.EventFetched: true, engine.EventAppended: false},
		epochs: map[engine.NodeID]engine.BrokerEpoch{}, nextConn: 1000,
	}
	for id := engine.NodeID(1); id <= engine.NodeID(brokers); id++ {
		c.hosts[id] = &testHost{c: c, id: id, store: log.NewMemory(1 << 30)}
		c.register(id)
	}
	for id := engine.NodeID(1); id <= engine.NodeID(brokers); id++ {
		c.start(id)
	}
	c.settle()
	return c
}

// register gives a broker a new incarnation in metadata.
func (c *testCluster) register(id engine.NodeID) {
	c.epochs[id] += 10
	c.apply(&records.RegisterBrokerRecord{
		BrokerID: id, BrokerEpoch: c.epochs[id],
		EndPoints: []records.RegisterBrokerEndpoint{{Name: "PLAINTEXT", Host: fmt.Sprintf("b%d", id), Port: 9092}},
	})
}

// apply appends records to the metadata log; running brokers see them.
func (c *testCluster) apply(all ...records.Record) {
	c.records = append(c.records, all...)
	for _, h := range c.sorted() {
		if h.up {
			h.catchUp(all)
		}
	}
}

func (h *testHost) catchUp(all []records.Record) {
	delta := metadata.NewDelta()
	for _, r := range all {
		if err := h.image.Apply(r, delta); err != nil {
			h.c.t.Fatal(err)
		}
	}
	h.image.Advance(h.image.Offset()+engine.Offset(len(all)), 1)
	h.step(engine.Command{Body: metadataInput{delta}})
}

func (c *testCluster) sorted() []*testHost {
	all := make([]*testHost, 0, len(c.hosts))
	for _, h := range c.hosts {
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b *testHost) int { return cmp.Compare(a.id, b.id) })
	return all
}

func (c *testCluster) start(id engine.NodeID) {
	h := c.hosts[id]
	cfg := Default(id)
	if c.cfg != nil {
		c.cfg(&cfg)
	}
	h.node = &testNode{m: New(cfg, h.store), host: h}
	h.node.m.SetBrokerEpoch(c.epochs[id])
	h.process = engine.NewProcess(id, h.node, 7, h.lives)
	h.lives++
	h.image = metadata.NewImage()
	h.timers = map[engine.Timer]engine.Time{}
	h.up = true
	h.step(engine.Started{})
	h.catchUp(c.records)
}

// kill ends a process without a commit of what it did last.
func (c *testCluster) kill(id engine.NodeID) {
	h := c.hosts[id]
	h.up, h.blocked, h.held, h.alters = false, nil, false, nil
	c.dropConnections(func(a, b testEnd) bool { return a.host == h || b.host == h })
	if err := h.store.Crash(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *testCluster) dropConnections(which func(a, b testEnd) bool) {
	var ends []testEnd
	for a, b := range c.peers {
		if which(a, b) {
			ends = append(ends, a)
		}
	}
	slices.SortFunc(ends, func(a, b testEnd) int { return cmp.Compare(a.conn, b.conn) })
	for _, e := range ends {
		delete(c.peers, e)
		if e.host != nil && e.host.up {
			c.queue = append(c.queue, testInput{e.host, engine.Disconnected{Conn: e.conn, Owner: ownerOf(e.conn), Reason: engine.ClosedByPeer}})
		}
	}
}

func ownerOf(conn engine.ConnID) engine.Owner {
	if conn&1 == 1 {
		return engine.OwnerFetcher
	}
	return engine.OwnerNode
}

// Handle is what a broker does, as far as replicas need it.
func (n *testNode) Handle(env *engine.Env, in engine.Input) {
	switch in := in.(type) {
	case engine.Started:
		n.m.Start(env)
	case engine.Command:
		switch body := in.Body.(type) {
		case metadataInput:
			n.m.OnMetadata(env, body.delta, n.host.image)
		case inStep:
			body.do(env, n.m)
		case stopNow:
			n.m.Close(env)
		case alterAnswer:
			n.m.OnAlterPartitionResponse(env, body.resp)
		}
	case engine.Request:
		switch body := in.Body.(type) {
		case *kmsg.ApiVersionsRequest:
			resp := kmsg.NewPtrApiVersionsResponse()
			resp.Version = body.Version
			for key, most := range map[int16]int16{0: 13, 1: 18, 2: 11, 18: 4, 23: 4} {
				k := kmsg.NewApiVersionsResponseApiKey()
				k.ApiKey, k.MaxVersion = key, most
				resp.ApiKeys = append(resp.ApiKeys, k)
			}
			env.Reply(in, resp, engine.Durable{})
		case *kmsg.ProduceRequest:
			n.m.HandleProduce(env, in)
		case *kmsg.FetchRequest:
			n.m.HandleFetch(env, in)
		case *kmsg.ListOffsetsRequest:
			n.m.HandleListOffsets(env, in)
		case *kmsg.OffsetForLeaderEpochRequest:
			n.m.HandleOffsetForLeaderEpoch(env, in)
		case *kmsg.DeleteRecordsRequest:
			n.m.HandleDeleteRecords(env, in)
		case *kmsg.DescribeProducersRequest:
			n.m.HandleDescribeProducers(env, in)
		}
	default:
		n.m.OnInput(env, in)
	}
	if req := n.m.DrainAlterPartition(); req != nil {
		n.host.alters = append(n.host.alters, req)
	}
	n.host.events = append(n.host.events, n.m.DrainEvents()...)
}

func (h *testHost) step(in engine.Input) {
	effects, violated := h.process.Step(h.c.now, wallStart+engine.WallTime(h.c.now/1e6), in)
	if violated != nil {
		h.c.t.Fatalf("b%d at %v: %v", h.id, time.Duration(h.c.now), violated)
	}
	for _, e := range effects {
		h.carryOut(e)
	}
	if !h.held {
		h.commit()
	}
}

func (h *testHost) commit() {
	for {
		commit, some := h.store.Seal()
		if !some {
			break
		}
		if err := commit.Run(); err != nil {
			h.c.t.Fatal(err)
		}
		h.store.Committed(commit.Seq())
		h.c.queue = append(h.c.queue, testInput{h, engine.Committed{Disk: engine.DiskData, Seq: uint64(commit.Seq())}})
	}
	waiting := h.blocked
	h.blocked = nil
	for _, e := range waiting {
		h.carryOut(e)
	}
}

func (h *testHost) carryOut(e engine.Effect) {
	c := h.c
	blockedBefore := slices.ContainsFunc(h.blocked, func(b engine.Effect) bool { return b.Conn == e.Conn && e.Conn != 0 })
	if (e.Kind == engine.EffectSend || e.Kind == engine.EffectReply) &&
		(blockedBefore || e.Durable.Seq > uint64(h.store.DurableSeq())) {
		h.blocked = append(h.blocked, e)
		return
	}
	switch e.Kind {
	case engine.EffectDial:
		c.dial(h, e)
	case engine.EffectSend:
		if peer, ok := c.peers[testEnd{h, e.Conn}]; ok {
			c.queue = append(c.queue, testInput{peer.host, engine.Request{Conn: peer.conn, Correlation: e.Correlation, ClientID: e.ClientID, Body: e.Request}})
		}
	case engine.EffectReply:
		if peer, ok := c.peers[testEnd{h, e.Conn}]; ok {
			c.queue = append(c.queue, testInput{peer.host, engine.Response{Conn: peer.conn, Owner: engine.OwnerFetcher, Correlation: e.Correlation, Body: e.Response}})
		} else {
			c.replies[e.Conn] = e.Response
		}
	case engine.EffectNoReply:
		c.replies[e.Conn] = nil
	case engine.EffectClose:
		c.replies[e.Conn] = nil
		if _, ok := c.peers[testEnd{h, e.Conn}]; !ok {
			c.line("b%d closes the connection", h.id)
		}
		c.dropConnections(func(a, b testEnd) bool { return a == testEnd{h, e.Conn} || b == testEnd{h, e.Conn} })
	case engine.EffectSetTimer:
		h.timers[e.Timer] = e.At
	case engine.EffectCancelTimer:
		delete(h.timers, e.Timer)
	case engine.EffectTrace:
		c.trace(*e.Event)
	case engine.EffectHalt:
		c.line("b%d halts, reason %d", h.id, e.Halt)
	}
}

func (c *testCluster) dial(h *testHost, e engine.Effect) {
	var id engine.NodeID
	fmt.Sscanf(e.Addr.Host, "b%d", &id)
	to := c.hosts[id]
	if to == nil || !to.up || c.cut[[2]engine.NodeID{h.id, id}] || c.cut[[2]engine.NodeID{id, h.id}] {
		c.queue = append(c.queue, testInput{h, engine.Disconnected{Conn: e.Conn, Owner: e.Owner, Reason: engine.Refused}})
		return
	}
	c.nextConn += 2
	a, b := testEnd{h, e.Conn}, testEnd{to, c.nextConn}
	c.peers[a], c.peers[b] = b, a
	c.queue = append(c.queue, testInput{h, engine.Connected{Conn: e.Conn, Owner: e.Owner}})
}

// settle runs until nothing happens without time going on.
func (c *testCluster) settle() {
	for steps := 0; len(c.queue) > 0; steps++ {
		if steps > 100_000 {
			c.t.Fatal("the cluster does not come to rest")
		}
		next := c.queue[0]
		c.queue = c.queue[1:]
		if next.to != nil && next.to.up {
			next.to.step(next.in)
		}
	}
}

// run lets time pass.
func (c *testCluster) run(d time.Duration) {
	c.settle()
	end := c.now.Add(d)
	for {
		var host *testHost
		var timer engine.Timer
		at := end + 1
		for _, h := range c.sorted() {
			if !h.up {
				continue
			}
			for t, when := range h.timers {
				if when < at || when == at && host == h && compareTimer(t, timer) < 0 {
					host, timer, at = h, t, when
				}
			}
		}
		if host == nil || at > end {
			c.now = end
			return
		}
		c.now = max(c.now, at)
		delete(host.timers, timer)
		host.step(engine.TimerFired{Timer: timer})
		c.settle()
	}
}

func compareTimer(a, b engine.Timer) int {
	return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Sub, b.Sub))
}

// ask sends a client's request and gives its connection; the answer, once there
// is one, stands in replies.
func (c *testCluster) ask(to engine.NodeID, body kmsg.Request) engine.ConnID {
	c.nextConn += 2
	c.hosts[to].step(engine.Request{Conn: c.nextConn, ClientID: "test", Body: body})
	c.settle()
	return c.nextConn
}

func (c *testCluster) line(format string, args ...any) {
	c.lines = append(c.lines, fmt.Sprintf(format, args...))
}

func (c *testCluster) take() string {
	out := strings.Join(c.lines, "\n")
	c.lines = nil
	if out != "" {
		out += "\n"
	}
	return out
}

func (c *testCluster) trace(e engine.Event) {
	if c.quiet[e.Kind] {
		return
	}
	at := fmt.Sprintf("b%d %s-%d", e.Node, e.Topic, e.Partition)
	switch e.Kind {
	case engine.EventAppended:
		from := "produced"
		if e.Peer != engine.NoNode {
			from = fmt.Sprintf("from b%d", e.Peer)
		}
		c.line("%s appended %d..%d epoch=%d %s", at, e.Offset, e.Until, e.Epoch, from)
	case engine.EventHighWatermark:
		c.line("%s high watermark %d->%d", at, e.Until, e.Offset)
	case engine.EventTruncated:
		c.line("%s truncated %d->%d", at, e.Until, e.Offset)
	case engine.EventLogStartMoved:
		c.line("%s log start %d->%d", at, e.Until, e.Offset)
	case engine.EventBecameLeader:
		c.line("%s leads epoch=%d from %d", at, e.Epoch, e.Offset)
	case engine.EventBecameFollower:
		c.line("%s follows b%d epoch=%d", at, e.Peer, e.Epoch)
	case engine.EventReplicaOffline:
		c.line("%s is gone", at)
	case engine.EventISRProposed:
		c.line("%s proposes isr=%v", at, e.Nodes)
	case engine.EventISRChanged:
		c.line("%s isr=%v partitionEpoch=%d", at, e.Nodes, e.Count)
	case engine.EventFetchDiverged:
		c.line("%s diverges from b%d: epoch=%d ends at %d", at, e.Peer, e.Epoch, e.Offset)
	case engine.EventRecovered:
		c.line("%s recovered %d..%d cut=%d", at, e.Offset, e.Until, e.Count)
	case engine.EventSegmentRolled:
		c.line("%s rolled at %d", at, e.Offset)
	case engine.EventSegmentDeleted:
		c.line("%s deleted segment %d", at, e.Offset)
	case engine.EventCleaningBegan:
		c.line("%s cleans %d..%d, %d bytes dirty", at, e.Offset, e.Until, e.Count)
	case engine.EventSegmentsCleaned:
		c.line("%s %d segments in %d..%d became one of %d bytes", at, e.Code, e.Offset, e.Until, e.Count)
	case engine.EventLogCleaned:
		c.line("%s cleaned %d..%d, %s, %d bytes less", at, e.Offset, e.Until, []string{"done", "aborted", "failed"}[e.Code], e.Count)
	case engine.EventRefused:
		c.line("%s %s refused %v", at, e.Name, engine.ErrorCode(e.Code))
	case engine.EventProduced:
		c.line("%s produced %d acks=%d", at, e.Offset, e.Count)
	default:
		c.line("%s event %d", at, e.Kind)
	}
}

// createTopic makes a topic of one partition.
func (c *testCluster) createTopic(name string, replicas ...engine.NodeID) engine.TopicID {
	id := engine.TopicID{}
	copy(id[:], name)
	c.apply(
		&records.TopicRecord{Name: name, TopicID: id},
		&records.PartitionRecord{
			PartitionID: 0, TopicID: id, Replicas: replicas, ISR: replicas,
			Directories: make([][16]byte, len(replicas)), Leader: replicas[0],
		})
	c.settle()
	return id
}

func (c *testCluster) setConfig(topic, key, value string) {
	c.apply(&records.ConfigRecord{ResourceType: int8(metadata.ResourceTopic), ResourceName: topic, Name: key, Value: &value})
	c.settle()
}

// change is a change of the partition by the controller; leader -2 leaves it.
func (c *testCluster) change(topic string, leader engine.NodeID, isr ...engine.NodeID) {
	id := engine.TopicID{}
	copy(id[:], topic)
	r := &records.PartitionChangeRecord{PartitionID: 0, TopicID: id, Leader: leader, LeaderRecoveryState: -1}
	if len(isr) > 0 {
		r.ISR = isr
	}
	c.apply(r)
	c.settle()
}

// keyedBatch is a batch of one record for each key; the value "null" is none.
func keyedBatch(t *testing.T, at engine.WallTime, keys, values []string) batch.Batch {
	t.Helper()
	b := batch.NewBuilder(batch.Options{})
	for i, key := range keys {
		value := []byte(values[i%len(values)])
		if values[i%len(values)] == "null" {
			value = nil
		}
		b.Append(at, []byte(key), value)
	}
	out, err := b.Build(&batch.Codecs{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// testBatch is a batch of one record for each value.
func testBatch(t *testing.T, at engine.WallTime, values ...string) batch.Batch {
	t.Helper()
	b := batch.NewBuilder(batch.Options{})
	for _, v := range values {
		b.Append(at, nil, []byte(v))
	}
	out, err := b.Build(&batch.Codecs{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func produceRequest(version, acks int16, timeoutMillis int32, topic string, run []byte) *kmsg.ProduceRequest {
	req := kmsg.NewPtrProduceRequest()
	req.Version, req.Acks, req.TimeoutMillis = version, acks, timeoutMillis
	t := kmsg.NewProduceRequestTopic()
	t.Topic = topic
	if version >= 13 {
		t.Topic = ""
		copy(t.TopicID[:], topic)
	}
	p := kmsg.NewProduceRequestTopicPartition()
	p.Records = run
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return req
}

type stopNow struct{}

type inStep struct {
	do func(env *engine.Env, m *Manager)
}

type alterAnswer struct{ resp *kmsg.AlterPartitionResponse }

// offsetsOf spells the batches of a run.
func offsetsOf(run []byte) string {
	out := []string{}
	for it := batch.Iterate(run); it.Next(); {
		out = append(out, fmt.Sprintf("%d..%d@%d", it.Batch().BaseOffset(), it.Batch().LastOffset(), it.Batch().PartitionLeaderEpoch()))
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, " ")
}
