package swarm

import (
	"time"

	"bitacora/engine"
)

// Plan is a whole run, written down: the cluster, the work and the faults. With the
// engine, it is all there is to a run.
type Plan struct {
	Seed        uint64
	Bugs        []string // known-bug switches (sim.BugNames) that are on
	Brokers     int
	Controllers int
	Combined    bool
	Properties  []Property // server.properties
	Features    []Property // finalized from the beginning, as kafka-storage format --feature
	Topics      []Topic
	Clients     []Client
	Steps       []Step
	Lasts       time.Duration // of the work, from the moment the cluster is up
	Heals       time.Duration // how long a healed cluster may take to be well
	// Excerpt says that the plan was cut from a run, and is not to be made a whole one
	// with faults and records that it lacks.
	Excerpt bool
}

// Property is a configuration by Kafka's name.
type Property struct{ Key, Value string }

// Topic is one that is created before the work begins.
type Topic struct {
	Name       string
	Partitions int
	Replicas   int
	Properties []Property
}

// ClientKind says what a client is.
type ClientKind uint8

// The kinds of clients.
const (
	Producer ClientKind = iota
	Consumer            // a member of a group
	Reader              // reads all, without a group
)

// Client is one client with its application.
type Client struct {
	ID         engine.NodeID
	Kind       ClientKind
	Topic      string
	Group      string
	Every      time.Duration // between two records of a producer
	Properties []Property
}

// Step is one fault, and when it is mended.
type Step struct {
	At   time.Duration // from the moment the cluster is up
	Verb Verb
	Node Target
	Peer Target // of cut, cut-from and slow-link
	By   time.Duration
	For  time.Duration // then it is mended; 0: at the end
}

// Verb says what a step does.
type Verb uint8

// The verbs.
const (
	Kill      Verb = iota // kill -9; a restart mends it
	PowerLoss             // what was not synced is gone; a restart mends it
	Tear                  // PowerLoss, and the first lost batch was half written
	Shutdown              // SIGTERM; a restart mends it
	Pause                 // SIGSTOP
	Cut                   // the link to Peer, both ways
	CutFrom               // what Node sends to Peer
	Isolate               // Node from every other server
	SlowDisk              // each commit takes By longer
	SlowLink              // each message between Node and Peer takes By longer
	Clock                 // the wall clock jumps by By
	FillDisk              // nothing more fits
	FailDisk              // the next operation fails
	verbCount
)

func verbNames() [verbCount]string {
	return [verbCount]string{
		"kill", "power-loss", "tear", "shutdown", "pause", "cut", "cut-from", "isolate", "slow-disk", "slow-link",
		"clock", "fill-disk", "fail-disk",
	}
}

// String gives the verb as a plan spells it.
func (v Verb) String() string { return verbNames()[v] }

// Target names a node by what it is at that moment: a number, leader:TOPIC-N,
// follower:TOPIC-N, controller, or coordinator:GROUP.
type Target string
