package view

import (
	"time"

	"bitacora/engine"
)

// State is everything a viewer knows of a cluster at one instant. Slices are
// sorted by key: node, topic name, (topic, partition), (topic, partition, node),
// group name.
type State struct {
	At         engine.Time     // the cluster's own time
	Wall       engine.WallTime // 0 where the source does not say
	Clock      Clock
	Processes  []Process
	Quorum     []QuorumReplica
	Cuts       []Link
	Topics     []Topic
	Partitions []Partition
	Replicas   []Replica
	Groups     []Group
	Producers  []Producer
	Consumers  []Consumer
	Metrics    []Metric // as Kafka exports them
}

// Clock says how the source's time runs.
type Clock struct {
	Playing bool
	// Pace is how much of the cluster's time passes in one second of the
	// viewer's; time.Second for a live cluster.
	Pace time.Duration
}

// Role is a set of what a process is.
type Role uint8

// The roles. A combined server has two.
const (
	RoleBroker Role = 1 << iota
	RoleController
	RoleClient
)

// Has says whether r includes any of q.
func (r Role) Has(q Role) bool { return r&q != 0 }

// Status is how a process is, as its driver knows it.
type Status uint8

// The statuses.
const (
	Running  Status = iota
	Paused          // alive to the network, silent: SIGSTOP
	Dead            // killed, halted or not yet started: connections are refused
	Stopping        // in controlled shutdown
	statusCount
)

// Process is one process: a broker, a controller, both, or a client.
type Process struct {
	ID       engine.NodeID
	Roles    Role
	Status   Status
	Since    engine.Time // of Status
	Fenced   bool        // brokers: as the newest metadata has it; true until registered and unfenced
	Shutting bool        // brokers: in controlled shutdown, as the newest metadata has it
	External bool        // a client that is not ours: nothing can be asked of it
	Life     int32       // 0 for the first life, one more at each restart
	Epoch    engine.BrokerEpoch
	Halt     engine.HaltReason // why it ended itself, where Halted
	Halted   bool              // it ended itself: Status is Dead
	Name     string            // a client's client.id
	Host     string            // of its first listener; "" without one
	Port     int32
	Rack     string
}

// Link is one direction between two processes.
type Link struct {
	From, To engine.NodeID
}

// QuorumRole is what a Raft replica is at the moment (QuorumState's EpochState).
type QuorumRole uint8

// The roles of a Raft replica.
const (
	QuorumUnattached QuorumRole = iota
	QuorumObserver              // a follower or unattached replica that is no voter
	QuorumFollower
	QuorumProspective // asks for pre-votes (KIP-996)
	QuorumCandidate
	QuorumLeader
	QuorumResigned
	quorumRoleCount
)

// QuorumReplica is one process's copy of the metadata log and what it knows of
// the quorum.
type QuorumReplica struct {
	Node          engine.NodeID
	Role          QuorumRole
	Voter         bool
	Epoch         engine.LeaderEpoch
	Leader        engine.NodeID // NoNode where unknown
	VotedFor      engine.NodeID // NoNode where it gave no vote in Epoch
	LogStart      engine.Offset
	HighWatermark engine.Offset // NoOffset where unknown
	LogEnd        engine.Offset
	Voters        []engine.NodeID
	Batches       []Batch // the tail of the log
}

// Topic is one topic of the newest metadata image.
type Topic struct {
	Name       string
	ID         engine.TopicID
	Partitions int32
	Internal   bool
}

// Partition is one partition as the newest metadata image has it.
type Partition struct {
	Topic          string
	Partition      int32
	Leader         engine.NodeID // NoNode: none
	Epoch          engine.LeaderEpoch
	PartitionEpoch engine.PartitionEpoch
	Replicas       []engine.NodeID // in order of preference
	ISR            []engine.NodeID
}

// ReplicaRole is what a broker takes its replica to be. It may lag behind the
// metadata: a cut-off leader still holds itself for one.
type ReplicaRole uint8

// The roles of a replica.
const (
	ReplicaOffline ReplicaRole = iota // not opened, or its disk failed
	ReplicaFollower
	ReplicaLeader
	replicaRoleCount
)

// Replica is one broker's copy of one partition, as that broker has it.
type Replica struct {
	Topic         string
	Partition     int32
	Node          engine.NodeID
	Role          ReplicaRole
	Epoch         engine.LeaderEpoch
	LogStart      engine.Offset
	HighWatermark engine.Offset
	LogEnd        engine.Offset
	Bytes         int64
	Segments      []Segment
	Epochs        []EpochStart // the leader-epoch cache, oldest first
	ISR           []engine.NodeID
	Followers     []Follower // on the leader, sorted by node
	Batches       []Batch    // a window of the log, usually its tail
}

// Segment is one segment file of a log.
type Segment struct {
	Base  engine.Offset
	Bytes int64
}

// EpochStart is one entry of the leader-epoch cache.
type EpochStart struct {
	Epoch engine.LeaderEpoch
	Start engine.Offset
}

// Follower is what a leader knows of one follower.
type Follower struct {
	Node     engine.NodeID
	LogEnd   engine.Offset // NoOffset before its first fetch
	CaughtUp engine.Time   // when it was last caught up; -1 never
}

// BatchFlags are facts of a batch's attributes.
type BatchFlags uint8

// The flags.
const (
	BatchControl BatchFlags = 1 << iota
	BatchTransactional
	BatchCompressed
)

// Batch is one record batch, without its records.
type Batch struct {
	Base       engine.Offset
	Last       engine.Offset
	Epoch      engine.LeaderEpoch
	Bytes      int32
	Records    int32
	Flags      BatchFlags
	ProducerID engine.ProducerID // -1: none
	Sequence   int32             // base sequence; -1: none
	// Label is the first record's key or, in the metadata log, its record
	// type; at most LabelBytesMax bytes, "" where there is none.
	Label string
}

// Group is a consumer group as its coordinator has it.
type Group struct {
	Name        string
	State       GroupState
	Generation  int32
	Coordinator engine.NodeID
	Protocol    string // the assignor that was chosen
	Leader      string // member id
	Members     []Member
	Offsets     []GroupOffset // sorted by topic, partition
}

// GroupState is a classic group's state (ClassicGroupState).
type GroupState uint8

// The states of a group.
const (
	GroupEmpty GroupState = iota
	GroupPreparingRebalance
	GroupCompletingRebalance
	GroupStable
	GroupDead
	groupStateCount
)

// Member is one member of a group.
type Member struct {
	ID       string
	ClientID string
	Host     string
	Assigned []engine.TopicPartition
}

// GroupOffset is a committed offset. Lag is the viewer's sum: the leader's high
// watermark less Committed.
type GroupOffset struct {
	Topic     string
	Partition int32
	Committed engine.Offset
}

// Producer is a simulated producer, or a producer id that a live broker saw.
type Producer struct {
	Node         engine.NodeID
	Running      bool // it makes records by itself
	Idempotent   bool
	Acks         int16 // -1 is all
	ProducerID   engine.ProducerID
	Epoch        engine.ProducerEpoch
	Topic        string        // where it writes by itself
	Every        time.Duration // between two records of its own
	Sent         int64         // records that entered the accumulator
	Acked        int64
	Failed       int64
	Retries      int64
	Accumulators []Accumulator // sorted by topic, partition
}

// Accumulator is what a producer holds for one partition (RecordAccumulator).
type Accumulator struct {
	Topic     string
	Partition int32
	Records   int32 // waiting
	Bytes     int32
	InFlight  int32 // batches sent and not yet acknowledged
}

// Consumer is a simulated consumer.
type Consumer struct {
	Node      engine.NodeID
	Running   bool
	Group     string
	MemberID  string
	Read      int64 // records returned by poll
	Positions []Position
}

// Position is where a consumer reads next.
type Position struct {
	Topic     string
	Partition int32
	Offset    engine.Offset // NoOffset before it was reset
	Committed engine.Offset // as this consumer last committed; NoOffset: not yet
}
