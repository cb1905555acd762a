package engine

import "github.com/twmb/franz-go/pkg/kmsg"

// Node is one process's behaviour. Handle takes one input and leaves its effects
// on env; see the package documentation for what it must never do.
type Node interface {
	Handle(env *Env, in Input)
}

// Owner names the part of a composed node that a connection or timer belongs
// to, so that the composition hands its inputs to the right part.
type Owner uint8

// The parts of a Kafka server, and a client.
const (
	OwnerNode       Owner = iota // the composition itself
	OwnerQuorum                  // the Raft replica (raft-client-N)
	OwnerController              // the controller
	OwnerLifecycle               // the broker's registration and heartbeats
	OwnerChannel                 // the broker's channel to the controller (forwarding, AlterPartition, producer ids)
	OwnerFetcher                 // the broker's replica fetchers
	OwnerBroker                  // purgatory, sessions, replica manager
	OwnerGroup                   // the group coordinator
	OwnerTxn                     // the transaction coordinator
	OwnerClient                  // a simulated client
)

// Addr is where a listener is reached, as metadata advertises it.
type Addr struct {
	Host string
	Port int32
}

// ConnID names a connection within one process; the two ends have two ids. It is
// never used again within the life of a run. 0 is "no connection".
type ConnID uint64

// CorrelationID counts the requests of one connection, from 0, as the wire's
// correlation id does.
type CorrelationID int32

// Timer is a typed value that names what is due. A process has at most one timer
// of each value: setting it again moves it.
type Timer struct {
	Owner Owner
	Kind  uint8 // meaning is the owner's
	Key   int64
	Sub   int64
}

// DiskID names a disk of a process.
type DiskID uint8

// A Kafka server has two disks: the metadata log and quorum state, always
// synced, and the partitions' data.
const (
	DiskMeta DiskID = iota
	DiskData
	diskCount
)

// Durable is a barrier: everything up to and including operation Seq (log.Seq)
// of a disk is committed. The zero value is met at once.
type Durable struct {
	Disk DiskID
	Seq  uint64
}

// Input is what a driver hands to a node. The set is closed.
type Input interface{ input() }

// Started is a process's first input, after its disks were opened.
type Started struct{}

// Request arrived on a listener's connection. The node answers it exactly once,
// now or later: Reply, NoReply or Close.
type Request struct {
	Conn        ConnID
	Correlation CorrelationID
	Listener    uint8  // index into the process's listeners
	ClientID    string // of the request header; "" where it was null
	ClientHost  string // the peer's address as Kafka prints it, without port
	Body        kmsg.Request
}

// Response to a request this node sent.
type Response struct {
	Conn        ConnID
	Owner       Owner
	Correlation CorrelationID
	Body        kmsg.Response
}

// Connected says that a dialled connection is established.
type Connected struct {
	Conn  ConnID
	Owner Owner
}

// Disconnected says that a connection is gone, whoever dialled it; requests
// without a response will never get one. Owner is OwnerNode for accepted ones.
type Disconnected struct {
	Conn   ConnID
	Owner  Owner
	Reason DisconnectReason
}

// DisconnectReason says why a connection ended.
type DisconnectReason uint8

// Why connections end.
const (
	ClosedByPeer DisconnectReason = iota // orderly, or the peer's process died
	Refused                              // nothing listens there
	Unreachable                          // the link is cut; a connection attempt or a send timed out
	UnknownHost                          // the name does not resolve
	ClosedHere                           // this node called Close
)

// TimerFired says that a timer is due.
type TimerFired struct{ Timer Timer }

// Committed says that a disk has made everything up to Seq durable. The driver
// has already told the store.
type Committed struct {
	Disk DiskID
	Seq  uint64
}

// DiskFailed says that a commit failed; the disk takes no more. Cause is for
// people, and never decides anything.
type DiskFailed struct {
	Disk  DiskID
	Cause string
}

// Shutdown asks for a clean stop (SIGTERM): hand over, then Env.Halt.
type Shutdown struct{}

// Command is what a person, a script or the page asks of a simulated client (or,
// rarely, of a server). Body is a type of the package that understands it.
type Command struct{ Body any }

func (Started) input()      {}
func (Request) input()      {}
func (Response) input()     {}
func (Connected) input()    {}
func (Disconnected) input() {}
func (TimerFired) input()   {}
func (Committed) input()    {}
func (DiskFailed) input()   {}
func (Shutdown) input()     {}
func (Command) input()      {}
