package controller

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bitacora/engine"

	"github.com/cockroachdb/datadriven"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func request(t *testing.T, d *datadriven.TestData, h *harness) kmsg.Request {
	switch d.Cmd {
	case "register":
		return registration(t, d)
	case "heartbeat":
		r := kmsg.NewPtrBrokerHeartbeatRequest()
		r.BrokerID, r.BrokerEpoch = int32(number(t, d, "broker")), h.epochOf(t, d)
		r.CurrentMetadataOffset = numberOr(t, d, "offset", int64(h.image.Offset()))
		r.WantFence, r.WantShutdown = has(d, "want-fence"), has(d, "want-shutdown")
		if has(d, "offline") {
			r.OfflineLogDirs = [][16]byte{directory(text(t, d, "offline"))}
		}
		if has(d, "cordoned") {
			r.CordonedLogDirs = [][16]byte{}
			if word := text(t, d, "cordoned"); word != "" {
				r.CordonedLogDirs = append(r.CordonedLogDirs, directory(word))
			}
		}
		return r
	case "unregister":
		r := kmsg.NewPtrUnregisterBrokerRequest()
		r.BrokerID = int32(number(t, d, "broker"))
		return r
	case "update-features":
		return updateFeatures(t, d)
	case "register-controller":
		r := kmsg.NewPtrControllerRegistrationRequest()
		r.ControllerID, r.IncarnationID = int32(number(t, d, "id")), directory(text(t, d, "incarnation"))
		l := kmsg.NewControllerRegistrationRequestListener()
		l.Name, l.Host, l.Port = "CONTROLLER", "localhost", 9102
		r.Listeners = append(r.Listeners, l)
		return r
	case "allocate-producer-ids":
		r := kmsg.NewPtrAllocateProducerIDsRequest()
		r.BrokerID, r.BrokerEpoch = int32(number(t, d, "broker")), h.epochOf(t, d)
		return r
	case "alter-partition":
		return alterPartition(t, d, h)
	case "create-topics":
		return createTopics(t, d)
	case "delete-topics":
		return deleteTopics(t, d, h)
	case "create-partitions":
		return createPartitions(t, d)
	case "reassign":
		return reassign(t, d)
	case "list-reassignments":
		return listReassignments(t, d)
	case "elect-leaders":
		return electLeaders(t, d)
	case "replace-configs":
		return replaceConfigs(t, d)
	case "alter-configs":
		return alterConfigs(t, d)
	}
	d.Fatalf(t, "unknown command %s", d.Cmd)
	return nil
}

func registration(t *testing.T, d *datadriven.TestData) kmsg.Request {
	r := kmsg.NewPtrBrokerRegistrationRequest()
	r.BrokerID, r.ClusterID, r.IncarnationID = int32(number(t, d, "broker")), "cluster", directory(text(t, d, "incarnation"))
	if has(d, "cluster") {
		r.ClusterID = text(t, d, "cluster")
	}
	if has(d, "rack") {
		rack := text(t, d, "rack")
		r.Rack = &rack
	}
	dirs := fmt.Sprintf("dir-%d", r.BrokerID)
	if has(d, "dirs") {
		dirs = text(t, d, "dirs")
	}
	for _, word := range strings.Split(dirs, ",") {
		if word != "" {
			r.LogDirs = append(r.LogDirs, directory(word))
		}
	}
	l := kmsg.NewBrokerRegistrationRequestListener()
	l.Name, l.Host, l.Port = "PLAINTEXT", "localhost", uint16(9091+r.BrokerID)
	r.Listeners = append(r.Listeners, l)
	if has(d, "previous") {
		r.PreviousBrokerEpoch = number(t, d, "previous")
	}
	features := map[string][2]int16{"metadata.version": {7, 30}, "kraft.version": {0, 1}, "eligible.leader.replicas.version": {0, 1}}
	if has(d, "max-metadata-version") {
		features["metadata.version"] = [2]int16{7, int16(number(t, d, "max-metadata-version"))}
	}
	for _, a := range d.CmdArgs {
		if a.Key == "without" {
			delete(features, a.Vals[0])
		}
	}
	for _, name := range []string{"eligible.leader.replicas.version", "kraft.version", "metadata.version"} {
		if span, ok := features[name]; ok {
			f := kmsg.NewBrokerRegistrationRequestFeature()
			f.Name, f.MinSupportedVersion, f.MaxSupportedVersion = name, span[0], span[1]
			r.Features = append(r.Features, f)
		}
	}
	return r
}

// updateFeatures takes a line for each feature: name, level, upgrade type.
func updateFeatures(t *testing.T, d *datadriven.TestData) kmsg.Request {
	r := kmsg.NewPtrUpdateFeaturesRequest()
	r.Version = 2
	if has(d, "version") {
		r.Version = int16(number(t, d, "version"))
	}
	r.ValidateOnly = has(d, "validate-only")
	for _, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
		u := kmsg.NewUpdateFeaturesRequestFeatureUpdate()
		if _, err := fmt.Sscan(line, &u.Feature, &u.MaxVersionLevel, &u.UpgradeType); err != nil {
			t.Fatalf("%s: %q: %v", d.Pos, line, err)
		}
		r.FeatureUpdates = append(r.FeatureUpdates, u)
	}
	return r
}

func alterPartition(t *testing.T, d *datadriven.TestData, h *harness) kmsg.Request {
	r := kmsg.NewPtrAlterPartitionRequest()
	r.BrokerID, r.BrokerEpoch = int32(number(t, d, "broker")), h.epochOf(t, d)
	topic := kmsg.NewAlterPartitionRequestTopic()
	p := kmsg.NewAlterPartitionRequestTopicPartition()
	p.Partition = int32(numberOr(t, d, "partition", 0))
	if known := h.image.Topic(text(t, d, "topic")); known != nil {
		topic.TopicID = known.ID
		if now := known.Partition(p.Partition); now != nil {
			p.LeaderEpoch, p.PartitionEpoch = int32(now.LeaderEpoch), int32(now.PartitionEpoch)
		}
	} else {
		topic.TopicID = [16]byte{9}
	}
	p.LeaderEpoch += int32(numberOr(t, d, "leader-epoch-plus", 0))
	p.PartitionEpoch += int32(numberOr(t, d, "partition-epoch-plus", 0))
	p.LeaderRecoveryState = int8(numberOr(t, d, "recovery", 0))
	for _, id := range nodes(text(t, d, "isr")) {
		m := kmsg.NewAlterPartitionRequestTopicPartitionNewEpochISR()
		m.BrokerID, m.BrokerEpoch = id, -1
		if b := h.image.Broker(engine.NodeID(id)); b != nil {
			m.BrokerEpoch = int64(b.Epoch)
		}
		if id == int32(numberOr(t, d, "stale-member", -1)) {
			m.BrokerEpoch--
		}
		p.NewEpochISR = append(p.NewEpochISR, m)
	}
	if has(d, "version") && number(t, d, "version") < 3 {
		p.NewISR, p.NewEpochISR = nodes(text(t, d, "isr")), nil
	}
	topic.Partitions = append(topic.Partitions, p)
	r.Topics = append(r.Topics, topic)
	return r
}

// lines gives the words of each line of a command's input.
func lines(d *datadriven.TestData) [][]string {
	var out [][]string
	for _, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
		if line != "" {
			out = append(out, strings.Fields(line))
		}
	}
	return out
}

// word gives the value of key=value among the words.
func word(words []string, key, otherwise string) string {
	for _, w := range words {
		if value, ok := strings.CutPrefix(w, key+"="); ok {
			return value
		}
	}
	return otherwise
}

func count(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

func unquote(s string) string {
	if u, err := strconv.Unquote(s); err == nil {
		return u
	}
	return s
}

func createTopics(_ *testing.T, d *datadriven.TestData) kmsg.Request {
	r := kmsg.NewPtrCreateTopicsRequest()
	r.ValidateOnly = has(d, "validate")
	for _, words := range lines(d) {
		topic := kmsg.NewCreateTopicsRequestTopic()
		topic.Topic = unquote(words[0])
		if words[0] == "long" {
			topic.Topic = strings.Repeat("x", count(word(words, "length", "0")))
		}
		topic.NumPartitions = int32(count(word(words, "partitions", "-1")))
		topic.ReplicationFactor = int16(count(word(words, "factor", "-1")))
		if all := word(words, "assign", ""); all != "" {
			for i, list := range strings.Split(all, "/") {
				a := kmsg.NewCreateTopicsRequestTopicReplicaAssignment()
				a.Partition, a.Replicas = int32(i+count(word(words, "from", "0"))), nodes(list)
				topic.ReplicaAssignment = append(topic.ReplicaAssignment, a)
			}
		}
		for _, w := range words {
			if name, ok := strings.CutPrefix(w, "config:"); ok {
				entry := kmsg.NewCreateTopicsRequestTopicConfig()
				key, value, set := strings.Cut(name, "=")
				if entry.Name = key; set {
					entry.Value = &value
				}
				topic.Configs = append(topic.Configs, entry)
			}
		}
		r.Topics = append(r.Topics, topic)
	}
	return r
}

func deleteTopics(t *testing.T, d *datadriven.TestData, h *harness) kmsg.Request {
	r := kmsg.NewPtrDeleteTopicsRequest()
	for _, words := range lines(d) {
		topic := kmsg.NewDeleteTopicsRequestTopic()
		if name := word(words, "name", ""); name != "" {
			topic.Topic = &name
		}
		if name := word(words, "id-of", ""); name != "" {
			topic.TopicID = [16]byte{7, 7}
			if known := h.image.Topic(name); known != nil {
				topic.TopicID = known.ID
			}
		}
		r.Topics = append(r.Topics, topic)
		if has(d, "version") && number(t, d, "version") < 6 {
			r.TopicNames = append(r.TopicNames, *topic.Topic)
		}
	}
	if r.TopicNames != nil {
		r.Topics = nil
	}
	return r
}

func createPartitions(_ *testing.T, d *datadriven.TestData) kmsg.Request {
	r := kmsg.NewPtrCreatePartitionsRequest()
	r.ValidateOnly = has(d, "validate")
	for _, words := range lines(d) {
		topic := kmsg.NewCreatePartitionsRequestTopic()
		topic.Topic, topic.Count = words[0], int32(count(word(words, "count", "0")))
		if all := word(words, "assign", ""); all != "" {
			for _, list := range strings.Split(all, "/") {
				a := kmsg.NewCreatePartitionsRequestTopicAssignment()
				a.Replicas = nodes(list)
				topic.Assignment = append(topic.Assignment, a)
			}
		}
		r.Topics = append(r.Topics, topic)
	}
	return r
}

func electLeaders(t *testing.T, d *datadriven.TestData) kmsg.Request {
	r := kmsg.NewPtrElectLeadersRequest()
	r.ElectionType = int8(numberOr(t, d, "type", 0))
	for _, words := range lines(d) {
		topic := kmsg.NewElectLeadersRequestTopic()
		topic.Topic, topic.Partitions = words[0], nodes(word(words, "partitions", "0"))
		r.Topics = append(r.Topics, topic)
	}
	return r
}

func alterConfigs(t *testing.T, d *datadriven.TestData) kmsg.Request {
	r := kmsg.NewPtrIncrementalAlterConfigsRequest()
	r.ValidateOnly = has(d, "validate")
	ops := []string{"set", "delete", "append", "subtract"}
	for _, words := range lines(d) {
		resource := kmsg.NewIncrementalAlterConfigsRequestResource()
		resource.ResourceType = kmsg.ConfigResourceType(numberOr(t, d, "type", 2))
		if resource.ResourceName = words[0]; words[0] == `""` {
			resource.ResourceName = ""
		}
		for i := 1; i+1 < len(words); i += 2 {
			c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
			c.Op = kmsg.IncrementalAlterConfigOp(slices.Index(ops, words[i]))
			key, value, set := strings.Cut(words[i+1], "=")
			if c.Name = key; set {
				c.Value = &value
			}
			resource.Configs = append(resource.Configs, c)
		}
		r.Resources = append(r.Resources, resource)
	}
	return r
}

// replaceConfigs is the legacy AlterConfigs: a resource and what it shall have.
func replaceConfigs(t *testing.T, d *datadriven.TestData) kmsg.Request {
	r := kmsg.NewPtrAlterConfigsRequest()
	r.ValidateOnly = has(d, "validate")
	for _, words := range lines(d) {
		resource := kmsg.NewAlterConfigsRequestResource()
		resource.ResourceType = kmsg.ConfigResourceType(numberOr(t, d, "type", 2))
		resource.ResourceName = words[0]
		for _, word := range words[1:] {
			c := kmsg.NewAlterConfigsRequestResourceConfig()
			key, value, set := strings.Cut(word, "=")
			if c.Name = key; set {
				c.Value = &value
			}
			resource.Configs = append(resource.Configs, c)
		}
		r.Resources = append(r.Resources, resource)
	}
	return r
}

// reassign takes a topic, a partition and its new replicas a line; "cancel" is
// none (null), "none" an empty list.
func reassign(_ *testing.T, d *datadriven.TestData) kmsg.Request {
	r := kmsg.NewPtrAlterPartitionAssignmentsRequest()
	r.AllowReplicationFactorChange = !has(d, "factor-stays")
	for _, words := range lines(d) {
		topic := kmsg.NewAlterPartitionAssignmentsRequestTopic()
		topic.Topic = words[0]
		p := kmsg.NewAlterPartitionAssignmentsRequestTopicPartition()
		p.Partition = int32(count(words[1]))
		switch words[2] {
		case "cancel":
		case "none":
			p.Replicas = []int32{}
		default:
			p.Replicas = nodes(words[2])
		}
		topic.Partitions = append(topic.Partitions, p)
		r.Topics = append(r.Topics, topic)
	}
	return r
}

func listReassignments(_ *testing.T, d *datadriven.TestData) kmsg.Request {
	r := kmsg.NewPtrListPartitionReassignmentsRequest()
	for _, words := range lines(d) {
		topic := kmsg.NewListPartitionReassignmentsRequestTopic()
		topic.Topic = words[0]
		for _, number := range words[1:] {
			topic.Partitions = append(topic.Partitions, int32(count(number)))
		}
		r.Topics = append(r.Topics, topic)
	}
	return r
}
