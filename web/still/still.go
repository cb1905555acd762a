// Package still is one moment of a cluster, made by hand: what the page shows
// before its engine runs, and what tests of the picture draw. Broker 2 led two
// partitions and died; the controller has named new leaders.
package still

import (
	"time"

	"bitacora/engine"
	"bitacora/engine/view"
)

// State is the moment. Topic names are the caller's, so that they can be in the
// reader's language.
func State(topic, group string) view.State {
	at := engine.Time(12_431 * time.Millisecond)
	s := view.State{At: at, Clock: view.Clock{Pace: time.Second}}
	for id := engine.NodeID(1); id <= 3; id++ {
		s.Processes = append(s.Processes, view.Process{ID: id, Roles: view.RoleBroker})
	}
	s.Processes[1].Status, s.Processes[1].Fenced, s.Processes[1].Since = view.Dead, true, at.Add(-9800*time.Millisecond)
	for id := engine.NodeID(3000); id <= 3002; id++ {
		s.Processes = append(s.Processes, view.Process{ID: id, Roles: view.RoleController})
		s.Quorum = append(s.Quorum, metadata(id, 17, 18))
	}
	s.Processes = append(s.Processes,
		view.Process{ID: 10001, Roles: view.RoleClient, Name: "producer-1"},
		view.Process{ID: 10002, Roles: view.RoleClient, Name: "consumer-1"},
		view.Process{ID: 10003, Roles: view.RoleClient, Name: "consumer-2"})
	s.Quorum = append([]view.QuorumReplica{metadata(1, 17, 18), metadata(2, 9, 10), metadata(3, 16, 17)}, s.Quorum...)
	s.Topics = []view.Topic{{Name: "__consumer_offsets", Partitions: 50, Internal: true}, {Name: topic, Partitions: 3}}
	s.Partitions = []view.Partition{
		{Topic: topic, Partition: 0, Leader: 1, Epoch: 3, PartitionEpoch: 4, Replicas: []engine.NodeID{2, 1, 3}, ISR: []engine.NodeID{1, 3}},
		{Topic: topic, Partition: 1, Leader: 3, Epoch: 1, PartitionEpoch: 2, Replicas: []engine.NodeID{3, 2, 1}, ISR: []engine.NodeID{1, 3}},
		{Topic: topic, Partition: 2, Leader: 1, Epoch: 0, PartitionEpoch: 1, Replicas: []engine.NodeID{1, 3, 2}, ISR: []engine.NodeID{1, 3}},
	}
	s.Replicas = []view.Replica{
		replica(topic, 0, 1, view.ReplicaLeader, 9, 11, 4, 2, 5, 3),
		replica(topic, 0, 2, view.ReplicaFollower, 8, 9, 4, 2),
		replica(topic, 0, 3, view.ReplicaFollower, 9, 10, 4, 2, 5, 3),
		replica(topic, 1, 1, view.ReplicaFollower, 6, 7, 99, 1),
		replica(topic, 1, 2, view.ReplicaFollower, 5, 6, 99, 1),
		replica(topic, 1, 3, view.ReplicaLeader, 7, 7, 99, 1),
		replica(topic, 2, 1, view.ReplicaLeader, 8, 8, 99, 0),
		replica(topic, 2, 2, view.ReplicaFollower, 7, 7, 99, 0),
		replica(topic, 2, 3, view.ReplicaFollower, 7, 8, 99, 0),
	}
	s.Groups = []view.Group{{Name: group, State: view.GroupStable, Generation: 4, Coordinator: 3, Protocol: "range",
		Leader: "consumer-1-a", Members: []view.Member{
			{ID: "consumer-1-a", ClientID: "consumer-1", Assigned: []engine.TopicPartition{{Topic: topic, Partition: 0}, {Topic: topic, Partition: 1}}},
			{ID: "consumer-2-b", ClientID: "consumer-2", Assigned: []engine.TopicPartition{{Topic: topic, Partition: 2}}},
		}, Offsets: []view.GroupOffset{{Topic: topic, Partition: 0, Committed: 6}, {Topic: topic, Partition: 1, Committed: 7}, {Topic: topic, Partition: 2, Committed: 6}}}}
	s.Producers = []view.Producer{{Node: 10001, Running: true, Idempotent: true, Acks: -1, ProducerID: 1000, Topic: topic,
		Every: 500 * time.Millisecond, Sent: 27, Acked: 24,
		Accumulators: []view.Accumulator{{Topic: topic, Partition: 0, Records: 3, Bytes: 252, InFlight: 1}}}}
	s.Consumers = []view.Consumer{
		{Node: 10002, Running: true, Group: group, MemberID: "consumer-1-a", Read: 15, Positions: []view.Position{
			{Topic: topic, Partition: 0, Offset: 8, Committed: 6}, {Topic: topic, Partition: 1, Offset: 7, Committed: 7}}},
		{Node: 10003, Running: true, Group: group, MemberID: "consumer-2-b", Read: 6, Positions: []view.Position{
			{Topic: topic, Partition: 2, Offset: 6, Committed: 6}}},
	}
	return s
}

// Messages are under way at that moment: a record to the leader, and the
// follower's Fetch that will commit it.
func Messages(topic string) []view.Message {
	return []view.Message{
		{ID: 1, From: 10001, To: 1, Name: "Produce", Items: []view.MessageItem{{Topic: topic, Partition: 0, Offset: engine.NoOffset, Until: engine.NoOffset, Epoch: -1, Records: 1}}},
		{ID: 2, From: 3, To: 1, Name: "Fetch", Items: []view.MessageItem{{Topic: topic, Partition: 0, Offset: 10, Until: 10, Epoch: 3}}},
		{ID: 3, From: 1, To: 3000, Name: "BrokerHeartbeat", Flags: view.MessageEmpty},
		{ID: 4, From: 3000, To: 3001, Name: "Fetch", Flags: view.MessageEmpty | view.MessageResponse},
	}
}

func metadata(node engine.NodeID, hw, end engine.Offset) view.QuorumReplica {
	q := view.QuorumReplica{Node: node, Role: view.QuorumFollower, Voter: node >= 3000, Epoch: 2, Leader: 3000,
		VotedFor: engine.NoNode, HighWatermark: hw, LogEnd: end, Voters: []engine.NodeID{3000, 3001, 3002}}
	switch {
	case node == 3000:
		q.Role = view.QuorumLeader
	case node < 3000:
		q.Role = view.QuorumObserver
	}
	for o := engine.Offset(0); o < end; o++ {
		q.Batches = append(q.Batches, view.Batch{Base: o, Last: o, Epoch: 2, Bytes: 90, Records: 1, ProducerID: -1, Sequence: -1})
	}
	return q
}

// replica makes a log of one record a batch; epochs come in pairs of where one
// ends and what it is, the last one open.
func replica(topic string, partition int32, node engine.NodeID, role view.ReplicaRole, hw, end engine.Offset, changes ...int32) view.Replica {
	r := view.Replica{Topic: topic, Partition: partition, Node: node, Role: role, HighWatermark: hw, LogEnd: end,
		Bytes: int64(end) * 84, Segments: []view.Segment{{Bytes: int64(end) * 84}}}
	keys := [...]string{"cliente-7", "cliente-42", "cliente-9"}
	for o := engine.Offset(0); o < end; o++ {
		for len(changes) > 2 && o >= engine.Offset(changes[0]) {
			changes = changes[2:]
		}
		epoch := engine.LeaderEpoch(changes[1])
		if n := len(r.Epochs); n == 0 || r.Epochs[n-1].Epoch != epoch {
			r.Epochs = append(r.Epochs, view.EpochStart{Epoch: epoch, Start: o})
		}
		r.Epoch = epoch
		r.Batches = append(r.Batches, view.Batch{Base: o, Last: o, Epoch: epoch, Bytes: 84, Records: 1,
			ProducerID: 1000, Sequence: int32(o), Label: keys[int(o)%len(keys)]})
	}
	return r
}
