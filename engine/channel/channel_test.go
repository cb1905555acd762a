package channel

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

var peer = engine.Addr{Host: "broker-1", Port: 9092}

// host is a process that owns one channel; what it does is kept as words.
type host struct {
	t       *testing.T
	process *engine.Process
	ch      Channel
	now     engine.Time
	timers  map[engine.Timer]engine.Time
	conn    engine.ConnID // the latest dialled
	sent    []engine.Effect
	ends    []string // of this step's requests
	did     []string
}

type do func(*engine.Env)

func newHost(t *testing.T, seed uint64, cfg Config) *host {
	cfg.Owner, cfg.Key, cfg.ClientID = engine.OwnerClient, 7, "me"
	h := &host{t: t, ch: New(cfg), timers: map[engine.Timer]engine.Time{}}
	h.process = engine.NewProcess(1, h, seed, 0)
	h.do(func(env *engine.Env) { h.ch.SetAddr(env, peer) })
	return h
}

func (h *host) Handle(env *engine.Env, in engine.Input) {
	if c, ok := in.(engine.Command); ok {
		c.Body.(do)(env)
		return
	}
	results, mine := h.ch.Handle(env, in)
	if !mine {
		h.did = append(h.did, "not mine")
	}
	h.ended(results)
}

func (h *host) ended(results []Result) {
	for _, r := range results {
		word := "answered"
		if r.Failure != None {
			word = [...]string{"", "disconnected", "timed out", "unsupported"}[r.Failure]
		} else if r.Response == nil {
			word = "sent"
		}
		h.ends = append(h.ends, fmt.Sprintf("%d %s", r.Tag.Key, word))
	}
}

func (h *host) step(in engine.Input) {
	effects, violated := h.process.Step(h.now, 0, in)
	if violated != nil {
		h.t.Fatal(violated)
	}
	for _, e := range effects {
		switch e.Kind {
		case engine.EffectDial:
			h.conn = e.Conn
			h.did = append(h.did, "dial "+e.Addr.Host)
		case engine.EffectClose:
			h.did = append(h.did, "close")
		case engine.EffectSend:
			h.sent = append(h.sent, e)
			h.did = append(h.did, fmt.Sprintf("send %s v%d", kmsg.NameForKey(e.Request.Key()), e.Request.GetVersion()))
		case engine.EffectSetTimer:
			h.timers[e.Timer] = e.At
		case engine.EffectCancelTimer:
			delete(h.timers, e.Timer)
		}
	}
	h.did = append(h.did, h.ends...)
	h.ends = nil
}

func (h *host) do(f do) { h.step(engine.Command{Body: f}) }

func (h *host) send(key int64, body kmsg.Request) {
	h.do(func(env *engine.Env) { h.ended(h.ch.Send(env, Tag{Key: key}, body, engine.Durable{})) })
}

// answer answers the n-th request sent, and offers APIs in a handshake.
func (h *host) answer(n int) {
	e := h.sent[n]
	body := e.Request.ResponseKind()
	if v, ok := body.(*kmsg.ApiVersionsResponse); ok {
		v.ApiKeys = []kmsg.ApiVersionsResponseApiKey{{ApiKey: 0, MinVersion: 3, MaxVersion: 13}, {ApiKey: 3, MinVersion: 4, MaxVersion: 9}}
	}
	h.step(engine.Response{Conn: e.Conn, Owner: e.Owner, Correlation: e.Correlation, Body: body})
}

func (h *host) advance(d time.Duration) {
	end := h.now.Add(d)
	for {
		var due engine.Timer
		at := end + 1
		for timer, t := range h.timers { // at most two, never at the same time
			if t < at {
				due, at = timer, t
			}
		}
		if at > end {
			break
		}
		delete(h.timers, due)
		h.now = at
		h.step(engine.TimerFired{Timer: due})
	}
	h.now = end
}

func (h *host) expect(want ...string) {
	h.t.Helper()
	if got := strings.Join(h.did, "; "); got != strings.Join(want, "; ") {
		h.t.Errorf("did  %s\nwant %s", got, strings.Join(want, "; "))
	}
	h.did = nil
}

func metadata(version int16) *kmsg.MetadataRequest {
	r := kmsg.NewPtrMetadataRequest()
	r.Version = version
	return r
}

// connected brings the channel to where requests leave at once.
func (h *host) connected() {
	h.do(func(env *engine.Env) { h.ch.Connect(env) })
	h.step(engine.Connected{Conn: h.conn})
	h.answer(len(h.sent) - 1)
	if !h.ch.Ready() {
		h.t.Fatal("not ready")
	}
	h.did, h.sent = nil, nil
}

func TestChannel(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		run  func(h *host)
	}{
		{"the first request dials, and leaves after the handshake", Config{}, func(h *host) {
			h.send(1, metadata(9))
			h.expect("dial broker-1")
			h.step(engine.Connected{Conn: h.conn})
			h.expect("send ApiVersions v4")
			h.answer(0)
			h.expect("send Metadata v9")
			if h.sent[1].ClientID != "me" {
				t.Errorf("client id %q", h.sent[1].ClientID)
			}
			h.answer(1)
			h.expect("1 answered")
		}},
		{"requests leave in order, no more at once than allowed", Config{InFlightMax: 2}, func(h *host) {
			h.connected()
			for i := range int64(4) {
				h.send(i, metadata(int16(4+i)))
			}
			h.expect("send Metadata v4", "send Metadata v5")
			h.answer(0)
			h.expect("send Metadata v6", "0 answered")
			if h.ch.Pending() != 3 {
				t.Errorf("%d pending, want 3", h.ch.Pending())
			}
			h.answer(1)
			h.answer(2)
			h.answer(3)
			h.expect("send Metadata v7", "1 answered", "2 answered", "3 answered")
		}},
		{"a version above the peer's is lowered to it", Config{}, func(h *host) {
			h.connected()
			h.send(1, metadata(13))
			h.expect("send Metadata v9")
		}},
		{"one below what the peer offers is not sent, nor is an API it does not have", Config{}, func(h *host) {
			h.connected()
			h.send(1, metadata(3))
			h.send(2, kmsg.NewPtrFetchRequest())
			h.expect("1 unsupported", "2 unsupported")
			if v, ok := h.ch.MaxVersion(3); v != 9 || !ok {
				t.Errorf("Metadata up to %d, %t", v, ok)
			}
			if _, ok := h.ch.MaxVersion(1); ok {
				t.Error("Fetch was not offered")
			}
		}},
		{"acks=0 has no answer and holds nothing up", Config{InFlightMax: 1}, func(h *host) {
			h.connected()
			p := kmsg.NewPtrProduceRequest()
			p.Version, p.Acks = 9, 0
			h.send(1, p)
			h.send(2, metadata(9))
			h.expect("send Produce v9", "1 sent", "send Metadata v9")
			h.answer(1)
			h.expect("2 answered")
		}},
		{"a request without an answer closes the connection and fails all", Config{RequestTimeout: 3 * time.Second, InFlightMax: 1}, func(h *host) {
			h.connected()
			h.send(1, metadata(9))
			h.advance(2 * time.Second)
			h.send(2, metadata(9))
			h.did = nil
			h.advance(999 * time.Millisecond)
			h.expect()
			h.advance(time.Millisecond)
			h.expect("close", "1 timed out", "2 timed out")
			h.send(3, metadata(9))
			h.expect("dial broker-1")
		}},
		{"each answer gives the next request its own time", Config{RequestTimeout: 3 * time.Second}, func(h *host) {
			h.connected()
			h.send(1, metadata(9))
			h.advance(2 * time.Second)
			h.send(2, metadata(9))
			h.answer(0)
			h.did = nil
			h.advance(2999 * time.Millisecond)
			h.expect()
			h.advance(time.Millisecond)
			h.expect("close", "2 timed out")
		}},
		{"a dial that nobody answers is given up", Config{RequestTimeout: 3 * time.Second}, func(h *host) {
			h.do(func(env *engine.Env) { h.ch.Connect(env) })
			h.advance(3 * time.Second)
			h.expect("dial broker-1", "close")
			if !h.ch.BackingOff() || h.ch.Connected() {
				t.Error("it should wait before it tries again")
			}
		}},
		{"requests that have less time than the backoff do not put it off", Config{RequestTimeout: 30 * time.Millisecond}, func(h *host) {
			for range 6 { // by then it backs off for about a second
				h.send(1, metadata(9))
				h.step(engine.Disconnected{Conn: h.conn, Reason: engine.Refused})
				h.advance(ReconnectBackoffMax)
			}
			h.send(2, metadata(9))
			h.step(engine.Disconnected{Conn: h.conn, Reason: engine.Refused})
			h.did = nil
			dials := 0
			for range 50 { // somebody wants something every 40 ms
				h.send(3, metadata(9))
				h.advance(40 * time.Millisecond)
				dials += strings.Count(strings.Join(h.did, " "), "dial")
				h.did = nil
			}
			if dials == 0 {
				t.Error("in two seconds it never tried again")
			}
		}},
		{"a request with a time-out of its own", Config{RequestTimeout: 3 * time.Second}, func(h *host) {
			h.connected()
			h.do(func(env *engine.Env) {
				h.ch.SendWithin(env, Tag{Key: 1}, metadata(9), engine.Durable{}, time.Minute)
			})
			h.advance(59 * time.Second)
			h.expect("send Metadata v9")
			h.advance(time.Second)
			h.expect("close", "1 timed out")
		}},
		{"a lost connection fails what was in flight and what waited", Config{InFlightMax: 1}, func(h *host) {
			h.connected()
			h.send(1, metadata(9))
			h.send(2, metadata(9))
			h.did = nil
			h.step(engine.Disconnected{Conn: h.conn, Reason: engine.ClosedByPeer})
			h.expect("1 disconnected", "2 disconnected")
		}},
		{"a refused connection is tried again after a pause, if there is something to send", Config{}, func(h *host) {
			h.send(1, metadata(9))
			h.step(engine.Disconnected{Conn: h.conn, Reason: engine.Refused})
			h.expect("dial broker-1", "1 disconnected")
			h.do(func(env *engine.Env) { h.ch.Connect(env) })
			h.advance(30 * time.Millisecond)
			h.expect()
			h.send(2, metadata(9))
			h.advance(31 * time.Millisecond)
			h.expect("dial broker-1")
			h.step(engine.Disconnected{Conn: h.conn, Reason: engine.Refused})
			h.advance(2 * time.Second)
			h.expect("2 disconnected")
		}},
		{"an answer that is not the next one breaks the connection", Config{}, func(h *host) {
			h.connected()
			h.send(1, metadata(9))
			h.send(2, metadata(9))
			h.did = nil
			h.answer(1)
			h.expect("close", "1 disconnected", "2 disconnected")
		}},
		{"a peer that refuses the handshake is hung up on", Config{}, func(h *host) {
			h.send(1, metadata(9))
			h.step(engine.Connected{Conn: h.conn})
			h.did = nil
			resp := kmsg.NewPtrApiVersionsResponse()
			resp.ErrorCode = int16(engine.ErrClusterAuthorizationFailed)
			h.step(engine.Response{Conn: h.conn, Body: resp})
			h.expect("close", "1 disconnected")
		}},
		{"another address ends the old connection, and its backoff", Config{}, func(h *host) {
			h.send(1, metadata(9))
			h.step(engine.Disconnected{Conn: h.conn, Reason: engine.Refused})
			h.did = nil
			h.do(func(env *engine.Env) { h.ended(h.ch.SetAddr(env, engine.Addr{Host: "broker-2"})) })
			h.send(2, metadata(9))
			h.expect("dial broker-2")
			h.do(func(env *engine.Env) { h.ended(h.ch.SetAddr(env, engine.Addr{Host: "broker-2"})) })
			h.expect()
			h.do(func(env *engine.Env) { h.ended(h.ch.SetAddr(env, peer)) })
			h.expect("close", "2 disconnected")
		}},
		{"closing fails what is pending, and later inputs of that connection are not its own", Config{}, func(h *host) {
			h.connected()
			h.send(1, metadata(9))
			h.did = nil
			h.do(func(env *engine.Env) { h.ended(h.ch.Close(env)) })
			h.expect("close", "1 disconnected")
			h.step(engine.Disconnected{Conn: h.conn, Reason: engine.ClosedHere})
			h.step(engine.TimerFired{Timer: engine.Timer{Owner: engine.OwnerGroup, Key: 7, Kind: TimerTimeout}})
			h.step(engine.TimerFired{Timer: engine.Timer{Owner: engine.OwnerClient, Key: 8, Kind: TimerTimeout}})
			h.step(engine.TimerFired{Timer: engine.Timer{Owner: engine.OwnerClient, Key: 7, Kind: 1}})
			h.expect("not mine", "not mine", "not mine", "not mine")
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.run(newHost(t, 1, test.cfg))
		})
	}
}

// The pause doubles with each failure, a fifth more or less, and never exceeds
// reconnect.backoff.max.ms; a handshake forgets it.
func TestBackoff(t *testing.T) {
	full := []time.Duration{50, 100, 200, 400, 800, 1000, 1000}
	seen := map[time.Duration]bool{}
	for seed := range uint64(50) {
		h := newHost(t, seed, Config{})
		for round := range 2 {
			for i, ms := range full {
				h.send(1, metadata(9))
				h.step(engine.Disconnected{Conn: h.conn, Reason: engine.Refused})
				d := h.timers[engine.Timer{Owner: engine.OwnerClient, Key: 7, Kind: TimerBackoff}].Sub(h.now)
				low, high := ms*time.Millisecond*8/10, min(ms*time.Millisecond*12/10, time.Second)
				if d < low || d > high {
					t.Errorf("seed %d round %d failure %d: waits %v, want %v to %v", seed, round, i+1, d, low, high)
				}
				seen[d] = true
				h.advance(d)
			}
			h.connected()
			h.step(engine.Disconnected{Conn: h.conn, Reason: engine.ClosedByPeer})
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d different pauses: no jitter", len(seen))
	}
}

func TestQueueIsBounded(t *testing.T) {
	h := newHost(t, 1, Config{})
	var violated *engine.Violation
	for range queueMax + 1 {
		_, violated = h.process.Step(h.now, 0, engine.Command{Body: do(func(env *engine.Env) {
			h.ch.Send(env, Tag{}, metadata(9), engine.Durable{})
		})})
	}
	if violated == nil || violated.Name != "ChannelQueueBounded" {
		t.Errorf("violation %v", violated)
	}
	if slices.Contains(h.did, "close") {
		t.Error("closed")
	}
}
