package engine

import "fmt"

// Process is what a driver runs: a node with its random stream and connection
// counters. Clocks, disks, listeners and the network are the driver's.
type Process struct {
	Node Node
	env  Env
}

// NewProcess makes a process. The same seed and id give the same random stream;
// incarnation (0, 1, ...) sets the lives of a restarted process apart, in its
// random stream and in its connection ids.
func NewProcess(id NodeID, node Node, seed uint64, incarnation int) *Process {
	return &Process{Node: node, env: Env{
		self:     id,
		rand:     NewRand(seed, fmt.Sprintf("node/%d/%d", id, incarnation)),
		nextConn: ConnID(incarnation) << incarnationShift,
		sent:     map[ConnID]CorrelationID{},
		tracing:  true,
		requests: newRequestStats(),
	}}
}

// incarnationShift leaves each life of a process 2^32 connections of its own, so
// that an id is never used again within a run.
const incarnationShift = 32

// ID is the process's node id.
func (p *Process) ID() NodeID { return p.env.self }

// SetTracing turns events on or off. It changes nothing else.
func (p *Process) SetTracing(on bool) { p.env.tracing = on }

// Step hands one input to the node and gives its effects, valid until the next
// Step. When an invariant broke, it gives no effects and the Violation: the
// driver halts the process as a crash would.
func (p *Process) Step(now Time, wall WallTime, in Input) (effects []Effect, violated *Violation) {
	if now < p.env.now {
		Violated("MonotonicClock", "node %d: %d after %d", p.env.self, now, p.env.now)
	}
	p.env.now, p.env.wall = now, wall
	clear(p.env.effects) // drop references to messages of the last step
	clear(p.env.events)
	p.env.effects, p.env.events = p.env.effects[:0], p.env.events[:0]
	switch in := in.(type) {
	case Disconnected:
		delete(p.env.sent, in.Conn)
		delete(p.env.requests.served, in.Conn)
	case Request:
		p.env.requests.begin(in, now)
	}
	defer func() {
		if r := recover(); r != nil {
			v, ok := r.(Violation)
			if !ok {
				v = Violation{Name: "NoPanic", Detail: fmt.Sprint(r)}
			}
			effects, violated = nil, &v
		}
	}()
	p.Node.Handle(&p.env, in)
	return p.env.effects, nil
}
