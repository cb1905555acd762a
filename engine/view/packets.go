package view

import "bitacora/engine"

// Version is the version of the binary form. It is the first byte of every
// packet; there is no negotiation: the page comes from the program it talks to.
const Version = 1

type packetKind uint8

const (
	packetHello packetKind = iota + 1
	packetFrame
	packetDetail
	packetResult
	packetCommand
)

// Limits of lists: what a viewer can use, and a bound for a decoder.
const (
	processesMax    = 1 << 12
	linksMax        = 1 << 14
	topicsMax       = 1 << 14
	partitionsMax   = 1 << 16
	replicasMax     = 1 << 17
	groupsMax       = 1 << 12
	membersMax      = 1 << 12
	nodesMax        = 1 << 10
	batchesMax      = 256 // of one replica's window
	segmentsMax     = 1 << 10
	epochsMax       = 1 << 10
	eventsMax       = 4096
	messagesMax     = 512
	messageItemsMax = 64
	trafficMax      = 1 << 12
	metricsMax      = 1 << 14 // a hundred a server
	recordsMax      = 1 << 10
	detailRawMax    = 1 << 12
	removedMax      = 1 << 18
)

// Encode appends the packet's binary form to b.
func Encode(b []byte, p Packet) []byte {
	c := &coder{out: append(b, Version, byte(p.packetKind()))}
	c.packet(p)
	return c.out
}

// Decode reads one packet, which must be all of b. The packet shares nothing
// with b. The error is ErrMalformed.
func Decode(b []byte) (Packet, error) {
	c := &coder{in: b, reading: true}
	if len(b) > PacketBytesMax {
		c.fail("%d bytes", len(b))
		return nil, c.err
	}
	if len(b) < 2 || b[0] != Version {
		c.fail("not version %d", Version)
		return nil, c.err
	}
	c.in = b[2:]
	var p Packet
	switch packetKind(b[1]) {
	case packetHello:
		p = &Hello{}
	case packetFrame:
		p = &Frame{}
	case packetDetail:
		p = &Detail{}
	case packetResult:
		p = &Result{}
	case packetCommand:
		p = &Command{}
	default:
		c.fail("unknown kind %d", b[1])
		return nil, c.err
	}
	c.packet(p)
	if c.err == nil && len(c.in) > 0 {
		c.fail("%d bytes too many", len(c.in))
	}
	if c.err != nil {
		return nil, c.err
	}
	return p, nil
}

func (c *coder) packet(p Packet) {
	switch p := p.(type) {
	case *Hello:
		c.hello(p)
	case *Frame:
		c.frame(p)
	case *Detail:
		c.detail(p)
	case *Result:
		c.result(p)
	case *Command:
		c.command(p)
	}
}

func (c *coder) hello(h *Hello) {
	choice(c, &h.Source, sourceCount)
	number(c, &h.Can)
	if c.reading && h.Can&^canEverything != 0 {
		c.fail("unknown abilities %x", h.Can)
	}
	c.uvarint(&h.Seed)
	c.str(&h.ClusterID)
	c.str(&h.Program)
	flags(c, &h.NeedToken)
}

func (c *coder) frame(f *Frame) {
	flags(c, &f.Key)
	c.uvarint(&f.Seq)
	c.state(&f.Changed)
	list(c, &f.Removed, removedMax, 5, codeKey)
	list(c, &f.Events, eventsMax, 14, codeEvent)
	c.uvarint(&f.EventsCut)
	list(c, &f.Messages, messagesMax, 11, codeMessage)
	list(c, &f.Rest, trafficMax, 5, codeTraffic)
}

func (c *coder) state(s *State) {
	number(c, &s.At)
	number(c, &s.Wall)
	flags(c, &s.Clock.Playing)
	number(c, &s.Clock.Pace)
	list(c, &s.Processes, processesMax, 12, codeProcess)
	list(c, &s.Quorum, processesMax, 11, codeQuorum)
	list(c, &s.Cuts, linksMax, 2, codeLink)
	list(c, &s.Topics, topicsMax, 19, codeTopic)
	list(c, &s.Partitions, partitionsMax, 7, codePartition)
	list(c, &s.Replicas, replicasMax, 14, codeReplica)
	list(c, &s.Groups, groupsMax, 8, codeGroup)
	list(c, &s.Producers, processesMax, 12, codeProducer)
	list(c, &s.Consumers, processesMax, 6, codeConsumer)
	list(c, &s.Metrics, metricsMax, 5, codeMetric)
}

func codeNode(c *coder, n *engine.NodeID) { number(c, n) }

func codeKey(c *coder, k *Key) {
	choice(c, &k.Part, partCount)
	c.str(&k.Name)
	number(c, &k.Partition)
	number(c, &k.Node)
	number(c, &k.Peer)
}

func codeProcess(c *coder, p *Process) {
	number(c, &p.ID)
	number(c, &p.Roles)
	choice(c, &p.Status, statusCount)
	number(c, &p.Since)
	flags(c, &p.Fenced, &p.Shutting, &p.External, &p.Halted)
	number(c, &p.Life)
	number(c, &p.Epoch)
	number(c, &p.Halt)
	c.str(&p.Name)
	c.str(&p.Host)
	number(c, &p.Port)
	c.str(&p.Rack)
}

func codeLink(c *coder, l *Link) {
	number(c, &l.From)
	number(c, &l.To)
}

func codeQuorum(c *coder, q *QuorumReplica) {
	number(c, &q.Node)
	choice(c, &q.Role, quorumRoleCount)
	flags(c, &q.Voter)
	number(c, &q.Epoch)
	number(c, &q.Leader)
	number(c, &q.VotedFor)
	number(c, &q.LogStart)
	number(c, &q.HighWatermark)
	number(c, &q.LogEnd)
	list(c, &q.Voters, nodesMax, 1, codeNode)
	c.batches(&q.Batches)
}

func codeTopic(c *coder, t *Topic) {
	c.str(&t.Name)
	c.fixed(t.ID[:])
	number(c, &t.Partitions)
	flags(c, &t.Internal)
}

func codePartition(c *coder, p *Partition) {
	c.str(&p.Topic)
	number(c, &p.Partition)
	number(c, &p.Leader)
	number(c, &p.Epoch)
	number(c, &p.PartitionEpoch)
	list(c, &p.Replicas, nodesMax, 1, codeNode)
	list(c, &p.ISR, nodesMax, 1, codeNode)
}

func codeReplica(c *coder, r *Replica) {
	c.str(&r.Topic)
	number(c, &r.Partition)
	number(c, &r.Node)
	choice(c, &r.Role, replicaRoleCount)
	number(c, &r.Epoch)
	number(c, &r.LogStart)
	number(c, &r.HighWatermark)
	number(c, &r.LogEnd)
	number(c, &r.Bytes)
	list(c, &r.Segments, segmentsMax, 2, func(c *coder, s *Segment) {
		number(c, &s.Base)
		number(c, &s.Bytes)
	})
	list(c, &r.Epochs, epochsMax, 2, func(c *coder, e *EpochStart) {
		number(c, &e.Epoch)
		number(c, &e.Start)
	})
	list(c, &r.ISR, nodesMax, 1, codeNode)
	list(c, &r.Followers, nodesMax, 3, func(c *coder, f *Follower) {
		number(c, &f.Node)
		number(c, &f.LogEnd)
		number(c, &f.CaughtUp)
	})
	c.batches(&r.Batches)
}

// batches codes a window with each offset and epoch relative to the batch
// before, which makes most of a log one byte a field.
func (c *coder) batches(all *[]Batch) {
	var before Batch
	list(c, all, batchesMax, 8, func(c *coder, b *Batch) {
		gap, span, epoch := b.Base-before.Last, b.Last-b.Base, b.Epoch-before.Epoch
		number(c, &gap)
		number(c, &span)
		number(c, &epoch)
		if c.reading {
			b.Base = before.Last + gap
			b.Last = b.Base + span
			b.Epoch = before.Epoch + epoch
		}
		before = *b
		codeBatchRest(c, b)
	})
}

func codeBatch(c *coder, b *Batch) {
	number(c, &b.Base)
	number(c, &b.Last)
	number(c, &b.Epoch)
	codeBatchRest(c, b)
}

func codeBatchRest(c *coder, b *Batch) {
	number(c, &b.Bytes)
	number(c, &b.Records)
	number(c, &b.Flags)
	number(c, &b.ProducerID)
	number(c, &b.Sequence)
	c.str(&b.Label)
}

func codeGroup(c *coder, g *Group) {
	c.str(&g.Name)
	choice(c, &g.State, groupStateCount)
	number(c, &g.Generation)
	number(c, &g.Coordinator)
	c.str(&g.Protocol)
	c.str(&g.Leader)
	list(c, &g.Members, membersMax, 4, func(c *coder, m *Member) {
		c.str(&m.ID)
		c.str(&m.ClientID)
		c.str(&m.Host)
		list(c, &m.Assigned, partitionsMax, 2, func(c *coder, tp *engine.TopicPartition) {
			c.str(&tp.Topic)
			number(c, &tp.Partition)
		})
	})
	list(c, &g.Offsets, partitionsMax, 3, func(c *coder, o *GroupOffset) {
		c.str(&o.Topic)
		number(c, &o.Partition)
		number(c, &o.Committed)
	})
}

func codeProducer(c *coder, p *Producer) {
	number(c, &p.Node)
	flags(c, &p.Running, &p.Idempotent)
	number(c, &p.Acks)
	number(c, &p.ProducerID)
	number(c, &p.Epoch)
	c.str(&p.Topic)
	number(c, &p.Every)
	number(c, &p.Sent)
	number(c, &p.Acked)
	number(c, &p.Failed)
	number(c, &p.Retries)
	list(c, &p.Accumulators, partitionsMax, 5, func(c *coder, a *Accumulator) {
		c.str(&a.Topic)
		number(c, &a.Partition)
		number(c, &a.Records)
		number(c, &a.Bytes)
		number(c, &a.InFlight)
	})
}

func codeConsumer(c *coder, s *Consumer) {
	number(c, &s.Node)
	flags(c, &s.Running)
	c.str(&s.Group)
	c.str(&s.MemberID)
	number(c, &s.Read)
	list(c, &s.Positions, partitionsMax, 4, func(c *coder, p *Position) {
		c.str(&p.Topic)
		number(c, &p.Partition)
		number(c, &p.Offset)
		number(c, &p.Committed)
	})
}

func codeEvent(c *coder, e *Event) {
	number(c, &e.At)
	number(c, &e.Kind)
	number(c, &e.Node)
	number(c, &e.Peer)
	c.str(&e.Topic)
	number(c, &e.Partition)
	number(c, &e.Epoch)
	number(c, &e.Offset)
	number(c, &e.Until)
	number(c, &e.Count)
	number(c, &e.Code)
	list(c, &e.Nodes, nodesMax, 1, codeNode)
	c.str(&e.Name)
	c.str(&e.Detail)
}

func codeMessage(c *coder, m *Message) {
	c.uvarint(&m.ID)
	number(c, &m.From)
	number(c, &m.To)
	c.str(&m.Name)
	number(c, &m.Version)
	number(c, &m.Flags)
	number(c, &m.Code)
	number(c, &m.Sent)
	number(c, &m.Arrives)
	number(c, &m.Bytes)
	list(c, &m.Items, messageItemsMax, 6, func(c *coder, i *MessageItem) {
		c.str(&i.Topic)
		number(c, &i.Partition)
		number(c, &i.Offset)
		number(c, &i.Until)
		number(c, &i.Epoch)
		number(c, &i.Records)
	})
}

func codeTraffic(c *coder, t *Traffic) {
	number(c, &t.From)
	number(c, &t.To)
	c.str(&t.Name)
	number(c, &t.Messages)
	number(c, &t.Bytes)
}

func (c *coder) detail(d *Detail) {
	number(c, &d.ID)
	c.str(&d.Topic)
	number(c, &d.Partition)
	number(c, &d.Node)
	codeBatch(c, &d.Batch)
	number(c, &d.CRC)
	number(c, &d.Attrs)
	number(c, &d.Timestamp)
	number(c, &d.PEpoch)
	c.blob(&d.Raw)
	list(c, &d.Records, recordsMax, 8, func(c *coder, r *Record) {
		number(c, &r.Offset)
		number(c, &r.Timestamp)
		number(c, &r.KeyBytes)
		number(c, &r.ValueBytes)
		c.blob(&r.Key)
		c.blob(&r.Value)
		number(c, &r.Headers)
		c.str(&r.Text)
	})
	number(c, &d.Cut)
}

func (c *coder) result(r *Result) {
	number(c, &r.ID)
	choice(c, &r.Reason, reasonCount)
	number(c, &r.Code)
	c.str(&r.Detail)
}

func (c *coder) command(m *Command) {
	number(c, &m.ID)
	choice(c, &m.Kind, commandKindCount)
	number(c, &m.Node)
	number(c, &m.Peer)
	c.str(&m.Topic)
	number(c, &m.Partition)
	number(c, &m.Partitions)
	number(c, &m.Factor)
	number(c, &m.Offset)
	number(c, &m.Acks)
	number(c, &m.Every)
	c.str(&m.Group)
	flags(c, &m.NullKey, &m.NullValue)
	c.blob(&m.Key)
	c.blob(&m.Value)
	c.uvarint(&m.Seed)
	choice(c, &m.Fault, faultActionCount)
	number(c, &m.Jitter)
	number(c, &m.Rate)
}
