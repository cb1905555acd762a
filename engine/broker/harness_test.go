package broker

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/log"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// brokerEpoch is what the harness's controller registers broker 1 with.
const brokerEpoch = 77

// harness is a broker in a process of its own, with a controller made of canned
// answers and metadata made of records.
type harness struct {
	t       *testing.T
	b       *Broker
	process *engine.Process
	now     engine.Time
	image   *metadata.Image
	offset  engine.Offset
	data    *log.Memory
	timers  map[engine.Timer]engine.Time
	asked   engine.ConnID
	replies []kmsg.Response // to clients
	closed  []engine.ConnID
	halted  bool

	// What the controller was asked, and what it answers.
	toController   []kmsg.Request
	silent         bool
	down           bool
	registration   engine.ErrorCode
	heartbeat      func(*kmsg.BrokerHeartbeatRequest, *kmsg.BrokerHeartbeatResponse)
	envelope       func(*kmsg.EnvelopeResponse)
	producerIDs    kmsg.AllocateProducerIDsResponse
	producerIDSize int32
	waiting        []func() // inputs that follow from the last step
	draining       bool
}

type do func(*engine.Env)

func newHarness(t *testing.T, properties ...string) *harness {
	return newLife(t, log.NewMemory(0), 0, properties...)
}

func newLife(t *testing.T, data *log.Memory, life int, properties ...string) *harness {
	static := config.Static{}
	for i := 0; i < len(properties); i += 2 {
		static = static.With(properties[i], properties[i+1])
	}
	h := &harness{t: t, image: metadata.NewImage(), data: data, timers: map[engine.Timer]engine.Time{}, producerIDSize: 1000}
	h.b = New(Config{
		NodeID: 1, ClusterID: "cluster", DirectoryID: [16]byte{1}, Static: static,
		Listeners: []Listener{{Name: "PLAINTEXT", Addr: engine.Addr{Host: "broker-1", Port: 9092}}},
	}, h.data)
	h.process = engine.NewProcess(1, h, 1, life)
	h.do(func(env *engine.Env) { h.b.Start(env) })
	return h
}

// newOpen gives a broker that serves, in a cluster of three.
func newOpen(t *testing.T, properties ...string) *harness {
	h := newHarness(t, properties...)
	h.setController()
	h.apply(h.brokerRecord(1, false), h.brokerRecord(2, false), h.brokerRecord(3, false))
	h.advance(3 * time.Second)
	if h.b.Fenced() {
		t.Fatal("fenced")
	}
	return h
}

func (h *harness) Handle(env *engine.Env, in engine.Input) {
	if c, ok := in.(engine.Command); ok {
		c.Body.(do)(env)
		return
	}
	h.b.Handle(env, in)
}

func (h *harness) do(f do) { h.step(engine.Command{Body: f}) }

func (h *harness) step(in engine.Input) {
	effects, violated := h.process.Step(h.now, 1_700_000_000_000+engine.WallTime(h.now/1e6), in)
	if violated != nil {
		h.t.Fatal(violated)
	}
	for _, e := range effects {
		h.carryOut(e)
	}
	if h.draining {
		return
	}
	h.draining = true
	defer func() { h.draining = false }()
	for turns := 0; len(h.waiting) > 0; turns++ {
		if turns == 10_000 {
			h.t.Fatal("it never comes to rest")
		}
		next := h.waiting[0]
		h.waiting = h.waiting[1:]
		next()
	}
}

func (h *harness) carryOut(e engine.Effect) {
	switch e.Kind {
	case engine.EffectSetTimer:
		h.timers[e.Timer] = e.At
	case engine.EffectCancelTimer:
		delete(h.timers, e.Timer)
	case engine.EffectReply:
		h.replies = append(h.replies, e.Response)
	case engine.EffectClose:
		h.closed = append(h.closed, e.Conn)
	case engine.EffectHalt:
		h.halted = true
	case engine.EffectDial:
		if h.down {
			h.waiting = append(h.waiting, func() { h.step(engine.Disconnected{Conn: e.Conn, Owner: e.Owner, Reason: engine.Refused}) })
			return
		}
		h.waiting = append(h.waiting, func() { h.step(engine.Connected{Conn: e.Conn, Owner: e.Owner}) })
	case engine.EffectSend:
		if _, ok := e.Request.(*kmsg.ApiVersionsRequest); !ok {
			h.toController = append(h.toController, e.Request)
		}
		if resp := h.answer(e.Request); resp != nil {
			h.waiting = append(h.waiting, func() {
				h.step(engine.Response{Conn: e.Conn, Owner: e.Owner, Correlation: e.Correlation, Body: resp})
			})
		}
	}
}

// answer is the controller's.
func (h *harness) answer(req kmsg.Request) kmsg.Response {
	resp := req.ResponseKind()
	resp.SetVersion(req.GetVersion())
	if r, ok := resp.(*kmsg.ApiVersionsResponse); ok {
		for _, key := range []int16{19, 56, 58, 62, 63, 67} {
			r.ApiKeys = append(r.ApiKeys, kmsg.ApiVersionsResponseApiKey{ApiKey: key, MaxVersion: 7})
		}
		return r
	}
	if h.silent {
		return nil
	}
	switch r := resp.(type) {
	case *kmsg.BrokerRegistrationResponse:
		r.ErrorCode, r.BrokerEpoch = int16(h.registration), brokerEpoch
	case *kmsg.BrokerHeartbeatResponse:
		m := req.(*kmsg.BrokerHeartbeatRequest)
		r.IsCaughtUp, r.IsFenced, r.ShouldShutdown = true, m.WantFence, m.WantShutdown
		if h.heartbeat != nil {
			h.heartbeat(m, r)
		}
	case *kmsg.EnvelopeResponse:
		if h.envelope != nil {
			h.envelope(r)
		}
	case *kmsg.AllocateProducerIDsResponse:
		r.ProducerIDStart, r.ProducerIDLen, r.ErrorCode = h.producerIDs.ProducerIDStart, h.producerIDSize, h.producerIDs.ErrorCode
		h.producerIDs.ProducerIDStart += int64(h.producerIDSize)
	}
	return resp
}

func (h *harness) setController() {
	h.do(func(env *engine.Env) { h.b.SetController(env, engine.Addr{Host: "controller", Port: 9093}, true) })
}

func (h *harness) advance(d time.Duration) {
	end := h.now.Add(d)
	for {
		var due engine.Timer
		at := end + 1
		for timer, t := range h.timers {
			if t < at || t == at && fmt.Sprint(timer) < fmt.Sprint(due) {
				due, at = timer, t
			}
		}
		if at > end {
			break
		}
		delete(h.timers, due)
		h.now = max(h.now, at)
		h.step(engine.TimerFired{Timer: due})
	}
	h.now = end
}

func (h *harness) apply(all ...records.Record) {
	delta := metadata.NewDelta()
	for _, r := range all {
		if err := h.image.Apply(r, delta); err != nil {
			h.t.Fatal(err)
		}
		h.image.Advance(h.offset, 1)
		h.offset++
	}
	h.do(func(env *engine.Env) { h.b.OnMetadata(env, delta, h.image) })
}

func (h *harness) brokerRecord(id engine.NodeID, fenced bool) *records.RegisterBrokerRecord {
	r := records.NewRegisterBrokerRecord()
	r.BrokerID, r.BrokerEpoch, r.Fenced = id, brokerEpoch, fenced
	r.EndPoints = []records.RegisterBrokerEndpoint{{Name: "PLAINTEXT", Host: fmt.Sprint("broker-", id), Port: 9092}}
	r.LogDirs = [][16]byte{{byte(id)}}
	return &r
}

// topic gives the records of a topic whose partitions have replicas as listed,
// each led by its first.
func topic(name string, id byte, replicas ...[]engine.NodeID) []records.Record {
	all := []records.Record{&records.TopicRecord{Name: name, TopicID: engine.TopicID{id}}}
	for i, nodes := range replicas {
		r := records.NewPartitionRecord()
		r.TopicID, r.PartitionID = engine.TopicID{id}, int32(i)
		r.Replicas, r.ISR, r.Leader = nodes, nodes, nodes[0]
		r.Directories = make([][16]byte, len(nodes))
		for j, n := range nodes {
			r.Directories[j] = [16]byte{byte(n)}
		}
		all = append(all, &r)
	}
	return all
}

func ids(n ...engine.NodeID) []engine.NodeID { return n }

// ask sends a client's request and gives the answer, nil when there is none yet.
func (h *harness) ask(body kmsg.Request) kmsg.Response {
	h.asked += 2
	before := len(h.replies)
	h.step(engine.Request{Conn: h.asked, Correlation: 5, ClientID: "client", ClientHost: "10.0.0.7", Body: body})
	if len(h.replies) == before {
		return nil
	}
	return h.replies[len(h.replies)-1]
}

// asked tells what the controller was asked since the last time.
func (h *harness) names() string {
	var out []string
	for _, r := range h.toController {
		name := kmsg.NameForKey(r.Key())
		if b, ok := r.(*kmsg.BrokerHeartbeatRequest); ok {
			name += fmt.Sprintf(" fence=%t shutdown=%t", b.WantFence, b.WantShutdown)
		}
		out = append(out, name)
	}
	h.toController = nil
	return strings.Join(out, "; ")
}
