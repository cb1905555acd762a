package client

import (
	"cmp"
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/channel"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// produceRequest is what was sent and has no answer.
type produceRequest struct {
	id      int64
	node    engine.NodeID
	batches []*producerBatch
}

// run does all that can be done now (Sender.runOnce), and sets the alarm to when
// there will be more.
func (p *Producer) run(env *engine.Env) {
	p.makeRecords(env)
	p.sendBlocked(env)
	p.net.refresh(env) // before anything else is asked, as NetworkClient.poll does
	next := never
	if p.identity.enabled {
		p.identity.resolve(p.acc.queues)
		p.identity.bumpIfNeeded(p.acc.queues)
		next = p.askIdentity(env)
	}
	// While a producer id is asked for, Kafka's Sender sends nothing else.
	if !p.identity.asking {
		for p.sendReady(env, &next) {
		}
	}
	p.sendBlocked(env) // expired batches may have made room
	next = min(next, p.blockedUntil())
	p.net.refresh(env)
	p.maybeClosed(env)
	p.poll.set(env, next)
}

// askIdentity asks for a producer id where there is none.
func (p *Producer) askIdentity(env *engine.Env) (next engine.Time) {
	t := &p.identity
	if t.valid() || t.asking || t.fatal != engine.ErrNone {
		return never
	}
	if env.Now() < t.retryAt {
		return t.retryAt
	}
	key, found := p.net.leastLoaded(env)
	if !found || !p.net.ready(env, key) {
		return never
	}
	req := kmsg.NewPtrInitProducerIDRequest()
	req.Version = 5
	req.TransactionTimeoutMillis = 1<<31 - 1
	req.ProducerID, req.ProducerEpoch = int64(batch.NoProducerID), int16(batch.NoProducerEpoch)
	t.asking = true
	p.net.send(env, key, channel.Tag{Kind: tagInitProducerID}, req, p.cfg.RequestTimeout)
	return never
}

func (p *Producer) onInitProducerID(env *engine.Env, r channel.Result) {
	t := &p.identity
	t.asking = false
	resp, ok := r.Response.(*kmsg.InitProducerIDResponse)
	switch {
	case !ok:
		t.retryAt = env.Now().Add(p.cfg.RetryBackoff)
	case resp.ErrorCode == 0:
		t.id, t.epoch = engine.ProducerID(resp.ProducerID), engine.ProducerEpoch(resp.ProducerEpoch)
	case engine.ErrorCode(resp.ErrorCode).Retriable():
		t.retryAt = env.Now().Add(p.cfg.RetryBackoff)
	default:
		t.fatal = engine.ErrorCode(resp.ErrorCode)
	}
}

// sendReady sends one request to each leader that can take one (Sender.
// sendProducerData). It says whether it sent anything, so that there may be more.
func (p *Producer) sendReady(env *engine.Env, next *engine.Time) (sent bool) {
	ready := p.acc.ready(env.Now(), &p.net.view, p.cfg.Linger, p.hurry())
	for _, topic := range ready.unknownLeader {
		p.net.follow(topic)
		p.net.requestUpdate()
	}
	for _, node := range ready.nodes {
		if !p.net.ready(env, int64(node)) {
			continue // its answer or its connection will bring us back
		}
		if batches := p.drain(env, node); len(batches) > 0 {
			p.produce(env, node, batches)
			sent = true
		}
	}
	*next = min(*next, ready.next, p.expire(env))
	return sent
}

// hurry says that batches are to leave without linger.
func (p *Producer) hurry() bool {
	return p.closing || p.outOfMemory || p.flushing()
}

// drain takes at most a request's worth of batches for a node, one of each
// partition, beginning where the last request left off
// (RecordAccumulator.drainBatchesForOneNode).
func (p *Producer) drain(env *engine.Env, node engine.NodeID) []*producerBatch {
	queues := p.acc.ofNode(&p.net.view, node)
	at := p.acc.drainIndex(node)
	*at %= len(queues)
	var out []*producerBatch
	bytes := 0
	start := *at
	for i := range queues {
		*at = (start + i) % len(queues)
		q := queues[*at]
		if q.muted || len(q.batches) == 0 {
			continue
		}
		b := q.batches[0]
		if b.backingOff(env.Now()) {
			continue
		}
		if len(out) > 0 && bytes+b.sizeInBytes() > p.cfg.RequestBytesMax || p.identity.stopsDrain(q, b) {
			break
		}
		q.batches = slices.Delete(q.batches, 0, 1)
		b.close(&p.codecs)
		p.identity.stamp(q, b)
		q.inFlight = append(q.inFlight, b)
		q.muted = p.cfg.InFlightMax == 1
		bytes += len(b.bytes)
		out = append(out, b)
	}
	return out
}

// produce sends batches to their leader (Sender.sendProduceRequest).
func (p *Producer) produce(env *engine.Env, node engine.NodeID, batches []*producerBatch) {
	req := kmsg.NewPtrProduceRequest()
	req.Version = 13
	req.Acks = p.cfg.Acks
	req.TimeoutMillis = int32(p.cfg.RequestTimeout.Milliseconds())
	for _, b := range batches {
		i := slices.IndexFunc(req.Topics, func(t kmsg.ProduceRequestTopic) bool { return t.Topic == b.tp.Topic })
		if i < 0 {
			t := kmsg.NewProduceRequestTopic()
			t.Topic, t.TopicID = b.tp.Topic, p.net.view.topic(b.tp.Topic).id
			i = len(req.Topics)
			req.Topics = append(req.Topics, t)
		}
		kp := kmsg.NewProduceRequestTopicPartition()
		kp.Partition, kp.Records = b.tp.Partition, b.bytes
		req.Topics[i].Partitions = append(req.Topics[i].Partitions, kp)
	}
	p.requestSerial++
	tag := channel.Tag{Kind: tagProduce, Key: p.requestSerial}
	p.requests = append(p.requests, produceRequest{p.requestSerial, node, batches})
	p.net.send(env, int64(node), tag, req, p.cfg.RequestTimeout)
}

// onProduce takes the end of a Produce request (Sender.handleProduceResponse).
func (p *Producer) onProduce(env *engine.Env, r channel.Result) {
	i, found := slices.BinarySearchFunc(p.requests, r.Tag.Key, func(q produceRequest, id int64) int { return cmp.Compare(q.id, id) })
	if !found {
		return
	}
	req := p.requests[i]
	p.requests = slices.Delete(p.requests, i, i+1)
	resp, ok := r.Response.(*kmsg.ProduceResponse)
	if !ok {
		answer := produceAnswer{offset: engine.NoOffset}
		switch r.Failure {
		case channel.Disconnected:
			answer.code = engine.ErrNetworkException
		case channel.TimedOut:
			answer.code = engine.ErrRequestTimedOut
		case channel.Unsupported:
			answer.code = engine.ErrUnsupportedVersion
		} // with acks=0 there is no answer, and none is a success
		for _, b := range req.batches {
			p.complete(env, b, answer)
		}
		return
	}
	for _, b := range req.batches {
		p.complete(env, b, p.answerFor(b, resp))
	}
	for _, kb := range resp.Brokers {
		p.net.view.nodeHint(engine.NodeID(kb.NodeID), engine.Addr{Host: kb.Host, Port: kb.Port})
	}
	for _, b := range req.batches {
		a := p.answerFor(b, resp)
		if a.code == engine.ErrNotLeaderOrFollower || a.code == engine.ErrFencedLeaderEpoch {
			p.net.view.leaderHint(b.tp, a.leader, a.leaderEpoch)
		}
	}
}

// produceAnswer is what a broker says of one batch.
type produceAnswer struct {
	code        engine.ErrorCode
	offset      engine.Offset // of the first record
	leader      engine.NodeID
	leaderEpoch engine.LeaderEpoch
}

func (p *Producer) answerFor(b *producerBatch, resp *kmsg.ProduceResponse) produceAnswer {
	for i := range resp.Topics {
		t := &resp.Topics[i]
		if p.net.view.topicName(t.Topic, t.TopicID) != b.tp.Topic {
			continue
		}
		for _, kp := range t.Partitions {
			if kp.Partition == b.tp.Partition {
				return produceAnswer{engine.ErrorCode(kp.ErrorCode), engine.Offset(kp.BaseOffset),
					engine.NodeID(kp.CurrentLeader.LeaderID), engine.LeaderEpoch(kp.CurrentLeader.LeaderEpoch)}
			}
		}
	}
	// The topic was made anew meanwhile, under another id.
	return produceAnswer{code: engine.ErrUnknownTopicID, offset: engine.NoOffset, leader: engine.NoNode}
}

// complete ends a batch, or has it tried again (Sender.completeBatch).
func (p *Producer) complete(env *engine.Env, b *producerBatch, a produceAnswer) {
	q := p.acc.queue(b.tp)
	q.muted = false
	switch {
	case a.code == engine.ErrNone || a.code == engine.ErrDuplicateSequenceNumber:
		p.acknowledge(env, q, b, a.offset)
	case a.code == engine.ErrMessageTooLarge && len(b.numbers) > 1 && !b.done:
		p.split(q, b)
	case p.canRetry(env, q, b, a.code):
		q.landed(b)
		b.reenqueued(env.Now(), backoff(env.Rand(), p.cfg.RetryBackoff, p.cfg.RetryBackoffMax, b.attempts))
		q.reenqueue(b)
		p.retries += int64(len(b.numbers))
		env.Trace(engine.Event{Kind: engine.EventClientRetried, Topic: b.tp.Topic, Partition: b.tp.Partition,
			Code: int16(a.code), Count: int64(len(b.numbers))})
	default:
		p.fail(env, q, b, a.code, b.attempts < p.cfg.Retries)
	}
	if invalidMetadata(a.code) {
		p.net.requestUpdate()
	}
}

func (p *Producer) canRetry(env *engine.Env, q *partitionQueue, b *producerBatch, code engine.ErrorCode) bool {
	if b.done || b.timedOut(p.cfg.DeliveryTimeout, env.Now()) || b.attempts >= p.cfg.Retries {
		return false
	}
	if p.identity.enabled {
		return p.identity.canRetry(q, b, code)
	}
	return code.Retriable()
}

func (p *Producer) acknowledge(env *engine.Env, q *partitionQueue, b *producerBatch, offset engine.Offset) {
	if p.identity.enabled {
		q.sequences.acked(b)
	}
	q.landed(b)
	p.acc.free(b)
	if b.done {
		return // it had expired, and the application was told so
	}
	b.done = true
	p.acked += int64(len(b.numbers))
	for i, n := range b.numbers {
		at := engine.NoOffset
		if offset >= 0 {
			at = offset + engine.Offset(i)
		}
		env.Trace(engine.Event{Kind: engine.EventClientAcked, Topic: b.tp.Topic, Partition: b.tp.Partition, Offset: at, Count: n})
	}
}

// fail ends a batch without success. adjust says that its sequences were not used
// and that those after it would leave a gap (TransactionManager.handleFailedBatch).
func (p *Producer) fail(env *engine.Env, q *partitionQueue, b *producerBatch, code engine.ErrorCode, adjust bool) {
	q.landed(b)
	if !b.expired || b.done {
		p.acc.free(b)
	}
	if b.done {
		return
	}
	b.done = true
	if p.identity.enabled && b.hasSequence {
		q.sequences.remove(b)
		if adjust {
			p.identity.requestBump(q)
		}
	}
	for _, n := range b.numbers {
		p.failRecord(env, b.tp, n, code)
	}
}

func (p *Producer) failRecord(env *engine.Env, tp engine.TopicPartition, number int64, code engine.ErrorCode) {
	p.failed++
	env.Trace(engine.Event{Kind: engine.EventClientFailed, Topic: tp.Topic, Partition: tp.Partition, Code: int16(code), Count: number})
}

// expire fails the batches whose delivery.timeout.ms is over. One that was sent
// before may be in the log or not: its sequences are unresolved, and nothing new
// of its partition leaves until they are (Sender.failExpiredBatches).
func (p *Producer) expire(env *engine.Env) (next engine.Time) {
	next = never
	for _, q := range p.acc.queues {
		out, at := q.expired(p.cfg.DeliveryTimeout, env.Now())
		next = min(next, at)
		for _, b := range out {
			p.fail(env, q, b, engine.ErrRequestTimedOut, false)
			if p.identity.enabled && b.hasSequence && b.inRetry {
				q.sequences.markUnresolved(b)
			}
		}
	}
	return next
}

// split tries a batch that was too large again, as smaller ones
// (RecordAccumulator.splitAndReenqueue).
func (p *Producer) split(q *partitionQueue, b *producerBatch) {
	q.landed(b)
	if p.identity.enabled {
		q.sequences.remove(b)
	}
	limit := min(p.cfg.BatchBytes, (len(b.bytes)+batch.HeaderBytes)/2)
	parts := b.split(&p.codecs, p.cfg.Compression, limit, &p.acc.serial)
	p.acc.free(b)
	for _, part := range parts {
		p.acc.used += int64(part.limitBytes)
		if p.identity.enabled {
			part.close(&p.codecs)
		}
	}
	if p.identity.enabled {
		p.giveSequences(q, b, parts)
	}
	for i := len(parts) - 1; i >= 0; i-- {
		q.reenqueue(parts[i])
	}
}

// giveSequences hands the sequences of a batch to its parts, in order.
func (p *Producer) giveSequences(q *partitionQueue, whole *producerBatch, parts []*producerBatch) {
	sequence := whole.baseSequence
	for _, part := range parts {
		part.setProducer(whole.producerID, whole.epoch, sequence)
		sequence = batch.IncrementSequence(sequence, int32(len(part.numbers)))
		at := slices.IndexFunc(q.sequences.pending, func(b *producerBatch) bool { return b.baseSequence > part.baseSequence })
		if at < 0 {
			at = len(q.sequences.pending)
		}
		q.sequences.pending = slices.Insert(q.sequences.pending, at, part)
	}
}

// blockedUntil is when the application's send has blocked for too long.
func (p *Producer) blockedUntil() engine.Time {
	if len(p.blocked) == 0 {
		return never
	}
	return p.blockedSince.Add(max(p.cfg.MaxBlock, time.Nanosecond))
}
