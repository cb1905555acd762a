package scenarios

import (
	"bitacora/engine"
	"bitacora/engine/broker/replica"
	"bitacora/engine/cluster"
	"bitacora/engine/metadata"
	"bitacora/engine/sim"
)

// Fact is something that a condition can ask of the world.
type Fact uint8

// The facts. What the metadata says is what the server says that has committed
// most of it.
const (
	FactLeader         Fact = iota // of a partition; -1: none
	FactEpoch                      // its leader epoch
	FactPartitionEpoch             // its partition epoch
	FactISR                        // its in-sync replicas
	FactReplicas                   // its replicas
	FactHighWatermark              // of a partition, as its leader has it
	FactLEO                        // log end offset of a partition on a broker
	FactCommitted                  // high watermark of a partition on a broker
	FactTruncated                  // records that a broker cut off its copy of a partition, so far
	FactLive                       // brokers that run and are not fenced
	FactFenced                     // brokers that the metadata has as fenced
	FactController                 // the active controller; -1: none
	FactVoters                     // of the metadata quorum
	FactNow                        // milliseconds since the beginning
	FactSent                       // records that a producer has sent
	FactAcked                      // that were acknowledged to it
	FactFailed                     // that ended in an error
	FactRetried                    // how often it had to send again
	FactLost                       // acknowledged ones that are no longer where they were
	FactDisorder                   // acknowledged ones that lie before an earlier one of their partition
	FactDuplicates                 // records of a topic that stand in it twice
	FactRead                       // records that a consumer was given
	FactReread                     // that it was given a second time, or out of order
	FactUnread                     // acknowledged ones of a producer that a consumer was not given
	factCount
)

// ArgKind says what an argument must be.
type ArgKind uint8

// The kinds of argument.
const (
	ArgPartition ArgKind = iota
	ArgNode
	ArgProducer
	ArgConsumer
)

type factForm struct {
	name string
	args []ArgKind
	set  bool
}

func factForms() [factCount]factForm {
	part, node, prod, cons := ArgPartition, ArgNode, ArgProducer, ArgConsumer
	return [factCount]factForm{
		FactLeader:         {"leader", []ArgKind{part}, false},
		FactEpoch:          {"epoch", []ArgKind{part}, false},
		FactPartitionEpoch: {"partitionEpoch", []ArgKind{part}, false},
		FactISR:            {"isr", []ArgKind{part}, true},
		FactReplicas:       {"replicas", []ArgKind{part}, true},
		FactHighWatermark:  {"highWatermark", []ArgKind{part}, false},
		FactLEO:            {"leo", []ArgKind{part, node}, false},
		FactCommitted:      {"committed", []ArgKind{part, node}, false},
		FactTruncated:      {"truncated", []ArgKind{part, node}, false},
		FactLive:           {"live", nil, true},
		FactFenced:         {"fenced", nil, true},
		FactController:     {"controller", nil, false},
		FactVoters:         {"voters", nil, true},
		FactNow:            {"now", nil, false},
		FactSent:           {"sent", []ArgKind{prod}, false},
		FactAcked:          {"acked", []ArgKind{prod}, false},
		FactFailed:         {"failed", []ArgKind{prod}, false},
		FactRetried:        {"retried", []ArgKind{prod}, false},
		FactLost:           {"lost", []ArgKind{prod}, false},
		FactDisorder:       {"disorder", []ArgKind{prod}, false},
		FactDuplicates:     {"duplicates", []ArgKind{part}, false},
		FactRead:           {"read", []ArgKind{cons}, false},
		FactReread:         {"reread", []ArgKind{cons}, false},
		FactUnread:         {"unread", []ArgKind{cons, prod}, false},
	}
}

// ParseFact finds a fact by its name, and says what arguments it takes and whether
// it is a set.
func ParseFact(name string) (f Fact, args []ArgKind, isSet, ok bool) {
	for i, form := range factForms() {
		if form.name == name {
			return Fact(i), form.args, form.set, true
		}
	}
	return 0, nil, false, false
}

// Facts lists the names of all facts.
func Facts() []string {
	var all []string
	for _, f := range factForms() {
		all = append(all, f.name)
	}
	return all
}

func (r *Runner) ask(t *Term) Value {
	if f := factForms()[t.Fact]; len(t.Args) > 0 {
		switch f.args[0] {
		case ArgPartition:
			return r.askPartition(t)
		default:
			return r.askClient(t)
		}
	}
	switch t.Fact {
	case FactNow:
		return number(int64(r.now()) / 1_000_000)
	case FactLive:
		return set(r.brokers(func(s *cluster.Server) bool { return s != nil && !s.Broker().Fenced() }))
	case FactFenced:
		image := r.image()
		if image == nil {
			return Value{}
		}
		var fenced []engine.NodeID
		for _, id := range image.BrokerIDs() {
			if image.Broker(id).Fenced {
				fenced = append(fenced, id)
			}
		}
		return set(fenced)
	case FactController, FactVoters:
		return r.askQuorum(t.Fact)
	}
	return Value{}
}

func (r *Runner) askQuorum(f Fact) Value {
	leader, voters, epoch := engine.NoNode, []engine.NodeID(nil), engine.LeaderEpoch(-1)
	for _, id := range r.sim.Nodes() {
		if s := r.server(id); s != nil {
			if q := s.Quorum().State(); q.Epoch > epoch || q.Epoch == epoch && q.Leader == id {
				leader, voters, epoch = q.Leader, q.Voters, q.Epoch
			}
		}
	}
	if f == FactController {
		return number(leader)
	}
	return set(voters)
}

func (r *Runner) askPartition(t *Term) Value {
	tp := t.Args[0].Partition
	switch t.Fact {
	case FactTruncated:
		id := r.value(t.Args[1].Node)
		return Value{Known: id.Known, Number: r.truncated[copyOf{tp, engine.NodeID(id.Number)}]}
	case FactLEO, FactCommitted:
		id := r.value(t.Args[1].Node)
		state, ok := r.replica(engine.NodeID(id.Number), tp)
		if !id.Known || !ok {
			return Value{}
		}
		if t.Fact == FactLEO {
			return number(state.LogEnd)
		}
		return number(state.HighWatermark)
	}
	p := r.partition(tp)
	if p == nil {
		return Value{}
	}
	switch t.Fact {
	case FactLeader:
		return number(p.Leader)
	case FactEpoch:
		return number(p.LeaderEpoch)
	case FactPartitionEpoch:
		return number(p.PartitionEpoch)
	case FactISR:
		return set(p.ISR)
	case FactReplicas:
		return set(p.Replicas)
	case FactHighWatermark:
		if state, ok := r.replica(p.Leader, tp); ok && state.IsLeader(p.Leader) {
			return number(state.HighWatermark)
		}
	case FactDuplicates:
		return r.duplicates(tp)
	}
	return Value{}
}

func (r *Runner) askClient(t *Term) Value {
	id, c := r.scenario.Client(t.Args[0].Client)
	if c == nil {
		return Value{}
	}
	l := r.ledgers[id]
	switch t.Fact {
	case FactSent:
		return number(l.sent)
	case FactAcked:
		return number(len(l.acked))
	case FactFailed:
		return number(l.failed)
	case FactRetried:
		return number(l.retried)
	case FactLost:
		return number(r.lost(l))
	case FactDisorder:
		return number(l.disorder())
	case FactRead:
		return number(l.read)
	case FactReread:
		return number(l.reread)
	case FactUnread:
		producer, _ := r.scenario.Client(t.Args[1].Client)
		return number(r.unread(c.Group, r.ledgers[producer]))
	}
	return Value{}
}

// server gives a running server's node; nil where there is none, or none runs.
func (r *Runner) server(id engine.NodeID) *cluster.Server {
	n, state := r.sim.Node(id)
	if s, ok := n.(*cluster.Server); ok && state == sim.Running {
		return s
	}
	return nil
}

// brokers lists the brokers of which something is true; nil stands for one that
// does not run.
func (r *Runner) brokers(is func(*cluster.Server) bool) []engine.NodeID {
	var all []engine.NodeID
	for i := range r.scenario.Cluster.Brokers {
		if id := engine.NodeID(i + 1); is(r.server(id)) {
			all = append(all, id)
		}
	}
	return all
}

// image is the metadata of the server that has committed most of it.
func (r *Runner) image() *metadata.Image {
	var newest *metadata.Image
	for _, id := range r.servers {
		if s := r.server(id); s != nil && (newest == nil || s.Image().Offset() > newest.Offset()) {
			newest = s.Image()
		}
	}
	return newest
}

func (r *Runner) partition(tp engine.TopicPartition) *metadata.Partition {
	image := r.image()
	if image == nil {
		return nil
	}
	t := image.Topic(tp.Topic)
	if t == nil || int(tp.Partition) >= len(t.Partitions) {
		return nil
	}
	return t.Partitions[tp.Partition]
}

func (r *Runner) replica(id engine.NodeID, tp engine.TopicPartition) (replica.State, bool) {
	if s := r.server(id); s != nil && s.Broker() != nil {
		return s.Broker().Replicas().State(tp)
	}
	return replica.State{}, false
}
