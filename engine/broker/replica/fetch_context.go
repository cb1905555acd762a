package replica

import (
	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// contextKind says how a Fetch relates to a session (FetchContext's classes).
type contextKind uint8

const (
	sessionless contextKind = iota
	fullFetch               // names all partitions and would like a session
	incremental             // names what changed since the session's last request
	sessionError
)

// fetchContext is one Fetch's part in a session.
type fetchContext struct {
	kind         contextKind
	code         engine.ErrorCode // of a sessionError
	session      *fetchSession    // of an incremental one
	epoch        int32            // of the request
	privileged   bool
	usesTopicIDs bool
}

// newFetchContext is FetchManager.newContext: it finds, ends, or updates the
// session that the request names. Sessions that are asked for are made with the
// answer.
func (m *Manager) newFetchContext(env *engine.Env, req *kmsg.FetchRequest, fromFollower bool) fetchContext {
	c := fetchContext{epoch: req.SessionEpoch, privileged: fromFollower, usesTopicIDs: req.Version >= 13}
	if req.Version < 7 {
		return c
	}
	if req.SessionEpoch == initialEpoch || req.SessionEpoch == finalEpoch {
		delete(m.sessions.sessions, req.SessionID)
		if req.SessionEpoch == initialEpoch {
			c.kind = fullFetch
		}
		return c
	}
	s := m.sessions.sessions[req.SessionID]
	c.kind = sessionError
	switch {
	case s == nil:
		c.code = engine.ErrFetchSessionIDNotFound
	case s.epoch != req.SessionEpoch:
		c.code = engine.ErrInvalidFetchSessionEpoch
	case s.usesTopicIDs != c.usesTopicIDs:
		c.code = engine.ErrFetchSessionTopicIDError
	default:
		m.updateSession(s, req)
		if len(s.byKey) == 0 {
			delete(m.sessions.sessions, s.id)
			c.kind = sessionless
			return c
		}
		s.lastUsed = env.Now()
		s.epoch = nextSessionEpoch(s.epoch)
		c.kind, c.session = incremental, s
	}
	return c
}

func (m *Manager) updateSession(s *fetchSession, req *kmsg.FetchRequest) {
	for i := range req.Topics {
		t := &req.Topics[i]
		for j := range t.Partitions {
			s.set(keyOf(req.Version, t, t.Partitions[j].Partition), askOf(req.Version, &t.Partitions[j]))
		}
	}
	for i := range req.ForgottenTopics {
		t := &req.ForgottenTopics[i]
		for _, partition := range t.Partitions {
			key := sessionKey{topic: t.Topic, partition: partition}
			if req.Version >= 13 {
				key = sessionKey{id: t.TopicID, partition: partition}
			}
			s.forget(key)
		}
	}
}

func keyOf(version int16, t *kmsg.FetchRequestTopic, partition int32) sessionKey {
	if version >= 13 {
		return sessionKey{id: t.TopicID, partition: partition}
	}
	return sessionKey{topic: t.Topic, partition: partition}
}

func askOf(version int16, p *kmsg.FetchRequestTopicPartition) fetchAsk {
	ask := fetchAsk{
		currentLeaderEpoch: engine.NoLeaderEpoch,
		lastFetchedEpoch:   engine.NoLeaderEpoch,
		fetchOffset:        engine.Offset(p.FetchOffset),
		logStartOffset:     engine.NoOffset,
		bytesMax:           max(p.PartitionMaxBytes, 0),
	}
	if version >= 5 {
		ask.logStartOffset = engine.Offset(p.LogStartOffset)
	}
	if version >= 9 && p.CurrentLeaderEpoch >= 0 {
		ask.currentLeaderEpoch = engine.LeaderEpoch(p.CurrentLeaderEpoch)
	}
	if version >= 12 && p.LastFetchedEpoch >= 0 {
		ask.lastFetchedEpoch = engine.LeaderEpoch(p.LastFetchedEpoch)
	}
	return ask
}

// contextEntries gives the partitions to serve: an incremental fetch serves the
// session's, in its order; others what they name, the last wish where they name
// one twice.
func (m *Manager) contextEntries(req *kmsg.FetchRequest, c *fetchContext) []fetchEntry {
	switch c.kind {
	case sessionError:
		return nil
	case incremental:
		entries := m.entriesFor(len(c.session.byKey))
		for p := c.session.root.next; p != &c.session.root; p = p.next {
			if p.where.generation != m.generation {
				p.where = m.locate(p.key)
			}
			entries = append(entries, fetchEntry{key: p.key, where: p.where, cached: p, ask: p.ask})
		}
		return entries
	}
	n := 0
	for i := range req.Topics {
		n += len(req.Topics[i].Partitions)
	}
	entries := m.entriesFor(n)
	at := make(map[sessionKey]int, n)
	for i := range req.Topics {
		t := &req.Topics[i]
		for j := range t.Partitions {
			key := keyOf(req.Version, t, t.Partitions[j].Partition)
			ask := askOf(req.Version, &t.Partitions[j])
			if k, twice := at[key]; twice {
				entries[k].ask = ask
				continue
			}
			at[key] = len(entries)
			entries = append(entries, fetchEntry{key: key, where: m.locate(key), ask: ask})
		}
	}
	return entries
}

// topicName is the key's topic, or "" where no topic has the id.
func (m *Manager) topicName(key sessionKey) string {
	if key.topic != "" || key.id == (engine.TopicID{}) {
		return key.topic
	}
	if t := m.image.TopicByID(key.id); t != nil {
		return t.Name
	}
	return ""
}

// fillFetchResponse is FetchContext.updateAndGenerateResponseData.
func (m *Manager) fillFetchResponse(env *engine.Env, op *fetchOp, resp *kmsg.FetchResponse) {
	c := &op.context
	switch c.kind {
	case sessionError:
		resp.ErrorCode = int16(c.code)
		return
	case incremental:
		resp.SessionID = c.session.id
		if c.session.epoch != nextSessionEpoch(c.epoch) {
			// Another connection has used the session meanwhile.
			resp.ErrorCode = int16(engine.ErrInvalidFetchSessionEpoch)
			return
		}
		for i := range op.entries {
			e := &op.entries[i]
			if e.cached.next == nil || !e.cached.mustRespond(&e.result) {
				continue
			}
			if len(e.result.records) > 0 {
				c.session.moveToEnd(e.cached)
			}
			m.appendFetchResult(op, e, resp)
		}
		return
	case fullFetch:
		if s := m.sessions.create(env, c.privileged, c.usesTopicIDs, len(op.entries)); s != nil {
			resp.SessionID = s.id
			for i := range op.entries {
				e := &op.entries[i]
				s.set(e.key, e.ask)
				cached := s.byKey[e.key]
				cached.highWatermark, cached.logStartOffset = e.result.highWatermark, e.result.logStartOffset
			}
		}
	}
	for i := range op.entries {
		m.appendFetchResult(op, &op.entries[i], resp)
	}
}
