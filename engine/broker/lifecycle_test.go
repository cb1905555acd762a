package broker

import (
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/channel"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestABrokerRegistersCatchesUpAndServes(t *testing.T) {
	h := newHarness(t)
	h.advance(time.Minute)
	if got := h.names(); got != "" {
		t.Errorf("without a controller it asks %s", got)
	}
	h.setController()
	h.advance(0)
	if got := h.names(); got != "BrokerRegistration; BrokerHeartbeat fence=true shutdown=false" {
		t.Errorf("asks %s", got)
	}
	// It says that it is ready once metadata is in force, and takes requests once the
	// metadata shows it unfenced in this life.
	if h.ask(kmsg.NewPtrApiVersionsRequest()) != nil {
		t.Error("it answers before it is open")
	}
	old := h.brokerRecord(1, false)
	old.BrokerEpoch = brokerEpoch - 1
	h.apply(old)
	h.advance(time.Second)
	if len(h.replies) > 0 {
		t.Error("an earlier life's registration opens it")
	}
	h.apply(h.brokerRecord(1, true))
	h.advance(time.Second)
	if got := h.names(); !strings.Contains(got, "fence=false") {
		t.Errorf("it never asks to be unfenced: %s", got)
	}
	if len(h.replies) > 0 || !h.b.Fenced() {
		t.Error("it serves while it is fenced")
	}
	h.apply(h.brokerRecord(1, false))
	if len(h.replies) != 1 || h.b.Fenced() {
		t.Errorf("%d answers to the one who waited", len(h.replies))
	}
	h.advance(3 * time.Second)
	h.names()
	h.advance(10 * time.Second)
	if got := strings.Count(h.names(), "fence=false shutdown=false"); got != 5 {
		t.Errorf("%d heartbeats in 10 s, want one every 2 s", got)
	}
}

func TestHeartbeatIntervalIsConfigured(t *testing.T) {
	h := newHarness(t, "broker.heartbeat.interval.ms", "500")
	h.setController()
	h.apply(h.brokerRecord(1, true))
	h.advance(time.Second)
	h.apply(h.brokerRecord(1, false))
	h.advance(2 * time.Second)
	h.names()
	h.advance(10 * time.Second)
	if got := strings.Count(h.names(), "fence=false shutdown=false"); got != 20 {
		t.Errorf("%d heartbeats in 10 s, want one every 500 ms", got)
	}
}

func TestRegistration(t *testing.T) {
	h := newHarness(t, "broker.rack", "east")
	h.registration = engine.ErrDuplicateBrokerRegistration
	h.setController()
	h.advance(0)
	req := h.toController[0].(*kmsg.BrokerRegistrationRequest)
	switch {
	case req.BrokerID != 1, req.ClusterID != "cluster", *req.Rack != "east", req.PreviousBrokerEpoch != -1,
		len(req.Listeners) != 1, req.Listeners[0].Host != "broker-1", len(req.LogDirs) != 1, req.IncarnationID == [16]byte{}:
		t.Errorf("registers with %+v", req)
	}
	h.names()
	// The life before has not ended for the controller: ask again, every 2 s.
	h.advance(8 * time.Second)
	if got := h.names(); got != "BrokerRegistration; BrokerRegistration; BrokerRegistration; BrokerRegistration" {
		t.Errorf("in 8 s it asks %s", got)
	}
	h.registration = engine.ErrNone
	h.advance(2 * time.Second)
	if got := h.names(); !strings.HasPrefix(got, "BrokerRegistration; BrokerHeartbeat") {
		t.Errorf("then %s", got)
	}
	if h.b.Epoch() != brokerEpoch {
		t.Errorf("epoch %d", h.b.Epoch())
	}
}

func TestControlledShutdown(t *testing.T) {
	t.Run("it waits until the controller lets it go, and the next life names this one", func(t *testing.T) {
		h := newOpen(t)
		h.heartbeat = func(m *kmsg.BrokerHeartbeatRequest, r *kmsg.BrokerHeartbeatResponse) { r.ShouldShutdown = false }
		h.names()
		h.do(func(env *engine.Env) { h.b.Shutdown(env) })
		if got := h.names(); got != "BrokerHeartbeat fence=false shutdown=true" {
			t.Errorf("at once it asks %s", got)
		}
		h.advance(4 * time.Second)
		if h.b.ShutdownDone() {
			t.Error("it left with its leaderships")
		}
		h.heartbeat = nil
		h.advance(2 * time.Second)
		if !h.b.ShutdownDone() {
			t.Error("it did not leave")
		}
		next := newLife(t, h.data, 1)
		next.setController()
		next.advance(0)
		if got := next.toController[0].(*kmsg.BrokerRegistrationRequest).PreviousBrokerEpoch; got != brokerEpoch {
			t.Errorf("the next life names epoch %d", got)
		}
		// That life ends otherwise.
		third := newLife(t, h.data, 2)
		third.setController()
		third.advance(0)
		if got := third.toController[0].(*kmsg.BrokerRegistrationRequest).PreviousBrokerEpoch; got != -1 {
			t.Errorf("after a kill the next life names epoch %d", got)
		}
	})
	t.Run("without a controller it leaves after 5 minutes", func(t *testing.T) {
		h := newOpen(t)
		h.silent = true
		h.do(func(env *engine.Env) { h.b.Shutdown(env) })
		h.advance(5*time.Minute - time.Millisecond)
		if h.b.ShutdownDone() {
			t.Error("too soon")
		}
		h.advance(time.Millisecond)
		if !h.b.ShutdownDone() {
			t.Error("never")
		}
	})
	t.Run("one that never registered leaves at once", func(t *testing.T) {
		h := newHarness(t)
		h.do(func(env *engine.Env) { h.b.Shutdown(env) })
		if !h.b.ShutdownDone() {
			t.Error("it waits")
		}
	})
}

func TestForwarding(t *testing.T) {
	create := func() *kmsg.CreateTopicsRequest {
		r := kmsg.NewPtrCreateTopicsRequest()
		r.Version = 7
		r.Topics = append(r.Topics, kmsg.CreateTopicsRequestTopic{Topic: "orders", NumPartitions: 1, ReplicationFactor: 1})
		return r
	}
	code := func(r kmsg.Response) engine.ErrorCode {
		return engine.ErrorCode(r.(*kmsg.CreateTopicsResponse).Topics[0].ErrorCode)
	}
	t.Run("the request travels whole, and the answer is the controller's own", func(t *testing.T) {
		h := newOpen(t)
		h.names()
		inside := create().ResponseKind().(*kmsg.CreateTopicsResponse)
		inside.Version = 7
		inside.Topics = append(inside.Topics, kmsg.CreateTopicsResponseTopic{Topic: "orders", ErrorCode: 36})
		h.envelope = func(r *kmsg.EnvelopeResponse) { r.ResponseData = inside.AppendTo([]byte{0, 0, 0, 5, 0}) }
		if got := code(h.ask(create())); got != engine.ErrTopicAlreadyExists {
			t.Errorf("answered %v", got)
		}
		e := h.toController[0].(*kmsg.EnvelopeRequest)
		var back kmsg.CreateTopicsRequest
		back.Version = 7
		// Key 19, version 7, correlation 5, "client", no tags: then the body.
		header := "\x00\x13\x00\x07\x00\x00\x00\x05\x00\x06client\x00"
		if !strings.HasPrefix(string(e.RequestData), header) || back.ReadFrom(e.RequestData[len(header):]) != nil || back.Topics[0].Topic != "orders" {
			t.Errorf("sent %q", e.RequestData)
		}
		if string(e.ClientHostAddress) != "\x0a\x00\x00\x07" {
			t.Errorf("from %v", e.ClientHostAddress)
		}
	})
	t.Run("without an answer in a minute: REQUEST_TIMED_OUT", func(t *testing.T) {
		h := newOpen(t)
		h.down = true
		h.do(func(env *engine.Env) { h.b.SetController(env, engine.Addr{Host: "other", Port: 1}, true) })
		if r := h.ask(create()); r != nil {
			t.Fatalf("answered at once: %+v", r)
		}
		h.advance(59 * time.Second)
		if len(h.replies) != 0 {
			t.Error("too soon")
		}
		h.advance(1000*time.Millisecond + 2*linkRetryBackoff + channel.ReconnectBackoffMax)
		if len(h.replies) != 1 || code(h.replies[0]) != engine.ErrRequestTimedOut {
			t.Errorf("answers %+v", h.replies)
		}
	})
	t.Run("a controller that is not active is asked no more; the next one answers", func(t *testing.T) {
		h := newOpen(t)
		h.names()
		h.envelope = func(r *kmsg.EnvelopeResponse) { r.ErrorCode = int16(engine.ErrNotController) }
		if h.ask(create()) != nil {
			t.Error("the client is told")
		}
		h.advance(time.Second)
		if got := strings.Count(h.names(), "Envelope"); got < 5 || got > 21 {
			t.Errorf("%d tries in a second, want one every 50 ms", got)
		}
		h.envelope = func(r *kmsg.EnvelopeResponse) { r.ErrorCode = int16(engine.ErrUnsupportedVersion) }
		h.advance(time.Second)
		if len(h.replies) != 1 || code(h.replies[0]) != engine.ErrUnsupportedVersion {
			t.Errorf("answers %+v", h.replies)
		}
	})
	t.Run("what cannot be read is UNKNOWN_SERVER_ERROR", func(t *testing.T) {
		h := newOpen(t)
		h.envelope = func(r *kmsg.EnvelopeResponse) { r.ResponseData = []byte{1, 2} }
		if got := code(h.ask(create())); got != engine.ErrUnknownServerError {
			t.Errorf("answered %v", got)
		}
	})
}

func TestRefusedRequestsEndTheConnection(t *testing.T) {
	tests := []struct {
		name    string
		request kmsg.Request
		version int16
		closes  bool
	}{
		{"an API that is not offered", kmsg.NewPtrAlterPartitionRequest(), 2, true},
		{"a version above the newest", kmsg.NewPtrMetadataRequest(), 14, true},
		{"a version below the oldest", kmsg.NewPtrFetchRequest(), 3, true},
		{"Produce below v3, although it is offered", kmsg.NewPtrProduceRequest(), 2, true},
		{"a group API out of range", kmsg.NewPtrJoinGroupRequest(), 10, true},
		{"ApiVersions answers for itself", kmsg.NewPtrApiVersionsRequest(), 9, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newOpen(t)
			h.closed = nil
			test.request.SetVersion(test.version)
			answer := h.ask(test.request)
			if (len(h.closed) == 1) != test.closes || (answer == nil) != test.closes {
				t.Errorf("closed %v, answered %v", h.closed, answer)
			}
		})
	}
}

func TestInitProducerId(t *testing.T) {
	ask := func(h *harness, change func(*kmsg.InitProducerIDRequest)) (int64, int16, engine.ErrorCode) {
		m := kmsg.NewPtrInitProducerIDRequest()
		m.Version, m.ProducerID, m.ProducerEpoch = 5, -1, -1
		change(m)
		r := h.ask(m).(*kmsg.InitProducerIDResponse)
		return r.ProducerID, r.ProducerEpoch, engine.ErrorCode(r.ErrorCode)
	}
	plain := func(*kmsg.InitProducerIDRequest) {}
	t.Run("ids come from blocks, the next of which is asked for in time", func(t *testing.T) {
		h := newHarness(t)
		h.producerIDSize = 10
		h.setController()
		h.apply(h.brokerRecord(1, false))
		h.advance(3 * time.Second)
		h.names()
		for want := range int64(35) {
			id, epoch, code := ask(h, plain)
			if id != want || epoch != 0 || code != engine.ErrNone {
				t.Fatalf("id %d epoch %d %v, want id %d", id, epoch, code, want)
			}
			if want == 7 && h.names() != "" || want == 8 && h.names() != "AllocateProducerIDs" {
				t.Errorf("the next block is asked for at 90%% of the first")
			}
		}
	})
	t.Run("without a block: COORDINATOR_LOAD_IN_PROGRESS, then they come", func(t *testing.T) {
		h := newHarness(t)
		h.producerIDs.ErrorCode = int16(engine.ErrUnknownServerError)
		h.setController()
		h.apply(h.brokerRecord(1, false))
		h.advance(3 * time.Second)
		if id, epoch, code := ask(h, plain); id != -1 || epoch != -1 || code != engine.ErrCoordinatorLoadInProgress {
			t.Errorf("id %d epoch %d %v", id, epoch, code)
		}
		h.producerIDs.ErrorCode = 0
		ask(h, plain)
		if id, _, code := ask(h, plain); id < 0 || code != engine.ErrNone {
			t.Errorf("id %d %v", id, code)
		}
	})
	t.Run("half an identity and a transactional id are refused", func(t *testing.T) {
		h := newOpen(t)
		for _, change := range []func(*kmsg.InitProducerIDRequest){
			func(m *kmsg.InitProducerIDRequest) { m.ProducerID = 5 },
			func(m *kmsg.InitProducerIDRequest) { m.ProducerEpoch = 5 },
			func(m *kmsg.InitProducerIDRequest) { m.TransactionalID = kmsg.StringPtr("t") },
		} {
			if id, _, code := ask(h, change); id != -1 || code != engine.ErrInvalidRequest {
				t.Errorf("id %d %v", id, code)
			}
		}
	})
}

func TestHostBytes(t *testing.T) {
	for host, want := range map[string]string{
		"10.0.0.7": "\x0a\x00\x00\x07", "255.255.255.255": "\xff\xff\xff\xff", "client-9": "\x7f\x00\x00\x01",
		"1.2.3": "\x7f\x00\x00\x01", "1.2.3.256": "\x7f\x00\x00\x01", "1..2.3": "\x7f\x00\x00\x01", "": "\x7f\x00\x00\x01",
		"1.2.3.4.5": "\x7f\x00\x00\x01", "::1": "\x7f\x00\x00\x01",
	} {
		if got := string(hostBytes(host)); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
}
