package replica

import (
	"errors"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/channel"
	"bitacora/engine/log"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// onFetcherInput takes an input that may be a fetcher's.
func (m *Manager) onFetcherInput(env *engine.Env, in engine.Input) bool {
	if t, ok := in.(engine.TimerFired); ok && t.Timer.Owner == engine.OwnerFetcher && t.Timer.Kind == timerFetcher {
		for _, f := range m.fetchers {
			if int64(f.leader) == t.Timer.Key {
				f.backOff = false
				m.sendFetch(env, f)
				break
			}
		}
		return true
	}
	for _, f := range m.fetchers {
		if results, mine := f.channel.Handle(env, in); mine {
			m.takeResults(env, f, results)
			m.sendFetch(env, f)
			m.settle(env)
			return true
		}
	}
	return false
}

func (m *Manager) takeResults(env *engine.Env, f *fetcher, results []channel.Result) {
	for i := range results {
		r := &results[i]
		switch r.Tag.Kind {
		case tagFetch:
			f.flying = false
			resp, ok := r.Response.(*kmsg.FetchResponse)
			if !ok {
				m.onFetchFailed(env, f)
				continue
			}
			m.onFetchResponse(env, f, resp)
		case tagLatestOffset, tagEarliestOffset:
			m.onOffsetAnswer(env, f, r)
		}
	}
}

// onFetchFailed waits before it tries again; the session, if the leader still has
// it, is replaced (FetchSessionHandler.handleError, AbstractFetcherThread's
// delayPartitions).
func (m *Manager) onFetchFailed(env *engine.Env, f *fetcher) {
	f.session.epoch = initialEpoch
	f.backOff = true
	env.SetTimer(fetcherTimer(f.leader), m.cfg.FetchBackoff)
}

// onFetchResponse is FetchSessionHandler.handleResponse and
// AbstractFetcherThread.processFetchRequest.
func (m *Manager) onFetchResponse(env *engine.Env, f *fetcher, resp *kmsg.FetchResponse) {
	if code := engine.ErrorCode(resp.ErrorCode); code != engine.ErrNone {
		f.session.epoch = initialEpoch
		if code == engine.ErrFetchSessionIDNotFound {
			f.session.id = noSession
		}
		if code == engine.ErrFetchSessionTopicIDError || !isSessionError(code) {
			m.onFetchFailed(env, f)
		}
		return
	}
	switch {
	case resp.SessionID == noSession:
		f.session = followerSession{}
	default:
		f.session = followerSession{id: resp.SessionID, epoch: nextSessionEpoch(f.session.epoch)}
	}
	for i := range resp.Topics {
		t := &resp.Topics[i]
		for j := range t.Partitions {
			s := f.byID[sessionKey{id: t.TopicID, partition: t.Partitions[j].Partition}]
			// An answer to a question that is no longer this partition's is late: its
			// epoch or its log has changed since.
			if s == nil || !s.inSession || !s.isReady(env.Now()) || s.isLate() {
				continue
			}
			m.onFetched(env, f, s, &t.Partitions[j])
		}
	}
}

func (s *fetchState) isLate() bool {
	return s.sentAsk.fetchOffset != s.partition.log.LogEndOffset() || s.sentAsk.currentLeaderEpoch != s.leaderEpoch
}

func isSessionError(code engine.ErrorCode) bool {
	return code == engine.ErrFetchSessionIDNotFound || code == engine.ErrInvalidFetchSessionEpoch
}

// onFetched takes what the leader says of one partition.
func (m *Manager) onFetched(env *engine.Env, f *fetcher, s *fetchState, r *kmsg.FetchResponseTopicPartition) {
	f.note(s)
	switch engine.ErrorCode(r.ErrorCode) {
	case engine.ErrNone:
		if r.DivergingEpoch.EndOffset >= 0 {
			m.onDiverged(env, f, s, engine.LeaderEpoch(r.DivergingEpoch.Epoch), engine.Offset(r.DivergingEpoch.EndOffset))
			return
		}
		m.appendFetched(env, f, s, r)
	case engine.ErrOffsetOutOfRange:
		m.askOffset(env, f, s, phaseAskingLatest)
	case engine.ErrFencedLeaderEpoch:
		// The leader is of a newer epoch: metadata will tell us soon.
		s.phase = phaseFailed
	default:
		s.retryAt = env.Now().Add(m.cfg.FetchBackoff)
	}
}

// appendFetched writes what was fetched and takes over the leader's high
// watermark and log start (ReplicaFetcherThread.processPartitionData).
func (m *Manager) appendFetched(env *engine.Env, f *fetcher, s *fetchState, r *kmsg.FetchResponseTopicPartition) {
	p := s.partition
	if len(r.RecordBatches) > 0 {
		before := p.log.LogEndOffset()
		_, err := p.log.AppendAsFollower(r.RecordBatches, s.leaderEpoch, env.Wall())
		f.promise(m)
		if p.log.LogEndOffset() > before {
			m.trace(env, p, engine.Event{Kind: engine.EventAppended, Offset: before, Until: p.log.LogEndOffset(),
				Epoch: s.leaderEpoch, Count: int64(len(r.RecordBatches)), Peer: f.leader})
			m.touch(p, movedLogEnd)
		}
		if err != nil {
			m.onAppendFailed(env, s, err)
			return
		}
	}
	s.leaderHighWatermark = engine.Offset(r.HighWatermark)
	s.inSync = s.leaderHighWatermark <= p.log.LogEndOffset()
	if m.followerQuota.isThrottled(p.tp) {
		m.followerQuota.record(int64(len(r.RecordBatches)), env.Wall())
	}
	m.setHighWatermark(env, p, s.leaderHighWatermark)
	if start := engine.Offset(r.LogStartOffset); start > p.log.LogStartOffset() {
		m.moveLogStart(env, p, min(start, p.log.HighWatermark()))
	}
}

func (m *Manager) onAppendFailed(env *engine.Env, s *fetchState, err error) {
	switch {
	case batch.DefectOf(err) != 0:
		s.retryAt = env.Now().Add(m.cfg.FetchBackoff) // perhaps damaged on the way
	case errors.Is(err, log.ErrFull), errors.Is(err, log.ErrFailed):
		m.onStorageError(env, s.partition, err)
	default:
		s.phase = phaseFailed
	}
}

// onDiverged cuts what the leader's log does not have
// (AbstractFetcherThread.getOffsetTruncationState, KIP-101 and KIP-279).
//
// Example: the leader has epoch 0 up to 3 and then epoch 2; this log has epoch 0
// up to 3 and epoch 1 up to 5. Asked at (5, epoch 1) the leader answers (0, 3):
// cut to 3. Had this log no epoch 0 but one below, its end would be the place,
// and the next Fetch asks from there.
func (m *Manager) onDiverged(env *engine.Env, f *fetcher, s *fetchState, epoch engine.LeaderEpoch, end engine.Offset) {
	p := s.partition
	m.trace(env, p, engine.Event{Kind: engine.EventFetchDiverged, Epoch: epoch, Offset: end, Peer: f.leader})
	to := min(end, p.log.LogEndOffset())
	switch own := p.log.EndOffsetForEpoch(epoch); {
	case m.cfg.Bugs.Has(engine.BugDivergeByEpochStart), own.Epoch == engine.NoLeaderEpoch:
	case own.Epoch == epoch:
		to = min(own.Offset, to)
	default:
		to = min(own.Offset, p.log.LogEndOffset())
	}
	m.truncate(env, p, to)
	f.promise(m)
}

// truncate cuts the log, and the high watermark with it where it lies above.
func (m *Manager) truncate(env *engine.Env, p *Partition, to engine.Offset) {
	before, hw := p.log.LogEndOffset(), p.log.HighWatermark()
	// Also where there is nothing to cut: an epoch that begins at the very end,
	// without records, may contradict the leader's.
	cut, err := p.log.TruncateTo(to, env.Wall())
	if err != nil {
		m.onStorageError(env, p, err)
		return
	}
	if !cut {
		return
	}
	m.trace(env, p, engine.Event{Kind: engine.EventTruncated, Offset: p.log.LogEndOffset(), Until: before, Epoch: p.leaderEpoch})
	m.touch(p, movedLogEnd)
	m.noteHighWatermark(env, p, hw)
}

// askOffset asks where the leader's log ends or begins, after the fetch offset
// was out of its range.
func (m *Manager) askOffset(env *engine.Env, f *fetcher, s *fetchState, phase fetchPhase) {
	s.phase = phase
	timestamp, tag := latestTimestamp, tagLatestOffset
	if phase == phaseAskingEarliest {
		timestamp, tag = earliestTimestamp, tagEarliestOffset
	}
	req := kmsg.NewPtrListOffsetsRequest()
	req.Version = 11
	req.ReplicaID = int32(m.cfg.NodeID)
	t := kmsg.NewListOffsetsRequestTopic()
	t.Topic = s.partition.tp.Topic
	part := kmsg.NewListOffsetsRequestTopicPartition()
	part.Partition = s.partition.tp.Partition
	part.CurrentLeaderEpoch = int32(s.leaderEpoch)
	part.Timestamp = timestamp
	t.Partitions = append(t.Partitions, part)
	req.Topics = append(req.Topics, t)
	f.channel.Send(env, channel.Tag{Kind: tag, Key: int64(s.leaderEpoch)}, req, engine.Durable{})
}

// onOffsetAnswer is the rest of AbstractFetcherThread.fetchOffsetAndTruncate: cut
// what reaches beyond the leader's end, or begin anew where it begins.
func (m *Manager) onOffsetAnswer(env *engine.Env, f *fetcher, r *channel.Result) {
	asked := &r.Request.(*kmsg.ListOffsetsRequest).Topics[0]
	p := m.partitions[engine.TopicPartition{Topic: asked.Topic, Partition: asked.Partitions[0].Partition}]
	if p == nil {
		return
	}
	s := f.byID[sessionKey{id: p.topicID, partition: p.tp.Partition}]
	if s == nil || int64(s.leaderEpoch) != r.Tag.Key ||
		s.phase != phaseAskingLatest && s.phase != phaseAskingEarliest {
		return
	}
	f.note(s)
	offset, code := listOffsetsAnswer(r.Response)
	switch {
	case code == engine.ErrFencedLeaderEpoch:
		s.phase = phaseFailed
	case code != engine.ErrNone:
		s.phase = phaseFetching
		s.retryAt = env.Now().Add(m.cfg.FetchBackoff)
	case s.phase == phaseAskingLatest && offset >= p.log.LogEndOffset():
		m.askOffset(env, f, s, phaseAskingEarliest)
	case s.phase == phaseAskingLatest:
		s.phase = phaseFetching
		m.truncate(env, p, offset)
		f.promise(m)
	default:
		s.phase = phaseFetching
		if offset > p.log.LogEndOffset() {
			m.restartLog(env, p, offset)
			f.promise(m)
		}
	}
}

func listOffsetsAnswer(body kmsg.Response) (engine.Offset, engine.ErrorCode) {
	resp, ok := body.(*kmsg.ListOffsetsResponse)
	if !ok || len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return engine.NoOffset, engine.ErrNetworkException
	}
	part := &resp.Topics[0].Partitions[0]
	return engine.Offset(part.Offset), engine.ErrorCode(part.ErrorCode)
}

// restartLog empties a log that ends below the leader's beginning.
func (m *Manager) restartLog(env *engine.Env, p *Partition, at engine.Offset) {
	before, start, hw := p.log.LogEndOffset(), p.log.LogStartOffset(), p.log.HighWatermark()
	if err := p.log.TruncateFullyAndStartAt(at, env.Wall()); err != nil {
		m.onStorageError(env, p, err)
		return
	}
	m.trace(env, p, engine.Event{Kind: engine.EventTruncated, Offset: at, Until: before, Epoch: p.leaderEpoch})
	m.trace(env, p, engine.Event{Kind: engine.EventLogStartMoved, Offset: p.log.LogStartOffset(), Until: start})
	m.touch(p, movedLogEnd)
	m.noteHighWatermark(env, p, hw)
}
