package view

import (
	"bitacora/engine"
	"bitacora/engine/client"
)

// ClientReport draws a simulated client's report.
func ClientReport(id engine.NodeID, node engine.Node) *Report {
	r := &Report{Node: id}
	switch c := node.(type) {
	case *client.Producer:
		r.Producers = []Producer{producerOf(id, c.State())}
	case *client.Consumer:
		r.Consumers = []Consumer{consumerOf(id, c.State())}
	}
	return r
}

func consumerOf(id engine.NodeID, s client.ConsumerState) Consumer {
	c := Consumer{Node: id, Running: s.Running, Group: s.Group, MemberID: s.MemberID, Read: s.Read}
	for _, p := range s.Partitions {
		c.Positions = append(c.Positions, Position{
			Topic: p.Topic, Partition: p.Partition, Offset: p.Position, Committed: p.Committed,
		})
	}
	return c
}

func producerOf(id engine.NodeID, s client.ProducerState) Producer {
	p := Producer{
		Node: id, Running: s.Running, Idempotent: s.Idempotent, Acks: s.Acks, ProducerID: s.ProducerID, Epoch: s.Epoch,
		Topic: s.Making.Topic, Every: s.Making.Interval,
		Sent: s.Sent, Acked: s.Acked, Failed: s.Failed, Retries: s.Retries,
	}
	for _, q := range s.Partitions {
		p.Accumulators = append(p.Accumulators, Accumulator{
			Topic: q.Topic, Partition: q.Partition,
			Records: int32(q.Records), Bytes: int32(q.Bytes), InFlight: int32(q.InFlight),
		})
	}
	return p
}
