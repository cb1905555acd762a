package controller

import (
	"fmt"

	"bitacora/engine"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleCreatePartitions: key 37, v0-v3. Kafka 4.3; KIP-195.
// Read: ControllerApis.createPartitions, ReplicationControlManager.createPartitions.
//   - the count is the new total, and must be more than there are
//   - replicas are placed anew, as many as partition 0 has
//
// Not modelled: quotas, authorization. Shown in: testdata/create_partitions.txt
func (c *Controller) handleCreatePartitions(env *engine.Env, host Host, call Call, req *kmsg.CreatePartitionsRequest) {
	count := map[string]int{}
	for _, t := range req.Topics {
		count[t.Topic]++
	}
	resp := req.ResponseKind().(*kmsg.CreatePartitionsResponse)
	for _, t := range req.Topics {
		if count[t.Topic] > 1 {
			resp.Topics = append(resp.Topics, partitionsResult(t.Topic, failed(engine.ErrInvalidRequest, "Duplicate topic name.")))
			count[t.Topic] = 0 // answered once
		}
	}
	var all []records.Versioned
	for _, t := range req.Topics {
		if count[t.Topic] != 1 {
			continue
		}
		made, err := c.createPartitions(env, t)
		all = append(all, made...)
		resp.Topics = append(resp.Topics, partitionsResult(t.Topic, err))
	}
	if len(all) > recordsPerRequest {
		c.refuse(env, host, call, apiError{engine.ErrPolicyViolation, "Unable to perform excessively large batch operation."})
		return
	}
	if req.ValidateOnly {
		all = nil
	}
	c.finish(env, host, call, all, resp, engine.ErrNone)
}

func partitionsResult(topic string, err *apiError) kmsg.CreatePartitionsResponseTopic {
	t := kmsg.NewCreatePartitionsResponseTopic()
	t.Topic, t.ErrorCode, t.ErrorMessage = topic, err.errorCode(), err.text()
	return t
}

// createPartitions gives the records of one topic's new partitions.
func (c *Controller) createPartitions(env *engine.Env, asked kmsg.CreatePartitionsRequestTopic) ([]records.Versioned, *apiError) {
	t := c.pending.Topic(asked.Topic)
	if t == nil {
		return nil, failed(engine.ErrUnknownTopicOrPartition, "")
	}
	have := len(t.Partitions)
	switch {
	case int(asked.Count) == have:
		return nil, failed(engine.ErrInvalidPartitions, fmt.Sprintf("Topic already has %d partition(s).", have))
	case int(asked.Count) < have:
		return nil, failed(engine.ErrInvalidPartitions, fmt.Sprintf(
			"The topic %s currently has %d partition(s); %d would not be an increase.", t.Name, have, asked.Count))
	}
	added, err := c.addedPartitions(env, t, asked)
	if err != nil {
		return nil, err
	}
	var all []records.Versioned
	for i, p := range added {
		all = append(all, records.Versioned{Record: p.Record(t, int32(have+i)), Version: metadata.PartitionVersion})
	}
	return all, nil
}

// addedPartitions decides where the new partitions' replicas go.
func (c *Controller) addedPartitions(env *engine.Env, t *metadata.Topic, asked kmsg.CreatePartitionsRequestTopic) ([]*metadata.Partition, *apiError) {
	have, factor := len(t.Partitions), len(t.Partitions[0].Replicas)
	additional := int(asked.Count) - have
	var out []*metadata.Partition
	if asked.Assignment != nil {
		if len(asked.Assignment) != additional {
			return nil, failed(engine.ErrInvalidReplicaAssignment, fmt.Sprintf(
				"Attempted to add %d additional partition(s), but only %d assignment(s) were specified.", additional, len(asked.Assignment)))
		}
		for i, a := range asked.Assignment {
			p, err := c.assignedPartition(int32(have+i), a.Replicas, factor)
			if err != nil {
				return nil, err
			}
			out = append(out, p)
		}
		return out, nil
	}
	if additional > recordsPerRequest {
		return nil, failed(engine.ErrPolicyViolation, "Unable to perform excessively large batch operation.")
	}
	placed, err := c.place(env, additional, factor)
	if err != nil {
		return nil, err
	}
	for _, replicas := range placed {
		p := c.newPartition(replicas)
		if len(p.ISR) == 0 {
			return nil, failed(engine.ErrInvalidReplicationFactor, fmt.Sprintf(
				"Unable to replicate the partition %d time(s): All brokers are currently fenced or in controlled shutdown.", factor))
		}
		out = append(out, p)
	}
	return out, nil
}
