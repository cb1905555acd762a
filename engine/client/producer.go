package client

import (
	"slices"
	"strconv"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// Producer is a simulated producer with its application: KafkaProducer, its Sender
// and somebody who calls send. It is an engine.Node, and plain data.
type Producer struct {
	cfg      ProducerConfig
	net      network
	acc      accumulator
	identity identity
	codecs   batch.Codecs // scratch: of no meaning between two inputs

	requests      []produceRequest // without an answer, by id
	requestSerial int64

	// The application's side. Its one thread blocks in send while metadata or
	// buffer.memory lack; what it is to send then waits.
	blocked      []record
	blockedSince engine.Time
	outOfMemory  bool
	flushTo      int64 // batches up to this serial are being flushed
	closing      bool
	making       StartProducing
	running      bool
	nextAt       engine.Time // of the record that the application makes next
	records      alarm       // rings then
	poll         alarm       // rings when the Sender has something to do

	number  int64 // of the last record
	made    int64 // since StartProducing
	sent    int64
	acked   int64
	failed  int64
	retries int64
}

// Send is a command: send one record. Partition -1 leaves the choice to the
// partitioner. A nil key or value is null. The producer numbers its records from 1
// in the order in which they are handed in; events name them by that number.
type Send struct {
	Topic     string
	Partition int32
	Key       []byte
	Value     []byte
	Headers   []batch.Header
}

// StartProducing is a command: make a record each Interval (at least MakeIntervalMin)
// and send it. Their values are pedido-1, pedido-2, ..., filled with dots to
// ValueBytes; their keys are cliente-0 to cliente-(KeySpace-1), drawn evenly, or
// null where KeySpace is 0. After Count records it stops by itself, if that is not 0.
type StartProducing struct {
	Topic      string
	Partition  int32 // -1: the partitioner's choice
	Interval   time.Duration
	KeySpace   int
	ValueBytes int
	Count      int64
}

// MakeIntervalMin keeps a slip of the hand from filling the simulation: ten
// thousand records a second are more than anybody can watch.
const MakeIntervalMin = 100 * time.Microsecond

// StopProducing is a command: make no more records. What was sent goes on.
type StopProducing struct{}

// Flush is a command: send what is there without linger (KafkaProducer.flush).
type Flush struct{}

// CloseClient is a command: end as the client's close() does. A producer sends what
// it has and waits for it; a consumer commits, leaves its group and ends.
type CloseClient struct{}

// NewProducer makes a producer that has not started.
func NewProducer(cfg ProducerConfig) *Producer {
	p := &Producer{
		cfg: cfg, net: newNetwork(cfg.Network, cfg.InFlightMax, true),
		records: alarm{kind: timerRecords}, poll: alarm{kind: timerProducer},
	}
	p.identity = identity{enabled: cfg.Idempotence, id: batch.NoProducerID, epoch: batch.NoProducerEpoch}
	return p
}

// Handle takes one input.
func (p *Producer) Handle(env *engine.Env, in engine.Input) {
	p.records.rang(in)
	p.poll.rang(in)
	switch in := in.(type) {
	case engine.Started:
		if p.cfg.Start.Topic != "" {
			p.onCommand(env, p.cfg.Start)
		}
	case engine.Command:
		p.onCommand(env, in.Body)
	case engine.Shutdown:
		p.closing, p.running = true, false
	default:
		p.net.handle(env, in)
	}
	p.takeResults(env)
	p.run(env)
	for len(p.net.ended) > 0 { // requests without an answer end as they are sent
		p.takeResults(env)
		p.run(env)
	}
}

func (p *Producer) takeResults(env *engine.Env) {
	for {
		r, some := p.net.next(env)
		if !some {
			return
		}
		switch r.Tag.Kind {
		case tagProduce:
			p.onProduce(env, r)
		case tagInitProducerID:
			p.onInitProducerID(env, r)
		}
	}
}

func (p *Producer) onCommand(env *engine.Env, body any) {
	switch c := body.(type) {
	case Send:
		p.hand(env, record{topic: c.Topic, partition: c.Partition, key: c.Key, value: c.Value, headers: c.Headers})
	case StartProducing:
		if c.Interval < MakeIntervalMin {
			c.Interval = MakeIntervalMin
		}
		p.making, p.running, p.made = c, true, 0
		p.nextAt = env.Now()
	case StopProducing:
		p.running = false
	case Flush:
		p.flushTo = p.acc.serial
	case CloseClient:
		p.closing, p.running = true, false
	}
}

// hand gives the application a record to send.
func (p *Producer) hand(env *engine.Env, r record) {
	p.number++
	r.number = p.number
	if p.closing || len(p.blocked) >= p.cfg.CommandsAtOnceMax {
		p.failRecord(env, engine.TopicPartition{Topic: r.topic, Partition: r.partition}, r.number, engine.ErrRequestTimedOut)
		return
	}
	if len(p.blocked) == 0 {
		p.blockedSince = env.Now()
	}
	p.blocked = append(p.blocked, r)
}

// makeRecords lets the application make what is due. While send blocks it makes
// nothing, and does not catch up afterwards.
func (p *Producer) makeRecords(env *engine.Env) {
	if !p.running {
		return
	}
	if p.nextAt <= env.Now() && len(p.blocked) == 0 {
		p.made++
		p.hand(env, p.makeRecord(env))
		p.nextAt = max(p.nextAt.Add(p.making.Interval), env.Now())
		if p.making.Count > 0 && p.made >= p.making.Count {
			p.running = false
			return
		}
	}
	if p.nextAt > env.Now() {
		p.records.set(env, p.nextAt)
	} // else the end of the block brings us back
}

// decimalBytesMax is the length of the largest int64.
const decimalBytesMax = 20

func (p *Producer) makeRecord(env *engine.Env) record {
	r := record{topic: p.making.Topic, partition: p.making.Partition}
	r.value = make([]byte, 0, max(p.making.ValueBytes, len("pedido-")+decimalBytesMax))
	r.value = strconv.AppendInt(append(r.value, "pedido-"...), p.made, 10)
	for n := len(r.value); n < p.making.ValueBytes; n++ {
		r.value = append(r.value, '.')
	}
	if p.making.KeySpace > 0 {
		r.key = append(make([]byte, 0, len("cliente-")+decimalBytesMax), "cliente-"...)
		r.key = strconv.AppendInt(r.key, int64(env.Rand().IntN(p.making.KeySpace)), 10)
	}
	return r
}

// sendBlocked does the application's sends, in order, until one blocks
// (KafkaProducer.doSend).
func (p *Producer) sendBlocked(env *engine.Env) {
	p.outOfMemory = false
	for len(p.blocked) > 0 {
		r := &p.blocked[0]
		tp := engine.TopicPartition{Topic: r.topic, Partition: r.partition}
		code, wait := p.trySend(env, r)
		if wait {
			if env.Now() < p.blockedUntil() {
				return
			}
			code = engine.ErrRequestTimedOut // TimeoutException
		}
		if code != engine.ErrNone {
			p.failRecord(env, tp, r.number, code)
		}
		p.blocked = slices.Delete(p.blocked, 0, 1)
		p.blockedSince = env.Now()
		p.makeRecords(env)
	}
}

// trySend puts a record into the accumulator, or says why it cannot; wait says that
// it may become possible.
func (p *Producer) trySend(env *engine.Env, r *record) (code engine.ErrorCode, wait bool) {
	size := batch.HeaderBytes + batch.RecordSizeUpperBound(r.key, r.value, r.headers...)
	if size > p.cfg.RequestBytesMax || int64(size) > p.cfg.BufferBytes {
		return engine.ErrMessageTooLarge, false
	}
	if p.identity.fatal != engine.ErrNone {
		return p.identity.fatal, false
	}
	p.net.follow(r.topic)
	if slices.Contains(p.net.view.invalid, r.topic) {
		return engine.ErrInvalidTopicException, false
	}
	if n := p.net.view.partitionCount(r.topic); n == 0 || r.partition >= n {
		p.net.requestUpdate()
		return engine.ErrNone, true
	}
	tp, ok := p.acc.append(env, &p.cfg, &p.net.view, r)
	if !ok {
		p.outOfMemory = true
		return engine.ErrNone, true
	}
	p.sent++
	env.Trace(engine.Event{Kind: engine.EventClientSend, Topic: tp.Topic, Partition: tp.Partition, Count: r.number})
	return engine.ErrNone, false
}

// flushing says that a flush waits for some batch.
func (p *Producer) flushing() bool {
	if p.flushTo == 0 {
		return false
	}
	for _, q := range p.acc.queues {
		for _, list := range [2][]*producerBatch{q.batches, q.inFlight} {
			if len(list) > 0 && list[0].serial <= p.flushTo {
				return true
			}
		}
	}
	p.flushTo = 0
	return false
}

// maybeClosed ends the process once everything that was sent has ended.
func (p *Producer) maybeClosed(env *engine.Env) {
	if !p.closing || len(p.blocked) > 0 || len(p.requests) > 0 {
		return
	}
	for _, q := range p.acc.queues {
		if len(q.batches) > 0 || len(q.inFlight) > 0 {
			return
		}
	}
	p.net.close(env)
	env.Halt(engine.HaltCleanShutdown)
}

// ProducerState is a producer as it is, to look at.
type ProducerState struct {
	ClientID    string
	Running     bool // it makes records by itself
	Making      StartProducing
	Closing     bool
	Idempotent  bool
	Acks        int16
	ProducerID  engine.ProducerID // -1: none
	Epoch       engine.ProducerEpoch
	Blocked     int   // records that wait for send to return
	BufferBytes int64 // of buffer.memory in use
	Sent        int64 // records that entered the accumulator
	Acked       int64
	Failed      int64
	Retries     int64 // records sent again, each time counted
	Partitions  []ProducerPartition
}

// ProducerPartition is what a producer holds of one partition.
type ProducerPartition struct {
	engine.TopicPartition
	Batches  int // waiting
	Records  int // in them
	Bytes    int
	InFlight int // batches sent and without an answer
}

// State gives the producer as it is, partitions sorted by topic and number.
func (p *Producer) State() ProducerState {
	s := ProducerState{
		ClientID: p.cfg.ClientID, Running: p.running, Making: p.making, Closing: p.closing,
		Idempotent: p.cfg.Idempotence, Acks: p.cfg.Acks, ProducerID: p.identity.id, Epoch: p.identity.epoch,
		Blocked: len(p.blocked), BufferBytes: p.acc.used,
		Sent: p.sent, Acked: p.acked, Failed: p.failed, Retries: p.retries,
	}
	for _, q := range p.acc.queues {
		part := ProducerPartition{TopicPartition: q.tp, Batches: len(q.batches), InFlight: len(q.inFlight)}
		for _, b := range q.batches {
			part.Records += len(b.numbers)
			part.Bytes += b.sizeInBytes()
		}
		s.Partitions = append(s.Partitions, part)
	}
	return s
}

// Acks is what the producer asks for: -1 all, 1 the leader, 0 nothing.
func (p *Producer) Acks() int16 { return p.cfg.Acks }

// Idle says that nothing of the producer is on its way.
func (p *Producer) Idle() bool {
	if len(p.blocked) > 0 || p.running {
		return false
	}
	for _, q := range p.acc.queues {
		if len(q.batches) > 0 || len(q.inFlight) > 0 {
			return false
		}
	}
	return true
}
