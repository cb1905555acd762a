package live

import (
	"slices"
	"strings"
	"time"

	"bitacora/engine"
	"bitacora/server/kafka"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// connectTimeout is how long a dial over a cut link takes to fail: Kafka's
// socket.connection.setup.timeout.ms.
const connectTimeout = 10 * time.Second

// conn is a connection. Its two ends belong to two processes, and each is touched
// by its own process's goroutine only; a TCP client has no end here but tcp.
type conn struct {
	client, server end
	owner          engine.Owner
	listener       uint8
	tcp            *kafka.Conn // the peer, where it is a TCP client
	clientHost     string
	about          ClientInfo
}

// ClientInfo is what is known of a TCP client's connection.
type ClientInfo struct {
	ID       string // client.id
	Software string // as its ApiVersions named it
	Address  string
	Requests uint64

	node engine.NodeID // what pictures call it
}

// noteClient remembers what a request says of its sender.
func (p *process) noteClient(c *conn, clientID string, body kmsg.Request) {
	if c.about.node == 0 || c.about.ID != clientID {
		c.about.node = p.cluster.externals.join(clientID, c.clientHost, c.about.node)
	}
	c.about.ID = clientID
	c.about.Requests++
	if v, ok := body.(*kmsg.ApiVersionsRequest); ok && v.ClientSoftwareName != "" {
		c.about.Software = v.ClientSoftwareName + " " + v.ClientSoftwareVersion
	}
}

// Clients lists the TCP clients that are connected to a node, by address.
func (c *Cluster) Clients(id engine.NodeID) []ClientInfo {
	var out []ClientInfo
	c.mu.Lock()
	s := c.processes[id]
	var p *process
	if s != nil && s.state == Running {
		p = s.now
	}
	c.mu.Unlock()
	if p == nil {
		return nil
	}
	c.Do(id, func(*engine.Process) {
		for k, conn := range p.tcp {
			info := conn.about
			info.Address = k.RemoteAddr()
			out = append(out, info)
		}
	})
	slices.SortFunc(out, func(a, b ClientInfo) int { return strings.Compare(a.Address, b.Address) })
	return out
}

// end is one process's side of a connection.
type end struct {
	p    *process
	id   engine.ConnID
	up   bool
	out  []outgoing
	open bool // client's: the peer has accepted

	// The server's: one request at a time.
	busy    bool
	serving engine.CorrelationID
	inbox   []engine.Request
}

// outgoing is a message whose barrier is not met, or that is behind one.
type outgoing struct {
	after       engine.Durable
	correlation engine.CorrelationID
	clientID    string
	req         kmsg.Request
	resp        kmsg.Response
	close       bool
}

func (c *conn) endOf(p *process, id engine.ConnID) *end {
	if c.client.p == p && c.client.id == id {
		return &c.client
	}
	return &c.server
}

// peer is the node at the other side, as events name it.
func (c *conn) peer(of *end) engine.NodeID {
	if of == &c.server {
		if c.tcp != nil {
			return c.about.node
		}
		return c.client.p.id
	}
	if c.server.p != nil {
		return c.server.p.id
	}
	return engine.NoNode
}

// dial opens a connection to another process of this cluster. Nodes talk to each
// other in values: nothing is encoded.
func (p *process) dial(ef *engine.Effect) {
	c := &conn{owner: ef.Owner, clientHost: loopback}
	c.client = end{p: p, id: ef.Conn, up: true}
	p.conns[ef.Conn] = c
	to, index := p.cluster.listener(ef.Addr)
	switch {
	case to == nil:
		p.later(func() { p.disconnected(c, &c.client, engine.Refused) })
	case p.cluster.isCut(p.id, to.id) || p.cluster.isCut(to.id, p.id):
		p.setInternal(connectTimeout, func() { p.disconnected(c, &c.client, engine.Unreachable) })
	default:
		c.server.p, c.listener = to, index
		if !to.in.post(func() { to.accept(c) }) {
			p.later(func() { p.disconnected(c, &c.client, engine.Refused) })
		}
	}
}

// accept takes a connection of another process.
func (p *process) accept(c *conn) {
	p.addServer(c)
	p.to(c, &c.server, func(from *process) {
		if !c.client.up {
			return
		}
		c.client.open = true
		from.step(engine.Connected{Conn: c.client.id, Owner: c.owner})
		from.flush(c, &c.client)
	})
}

func (p *process) addServer(c *conn) {
	p.accepted++
	if c.server.p == nil { // a TCP client's; one who dialled has said whom, and may be reading it
		c.server.p = p
	}
	c.server.id, c.server.up = engine.ConnID(p.accepted)<<1|engine.ConnID(p.life)<<lifeShift, true
	p.conns[c.server.id] = c
}

// lifeShift keeps the ids of connections accepted in different lives apart.
const lifeShift = 33

// to does something at the other end of a connection, unless the link is cut: then
// it waits until the link is healed, as TCP's retransmissions do.
func (p *process) to(c *conn, from *end, do func(*process)) bool {
	peer := c.server.p
	if from == &c.server {
		peer = c.client.p
	}
	if p.cluster.anyCut.Load() && p.cluster.stall(p.id, peer.id, func() { peer.in.post(func() { do(peer) }) }) {
		return true
	}
	return peer.in.post(func() { do(peer) })
}

// send sends a message when its barrier and what is before it allow.
func (p *process) send(c *conn, from *end, o outgoing) {
	if len(from.out) > 0 || !p.met(o.after) || from == &c.client && !from.open {
		from.out = append(from.out, o)
		p.held[c] = struct{}{}
		return
	}
	p.release(c, from, o)
}

func (p *process) flush(c *conn, from *end) {
	for len(from.out) > 0 && p.met(from.out[0].after) {
		o := from.out[0]
		from.out = append(from.out[:0], from.out[1:]...)
		p.release(c, from, o)
	}
}

// flushAll sends what a commit allows by now.
func (p *process) flushAll() {
	for c := range p.held {
		waiting := false
		for _, e := range [...]*end{&c.client, &c.server} {
			if e.p != p || !e.up {
				continue
			}
			if e != &c.client || e.open {
				p.flush(c, e)
			}
			waiting = waiting || len(e.out) > 0
		}
		if !waiting {
			delete(p.held, c)
		}
	}
}

func (p *process) release(c *conn, from *end, o outgoing) {
	switch {
	case o.close:
		p.hangUp(c, from, engine.ClosedByPeer)
	case o.req != nil:
		p.sampled(p.id, c.peer(from), o.req, nil)
		req := engine.Request{
			Correlation: o.correlation, Listener: c.listener, ClientID: o.clientID,
			ClientHost: c.clientHost, Body: o.req,
		}
		p.to(c, from, func(server *process) { server.arrive(c, req) })
	case c.tcp != nil:
		p.sampled(p.id, c.peer(from), nil, o.resp)
		c.tcp.Respond(o.resp)
	default:
		p.sampled(p.id, c.peer(from), nil, o.resp)
		p.to(c, from, func(client *process) {
			if c.client.up {
				client.step(engine.Response{Conn: c.client.id, Owner: c.owner, Correlation: o.correlation, Body: o.resp})
			}
		})
	}
}

// arrive takes a request of another process, or of a TCP client.
func (p *process) arrive(c *conn, req engine.Request) {
	e := &c.server
	if !e.up {
		return
	}
	req.Conn = e.id
	if c.tcp != nil {
		p.sampled(c.peer(e), p.id, req.Body, nil)
	}
	if e.busy {
		e.inbox = append(e.inbox, req)
		return
	}
	e.busy, e.serving = true, req.Correlation
	p.step(req)
}

// served lets the connection's next request in, as SocketServer unmutes a channel.
func (p *process) served(c *conn, correlation engine.CorrelationID) {
	e := &c.server
	if !e.busy || e.serving != correlation {
		engine.Violated("OneAnswerPerRequest", "node %d conn %d answered %d while serving %d (%v)",
			p.id, e.id, correlation, e.serving, e.busy)
	}
	if len(e.inbox) == 0 {
		e.busy = false
		return
	}
	next := e.inbox[0]
	e.inbox = append(e.inbox[:0], e.inbox[1:]...)
	e.serving = next.Correlation
	p.later(func() {
		if e.up {
			p.step(next)
		}
	})
}

// closeHere carries out a node's Close.
func (p *process) closeHere(id engine.ConnID) {
	c := p.conns[id]
	if c == nil {
		return
	}
	e := c.endOf(p, id)
	owner := engine.OwnerNode
	if e == &c.client {
		owner = c.owner
	}
	p.later(func() { p.step(engine.Disconnected{Conn: id, Owner: owner, Reason: engine.ClosedHere}) })
	if len(e.out) > 0 {
		e.out = append(e.out, outgoing{close: true})
		return
	}
	p.hangUp(c, e, engine.ClosedByPeer)
}

// hangUp ends a connection from this side.
func (p *process) hangUp(c *conn, from *end, reason engine.DisconnectReason) {
	if !from.up {
		return
	}
	p.forget(c, from)
	if c.tcp != nil {
		c.tcp.Close()
		return
	}
	if from == &c.client && c.server.p == nil {
		return // never connected
	}
	other := &c.client
	if from == &c.client {
		other = &c.server
	}
	p.to(c, from, func(peer *process) { peer.disconnected(c, other, reason) })
}

func (p *process) forget(c *conn, e *end) {
	e.up = false
	e.out, e.inbox = nil, nil
	delete(p.conns, e.id)
	delete(p.held, c)
}

// disconnected tells the node that a connection is gone.
func (p *process) disconnected(c *conn, e *end, reason engine.DisconnectReason) {
	if !e.up || e.p != p {
		return
	}
	p.forget(c, e)
	owner := engine.OwnerNode
	if e == &c.client {
		owner = c.owner
	}
	p.trace(engine.Event{Kind: engine.EventDisconnected, Peer: c.peer(e), Code: int16(reason)})
	p.step(engine.Disconnected{Conn: e.id, Owner: owner, Reason: reason})
}

// tcpSink hands what TCP clients bring to a process's goroutine.
type tcpSink struct{ p *process }

// loopback is the address of processes of this cluster to each other.
const loopback = "127.0.0.1"

func (s tcpSink) Opened(k *kafka.Conn) bool {
	return s.p.in.post(func() {
		c := &conn{tcp: k, listener: k.Listener, clientHost: k.Host()}
		s.p.addServer(c)
		s.p.tcp[k] = c
	})
}

func (s tcpSink) Request(k *kafka.Conn, correlation engine.CorrelationID, clientID string, body kmsg.Request) {
	posted := s.p.in.post(func() {
		if c := s.p.tcp[k]; c != nil {
			s.p.noteClient(c, clientID, body)
			s.p.arrive(c, engine.Request{
				Correlation: correlation, Listener: k.Listener, ClientID: clientID, ClientHost: c.clientHost, Body: body,
			})
		}
	})
	if !posted {
		k.Close()
	}
}

func (s tcpSink) Closed(k *kafka.Conn) {
	s.p.in.post(func() {
		if c := s.p.tcp[k]; c != nil {
			delete(s.p.tcp, k)
			s.p.cluster.externals.leave(c.about.node)
			s.p.disconnected(c, &c.server, engine.ClosedByPeer)
		}
	})
}
