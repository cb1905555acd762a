package controller

import (
	"fmt"
	"slices"

	"bitacora/engine"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleAlterPartitionReassignments: key 45, v0-v1. Kafka 4.3; KIP-455, KIP-860.
// Read: ReplicationControlManager.alterPartitionReassignments,
// changePartitionReassignment, cancelPartitionReassignment.
//   - the new replicas come first, those to be removed stay at the end until the
//     ISR has every new one; an ISR that has them already ends it at once
//   - replicas that are null cancel: NO_REASSIGNMENT_IN_PROGRESS when there is none
//   - v1 may forbid that the replication factor changes
//
// Shown in: testdata/reassignment.txt
func (c *Controller) handleAlterPartitionReassignments(env *engine.Env, host Host, call Call, req *kmsg.AlterPartitionAssignmentsRequest) {
	resp := req.ResponseKind().(*kmsg.AlterPartitionAssignmentsResponse)
	resp.AllowReplicationFactorChange = req.AllowReplicationFactorChange
	var all []records.Versioned
	for _, topic := range req.Topics {
		answer := kmsg.NewAlterPartitionAssignmentsResponseTopic()
		answer.Topic = topic.Topic
		for _, asked := range topic.Partitions {
			r, changes, err := c.alterReassignment(topic.Topic, asked, req.AllowReplicationFactorChange)
			if err == nil && changes {
				all = append(all, r)
			}
			p := kmsg.NewAlterPartitionAssignmentsResponseTopicPartition()
			p.Partition, p.ErrorCode, p.ErrorMessage = asked.Partition, err.errorCode(), err.text()
			answer.Partitions = append(answer.Partitions, p)
		}
		resp.Topics = append(resp.Topics, answer)
	}
	if len(all) > recordsPerRequest {
		c.refuse(env, host, call, apiError{engine.ErrPolicyViolation, "Unable to perform excessively large batch operation."})
		return
	}
	c.finish(env, host, call, all, resp, engine.ErrNone)
}

// alterReassignment gives the record that one partition's new replicas take, and
// whether they take one.
func (c *Controller) alterReassignment(topic string, asked kmsg.AlterPartitionAssignmentsRequestTopicPartition,
	factorMayChange bool) (r records.Versioned, changes bool, err *apiError) {
	t := c.pending.Topic(topic)
	if t == nil {
		return r, false, failed(engine.ErrUnknownTopicOrPartition, "Unable to find a topic named "+topic+".")
	}
	p := t.Partition(asked.Partition)
	if p == nil {
		return r, false, failed(engine.ErrUnknownTopicOrPartition, fmt.Sprintf("Unable to find partition %s:%d.", topic, asked.Partition))
	}
	ch := c.change(t, asked.Partition)
	if asked.Replicas == nil {
		err = c.revertReassignment(&ch)
	} else {
		err = c.beginReassignment(&ch, nodeIDs(asked.Replicas), factorMayChange)
	}
	if err != nil {
		return r, false, err
	}
	r, changes = c.build(ch)
	return r, changes, nil
}

func nodeIDs(raw []int32) []engine.NodeID {
	ids := make([]engine.NodeID, len(raw))
	for i, id := range raw {
		ids[i] = engine.NodeID(id)
	}
	return ids
}

// beginReassignment sets the change's aim.
//
// Example: from [1 2 3] to [4 2]: meanwhile the replicas are [4 2 1 3], adding [4],
// removing [1 3]. From there to [1 5]: adding [5], removing [2 3 4].
func (c *Controller) beginReassignment(ch *partitionChange, target []engine.NodeID, factorMayChange bool) *apiError {
	if err := c.checkAssignment(target, -1); err != nil {
		return err
	}
	if !factorMayChange {
		now := len(without(ch.was.Replicas, ch.was.RemovingReplicas))
		if now != len(target) {
			return failed(engine.ErrInvalidReplicationFactor,
				fmt.Sprintf("The replication factor is changed from %d to %d", now, len(target)))
		}
	}
	removing, adding := without(ch.was.Replicas, target), without(target, ch.was.Replicas)
	slices.Sort(removing)
	slices.Sort(adding)
	ch.replicas = append(slices.Clone(target), removing...)
	if len(removing) > 0 {
		ch.removing = removing
	}
	if len(adding) > 0 {
		ch.adding = adding
	}
	return nil
}

// revertReassignment takes back what a reassignment has added so far
// (PartitionReassignmentRevert). When nobody else is in sync that is an unclean
// election, which the topic must allow.
func (c *Controller) revertReassignment(ch *partitionChange) *apiError {
	if len(ch.was.AddingReplicas) == 0 && len(ch.was.RemovingReplicas) == 0 {
		return failed(engine.ErrNoReassignmentInProgress, "No partition reassignment is in progress.")
	}
	ch.replicas, ch.isr = without(ch.was.Replicas, ch.was.AddingReplicas), without(ch.was.ISR, ch.was.AddingReplicas)
	ch.election = c.electionFor(ch.topic.Name)
	if len(ch.isr) == 0 {
		if len(ch.replicas) == 0 {
			return failed(engine.ErrInvalidReplicaAssignment, "Invalid replica assignment: addingReplicas contains all replicas.")
		}
		if ch.election != electUnclean {
			return failed(engine.ErrInvalidReplicaAssignment, fmt.Sprintf("Unable to revert partition assignment for %s:%d "+
				"because it would require an unclean leader election.", ch.topic.Name, ch.number))
		}
		ch.isr = ch.replicas[:1]
	}
	ch.removing, ch.adding = nil, nil
	return nil
}

// handleListPartitionReassignments: key 46, v0. Kafka 4.3; KIP-455.
// Read: ReplicationControlManager.listPartitionReassignments. It tells what is
// committed. Shown in: testdata/reassignment.txt
func (c *Controller) handleListPartitionReassignments(env *engine.Env, host Host, call Call, req *kmsg.ListPartitionReassignmentsRequest) {
	resp := req.ResponseKind().(*kmsg.ListPartitionReassignmentsResponse)
	list := func(t *metadata.Topic, partitions []int32) {
		out := kmsg.NewListPartitionReassignmentsResponseTopic()
		out.Topic = t.Name
		for _, number := range partitions {
			p := t.Partition(number)
			if p == nil || len(p.AddingReplicas) == 0 && len(p.RemovingReplicas) == 0 {
				continue
			}
			k := kmsg.NewListPartitionReassignmentsResponseTopicPartition()
			k.Partition = number
			k.Replicas, k.AddingReplicas, k.RemovingReplicas = rawIDs(p.Replicas), rawIDs(p.AddingReplicas), rawIDs(p.RemovingReplicas)
			out.Partitions = append(out.Partitions, k)
		}
		if len(out.Partitions) > 0 {
			resp.Topics = append(resp.Topics, out)
		}
	}
	if req.Topics == nil {
		for _, name := range c.committed.TopicNames() {
			t := c.committed.Topic(name)
			numbers := make([]int32, len(t.Partitions))
			for i := range numbers {
				numbers[i] = int32(i)
			}
			list(t, numbers)
		}
	}
	for _, asked := range req.Topics {
		if t := c.committed.Topic(asked.Topic); t != nil {
			list(t, asked.Partitions)
		}
	}
	c.finish(env, host, call, nil, resp, engine.ErrNone)
}

func rawIDs(ids []engine.NodeID) []int32 {
	raw := make([]int32, len(ids))
	for i, id := range ids {
		raw[i] = int32(id)
	}
	return raw
}
