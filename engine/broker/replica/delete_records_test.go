package replica

import (
	"fmt"
	"testing"
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func deleteRequest(topic string, offset int64) *kmsg.DeleteRecordsRequest {
	req := kmsg.NewPtrDeleteRecordsRequest()
	req.Version, req.TimeoutMillis = 2, 5000
	t := kmsg.NewDeleteRecordsRequestTopic()
	t.Topic = topic
	p := kmsg.NewDeleteRecordsRequestTopicPartition()
	p.Offset = offset
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return req
}

// deleted asks a broker and tells the answer.
func deleted(c *testCluster, at engine.NodeID, req *kmsg.DeleteRecordsRequest) string {
	return deleteAnswer(c, c.ask(at, req))
}

func deleteAnswer(c *testCluster, conn engine.ConnID) string {
	resp, _ := c.replies[conn].(*kmsg.DeleteRecordsResponse)
	if resp == nil {
		return "waits"
	}
	p := resp.Topics[0].Partitions[0]
	return fmt.Sprintf("%v low=%d", engine.ErrorCode(p.ErrorCode), p.LowWatermark)
}

func TestDeleteRecords(t *testing.T) {
	c := newTestCluster(t, 2, nil)
	for _, name := range []string{"orders", "compacted", offsetsTopic} {
		c.createTopic(name, 1)
	}
	c.setConfig("compacted", "cleanup.policy", "compact")
	for range 5 {
		produced(c, produceRequest(12, -1, 1000, "orders", testBatch(t, wallStart, "v")))
	}
	tests := []struct {
		name   string
		topic  string
		at     engine.NodeID
		offset int64
		want   string
	}{
		{"up to an offset", "orders", 1, 2, "NONE low=2"},
		{"what is gone already is no error", "orders", 1, 1, "NONE low=2"},
		{"beyond the high watermark", "orders", 1, 6, "OFFSET_OUT_OF_RANGE low=-1"},
		{"a negative offset but -1", "orders", 1, -2, "OFFSET_OUT_OF_RANGE low=-1"},
		{"-1 is all that is committed", "orders", 1, -1, "NONE low=5"},
		{"a replica without a copy", "orders", 2, 1, "NOT_LEADER_OR_FOLLOWER low=-1"},
		{"a topic that is not there", "nowhere", 1, 1, "UNKNOWN_TOPIC_OR_PARTITION low=-1"},
		{"a topic that is compacted only", "compacted", 1, 0, "POLICY_VIOLATION low=-1"},
		{"an internal topic", offsetsTopic, 1, 0, "INVALID_TOPIC_EXCEPTION low=-1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := deleted(c, test.at, deleteRequest(test.topic, test.offset)); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
	if start, _ := c.hosts[1].node.m.Bounds(engine.TopicPartition{Topic: "orders"}); start != 5 {
		t.Errorf("the log starts at %d", start)
	}
}

// The answer waits for the live followers, which learn the log start offset from the
// leader's next answer and tell theirs with the Fetch after.
func TestDeleteRecordsWaitsForFollowers(t *testing.T) {
	newOrders := func(t *testing.T) *testCluster {
		c := newTestCluster(t, 2, nil)
		c.createTopic("orders", 1, 2)
		for range 3 {
			produced(c, produceRequest(12, -1, 1000, "orders", testBatch(t, wallStart, "v")))
		}
		c.run(time.Second)
		return c
	}
	t.Run("until they have followed", func(t *testing.T) {
		c := newOrders(t)
		conn := c.ask(1, deleteRequest("orders", 2))
		if got := deleteAnswer(c, conn); got != "waits" {
			t.Errorf("at once: %s", got)
		}
		c.run(time.Second)
		if got := deleteAnswer(c, conn); got != "NONE low=2" {
			t.Errorf("after a round of fetches: %s", got)
		}
	})
	t.Run("until it is too late", func(t *testing.T) {
		c := newOrders(t)
		c.kill(2)
		conn := c.ask(1, deleteRequest("orders", 2))
		c.run(4999 * time.Millisecond)
		if got := deleteAnswer(c, conn); got != "waits" {
			t.Errorf("too soon: %s", got)
		}
		c.run(time.Millisecond)
		if got := deleteAnswer(c, conn); got != "REQUEST_TIMED_OUT low=-1" {
			t.Errorf("after the time-out: %s", got)
		}
	})
	t.Run("until another broker leads", func(t *testing.T) {
		c := newOrders(t)
		conn := c.ask(1, deleteRequest("orders", 2))
		c.change("orders", 2)
		if got := deleteAnswer(c, conn); got != "NOT_LEADER_OR_FOLLOWER low=-1" {
			t.Errorf("after the election: %s", got)
		}
	})
}

func TestDescribeProducers(t *testing.T) {
	c := newTestCluster(t, 2, nil)
	c.createTopic("orders", 1)
	b := testBatch(t, 1234, "a", "b")
	b.SetProducer(7, 3, 0)
	b.SetCRC()
	produced(c, produceRequest(12, -1, 1000, "orders", b))
	ask := func(at engine.NodeID, topic string) kmsg.DescribeProducersResponseTopicPartition {
		req := kmsg.NewPtrDescribeProducersRequest()
		req.Topics = append(req.Topics, kmsg.DescribeProducersRequestTopic{Topic: topic, Partitions: []int32{0}})
		return c.replies[c.ask(at, req)].(*kmsg.DescribeProducersResponse).Topics[0].Partitions[0]
	}
	p := ask(1, "orders")
	if p.ErrorCode != 0 || len(p.ActiveProducers) != 1 {
		t.Fatalf("answer %+v", p)
	}
	a := p.ActiveProducers[0]
	if got := fmt.Sprint(a.ProducerID, a.ProducerEpoch, a.LastSequence, a.LastTimestamp, a.CoordinatorEpoch, a.CurrentTxnStartOffset); got != "7 3 1 1234 -1 -1" {
		t.Errorf("producer %s", got)
	}
	if got := engine.ErrorCode(ask(2, "orders").ErrorCode); got != engine.ErrNotLeaderOrFollower {
		t.Errorf("a broker without a copy: %v", got)
	}
	if got := engine.ErrorCode(ask(1, "nowhere").ErrorCode); got != engine.ErrUnknownTopicOrPartition {
		t.Errorf("an unknown topic: %v", got)
	}
}
