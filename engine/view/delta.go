package view

import (
	"cmp"
	"slices"

	"bitacora/engine"
)

// Part names a slice of State.
type Part uint8

// The parts.
const (
	PartProcess Part = iota
	PartQuorum
	PartCut
	PartTopic
	PartPartition
	PartReplica
	PartGroup
	PartProducer
	PartConsumer
	PartMetric
	partCount
)

// Key names one element of a State. Which fields count depends on Part.
type Key struct {
	Part      Part
	Name      string // topic or group
	Partition int32
	Node      engine.NodeID
	Peer      engine.NodeID
}

// compare is the order of a State's slices: by name, partition, node, peer.
func (k Key) compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Part, o.Part), cmp.Compare(k.Name, o.Name),
		cmp.Compare(k.Partition, o.Partition), cmp.Compare(k.Node, o.Node), cmp.Compare(k.Peer, o.Peer))
}

func (p *Process) key() Key       { return Key{Part: PartProcess, Node: p.ID} }
func (q *QuorumReplica) key() Key { return Key{Part: PartQuorum, Node: q.Node} }
func (l *Link) key() Key          { return Key{Part: PartCut, Node: l.From, Peer: l.To} }
func (t *Topic) key() Key         { return Key{Part: PartTopic, Name: t.Name} }
func (p *Partition) key() Key {
	return Key{Part: PartPartition, Name: p.Topic, Partition: p.Partition}
}
func (r *Replica) key() Key {
	return Key{Part: PartReplica, Name: r.Topic, Partition: r.Partition, Node: r.Node}
}
func (g *Group) key() Key    { return Key{Part: PartGroup, Name: g.Name} }
func (p *Producer) key() Key { return Key{Part: PartProducer, Node: p.Node} }
func (s *Consumer) key() Key { return Key{Part: PartConsumer, Node: s.Node} }

// element is what State's slices hold.
type element[T any] interface {
	*T
	key() Key
	same(*T) bool
}

func (p *Process) same(o *Process) bool { return *p == *o }
func (l *Link) same(o *Link) bool       { return *l == *o }
func (t *Topic) same(o *Topic) bool     { return *t == *o }

func (q *QuorumReplica) same(o *QuorumReplica) bool {
	return q.Node == o.Node && q.Role == o.Role && q.Voter == o.Voter && q.Epoch == o.Epoch &&
		q.Leader == o.Leader && q.VotedFor == o.VotedFor && q.LogStart == o.LogStart &&
		q.HighWatermark == o.HighWatermark && q.LogEnd == o.LogEnd &&
		slices.Equal(q.Voters, o.Voters) && sameBatches(q.Batches, o.Batches)
}

func (p *Partition) same(o *Partition) bool {
	return p.Topic == o.Topic && p.Partition == o.Partition && p.Leader == o.Leader &&
		p.Epoch == o.Epoch && p.PartitionEpoch == o.PartitionEpoch &&
		slices.Equal(p.Replicas, o.Replicas) && slices.Equal(p.ISR, o.ISR)
}

func (r *Replica) same(o *Replica) bool {
	return r.Topic == o.Topic && r.Partition == o.Partition && r.Node == o.Node &&
		r.Role == o.Role && r.Epoch == o.Epoch && r.LogStart == o.LogStart &&
		r.HighWatermark == o.HighWatermark && r.LogEnd == o.LogEnd && r.Bytes == o.Bytes &&
		slices.Equal(r.Segments, o.Segments) && slices.Equal(r.Epochs, o.Epochs) &&
		slices.Equal(r.ISR, o.ISR) && slices.Equal(r.Followers, o.Followers) &&
		sameBatches(r.Batches, o.Batches)
}

// sameBatches compares what an Observer shares between pictures at a glance.
func sameBatches(a, b []Batch) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.Equal(a, b))
}

func (g *Group) same(o *Group) bool {
	return g.Name == o.Name && g.State == o.State && g.Generation == o.Generation &&
		g.Coordinator == o.Coordinator && g.Protocol == o.Protocol && g.Leader == o.Leader &&
		slices.EqualFunc(g.Members, o.Members, func(a, b Member) bool {
			return a.ID == b.ID && a.ClientID == b.ClientID && a.Host == b.Host &&
				slices.Equal(a.Assigned, b.Assigned)
		}) && slices.Equal(g.Offsets, o.Offsets)
}

func (p *Producer) same(o *Producer) bool {
	return p.Node == o.Node && p.Running == o.Running && p.Idempotent == o.Idempotent &&
		p.Acks == o.Acks && p.ProducerID == o.ProducerID && p.Epoch == o.Epoch &&
		p.Topic == o.Topic && p.Every == o.Every && p.Sent == o.Sent && p.Acked == o.Acked &&
		p.Failed == o.Failed && p.Retries == o.Retries && slices.Equal(p.Accumulators, o.Accumulators)
}

func (s *Consumer) same(o *Consumer) bool {
	return s.Node == o.Node && s.Running == o.Running && s.Group == o.Group &&
		s.MemberID == o.MemberID && s.Read == o.Read && slices.Equal(s.Positions, o.Positions)
}

// Delta gives what changes before into after: the elements that are new or
// different, and the keys of those that are gone. Times and clock are after's.
// The result shares slices with after.
func Delta(before, after *State) (changed State, removed []Key) {
	changed = State{At: after.At, Wall: after.Wall, Clock: after.Clock}
	changed.Processes = differ[Process](before.Processes, after.Processes, &removed)
	changed.Quorum = differ[QuorumReplica](before.Quorum, after.Quorum, &removed)
	changed.Cuts = differ[Link](before.Cuts, after.Cuts, &removed)
	changed.Topics = differ[Topic](before.Topics, after.Topics, &removed)
	changed.Partitions = differ[Partition](before.Partitions, after.Partitions, &removed)
	changed.Replicas = differ[Replica](before.Replicas, after.Replicas, &removed)
	changed.Groups = differ[Group](before.Groups, after.Groups, &removed)
	changed.Producers = differ[Producer](before.Producers, after.Producers, &removed)
	changed.Consumers = differ[Consumer](before.Consumers, after.Consumers, &removed)
	changed.Metrics = differ[Metric](before.Metrics, after.Metrics, &removed)
	return changed, removed
}

// differ walks two sorted slices side by side.
func differ[T any, E element[T]](before, after []T, removed *[]Key) []T {
	var out []T
	i := 0
	for j := range after {
		key := E(&after[j]).key()
		for i < len(before) && E(&before[i]).key().compare(key) < 0 {
			*removed = append(*removed, E(&before[i]).key())
			i++
		}
		if i < len(before) && E(&before[i]).key() == key {
			if !E(&before[i]).same(&after[j]) {
				out = append(out, after[j])
			}
			i++
			continue
		}
		out = append(out, after[j])
	}
	for ; i < len(before); i++ {
		*removed = append(*removed, E(&before[i]).key())
	}
	return out
}

// Apply brings a state up to a frame: a key frame replaces it. States given out
// before stay as they were: slices that change are copied.
func (s *State) Apply(f *Frame) {
	if f.Key {
		*s = f.Changed
		return
	}
	gone := func(p Part) []Key {
		from, _ := slices.BinarySearchFunc(f.Removed, p, func(k Key, p Part) int { return cmp.Compare(k.Part, p) })
		to, _ := slices.BinarySearchFunc(f.Removed, p+1, func(k Key, p Part) int { return cmp.Compare(k.Part, p) })
		return f.Removed[from:max(from, to)]
	}
	c := &f.Changed
	s.At, s.Wall, s.Clock = c.At, c.Wall, c.Clock
	s.Processes = merge[Process](s.Processes, c.Processes, gone(PartProcess))
	s.Quorum = merge[QuorumReplica](s.Quorum, c.Quorum, gone(PartQuorum))
	s.Cuts = merge[Link](s.Cuts, c.Cuts, gone(PartCut))
	s.Topics = merge[Topic](s.Topics, c.Topics, gone(PartTopic))
	s.Partitions = merge[Partition](s.Partitions, c.Partitions, gone(PartPartition))
	s.Replicas = merge[Replica](s.Replicas, c.Replicas, gone(PartReplica))
	s.Groups = merge[Group](s.Groups, c.Groups, gone(PartGroup))
	s.Producers = merge[Producer](s.Producers, c.Producers, gone(PartProducer))
	s.Consumers = merge[Consumer](s.Consumers, c.Consumers, gone(PartConsumer))
	s.Metrics = merge[Metric](s.Metrics, c.Metrics, gone(PartMetric))
}

// merge lays changed elements into a sorted slice and takes the removed out.
func merge[T any, E element[T]](old, changed []T, removed []Key) []T {
	if len(changed) == 0 && len(removed) == 0 {
		return old
	}
	out := make([]T, 0, len(old)+len(changed))
	j := 0
	for i := range old {
		key := E(&old[i]).key()
		for j < len(changed) && E(&changed[j]).key().compare(key) < 0 {
			out = append(out, changed[j])
			j++
		}
		if j < len(changed) && E(&changed[j]).key() == key {
			out = append(out, changed[j])
			j++
			continue
		}
		if _, found := slices.BinarySearchFunc(removed, key, Key.compare); !found {
			out = append(out, old[i])
		}
	}
	return append(out, changed[j:]...)
}
