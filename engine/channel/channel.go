// Package channel is one client connection to one peer, as Kafka's NetworkClient
// keeps one per node: dialled on demand, opened with ApiVersions, retried after
// an exponential backoff, and closed when a request gets no answer in time.
//
// In come requests to send and the engine inputs of the owner; out go results:
// a response or a failure for each request, exactly once, in no state but the
// channel's own. A channel does not retry requests: what to do after a failure
// is the owner's decision, as it is above NetworkClient.
//
// Not modelled: metadata (the owner knows whom to ask), several connections to
// one peer, SASL.
package channel

import (
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Kafka's defaults for inter-broker clients and for producers and consumers.
const (
	ReconnectBackoff    = 50 * time.Millisecond   // reconnect.backoff.ms
	ReconnectBackoffMax = 1000 * time.Millisecond // reconnect.backoff.max.ms
	RequestTimeout      = 30 * time.Second        // request.timeout.ms
	InFlightMax         = 5                       // max.in.flight.requests.per.connection

	softwareName    = "bitacora"
	softwareVersion = "1"

	// queueMax bounds what waits for a connection. Owners send a handful of
	// requests each; more is a mistake of ours.
	queueMax = 10_000

	backoffJitterPercent = 20 // ClientUtils.RECONNECT_BACKOFF_JITTER
)

// Timer kinds that channels use; an owner of channels keeps clear of them.
const (
	TimerBackoff uint8 = 250 + iota
	TimerTimeout
)

// Config says how a channel behaves.
type Config struct {
	Owner          engine.Owner
	Key            int64  // tells the owner's channels apart (the peer's node id, say)
	ClientID       string // in the header of each request
	RequestTimeout time.Duration
	InFlightMax    int // requests without an answer at once; more wait here
}

// Tag is what the owner knows a request by.
type Tag struct {
	Kind uint8
	Key  int64
	Sub  int64
}

// Failure says why a request got no response.
type Failure uint8

// Why a request got no response.
const (
	None         Failure = iota
	Disconnected         // the connection ended, or could not be made
	TimedOut             // no answer within RequestTimeout; the connection was closed
	Unsupported          // the peer does not offer this API, or no version of it that we speak
)

// Result is the end of one request.
type Result struct {
	Tag      Tag
	Request  kmsg.Request
	Response kmsg.Response // nil on failure
	Failure  Failure
	Reason   engine.DisconnectReason // of a Disconnected
}

type state uint8

const (
	idle state = iota
	backingOff
	connecting
	handshaking
	ready
)

type request struct {
	tag         Tag
	body        kmsg.Request
	after       engine.Durable
	deadline    engine.Time
	correlation engine.CorrelationID
}

type versionRange struct {
	key      int16
	min, max int16
}

// Channel is one connection to one peer. It is plain data.
type Channel struct {
	cfg      Config
	addr     engine.Addr
	state    state
	conn     engine.ConnID
	failures int // connection attempts in a row that failed
	dialled  engine.Time
	armed    engine.Time // when the time-out timer rings; 0: it does not
	waiting  []request
	inFlight []request
	versions []versionRange
	results  []Result
}

// New gives a channel without a connection.
func New(cfg Config) Channel {
	if cfg.RequestTimeout == 0 {
		cfg.RequestTimeout = RequestTimeout
	}
	if cfg.InFlightMax == 0 {
		cfg.InFlightMax = InFlightMax
	}
	return Channel{cfg: cfg}
}

// Addr is where the channel connects to.
func (c *Channel) Addr() engine.Addr { return c.addr }

// Ready says whether the connection is up and its handshake done.
func (c *Channel) Ready() bool { return c.state == ready }

// Pending counts the requests that have no result yet.
func (c *Channel) Pending() int { return len(c.waiting) + len(c.inFlight) }

// SetAddr points the channel at addr. Where that changes anything, the old
// connection is closed and its requests fail with Disconnected at once.
func (c *Channel) SetAddr(env *engine.Env, addr engine.Addr) []Result {
	if c.addr == addr {
		return nil
	}
	c.addr = addr
	return c.Close(env)
}

// Close ends the connection; what is pending fails with Disconnected.
func (c *Channel) Close(env *engine.Env) []Result {
	c.results = c.results[:0]
	c.failures = 0
	c.drop(env, Disconnected, engine.ClosedHere)
	return c.results
}

// BackingOff says that the channel waits before it tries to connect again
// (NetworkClient.isUnavailable).
func (c *Channel) BackingOff() bool { return c.state == backingOff }

// Connected says that there is a connection, or one is being made.
func (c *Channel) Connected() bool { return c.state >= connecting }

// Connect dials, unless there is a connection already or the backoff of the last
// attempt is not over (NetworkClient.ready). A connection that nobody has sent a
// request on has the time of a request to come up.
func (c *Channel) Connect(env *engine.Env) {
	if c.state == idle {
		c.dial(env)
		c.armTimeout(env)
	}
}

// Send sends a request, dialling where that is needed. The barrier must be met
// before it leaves. A version above what the peer offers is lowered to it. What
// ends at once (a request without an answer, one that the peer does not offer) is
// in the results.
func (c *Channel) Send(env *engine.Env, tag Tag, body kmsg.Request, after engine.Durable) []Result {
	return c.SendWithin(env, tag, body, after, c.cfg.RequestTimeout)
}

// SendWithin is Send with a time-out of the request's own, as a JoinGroup has.
func (c *Channel) SendWithin(env *engine.Env, tag Tag, body kmsg.Request, after engine.Durable, timeout time.Duration) []Result {
	if len(c.waiting) >= queueMax {
		engine.Violated("ChannelQueueBounded", "node %d to %v", env.Self(), c.addr)
	}
	before := len(c.results)
	c.waiting = append(c.waiting, request{tag: tag, body: body, after: after, deadline: env.Now().Add(timeout)})
	switch c.state {
	case idle:
		c.dial(env)
	case ready:
		c.flush(env)
	}
	c.armTimeout(env)
	return c.results[before:]
}

// Handle takes an input that may be this channel's, and gives the requests that
// ended with it. The results are valid until the next call.
func (c *Channel) Handle(env *engine.Env, in engine.Input) (results []Result, mine bool) {
	c.results = c.results[:0]
	switch in := in.(type) {
	case engine.Connected:
		if c.conn == 0 || in.Conn != c.conn {
			return nil, false
		}
		c.onConnected(env)
	case engine.Disconnected:
		if c.conn == 0 || in.Conn != c.conn {
			return nil, false
		}
		c.conn = 0
		c.onDisconnected(env, in.Reason)
	case engine.Response:
		if c.conn == 0 || in.Conn != c.conn {
			return nil, false
		}
		c.onResponse(env, in)
	case engine.TimerFired:
		if in.Timer.Owner != c.cfg.Owner || in.Timer.Key != c.cfg.Key {
			return nil, false
		}
		switch in.Timer.Kind {
		case TimerBackoff:
			c.onBackoffOver(env)
		case TimerTimeout:
			c.onTimeout(env)
		default:
			return nil, false
		}
	default:
		return nil, false
	}
	return c.results, true
}

func (c *Channel) dial(env *engine.Env) {
	c.state = connecting
	c.dialled = env.Now()
	c.conn = env.Dial(c.cfg.Owner, c.addr)
}

func (c *Channel) onConnected(env *engine.Env) {
	c.state = handshaking
	req := kmsg.NewPtrApiVersionsRequest()
	req.Version = 4
	req.ClientSoftwareName = softwareName
	req.ClientSoftwareVersion = softwareVersion
	env.Send(c.conn, c.cfg.ClientID, req, engine.Durable{})
	// The handshake has the first request's time, or its own where none waits.
	c.armTimeout(env)
}

func (c *Channel) onResponse(env *engine.Env, in engine.Response) {
	if c.state == handshaking {
		c.onApiVersions(env, in.Body)
		return
	}
	if len(c.inFlight) == 0 || c.inFlight[0].correlation != in.Correlation {
		// Kafka's NetworkClient treats this as a broken peer.
		c.drop(env, Disconnected, engine.ClosedHere)
		return
	}
	r := c.inFlight[0]
	c.inFlight = append(c.inFlight[:0], c.inFlight[1:]...)
	c.results = append(c.results, Result{Tag: r.tag, Request: r.body, Response: in.Body})
	c.flush(env)
	c.armTimeout(env)
}

// versionUnsupported is Kafka's UNSUPPORTED_VERSION.
const versionUnsupported = 35

func (c *Channel) onApiVersions(env *engine.Env, body kmsg.Response) {
	resp, ok := body.(*kmsg.ApiVersionsResponse)
	if !ok || resp.ErrorCode != 0 && resp.ErrorCode != versionUnsupported {
		c.failures++
		c.drop(env, Disconnected, engine.ClosedHere)
		return
	}
	c.versions = c.versions[:0]
	for _, k := range resp.ApiKeys {
		c.versions = append(c.versions, versionRange{k.ApiKey, k.MinVersion, k.MaxVersion})
	}
	c.state = ready
	c.failures = 0
	c.flush(env)
	c.armTimeout(env)
}

// MaxVersion gives the highest version of an API that the peer said it offers.
func (c *Channel) MaxVersion(key int16) (int16, bool) {
	for _, v := range c.versions {
		if v.key == key {
			return v.max, true
		}
	}
	return 0, false
}

func (c *Channel) flush(env *engine.Env) {
	n := 0
	for n < len(c.waiting) && len(c.inFlight) < c.cfg.InFlightMax {
		r := c.waiting[n]
		n++
		if !c.fitVersion(r.body) {
			c.results = append(c.results, Result{Tag: r.tag, Request: r.body, Failure: Unsupported})
			continue
		}
		r.correlation = env.Send(c.conn, c.cfg.ClientID, r.body, r.after)
		if noAnswer(r.body) {
			c.results = append(c.results, Result{Tag: r.tag, Request: r.body})
			continue
		}
		c.inFlight = append(c.inFlight, r)
	}
	rest := copy(c.waiting, c.waiting[n:])
	clear(c.waiting[rest:])
	c.waiting = c.waiting[:rest]
}

// noAnswer tells the one request that Kafka does not answer.
func noAnswer(body kmsg.Request) bool {
	p, ok := body.(*kmsg.ProduceRequest)
	return ok && p.Acks == 0
}

func (c *Channel) fitVersion(body kmsg.Request) bool {
	for _, v := range c.versions {
		if v.key != body.Key() {
			continue
		}
		if body.GetVersion() > v.max {
			body.SetVersion(v.max)
		}
		return body.GetVersion() >= v.min
	}
	return false
}

func (c *Channel) onDisconnected(env *engine.Env, reason engine.DisconnectReason) {
	if c.state == connecting || c.state == handshaking {
		c.failures++
	}
	c.fail(Disconnected, reason)
	c.backOff(env)
}

// drop closes whatever there is and fails what is pending.
func (c *Channel) drop(env *engine.Env, f Failure, reason engine.DisconnectReason) {
	if c.conn != 0 {
		env.Close(c.conn)
		c.conn = 0
	}
	c.fail(f, reason)
	c.backOff(env)
}

func (c *Channel) fail(f Failure, reason engine.DisconnectReason) {
	for _, r := range c.inFlight {
		c.results = append(c.results, Result{Tag: r.tag, Request: r.body, Failure: f, Reason: reason})
	}
	for _, r := range c.waiting {
		c.results = append(c.results, Result{Tag: r.tag, Request: r.body, Failure: f, Reason: reason})
	}
	clear(c.inFlight)
	clear(c.waiting)
	c.inFlight, c.waiting = c.inFlight[:0], c.waiting[:0]
}

// backOff waits before the next attempt; the attempt itself is made only if
// something is to be sent by then.
func (c *Channel) backOff(env *engine.Env) {
	if c.failures == 0 {
		env.CancelTimer(c.timer(TimerBackoff))
		c.state = idle
		return
	}
	c.state = backingOff
	d := min(ReconnectBackoff<<min(c.failures-1, 10), ReconnectBackoffMax)
	jitter := int64(d) * backoffJitterPercent / 100
	d += time.Duration(env.Rand().Int64N(2*jitter+1) - jitter)
	// ExponentialBackoff.backoff bounds what it has jittered.
	env.SetTimer(c.timer(TimerBackoff), min(d, ReconnectBackoffMax))
}

func (c *Channel) onBackoffOver(env *engine.Env) {
	if c.state != backingOff {
		return
	}
	c.state = idle
	if len(c.waiting) > 0 {
		c.dial(env)
	}
}

func (c *Channel) onTimeout(env *engine.Env) {
	c.armed = 0
	at, some := c.deadline()
	if !some {
		return
	}
	if at > env.Now() {
		c.armTimeout(env)
		return
	}
	if c.state == backingOff {
		// What waited for the next attempt has waited too long. The attempt comes when
		// it would have: begun anew with each request, the backoff would never end for
		// requests that have less time than it takes.
		c.fail(TimedOut, engine.ClosedHere)
		return
	}
	if c.state == connecting || c.state == handshaking {
		c.failures++
	}
	c.drop(env, TimedOut, engine.ClosedHere)
}

// deadline is when the first of the pending requests has waited for too long, or
// a handshake that nobody waits for.
func (c *Channel) deadline() (engine.Time, bool) {
	var at engine.Time
	some := false
	for _, list := range [2][]request{c.inFlight, c.waiting} {
		for i := range list {
			if !some || list[i].deadline < at {
				at, some = list[i].deadline, true
			}
		}
	}
	if !some && (c.state == connecting || c.state == handshaking) {
		return c.dialled.Add(c.cfg.RequestTimeout), true
	}
	return at, some
}

// armTimeout sets the timer for the next deadline. It is never moved back: a timer
// that rings early finds nothing and is set anew, while one moved with every answer
// would fill the driver's queue.
func (c *Channel) armTimeout(env *engine.Env) {
	at, some := c.deadline()
	if !some || c.armed != 0 && c.armed <= at {
		return
	}
	c.armed = at
	env.SetTimer(c.timer(TimerTimeout), at.Sub(env.Now()))
}

func (c *Channel) timer(kind uint8) engine.Timer {
	return engine.Timer{Owner: c.cfg.Owner, Kind: kind, Key: c.cfg.Key}
}
