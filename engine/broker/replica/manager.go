package replica

import (
	"cmp"
	"slices"
	"strings"

	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/log"
	"bitacora/engine/metadata"
)

// Manager holds the partitions of one broker (ReplicaManager with its LogManager
// and fetcher manager). It is data, but for scratch and spare,
// which carry nothing from one step to the next.
type Manager struct {
	cfg         Config
	store       log.Store
	image       *metadata.Image // as of the last OnMetadata
	published   bool            // OnMetadata was called
	generation  uint64          // grows with every OnMetadata
	brokerEpoch engine.BrokerEpoch
	stopping    bool // in controlled shutdown
	failed      bool // the disk is lost

	partitions map[engine.TopicPartition]*Partition
	ordered    []*Partition        // the same, sorted
	strays     map[log.ID]*log.Log // found on disk, not known to metadata (yet)

	sessions  sessionCache
	purgatory purgatory
	deletes   []*delayedDelete
	touched   []*Partition
	alter     alterPartitionManager
	cleaner   cleaner
	fetchers  []*fetcher // sorted by leader
	happened  []Event
	counters  counters

	leaderQuota, followerQuota replicationQuota

	scratch log.Scratch
	spare   [][]fetchEntry // lists of fetches that are answered, empty
}

// The kinds of this package's timers. Those of OwnerBroker keep clear of the
// broker's own, which are below 100; those of OwnerFetcher of a channel's.
const (
	timerPurgatory uint8 = 100 + iota
	timerISR
	timerHighWatermarks
	timerRecoveryPoints
	timerRetention
	timerProducers
	timerAlterPartition
	timerFetcher
	timerCleaner
)

func (m *Manager) timer(kind uint8) engine.Timer {
	return engine.Timer{Owner: engine.OwnerBroker, Kind: kind}
}

func fetcherTimer(leader engine.NodeID) engine.Timer {
	return engine.Timer{Owner: engine.OwnerFetcher, Kind: timerFetcher, Key: int64(leader)}
}

// New gives a manager over a disk. Start opens what is on it.
func New(cfg Config, store log.Store) *Manager {
	return &Manager{
		cfg: cfg, store: store, brokerEpoch: -1, generation: 1,
		image:      metadata.NewImage(),
		partitions: map[engine.TopicPartition]*Partition{},
		strays:     map[log.ID]*log.Log{},
		sessions:   newSessionCache(cfg.SessionSlotsMax, cfg.SessionIdleMax),
	}
}

// Start opens and recovers the logs on disk and starts the periodic tasks. Which
// of the logs are replicas, metadata tells later; until then they wait.
func (m *Manager) Start(env *engine.Env) {
	m.openLogs(env)
	env.SetTimer(m.timer(timerISR), m.cfg.ReplicaLagTimeMax/2)
	env.SetTimer(m.timer(timerHighWatermarks), m.cfg.HighWatermarkInterval)
	env.SetTimer(m.timer(timerRecoveryPoints), m.cfg.RecoveryPointInterval)
	env.SetTimer(m.timer(timerRetention), m.cfg.RetentionInitialDelay)
	env.SetTimer(m.timer(timerProducers), m.cfg.ProducerCheckInterval)
	if m.cfg.CleanerEnabled {
		env.SetTimer(m.timer(timerCleaner), m.cfg.CleanerBackoff)
	}
}

// SetBrokerEpoch tells the epoch of the broker's registration, with which it
// fetches and proposes ISRs.
func (m *Manager) SetBrokerEpoch(epoch engine.BrokerEpoch) { m.brokerEpoch = epoch }

// OnInput takes an input that may be the manager's: of fetchers' connections, of
// its timers. It says whether it was.
func (m *Manager) OnInput(env *engine.Env, in engine.Input) bool {
	switch in := in.(type) {
	case engine.TimerFired:
		if in.Timer.Owner == engine.OwnerBroker {
			return m.onTimer(env, in.Timer)
		}
	case engine.Committed:
		m.onCleanerCommitted(env, in)
	}
	return m.onFetcherInput(env, in)
}

func (m *Manager) onTimer(env *engine.Env, t engine.Timer) bool {
	switch t.Kind {
	case timerPurgatory:
		m.onPurgatoryTimer(env)
	case timerISR:
		for _, p := range m.ordered {
			m.maybeShrinkISR(env, p)
		}
		env.SetTimer(t, m.cfg.ReplicaLagTimeMax/2)
	case timerHighWatermarks:
		m.checkpointHighWatermarks(env)
		env.SetTimer(t, m.cfg.HighWatermarkInterval)
	case timerRecoveryPoints:
		m.checkpointRecoveryPoints(env)
		env.SetTimer(t, m.cfg.RecoveryPointInterval)
	case timerRetention:
		m.applyRetention(env)
		env.SetTimer(t, m.cfg.RetentionCheckInterval)
	case timerProducers:
		m.expireProducers(env)
		env.SetTimer(t, m.cfg.ProducerCheckInterval)
	case timerCleaner:
		m.onCleanerTimer(env)
	case timerAlterPartition:
		m.onAlterPartitionRetry()
	default:
		return false
	}
	m.settle(env)
	return true
}

// EventKind says what an Event is.
type EventKind uint8

// What coordinators hear of, for partitions of internal topics only.
const (
	BecameLeader       EventKind = iota + 1 // Epoch: load the partition
	Resigned                                // Epoch: another leads, or nobody; unload
	Deleted                                 // the partition is gone from here
	HighWatermarkMoved                      // Offset: records below it are committed
)

// Event tells a coordinator what happened to a partition.
type Event struct {
	Kind      EventKind
	Partition engine.TopicPartition
	Epoch     engine.LeaderEpoch
	Offset    engine.Offset
}

// DrainEvents gives what happened since the last call, in order. The slice is
// valid until the manager is called again.
func (m *Manager) DrainEvents() []Event {
	happened := m.happened
	m.happened = m.happened[:0]
	return happened
}

func (m *Manager) happen(p *Partition, e Event) {
	if p.watched {
		e.Partition = p.tp
		m.happened = append(m.happened, e)
	}
}

func (m *Manager) trace(env *engine.Env, p *Partition, e engine.Event) {
	e.Topic, e.Partition = p.tp.Topic, p.tp.Partition
	env.Trace(e)
}

func (m *Manager) traceRefused(env *engine.Env, api string, tp engine.TopicPartition, code engine.ErrorCode) {
	if code != engine.ErrNone {
		env.Trace(engine.Event{Kind: engine.EventRefused, Name: api, Topic: tp.Topic, Partition: tp.Partition, Code: int16(code)})
	}
}

// missing is the code for a partition that is not here (getPartitionOrError).
func (m *Manager) missing(tp engine.TopicPartition) engine.ErrorCode {
	if m.image.Partition(tp) != nil {
		return engine.ErrNotLeaderOrFollower
	}
	return engine.ErrUnknownTopicOrPartition
}

// barrier is met when everything done to the data disk up to now is committed.
func (m *Manager) barrier() engine.Durable {
	return engine.Durable{Disk: engine.DiskData, Seq: uint64(m.store.LastSeq())}
}

// onStorageError takes a failed read or write. With its only log directory lost a
// broker halts (LogDirFailureChannel, KafkaServer's exit on "all log dirs failed").
func (m *Manager) onStorageError(env *engine.Env, p *Partition, err error) {
	if m.failed {
		return
	}
	m.failed = true
	env.Halt(engine.HaltDiskFailed)
}

func compareTP(a, b engine.TopicPartition) int {
	return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
}

func (m *Manager) addPartition(p *Partition) {
	m.partitions[p.tp] = p
	at, _ := slices.BinarySearchFunc(m.ordered, p.tp, func(q *Partition, tp engine.TopicPartition) int { return compareTP(q.tp, tp) })
	m.ordered = slices.Insert(m.ordered, at, p)
}

func (m *Manager) removePartition(p *Partition) {
	delete(m.partitions, p.tp)
	at, found := slices.BinarySearchFunc(m.ordered, p.tp, func(q *Partition, tp engine.TopicPartition) int { return compareTP(q.tp, tp) })
	if found {
		m.ordered = slices.Delete(m.ordered, at, at+1)
	}
}

// topicConfig gives a topic's configs as this broker sees them.
func (m *Manager) topicConfig(topic string) config.Topic {
	return config.ForTopic(m.image, m.cfg.Static, m.cfg.NodeID, topic)
}
