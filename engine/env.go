package engine

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Env is a node's only way to act. It gathers effects while Handle runs; the
// driver carries them out, in order, when Handle has returned.
type Env struct {
	self     NodeID
	now      Time
	wall     WallTime
	rand     Rand
	nextConn ConnID
	sent     map[ConnID]CorrelationID // next correlation id of each dialled connection
	effects  []Effect
	events   []Event // of the effects, beside them: they are large, and not every effect has one
	tracing  bool
	requests requestStats
}

// EffectKind says what an Effect is.
type EffectKind uint8

// The effects.
const (
	EffectDial EffectKind = iota
	EffectSend
	EffectReply
	EffectNoReply
	EffectClose
	EffectSetTimer
	EffectCancelTimer
	EffectTrace
	EffectHalt
)

// Effect is one thing a node asked for. It is one flat struct, so that a step
// allocates nothing for it; which fields count depends on Kind.
type Effect struct {
	Kind        EffectKind
	Owner       Owner         // Dial
	Conn        ConnID        // Dial, Send, Reply, NoReply, Close
	Correlation CorrelationID // Send, Reply, NoReply
	Addr        Addr          // Dial
	ClientID    string        // Send
	Request     kmsg.Request  // Send
	Response    kmsg.Response // Reply
	Durable     Durable       // Send, Reply: held until it is met
	Timer       Timer         // SetTimer, CancelTimer
	At          Time          // SetTimer
	Event       *Event        // Trace; valid as long as the effect
	Halt        HaltReason    // Halt
}

// HaltReason says why a process ended itself.
type HaltReason uint8

// Why a process ends itself.
const (
	HaltCleanShutdown HaltReason = iota // after Shutdown
	HaltDiskFailed                      // Kafka halts when its only log directory failed
	HaltFenced                          // an answer it cannot live with, as Kafka's fatal errors
)

// Self is the node id of the process.
func (e *Env) Self() NodeID { return e.self }

// Now is the monotonic instant of this step.
func (e *Env) Now() Time { return e.now }

// Wall is the wall clock at this step.
func (e *Env) Wall() WallTime { return e.wall }

// Rand is the process's own random stream.
func (e *Env) Rand() *Rand { return &e.rand }

// Dial opens a connection to addr. Requests may be sent on it at once; they
// leave when it is established. Connected or Disconnected follows.
func (e *Env) Dial(owner Owner, addr Addr) ConnID {
	e.nextConn++
	id := e.nextConn<<1 | 1 // odd: dialled here; even ids are the driver's, for accepted ones
	e.sent[id] = 0
	e.effects = append(e.effects, Effect{Kind: EffectDial, Owner: owner, Conn: id, Addr: addr})
	return id
}

// Send sends a request on a dialled connection and gives its correlation id,
// which its response will carry. The barrier must be met before it leaves.
func (e *Env) Send(conn ConnID, clientID string, req kmsg.Request, after Durable) CorrelationID {
	c, ok := e.sent[conn]
	if !ok {
		Violated("SendOnOpenConnection", "node %d conn %d", e.self, conn)
	}
	e.sent[conn] = c + 1
	e.effects = append(e.effects, Effect{
		Kind: EffectSend, Conn: conn, Correlation: c, ClientID: clientID, Request: req, Durable: after,
	})
	return c
}

// Reply answers a request. The barrier must be met before the answer leaves.
func (e *Env) Reply(to Request, resp kmsg.Response, after Durable) {
	e.requests.end(to.Conn, e.now)
	e.effects = append(e.effects, Effect{
		Kind: EffectReply, Conn: to.Conn, Correlation: to.Correlation, Response: resp, Durable: after,
	})
}

// NoReply says that a request has no answer (Produce with acks=0), so that the
// connection's next request may come.
func (e *Env) NoReply(to Request) {
	e.requests.end(to.Conn, e.now)
	e.effects = append(e.effects, Effect{Kind: EffectNoReply, Conn: to.Conn, Correlation: to.Correlation})
}

// Close ends a connection, dialled or accepted. What was sent before leaves
// first; a Disconnected with reason ClosedHere follows.
func (e *Env) Close(conn ConnID) {
	delete(e.sent, conn)
	e.effects = append(e.effects, Effect{Kind: EffectClose, Conn: conn})
}

// SetTimer makes TimerFired come once, after d. Setting the same value again
// moves it.
func (e *Env) SetTimer(t Timer, d time.Duration) {
	e.effects = append(e.effects, Effect{Kind: EffectSetTimer, Timer: t, At: e.now.Add(max(d, 0))})
}

// CancelTimer takes a timer back; without one it does nothing.
func (e *Env) CancelTimer(t Timer) {
	e.effects = append(e.effects, Effect{Kind: EffectCancelTimer, Timer: t})
}

// Halt ends the process when this step's effects are carried out.
func (e *Env) Halt(reason HaltReason) {
	e.effects = append(e.effects, Effect{Kind: EffectHalt, Halt: reason})
}

// Tracing says whether anybody looks at events; where building one costs, ask
// first. It must never decide anything else.
func (e *Env) Tracing() bool { return e.tracing }

// Trace reports that something happened.
func (e *Env) Trace(ev Event) {
	if !e.tracing {
		return
	}
	ev.Node = e.self
	// Where this moves the events, those before stay where their effects point.
	e.events = append(e.events, ev)
	e.effects = append(e.effects, Effect{Kind: EffectTrace, Event: &e.events[len(e.events)-1]})
}
