package view

import (
	"time"

	"bitacora/engine"
)

// CommandKind says what a Command asks.
type CommandKind uint8

// What a viewer can ask. The comment names the fields that count.
const (
	CommandNone          CommandKind = iota
	CommandPlay                      // let time run
	CommandPause                     // stop time
	CommandStep                      // one event
	CommandPace                      // Every = cluster time per second of the viewer's
	CommandCreateTopic               // Topic, Partitions, Factor; -1 is the broker's default
	CommandStartProducer             // Node (NoNode: a new one), Topic, Every, Acks
	CommandStopProducer              // Node
	CommandStartConsumer             // Node (NoNode: a new one), Topic, Group
	CommandStopConsumer              // Node
	CommandProduce                   // Topic, Partition (-1: the key decides), Key, Value, Acks
	CommandKill                      // Node
	CommandRestart                   // Node
	CommandFreeze                    // Node: SIGSTOP
	CommandThaw                      // Node: SIGCONT
	CommandCut                       // Node, Peer: both directions
	CommandHeal                      // Node, Peer: both directions; NoNode twice: every link
	CommandInspect                   // Topic ("": metadata log), Partition, Node, Offset
	CommandReset                     // a fresh cluster; Seed
	CommandFault                     // Fault, and what of Node, Peer, Every (By), Jitter, Rate, Topic, Partition, Offset it takes
	commandKindCount
)

// Command is what a person asks of a source. Which fields count depends on Kind.
type Command struct {
	ID         uint32 // chosen by the viewer; Result and Detail carry it back
	Kind       CommandKind
	Node       engine.NodeID
	Peer       engine.NodeID
	Topic      string
	Partition  int32
	Partitions int32
	Factor     int16
	Offset     engine.Offset
	Acks       int16
	Every      time.Duration
	Group      string
	NullKey    bool
	Key        []byte
	NullValue  bool // a tombstone
	Value      []byte
	Seed       uint64
	Fault      FaultAction
	Jitter     time.Duration
	Rate       int64
}

// FaultOf is the fault that a CommandFault asks for.
func (c *Command) FaultOf() Fault {
	return Fault{
		Action: c.Fault, Node: c.Node, Peer: c.Peer, By: c.Every, Jitter: c.Jitter, Rate: c.Rate,
		Topic: c.Topic, Partition: c.Partition, Offset: c.Offset,
	}
}

// Needs is the ability that a source must have for this command; 0 for none.
func (k CommandKind) Needs() Can {
	switch k {
	case CommandPlay, CommandPause, CommandPace, CommandReset:
		return CanPlay
	case CommandStep:
		return CanStep
	case CommandCreateTopic:
		return CanTopic
	case CommandProduce:
		return CanProduce
	case CommandStartProducer, CommandStopProducer, CommandStartConsumer, CommandStopConsumer:
		return CanClients
	case CommandKill, CommandRestart, CommandFreeze, CommandThaw, CommandCut, CommandHeal, CommandFault:
		return CanFault
	case CommandInspect:
		return CanInspect
	}
	return 0
}

// Changes says whether the command changes the cluster for everybody, and so
// needs the token where one is asked for.
func (k CommandKind) Changes() bool { return k != CommandNone && k != CommandInspect }
