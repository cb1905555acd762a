package quorum

import (
	"errors"
	"time"

	"bitacora/engine"
)

// TopicName is the metadata log's topic; it has one partition, 0.
const TopicName = "__cluster_metadata"

// KRaftVersionMin and KRaftVersionMax are the range of the feature kraft.version
// that this replica supports, as ApiVersions must say: a voter whose entry says
// otherwise sends UpdateRaftVoter. Kafka's is 0 to 1; 0 is the static quorum.
const (
	KRaftVersionMin int16 = 1
	KRaftVersionMax int16 = 1

	// kraftVersionReconfig is the first version with voters in the log (KIP-853).
	kraftVersionReconfig int16 = 1
)

// Limits that Kafka fixes in code.
const (
	// fetchMaxWait is how long the leader keeps a Fetch that has nothing to bring
	// (KafkaRaftClient.DEFAULT_MAX_WAIT).
	fetchMaxWait = 500 * time.Millisecond
	// batchBytesMax bounds one batch of the log (KafkaRaftClient.MAX_BATCH_SIZE_BYTES).
	batchBytesMax = 8 << 20
	// observerSession is how long an observer is remembered after its last Fetch
	// (LeaderState.OBSERVER_SESSION_TIMEOUT_MS).
	observerSession = 300 * time.Second
	// caughtUpWithin is how recent a joining replica's last Fetch must be
	// (LeaderState.isReplicaCaughtUp).
	caughtUpWithin = time.Hour
	// shutdownTimeout is how long a voter may take to find a successor
	// (KafkaRaftManager.shutdown).
	shutdownTimeout = 5 * time.Second
)

// Config is what a replica is started with. Times are Kafka's
// controller.quorum.* settings.
type Config struct {
	NodeID      engine.NodeID
	DirectoryID [16]byte // directory.id of meta.properties; must not be zero
	ClusterID   string   // cluster.id of meta.properties
	// CanBecomeVoter says that process.roles has controller. Without it the
	// replica is an observer for good.
	CanBecomeVoter bool
	// BootstrapServers are asked for the leader (controller.quorum.bootstrap.servers).
	BootstrapServers []engine.Addr
	// ListenerName is the first of controller.listener.names: where replicas of
	// the log talk to each other.
	ListenerName string
	// Listeners are this controller's own endpoints, ListenerName among them.
	// Brokers have none.
	Listeners []Endpoint
	// AutoJoin makes an observing controller a voter (auto.join.enable).
	AutoJoin bool

	ElectionTimeout    time.Duration // election.timeout.ms
	FetchTimeout       time.Duration // fetch.timeout.ms
	ElectionBackoffMax time.Duration // election.backoff.max.ms
	RequestTimeout     time.Duration // request.timeout.ms
	RetryBackoff       time.Duration // retry.backoff.ms
	AppendLinger       time.Duration // append.linger.ms
	FetchMaxBytes      int32         // fetch.max.bytes
	// FetchSnapshotMaxBytes is fetch.snapshot.max.bytes.
	FetchSnapshotMaxBytes int32

	// When the log is rolled, and what of it and its snapshots is kept.
	SegmentBytes   int64         // metadata.log.segment.bytes
	SegmentMs      time.Duration // metadata.log.segment.ms
	RetentionBytes int64         // metadata.max.retention.bytes
	RetentionMs    time.Duration // metadata.max.retention.ms

	// Bugs are known mistakes, for the tests that must catch them.
	Bugs Bug
}

// DefaultConfig has Kafka's defaults. Who the replica is must be filled in.
func DefaultConfig() Config {
	return Config{
		NodeID:             engine.NoNode,
		ListenerName:       "CONTROLLER",
		ElectionTimeout:    1000 * time.Millisecond,
		FetchTimeout:       2000 * time.Millisecond,
		ElectionBackoffMax: 1000 * time.Millisecond,
		RequestTimeout:     2000 * time.Millisecond,
		RetryBackoff:       20 * time.Millisecond,
		AppendLinger:       25 * time.Millisecond,
		FetchMaxBytes:      1 << 20,

		FetchSnapshotMaxBytes: 1 << 20,
		SegmentBytes:          1 << 30,
		SegmentMs:             7 * 24 * time.Hour,
		RetentionBytes:        100 << 20,
		RetentionMs:           7 * 24 * time.Hour,
	}
}

// Bug is a set of mistakes that replicas can be told to make.
type Bug uint16

// The mistakes. Each breaks a promise that a test's checker must see broken.
const (
	// BugVoteNotDurable lets votes and candidacies leave before they are durable.
	BugVoteNotDurable Bug = 1 << iota
	// BugFetchNotDurable lets a Fetch promise what the disk may still lose.
	BugFetchNotDurable
	// BugVoteTwice forgets whom it voted for in the epoch.
	BugVoteTwice
	// BugVoteStaleLog grants votes to candidates whose log is behind.
	BugVoteStaleLog
	// BugCommitOldEpoch counts replicas for entries of former epochs too.
	BugCommitOldEpoch
	// BugConcurrentVoterChange begins a voter change while another is uncommitted,
	// and before the leader has committed anything.
	BugConcurrentVoterChange
	// BugIgnoreDivergence makes the leader serve any fetch offset without
	// comparing epochs.
	BugIgnoreDivergence
	// BugVoteNotPersisted never writes epochs and votes down.
	BugVoteNotPersisted
)

func (c *Config) validate() error {
	switch {
	case c.NodeID < 0:
		return errors.New("quorum: node.id must not be negative")
	case c.DirectoryID == [16]byte{}:
		return errors.New("quorum: the directory id must be set")
	case len(c.BootstrapServers) == 0:
		return errors.New("quorum: controller.quorum.bootstrap.servers must name a server")
	case c.CanBecomeVoter && !hasListener(c.Listeners, c.ListenerName):
		return errors.New("quorum: a controller needs an endpoint for its listener " + c.ListenerName)
	}
	return nil
}

func (c *Config) key() ReplicaKey { return ReplicaKey{ID: c.NodeID, DirectoryID: c.DirectoryID} }

func (c *Config) log() logConfig {
	return logConfig{
		sync: c.CanBecomeVoter, segmentBytes: c.SegmentBytes, segmentMs: c.SegmentMs,
		retentionBytes: c.RetentionBytes, retentionMs: c.RetentionMs,
	}
}

func (c *Config) voter() Voter {
	return Voter{Key: c.key(), Endpoints: c.Listeners, KRaftVersionMin: KRaftVersionMin, KRaftVersionMax: KRaftVersionMax}
}

func (c *Config) has(b Bug) bool { return c.Bugs&b != 0 }
