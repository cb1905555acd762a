package group

import (
	"maps"
	"slices"

	"bitacora/engine"
	"bitacora/engine/batch"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The versions that Kafka 4.3 writes with group.version 0.
const (
	offsetKeyVersion   = 1
	offsetValueVersion = 4
	groupKeyVersion    = 2
	groupValueVersion  = 3
)

// record is a record of __consumer_offsets. A nil value is a tombstone.
type record struct{ key, value []byte }

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func offsetRecord(group string, tp engine.TopicPartition, v *kmsg.OffsetCommitValue) record {
	k := kmsg.OffsetCommitKey{Version: offsetKeyVersion, Group: group, Topic: tp.Topic, Partition: tp.Partition}
	r := record{key: k.AppendTo(nil)}
	if v != nil {
		r.value = v.AppendTo(nil)
	}
	return r
}

// groupRecord is what the log keeps of a group: its generation and members with
// their subscriptions and assignments.
func groupRecord(env *engine.Env, g *Group, assignments map[string][]byte) record {
	k := kmsg.GroupMetadataKey{Version: groupKeyVersion, Group: g.Name}
	v := kmsg.GroupMetadataValue{
		Version: groupValueVersion, ProtocolType: g.ProtocolType, Generation: g.Generation,
		CurrentStateTimestamp: int64(env.Wall()), Members: []kmsg.GroupMetadataValueMember{},
	}
	if g.Protocol != "" {
		v.Protocol = kmsg.StringPtr(g.Protocol)
	}
	if g.Leader != "" {
		v.Leader = kmsg.StringPtr(g.Leader)
	}
	for _, m := range g.Members {
		assignment := m.Assignment
		if a, ok := assignments[m.ID]; ok {
			assignment = a
		}
		v.Members = append(v.Members, kmsg.GroupMetadataValueMember{
			MemberID: m.ID, InstanceID: m.InstanceID, ClientID: m.ClientID, ClientHost: m.ClientHost,
			RebalanceTimeoutMillis: int32(m.RebalanceTimeout.Milliseconds()),
			SessionTimeoutMillis:   int32(m.SessionTimeout.Milliseconds()),
			Subscription:           nonNil(m.metadata(g.Protocol)),
			Assignment:             nonNil(assignment),
		})
	}
	return record{key: k.AppendTo(nil), value: v.AppendTo(nil)}
}

func groupTombstone(name string) record {
	k := kmsg.GroupMetadataKey{Version: groupKeyVersion, Group: name}
	return record{key: k.AppendTo(nil)}
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (c *Coordinator) encode(env *engine.Env, rs []record) batch.Batch {
	if c.builder == nil {
		c.builder = batch.NewBuilder(batch.Options{})
	} else {
		c.builder.Reset(batch.Options{})
	}
	for _, r := range rs {
		c.builder.Append(batch.Timestamp(env.Wall()), r.key, r.value)
	}
	b, err := c.builder.Build(nil)
	if err != nil {
		engine.Violated("OffsetsBatchBuilds", "%v", err)
	}
	return b
}

// replayAll applies the records of whole batches, as loading reads them, and gives
// the offset after them. Bytes that make no sense are passed over: they are not
// ours, and Kafka's loader logs them and goes on too.
func (c *Coordinator) replayAll(s *shard, run []byte) engine.Offset {
	next := s.loaded
	it := batch.Iterate(run)
	for it.Next() {
		b := it.Batch()
		next = b.NextOffset()
		if b.IsControl() {
			continue
		}
		records := b.Iterate(nil)
		for records.Next() {
			r := records.Record()
			c.replay(s, record{slices.Clone(r.Key), slices.Clone(r.Value)}, r.Offset)
		}
	}
	return next
}

// replay applies one record to the shard's state, committed or about to be.
func (c *Coordinator) replay(s *shard, r record, at engine.Offset) {
	if len(r.key) < 2 {
		return
	}
	switch version := int16(r.key[0])<<8 | int16(r.key[1]); version {
	case 0, offsetKeyVersion:
		var k kmsg.OffsetCommitKey
		if k.ReadFrom(r.key) != nil {
			return
		}
		c.replayOffset(s, k, r.value, at)
	case groupKeyVersion:
		var k kmsg.GroupMetadataKey
		if k.ReadFrom(r.key) == nil && s.loading {
			c.replayGroup(s, k.Group, r.value)
		}
	}
}

func (c *Coordinator) replayOffset(s *shard, k kmsg.OffsetCommitKey, value []byte, at engine.Offset) {
	tp := engine.TopicPartition{Topic: k.Topic, Partition: k.Partition}
	if value == nil {
		if g := s.groups[k.Group]; g != nil {
			delete(g.Offsets, tp)
		}
		return
	}
	var v kmsg.OffsetCommitValue
	if v.ReadFrom(value) != nil {
		return
	}
	g := c.groupFor(s, k.Group)
	o := &CommittedOffset{
		Offset: engine.Offset(v.Offset), LeaderEpoch: engine.LeaderEpoch(v.LeaderEpoch), Metadata: v.Metadata,
		At: engine.WallTime(v.CommitTimestamp), topicID: v.TopicID, logOffset: at,
	}
	if old := g.Offsets[tp]; old != nil {
		if old.logOffset < s.committed {
			old.before = nil // nobody can ask for an older one
		}
		o.before = old
	}
	g.Offsets[tp] = o
}

// replayGroup makes a group from the log. While the coordinator lives it changes
// its groups itself and writes what it did, so only loading comes here.
func (c *Coordinator) replayGroup(s *shard, name string, value []byte) {
	if value == nil {
		if g := s.groups[name]; g != nil {
			delete(s.groups, name)
			delete(c.byNumber, g.number)
		}
		return
	}
	var v kmsg.GroupMetadataValue
	if v.ReadFrom(value) != nil {
		return
	}
	g := c.groupFor(s, name)
	g.ProtocolType, g.Generation = v.ProtocolType, v.Generation
	g.Protocol, g.Leader = deref(v.Protocol), deref(v.Leader)
	g.StateSince = engine.WallTime(v.CurrentStateTimestamp)
	g.Members = nil
	g.State = Empty
	for _, km := range v.Members {
		g.State = Stable
		g.nextMember++
		g.Members = append(g.Members, &Member{
			ID: km.MemberID, InstanceID: km.InstanceID, ClientID: km.ClientID, ClientHost: km.ClientHost,
			SessionTimeout: millis(km.SessionTimeoutMillis), RebalanceTimeout: millis(km.RebalanceTimeoutMillis),
			Protocols:  []Protocol{{g.Protocol, km.Subscription}},
			Assignment: km.Assignment, number: g.nextMember,
		})
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// groupFor gives a shard's group, making an empty one where there is none.
func (c *Coordinator) groupFor(s *shard, name string) *Group {
	g := s.groups[name]
	if g == nil {
		c.nextNumber++
		g = &Group{
			Name: name, State: Empty, number: c.nextNumber, shard: s.partition, StateSince: noTimestamp,
			Offsets: map[engine.TopicPartition]*CommittedOffset{},
		}
		s.groups[name] = g
		c.byNumber[g.number] = g
	}
	return g
}

// afterLoad gives a loaded group's members their sessions back, counted from now.
func (c *Coordinator) afterLoad(env *engine.Env, g *Group) {
	for _, m := range g.Members {
		c.restartSession(env, g, m)
	}
}
