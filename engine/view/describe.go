package view

import (
	"bitacora/engine"
	"bitacora/engine/batch"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// DescribeRequest fills in what a request carries of partitions.
func DescribeRequest(m *Message, req kmsg.Request) {
	m.Name, m.Version = kmsg.NameForKey(req.Key()), req.GetVersion()
	switch r := req.(type) {
	case *kmsg.ProduceRequest:
		for i := range r.Topics {
			for j := range r.Topics[i].Partitions {
				p := &r.Topics[i].Partitions[j]
				m.add(carried(topicName(r.Topics[i].Topic, r.Topics[i].TopicID), p.Partition, p.Records))
			}
		}
	case *kmsg.FetchRequest:
		for i := range r.Topics {
			for j := range r.Topics[i].Partitions {
				p := &r.Topics[i].Partitions[j]
				m.add(MessageItem{
					Topic: topicName(r.Topics[i].Topic, r.Topics[i].TopicID), Partition: p.Partition, Offset: engine.Offset(p.FetchOffset),
					Until: engine.Offset(p.FetchOffset), Epoch: engine.LeaderEpoch(p.CurrentLeaderEpoch),
				})
			}
		}
	case *kmsg.VoteRequest:
		for i := range r.Topics {
			for j := range r.Topics[i].Partitions {
				m.add(MessageItem{Epoch: engine.LeaderEpoch(r.Topics[i].Partitions[j].CandidateEpoch)})
			}
		}
	case *kmsg.HeartbeatRequest, *kmsg.BrokerHeartbeatRequest:
		m.Flags |= MessageEmpty
	}
}

// DescribeResponse fills in what an answer carries of partitions, and its error.
func DescribeResponse(m *Message, resp kmsg.Response) {
	m.Name, m.Version = kmsg.NameForKey(resp.Key()), resp.GetVersion()
	m.Flags |= MessageResponse
	switch r := resp.(type) {
	case *kmsg.ProduceResponse:
		for i := range r.Topics {
			for j := range r.Topics[i].Partitions {
				p := &r.Topics[i].Partitions[j]
				m.add(MessageItem{
					Topic: topicName(r.Topics[i].Topic, r.Topics[i].TopicID), Partition: p.Partition,
					Offset: engine.Offset(p.BaseOffset), Until: engine.Offset(p.BaseOffset),
				})
				m.fails(p.ErrorCode)
			}
		}
	case *kmsg.FetchResponse:
		m.fails(r.ErrorCode)
		records := false
		for i := range r.Topics {
			for j := range r.Topics[i].Partitions {
				p := &r.Topics[i].Partitions[j]
				m.add(carried(topicName(r.Topics[i].Topic, r.Topics[i].TopicID), p.Partition, p.RecordBatches))
				m.fails(p.ErrorCode)
				records = records || len(p.RecordBatches) > 0
			}
		}
		if !records && m.Code == 0 {
			m.Flags |= MessageEmpty
		}
	case *kmsg.HeartbeatResponse:
		m.fails(r.ErrorCode)
		m.Flags |= MessageEmpty
	case *kmsg.BrokerHeartbeatResponse:
		m.fails(r.ErrorCode)
		m.Flags |= MessageEmpty
	}
}

// topicName is a topic's name or, where the message has only that (KIP-516), its
// id as Kafka prints it; a viewer knows both from the State.
func topicName(name string, id [16]byte) string {
	if name != "" || id == [16]byte{} {
		return name
	}
	return engine.TopicID(id).String()
}

func (m *Message) add(item MessageItem) {
	if len(m.Items) < messageItemsMax {
		m.Items = append(m.Items, item)
	}
}

func (m *Message) fails(code int16) {
	if code != 0 && m.Code == 0 {
		m.Code = code
		m.Flags |= MessageError
	}
}

// carried says which offsets a run of batches holds.
func carried(topic string, partition int32, run []byte) MessageItem {
	item := MessageItem{Topic: topic, Partition: partition}
	it := batch.Iterate(run)
	for first := true; it.Next(); first = false {
		b := it.Batch()
		if first {
			item.Offset, item.Epoch = b.BaseOffset(), b.PartitionLeaderEpoch()
		}
		item.Until = b.NextOffset()
		item.Records += b.RecordsCount()
	}
	return item
}
