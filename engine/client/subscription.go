package client

import (
	"slices"

	"bitacora/engine"
)

// fetchState is what a consumer lacks to fetch a partition
// (SubscriptionState.FetchStates).
type fetchState uint8

const (
	stateInitializing  fetchState = iota // no position: the committed one is asked for first
	stateAwaitReset                      // a position is asked for by ListOffsets
	stateAwaitValidate                   // the leader changed: is the position still in its log?
	stateFetching
)

// Timestamps that ListOffsets takes for a log's ends.
const (
	timestampLatest   int64 = -1
	timestampEarliest int64 = -2
)

// assignedPartition is one partition that a consumer is assigned
// (SubscriptionState.TopicPartitionState).
type assignedPartition struct {
	tp       engine.TopicPartition
	state    fetchState
	position engine.Offset      // of the next record to hand out
	epoch    engine.LeaderEpoch // of the record before it, as far as known
	leader   partitionMeta      // that position was checked against
	resetTo  int64              // ListOffsets timestamp, in stateAwaitReset

	committed engine.Offset // as this consumer last committed or was told; NoOffset: none
	high      engine.Offset // high watermark of the last answer
	paused    bool
	leaving   bool        // about to be revoked: nothing more is handed out
	asking    bool        // a request that decides its state is under way
	retryAt   engine.Time // when to ask again after a failure

	nearest      engine.NodeID // the replica to read from, NoNode: the leader
	nearestUntil engine.Time
}

func newAssigned(tp engine.TopicPartition) *assignedPartition {
	return &assignedPartition{
		tp: tp, position: engine.NoOffset, epoch: engine.NoLeaderEpoch, committed: engine.NoOffset, high: engine.NoOffset,
		leader: partitionMeta{engine.NoNode, engine.NoLeaderEpoch}, nearest: engine.NoNode,
	}
}

// fetchable says that the partition has a position that may be fetched from.
func (a *assignedPartition) fetchable() bool {
	return a.state == stateFetching && !a.paused && !a.leaving
}

// seek sets a position that needs no check.
func (a *assignedPartition) seek(to engine.Offset, epoch engine.LeaderEpoch, leader partitionMeta) {
	a.position, a.epoch, a.leader = to, epoch, leader
	a.state, a.asking = stateFetching, false
}

// seekUnchecked sets a position that is checked first where its epoch is known, as
// committed ones are (SubscriptionState.seekUnvalidated).
func (a *assignedPartition) seekUnchecked(to engine.Offset, epoch engine.LeaderEpoch, leader partitionMeta) {
	a.seek(to, epoch, leader)
	a.check(leader)
}

// check has the position checked against a leader, where its epoch is known
// (KIP-320, SubscriptionState.validatePosition).
func (a *assignedPartition) check(leader partitionMeta) {
	a.leader = leader
	if a.epoch != engine.NoLeaderEpoch && leader.epoch != engine.NoLeaderEpoch {
		a.state, a.asking, a.retryAt = stateAwaitValidate, false, 0
	}
}

// reset asks for a new position.
func (a *assignedPartition) reset(to int64) {
	a.state, a.resetTo, a.asking, a.retryAt = stateAwaitReset, to, false, 0
}

// part gives an assigned partition; nil where it is not assigned.
func (c *Consumer) part(tp engine.TopicPartition) *assignedPartition {
	i, ok := slices.BinarySearchFunc(c.parts, tp, func(a *assignedPartition, tp engine.TopicPartition) int {
		return comparePartitions(a.tp, tp)
	})
	if !ok {
		return nil
	}
	return c.parts[i]
}

// owned lists what is assigned, sorted.
func (c *Consumer) owned() []engine.TopicPartition {
	out := make([]engine.TopicPartition, len(c.parts))
	for i, a := range c.parts {
		out[i] = a.tp
	}
	return out
}

// assign makes these the assigned partitions. Those that stay keep their state
// (SubscriptionState.assignFromSubscribed).
func (c *Consumer) assign(all []engine.TopicPartition) {
	next := make([]*assignedPartition, 0, len(all))
	for _, tp := range all {
		a := c.part(tp)
		if a == nil {
			a = newAssigned(tp)
		}
		next = append(next, a)
	}
	slices.SortFunc(next, func(a, b *assignedPartition) int { return comparePartitions(a.tp, b.tp) })
	c.parts = next
	c.buffer = slices.DeleteFunc(c.buffer, func(f *fetchedRun) bool { return c.part(f.tp) != f.part })
}

func (c *Consumer) tracePartitions(env *engine.Env, kind engine.EventKind, all []engine.TopicPartition) {
	for _, tp := range all {
		env.Trace(engine.Event{Kind: kind, Topic: tp.Topic, Partition: tp.Partition, Name: c.cfg.Group})
	}
}

// Where a position came from: the Code of EventClientPosition.
const (
	PositionReset     int16 = iota // auto.offset.reset, by ListOffsets
	PositionCommitted              // the group's committed offset
	PositionTruncated              // the log was cut below the position (KIP-320)
	PositionSought                 // a Seek command
)

func (c *Consumer) tracePosition(env *engine.Env, a *assignedPartition, from int16) {
	env.Trace(engine.Event{Kind: engine.EventClientPosition, Topic: a.tp.Topic, Partition: a.tp.Partition,
		Offset: a.position, Epoch: a.epoch, Code: from, Name: c.cfg.Group})
}
