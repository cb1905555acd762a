package client

import (
	"cmp"
	"slices"

	"bitacora/engine"
)

// Assignor names an assignor as partition.assignment.strategy's members do on the
// wire.
type Assignor string

// The assignors.
const (
	Range             Assignor = "range"
	RoundRobin        Assignor = "roundrobin"
	CooperativeSticky Assignor = "cooperative-sticky"
)

// cooperative says that members keep their partitions while they rebalance
// (RebalanceProtocol.COOPERATIVE).
func (a Assignor) cooperative() bool { return a == CooperativeSticky }

// GroupMember is one member of a group, as its leader sees it.
type GroupMember struct {
	ID         string
	InstanceID string // group.instance.id; "" without
	Topics     []string
	Owned      []engine.TopicPartition
	Generation int32 // of Owned; -1 for none
}

// TopicSize is a topic and how many partitions it has.
type TopicSize struct {
	Topic      string
	Partitions int32
}

// Assign gives each member its partitions, in the order of members. Topics must be
// sorted by name, and each have a subscriber and at least one partition. The results
// are those of Kafka's Java assignors, for members in the order of the JoinGroup
// answer. Racks are not modelled.
func Assign(assignor Assignor, topics []TopicSize, members []GroupMember) [][]engine.TopicPartition {
	switch assignor {
	case RoundRobin:
		return assignRoundRobin(topics, members)
	case CooperativeSticky:
		return assignCooperativeSticky(topics, members)
	}
	return assignRange(topics, members)
}

// byMemberID gives the indexes of members in the order of MemberInfo.compareTo:
// static members first, by instance id, then the others by member id.
func byMemberID(members []GroupMember) []int {
	order := make([]int, len(members))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := &members[i], &members[j]
		switch {
		case a.InstanceID != "" && b.InstanceID != "":
			return cmp.Compare(a.InstanceID, b.InstanceID)
		case a.InstanceID != "":
			return -1
		case b.InstanceID != "":
			return 1
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return order
}

// assignRange cuts each topic into runs, the first members' longer by one where it
// does not divide evenly (RangeAssignor).
func assignRange(topics []TopicSize, members []GroupMember) [][]engine.TopicPartition {
	out := make([][]engine.TopicPartition, len(members))
	order := byMemberID(members)
	for _, t := range topics {
		var takers []int
		for _, i := range order {
			if slices.Contains(members[i].Topics, t.Topic) {
				takers = append(takers, i)
			}
		}
		if len(takers) == 0 {
			continue
		}
		each, extra := int(t.Partitions)/len(takers), int(t.Partitions)%len(takers)
		next := int32(0)
		for n, i := range takers {
			run := each
			if n < extra {
				run++
			}
			for range run {
				out[i] = append(out[i], engine.TopicPartition{Topic: t.Topic, Partition: next})
				next++
			}
		}
	}
	return out
}

// assignRoundRobin deals all partitions out in turn, skipping who is not subscribed
// (RoundRobinAssignor).
func assignRoundRobin(topics []TopicSize, members []GroupMember) [][]engine.TopicPartition {
	out := make([][]engine.TopicPartition, len(members))
	order := byMemberID(members)
	at := 0
	for _, t := range topics {
		if !subscribedByAny(members, t.Topic) {
			continue
		}
		for p := range t.Partitions {
			for !slices.Contains(members[order[at]].Topics, t.Topic) {
				at = (at + 1) % len(order)
			}
			i := order[at]
			out[i] = append(out[i], engine.TopicPartition{Topic: t.Topic, Partition: p})
			at = (at + 1) % len(order)
		}
	}
	return out
}

func subscribedByAny(members []GroupMember, topic string) bool {
	return slices.ContainsFunc(members, func(m GroupMember) bool { return slices.Contains(m.Topics, topic) })
}

// javaMapOrder gives the indexes of ids in the order in which a java.util.HashMap
// that they were put into, in turn, hands them out: by bucket, then by insertion.
// The sticky assignor walks such maps, and its result depends on it.
func javaMapOrder(members []GroupMember) []int {
	buckets := uint32(16)
	for len(members) > int(buckets)*3/4 {
		buckets *= 2
	}
	order := make([]int, len(members))
	for i := range order {
		order[i] = i
	}
	bucket := func(i int) uint32 {
		h := uint32(javaStringHash(members[i].ID))
		return (h ^ h>>16) & (buckets - 1)
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(bucket(i), bucket(j)) })
	return order
}

// javaStringHash is String.hashCode of an ASCII string; member ids are.
func javaStringHash(s string) int32 {
	var h int32
	for i := range len(s) {
		h = 31*h + int32(s[i])
	}
	return h
}
