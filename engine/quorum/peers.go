package quorum

import (
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/channel"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// peer is one server that this replica talks to, with at most one request that it
// cares about (RequestManager.ConnectionState). Bootstrap servers have negative
// ids, -2 and down, until their node id is known.
type peer struct {
	id       engine.NodeID
	channel  channel.Channel
	state    peerState
	sentAt   engine.Time
	failedAt engine.Time
	expected int64 // number of the request whose response counts
}

type peerState uint8

const (
	peerReady peerState = iota
	peerAwaiting
	peerBackingOff
)

// bootstrapIDFirst is the id of the first bootstrap server; -1 is no node.
const bootstrapIDFirst engine.NodeID = -2

func bootstrapID(i int) engine.NodeID { return bootstrapIDFirst - engine.NodeID(i) }

// peer gives the peer of an id, made on first use. Peers are kept in order of id.
func (r *Replica) peer(id engine.NodeID) *peer {
	i, found := slices.BinarySearchFunc(r.peers, id, func(p *peer, id engine.NodeID) int { return int(p.id) - int(id) })
	if !found {
		p := &peer{id: id, channel: channel.New(channel.Config{
			Owner:          engine.OwnerQuorum,
			Key:            int64(id),
			ClientID:       r.clientID,
			RequestTimeout: r.cfg.RequestTimeout,
		})}
		r.peers = slices.Insert(r.peers, i, p)
	}
	return r.peers[i]
}

func (r *Replica) knownPeer(id engine.NodeID) (*peer, bool) {
	i, found := slices.BinarySearchFunc(r.peers, id, func(p *peer, id engine.NodeID) int { return int(p.id) - int(id) })
	if !found {
		return nil, false
	}
	return r.peers[i], true
}

// dropPeer closes the connection to a replica that did not become a voter: requests
// may name any number of them.
func (r *Replica) dropPeer(env *engine.Env, id engine.NodeID) {
	p, known := r.knownPeer(id)
	if _, voter := r.log.lastVoters().find(id); !known || voter {
		return
	}
	p.channel.Close(env)
	r.peers = slices.DeleteFunc(slices.Clone(r.peers), func(q *peer) bool { return q == p })
}

func (r *Replica) hasTimedOut(p *peer, now engine.Time) bool {
	return p.state == peerAwaiting && now >= p.sentAt.Add(r.cfg.RequestTimeout)
}

func (r *Replica) isBackingOff(p *peer, now engine.Time) bool {
	return p.state == peerBackingOff && now < p.failedAt.Add(r.cfg.RetryBackoff)
}

// isReady settles time-outs and back-offs that are over (RequestManager.isReady). A
// request for a connection that could not be made would fail at once
// (InterBrokerSendThread.checkDisconnects), so such a peer backs off instead.
func (r *Replica) isReady(p *peer, now engine.Time) bool {
	if r.hasTimedOut(p, now) || p.state == peerBackingOff && !r.isBackingOff(p, now) {
		p.reset()
	}
	if p.state == peerReady && p.channel.BackingOff() {
		p.state, p.failedAt = peerBackingOff, now
	}
	return p.state == peerReady
}

func (p *peer) reset() {
	p.state = peerReady
	p.expected = 0
}

// resetPeers forgets what is on its way: after a change of state no answer to the
// former state counts (RequestManager.resetAll).
func (r *Replica) resetPeers() {
	for _, p := range r.peers {
		p.reset()
	}
}

// hasAnyInFlight says whether any answer is still expected. There is at most one
// Fetch at a time, to whomever.
func (r *Replica) hasAnyInFlight(now engine.Time) bool {
	for _, p := range r.peers {
		if !r.isReady(p, now) && p.state == peerAwaiting {
			return true
		}
	}
	return false
}

// waitFor is how long until the peer may be sent to.
func (r *Replica) waitFor(p *peer, now engine.Time) time.Duration {
	switch p.state {
	case peerAwaiting:
		return remaining(now, p.sentAt.Add(r.cfg.RequestTimeout))
	case peerBackingOff:
		return remaining(now, p.failedAt.Add(r.cfg.RetryBackoff))
	}
	return 0
}

// canSend says whether a request may go to the peer now, and else how long to wait.
func (r *Replica) canSend(env *engine.Env, id engine.NodeID) (bool, time.Duration) {
	p := r.peer(id)
	if r.isReady(p, env.Now()) {
		return true, 0
	}
	return false, r.waitFor(p, env.Now())
}

// send sends one request to a peer that canSend allowed. The barrier must be met
// before it leaves; so must that of the election state.
func (r *Replica) send(env *engine.Env, id engine.NodeID, addr engine.Addr, req kmsg.Request, after engine.Durable) {
	p := r.peer(id)
	// What an old address still owed is of no interest: the peer was ready.
	p.channel.SetAddr(env, addr)
	r.requests++
	p.state = peerAwaiting
	p.sentAt = env.Now()
	p.expected = r.requests
	tag := channel.Tag{Kind: uint8(req.Key()), Key: int64(id), Sub: r.requests}
	if len(p.channel.Send(env, tag, req, r.atLeastState(after))) > 0 {
		// The peer does not speak this API: no replica of ours.
		p.state, p.failedAt, p.expected = peerBackingOff, env.Now(), 0
	}
}

// atLeastState is the later of a barrier and that of the election state.
func (r *Replica) atLeastState(after engine.Durable) engine.Durable {
	if r.cfg.has(BugVoteNotDurable) {
		return after
	}
	if after.Seq < r.stateBarrier.Seq {
		return r.stateBarrier
	}
	return after
}

// onChannel hands an input to the channel that it belongs to and takes the ends of
// requests out of it.
func (r *Replica) onChannel(env *engine.Env, in engine.Input) bool {
	for _, p := range r.peers {
		results, mine := p.channel.Handle(env, in)
		if !mine {
			continue
		}
		// Handling a result may send, and so reuse the channel's slice.
		for _, result := range slices.Clone(results) {
			r.onResult(env, p, result)
		}
		return true
	}
	return false
}

func (r *Replica) onResult(env *engine.Env, p *peer, result channel.Result) {
	if p.expected == 0 || p.expected != result.Tag.Sub {
		return // the state that asked is over
	}
	ok := r.onResponse(env, p.id, result)
	if p.expected != result.Tag.Sub {
		return // handling it changed the state, and reset the peer
	}
	p.reset()
	if !ok {
		p.state = peerBackingOff
		p.failedAt = env.Now()
	}
}

// anyBootstrap gives a bootstrap server that can be sent to, beginning anywhere
// (RequestManager.findReadyBootstrapServer).
func (r *Replica) anyBootstrap(env *engine.Env) (id engine.NodeID, addr engine.Addr, found bool) {
	if r.hasAnyInFlight(env.Now()) {
		return 0, addr, false
	}
	n := len(r.cfg.BootstrapServers)
	first := env.Rand().IntN(n)
	for i := range n {
		k := (first + i) % n
		if r.isReady(r.peer(bootstrapID(k)), env.Now()) {
			return bootstrapID(k), r.cfg.BootstrapServers[k], true
		}
	}
	return 0, addr, false
}

// waitForBootstrap is how long until a bootstrap server may be asked
// (RequestManager.backoffBeforeAvailableBootstrapServer).
func (r *Replica) waitForBootstrap(now engine.Time) time.Duration {
	wait := r.cfg.RetryBackoff
	for _, p := range r.peers {
		switch r.isReady(p, now); p.state {
		case peerAwaiting:
			return r.waitFor(p, now)
		case peerBackingOff:
			wait = min(wait, r.waitFor(p, now))
		}
	}
	for i := range r.cfg.BootstrapServers {
		if r.isReady(r.peer(bootstrapID(i)), now) {
			return 0
		}
	}
	return wait
}
