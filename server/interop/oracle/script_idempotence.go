package oracle

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

var idempotence = Script{
	Name:  "10-idempotence",
	Title: "idempotent producer: sequences",
	Setup: "topic b10 with 1 partition, replicas [1,2,3]; each produce is one batch, acks=-1, Produce v12; P is the first producer id that broker 1 gave",
	Run:   playIdempotence,
}

func playIdempotence(r *Run) error {
	const topic = "b10"
	if err := r.createTopic(topic, assignment{{1, 2, 3}}); err != nil {
		return err
	}
	first, err := r.noteProducerIDs()
	if err != nil {
		return err
	}
	p := sequencer{r: r, topic: topic, first: first, sent: map[string]int64{}}
	for _, s := range sequenceSteps {
		if err := p.send(s); err != nil {
			return err
		}
	}
	if err := p.noteOddities(); err != nil {
		return err
	}
	if err := p.noteProducers(); err != nil {
		return err
	}
	return r.noteLog("log", 1, topic)
}

// noteProducerIDs asks for producer ids and gives the first back. Which block
// of ids a broker has depends on who asked the controller first.
func (r *Run) noteProducerIDs() (int64, error) {
	first, err := r.initProducerID(1)
	if err != nil {
		return 0, err
	}
	for _, ask := range []struct {
		what   string
		broker int32
	}{
		{"InitProducerId v5 again, on another connection", 1},
		{"InitProducerId v5 at broker 2", 2},
	} {
		got, err := r.initProducerID(ask.broker)
		if err != nil {
			return 0, err
		}
		const block = 1000 // ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE
		relation := "of another block of 1000"
		if got/block == first/block {
			relation = fmt.Sprintf("P+%d", got-first)
		}
		r.note(ask.what, "producerId", relation)
	}
	return first, nil
}

// initProducerID asks until the broker has a block of ids; the codes on the way
// are not compared here (13-fresh-cluster does).
func (r *Run) initProducerID(broker int32) (int64, error) {
	var id int64
	err := await(r.ctx, 10*time.Second, "a producer id", func() (bool, error) {
		resp, err := r.initProducerIDOnce(broker)
		if err != nil {
			return false, err
		}
		if resp.ErrorCode != 0 {
			return false, fmt.Errorf("InitProducerId at broker %d: %s", broker, codeName(resp.ErrorCode))
		}
		if resp.ProducerEpoch != 0 {
			return false, fmt.Errorf("InitProducerId at broker %d: epoch %d", broker, resp.ProducerEpoch)
		}
		id = resp.ProducerID
		return true, nil
	})
	return id, err
}

func (r *Run) initProducerIDOnce(broker int32) (*kmsg.InitProducerIDResponse, error) {
	req := kmsg.NewPtrInitProducerIDRequest()
	req.ProducerID, req.ProducerEpoch = -1, -1
	return send[*kmsg.InitProducerIDResponse](r.probe, broker, req, 5)
}

// unknownProducer is a producer id that no broker gave; the scripts use it and
// the ones after it.
const unknownProducer = 777_000

// sequenceStep is one batch sent with a producer id.
type sequenceStep struct {
	what     string
	unknown  int64 // 0: the producer id that was given; else unknownProducer + this - 1
	epoch    int16
	sequence int32
	records  int
	again    bool // send with the timestamp of the first batch of these numbers
}

var sequenceSteps = []sequenceStep{
	{"first", 0, 0, 0, 1, false},
	{"next", 0, 0, 1, 1, false},
	{"duplicate of the last", 0, 0, 1, 1, true},
	{"duplicate of the one before", 0, 0, 0, 1, true},
	{"gap: 2 was due", 0, 0, 5, 1, false},
	{"as due, three records", 0, 0, 2, 3, false},
	{"part of the last batch (3..4 of 2..4)", 0, 0, 3, 2, false},
	{"overlap beyond the last batch (4..5)", 0, 0, 4, 2, false},
	{"as due", 0, 0, 5, 1, false},
	{"as due", 0, 0, 6, 1, false},
	{"as due", 0, 0, 7, 1, false},
	{"as due", 0, 0, 8, 1, false},
	{"as due", 0, 0, 9, 1, false},
	{"as due", 0, 0, 10, 1, false},
	{"duplicate, 5 batches back", 0, 0, 6, 1, true},
	{"duplicate, 6 batches back (older than the 5 kept)", 0, 0, 5, 1, true},
	{"duplicate, far back", 0, 0, 0, 1, true},
	{"epoch 1, sequence 11 (a new epoch must begin at 0)", 0, 1, 11, 1, false},
	{"epoch 1, sequence 0", 0, 1, 0, 1, false},
	{"old epoch 0, sequence 11", 0, 0, 11, 1, false},
	{"epoch -1 with a producer id", 0, -1, 0, 1, false},
	{"unknown producer id, sequence 0", 1, 0, 0, 1, false},
	{"unknown producer id, sequence 7", 2, 0, 7, 1, false},
	{"sequence -1 with a producer id", 0, 1, -1, 1, false},
	{"sequence at the wrap: unknown id, 2147483647", 3, 0, 2147483647, 1, false},
}

// sequencer sends batches with sequence numbers and remembers their timestamps.
type sequencer struct {
	r     *Run
	topic string
	first int64            // P
	sent  map[string]int64 // producer, epoch, sequence: timestamp
}

func (p *sequencer) producerID(unknown int64) int64 {
	if unknown == 0 {
		return p.first
	}
	return unknownProducer + unknown - 1
}

// batch makes the batch of a step. A duplicate carries the timestamp of its
// first self and nothing tells it apart from it.
func (p *sequencer) batch(s sequenceStep) []byte {
	id := p.producerID(s.unknown)
	key := fmt.Sprint(id, s.epoch, s.sequence, s.records)
	at, known := p.sent[key]
	if !known || !s.again {
		at = time.Now().UnixMilli()
	}
	if !known {
		p.sent[key] = at
	}
	var records []record
	for i := range s.records {
		records = append(records, valueAt(fmt.Sprintf("s%d", int64(s.sequence)+int64(i)), at))
	}
	return newBatch(batchOptions{idempotent: true, producerID: id, producerEpoch: s.epoch, baseSequence: s.sequence}, records...)
}

func (p *sequencer) send(s sequenceStep) error {
	producer := "P"
	if s.unknown != 0 {
		producer = fmt.Sprint(p.producerID(s.unknown))
	}
	return p.r.noteProduce(s.what, production{broker: 1, topic: p.topic, acks: -1, records: p.batch(s)},
		"producerId", producer, "epoch", s.epoch, "baseSequence", s.sequence, "records", s.records)
}

func (p *sequencer) noteOddities() error {
	duplicate := p.batch(sequenceStep{epoch: 1, records: 1, again: true})
	if err := p.r.noteProduce("acks=1 duplicate", production{broker: 1, topic: p.topic, acks: 1, records: duplicate}); err != nil {
		return err
	}
	wrap := p.batch(sequenceStep{unknown: 3, sequence: 2147483647, records: 2})
	return p.r.noteProduce("wrap batch of 2 from 2147483647 (unknown id)", production{broker: 1, topic: p.topic, acks: -1, records: wrap})
}

// noteProducers writes down what the leader keeps of each producer, in the
// order of their ids (Kafka's own order is that of a hash table).
func (p *sequencer) noteProducers() error {
	const what = "DescribeProducers"
	if !p.r.needs(kmsg.DescribeProducers, what) {
		return nil
	}
	req := kmsg.NewPtrDescribeProducersRequest()
	t := kmsg.NewDescribeProducersRequestTopic()
	t.Topic, t.Partitions = p.topic, []int32{0}
	req.Topics = append(req.Topics, t)
	resp, err := send[*kmsg.DescribeProducersResponse](p.r.probe, 1, req, 0)
	if err != nil {
		return err
	}
	part := resp.Topics[0].Partitions[0]
	producers := map[int64]Object{}
	for _, a := range part.ActiveProducers {
		producers[a.ProducerID] = object("epoch", a.ProducerEpoch, "lastSequence", a.LastSequence,
			"lastTimestampIsNow", timeName(a.LastTimestamp, -1, time.Now()) == "now",
			"coordinatorEpoch", a.CoordinatorEpoch, "currentTxnStartOffset", a.CurrentTxnStartOffset)
	}
	p.r.note(what, "error", codeName(part.ErrorCode), "count", len(producers), "P", producers[p.first],
		"777000", producers[unknownProducer], "777001", producers[unknownProducer+1], "777002", producers[unknownProducer+2])
	return nil
}
