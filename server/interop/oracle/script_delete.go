package oracle

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

var deleteWhileProducing = Script{
	Name:  "15-delete-while-producing",
	Title: "topic deleted while producers and consumers use it, then made again",
	Setup: "topic b15, replicas [1,2,3]; producers send every 40 ms to broker 1, by name (v12) and by the first topic's id (v13); consumers fetch offset 0 from broker 1 by name (v12) and by that id (v18); metadata v12 by name from every broker and by id from broker 1",
	Run:   playDelete,
}

func playDelete(r *Run) error {
	const topic = "b15"
	replicas := assignment{{1, 2, 3}}
	if err := r.createTopic(topic, replicas); err != nil {
		return err
	}
	id, err := r.topicID(topic)
	if err != nil {
		return err
	}
	w := r.newWatchers()
	defer w.stop()
	w.watchTopic(r, topic)
	w.watchUses(r, topic, id)
	if err := r.pause(durableTime); err != nil {
		return err
	}
	w.noteNow(r, "before")

	const hold = 3 * time.Second
	classes := []class{{"in time", 0, hold}}
	deleted := time.Now()
	if err := r.noteDelete(topic, id); err != nil {
		return err
	}
	if err := r.pause(time.Until(deleted.Add(hold))); err != nil {
		return err
	}
	created := time.Now()
	w.noteAll(r, "after DeleteTopics", deleted, created, onlyLast, classes)

	r.note("DO: CreateTopics b15 again, replicas [1,2,3]")
	if err := r.createTopic(topic, replicas); err != nil {
		return err
	}
	again, err := r.topicID(topic)
	if err != nil {
		return err
	}
	r.note("created", "sameTopicId", again == id)
	if err := r.pause(time.Until(created.Add(hold))); err != nil {
		return err
	}
	w.noteAll(r, "after CreateTopics", created, time.Now(), onlyLast, classes)
	if err := r.noteFetch("fetch v12 of b15, offset 100000", newFetching(1, topic, 100_000)); err != nil {
		return err
	}
	return r.noteDeleteUnknown()
}

// watchUses watches producers, consumers and metadata, by name and by id.
func (w *watchers) watchUses(r *Run, topic string, id [16]byte) {
	produce := func(name string, p production) {
		p.broker, p.acks = 1, ackAll
		w.add(name, func() any {
			p.records = newBatch(batchOptions{}, value("x"))
			got, err := r.producePartition(p)
			if err != nil {
				return quiet
			}
			return object("error", codeName(got.ErrorCode), "errorMessage", got.ErrorMessage)
		})
	}
	produce("produce v12 by name", production{topic: topic})
	produce("produce v13 by id", production{version: 13, topicID: id})
	fetch := func(name string, f fetching) {
		w.add(name, func() any {
			got, err := r.fetch(f)
			if err != nil {
				return quiet
			}
			if len(got.Topics) != 1 || len(got.Topics[0].Partitions) != 1 {
				return object("error", codeName(got.ErrorCode), "topics", len(got.Topics))
			}
			return object("error", codeName(got.ErrorCode), "partitionError", codeName(got.Topics[0].Partitions[0].ErrorCode))
		})
	}
	byName := newFetching(1, topic, 0)
	byID := byName
	byID.version, byID.topicID = 18, id
	fetch("fetch v12 by name", byName)
	fetch("fetch v18 by id", byID)
	w.add("metadata v12 by id told by broker 1", func() any {
		req := kmsg.NewPtrMetadataRequest()
		t := kmsg.NewMetadataRequestTopic()
		t.TopicID = id
		req.Topics = append(req.Topics, t)
		resp, err := send[*kmsg.MetadataResponse](r.probe, 1, req, 12)
		if err != nil || len(resp.Topics) != 1 {
			return quiet
		}
		return object("error", codeName(resp.Topics[0].ErrorCode), "topic", resp.Topics[0].Topic)
	})
}

// noteDelete deletes by name at broker 2, which is not the leader.
func (r *Run) noteDelete(topic string, id [16]byte) error {
	req := kmsg.NewPtrDeleteTopicsRequest()
	req.TimeoutMillis = 10_000
	t := kmsg.NewDeleteTopicsRequestTopic()
	t.Topic = kmsg.StringPtr(topic)
	req.Topics = append(req.Topics, t)
	answer, err := r.deleteTopics(req, id)
	if err != nil {
		return err
	}
	r.note("DO: DeleteTopics v6 b15, sent to broker 2", "answer", answer)
	return nil
}

func (r *Run) deleteTopics(req *kmsg.DeleteTopicsRequest, id [16]byte) ([]Object, error) {
	resp, err := send[*kmsg.DeleteTopicsResponse](r.probe, 2, req, 6)
	if err != nil {
		return nil, err
	}
	answer := []Object{}
	for _, t := range resp.Topics {
		name := "another"
		switch t.TopicID {
		case id:
			name = "the topic's"
		case [16]byte{}:
			name = "zero"
		}
		answer = append(answer, object("topic", t.Topic, "topicId", name, "error", codeName(t.ErrorCode), "errorMessage", t.ErrorMessage))
	}
	return answer, nil
}

// noteDeleteUnknown deletes what is not there, by name and by id.
func (r *Run) noteDeleteUnknown() error {
	unknown := [16]byte{5, 5, 5}
	for _, c := range []struct {
		what string
		name *string
		id   [16]byte
	}{
		{"a name that is not there", kmsg.StringPtr("b15-nothing"), [16]byte{}},
		{"an id that is not there", nil, unknown},
	} {
		req := kmsg.NewPtrDeleteTopicsRequest()
		req.TimeoutMillis = 10_000
		t := kmsg.NewDeleteTopicsRequestTopic()
		t.Topic, t.TopicID = c.name, c.id
		req.Topics = append(req.Topics, t)
		answer, err := r.deleteTopics(req, unknown)
		if err != nil {
			return err
		}
		r.note(fmt.Sprintf("DeleteTopics v6 of %s", c.what), "answer", answer)
	}
	return nil
}
