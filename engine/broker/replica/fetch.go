package replica

import (
	"errors"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
	"bitacora/engine/metadata"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The replica ids of a Fetch that come from no replica (FetchRequest).
const (
	consumerReplicaID  engine.NodeID = -1
	debuggingReplicaID engine.NodeID = -2
)

// fetchOp is a Fetch as it is being answered (FetchParams and its context).
type fetchOp struct {
	version       int16
	listener      uint8
	replica       engine.NodeID // of a follower; negative: a consumer
	replicaEpoch  engine.BrokerEpoch
	readCommitted bool
	rack          string        // the consumer's client.rack
	isolation     log.Isolation // how far it may see
	wait          time.Duration
	bytesMin      int
	bytesMax      int
	context       fetchContext
	entries       []fetchEntry // in the order of serving; erroneous ones last
	after         engine.Durable
}

func (o *fetchOp) fromFollower() bool { return o.replica >= 0 }

// leaderOnly says whether only the leader may answer: followers ask leaders, and
// consumers may ask followers from v11 on (KIP-392).
func (o *fetchOp) leaderOnly() bool {
	return o.fromFollower() || o.replica == consumerReplicaID && o.version < 11
}

// fetchEntry is one partition of a fetchOp: the question and the answer.
type fetchEntry struct {
	key    sessionKey
	where  location
	cached *cachedPartition
	ask    fetchAsk
	result fetchResult
}

// location is what a sessionKey means now. A session keeps it until metadata
// changes.
type location struct {
	generation uint64
	topic      string     // "" where no topic has the id
	exists     bool       // metadata has the partition
	partition  *Partition // nil where it is not here
}

func (m *Manager) locate(key sessionKey) location {
	at := location{generation: m.generation, topic: m.topicName(key)}
	tp := engine.TopicPartition{Topic: at.topic, Partition: key.partition}
	at.partition = m.partitions[tp]
	at.exists = at.topic != "" && m.image.Partition(tp) != nil
	return at
}

func (e *fetchEntry) tp() engine.TopicPartition {
	return engine.TopicPartition{Topic: e.where.topic, Partition: e.key.partition}
}

// fetchResult is what one partition answers (LogReadResult).
type fetchResult struct {
	code           engine.ErrorCode
	erroneous      bool // refused before reading
	highWatermark  engine.Offset
	logStartOffset engine.Offset
	records        []byte
	preferred      engine.NodeID // read there instead, when sendsAway
	sendsAway      bool
	diverging      bool
	divergesAt     log.OffsetAndEpoch
}

func refusedFetch(code engine.ErrorCode) fetchResult {
	return fetchResult{code: code, highWatermark: engine.NoOffset, logStartOffset: engine.NoOffset}
}

// HandleFetch: key 1, v4-v18. KafkaApis.handleFetchRequest, ReplicaManager
// .fetchMessages; KIP-74, KIP-101, KIP-227, KIP-320, KIP-392, KIP-516, KIP-595
// (diverging epoch), KIP-903 (broker epoch), KIP-951 (current leader).
//
//   - at once: enough bytes, an error, a diverging epoch, or no time to wait
//
//   - else when enough can be read, an epoch or the leadership changes, or
//     max.wait.ms is over
//
//   - a follower's fetch offset says how far its log reaches; that may commit
//     records, move it into the ISR, and complete others' requests
//
//   - a consumer is sent to a replica in its rack; it is told so at once
//
//   - a follower that is throttled and not in sync gets no records while the
//     leader's quota is exceeded
//
// Not modelled: clients' quotas, transactions. Shown in:
// testdata/fetch_checks.txt, testdata/long_poll.txt; sessions in TestFetchSessions
func (m *Manager) HandleFetch(env *engine.Env, request engine.Request) {
	req := request.Body.(*kmsg.FetchRequest)
	op := m.newFetchOp(req, request.Listener)
	op.context = m.newFetchContext(env, req, op.fromFollower())
	interesting := m.fetchEntries(req, &op)
	if interesting == 0 {
		m.sendFetchResponse(env, request, &op)
		return
	}
	if m.readAll(env, &op, interesting, true) {
		m.sendFetchResponse(env, request, &op)
	} else {
		m.delayFetch(env, request, op, interesting)
	}
	m.settle(env)
}

func (m *Manager) newFetchOp(req *kmsg.FetchRequest, listener uint8) fetchOp {
	op := fetchOp{
		version:       req.Version,
		listener:      listener,
		replica:       engine.NodeID(req.ReplicaID),
		replicaEpoch:  -1,
		readCommitted: req.IsolationLevel == 1,
		wait:          time.Duration(req.MaxWaitMillis) * time.Millisecond,
		bytesMax:      int(min(req.MaxBytes, m.cfg.ConsumerFetchBytesMax)),
	}
	if req.Version >= 11 {
		op.rack = req.Rack
	}
	if req.Version >= 15 {
		op.replica = engine.NodeID(req.ReplicaState.ID)
		op.replicaEpoch = engine.BrokerEpoch(req.ReplicaState.Epoch)
	}
	op.bytesMin = min(int(req.MinBytes), op.bytesMax)
	switch {
	case op.fromFollower():
		op.isolation = log.LogEnd
	case op.readCommitted:
		op.isolation = log.TxnCommitted
	default:
		op.isolation = log.HighWatermark
	}
	return op
}

// fetchEntries lists the partitions that the context names, those that can be
// read first, and counts these.
func (m *Manager) fetchEntries(req *kmsg.FetchRequest, op *fetchOp) (interesting int) {
	all := m.contextEntries(req, &op.context)
	op.entries = all
	var refused []fetchEntry
	kept := 0
	for i := range all {
		e := &all[i]
		switch {
		case e.where.topic == "":
			e.result = refusedFetch(engine.ErrUnknownTopicID)
		case !e.where.exists:
			e.result = refusedFetch(engine.ErrUnknownTopicOrPartition)
		default:
			if kept < i {
				all[kept] = *e
			}
			kept++
			continue
		}
		e.result.erroneous = true
		refused = append(refused, *e)
	}
	copy(all[kept:], refused)
	return kept
}

// readAll reads the first n entries, and says whether the answer is due
// (ReplicaManager.readFromLog and fetchMessages).
func (m *Manager) readAll(env *engine.Env, op *fetchOp, n int, fresh bool) (due bool) {
	left, minOne, readable := op.bytesMax, true, 0
	due = op.wait <= 0
	for i := range op.entries[:n] {
		e := &op.entries[i]
		e.result = m.read(env, op, e, min(int(e.ask.bytesMax), left), minOne, fresh)
		size := len(e.result.records)
		if size > 0 {
			minOne = false
		}
		left = max(0, left-size)
		readable += size
		due = due || e.result.code != engine.ErrNone || e.result.diverging || e.result.sendsAway
	}
	return due || readable >= op.bytesMin
}

// read reads one partition. The high watermark that it tells is the one before
// the fetch itself moved it, as in Kafka: a follower learns of a commit that its
// own fetch caused with the next answer.
func (m *Manager) read(env *engine.Env, op *fetchOp, e *fetchEntry, bytesMax int, minOne, fresh bool) fetchResult {
	p := e.where.partition
	if p == nil || p.gone {
		return refusedFetch(m.missing(e.tp()))
	}
	if e.key.topic == "" && e.key.id != p.topicID {
		return refusedFetch(engine.ErrInconsistentTopicID)
	}
	if code := p.checkLocal(m.cfg.NodeID, m.fencedBy(&e.ask), op.leaderOnly()); code != engine.ErrNone {
		return refusedFetch(code)
	}
	var f *follower
	if op.fromFollower() {
		if f = p.replica(op.replica); f == nil {
			if e.ask.currentLeaderEpoch != engine.NoLeaderEpoch {
				return refusedFetch(engine.ErrUnknownLeaderEpoch)
			}
			return refusedFetch(engine.ErrNotLeaderOrFollower)
		}
	}
	if near, ok := m.nearestReplica(env, p, op, e.ask.fetchOffset); ok {
		return fetchResult{highWatermark: p.log.HighWatermark(), logStartOffset: p.log.LogStartOffset(), preferred: near, sendsAway: true}
	}
	r := m.readLog(env, op, p, &e.ask, bytesMax, minOne)
	if f != nil && m.throttlesFollower(env, p, f.id) {
		r.records = nil
	}
	if f != nil && fresh && r.code == engine.ErrNone && !r.diverging {
		if code := m.onFollowerFetch(env, p, f, &e.ask, op.replicaEpoch); code != engine.ErrNone {
			return refusedFetch(code)
		}
	}
	return r
}

// readLog is Partition.readRecords: first whether the reader's log is a prefix of
// this one as far as the last epoch it fetched tells, then its records.
//
// Example: this log has epoch 0 up to offset 3 and epoch 2 from there. A follower
// at offset 5 whose last records are of epoch 1 is told (0, 3): of what it has,
// nothing above 3 is of this log.
func (m *Manager) readLog(env *engine.Env, op *fetchOp, p *Partition, ask *fetchAsk, bytesMax int, minOne bool) fetchResult {
	r := fetchResult{highWatermark: p.log.HighWatermark(), logStartOffset: p.log.LogStartOffset()}
	if ask.lastFetchedEpoch != engine.NoLeaderEpoch && m.compares(p, ask) {
		end := p.log.EndOffsetForEpoch(ask.lastFetchedEpoch)
		if end.Epoch == engine.NoLeaderEpoch || ask.fetchOffset < r.logStartOffset {
			return refusedFetch(engine.ErrOffsetOutOfRange)
		}
		if m.diverges(ask, end) {
			r.diverging, r.divergesAt = true, end
			return r
		}
	}
	records, err := p.log.Read(ask.fetchOffset, op.isolation, bytesMax, minOne)
	switch {
	case errors.Is(err, log.ErrOffsetOutOfRange):
		return refusedFetch(engine.ErrOffsetOutOfRange)
	case err != nil:
		m.onStorageError(env, p, err)
		return refusedFetch(engine.ErrKafkaStorageError)
	}
	r.records = records
	if !op.fromFollower() && len(records) > 0 && p.isLeader(m.cfg.NodeID) && len(p.isr) <= 1 {
		// Nobody else has a copy: what a consumer has seen must outlive this
		// process.
		op.after = m.barrier()
	}
	return r
}

// The seams of the museum (engine.Bugs): each says what is right, unless the mistake
// is asked for.

// fencedBy is the leader epoch that a Fetch is checked against; before KIP-320 none.
func (m *Manager) fencedBy(ask *fetchAsk) engine.LeaderEpoch {
	if m.cfg.Bugs.Has(engine.BugFetchUnfenced) {
		return engine.NoLeaderEpoch
	}
	return ask.currentLeaderEpoch
}

// compares says whether the reader's log is compared with this one: a Fetch of
// another epoch than ours cannot be, and is fenced.
func (m *Manager) compares(p *Partition, ask *fetchAsk) bool {
	return !m.cfg.Bugs.Has(engine.BugFetchUnfenced) || ask.currentLeaderEpoch == p.leaderEpoch
}

func (m *Manager) diverges(ask *fetchAsk, end log.OffsetAndEpoch) bool {
	if m.cfg.Bugs.Has(engine.BugDivergeByEpochStart) {
		return end.Offset < ask.fetchOffset
	}
	return ask.divergesFrom(end)
}

// divergesFrom says whether the reader's log goes another way than this one, where
// end is what this log has of the reader's last epoch.
func (a *fetchAsk) divergesFrom(end log.OffsetAndEpoch) bool {
	return end.Epoch < a.lastFetchedEpoch || end.Offset < a.fetchOffset
}

// onFollowerFetch is Partition.updateFollowerFetchState. A Fetch of an earlier
// incarnation of the follower says nothing of the present one (KIP-903).
func (m *Manager) onFollowerFetch(env *engine.Env, p *Partition, f *follower, ask *fetchAsk, epoch engine.BrokerEpoch) engine.ErrorCode {
	if b := m.image.Broker(f.id); epoch != -1 && b != nil && !b.Fenced && b.Epoch > epoch {
		return engine.ErrNotLeaderOrFollower
	}
	before := f.logEnd
	f.onFetch(ask, p.log.LogEndOffset(), env.Wall(), epoch)
	m.maybeExpandISR(env, p, f)
	if f.logEnd != before {
		m.maybeIncrementHighWatermark(env, p)
	}
	return engine.ErrNone
}

// delayFetch puts a Fetch aside until there is more (ReplicaManager's
// delayedFetchPurgatory.tryCompleteElseWatch).
func (m *Manager) delayFetch(env *engine.Env, request engine.Request, op fetchOp, n int) {
	d := &delayedFetch{request: request, fetch: op}
	d.expiry = expiry{at: env.Now().Add(op.wait), fetch: d, index: -1}
	for i := range d.fetch.entries[:n] {
		e := &d.fetch.entries[i]
		e.result = fetchResult{}
		if e.ask.fetchOffset > e.where.partition.log.End(d.fetch.isolation) {
			// A consumer ahead of this leader's high watermark, which has yet to
			// learn what was committed before it: Kafka does not let it wait.
			m.finishFetch(env, d)
			return
		}
	}
	for i := range d.fetch.entries[:n] {
		p := d.fetch.entries[i].where.partition
		p.fetchWaiters = append(p.fetchWaiters, d)
	}
	m.watch(env, &d.expiry)
}

// checkFetches looks at the long polls that wait for the partition.
func (m *Manager) checkFetches(env *engine.Env, p *Partition) {
	for i := 0; i < len(p.fetchWaiters); {
		d := p.fetchWaiters[i]
		if m.isDue(env, d, p) {
			m.completeFetch(env, d) // takes d out of the list
			continue
		}
		i++
	}
}

// isDue is DelayedFetch.tryComplete, after p moved.
func (m *Manager) isDue(env *engine.Env, d *delayedFetch, p *Partition) bool {
	for i := range d.fetch.entries {
		e := &d.fetch.entries[i]
		if e.where.partition != p || e.result.erroneous {
			continue
		}
		if p.gone || p.checkLocal(m.cfg.NodeID, m.fencedBy(&e.ask), d.fetch.leaderOnly()) != engine.ErrNone {
			return true
		}
		if e.ask.fetchOffset > p.log.End(d.fetch.isolation) {
			return true // the log was truncated
		}
		if e.ask.lastFetchedEpoch != engine.NoLeaderEpoch {
			end := p.log.EndOffsetForEpoch(e.ask.lastFetchedEpoch)
			if end.Epoch == engine.NoLeaderEpoch || m.diverges(&e.ask, end) {
				return true
			}
		}
		if m.isReadable(env, &d.fetch, e) && (d.fetch.bytesMin <= 1 || m.readableBytes(env, d) >= d.fetch.bytesMin) {
			return true
		}
	}
	return false
}

// isReadable says whether there is anything to read for the entry.
func (m *Manager) isReadable(env *engine.Env, op *fetchOp, e *fetchEntry) bool {
	p := e.where.partition
	return !p.gone && e.ask.fetchOffset < p.log.End(op.isolation) && e.ask.bytesMax > 0 &&
		(!op.fromFollower() || !m.throttlesFollower(env, p, op.replica))
}

// readableBytes counts what a reading now would give, as far as it matters.
func (m *Manager) readableBytes(env *engine.Env, d *delayedFetch) int {
	size := 0
	for i := range d.fetch.entries {
		e := &d.fetch.entries[i]
		if e.result.erroneous || !m.isReadable(env, &d.fetch, e) {
			continue
		}
		p := e.where.partition
		missing := d.fetch.bytesMin - size
		records, err := p.log.Read(e.ask.fetchOffset, d.fetch.isolation, min(missing, int(e.ask.bytesMax)), true)
		if err != nil {
			m.onStorageError(env, p, err)
			return d.fetch.bytesMin
		}
		next := e.ask.fetchOffset
		for it := batch.Iterate(records); it.Next(); {
			next = it.Batch().NextOffset()
		}
		if next < p.log.End(d.fetch.isolation) && missing <= int(e.ask.bytesMax) {
			return d.fetch.bytesMin // the next batch has more than was missing
		}
		if size += len(records); size >= d.fetch.bytesMin {
			break
		}
	}
	return size
}

// completeFetch answers a delayed Fetch with what there is now.
func (m *Manager) completeFetch(env *engine.Env, d *delayedFetch) {
	m.unwatch(&d.expiry)
	for i := range d.fetch.entries {
		if p := d.fetch.entries[i].where.partition; p != nil {
			p.removeFetchWaiter(d)
		}
	}
	m.finishFetch(env, d)
}

func (p *Partition) removeFetchWaiter(d *delayedFetch) {
	for i, w := range p.fetchWaiters {
		if w == d {
			last := len(p.fetchWaiters) - 1
			copy(p.fetchWaiters[i:], p.fetchWaiters[i+1:])
			p.fetchWaiters[last] = nil
			p.fetchWaiters = p.fetchWaiters[:last]
			return
		}
	}
}

func (m *Manager) finishFetch(env *engine.Env, d *delayedFetch) {
	n := 0
	for n < len(d.fetch.entries) && !d.fetch.entries[n].result.erroneous {
		n++
	}
	m.readAll(env, &d.fetch, n, false)
	m.sendFetchResponse(env, d.request, &d.fetch)
	d.fetch = fetchOp{}
}

// sendFetchResponse answers, by the session with only what changed.
func (m *Manager) sendFetchResponse(env *engine.Env, request engine.Request, op *fetchOp) {
	resp := kmsg.NewPtrFetchResponse()
	resp.Version = op.version
	m.fillFetchResponse(env, op, resp)
	m.traceFetched(env, request, op, resp)
	m.recordServed(env, op)
	env.Reply(request, resp, op.after)
	m.recycle(op.entries)
	op.entries = nil
}

// spareEntriesMax bounds the entry lists kept for the next fetches: those of a
// broker's few followers and busiest consumers, which come many times a second.
const spareEntriesMax = 16

// entriesFor gives an empty list with room for n entries.
func (m *Manager) entriesFor(n int) []fetchEntry {
	if last := len(m.spare) - 1; last >= 0 && cap(m.spare[last]) >= n {
		list := m.spare[last]
		m.spare = m.spare[:last]
		return list
	}
	return make([]fetchEntry, 0, n)
}

func (m *Manager) recycle(list []fetchEntry) {
	if len(m.spare) < spareEntriesMax {
		clear(list)
		m.spare = append(m.spare, list[:0])
	}
}

func (m *Manager) appendFetchResult(op *fetchOp, e *fetchEntry, resp *kmsg.FetchResponse) {
	if n := len(resp.Topics); n == 0 || resp.Topics[n-1].Topic != e.key.topic || resp.Topics[n-1].TopicID != e.key.id {
		t := kmsg.NewFetchResponseTopic()
		t.Topic, t.TopicID = e.key.topic, e.key.id
		resp.Topics = append(resp.Topics, t)
	}
	t := &resp.Topics[len(resp.Topics)-1]
	r := &e.result
	part := kmsg.NewFetchResponseTopicPartition()
	part.Partition = e.key.partition
	part.ErrorCode = int16(r.code)
	part.HighWatermark = int64(r.highWatermark)
	part.LastStableOffset = int64(r.highWatermark)
	part.LogStartOffset = int64(r.logStartOffset)
	part.RecordBatches = r.records
	m.countOut(op, len(r.records))
	if part.RecordBatches == nil {
		part.RecordBatches = []byte{} // empty, not null
	}
	switch {
	case r.erroneous, op.readCommitted && r.code == engine.ErrNone:
		part.AbortedTransactions = []kmsg.FetchResponseTopicPartitionAbortedTransaction{}
	}
	if r.sendsAway {
		part.PreferredReadReplica = int32(r.preferred)
	}
	if r.diverging {
		part.DivergingEpoch.Epoch = int32(r.divergesAt.Epoch)
		part.DivergingEpoch.EndOffset = int64(r.divergesAt.Offset)
	}
	if r.code == engine.ErrKafkaStorageError && op.version <= 5 {
		part.ErrorCode = int16(engine.ErrNotLeaderOrFollower)
	}
	if op.version >= 16 && !r.erroneous &&
		(r.code == engine.ErrNotLeaderOrFollower || r.code == engine.ErrFencedLeaderEpoch) {
		leader, epoch := m.currentLeader(e.tp())
		part.CurrentLeader.LeaderID, part.CurrentLeader.LeaderEpoch = int32(leader), int32(epoch)
		if node, ok := m.endpoint(leader, op.listener); ok && !op.fromFollower() {
			addFetchNode(resp, node)
		}
	}
	t.Partitions = append(t.Partitions, part)
}

func addFetchNode(resp *kmsg.FetchResponse, n nodeEndpoint) {
	for i := range resp.Brokers {
		if resp.Brokers[i].NodeID == int32(n.id) {
			return
		}
	}
	b := kmsg.NewFetchResponseBroker()
	b.NodeID, b.Host, b.Port, b.Rack = int32(n.id), n.host, n.port, n.rack
	resp.Brokers = append(resp.Brokers, b)
}

// traceFetched reports what a consumer was given.
func (m *Manager) traceFetched(env *engine.Env, request engine.Request, op *fetchOp, resp *kmsg.FetchResponse) {
	if !env.Tracing() {
		return
	}
	if resp.ErrorCode != 0 {
		env.Trace(engine.Event{Kind: engine.EventRefused, Name: "Fetch", Code: resp.ErrorCode})
		return
	}
	for i := range op.entries {
		e := &op.entries[i]
		ev := engine.Event{Topic: e.where.topic, Partition: e.key.partition, Offset: e.ask.fetchOffset, Peer: op.replica}
		switch {
		case e.result.code != engine.ErrNone:
			ev.Kind, ev.Name, ev.Code = engine.EventRefused, "Fetch", int16(e.result.code)
		case len(e.result.records) == 0 || op.fromFollower():
			continue
		default:
			ev.Kind, ev.Count, ev.Until = engine.EventFetched, int64(len(e.result.records)), e.ask.fetchOffset
			for it := batch.Iterate(e.result.records); it.Next(); {
				ev.Until = it.Batch().NextOffset()
			}
		}
		env.Trace(ev)
	}
}

// nodeEndpoint is where a client reaches a broker.
type nodeEndpoint struct {
	id   engine.NodeID
	host string
	port int32
	rack *string
}

// currentLeader is KafkaApis.getCurrentLeader: as this broker's copy has it, else
// as metadata does.
func (m *Manager) currentLeader(tp engine.TopicPartition) (engine.NodeID, engine.LeaderEpoch) {
	if p := m.partitions[tp]; p != nil {
		return p.leader, p.leaderEpoch
	}
	if reg := m.image.Partition(tp); reg != nil {
		return reg.Leader, reg.LeaderEpoch
	}
	return engine.NoNode, engine.NoLeaderEpoch
}

// endpoint gives an unfenced broker's address on a listener of this process.
func (m *Manager) endpoint(id engine.NodeID, listener uint8) (nodeEndpoint, bool) {
	b := m.image.Broker(id)
	if b == nil || b.Fenced || int(listener) >= len(m.cfg.ListenerNames) {
		return nodeEndpoint{}, false
	}
	return endpointOf(b, m.cfg.ListenerNames[listener])
}

func endpointOf(b *metadata.Broker, listener string) (nodeEndpoint, bool) {
	l, ok := b.Listener(listener)
	return nodeEndpoint{id: b.ID, host: l.Host, port: int32(l.Port), rack: b.Rack}, ok
}
