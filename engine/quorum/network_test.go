package quorum

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// wire is one connection, or an attempt at one.
type wire struct {
	a, b         *proc // a dialled
	aConn, bConn engine.ConnID
	owner        engine.Owner
	open         bool
	established  bool
	aLife, bLife int
	toB, toA     wireSide
	serving      bool
	requests     []engine.Request
	lastArrival  [2]engine.Time
	line         [2][]func() // on their way, in order
}

type wireSide struct{ held []heldMessage }

type heldMessage struct {
	after engine.Durable
	send  func()
}

func (w *world) dial(p *proc, e engine.Effect) {
	w.nextEven += 2
	c := &wire{a: p, b: w.procs[engine.NodeID(e.Addr.Port)], aConn: e.Conn, bConn: w.nextEven, owner: e.Owner, open: true, aLife: p.life}
	w.conns = slices.DeleteFunc(w.conns, func(c *wire) bool { return !c.open })
	w.conns = append(w.conns, c)
	if c.b != nil && (w.cut[[2]engine.NodeID{p.id, c.b.id}] || w.cut[[2]engine.NodeID{c.b.id, p.id}]) {
		return // nothing answers
	}
	w.at(w.latency(), func() {
		if !c.open || !c.a.up || c.a.life != c.aLife {
			return
		}
		if c.b == nil || !c.b.up {
			c.open = false
			w.step(c.a, engine.Disconnected{Conn: c.aConn, Owner: c.owner, Reason: engine.Refused})
			return
		}
		c.bLife, c.established = c.b.life, true
		w.step(c.a, engine.Connected{Conn: c.aConn, Owner: c.owner})
	})
}

// flush lets go what waited for the disk, in order on each connection.
func (w *world) flush(p *proc) {
	for _, c := range slices.Clone(w.conns) {
		if !c.open {
			continue
		}
		if c.a == p {
			c.toB.flush(p)
		}
		if c.b == p {
			c.toA.flush(p)
		}
	}
}

func (s *wireSide) flush(p *proc) {
	for len(s.held) > 0 && uint64(p.store.DurableSeq()) >= s.held[0].after.Seq {
		m := s.held[0]
		s.held = s.held[1:]
		m.send()
	}
}

// travel delivers in order; what meets a cut link waits, and is lost with the
// connection.
func (w *world) travel(c *wire, toB bool, arrive func()) {
	from, to, i := c.a, c.b, 0
	if !toB {
		from, to, i = c.b, c.a, 1
	}
	at := max(w.now.Add(w.latency()), c.lastArrival[i]+1)
	c.lastArrival[i] = at
	c.line[i] = append(c.line[i], arrive)
	var try func()
	try = func() {
		switch {
		case !c.open:
		case w.cut[[2]engine.NodeID{from.id, to.id}]:
			w.at(50*time.Millisecond, try)
		default:
			first := c.line[i][0]
			c.line[i] = c.line[i][1:]
			first()
		}
	}
	w.at(at.Sub(w.now), try)
}

func (w *world) sendRequest(c *wire, req engine.Request) {
	w.travel(c, true, func() {
		c.requests = append(c.requests, req)
		w.serve(c)
	})
}

// serve hands in one request of a connection at a time.
func (w *world) serve(c *wire) {
	if c.serving || len(c.requests) == 0 || !c.b.up || c.b.life != c.bLife {
		return
	}
	req := c.requests[0]
	c.requests = c.requests[1:]
	c.serving = true
	w.step(c.b, req)
}

func (w *world) sendResponse(c *wire, resp engine.Response) {
	w.travel(c, false, func() {
		if c.a.up && c.a.life == c.aLife {
			w.step(c.a, resp)
		}
	})
	c.serving = false
	w.serve(c)
}

func (w *world) hangUp(c *wire, by *proc, reason engine.DisconnectReason) {
	c.open = false
	if by == c.a && reason == engine.ClosedHere {
		w.at(0, func() {
			if c.a.up && c.a.life == c.aLife {
				w.step(c.a, engine.Disconnected{Conn: c.aConn, Owner: c.owner, Reason: reason})
			}
		})
	}
	w.at(w.latency(), func() {
		if by != c.a && c.a.up && c.a.life == c.aLife {
			w.step(c.a, engine.Disconnected{Conn: c.aConn, Owner: c.owner, Reason: engine.ClosedByPeer})
		}
		if by != c.b && c.established && c.b.up && c.b.life == c.bLife {
			w.step(c.b, engine.Disconnected{Conn: c.bConn, Owner: engine.OwnerNode, Reason: engine.ClosedByPeer})
		}
	})
}

// recode sends a message through its bytes, as the wire does.
func recode(t testing.TB, req kmsg.Request) kmsg.Request {
	out := reflect.New(reflect.TypeOf(req).Elem()).Interface().(kmsg.Request)
	out.SetVersion(req.GetVersion())
	if err := out.ReadFrom(req.AppendTo(nil)); err != nil {
		t.Fatalf("%T: %v", req, err)
	}
	if again := out.AppendTo(nil); !bytes.Equal(again, req.AppendTo(nil)) {
		t.Fatalf("%T does not survive its encoding", req)
	}
	return out
}

func recodeResponse(t testing.TB, resp kmsg.Response) kmsg.Response {
	out := reflect.New(reflect.TypeOf(resp).Elem()).Interface().(kmsg.Response)
	out.SetVersion(resp.GetVersion())
	if err := out.ReadFrom(resp.AppendTo(nil)); err != nil {
		t.Fatalf("%T: %v", resp, err)
	}
	return out
}
