package replica

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"bitacora/engine"
)

// Session ids and epochs that mean something else (FetchMetadata).
const (
	noSession    int32 = 0  // asks for a session, or has none
	initialEpoch int32 = 0  // a full fetch that would like a session
	finalEpoch   int32 = -1 // a full fetch that wants none
)

// nextSessionEpoch counts a session's requests: 1, 2, ... and after the largest
// number 1 again (FetchMetadata.nextEpoch).
func nextSessionEpoch(epoch int32) int32 {
	switch {
	case epoch < 0:
		return finalEpoch
	case epoch == 1<<31-1:
		return 1
	}
	return epoch + 1
}

// sessionKey names a partition within a session: by topic id from Fetch v13 on,
// by name before.
type sessionKey struct {
	id        engine.TopicID
	topic     string // "" where the id names it
	partition int32
}

// fetchAsk is what a Fetch asks of one partition (FetchRequest.PartitionData).
type fetchAsk struct {
	currentLeaderEpoch engine.LeaderEpoch // NoLeaderEpoch: not checked
	lastFetchedEpoch   engine.LeaderEpoch // NoLeaderEpoch: not checked
	fetchOffset        engine.Offset
	logStartOffset     engine.Offset // the follower's
	bytesMax           int32
}

// cachedPartition is what a session remembers of one partition
// (FetchSession.CachedPartition): the last request's wishes and what the last
// answer said, so that an answer holds only what changed.
type cachedPartition struct {
	key            sessionKey
	where          location
	ask            fetchAsk
	highWatermark  engine.Offset
	logStartOffset engine.Offset
	prev, next     *cachedPartition
}

// mustRespond says whether the answer has news of the partition, and remembers
// what it says (CachedPartition.maybeUpdateResponseData).
func (c *cachedPartition) mustRespond(r *fetchResult) bool {
	must := len(r.records) > 0
	if c.highWatermark != r.highWatermark {
		c.highWatermark = r.highWatermark
		must = true
	}
	if c.logStartOffset != r.logStartOffset {
		c.logStartOffset = r.logStartOffset
		must = true
	}
	if r.code != engine.ErrNone {
		// So that the next answer without error tells the high watermark again.
		c.highWatermark = engine.NoOffset
		must = true
	}
	return must || r.diverging || r.sendsAway
}

// fetchSession is one incremental fetch session (KIP-227).
type fetchSession struct {
	id           int32
	privileged   bool // a follower's: evicted only by other followers'
	usesTopicIDs bool
	created      engine.Time
	lastUsed     engine.Time
	epoch        int32 // the request epoch that is due
	byKey        map[sessionKey]*cachedPartition
	root         cachedPartition // ring: root.next is the first to be served
}

func (s *fetchSession) pushBack(c *cachedPartition) {
	c.prev, c.next = s.root.prev, &s.root
	c.prev.next, c.next.prev = c, c
}

func unlink(c *cachedPartition) {
	c.prev.next, c.next.prev = c.next, c.prev
	c.prev, c.next = nil, nil
}

// moveToEnd puts a partition that was served behind those that were not, so that
// a small answer serves all in turn.
func (s *fetchSession) moveToEnd(c *cachedPartition) {
	unlink(c)
	s.pushBack(c)
}

// set adds a partition or replaces what is asked of it.
func (s *fetchSession) set(key sessionKey, ask fetchAsk) {
	if c := s.byKey[key]; c != nil {
		c.ask = ask
		return
	}
	c := &cachedPartition{key: key, ask: ask, highWatermark: engine.NoOffset, logStartOffset: engine.NoOffset}
	s.byKey[key] = c
	s.pushBack(c)
}

func (s *fetchSession) forget(key sessionKey) {
	if c := s.byKey[key]; c != nil {
		unlink(c)
		delete(s.byKey, key)
	}
}

// sessionCache holds the sessions (FetchSessionCacheShard; one shard, where Kafka
// splits the slots among eight for the sake of its locks).
type sessionCache struct {
	slotsMax int           // max.incremental.fetch.session.cache.slots
	idleMax  time.Duration // min.incremental.fetch.session.eviction.ms
	sessions map[int32]*fetchSession
}

func newSessionCache(slotsMax int, idleMax time.Duration) sessionCache {
	return sessionCache{slotsMax: slotsMax, idleMax: idleMax, sessions: map[int32]*fetchSession{}}
}

// create makes a session, evicting another where the cache is full. It gives nil
// when there is no room.
func (c *sessionCache) create(env *engine.Env, privileged, usesTopicIDs bool, size int) *fetchSession {
	if len(c.sessions) >= c.slotsMax && !c.evict(env.Now(), privileged, size) {
		return nil
	}
	s := &fetchSession{
		privileged: privileged, usesTopicIDs: usesTopicIDs,
		created: env.Now(), lastUsed: env.Now(),
		epoch: nextSessionEpoch(initialEpoch),
		byKey: make(map[sessionKey]*cachedPartition, size),
	}
	s.root.prev, s.root.next = &s.root, &s.root
	for s.id == noSession || c.sessions[s.id] != nil {
		s.id = 1 + int32(env.Rand().Int64N(1<<31-1))
	}
	c.sessions[s.id] = s
	return s
}

// evict makes room: for anybody in the place of a session that was not used for
// idleMax; else in that of the smallest session that may go. Sessions younger
// than idleMax go only for a follower, and only if a client's; nobody gives way
// to a smaller one (FetchSessionCacheShard.tryEvict).
func (c *sessionCache) evict(now engine.Time, privileged bool, size int) bool {
	var oldest, smallest *fetchSession
	for _, id := range slices.Sorted(maps.Keys(c.sessions)) {
		s := c.sessions[id]
		if oldest == nil || s.lastUsed < oldest.lastUsed {
			oldest = s
		}
		old := s.lastUsed.Sub(s.created) > c.idleMax
		if (old || privileged && !s.privileged) &&
			(smallest == nil || compareEvictable(s, smallest.privileged, len(smallest.byKey)) < 0) {
			smallest = s
		}
	}
	switch {
	case oldest == nil:
		return false
	case now.Sub(oldest.lastUsed) > c.idleMax:
		delete(c.sessions, oldest.id)
		return true
	case smallest == nil || compareEvictable(smallest, privileged, size) > 0:
		return false
	}
	delete(c.sessions, smallest.id)
	return true
}

func compareEvictable(s *fetchSession, privileged bool, size int) int {
	if s.privileged != privileged {
		if s.privileged {
			return 1
		}
		return -1
	}
	return cmp.Compare(len(s.byKey), size)
}
