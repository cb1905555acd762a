package controller

import (
	"fmt"

	"bitacora/engine"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The election types of ElectLeaders (ElectionType).
const (
	electionTypePreferred int8 = 0
	electionTypeUnclean   int8 = 1
)

// handleElectLeaders: key 43, v0-v2. Kafka 4.3; KIP-183, KIP-460.
// Read: ReplicationControlManager.electLeaders, electLeader.
//   - no topics given: all partitions, answering only those that needed it
//   - preferred: ELECTION_NOT_NEEDED where it leads; unclean: where anybody does
//
// Shown in: testdata/elect_leaders.txt
func (c *Controller) handleElectLeaders(env *engine.Env, host Host, call Call, req *kmsg.ElectLeadersRequest) {
	kind := req.ElectionType
	if req.Version == 0 {
		kind = electionTypePreferred
	}
	if kind != electionTypePreferred && kind != electionTypeUnclean {
		c.refuse(env, host, call, apiError{engine.ErrInvalidRequest, fmt.Sprintf("Unknown election type %d", kind)})
		return
	}
	resp := req.ResponseKind().(*kmsg.ElectLeadersResponse)
	var all []records.Versioned
	elect := func(answer *kmsg.ElectLeadersResponseTopic, partition int32, every bool) {
		r, err := c.electLeader(answer.Topic, partition, kind)
		if err == nil {
			all = append(all, r)
		} else if every && err.code == engine.ErrElectionNotNeeded {
			return
		}
		p := kmsg.NewElectLeadersResponseTopicPartition()
		p.Partition, p.ErrorCode, p.ErrorMessage = partition, err.errorCode(), err.text()
		answer.Partitions = append(answer.Partitions, p)
	}
	if req.Topics == nil {
		for _, name := range c.pending.TopicNames() {
			answer := kmsg.NewElectLeadersResponseTopic()
			answer.Topic = name
			for number := range c.pending.Topic(name).Partitions {
				elect(&answer, int32(number), true)
			}
			resp.Topics = append(resp.Topics, answer)
		}
	}
	for _, t := range req.Topics {
		answer := kmsg.NewElectLeadersResponseTopic()
		answer.Topic = t.Topic
		for _, number := range t.Partitions {
			elect(&answer, number, false)
		}
		resp.Topics = append(resp.Topics, answer)
	}
	c.finish(env, host, call, all, resp, engine.ErrNone)
}

// electLeader gives the record that elects one partition's leader.
func (c *Controller) electLeader(topic string, number int32, kind int8) (r records.Versioned, err *apiError) {
	t := c.pending.Topic(topic)
	if t == nil {
		return r, failed(engine.ErrUnknownTopicOrPartition, "No such topic as "+topic)
	}
	p := t.Partition(number)
	if p == nil {
		return r, failed(engine.ErrUnknownTopicOrPartition, fmt.Sprintf("No such partition as %s-%d", topic, number))
	}
	if kind == electionTypePreferred && p.Leader == p.PreferredLeader() || kind == electionTypeUnclean && p.HasLeader() {
		return r, failed(engine.ErrElectionNotNeeded, "Leader election not needed for topic partition.")
	}
	ch := c.change(t, number)
	ch.election = electPreferred
	if kind == electionTypeUnclean {
		ch.election = electUnclean
	}
	r, ok := c.build(ch)
	switch {
	case ok:
		return r, nil
	case kind == electionTypePreferred:
		return r, failed(engine.ErrPreferredLeaderNotAvailable, "The preferred leader was not available.")
	}
	return r, failed(engine.ErrEligibleLeadersNotAvailable, "Eligible topic partition leaders are not available.")
}
