package replica

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// State is what a viewer sees of one copy. Its slices are copies.
type State struct {
	Partition      engine.TopicPartition
	TopicID        engine.TopicID
	Leader         engine.NodeID
	LeaderEpoch    engine.LeaderEpoch
	PartitionEpoch engine.PartitionEpoch
	Assigned       []engine.NodeID
	LogStart       engine.Offset
	HighWatermark  engine.Offset
	LogEnd         engine.Offset
	Bytes          int64
	Segments       []SegmentState
	CleanedTo      engine.Offset // what lies below was compacted; 0 where nothing was
	Swaps          uint32        // grows whenever compaction changed what is below LogEnd
	Epochs         []log.EpochEntry

	// On the leader only.
	EpochStart  engine.Offset // NoOffset on a follower
	ISR         []engine.NodeID
	ProposedISR []engine.NodeID // nil while nothing is proposed
	Followers   []FollowerState

	WaitingProduces int
	WaitingFetches  int
}

// SegmentState is one segment of a log.
type SegmentState struct {
	Base  engine.Offset
	Bytes int64
}

// FollowerState is what the leader knows of a follower.
type FollowerState struct {
	ID           engine.NodeID
	LogEnd       engine.Offset // NoOffset: has not fetched from this leader
	LogStart     engine.Offset
	LastFetch    engine.WallTime
	LastCaughtUp engine.WallTime
	BrokerEpoch  engine.BrokerEpoch
}

// IsLeader says whether the copy leads; self is the broker's id.
func (s *State) IsLeader(self engine.NodeID) bool { return s.Leader == self }

// Partitions lists the copies here, sorted.
func (m *Manager) Partitions() []engine.TopicPartition {
	all := make([]engine.TopicPartition, len(m.ordered))
	for i, p := range m.ordered {
		all[i] = p.tp
	}
	return all
}

// State shows one copy; false where there is none.
func (m *Manager) State(tp engine.TopicPartition) (State, bool) {
	p := m.partitions[tp]
	if p == nil {
		return State{}, false
	}
	s := State{
		Partition: p.tp, TopicID: p.topicID,
		Leader: p.leader, LeaderEpoch: p.leaderEpoch, PartitionEpoch: p.partitionEpoch,
		Assigned: slices.Clone(p.assigned),
		LogStart: p.log.LogStartOffset(), HighWatermark: p.log.HighWatermark(), LogEnd: p.log.LogEndOffset(),
		Epochs:     slices.Clone(p.log.EpochEntries()),
		EpochStart: p.epochStart, ISR: slices.Clone(p.isr),
		WaitingProduces: len(p.produceWaiters), WaitingFetches: len(p.fetchWaiters),
	}
	s.Bytes, s.CleanedTo, s.Swaps = p.log.Size(), p.log.CleanedTo(), p.log.Swaps()
	for _, segment := range p.log.Segments() {
		s.Segments = append(s.Segments, SegmentState{segment.Base, segment.Bytes})
	}
	if p.pending != nil {
		s.ProposedISR = slices.Clone(p.pending.isr)
	}
	for i := range p.followers {
		f := &p.followers[i]
		s.Followers = append(s.Followers, FollowerState{
			ID: f.id, LogEnd: f.logEnd, LogStart: f.logStart,
			LastFetch: f.lastFetch, LastCaughtUp: f.lastCaughtUp, BrokerEpoch: f.brokerEpoch,
		})
	}
	return s, true
}

// LogConfig gives the configuration that a copy's log has now.
func (m *Manager) LogConfig(tp engine.TopicPartition) log.Config {
	if p := m.partitions[tp]; p != nil {
		return p.log.Config()
	}
	return log.Config{}
}

// BatchState is a batch as its header tells.
type BatchState struct {
	Base, Last   engine.Offset
	Epoch        engine.LeaderEpoch
	Records      int32
	Bytes        int
	MaxTimestamp engine.WallTime
	Producer     engine.ProducerID
	Sequence     int32
	Codec        batch.Codec
}

// Batches lists the batches of a copy that touch [from, to), at most `most` of
// them.
func (m *Manager) Batches(tp engine.TopicPartition, from, to engine.Offset, most int) []BatchState {
	p := m.partitions[tp]
	if p == nil {
		return nil
	}
	var all []BatchState
	for from < to && len(all) < most {
		run, err := p.log.Read(max(from, p.log.LogStartOffset()), log.LogEnd, viewBytesMax, true)
		if err != nil || len(run) == 0 {
			break
		}
		for it := batch.Iterate(run); it.Next() && len(all) < most; {
			b := it.Batch()
			if from = b.NextOffset(); b.BaseOffset() >= to {
				break
			}
			all = append(all, BatchState{
				Base: b.BaseOffset(), Last: b.LastOffset(), Epoch: b.PartitionLeaderEpoch(),
				Records: b.RecordsCount(), Bytes: len(b), MaxTimestamp: b.MaxTimestamp(),
				Producer: b.ProducerID(), Sequence: b.BaseSequence(), Codec: b.Codec(),
			})
		}
	}
	return all
}

// viewBytesMax bounds what one look at a log reads at a time.
const viewBytesMax = 1 << 20

// RecordsAt gives the whole batch that holds an offset, to be shown to the last
// byte; nil where there is none.
func (m *Manager) RecordsAt(tp engine.TopicPartition, offset engine.Offset) batch.Batch {
	p := m.partitions[tp]
	if p == nil || offset < p.log.LogStartOffset() {
		return nil
	}
	run, err := p.log.Read(offset, log.LogEnd, 0, true)
	if err != nil {
		return nil
	}
	it := batch.Iterate(run)
	if !it.Next() {
		return nil
	}
	return it.Batch()
}

// FetcherState is what a viewer sees of a fetcher.
type FetcherState struct {
	Leader     engine.NodeID
	Partitions int
	InFlight   bool
	BackingOff bool
	SessionID  int32
}

// Fetchers shows the fetchers, sorted by leader.
func (m *Manager) Fetchers() []FetcherState {
	all := make([]FetcherState, len(m.fetchers))
	for i, f := range m.fetchers {
		all[i] = FetcherState{Leader: f.leader, Partitions: len(f.byID), InFlight: f.flying,
			BackingOff: f.backOff, SessionID: f.session.id}
	}
	return all
}

// FetchSessions counts the fetch sessions that clients and followers hold here.
func (m *Manager) FetchSessions() int { return len(m.sessions.sessions) }
