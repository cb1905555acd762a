package check

import (
	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/client"
	"bitacora/engine/sim"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// clientTruth is what is known of one life of a client.
type clientTruth struct {
	positions map[engine.TopicPartition]engine.Offset // of the next record that it must hand out
}

// ackedRecord is a record that a producer was told is written.
type ackedRecord struct {
	p      *partition
	offset engine.Offset
	number int64 // as the producer numbers them
}

func (c *Checker) client(id engine.NodeID) *clientTruth {
	k := c.clients[id]
	if k == nil {
		k = &clientTruth{positions: map[engine.TopicPartition]engine.Offset{}}
		c.clients[id] = k
	}
	return k
}

func (c *Checker) onClient(ev *engine.Event) {
	tp := engine.TopicPartition{Topic: ev.Topic, Partition: ev.Partition}
	p := c.partition(ev.Topic, ev.Partition)
	switch ev.Kind {
	case engine.EventClientAcked:
		c.onAcked(p, ev)
	case engine.EventClientAssigned:
		delete(c.client(ev.Node).positions, tp)
	case engine.EventClientPosition:
		c.onPosition(p, ev)
	case engine.EventClientRead:
		c.onRead(p, ev)
	}
}

// onAcked takes an acknowledgement. With acks=all it promises that the record is
// committed.
func (c *Checker) onAcked(p *partition, ev *engine.Event) {
	what, _ := c.sim.Node(ev.Node)
	producer, ok := what.(*client.Producer)
	if !ok || producer.Acks() != -1 || ev.Offset < 0 {
		return
	}
	c.counts.Acknowledged++
	c.acked = append(c.acked, ackedRecord{p, ev.Offset, ev.Count})
	c.tell(p, ev.Offset+1)
}

// onRead holds ConsumerReadsInOrder.
func (c *Checker) onRead(p *partition, ev *engine.Event) {
	c.counts.Read++
	k := c.client(ev.Node)
	if want, known := k.positions[p.tp]; known && ev.Offset != want && !p.outside {
		c.violated(ConsumerReadsInOrder, p.tp, "consumer %d was given %d, %d is next", ev.Node, ev.Offset, want)
	}
	k.positions[p.tp] = ev.Offset + 1
	if ev.Name != "" {
		c.groups.read(c, p, ev)
	}
}

func (c *Checker) onPosition(p *partition, ev *engine.Event) {
	k := c.client(ev.Node)
	before, known := k.positions[p.tp]
	k.positions[p.tp] = ev.Offset
	switch {
	case p.outside:
	case ev.Code == client.PositionTruncated && known && ev.Offset < before,
		ev.Code == client.PositionReset && known:
		c.violated(ConsumerReadsInOrder, p.tp, "consumer %d was at %d and begins anew at %d (code %d)", ev.Node, before, ev.Offset, ev.Code)
	}
	if ev.Name != "" {
		c.groups.position(c, p, ev)
	}
}

// Watch takes a message as it leaves (sim.Watcher).
func (c *Checker) Watch(_ engine.Time, m *sim.Sent) {
	if m.Request != nil {
		switch m.Request.(type) {
		case *kmsg.VoteRequest, *kmsg.OffsetCommitRequest, *kmsg.ListOffsetsRequest, *kmsg.AlterPartitionRequest:
			c.asked[askKey{m.From, m.Conn, m.Correlation}] = m.Request
		}
		return
	}
	switch resp := m.Response.(type) {
	case *kmsg.FetchResponse:
		if n := c.node(m.To); !n.server {
			c.onFetchResponse(m, resp)
		}
	case *kmsg.AlterPartitionResponse:
		if req, ok := c.request(m).(*kmsg.AlterPartitionRequest); ok {
			c.onAlteredPartition(req, resp)
		}
	case *kmsg.VoteResponse:
		if req, ok := c.request(m).(*kmsg.VoteRequest); ok {
			c.onVote(m, req, resp)
		}
	case *kmsg.OffsetCommitResponse:
		if req, ok := c.request(m).(*kmsg.OffsetCommitRequest); ok {
			c.groups.committed(c, m.To, req, resp)
		}
	case *kmsg.ListOffsetsResponse:
		if req, ok := c.request(m).(*kmsg.ListOffsetsRequest); ok && !c.node(m.To).server {
			c.onListOffsets(req, resp)
		}
	}
}

// topicName gives a topic's name, by whichever of name and id a message has; "" where
// no topic is known.
func (c *Checker) topicName(name string, id [16]byte) string {
	image := c.image()
	if name != "" || image == nil {
		return name
	}
	if t := image.TopicByID(id); t != nil {
		return t.Name
	}
	return ""
}

// onAlteredPartition holds ISRChangeIsMadeFromTheNewest: what is accepted moves the
// partition epoch by one, or not at all.
func (c *Checker) onAlteredPartition(req *kmsg.AlterPartitionRequest, resp *kmsg.AlterPartitionResponse) {
	for _, t := range req.Topics {
		for _, asked := range t.Partitions {
			for _, rt := range resp.Topics {
				for _, part := range rt.Partitions {
					if rt.TopidID != t.TopicID || part.Partition != asked.Partition || part.ErrorCode != 0 ||
						part.PartitionEpoch == asked.PartitionEpoch || part.PartitionEpoch == asked.PartitionEpoch+1 {
						continue
					}
					c.violated(ISRChangeIsMadeFromTheNewest, engine.TopicPartition{Topic: c.topicName("", t.TopicID), Partition: part.Partition},
						"a change made from partition epoch %d was accepted as %d", asked.PartitionEpoch, part.PartitionEpoch)
				}
			}
		}
	}
}

// askKey finds the request that a response answers.
type askKey struct {
	client      engine.NodeID
	conn        engine.ConnID
	correlation engine.CorrelationID
}

func (c *Checker) request(m *sim.Sent) kmsg.Request {
	key := askKey{m.To, m.Conn, m.Correlation}
	req := c.asked[key]
	delete(c.asked, key)
	return req
}

// onFetchResponse holds ConsistentReadProperty and NoReadAboveHighWatermark.
func (c *Checker) onFetchResponse(m *sim.Sent, resp *kmsg.FetchResponse) {
	for i := range resp.Topics {
		t := &resp.Topics[i]
		name := c.topicName(t.Topic, t.TopicID)
		if name == "" {
			continue
		}
		for j := range t.Partitions {
			if part := &t.Partitions[j]; len(part.RecordBatches) > 0 {
				c.onGiven(c.partition(name, part.Partition), m.From, part)
			}
		}
	}
}

func (c *Checker) onGiven(p *partition, from engine.NodeID, part *kmsg.FetchResponseTopicPartition) {
	r := p.replica(from)
	committed := max(p.trueHighWatermark, p.alone)
	for it := batch.Iterate(part.RecordBatches); it.Next(); {
		b := it.Batch()
		e := entryOf(b)
		if e.next > engine.Offset(part.HighWatermark) || e.next > committed && !p.outside {
			c.violated(NoReadAboveHighWatermark, p.tp, "broker %d gave %d..%d, its high watermark is %d, committed is %d",
				from, e.base, e.next, part.HighWatermark, committed)
			return
		}
		if p.outside {
			continue
		}
		c.tell(p, e.next)
		if truth, known := p.at(e.base); e.base < p.covered() && (known && truth != e || !known && e.base >= p.firstKnown()) && !r.spoilt {
			c.violated(ConsistentReadProperty, p.tp, "broker %d gave %d..%d of epoch %d (crc %08x); it was %d..%d of epoch %d (crc %08x)",
				from, e.base, e.next, e.epoch, e.crc, truth.base, truth.next, truth.epoch, truth.crc)
			p.outside = true
			return
		}
	}
}

// timestampLatest asks ListOffsets for the end of a log.
const timestampLatest = -1

// onListOffsets holds ToldHighWatermarkNeverGoesBack.
func (c *Checker) onListOffsets(req *kmsg.ListOffsetsRequest, resp *kmsg.ListOffsetsResponse) {
	for _, t := range req.Topics {
		for _, asked := range t.Partitions {
			if asked.Timestamp != timestampLatest {
				continue
			}
			for _, rt := range resp.Topics {
				for _, part := range rt.Partitions {
					if rt.Topic == t.Topic && part.Partition == asked.Partition && part.ErrorCode == 0 {
						c.toldEnd(c.partition(t.Topic, asked.Partition), engine.Offset(part.Offset))
					}
				}
			}
		}
	}
}

func (c *Checker) toldEnd(p *partition, end engine.Offset) {
	if p.outside {
		return
	}
	if end < p.told {
		c.violated(ToldHighWatermarkNeverGoesBack, p.tp, "clients were told that it ends at %d, and now at %d", p.told, end)
	}
	p.told = max(p.told, end)
}
