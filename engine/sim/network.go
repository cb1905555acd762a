package sim

import (
	"slices"
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// LinkConfig says what a link is like in one direction.
type LinkConfig struct {
	LatencyMin     time.Duration
	LatencyMax     time.Duration // drawn evenly from Min to Max, a message at a time
	BytesPerSecond int64         // 0: without limit
}

type linkKey struct{ from, to engine.NodeID }

// link is one direction between two processes.
type link struct {
	cfg     LinkConfig
	harm    LinkConfig // ActSlowLink: what is added to the latency, and a rate
	rand    engine.Rand
	cut     bool
	freeAt  engine.Time     // bandwidth: when the last byte of what was sent has left
	stalled []*transmission // what TCP will send again once the link is healed, in order
}

type transmissionKind uint8

const (
	sentSYN transmissionKind = iota
	sentAccept
	sentRefusal
	sentRequest
	sentResponse
	sentFIN
)

// transmission is one thing on its way from one end of a connection to the other.
type transmission struct {
	number      uint64 // messages only: their number in this run
	kind        transmissionKind
	conn        *conn
	toServer    bool
	reason      engine.DisconnectReason
	correlation engine.CorrelationID
	clientID    string
	request     kmsg.Request
	response    kmsg.Response
	bytes       int64
	sentAt      engine.Time
	arrivesAt   engine.Time
}

// held is a message whose barrier is not met, or that is behind one.
type held struct {
	after engine.Durable
	sent  *transmission
	close bool // not a message: the node closed the connection here
}

// end is one side of a connection.
type end struct {
	node engine.NodeID
	life int
	id   engine.ConnID
	up   bool // this side still knows the connection
	proc *process
	link *link // from this end to the other; nil where nobody listens
	out  []held
	last engine.Time // when the latest thing sent from here arrives: order is kept
}

// conn is a connection between a client's end and a server's.
type conn struct {
	client, server end
	owner          engine.Owner
	listener       uint8
	established    bool
	inbox          []engine.Request // behind the one that is served
	busy           bool
	serving        engine.CorrelationID
}

func (c *conn) ends(toServer bool) (from, to *end) {
	if toServer {
		return &c.client, &c.server
	}
	return &c.server, &c.client
}

func (s *Sim) link(from, to engine.NodeID) *link {
	key := linkKey{from, to}
	l := s.links[key]
	if l == nil {
		l = &link{cfg: s.cfg.Link, rand: engine.NewRand(s.cfg.Seed, linkName(from, to))}
		s.links[key] = l
	}
	return l
}

// SetLink changes what a link is like, in one direction.
func (s *Sim) SetLink(from, to engine.NodeID, cfg LinkConfig) { s.link(from, to).cfg = cfg }

func (l *link) delay(now engine.Time, bytes int64) engine.Time {
	least, most := l.cfg.LatencyMin+l.harm.LatencyMin, l.cfg.LatencyMax+l.harm.LatencyMax
	d := least
	if spread := int64(most - least); spread > 0 {
		d += time.Duration(l.rand.Int64N(spread + 1))
	}
	at := now
	rate := l.cfg.BytesPerSecond
	if h := l.harm.BytesPerSecond; h > 0 && (rate == 0 || h < rate) {
		rate = h
	}
	if rate > 0 {
		at = max(now, l.freeAt).Add(time.Duration(bytes * int64(time.Second) / rate))
		l.freeAt = at
	}
	return at.Add(d)
}

// transmit puts t on its link. Things of one connection and direction arrive in
// the order in which they were sent.
func (s *Sim) transmit(t *transmission) {
	from, to := t.conn.ends(t.toServer)
	l := from.link
	if t.sentAt == 0 {
		t.sentAt = s.now
	}
	if l.cut {
		l.stalled = append(l.stalled, t)
		return
	}
	at := max(l.delay(s.now, t.bytes), from.last)
	from.last = at
	t.arrivesAt = at
	s.schedule(item{at: at, node: to.node, kind: itemArrival, life: to.life, sent: t})
}

func (s *Sim) dial(p *process, ef *engine.Effect) {
	c := &conn{
		client: end{node: p.id, life: p.life, id: ef.Conn, up: true, proc: p},
		owner:  ef.Owner,
	}
	p.conns[ef.Conn] = c
	p.connOrder = append(p.connOrder, ef.Conn)
	where, ok := s.listeners[ef.Addr]
	if !ok {
		s.schedule(item{at: s.now, node: p.id, kind: itemArrival, life: p.life,
			sent: &transmission{kind: sentRefusal, conn: c, reason: engine.UnknownHost}})
		return
	}
	c.listener = where.index
	c.client.link = s.link(p.id, where.node)
	c.server = end{node: where.node, life: anyLife, proc: s.processes[where.node], link: s.link(where.node, p.id)}
	if c.client.link.cut || c.server.link.cut {
		s.schedule(item{at: s.now.Add(s.cfg.ConnectTimeout), node: p.id, kind: itemArrival, life: p.life,
			sent: &transmission{kind: sentRefusal, conn: c, reason: engine.Unreachable}})
		return
	}
	s.transmit(&transmission{kind: sentSYN, conn: c, toServer: true})
}

// anyLife marks an arrival that any incarnation may take: a SYN.
const anyLife = -1

// send queues a message behind its barrier and what is before it.
func (s *Sim) send(p *process, c *conn, h held) {
	from, _ := c.ends(h.sent.toServer)
	if len(from.out) > 0 || h.sent.toServer && !c.established || !p.met(h.after) {
		from.out = append(from.out, h)
		p.holding(from.id)
		return
	}
	s.release(p, c, from, h)
}

func (s *Sim) release(p *process, c *conn, from *end, h held) {
	if h.close {
		s.hangUp(p, c, from)
		return
	}
	s.messages++
	h.sent.number = s.messages
	s.transmit(h.sent)
	s.traceMessage(engine.EventSent, h.sent)
	s.watch(h.sent)
}

// flush sends what its barriers allow by now.
func (s *Sim) flush(p *process) {
	waiting := p.held[:0]
	for _, id := range p.held {
		c := p.conns[id]
		if c == nil {
			continue
		}
		e := c.endOf(p, id)
		for len(e.out) > 0 && p.met(e.out[0].after) && (e != &c.client || c.established) {
			h := e.out[0]
			e.out = append(e.out[:0], e.out[1:]...)
			s.release(p, c, e, h)
		}
		if len(e.out) > 0 {
			waiting = append(waiting, id)
		}
	}
	p.held = waiting
}

func (c *conn) endOf(p *process, id engine.ConnID) *end {
	if c.client.node == p.id && c.client.id == id {
		return &c.client
	}
	return &c.server
}

// hangUp ends a connection from one side, after all it had sent.
func (s *Sim) hangUp(p *process, c *conn, from *end) {
	if !from.up {
		return
	}
	from.up = false
	from.out = nil
	delete(p.conns, from.id)
	if i := slices.Index(p.connOrder, from.id); i >= 0 {
		p.connOrder = slices.Delete(p.connOrder, i, i+1)
	}
	if from == &c.client && !c.established {
		return // a SYN that is under way will find nobody
	}
	s.transmit(&transmission{kind: sentFIN, conn: c, toServer: from == &c.client, reason: engine.ClosedByPeer})
}

// arrive takes a transmission at its end.
func (s *Sim) arrive(t *transmission) {
	from, to := t.conn.ends(t.toServer)
	if t.kind != sentRefusal || t.reason == engine.Refused {
		if l := from.link; l.cut {
			l.stalled = append(l.stalled, t)
			return
		}
	}
	p := to.proc
	if p.state == Paused && t.kind != sentSYN {
		p.backlog = append(p.backlog, t)
		return
	}
	switch t.kind {
	case sentSYN:
		s.accept(p, t.conn)
	case sentAccept:
		if !to.up || to.life != p.life {
			return
		}
		t.conn.established = true
		s.step(p, engine.Connected{Conn: to.id, Owner: t.conn.owner})
		s.flush(p)
	case sentRefusal, sentFIN:
		s.disconnect(p, t.conn, to, t.reason)
	case sentRequest:
		s.arriveRequest(p, t, to)
	case sentResponse:
		if !to.up || to.life != p.life || p.state == Dead {
			s.traceMessage(engine.EventLost, t)
			return
		}
		s.traceMessage(engine.EventDelivered, t)
		s.step(p, engine.Response{Conn: to.id, Owner: t.conn.owner, Correlation: t.correlation, Body: t.response})
	}
}

// accept completes a dial. A paused process's kernel still accepts.
func (s *Sim) accept(p *process, c *conn) {
	if p.state == Dead {
		s.transmit(&transmission{kind: sentRefusal, conn: c, reason: engine.Refused})
		return
	}
	if !c.client.up {
		return
	}
	p.accepted++
	id := engine.ConnID(p.accepted)<<1 | engine.ConnID(p.life)<<lifeShift
	c.server.id, c.server.life, c.server.up = id, p.life, true
	p.conns[id] = c
	p.connOrder = append(p.connOrder, id)
	s.transmit(&transmission{kind: sentAccept, conn: c})
	s.trace(engine.Event{Kind: engine.EventConnected, Node: c.client.node, Peer: p.id})
}

// lifeShift keeps accepted connections' ids of different lives apart, beside
// those that engine.Process gives to dialled ones.
const lifeShift = 33

func (s *Sim) arriveRequest(p *process, t *transmission, to *end) {
	if !to.up || to.life != p.life || p.state == Dead {
		s.traceMessage(engine.EventLost, t)
		return
	}
	c := t.conn
	req := engine.Request{
		Conn: to.id, Correlation: t.correlation, Listener: c.listener,
		ClientID: t.clientID, ClientHost: c.client.proc.host, Body: t.request,
	}
	s.traceMessage(engine.EventDelivered, t)
	if c.busy {
		c.inbox = append(c.inbox, req)
		return
	}
	s.serve(p, c, req)
}

func (s *Sim) serve(p *process, c *conn, req engine.Request) {
	c.busy, c.serving = true, req.Correlation
	s.step(p, req)
}

// served lets the connection's next request in, as SocketServer unmutes a channel.
func (s *Sim) served(p *process, c *conn, correlation engine.CorrelationID) {
	if !c.busy || c.serving != correlation {
		engine.Violated("OneAnswerPerRequest", "node %d conn %d answered %d while serving %d (%v)",
			p.id, c.server.id, correlation, c.serving, c.busy)
	}
	c.busy = false
	if len(c.inbox) == 0 || !c.server.up {
		return
	}
	next := c.inbox[0]
	c.inbox = append(c.inbox[:0], c.inbox[1:]...)
	c.busy = true // until it is served: nobody overtakes it
	s.schedule(item{at: s.now, node: p.id, kind: itemInput, life: p.life, input: next})
}

// disconnect tells a side that its connection is gone.
func (s *Sim) disconnect(p *process, c *conn, to *end, reason engine.DisconnectReason) {
	if !to.up || p.state == Dead || to.life != p.life {
		return
	}
	to.up = false
	to.out = nil
	c.inbox = nil
	delete(p.conns, to.id)
	if i := slices.Index(p.connOrder, to.id); i >= 0 {
		p.connOrder = slices.Delete(p.connOrder, i, i+1)
	}
	owner := engine.OwnerNode
	if to == &c.client {
		owner = c.owner
	}
	peer := c.server.node
	if to == &c.server {
		peer = c.client.node
	}
	s.trace(engine.Event{Kind: engine.EventDisconnected, Node: p.id, Peer: peer, Code: int16(reason)})
	s.step(p, engine.Disconnected{Conn: to.id, Owner: owner, Reason: reason})
}

// messageOverhead stands for headers and small fields of a message whose size
// nobody needs to the byte; encoding it to learn it would cost more than all else.
const messageOverhead = 96

func requestSize(req kmsg.Request) int64 {
	n := int64(messageOverhead)
	if p, ok := req.(*kmsg.ProduceRequest); ok {
		for i := range p.Topics {
			for j := range p.Topics[i].Partitions {
				n += int64(len(p.Topics[i].Partitions[j].Records)) + 16
			}
		}
	}
	return n
}

func responseSize(resp kmsg.Response) int64 {
	n := int64(messageOverhead)
	if f, ok := resp.(*kmsg.FetchResponse); ok {
		for i := range f.Topics {
			for j := range f.Topics[i].Partitions {
				n += int64(len(f.Topics[i].Partitions[j].RecordBatches)) + 48
			}
		}
	}
	return n
}
