package oracle

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// fetching is one Fetch request of one partition, with what scripts vary.
type fetching struct {
	broker           int32
	version          int16 // 0: 12
	topic            string
	topicID          [16]byte // used from version 13
	partition        int32
	none             bool // no partitions at all
	offset           int64
	currentEpoch     int32
	lastFetchedEpoch int32
	maxWaitMillis    int32
	minBytes         int32
	maxBytes         int32
	sessionID        int32
	sessionEpoch     int32
}

// newFetching is a Fetch without a session that waits for nothing.
func newFetching(broker int32, topic string, offset int64) fetching {
	return fetching{
		broker: broker, topic: topic, offset: offset, currentEpoch: -1, lastFetchedEpoch: -1,
		maxWaitMillis: 100, minBytes: 1, maxBytes: 1 << 20, sessionEpoch: -1,
	}
}

func (r *Run) fetch(f fetching) (*kmsg.FetchResponse, error) {
	req := kmsg.NewPtrFetchRequest()
	req.ReplicaID, req.MaxWaitMillis, req.MinBytes, req.MaxBytes = -1, f.maxWaitMillis, f.minBytes, f.maxBytes
	req.SessionID, req.SessionEpoch = f.sessionID, f.sessionEpoch
	if !f.none {
		t := kmsg.NewFetchRequestTopic()
		t.Topic, t.TopicID = f.topic, f.topicID
		p := kmsg.NewFetchRequestTopicPartition()
		p.Partition, p.FetchOffset, p.PartitionMaxBytes = f.partition, f.offset, f.maxBytes
		p.CurrentLeaderEpoch, p.LastFetchedEpoch, p.LogStartOffset = f.currentEpoch, f.lastFetchedEpoch, -1
		t.Partitions = append(t.Partitions, p)
		req.Topics = append(req.Topics, t)
	}
	if f.version == 0 {
		f.version = 12
	}
	return send[*kmsg.FetchResponse](r.probe, f.broker, req, f.version)
}

// fetchPartition sends it and gives the answer of its one partition.
func (r *Run) fetchPartition(f fetching) (kmsg.FetchResponseTopicPartition, error) {
	resp, err := r.fetch(f)
	if err != nil {
		return kmsg.FetchResponseTopicPartition{}, err
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return kmsg.FetchResponseTopicPartition{}, errors.New("Fetch answered with another number of partitions")
	}
	return resp.Topics[0].Partitions[0], nil
}

// noteFetch sends it and writes the answer down.
func (r *Run) noteFetch(what string, f fetching) error {
	resp, err := r.fetch(f)
	var answer any
	if err != nil {
		if answer, err = silenceOr(err); err != nil {
			return err
		}
	} else {
		answer = r.fetchAnswer(resp)
	}
	r.note(what, "answer", answer)
	return nil
}

// fetchAnswer describes the answer to a Fetch of one partition.
func (r *Run) fetchAnswer(resp *kmsg.FetchResponse) Object {
	o := object("error", codeName(resp.ErrorCode))
	if len(resp.Topics) == 0 {
		return append(o, Field{"partitions", []Object{}})
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return append(o, Field{"topics", len(resp.Topics)})
	}
	p := resp.Topics[0].Partitions[0]
	o = append(o, object("partitionError", codeName(p.ErrorCode), "highWatermark", p.HighWatermark,
		"lastStableOffset", p.LastStableOffset, "logStartOffset", p.LogStartOffset)...)
	if p.DivergingEpoch.Epoch >= 0 || p.DivergingEpoch.EndOffset >= 0 {
		o = append(o, Field{"divergingEpoch", object("epoch", p.DivergingEpoch.Epoch, "endOffset", p.DivergingEpoch.EndOffset)})
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
	if p.PreferredReadReplica >= 0 {
		o = append(o, Field{"preferredReadReplica", p.PreferredReadReplica})
	}
	return append(o, Field{"batches", batchesOf(p.RecordBatches)})
}

// noteLog writes down all of a partition, from its start.
func (r *Run) noteLog(what string, broker int32, topic string) error {
	f := newFetching(broker, topic, 0)
	f.maxBytes = 16 << 20
	return r.noteFetch(what, f)
}
