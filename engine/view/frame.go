package view

import (
	"strconv"

	"bitacora/engine"
)

// Packet is what travels between a source and a viewer. The set is closed:
// *Hello, *Frame, *Detail, *Result and *Command.
type Packet interface{ packetKind() packetKind }

// Source says what kind of cluster is behind the frames.
type Source uint8

// The kinds of source.
const (
	SourceSimulation Source = iota
	SourceLive
	sourceCount
)

// Can is a set of what a source is able to do.
type Can uint32

// The abilities.
const (
	CanPlay       Can = 1 << iota // play, pause, pace
	CanStep                       // one event at a time
	CanScrub                      // show what was recorded
	CanFork                       // go on from an earlier instant
	CanFault                      // kill, pause, restart; cut and heal
	CanTopic                      // create topics
	CanProduce                    // write a record by hand
	CanClients                    // start and stop producers and consumers
	CanInspect                    // read one batch
	canEverything = CanInspect<<1 - 1
)

// Has says whether c includes all of q.
func (c Can) Has(q Can) bool { return c&q == q }

// Hello is a source's first packet. A key frame follows.
type Hello struct {
	Source    Source
	Can       Can
	Seed      uint64 // simulation only
	ClusterID string
	Program   string // the program's version
	NeedToken bool   // commands are refused without the token
}

// Frame is one step of the picture.
type Frame struct {
	Key       bool // Changed is everything there is; else what changed since the frame before
	Seq       uint64
	Changed   State
	Removed   []Key // of a delta, sorted
	Events    []Event
	EventsCut uint64 // events that happened and are not carried
	Messages  []Message
	Rest      []Traffic // messages that left and are not carried, sorted by (from, to, name)
}

// Event is something that happened, and when.
type Event struct {
	At engine.Time
	engine.Event
}

// MessageFlags are facts of a message.
type MessageFlags uint8

// The flags of a message.
const (
	MessageResponse MessageFlags = 1 << iota // the answer of To's request; else a request
	MessageDoomed                            // it will not arrive: the link is cut or the other end died
	MessageError                             // the answer carries an error code
	MessageEmpty                             // a fetch answer without records, a heartbeat: nothing new in it
)

// Message is one request or response under way.
type Message struct {
	ID      uint64
	From    engine.NodeID
	To      engine.NodeID
	Name    string // Kafka's name of the API, "Fetch"
	Version int16
	Flags   MessageFlags
	Code    int16 // the first error code in an answer
	Sent    engine.Time
	Arrives engine.Time // -1 where not known yet (live: when the answer came it is known)
	Bytes   int32
	Items   []MessageItem // at most messageItemsMax
}

// MessageItem says what a message carries of one partition.
type MessageItem struct {
	Topic     string
	Partition int32
	Offset    engine.Offset // first offset carried, or asked for
	Until     engine.Offset // end of what is carried; equal to Offset: nothing
	Epoch     engine.LeaderEpoch
	Records   int32
}

// Traffic counts messages that were not sampled, since the frame before.
type Traffic struct {
	From, To engine.NodeID
	Name     string
	Messages int64
	Bytes    int64
}

// Detail is one batch with its records: the answer to CommandInspect.
type Detail struct {
	ID        uint32 // of the command
	Topic     string // "" for the metadata log
	Partition int32
	Node      engine.NodeID
	Batch     Batch
	CRC       uint32
	Attrs     int16
	Timestamp int64 // the batch's largest, in milliseconds since 1970
	PEpoch    engine.ProducerEpoch
	Raw       []byte // the first detailRawMax bytes of the batch as stored
	Records   []Record
	Cut       int32 // records that are not carried
}

// Record is one record of a Detail. Long keys and values come cut; KeyBytes and
// ValueBytes are their true lengths, -1 for null.
type Record struct {
	Offset     engine.Offset
	Timestamp  int64
	KeyBytes   int32
	ValueBytes int32
	Key        []byte
	Value      []byte
	Headers    int32
	Text       string // metadata log: the record's type and fields; else ""
}

// Result answers a command.
type Result struct {
	ID     uint32
	Reason Reason
	Code   int16  // Kafka's error code, where Reason is ReasonKafka
	Detail string // values only, never prose
}

// Place is where a record was written, as people name it: a partition, and an offset
// in it unless nobody told (acks=0).
func Place(topic string, partition int32, offset engine.Offset) string {
	where := topic + "-" + strconv.Itoa(int(partition))
	if offset >= 0 {
		where += " · offset " + strconv.FormatInt(int64(offset), 10)
	}
	return where
}

// Reason says how a command ended.
type Reason uint8

// The reasons.
const (
	ReasonDone Reason = iota
	ReasonKafka
	ReasonUnknownNode
	ReasonUnknownTopic
	ReasonUnknownPartition
	ReasonNotNow  // right in itself, but not in this state (restart what runs, kill what is dead)
	ReasonCannot  // this source does not do it
	ReasonInvalid // the command makes no sense
	ReasonToken   // the token is missing or wrong
	ReasonBusy    // too many commands wait
	ReasonGone    // the offset is no longer, or not yet, in the log
	reasonCount
)

func (*Hello) packetKind() packetKind   { return packetHello }
func (*Frame) packetKind() packetKind   { return packetFrame }
func (*Detail) packetKind() packetKind  { return packetDetail }
func (*Result) packetKind() packetKind  { return packetResult }
func (*Command) packetKind() packetKind { return packetCommand }
