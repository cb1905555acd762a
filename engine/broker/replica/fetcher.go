package replica

import (
	"fmt"
	"slices"

	"bitacora/engine"
	"bitacora/engine/channel"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// What a fetcher sends, as the tags of its channel name it.
const (
	tagFetch uint8 = iota
	tagLatestOffset
	tagEarliestOffset
)

// fetcher replicates from one leader: one Fetch at a time over one connection,
// for all partitions that the broker leads and that live here
// (ReplicaFetcherThread with its RemoteLeaderEndPoint; num.replica.fetchers=1).
type fetcher struct {
	leader  engine.NodeID
	channel channel.Channel
	byID    map[sessionKey]*fetchState
	changed []*fetchState // to be looked at for the next Fetch, once each
	forget  []sessionKey  // in the session and no longer wanted
	session followerSession
	flying  bool           // a Fetch is without an answer
	after   engine.Durable // what the next Fetch promises
	backOff bool           // the whole fetcher waits, after a failure
	members int            // partitions in the session
}

// fetchPhase says what a partition of a fetcher does (ReplicaState, and the
// steps of AbstractFetcherThread.fetchOffsetAndTruncate).
type fetchPhase uint8

const (
	phaseFetching       fetchPhase = iota
	phaseAskingLatest              // out of range: where does the leader's log end?
	phaseAskingEarliest            // and where does it begin?
	phaseFailed                    // until the next epoch (markPartitionFailed)
)

// fetchState is a partition as its fetcher sees it (PartitionFetchState).
type fetchState struct {
	partition   *Partition
	key         sessionKey
	leaderEpoch engine.LeaderEpoch
	phase       fetchPhase
	retryAt     engine.Time // not before
	inSession   bool
	inSync      bool     // at its last answer it had all that is committed
	sentAsk     fetchAsk // as the leader's session has it
	isChanged   bool     // stands in fetcher.changed
	// leaderHighWatermark is that of the last answer, for the lag that is exported.
	leaderHighWatermark engine.Offset
}

// followerSession is the follower's side of a fetch session (FetchSessionHandler).
type followerSession struct {
	id    int32
	epoch int32
}

// ask is what the state wants of the leader now (RemoteLeaderEndPoint.buildFetch).
func (s *fetchState) ask(bytesMax int32) fetchAsk {
	l := s.partition.log
	a := fetchAsk{
		currentLeaderEpoch: s.leaderEpoch,
		lastFetchedEpoch:   l.LatestEpoch(),
		fetchOffset:        l.LogEndOffset(),
		logStartOffset:     l.LogStartOffset(),
		bytesMax:           bytesMax,
	}
	return a
}

// mayAsk is ask, as before KIP-101 where that is asked for: without an epoch, nobody
// can tell that the log is another.
func (m *Manager) mayAsk(s *fetchState) fetchAsk {
	a := s.ask(m.cfg.FetchBytesMax)
	if m.cfg.Bugs.Has(engine.BugTruncateToHighWatermark) {
		a.lastFetchedEpoch = engine.NoLeaderEpoch
	}
	return a
}

func (s *fetchState) isReady(now engine.Time) bool {
	return s.phase == phaseFetching && s.retryAt <= now
}

func (f *fetcher) note(s *fetchState) {
	if !s.isChanged {
		s.isChanged = true
		f.changed = append(f.changed, s)
	}
}

// startFetching puts a partition under the fetcher of its leader
// (AbstractFetcherManager.addFetcherForPartitions). A log without any epoch,
// whose records nobody could compare, is first cut to its high watermark. The
// Fetch is sent by sendFetches, with all partitions that came in the same step.
func (m *Manager) startFetching(env *engine.Env, p *Partition) {
	m.stopFetching(p)
	f := m.fetcherOf(env, p.leader)
	if f == nil {
		return
	}
	if p.log.LatestEpoch() == engine.NoLeaderEpoch || m.cfg.Bugs.Has(engine.BugTruncateToHighWatermark) {
		m.truncate(env, p, p.log.HighWatermark())
	}
	s := &fetchState{partition: p, key: sessionKey{id: p.topicID, partition: p.tp.Partition}, leaderEpoch: p.leaderEpoch}
	f.byID[s.key] = s
	f.promise(m)
	f.note(s)
}

// stopFetching takes a partition from whichever fetcher has it.
func (m *Manager) stopFetching(p *Partition) {
	key := sessionKey{id: p.topicID, partition: p.tp.Partition}
	for _, f := range m.fetchers {
		if s := f.byID[key]; s != nil {
			delete(f.byID, key)
			s.phase = phaseFailed
			if f.setMember(s, false) {
				f.forget = append(f.forget, key)
			}
		}
	}
}

// fetcherOf gives the fetcher for a leader, making it where there is none; nil
// while metadata does not know where the leader is.
func (m *Manager) fetcherOf(env *engine.Env, leader engine.NodeID) *fetcher {
	b := m.image.Broker(leader)
	if leader == engine.NoNode || b == nil {
		return nil
	}
	node, ok := endpointOf(b, m.cfg.ListenerName)
	if !ok {
		return nil
	}
	at, found := slices.BinarySearchFunc(m.fetchers, leader, func(f *fetcher, id engine.NodeID) int { return int(f.leader - id) })
	if !found {
		f := &fetcher{leader: leader, byID: map[sessionKey]*fetchState{}}
		f.channel = channel.New(channel.Config{
			Owner: engine.OwnerFetcher, Key: int64(leader),
			ClientID:       fmt.Sprintf("broker-%d-fetcher-0", m.cfg.NodeID),
			RequestTimeout: m.cfg.FetchSocketTimeout,
		})
		m.fetchers = slices.Insert(m.fetchers, at, f)
	}
	f := m.fetchers[at]
	m.takeResults(env, f, f.channel.SetAddr(env, engine.Addr{Host: node.host, Port: node.port}))
	return f
}

// closeIdleFetchers ends connections to brokers that lead nothing of ours any
// more (shutdownIdleFetcherThreads).
func (m *Manager) closeIdleFetchers(env *engine.Env) {
	m.fetchers = slices.DeleteFunc(m.fetchers, func(f *fetcher) bool {
		if len(f.byID) > 0 {
			return false
		}
		f.channel.Close(env)
		env.CancelTimer(fetcherTimer(f.leader))
		return true
	})
}

func (m *Manager) sendFetches(env *engine.Env) {
	for _, f := range m.fetchers {
		m.sendFetch(env, f)
	}
}

// promise notes that the next Fetch speaks of everything done up to now.
func (f *fetcher) promise(m *Manager) { f.after = m.barrier() }

// sendFetch sends the next Fetch, unless one is on its way or nothing is to be
// fetched (AbstractFetcherThread.maybeFetch). Within a session it names what
// changed; the leader goes on with the rest.
func (m *Manager) sendFetch(env *engine.Env, f *fetcher) {
	if f.flying || f.backOff {
		return
	}
	if f.session.epoch == initialEpoch {
		m.renewSession(f)
	}
	req := kmsg.NewPtrFetchRequest()
	req.Version = 18
	later := engine.Time(0)
	waiting := f.changed
	f.changed = nil
	for _, s := range waiting {
		s.isChanged = false
		if f.byID[s.key] != s {
			continue
		}
		if s.isReady(env.Now()) && m.throttlesItself(env, s) {
			s.retryAt = env.Now().Add(m.cfg.FetchBackoff)
		}
		if !s.isReady(env.Now()) {
			if s.phase == phaseFetching && (later == 0 || s.retryAt < later) {
				later = s.retryAt
			}
			if s.phase == phaseFetching {
				f.note(s)
			}
			if f.setMember(s, false) {
				f.forget = append(f.forget, s.key)
			}
			continue
		}
		if a := m.mayAsk(s); !s.inSession || a != s.sentAsk {
			s.sentAsk = a
			f.setMember(s, true)
			addAsk(req, s.key, a)
		}
	}
	if later != 0 {
		env.SetTimer(fetcherTimer(f.leader), later.Sub(env.Now()))
	}
	m.addForgotten(f, req)
	if len(req.Topics) == 0 && len(req.ForgottenTopics) == 0 && (f.session.epoch == initialEpoch || f.members == 0) {
		return // nothing to fetch
	}
	req.SessionID, req.SessionEpoch = f.session.id, f.session.epoch
	req.MaxWaitMillis = int32(m.cfg.FetchWaitMax.Milliseconds())
	req.MinBytes, req.MaxBytes = m.cfg.FetchBytesMin, m.cfg.FetchResponseBytesMax
	req.ReplicaState.ID, req.ReplicaState.Epoch = int32(m.cfg.NodeID), int64(m.brokerEpoch)
	f.flying = true
	f.channel.Send(env, channel.Tag{Kind: tagFetch}, req, f.after)
	f.after = engine.Durable{}
}

// renewSession makes the next Fetch a full one.
func (m *Manager) renewSession(f *fetcher) {
	f.forget = nil
	for _, s := range f.sorted() {
		f.setMember(s, false)
		f.note(s)
	}
}

// sorted gives the fetcher's partitions in the order of their topics' names.
func (f *fetcher) sorted() []*fetchState {
	all := make([]*fetchState, 0, len(f.byID))
	for _, s := range f.byID { // unordered: sums only (sorted below)
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *fetchState) int { return compareTP(a.partition.tp, b.partition.tp) })
	return all
}

// setMember notes whether the leader's session has the partition, and says
// whether that is new.
func (f *fetcher) setMember(s *fetchState, is bool) bool {
	if s.inSession == is {
		return false
	}
	s.inSession = is
	if is {
		f.members++
	} else {
		f.members--
	}
	return true
}

func addAsk(req *kmsg.FetchRequest, key sessionKey, a fetchAsk) {
	if n := len(req.Topics); n == 0 || req.Topics[n-1].TopicID != key.id {
		t := kmsg.NewFetchRequestTopic()
		t.TopicID = key.id
		req.Topics = append(req.Topics, t)
	}
	t := &req.Topics[len(req.Topics)-1]
	p := kmsg.NewFetchRequestTopicPartition()
	p.Partition = key.partition
	p.CurrentLeaderEpoch, p.LastFetchedEpoch = int32(a.currentLeaderEpoch), int32(a.lastFetchedEpoch)
	p.FetchOffset, p.LogStartOffset = int64(a.fetchOffset), int64(a.logStartOffset)
	p.PartitionMaxBytes = a.bytesMax
	t.Partitions = append(t.Partitions, p)
}

func (m *Manager) addForgotten(f *fetcher, req *kmsg.FetchRequest) {
	for _, key := range f.forget {
		if s := f.byID[key]; s != nil && s.inSession {
			continue // it is back already
		}
		if n := len(req.ForgottenTopics); n == 0 || req.ForgottenTopics[n-1].TopicID != key.id {
			t := kmsg.NewFetchRequestForgottenTopic()
			t.TopicID = key.id
			req.ForgottenTopics = append(req.ForgottenTopics, t)
		}
		t := &req.ForgottenTopics[len(req.ForgottenTopics)-1]
		t.Partitions = append(t.Partitions, key.partition)
	}
	f.forget = f.forget[:0]
}
