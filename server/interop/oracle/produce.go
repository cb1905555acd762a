package oracle

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// production is one Produce request of one partition, with what scripts vary.
type production struct {
	broker    int32
	version   int16 // 0: 12
	topic     string
	topicID   [16]byte // used from version 13
	partition int32
	acks      int16
	records   []byte // nil: null
	limit     time.Duration
}

// produce sends it and gives the whole answer.
func (r *Run) produce(p production) (*kmsg.ProduceResponse, error) {
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = p.acks, 5_000
	t := kmsg.NewProduceRequestTopic()
	t.Topic, t.TopicID = p.topic, p.topicID
	part := kmsg.NewProduceRequestTopicPartition()
	part.Partition, part.Records = p.partition, p.records
	t.Partitions = append(t.Partitions, part)
	req.Topics = append(req.Topics, t)
	if p.version == 0 {
		p.version = 12
	}
	if p.limit == 0 {
		p.limit = answerLimit
	}
	return sendWithin[*kmsg.ProduceResponse](r.probe, p.broker, req, p.version, p.limit)
}

// producePartition sends it and gives the answer of its one partition.
func (r *Run) producePartition(p production) (kmsg.ProduceResponseTopicPartition, error) {
	resp, err := r.produce(p)
	if err != nil {
		return kmsg.ProduceResponseTopicPartition{}, err
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return kmsg.ProduceResponseTopicPartition{}, errors.New("Produce answered with another number of partitions")
	}
	return resp.Topics[0].Partitions[0], nil
}

// mustProduce sends it and stops the script where the answer is not error 0.
func (r *Run) mustProduce(p production) error {
	part, err := r.producePartition(p)
	if err != nil {
		return err
	}
	if part.ErrorCode != 0 {
		return fmt.Errorf("produce to %s-%d at broker %d: %s", p.topic, p.partition, p.broker, codeName(part.ErrorCode))
	}
	return nil
}

// noteProduce sends it and writes the answer down.
func (r *Run) noteProduce(what string, p production, pairs ...any) error {
	before := time.Now()
	resp, err := r.produce(p)
	var answer any
	if err != nil {
		if answer, err = silenceOr(err); err != nil {
			return err
		}
	} else {
		answer = r.produceAnswer(resp, p.records, before)
	}
	r.note(what, append(pairs, "answer", answer)...)
	return nil
}

// produceAnswer describes the answer to a request of one partition. Fields that
// say nothing are left out, as in the recordings' own words.
func (r *Run) produceAnswer(resp *kmsg.ProduceResponse, records []byte, before time.Time) Object {
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return object("topics", len(resp.Topics))
	}
	p := resp.Topics[0].Partitions[0]
	o := object("error", codeName(p.ErrorCode), "baseOffset", p.BaseOffset,
		"logAppendTime", timeName(p.LogAppendTime, firstTimestamp(records), before), "logStartOffset", p.LogStartOffset)
	if len(p.ErrorRecords) > 0 {
		list := []Object{}
		for _, e := range p.ErrorRecords {
			list = append(list, object("relativeOffset", e.RelativeOffset, "message", maskTimes(e.ErrorMessage)))
		}
		o = append(o, Field{"recordErrors", list})
	}
	if p.ErrorMessage != nil {
		o = append(o, Field{"errorMessage", maskTimes(p.ErrorMessage)})
	}
	if p.CurrentLeader.LeaderID >= 0 || p.CurrentLeader.LeaderEpoch >= 0 {
		o = append(o, Field{"currentLeader", object("id", p.CurrentLeader.LeaderID, "epoch", p.CurrentLeader.LeaderEpoch)})
	}
	if len(resp.Brokers) > 0 {
		list := []Object{}
		for _, b := range resp.Brokers {
			list = append(list, object("id", b.NodeID, "address", addressName(r.cluster, b.Host, b.Port), "rack", b.Rack))
		}
		o = append(o, Field{"nodeEndpoints", list})
	}
	return o
}

// firstTimestamp reads the batch's first timestamp out of an encoded batch.
func firstTimestamp(records []byte) int64 {
	if len(records) < batchHeaderBytes || records[batchMagicOffset] != 2 {
		return -1
	}
	var b kmsg.RecordBatch
	if b.ReadFrom(records) != nil {
		return -1
	}
	return b.FirstTimestamp
}

// timeName says what an instant is equal to: a batch's timestamp, or the time
// of the request, give or take clockSlack.
func timeName(ms, batchTimestamp int64, around time.Time) any {
	const clockSlack = 15 * time.Second
	switch {
	case ms < 0:
		return ms
	case ms == batchTimestamp:
		return "the batch's timestamp"
	case time.UnixMilli(ms).Sub(around).Abs() < clockSlack:
		return "now"
	}
	return ms
}

// longNumber is an instant in milliseconds, of either sign, inside a message.
var longNumber = regexp.MustCompile(`-?\d{13,}`)

func maskTimes(s *string) any {
	if s == nil {
		return nil
	}
	return longNumber.ReplaceAllString(*s, "<time>")
}
