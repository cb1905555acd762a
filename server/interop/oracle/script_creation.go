package oracle

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

var autoCreation = Script{
	Name:  "13-auto-creation",
	Title: "topic auto-creation (auto.create.topics.enable=true is the default)",
	Setup: "num.partitions=3, default.replication.factor=3",
	Run:   playAutoCreation,
}

func playAutoCreation(r *Run) error {
	if err := r.noteTopic("Metadata v12 of b13-a, allowAutoTopicCreation=false", "b13-a", false); err != nil {
		return err
	}
	if err := r.noteTopic("the same again", "b13-a", false); err != nil {
		return err
	}
	if err := r.noteTopic("Metadata v12 of b13-a, allowAutoTopicCreation=true", "b13-a", true); err != nil {
		return err
	}
	if err := r.awaitTopic("b13-a", 3, brokerIDs...); err != nil {
		return err
	}
	t, err := r.topicMetadata(1, "b13-a")
	if err != nil {
		return err
	}
	r.note("Metadata v12 of b13-a when it is there", "answer", placedState(t))
	for _, c := range []struct{ what, name string }{
		{"invalid name 'bad name', auto", "bad name"},
		{"invalid name of 250 characters, auto", strings.Repeat("x", 250)},
		{"empty name, auto", ""},
		{"name '.', auto", "."},
		{"b13_b.c, auto", "b13_b.c"},
	} {
		if err := r.noteTopic(c.what, c.name, true); err != nil {
			return err
		}
	}
	if err := r.awaitTopic("b13_b.c", 3, brokerIDs...); err != nil {
		return err
	}
	return r.noteNotCreated()
}

// noteTopic asks broker 1 once and writes the answer down.
func (r *Run) noteTopic(what, name string, create bool) error {
	t, err := r.metadata(1, name, create)
	var answer any
	if err != nil {
		if answer, err = silenceOr(err); err != nil {
			return err
		}
	} else {
		answer = topicState(t)
	}
	r.note(what, "answer", answer)
	return nil
}

// noteNotCreated asks for what must not be made: a name that collides, and what
// is named in other requests than Metadata.
func (r *Run) noteNotCreated() error {
	if err := r.noteTopic("b13.b.c (collides with it), auto", "b13.b.c", true); err != nil {
		return err
	}
	// That nothing comes of it can only be seen by waiting.
	if err := r.pause(500 * time.Millisecond); err != nil {
		return err
	}
	if err := r.noteTopic("b13.b.c again", "b13.b.c", false); err != nil {
		return err
	}
	one := newBatch(batchOptions{}, value("a"))
	if err := r.noteProduce("Produce v12 to b13-p, which does not exist", production{broker: 1, topic: "b13-p", acks: ackAll, records: one}); err != nil {
		return err
	}
	if err := r.pause(500 * time.Millisecond); err != nil {
		return err
	}
	if err := r.noteTopic("Metadata of b13-p afterwards (Produce does not create)", "b13-p", false); err != nil {
		return err
	}
	if err := r.noteOffsets("of b13-p", listing{topic: "b13-p", timestamp: -1}); err != nil {
		return err
	}
	if err := r.noteFetch("Fetch v12 of b13-p", newFetching(1, "b13-p", 0)); err != nil {
		return err
	}
	return r.noteUnknownID()
}

func (r *Run) noteUnknownID() error {
	req := kmsg.NewPtrMetadataRequest()
	t := kmsg.NewMetadataRequestTopic()
	t.TopicID = [16]byte{5, 5, 5}
	req.Topics = append(req.Topics, t)
	resp, err := send[*kmsg.MetadataResponse](r.probe, 1, req, 12)
	if err != nil {
		return err
	}
	answer := []Object{}
	for _, t := range resp.Topics {
		answer = append(answer, object("error", codeName(t.ErrorCode), "topic", t.Topic, "sameTopicId", t.TopicID == req.Topics[0].TopicID,
			"isInternal", t.IsInternal, "partitions", len(t.Partitions), "authorizedOperations", t.AuthorizedOperations))
	}
	r.note("Metadata v12 by an unknown topic id", "answer", answer)
	return nil
}

var freshCluster = Script{
	Name:  "13-fresh-cluster",
	Title: "a fresh cluster: the first FindCoordinator makes the internal topic",
	Setup: "just started, no topics",
	Fresh: true,
	Run:   playFreshCluster,
}

const offsetsTopic = "__consumer_offsets"

func playFreshCluster(r *Run) error {
	if err := r.noteTopic("Metadata v12 of __consumer_offsets, no auto-creation", offsetsTopic, false); err != nil {
		return err
	}
	node, err := r.noteFirstCoordinator()
	if err != nil {
		return err
	}
	if err := r.noteFirstJoin(node); err != nil {
		return err
	}
	if err := r.noteFirstProducerID(); err != nil {
		return err
	}
	if err := r.noteOtherCoordinators(); err != nil {
		return err
	}
	t, err := r.topicMetadata(1, offsetsTopic)
	if err != nil {
		return err
	}
	r.note("Metadata v12 of __consumer_offsets when it is there", "answer", placedState(t), "leaderships", leaderships(t))
	if err := r.noteTopicConfigs(offsetsTopic); err != nil {
		return err
	}
	if err := r.noteCoordinators(t); err != nil {
		return err
	}
	if err := r.notePlacements(); err != nil {
		return err
	}
	return r.noteProduce("Produce v12 to __consumer_offsets", production{broker: 1, topic: offsetsTopic, acks: ackAll, records: newBatch(batchOptions{}, value("a"))})
}

// findCoordinator asks broker 1 for one coordinator.
func (r *Run) findCoordinator(kind int8, key string) (kmsg.FindCoordinatorResponseCoordinator, error) {
	req := kmsg.NewPtrFindCoordinatorRequest()
	req.CoordinatorType, req.CoordinatorKeys = kind, []string{key}
	resp, err := send[*kmsg.FindCoordinatorResponse](r.probe, 1, req, 6)
	if err != nil {
		return kmsg.FindCoordinatorResponseCoordinator{}, err
	}
	if len(resp.Coordinators) != 1 {
		return kmsg.FindCoordinatorResponseCoordinator{}, errors.New("FindCoordinator answered with another number of coordinators")
	}
	return resp.Coordinators[0], nil
}

func (r *Run) coordinatorAnswer(c kmsg.FindCoordinatorResponseCoordinator) Object {
	address := any(nil)
	if c.ErrorCode == 0 {
		address = addressName(r.cluster, c.Host, c.Port) == fmt.Sprintf("broker %d", c.NodeID)
	}
	return object("error", codeName(c.ErrorCode), "errorMessage", c.ErrorMessage, "key", c.Key, "addressIsTheNodes", address)
}

// noteFirstCoordinator asks until the coordinator is known and gives its node.
func (r *Run) noteFirstCoordinator() (int32, error) {
	const what = "FindCoordinator v6 of group g1"
	first, err := r.findCoordinator(0, "g1")
	if err != nil {
		return 0, err
	}
	r.note(what+", the first answer", "answer", r.coordinatorAnswer(first), "node", first.NodeID)
	way := newWay()
	last := first
	err = await(r.ctx, 20*time.Second, "a coordinator", func() (bool, error) {
		if last, err = r.findCoordinator(0, "g1"); err != nil {
			return false, err
		}
		if last.ErrorCode != 0 {
			way.add(codeName(last.ErrorCode))
		}
		return last.ErrorCode == 0, nil
	})
	if err != nil {
		return 0, err
	}
	r.note(what+", when it is there", "answer", r.coordinatorAnswer(last), "nodeIsABroker", slices.Contains(brokerIDs, last.NodeID), fieldOnTheWay, way.list())
	return last.NodeID, nil
}

// noteFirstJoin joins at the coordinator until it says more than that it is not
// ready.
func (r *Run) noteFirstJoin(node int32) error {
	req := kmsg.NewPtrJoinGroupRequest()
	req.Group, req.SessionTimeoutMillis, req.RebalanceTimeoutMillis, req.ProtocolType = "g1", 10_000, 10_000, "consumer"
	p := kmsg.NewJoinGroupRequestProtocol()
	p.Name, p.Metadata = "range", []byte{0, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}
	req.Protocols = append(req.Protocols, p)
	way := newWay()
	var last *kmsg.JoinGroupResponse
	err := await(r.ctx, 20*time.Second, "the coordinator to be ready", func() (ready bool, err error) {
		if last, err = send[*kmsg.JoinGroupResponse](r.probe, node, req, 9); err != nil {
			return false, err
		}
		const loading, notCoordinator = 14, 16
		if last.ErrorCode == loading || last.ErrorCode == notCoordinator {
			way.add(codeName(last.ErrorCode))
			return false, nil
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	id := "other"
	if strings.HasPrefix(last.MemberID, clientID+"-") && len(last.MemberID) == len(clientID)+1+36 {
		id = "client id, dash, uuid"
	}
	r.note("JoinGroup v9 without a member id", "answer", object("error", codeName(last.ErrorCode), "generation", last.Generation,
		"protocolType", last.ProtocolType, "protocol", last.Protocol, "leader", last.LeaderID, "skipAssignment", last.SkipAssignment,
		"memberId", id, "members", len(last.Members)), fieldOnTheWay, way.list())
	return nil
}

func (r *Run) noteFirstProducerID() error {
	way := newWay()
	var last *kmsg.InitProducerIDResponse
	err := await(r.ctx, 20*time.Second, "a producer id", func() (ok bool, err error) {
		if last, err = r.initProducerIDOnce(3); err != nil {
			return false, err
		}
		if last.ErrorCode != 0 {
			way.add(codeName(last.ErrorCode))
		}
		return last.ErrorCode == 0, nil
	})
	if err != nil {
		return err
	}
	r.note("InitProducerId v5 without transactional id, broker 3", "producerIdIsTheFirstOfItsBlock", last.ProducerID%1000 == 0,
		"producerEpoch", last.ProducerEpoch, fieldOnTheWay, way.list())
	return nil
}

// noteOtherCoordinators asks with keys and types that are out of the ordinary.
func (r *Run) noteOtherCoordinators() error {
	for _, c := range []struct {
		what string
		kind int8
		key  string
	}{
		{"FindCoordinator v6 of group with an empty id", 0, ""},
		{"FindCoordinator v6 of type 3", 3, "x"},
	} {
		got, err := r.findCoordinator(c.kind, c.key)
		var answer any
		if err != nil {
			if answer, err = silenceOr(err); err != nil {
				return err
			}
		} else {
			answer = r.coordinatorAnswer(got)
		}
		r.note(c.what, "answer", answer)
	}
	return nil
}

// leaderships counts how many partitions each broker leads, smallest first:
// which broker has which count is chance.
func leaderships(t kmsg.MetadataResponseTopic) []int {
	counts := make([]int, len(brokerIDs))
	for _, p := range t.Partitions {
		if i := slices.Index(brokerIDs, p.Leader); i >= 0 {
			counts[i]++
		}
	}
	slices.Sort(counts)
	return counts
}

// noteTopicConfigs writes down what is set on the topic itself.
func (r *Run) noteTopicConfigs(topic string) error {
	req := kmsg.NewPtrDescribeConfigsRequest()
	res := kmsg.NewDescribeConfigsRequestResource()
	res.ResourceType, res.ResourceName = kmsg.ConfigResourceTypeTopic, topic
	req.Resources = append(req.Resources, res)
	resp, err := send[*kmsg.DescribeConfigsResponse](r.probe, 1, req, 4)
	if err != nil {
		return err
	}
	if len(resp.Resources) != 1 {
		return errors.New("DescribeConfigs answered with another number of resources")
	}
	got := resp.Resources[0]
	set := []string{}
	for _, c := range got.Configs {
		if c.Source == kmsg.ConfigSourceDynamicTopicConfig {
			set = append(set, c.Name+"="+deref(c.Value))
		}
	}
	slices.Sort(set)
	r.note("configs set on the topic itself", "topic", topic, "error", codeName(got.ErrorCode), "configs", set)
	return nil
}

// noteCoordinators holds each group's coordinator against the leader of its
// partition of __consumer_offsets: the Java hash of the group id, made
// positive, modulo 50.
func (r *Run) noteCoordinators(offsets kmsg.MetadataResponseTopic) error {
	for _, group := range []string{"a", "b", "g1", "group", "my-group", "ñandú", "polygenelubricants"} {
		got, err := r.findCoordinator(0, group)
		if err != nil {
			return err
		}
		partition := int32(-1)
		for _, p := range offsets.Partitions {
			if p.Partition == groupPartition(group, len(offsets.Partitions)) && p.Leader == got.NodeID {
				partition = p.Partition
			}
		}
		r.note("coordinator of group "+group, "error", codeName(got.ErrorCode), "leadsPartition", partition)
	}
	return nil
}

// groupPartition is Kafka's partitionFor: Utils.abs(groupId.hashCode()) % n.
func groupPartition(group string, partitions int) int32 {
	var hash int32
	for _, r := range group { // every group of the scripts is in one UTF-16 unit a rune
		hash = 31*hash + r
	}
	if hash == -1<<31 {
		hash = 0
	}
	return max(hash, -hash) % int32(partitions)
}

// notePlacements makes topics and tells the pattern of their replicas.
func (r *Run) notePlacements() error {
	for _, c := range []struct {
		name       string
		partitions int32
		factor     int16
	}{{"spread-2", 4, 2}, {"spread-3", 6, 3}, {"spread-default", -1, -1}} {
		req := kmsg.NewPtrCreateTopicsRequest()
		req.TimeoutMillis = 10_000
		t := kmsg.NewCreateTopicsRequestTopic()
		t.Topic, t.NumPartitions, t.ReplicationFactor = c.name, c.partitions, c.factor
		req.Topics = append(req.Topics, t)
		resp, err := send[*kmsg.CreateTopicsResponse](r.probe, 2, req, 7)
		if err != nil {
			return err
		}
		got := resp.Topics[0]
		r.note(fmt.Sprintf("CreateTopics v7 %s, %d partitions, factor %d", c.name, c.partitions, c.factor), "answer",
			object("error", codeName(got.ErrorCode), "errorMessage", got.ErrorMessage, "partitions", got.NumPartitions, "replicationFactor", got.ReplicationFactor,
				"topicIdIsZero", got.TopicID == [16]byte{}, "configsError", codeName(got.ConfigErrorCode)))
		if err := r.awaitTopic(c.name, int(got.NumPartitions), brokerIDs...); err != nil {
			return err
		}
		placed, err := r.topicMetadata(1, c.name)
		if err != nil {
			return err
		}
		r.note("Metadata v12 of "+c.name, "answer", placedState(placed))
	}
	return nil
}

// way collects the distinct answers on the way to another.
type way struct{ seen map[string]bool }

func newWay() way { return way{seen: map[string]bool{}} }

func (w way) add(answer string) { w.seen[answer] = true }

func (w way) list() []string {
	out := []string{}
	for a := range w.seen {
		out = append(out, a)
	}
	slices.Sort(out)
	return out
}
