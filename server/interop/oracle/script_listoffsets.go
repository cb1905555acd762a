package oracle

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

var listOffsets = Script{
	Name:  "14-list-offsets",
	Title: "ListOffsets by special and real timestamps",
	Setup: "topic b14, replicas [1,2,3], 5 batches; record timestamps (ms): offset 0:1000, 1:2000, 2:5000, 3:3000, 4:3000 (in one batch with 5:4000); asked of the leader 1 unless said",
	Run:   playListOffsets,
}

// Timestamps with a meaning of their own (ListOffsetsRequest).
var specialTimestamps = []struct {
	timestamp int64
	name      string
}{
	{-1, "latest"}, {-2, "earliest"}, {-3, "max timestamp"}, {-4, "earliest local"},
	{-5, "latest tiered"}, {-6, "earliest pending upload"}, {-7, "not defined"},
}

func playListOffsets(r *Run) error {
	const topic = "b14"
	if err := r.createTopic(topic, assignment{{1, 2, 3}}); err != nil {
		return err
	}
	for _, stamps := range [][]int64{{1000}, {2000}, {5000}, {3000}, {3000, 4000}} {
		var records []record
		for _, at := range stamps {
			records = append(records, valueAt(fmt.Sprint(at), at))
		}
		p := production{broker: 1, topic: topic, acks: ackAll, records: newBatch(batchOptions{}, records...)}
		if err := r.noteProduce("produce", p, "timestamps", stamps); err != nil {
			return err
		}
	}
	for _, s := range specialTimestamps {
		for _, version := range []int16{1, 6, 7, 8, 9, 10, 11} {
			if err := r.noteOffsets(s.name, listing{topic: topic, timestamp: s.timestamp, version: version}); err != nil {
				return err
			}
		}
	}
	for _, at := range []int64{0, 1000, 1001, 2500, 3000, 3500, 4000, 4500, 5000, 5001, 1 << 60} {
		if err := r.noteOffsets("first record with this timestamp or later", listing{topic: topic, timestamp: at}); err != nil {
			return err
		}
	}
	if err := r.noteOffsets("latest, read_committed", listing{topic: topic, timestamp: -1, isolation: 1}); err != nil {
		return err
	}
	if err := r.noteOffsets("at a follower", listing{topic: topic, timestamp: -1, broker: 2}); err != nil {
		return err
	}
	if err := r.noteOffsetsAfterDelete(topic); err != nil {
		return err
	}
	return r.noteOffsetsOfNothing()
}

// listing is one ListOffsets request; version 0 stands for 10, broker 0 for 1.
type listing struct {
	topic     string
	partition int32
	timestamp int64
	version   int16
	isolation int8
	broker    int32
}

func (r *Run) noteOffsets(note string, l listing) error {
	if l.version == 0 {
		l.version = 10
	}
	if l.broker == 0 {
		l.broker = 1
	}
	p, err := r.listOffsets(l.broker, l.topic, l.partition, l.timestamp, l.isolation, l.version)
	var answer any
	if err != nil {
		if answer, err = silenceOr(err); err != nil {
			return err
		}
	} else {
		answer = object("error", codeName(p.ErrorCode), "offset", p.Offset, "timestamp", p.Timestamp, "leaderEpoch", p.LeaderEpoch)
	}
	r.note("ListOffsets: "+note, "timestamp", l.timestamp, "version", l.version, "broker", l.broker, "answer", answer)
	return nil
}

func (r *Run) noteOffsetsAfterDelete(topic string) error {
	for _, d := range []struct {
		what       string
		offset     int64
		after      string
		timestamps []int64
	}{
		{"DeleteRecords to 2", 2, "after DeleteRecords to 2", []int64{-2, -3, -4, 0, 3000}},
		{"DeleteRecords to -1 (the high watermark)", -1, "after DeleteRecords to -1: empty log", []int64{-1, -2, -3, 0}},
	} {
		done, err := r.noteDeleteRecords(d.what, topic, d.offset)
		if err != nil {
			return err
		}
		for _, at := range d.timestamps {
			if !done {
				r.missing(kmsg.DeleteRecords, "ListOffsets: "+d.after)
				continue
			}
			if err := r.noteOffsets(d.after, listing{topic: topic, timestamp: at}); err != nil {
				return err
			}
		}
	}
	return nil
}

// noteDeleteRecords says whether the cluster offers it.
func (r *Run) noteDeleteRecords(what, topic string, offset int64) (bool, error) {
	if !r.needs(kmsg.DeleteRecords, what) {
		return false, nil
	}
	req := kmsg.NewPtrDeleteRecordsRequest()
	t := kmsg.NewDeleteRecordsRequestTopic()
	t.Topic = topic
	p := kmsg.NewDeleteRecordsRequestTopicPartition()
	p.Offset = offset
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	req.TimeoutMillis = 5_000
	resp, err := send[*kmsg.DeleteRecordsResponse](r.probe, 1, req, 2)
	if err != nil {
		return false, err
	}
	got := resp.Topics[0].Partitions[0]
	r.note(what, "answer", object("error", codeName(got.ErrorCode), "lowWatermark", got.LowWatermark))
	return true, nil
}

func (r *Run) noteOffsetsOfNothing() error {
	const empty = "b14-empty"
	if err := r.createTopic(empty, assignment{{1, 2, 3}}); err != nil {
		return err
	}
	for _, at := range []int64{-1, -2, -3, 0} {
		if err := r.noteOffsets("of a topic never written", listing{topic: empty, timestamp: at}); err != nil {
			return err
		}
	}
	for _, l := range []struct {
		what string
		listing
	}{
		{"of an unknown partition", listing{topic: empty, partition: 7, timestamp: -1}},
		{"of an unknown topic", listing{topic: "b14-nothing", timestamp: -1}},
	} {
		if err := r.noteOffsets(l.what, l.listing); err != nil {
			return err
		}
	}
	return nil
}
