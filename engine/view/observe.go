package view

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/broker"
	"bitacora/engine/broker/replica"
	"bitacora/engine/controller"
	"bitacora/engine/group"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"
	"bitacora/engine/quorum"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// WindowBatches is how many batches of a log's tail a picture holds.
const WindowBatches = 32

// Observer draws the reports of one server. It keeps what did not change since the
// report before, so that looking often costs little. It is used where the server
// runs, between two inputs. The zero value is ready.
type Observer struct {
	image    *metadata.Image
	offset   engine.Offset
	replicas []Replica     // of the last report
	swaps    []uint32      // of each, when its window was read
	meta     QuorumReplica // of the last report
}

// Server draws a server's report. The controller and the broker are nil where it
// has not the role; requests are those that its process has answered.
func (o *Observer) Server(node engine.NodeID, now engine.Time, wall engine.WallTime, q *quorum.Replica, c *controller.Controller,
	b *broker.Broker, requests []engine.RequestStat) *Report {
	r := &Report{Node: node}
	r.Quorum = o.quorum(node, q)
	if b == nil {
		r.Metrics = metricsOf(node, c, nil, requests)
		return r
	}
	r.Metrics = metricsOf(node, c, b.Replicas(), requests)
	if image := b.Image(); image != o.image || image.Offset() != o.offset {
		o.image, o.offset = image, image.Offset()
		r.Image = imageOf(image)
	}
	r.Replicas = o.brokerReplicas(node, now, wall, b.Replicas())
	for _, g := range b.Groups().Groups() {
		r.Groups = append(r.Groups, groupOf(node, g))
	}
	return r
}

func (o *Observer) quorum(node engine.NodeID, q *quorum.Replica) *QuorumReplica {
	s := q.State()
	out := &QuorumReplica{
		Node: node, Voter: s.Voter, Epoch: s.Epoch, Leader: s.Leader, VotedFor: s.VotedFor,
		HighWatermark: s.HighWatermark, LogStart: s.LogStart, LogEnd: s.LogEnd, Voters: s.Voters,
	}
	out.Role = quorumRole(s)
	if o.meta.LogStart == out.LogStart && o.meta.LogEnd == out.LogEnd && o.meta.Epoch == out.Epoch {
		// A log that was truncated and has grown again is one of a new epoch.
		out.Batches = o.meta.Batches
		o.meta = *out
		return out
	}
	out.Batches = tail(o.meta.Batches, s.LogStart, s.LogEnd, func(from engine.Offset) batch.Batch {
		run, err := q.ReadLog(from, 0)
		it := batch.Iterate(run)
		if err != nil || !it.Next() {
			return nil
		}
		return it.Batch()
	}, recordType)
	o.meta = *out
	return out
}

func quorumRole(s quorum.State) QuorumRole {
	switch s.Role {
	case quorum.Prospective:
		return QuorumProspective
	case quorum.Candidate:
		return QuorumCandidate
	case quorum.Leader:
		return QuorumLeader
	case quorum.Resigned:
		return QuorumResigned
	}
	switch {
	case !s.Voter && s.Leader != engine.NoNode:
		return QuorumObserver
	case s.Role == quorum.Follower:
		return QuorumFollower
	}
	return QuorumUnattached
}

// tail brings a window of a log's batches up to date: what it held is kept as far
// as it is still there, what came since is read.
func tail(old []Batch, start, end engine.Offset, read func(engine.Offset) batch.Batch, label func(batch.Batch) string) []Batch {
	window := slices.Clone(old)
	window = slices.DeleteFunc(window, func(b Batch) bool { return b.Last < start || b.Last >= end })
	from := max(start, end-WindowBatches)
	if n := len(window); n > 0 {
		// A truncated log may have grown again: the last batch kept must be the same.
		last := window[n-1]
		if b := read(last.Base); b == nil || b.BaseOffset() != last.Base || b.PartitionLeaderEpoch() != last.Epoch {
			window = nil
		} else {
			from = max(from, last.Last+1)
		}
	}
	for from < end {
		b := read(from)
		if b == nil || b.NextOffset() <= from {
			break
		}
		window = append(window, batchOf(b, label))
		from = b.NextOffset()
	}
	if len(window) > WindowBatches {
		window = slices.Delete(window, 0, len(window)-WindowBatches)
	}
	return window
}

func batchOf(b batch.Batch, label func(batch.Batch) string) Batch {
	out := Batch{
		Base: b.BaseOffset(), Last: b.LastOffset(), Epoch: b.PartitionLeaderEpoch(), Bytes: int32(b.SizeInBytes()),
		Records: b.RecordsCount(), ProducerID: b.ProducerID(), Sequence: b.BaseSequence(), Label: label(b),
	}
	if b.IsControl() {
		out.Flags |= BatchControl
	}
	if b.IsTransactional() {
		out.Flags |= BatchTransactional
	}
	if b.Codec() != batch.None {
		out.Flags |= BatchCompressed
	}
	return out
}

// firstKey is the first record's key, where it is short and printable.
func firstKey(b batch.Batch) string {
	it := b.Iterate(nil)
	if !it.Next() {
		return ""
	}
	return short(string(it.Record().Key))
}

func short(s string) string {
	if len(s) > LabelBytesMax {
		s = s[:LabelBytesMax]
	}
	return strings.ToValidUTF8(s, "")
}

// recordType is what the first record of a metadata batch is.
func recordType(b batch.Batch) string {
	it := b.Iterate(nil)
	if !it.Next() {
		return ""
	}
	if b.IsControl() {
		t, err := batch.ParseControlKey(it.Record().Key)
		if err != nil {
			return ""
		}
		return short(t.String())
	}
	r, err := records.DecodeFrame(it.Record().Value)
	if err != nil {
		return ""
	}
	return short(r.Record.TypeName())
}

func imageOf(m *metadata.Image) *Image {
	out := &Image{Offset: m.Offset()}
	for _, id := range m.BrokerIDs() {
		b := m.Broker(id)
		r := Registration{Node: id, Epoch: b.Epoch, Fenced: b.Fenced, Shutting: b.InControlledShutdown}
		if b.Rack != nil {
			r.Rack = *b.Rack
		}
		out.Brokers = append(out.Brokers, r)
	}
	for _, name := range m.TopicNames() {
		t := m.Topic(name)
		out.Topics = append(out.Topics, Topic{
			Name: name, ID: t.ID, Partitions: int32(len(t.Partitions)), Internal: strings.HasPrefix(name, "__"),
		})
		for i, p := range t.Partitions {
			out.Partitions = append(out.Partitions, Partition{
				Topic: name, Partition: int32(i), Leader: p.Leader, Epoch: p.LeaderEpoch,
				PartitionEpoch: p.PartitionEpoch, Replicas: p.Replicas, ISR: p.ISR,
			})
		}
	}
	return out
}

// brokerReplicas draws the copies here. Those whose log is as it was share its
// batches with the report before, so that most of what a quiet cluster shows is
// neither read nor copied again, and what compares two pictures sees it at once.
func (o *Observer) brokerReplicas(node engine.NodeID, now engine.Time, wall engine.WallTime, m *replica.Manager) []Replica {
	all := m.Partitions()
	out, swaps := make([]Replica, 0, len(all)), make([]uint32, 0, len(all))
	at := 0 // in the report before; both are sorted
	for _, tp := range all {
		s, ok := m.State(tp)
		if !ok {
			continue
		}
		r := replicaOf(node, now, wall, &s)
		for at < len(o.replicas) && comparePartition(&o.replicas[at], &r) < 0 {
			at++
		}
		var window []Batch
		same := false
		// Compaction takes batches out of the middle.
		if at < len(o.replicas) && comparePartition(&o.replicas[at], &r) == 0 && o.swaps[at] == s.Swaps {
			window, same = o.replicas[at].Batches, sameLog(&o.replicas[at], &r)
		}
		if !same {
			window = tail(window, s.LogStart, s.LogEnd, func(from engine.Offset) batch.Batch { return m.RecordsAt(tp, from) }, firstKey)
		}
		r.Batches = window
		out, swaps = append(out, r), append(swaps, s.Swaps)
	}
	o.replicas, o.swaps = out, swaps
	return out
}

func comparePartition(a, b *Replica) int {
	return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
}

// sameLog says that a log holds what it held. One that was truncated and has grown
// again to the same end holds another epoch, for what one epoch has at an offset
// is the same everywhere.
func sameLog(a, b *Replica) bool {
	return a.LogStart == b.LogStart && a.LogEnd == b.LogEnd && a.Bytes == b.Bytes && slices.Equal(a.Epochs, b.Epochs)
}

func replicaOf(node engine.NodeID, now engine.Time, wall engine.WallTime, s *replica.State) Replica {
	r := Replica{
		Topic: s.Partition.Topic, Partition: s.Partition.Partition, Node: node, Role: ReplicaFollower,
		Epoch: s.LeaderEpoch, LogStart: s.LogStart, HighWatermark: s.HighWatermark, LogEnd: s.LogEnd,
		Bytes: s.Bytes, ISR: s.ISR,
	}
	if s.IsLeader(node) {
		r.Role = ReplicaLeader
	}
	for _, segment := range s.Segments[max(0, len(s.Segments)-segmentsMax):] {
		r.Segments = append(r.Segments, Segment{Base: segment.Base, Bytes: segment.Bytes})
	}
	for _, e := range s.Epochs {
		r.Epochs = append(r.Epochs, EpochStart{Epoch: e.Epoch, Start: e.StartOffset})
	}
	for _, f := range s.Followers {
		caught := engine.Time(-1)
		if f.LastCaughtUp > 0 {
			caught = now.Add(-time.Duration(wall-f.LastCaughtUp) * time.Millisecond)
		}
		r.Followers = append(r.Followers, Follower{Node: f.ID, LogEnd: f.LogEnd, CaughtUp: caught})
	}
	return r
}

func groupOf(node engine.NodeID, g *group.Group) Group {
	out := Group{
		Name: g.Name, State: GroupState(g.State), Generation: g.Generation, Coordinator: node,
		Protocol: g.Protocol, Leader: g.Leader,
	}
	for _, m := range g.Members {
		vm := Member{ID: m.ID, ClientID: m.ClientID, Host: m.ClientHost}
		var a kmsg.ConsumerMemberAssignment
		if len(m.Assignment) > 0 && a.ReadFrom(m.Assignment) == nil {
			for _, t := range a.Topics {
				for _, p := range t.Partitions {
					vm.Assigned = append(vm.Assigned, engine.TopicPartition{Topic: t.Topic, Partition: p})
				}
			}
		}
		out.Members = append(out.Members, vm)
	}
	for tp, offset := range g.Offsets { // unordered: sums only (sorted below)
		out.Offsets = append(out.Offsets, GroupOffset{Topic: tp.Topic, Partition: tp.Partition, Committed: offset.Offset})
	}
	slices.SortFunc(out.Offsets, func(a, b GroupOffset) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return out
}

// Inspect reads one batch for CommandInspect; nil where there is none.
func Inspect(c *Command, q *quorum.Replica, b *broker.Broker) *Detail {
	if c.Topic == "" {
		run, err := q.ReadLog(c.Offset, 0)
		it := batch.Iterate(run)
		if err != nil || !it.Next() || it.Batch().NextOffset() <= c.Offset || c.Offset < q.LogStart() {
			return nil // or in snapshots alone
		}
		return detailOf(c, it.Batch(), recordType, true)
	}
	if b == nil {
		return nil
	}
	found := b.Replicas().RecordsAt(engine.TopicPartition{Topic: c.Topic, Partition: c.Partition}, c.Offset)
	if found == nil {
		return nil
	}
	return detailOf(c, found, firstKey, false)
}

// fieldBytesMax cuts long keys and values of a Detail.
const fieldBytesMax = 512

func detailOf(c *Command, b batch.Batch, label func(batch.Batch) string, meta bool) *Detail {
	d := &Detail{
		ID: c.ID, Topic: c.Topic, Partition: c.Partition, Node: c.Node, Batch: batchOf(b, label), CRC: b.CRC(),
		Attrs: int16(b.Attributes()), Timestamp: int64(b.MaxTimestamp()), PEpoch: b.ProducerEpoch(),
		Raw: slices.Clone(b[:min(len(b), detailRawMax)]),
	}
	it := b.Iterate(nil)
	for it.Next() {
		if len(d.Records) == recordsMax {
			d.Cut++
			continue
		}
		r := it.Record()
		out := Record{
			Offset: r.Offset, Timestamp: int64(r.Timestamp), KeyBytes: lengthOf(r.Key), ValueBytes: lengthOf(r.Value),
			Key: cut(r.Key), Value: cut(r.Value), Headers: int32(r.HeadersCount),
		}
		if meta && !b.IsControl() {
			if decoded, err := records.DecodeFrame(r.Value); err == nil {
				out.Text = decoded.String()
			}
		}
		d.Records = append(d.Records, out)
	}
	return d
}

func lengthOf(b []byte) int32 {
	if b == nil {
		return -1
	}
	return int32(len(b))
}

func cut(b []byte) []byte { return slices.Clone(b[:min(len(b), fieldBytesMax)]) }
