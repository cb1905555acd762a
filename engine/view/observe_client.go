package view

import (
	"bitacora/engine"
	"bitacora/engine/client"
)

// ClientReport draws a simulated client's report.
func ClientReport(id engine.NodeID, node engine.Node) *Report {
	r := &Report{Node: id}
	if p, ok := node.(*client.Producer); ok {
		r.Producers = []Producer{producerOf(id, p.State())}
	}
	return r
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
