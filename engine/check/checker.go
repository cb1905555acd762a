package check

import (
	"fmt"
	"slices"

	"bitacora/engine"
	"bitacora/engine/client"
	"bitacora/engine/cluster"
	"bitacora/engine/metadata"
	"bitacora/engine/quorum"
	"bitacora/engine/sim"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Checker watches one simulation. Attach it before anything is done.
type Checker struct {
	sim        *sim.Sim
	nodes      map[engine.NodeID]*node
	topics     map[string][]*partition // by number
	order      []*partition            // as they came up
	newest     *cluster.Server         // has the newest committed metadata
	meta       metaLog
	groups     groupTruth
	clients    map[engine.NodeID]*clientTruth
	asked      map[askKey]kmsg.Request // whose answer tells something
	acked      []ackedRecord
	violations []Violation
	losses     []Loss
	counts     Counts
}

// Counts is what happened in a run, so that a swarm can tell whether its runs put
// anything to the test.
type Counts struct {
	ISRShrinks   int
	ISRExpands   int
	Elections    int // of a partition's leader
	ELRElections int // from the ELR
	Unclean      int
	Truncations  int // that cut something
	Restarts     int
	Rebalances   int // generations that became stable
	Controllers  int // that became active
	Snapshots    int // of the metadata log, made or fetched
	Acknowledged int // records by acks=all
	Read         int // records handed out by consumers
}

// node is what is known of a process beside what it knows itself.
type node struct {
	id      engine.NodeID
	server  bool
	alive   bool
	damaged bool // its last death took data that was on disk
	starts  int
}

// violationsMax bounds what is kept: the first counts, a few more may help.
const violationsMax = 16

// New makes a checker that watches s.
func New(s *sim.Sim) *Checker {
	c := &Checker{
		sim: s, nodes: map[engine.NodeID]*node{}, topics: map[string][]*partition{},
		meta: newMetaLog(), groups: newGroupTruth(), clients: map[engine.NodeID]*clientTruth{},
		asked: map[askKey]kmsg.Request{},
	}
	for _, id := range s.Nodes() {
		n := c.node(id)
		n.alive, n.starts = true, 1
	}
	s.SetObserver(c)
	s.SetWatcher(c)
	return c
}

// Violations lists what broke, the first one first.
func (c *Checker) Violations() []Violation {
	if v := c.sim.Violation(); v != nil && len(c.violations) == 0 {
		return []Violation{{Property: NodeAssertion, At: c.sim.Now(), Detail: v.Error()}}
	}
	return c.violations
}

// Broken says whether anything broke.
func (c *Checker) Broken() bool { return len(c.violations) > 0 || c.sim.Violation() != nil }

// Losses lists the committed data that went outside the budget.
func (c *Checker) Losses() []Loss { return c.losses }

// Counts tells what happened.
func (c *Checker) Counts() Counts { return c.counts }

func (c *Checker) violated(p Property, tp engine.TopicPartition, format string, args ...any) {
	if len(c.violations) < violationsMax {
		c.violations = append(c.violations, Violation{p, c.sim.Now(), tp, fmt.Sprintf(format, args...)})
	}
}

func (c *Checker) node(id engine.NodeID) *node {
	n := c.nodes[id]
	if n == nil {
		n = &node{id: id}
		what, _ := c.sim.Node(id)
		_, n.server = what.(*cluster.Server)
		c.nodes[id] = n
	}
	return n
}

// serverOf gives a server, also a dead one as it was; nil where there is none.
func (c *Checker) serverOf(id engine.NodeID) *cluster.Server {
	what, _ := c.sim.Node(id)
	sv, _ := what.(*cluster.Server)
	return sv
}

// image is the newest committed metadata; nil before there is any.
func (c *Checker) image() *metadata.Image {
	if c.newest == nil {
		return nil
	}
	return c.newest.Image()
}

// runs is Vanlightly's RUNNING: the broker lives, and the registration that it goes
// by is the one that the cluster has. A broker that comes back was taken out of the
// ISR by the registration that makes it run again.
func (c *Checker) runs(id engine.NodeID) bool {
	n, image := c.nodes[id], c.image()
	if n == nil || !n.alive || image == nil {
		return false
	}
	sv, b := c.serverOf(id), image.Broker(id)
	return sv != nil && sv.Broker() != nil && b != nil && sv.Broker().Epoch() == b.Epoch
}

// Observe takes an event (sim.Observer).
func (c *Checker) Observe(at engine.Time, ev *engine.Event) {
	switch ev.Kind {
	case engine.EventSent, engine.EventDelivered, engine.EventLost, engine.EventConnected, engine.EventClientMetadata:
		return // by far the most
	case engine.EventAppended, engine.EventHighWatermark, engine.EventTruncated, engine.EventBecameLeader,
		engine.EventBecameFollower, engine.EventReplicaOffline, engine.EventRecovered, engine.EventISRChanged,
		engine.EventLeaderElected, engine.EventDiskDamaged:
		c.onReplica(ev)
	case engine.EventSnapshotGenerated, engine.EventSnapshotFetched:
		c.counts.Snapshots++
	case engine.EventTopicDeleted:
		c.forget(ev.Topic)
	case engine.EventQuorumHighWatermark:
		c.onMetadataCommitted(ev)
	case engine.EventQuorumState:
		c.onQuorumState(ev)
	case engine.EventControllerActive:
		c.counts.Controllers++
	case engine.EventProcessStarted, engine.EventProcessKilled, engine.EventProcessHalted:
		c.onProcess(ev)
	case engine.EventGroupState:
		c.onGroupState(ev)
	case engine.EventClientAcked, engine.EventClientRead, engine.EventClientPosition, engine.EventClientAssigned:
		c.onClient(ev)
	}
}

func (c *Checker) onProcess(ev *engine.Event) {
	n := c.node(ev.Node)
	if ev.Kind == engine.EventProcessStarted {
		what, _ := c.sim.Node(ev.Node)
		_, n.server = what.(*cluster.Server)
		n.alive = true
		if n.starts++; n.starts > 1 {
			c.counts.Restarts++
		}
		delete(c.clients, ev.Node)
		for _, p := range c.order {
			if r := p.find(ev.Node); r != nil {
				r.restarted()
			}
		}
		return
	}
	n.alive = false
	n.damaged = ev.Kind == engine.EventProcessKilled && ev.Code != 0
	for _, p := range c.order {
		if r := p.find(ev.Node); r != nil {
			r.leads, r.epoch = false, engine.NoLeaderEpoch
		}
	}
}

// Quiet looks at what is too dear to look at after every step.
func (c *Checker) Quiet() {
	for _, p := range c.order {
		c.quietPartition(p)
	}
	c.quietGroups()
	c.quietMetadata()
}

// consumers lists the living consumers, by id.
func (c *Checker) consumers() (ids []engine.NodeID, all []*client.Consumer) {
	for _, id := range c.sim.Nodes() {
		what, state := c.sim.Node(id)
		if k, ok := what.(*client.Consumer); ok && state != sim.Dead {
			ids, all = append(ids, id), append(all, k)
		}
	}
	return ids, all
}

func (c *Checker) onReplica(ev *engine.Event) {
	if ev.Topic == quorum.TopicName {
		if ev.Kind == engine.EventTruncated && ev.Until > ev.Offset {
			c.counts.Truncations++
		}
		c.meta.onLog(ev)
		return
	}
	if ev.Topic == "" {
		return
	}
	p := c.partition(ev.Topic, ev.Partition)
	switch ev.Kind {
	case engine.EventAppended:
		p.replica(ev.Node).leo = ev.Until
	case engine.EventHighWatermark:
		c.onHighWatermark(p, ev)
	case engine.EventTruncated:
		c.onTruncated(p, ev)
	case engine.EventBecameLeader:
		c.onBecameLeader(p, ev)
	case engine.EventBecameFollower:
		r := p.replica(ev.Node)
		c.epochMoves(p, r, ev.Epoch)
		r.leads = false
	case engine.EventReplicaOffline:
		p.drop(ev.Node)
	case engine.EventRecovered:
		c.onRecovered(p, ev)
	case engine.EventISRChanged, engine.EventLeaderElected:
		c.onISR(p, ev)
	case engine.EventDiskDamaged:
		r := p.replica(ev.Node)
		r.spoilt = true
		if ev.Offset < p.trueHighWatermark {
			c.lossy(p, r)
		}
	}
}

// forget begins anew with a topic that was deleted.
func (c *Checker) forget(topic string) {
	delete(c.topics, topic)
	c.order = slices.DeleteFunc(c.order, func(p *partition) bool { return p.tp.Topic == topic })
}

func (c *Checker) partition(topic string, number int32) *partition {
	list := c.topics[topic]
	for int(number) >= len(list) {
		p := &partition{tp: engine.TopicPartition{Topic: topic, Partition: int32(len(list))}, told: engine.NoOffset}
		list = append(list, p)
		c.order = append(c.order, p)
		c.topics[topic] = list
	}
	return list[number]
}
