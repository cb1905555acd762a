package controller

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// partitionsPerRequest bounds the partitions one request may make
	// (ReplicationControlManager.MAX_PARTITIONS_PER_BATCH).
	partitionsPerRequest = 10_000
	// recordsPerRequest bounds the records one request may write
	// (QuorumController.MAX_RECORDS_PER_USER_OP).
	recordsPerRequest = 10_000
)

// clusterMetadataTopic is the name no topic may have.
const clusterMetadataTopic = "__cluster_metadata"

// handleCreateTopics: key 19, v2-v7. Kafka 4.3; KIP-195, KIP-464, KIP-525.
// Read: ControllerApis.createTopics, ReplicationControlManager.createTopics.
//   - each topic stands for itself, but all records are one batch
//   - a name given twice: INVALID_REQUEST, answered after the others
//   - more than 10,000 partitions, or records: POLICY_VIOLATION for all
//   - validate only: the same answers, topic id included, and no records
//
// Not modelled: creation policies, quotas, authorization. Shown in:
// testdata/create_topics.txt
func (c *Controller) handleCreateTopics(env *engine.Env, host Host, call Call, req *kmsg.CreateTopicsRequest) {
	count := map[string]int{}
	for _, t := range req.Topics {
		count[t.Topic]++
	}
	var asked []kmsg.CreateTopicsRequestTopic
	total := int64(0)
	for _, t := range req.Topics {
		if count[t.Topic] > 1 || t.Topic == clusterMetadataTopic {
			continue
		}
		asked = append(asked, t)
		total += c.partitionsOf(t)
	}
	if total > partitionsPerRequest {
		c.refuse(env, host, call, apiError{engine.ErrPolicyViolation, "Excessively large number of partitions per request."})
		return
	}
	resp := req.ResponseKind().(*kmsg.CreateTopicsResponse)
	var all []records.Versioned
	for _, t := range asked {
		answer, made, err := c.createTopic(env, t)
		if err != nil {
			answer = refusedTopic(t.Topic, err)
		}
		all = append(all, made...)
		resp.Topics = append(resp.Topics, answer)
	}
	if len(all) > recordsPerRequest {
		c.refuse(env, host, call, apiError{engine.ErrPolicyViolation, "Unable to perform excessively large batch operation."})
		return
	}
	resp.Topics = append(resp.Topics, refusedNames(req.Topics, count)...)
	if req.ValidateOnly {
		all = nil
	}
	c.finish(env, host, call, all, resp, engine.ErrNone)
}

// partitionsOf counts the partitions that a topic would have.
func (c *Controller) partitionsOf(t kmsg.CreateTopicsRequestTopic) int64 {
	switch {
	case len(t.ReplicaAssignment) > 0:
		return int64(len(t.ReplicaAssignment))
	case t.NumPartitions == -1:
		return c.cfg.Static.Int(config.NumPartitions)
	}
	return max(0, int64(t.NumPartitions))
}

// refusedNames answers the names given twice, and the one nobody may use.
func refusedNames(topics []kmsg.CreateTopicsRequestTopic, count map[string]int) []kmsg.CreateTopicsResponseTopic {
	var twice, internal []kmsg.CreateTopicsResponseTopic
	seen := map[string]bool{}
	for _, t := range topics {
		switch {
		case seen[t.Topic]:
		case count[t.Topic] > 1:
			twice = append(twice, refusedTopic(t.Topic, failed(engine.ErrInvalidRequest, "Duplicate topic name.")))
		case t.Topic == clusterMetadataTopic:
			internal = append(internal, refusedTopic(t.Topic, failed(engine.ErrInvalidRequest,
				"Creation of internal topic "+clusterMetadataTopic+" is prohibited.")))
		}
		seen[t.Topic] = true
	}
	return append(twice, internal...)
}

func refusedTopic(name string, err *apiError) kmsg.CreateTopicsResponseTopic {
	t := kmsg.NewCreateTopicsResponseTopic()
	t.Topic, t.ErrorCode, t.ErrorMessage = name, err.errorCode(), err.text()
	t.NumPartitions, t.ReplicationFactor = -1, -1
	t.Configs = []kmsg.CreateTopicsResponseTopicConfig{}
	return t
}

// createTopic thinks one topic out: its answer and its records.
func (c *Controller) createTopic(env *engine.Env, t kmsg.CreateTopicsRequestTopic) (
	answer kmsg.CreateTopicsResponseTopic, all []records.Versioned, err *apiError,
) {
	if err := c.checkNewTopic(t.Topic); err != nil {
		return answer, nil, err
	}
	values, err := topicConfigs(t)
	if err != nil {
		return answer, nil, err
	}
	partitions, err := c.newPartitions(env, t)
	if err != nil {
		return answer, nil, err
	}
	topic := &metadata.Topic{Name: t.Topic, ID: randomTopicID(env)}
	all = append(all, records.Versioned{Record: &records.TopicRecord{Name: topic.Name, TopicID: topic.ID}})
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		all = append(all, records.Versioned{Record: &records.ConfigRecord{
			ResourceType: int8(metadata.ResourceTopic), ResourceName: topic.Name, Name: name, Value: &value,
		}})
	}
	all = append(all, c.clearELRRecords(all)...)
	for i, p := range partitions {
		all = append(all, records.Versioned{Record: p.Record(topic, int32(i)), Version: metadata.PartitionVersion})
	}
	answer = kmsg.NewCreateTopicsResponseTopic()
	answer.Topic, answer.TopicID = topic.Name, topic.ID
	answer.NumPartitions, answer.ReplicationFactor = int32(len(partitions)), int16(len(partitions[0].Replicas))
	for _, e := range config.NewTopicEntries(c.pending, c.cfg.Static, c.cfg.NodeID, values) {
		entry := kmsg.NewCreateTopicsResponseTopicConfig()
		entry.Name, entry.Source, entry.ReadOnly = e.Name, int8(e.Source), e.ReadOnly
		if !e.Null {
			value := e.Value.Value
			entry.Value = &value
		}
		answer.Configs = append(answer.Configs, entry)
	}
	return answer, all, nil
}

// randomTopicID gives a version 4 UUID whose text does not begin with a dash, as
// Uuid.randomUuid does, so that it can stand on a command line.
func randomTopicID(env *engine.Env) engine.TopicID {
	for {
		var id engine.TopicID
		high, low := env.Rand().Uint64(), env.Rand().Uint64()
		for i := range 8 {
			id[i], id[8+i] = byte(high>>(56-8*i)), byte(low>>(56-8*i))
		}
		id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
		if id.String()[0] != '-' {
			return id
		}
	}
}

func (c *Controller) checkNewTopic(name string) *apiError {
	if c.pending.Topic(name) != nil {
		return failed(engine.ErrTopicAlreadyExists, fmt.Sprintf("Topic '%s' already exists.", name))
	}
	if why := metadata.InvalidTopicName(name); why != "" {
		return failed(engine.ErrInvalidTopicException, "Topic name is invalid: "+why)
	}
	// Metric names turn dots into underscores, so two such names must not differ
	// in these alone (Topic.unifyCollisionChars).
	if !strings.ContainsAny(name, "._") {
		return nil
	}
	unify := func(name string) string { return strings.ReplaceAll(name, ".", "_") }
	for _, other := range c.pending.TopicNames() {
		if unify(other) == unify(name) {
			return failed(engine.ErrInvalidTopicException,
				fmt.Sprintf("Topic '%s' collides with existing topic: %s", name, other))
		}
	}
	return nil
}

// topicConfigs gives the configs a topic is to have.
func topicConfigs(t kmsg.CreateTopicsRequestTopic) (map[string]string, *apiError) {
	values := map[string]string{}
	var null []string
	for _, entry := range t.Configs {
		if entry.Value == nil {
			null = append(null, entry.Name)
			continue
		}
		values[entry.Name] = *entry.Value
	}
	if len(null) > 0 {
		return nil, failed(engine.ErrInvalidConfig, "Null value not supported for topic configs: "+strings.Join(null, ","))
	}
	if err := config.CheckTopic(values); err != nil {
		return nil, failed(engine.ErrInvalidConfig, err.Error())
	}
	return values, nil
}

// newPartitions decides where a new topic's replicas go.
func (c *Controller) newPartitions(env *engine.Env, t kmsg.CreateTopicsRequestTopic) ([]*metadata.Partition, *apiError) {
	if len(t.ReplicaAssignment) > 0 {
		return c.assignedPartitions(t)
	}
	partitions, factor := int(t.NumPartitions), int(t.ReplicationFactor)
	switch {
	case factor < -1 || factor == 0:
		return nil, failed(engine.ErrInvalidReplicationFactor,
			"Replication factor must be larger than 0, or -1 to use the default value.")
	case partitions < -1 || partitions == 0:
		return nil, failed(engine.ErrInvalidPartitions, "Number of partitions was set to an invalid non-positive value.")
	}
	if partitions == -1 {
		partitions = int(c.cfg.Static.Int(config.NumPartitions))
	}
	if factor == -1 {
		factor = int(c.cfg.Static.Int(config.DefaultReplicationFactor))
	}
	placed, err := c.place(env, partitions, factor)
	var out []*metadata.Partition
	for i := 0; i < len(placed) && err == nil; i++ {
		p := c.newPartition(placed[i])
		if len(p.ISR) == 0 {
			err = failed(engine.ErrInvalidReplicationFactor, "All brokers are currently fenced or in controlled shutdown.")
		}
		out = append(out, p)
	}
	if err != nil {
		return nil, failed(err.code, fmt.Sprintf("Unable to replicate the partition %d time(s): %s", factor, err.message))
	}
	return out, nil
}

// newPartition gives a partition with these replicas, led by the first that is
// active; its ISR is empty when none is.
func (c *Controller) newPartition(replicas []engine.NodeID) *metadata.Partition {
	p := &metadata.Partition{Replicas: replicas, Leader: engine.NoNode}
	for _, id := range replicas {
		p.Directories = append(p.Directories, c.defaultDirectory(id))
		if c.pending.Broker(id).Active() {
			p.ISR = append(p.ISR, id)
		}
	}
	if len(p.ISR) > 0 {
		p.Leader = p.ISR[0]
	}
	return p
}

// assignedPartitions takes the replicas that the request names.
func (c *Controller) assignedPartitions(t kmsg.CreateTopicsRequestTopic) ([]*metadata.Partition, *apiError) {
	switch {
	case t.ReplicationFactor != -1:
		return nil, failed(engine.ErrInvalidRequest,
			"A manual partition assignment was specified, but replication factor was not set to -1.")
	case t.NumPartitions != -1:
		return nil, failed(engine.ErrInvalidRequest,
			"A manual partition assignment was specified, but numPartitions was not set to -1.")
	}
	out := make([]*metadata.Partition, len(t.ReplicaAssignment))
	given := map[int32]bool{}
	factor := -1
	for _, a := range t.ReplicaAssignment {
		if given[a.Partition] {
			return nil, failed(engine.ErrInvalidReplicaAssignment,
				fmt.Sprintf("Found multiple manual partition assignments for partition %d", a.Partition))
		}
		given[a.Partition] = true
		p, err := c.assignedPartition(a.Partition, a.Replicas, factor)
		if err != nil {
			return nil, err
		}
		factor = len(a.Replicas)
		if a.Partition >= 0 && int(a.Partition) < len(out) {
			out[a.Partition] = p
		}
	}
	if slices.Contains(out, nil) {
		return nil, failed(engine.ErrInvalidReplicaAssignment, "partitions should be a consecutive 0-based integer sequence")
	}
	return out, nil
}

// assignedPartition is a partition with replicas that a person chose.
func (c *Controller) assignedPartition(number int32, assigned []int32, factor int) (*metadata.Partition, *apiError) {
	replicas := nodeIDs(assigned)
	if err := c.checkAssignment(replicas, factor); err != nil {
		return nil, err
	}
	p := c.newPartition(replicas)
	if len(p.ISR) == 0 {
		return nil, failed(engine.ErrInvalidReplicaAssignment, fmt.Sprintf(
			"All brokers specified in the manual partition assignment for partition %d are fenced or in controlled shutdown.", number))
	}
	return p, nil
}

// checkAssignment refuses replicas that a person chose and that cannot be
// (validateManualPartitionAssignment). factor is how many there must be, -1 when
// that is free.
func (c *Controller) checkAssignment(replicas []engine.NodeID, factor int) *apiError {
	if len(replicas) == 0 {
		return failed(engine.ErrInvalidReplicaAssignment, "The manual partition assignment includes an empty replica list.")
	}
	sorted := slices.Sorted(slices.Values(replicas))
	for i, id := range sorted {
		if c.pending.Broker(id) == nil {
			return failed(engine.ErrInvalidReplicaAssignment, fmt.Sprintf(
				"The manual partition assignment includes broker %d, but no such broker is registered.", id))
		}
		if i > 0 && sorted[i-1] == id {
			return failed(engine.ErrInvalidReplicaAssignment, fmt.Sprintf(
				"The manual partition assignment includes the broker %d more than once.", id))
		}
	}
	if factor >= 0 && len(replicas) != factor {
		return failed(engine.ErrInvalidReplicaAssignment, fmt.Sprintf(
			"The manual partition assignment includes a partition with %d replica(s), but this is not "+
				"consistent with previous partitions, which have %d replica(s).", len(replicas), factor))
	}
	return nil
}
