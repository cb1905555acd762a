package client

import (
	"encoding/binary"
	"slices"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// consumerProtocol is the protocol type of consumer groups.
const consumerProtocol = "consumer"

// subscriptionVersion is the newest version of ConsumerProtocolSubscription.
const subscriptionVersion = 3

// subscriptionBytes gives what the member tells the leader, for an assignor
// (ConsumerCoordinator.metadata, ConsumerProtocol.serializeSubscription).
func (c *Consumer) subscriptionBytes(a Assignor) []byte {
	m := kmsg.NewConsumerMemberMetadata()
	m.Version = subscriptionVersion
	m.Topics = slices.Clone(c.topics)
	m.Generation = c.group.generation
	for _, tp := range c.owned() {
		n := len(m.OwnedPartitions)
		if n == 0 || m.OwnedPartitions[n-1].Topic != tp.Topic {
			o := kmsg.NewConsumerMemberMetadataOwnedPartition()
			o.Topic = tp.Topic
			m.OwnedPartitions = append(m.OwnedPartitions, o)
			n++
		}
		m.OwnedPartitions[n-1].Partitions = append(m.OwnedPartitions[n-1].Partitions, tp.Partition)
	}
	if a == CooperativeSticky {
		m.UserData = binary.BigEndian.AppendUint32(nil, uint32(c.group.generation))
	}
	return m.AppendTo(nil)
}

// membersOf reads what the members of a group told. One that cannot be read takes
// no part.
func membersOf(resp *kmsg.JoinGroupResponse) []GroupMember {
	out := make([]GroupMember, 0, len(resp.Members))
	for i := range resp.Members {
		km := &resp.Members[i]
		m := GroupMember{ID: km.MemberID, Generation: noGeneration}
		if km.InstanceID != nil {
			m.InstanceID = *km.InstanceID
		}
		var s kmsg.ConsumerMemberMetadata
		s.Default()
		if s.ReadFrom(km.ProtocolMetadata) == nil {
			m.Topics = s.Topics
			if s.Version >= 2 {
				m.Generation = s.Generation
			}
			for _, o := range s.OwnedPartitions {
				for _, p := range o.Partitions {
					m.Owned = append(m.Owned, engine.TopicPartition{Topic: o.Topic, Partition: p})
				}
			}
		}
		out = append(out, m)
	}
	return out
}

// assignmentBytes encodes an assignment (ConsumerProtocol.serializeAssignment).
func assignmentBytes(all []engine.TopicPartition) []byte {
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, comparePartitions)
	m := kmsg.NewConsumerMemberAssignment()
	m.Version = subscriptionVersion
	for _, tp := range sorted {
		n := len(m.Topics)
		if n == 0 || m.Topics[n-1].Topic != tp.Topic {
			t := kmsg.NewConsumerMemberAssignmentTopic()
			t.Topic = tp.Topic
			m.Topics = append(m.Topics, t)
			n++
		}
		m.Topics[n-1].Partitions = append(m.Topics[n-1].Partitions, tp.Partition)
	}
	return m.AppendTo(nil)
}

func parseAssignment(b []byte) []engine.TopicPartition {
	var m kmsg.ConsumerMemberAssignment
	var out []engine.TopicPartition
	if m.ReadFrom(b) != nil {
		return nil
	}
	for _, t := range m.Topics {
		for _, p := range t.Partitions {
			out = append(out, engine.TopicPartition{Topic: t.Topic, Partition: p})
		}
	}
	slices.SortFunc(out, comparePartitions)
	return out
}
