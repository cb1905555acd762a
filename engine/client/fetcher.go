package client

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/channel"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// fetchedRun is what one answer brought of one partition (CompletedFetch).
type fetchedRun struct {
	tp      engine.TopicPartition
	part    *assignedPartition // as it was assigned then
	from    engine.NodeID
	next    engine.Offset // of its next record: what was asked for, then where it was left off
	answer  kmsg.FetchResponseTopicPartition
	rest    []byte // batches that are not handed out to the end
	started bool
	// Of read_committed: transactions that were aborted and begin later, and the
	// producers in one where rest begins.
	aborted  []kmsg.FetchResponseTopicPartitionAbortedTransaction
	aborting []int64
}

// fetchSession is one incremental fetch session (FetchSessionHandler, KIP-227).
type fetchSession struct {
	node    engine.NodeID
	id      int32 // 0: none
	epoch   int32 // 0: the next request is a full one
	known   []sessionPartition
	pending bool
}

// sessionPartition is what a broker remembers of a partition in a session.
type sessionPartition struct {
	tp     engine.TopicPartition
	id     engine.TopicID
	offset engine.Offset
	epoch  engine.LeaderEpoch
}

const finalSessionEpoch int32 = -1

func (c *Consumer) session(node engine.NodeID) *fetchSession {
	for _, s := range c.sessions {
		if s.node == node {
			return s
		}
	}
	s := &fetchSession{node: node}
	c.sessions = append(c.sessions, s)
	return s
}

// sendFetches asks each leader, or the replica that it named, for the partitions that have a position and nothing
// buffered (AbstractFetch.prepareFetchRequests). A node that has partitions with
// buffered records is not asked, since those would drop out of its session.
func (c *Consumer) sendFetches(env *engine.Env) {
	var nodes []engine.NodeID
	wanted := map[engine.NodeID][]sessionPartition{}
	for _, a := range c.parts {
		if !a.fetchable() || c.isBuffered(a) {
			continue
		}
		leader, known := c.net.view.leader(a.tp)
		if !known {
			c.net.requestUpdate()
			continue
		}
		c.checkLeader(a)
		node := c.readsFrom(env, a, leader.leader)
		if !a.fetchable() || c.hasBuffered(node) || c.session(node).pending || !c.net.ready(env, int64(node)) {
			continue
		}
		if wanted[node] == nil {
			nodes = append(nodes, node)
		}
		wanted[node] = append(wanted[node],
			sessionPartition{a.tp, c.net.view.topic(a.tp.Topic).id, a.position, leader.epoch})
	}
	for _, node := range nodes {
		s := c.session(node)
		req := c.fetchRequest(s, wanted[node])
		s.pending = true
		c.net.send(env, int64(node), channel.Tag{Kind: tagFetch, Key: int64(node)}, req, c.cfg.RequestTimeout)
	}
}

func (c *Consumer) isBuffered(a *assignedPartition) bool {
	return slices.ContainsFunc(c.buffer, func(f *fetchedRun) bool { return f.part == a })
}

// hasBuffered says that records that came from the node wait to be handed out.
func (c *Consumer) hasBuffered(node engine.NodeID) bool {
	return slices.ContainsFunc(c.buffer, func(f *fetchedRun) bool { return f.from == node && !f.part.paused })
}

// fetchRequest makes the next request of a session: everything, or what changed.
func (c *Consumer) fetchRequest(s *fetchSession, wanted []sessionPartition) *kmsg.FetchRequest {
	req := kmsg.NewPtrFetchRequest()
	req.Version = 18
	req.MaxWaitMillis = int32(c.cfg.FetchMaxWait.Milliseconds())
	req.MinBytes, req.MaxBytes = int32(c.cfg.FetchMinBytes), int32(c.cfg.FetchMaxBytes)
	req.Rack = c.cfg.Rack
	if c.cfg.ReadCommitted {
		req.IsolationLevel = 1
	}
	req.SessionID, req.SessionEpoch = s.id, s.epoch
	for _, w := range wanted {
		if s.epoch != 0 && slices.Contains(s.known, w) {
			continue
		}
		c.addFetch(req, w)
	}
	if s.epoch != 0 {
		for _, k := range s.known {
			if !slices.ContainsFunc(wanted, func(w sessionPartition) bool { return w.tp == k.tp && w.id == k.id }) {
				forget(req, k)
			}
		}
	}
	s.known = wanted
	return req
}

func (c *Consumer) addFetch(req *kmsg.FetchRequest, w sessionPartition) {
	n := len(req.Topics)
	if n == 0 || req.Topics[n-1].Topic != w.tp.Topic {
		t := kmsg.NewFetchRequestTopic()
		t.Topic, t.TopicID = w.tp.Topic, w.id
		req.Topics = append(req.Topics, t)
		n++
	}
	p := kmsg.NewFetchRequestTopicPartition()
	p.Partition, p.FetchOffset, p.CurrentLeaderEpoch = w.tp.Partition, int64(w.offset), int32(w.epoch)
	p.LastFetchedEpoch, p.LogStartOffset, p.PartitionMaxBytes = -1, -1, int32(c.cfg.PartitionMaxBytes)
	req.Topics[n-1].Partitions = append(req.Topics[n-1].Partitions, p)
}

func forget(req *kmsg.FetchRequest, k sessionPartition) {
	n := len(req.ForgottenTopics)
	if n == 0 || req.ForgottenTopics[n-1].TopicID != k.id {
		t := kmsg.NewFetchRequestForgottenTopic()
		t.Topic, t.TopicID = k.tp.Topic, k.id
		req.ForgottenTopics = append(req.ForgottenTopics, t)
		n++
	}
	req.ForgottenTopics[n-1].Partitions = append(req.ForgottenTopics[n-1].Partitions, k.tp.Partition)
}

// answered moves a session on (FetchSessionHandler.handleResponse). It says whether
// the answer counts.
func (s *fetchSession) answered(resp *kmsg.FetchResponse) bool {
	s.pending = false
	switch {
	case resp == nil:
		s.epoch = 0 // the next full request also ends the old session
		return false
	case engine.ErrorCode(resp.ErrorCode) == engine.ErrFetchSessionIDNotFound:
		s.id, s.epoch = 0, 0
		return false
	case resp.ErrorCode != 0:
		s.epoch = 0
		return false
	case resp.SessionID == 0:
		s.id, s.epoch = 0, 0
	default:
		s.id = resp.SessionID
		s.epoch = s.epoch%(1<<31-1) + 1
	}
	return true
}

// onFetch takes the end of a Fetch.
func (c *Consumer) onFetch(env *engine.Env, r channel.Result) {
	s := c.session(engine.NodeID(r.Tag.Key))
	resp, _ := r.Response.(*kmsg.FetchResponse)
	asked := s.known
	if resp == nil {
		for _, k := range asked {
			if a := c.part(k.tp); a != nil && a.nearest == s.node {
				a.leaveNearest()
			}
		}
	}
	if !s.answered(resp) {
		if resp != nil && engine.ErrorCode(resp.ErrorCode) == engine.ErrUnknownTopicID {
			c.net.requestUpdate()
		}
		return
	}
	for _, b := range resp.Brokers {
		c.net.view.nodeHint(engine.NodeID(b.NodeID), engine.Addr{Host: b.Host, Port: b.Port})
	}
	for i := range resp.Topics {
		t := &resp.Topics[i]
		name := c.net.view.topicName(t.Topic, t.TopicID)
		for j := range t.Partitions {
			tp := engine.TopicPartition{Topic: name, Partition: t.Partitions[j].Partition}
			k := slices.IndexFunc(asked, func(w sessionPartition) bool { return w.tp == tp })
			a := c.part(tp)
			if k < 0 || a == nil {
				continue
			}
			c.buffer = append(c.buffer, &fetchedRun{
				tp: tp, part: a, from: s.node, next: asked[k].offset, answer: t.Partitions[j], rest: t.Partitions[j].RecordBatches,
				aborted: slices.Clone(t.Partitions[j].AbortedTransactions),
			})
		}
	}
}

// handOut gives the application at most max.poll.records records, partition by
// partition, and moves the positions (FetchCollector.collectFetch).
func (c *Consumer) handOut(env *engine.Env) (records int) {
	room := c.cfg.MaxPollRecords
	for i := 0; i < len(c.buffer) && room > 0; {
		f := c.buffer[i]
		if f.part.paused && c.part(f.tp) == f.part {
			i++ // kept until it is resumed
			continue
		}
		if f.part.leaving {
			i++
			continue
		}
		n, done := c.handOutRun(env, f, room)
		room -= n
		records += n
		if done {
			c.buffer = slices.Delete(c.buffer, i, i+1)
		}
		if c.failed != engine.ErrNone {
			break
		}
	}
	c.read += int64(records)
	return records
}

// handOutRun hands out what it may of one run, and says whether the run is done.
func (c *Consumer) handOutRun(env *engine.Env, f *fetchedRun, room int) (records int, done bool) {
	a := f.part
	if c.part(f.tp) != a || a.state != stateFetching {
		return 0, true
	}
	if a.position != f.next || !f.started && !c.begin(env, f) {
		return 0, true // the application sought elsewhere, or there is nothing
	}
	f.started = true
	for room > 0 {
		it := batch.Iterate(f.rest)
		if !it.Next() {
			return records, true
		}
		b := it.Batch()
		if b.EnsureValid() != nil {
			c.giveUp(env, engine.ErrCorruptMessage)
			return records, true
		}
		n, whole := 0, true
		if !c.skips(f, b) {
			n, whole = c.handOutBatch(env, a, b, room)
		}
		records += n
		room -= n
		if whole {
			a.position, a.epoch = max(a.position, b.NextOffset()), b.PartitionLeaderEpoch()
			f.rest = it.Rest()
		}
		f.next = a.position
	}
	return records, len(f.rest) == 0
}

func (c *Consumer) handOutBatch(env *engine.Env, a *assignedPartition, b batch.Batch, room int) (records int, whole bool) {
	it := b.Iterate(&c.codecs)
	for it.Next() {
		r := it.Record()
		if r.Offset < a.position {
			continue // a batch may begin before what was asked for
		}
		if records == room {
			return records, false
		}
		records++
		a.position, a.epoch = r.Offset+1, b.PartitionLeaderEpoch()
		env.Trace(engine.Event{Kind: engine.EventClientRead, Topic: a.tp.Topic, Partition: a.tp.Partition, Offset: r.Offset, Name: c.cfg.Group})
	}
	if it.Err() != nil {
		c.giveUp(env, engine.ErrCorruptMessage)
	}
	return records, true
}

// skips says that an application sees nothing of a batch: control batches, and with
// read_committed those of aborted transactions (CompletedFetch.nextFetchedRecord).
func (c *Consumer) skips(f *fetchedRun, b batch.Batch) bool {
	if !c.cfg.ReadCommitted {
		return b.IsControl()
	}
	for len(f.aborted) > 0 && f.aborted[0].FirstOffset <= int64(b.LastOffset()) {
		f.aborting = append(f.aborting, f.aborted[0].ProducerID)
		f.aborted = f.aborted[1:]
	}
	i := slices.Index(f.aborting, int64(b.ProducerID()))
	if b.IsControl() {
		if i >= 0 {
			f.aborting = slices.Delete(f.aborting, i, i+1) // its end is an abort marker
		}
		return true
	}
	return b.IsTransactional() && i >= 0
}

// begin looks at a fresh answer's error (FetchCollector.initialize). True means that
// there may be records.
func (c *Consumer) begin(env *engine.Env, f *fetchedRun) bool {
	a := f.part
	switch code := engine.ErrorCode(f.answer.ErrorCode); code {
	case engine.ErrNone:
		a.high = engine.Offset(f.answer.HighWatermark)
		if near := engine.NodeID(f.answer.PreferredReadReplica); near >= 0 {
			c.noteNearest(env, a, near)
		}
		return true
	case engine.ErrNotLeaderOrFollower, engine.ErrFencedLeaderEpoch:
		c.net.view.leaderHint(a.tp, engine.NodeID(f.answer.CurrentLeader.LeaderID), engine.LeaderEpoch(f.answer.CurrentLeader.LeaderEpoch))
		c.net.requestUpdate()
		a.leaveNearest()
	case engine.ErrReplicaNotAvailable, engine.ErrKafkaStorageError, engine.ErrOffsetNotAvailable,
		engine.ErrUnknownTopicOrPartition, engine.ErrUnknownTopicID, engine.ErrInconsistentTopicID:
		c.net.requestUpdate()
		a.leaveNearest()
	case engine.ErrOffsetOutOfRange:
		if !a.leaveNearest() { // else the leader may still have it
			c.resetByPolicy(env, a)
		}
	case engine.ErrUnknownLeaderEpoch, engine.ErrUnknownServerError:
	default:
		c.giveUp(env, code)
	}
	return false
}

// closeSessions tells brokers that the sessions are over (AbstractFetch.close).
func (c *Consumer) closeSessions(env *engine.Env) {
	for _, s := range c.sessions {
		if s.id == 0 || !c.net.ready(env, int64(s.node)) {
			continue
		}
		req := c.fetchRequest(&fetchSession{node: s.node, id: s.id, epoch: finalSessionEpoch}, nil)
		req.MaxWaitMillis = 0
		c.net.send(env, int64(s.node), channel.Tag{Kind: tagFetch, Key: int64(s.node)}, req, c.cfg.RequestTimeout)
		s.id = 0
	}
}
