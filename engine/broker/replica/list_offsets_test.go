package replica

import (
	"fmt"
	"testing"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestListOffsets holds answers against those of a real cluster
// (behaviour/14-list-offsets): records at 1000, 2000, 5000, 3000, and 3000 with
// 4000 in one batch.
func TestListOffsets(t *testing.T) {
	c := newTestCluster(t, 2, nil)
	c.createTopic("b14", 1)
	c.createTopic("empty", 1)
	for _, at := range []engine.WallTime{1000, 2000, 5000, 3000} {
		produced(c, produceRequest(12, -1, 1000, "b14", testBatch(t, at, "v")))
	}
	two := testBatch(t, 3000, "v", "w")
	produced(c, produceRequest(12, -1, 1000, "b14", two))

	cases := []struct {
		name      string
		topic     string
		version   int16
		timestamp int64
		epoch     int32
		broker    engine.NodeID
		code      engine.ErrorCode
		offset    int64
		at        int64
		leader    int32
	}{
		{name: "latest is the high watermark", version: 10, timestamp: -1, offset: 6, at: -1},
		{name: "latest at v1", version: 1, timestamp: -1, offset: 6, at: -1},
		{name: "earliest is the log start", version: 10, timestamp: -2, offset: 0, at: -1},
		{name: "max timestamp is too new for v6", version: 6, timestamp: -3, code: engine.ErrUnsupportedVersion, offset: -1, at: -1, leader: -1},
		{name: "max timestamp", version: 7, timestamp: -3, offset: 2, at: 5000},
		{name: "earliest local is too new for v7", version: 7, timestamp: -4, code: engine.ErrUnsupportedVersion, offset: -1, at: -1, leader: -1},
		{name: "earliest local", version: 8, timestamp: -4, offset: 0, at: -1},
		{name: "latest tiered is too new for v8", version: 8, timestamp: -5, code: engine.ErrUnsupportedVersion, offset: -1, at: -1, leader: -1},
		{name: "latest tiered finds nothing", version: 9, timestamp: -5, offset: -1, at: -1, leader: -1},
		{name: "earliest pending upload is too new for v10", version: 10, timestamp: -6, code: engine.ErrUnsupportedVersion, offset: -1, at: -1, leader: -1},
		{name: "earliest pending upload finds nothing", version: 11, timestamp: -6, offset: -1, at: -1, leader: -1},
		{name: "-7 means nothing", version: 11, timestamp: -7, code: engine.ErrUnsupportedVersion, offset: -1, at: -1, leader: -1},
		{name: "time 0", version: 10, timestamp: 0, offset: 0, at: 1000},
		{name: "time 1001", version: 10, timestamp: 1001, offset: 1, at: 2000},
		{name: "time 3000 finds the first not older, in offset order", version: 10, timestamp: 3000, offset: 2, at: 5000},
		{name: "time 5001 finds nothing", version: 10, timestamp: 5001, offset: -1, at: -1, leader: -1},
		{name: "a replica without a copy", version: 10, timestamp: -1, broker: 2, code: engine.ErrNotLeaderOrFollower, offset: -1, at: -1, leader: -1},
		{name: "an old epoch is fenced", version: 10, timestamp: -1, epoch: -2, code: engine.ErrFencedLeaderEpoch, offset: -1, at: -1, leader: -1},
		{name: "a new epoch is unknown", version: 10, timestamp: -1, epoch: 7, code: engine.ErrUnknownLeaderEpoch, offset: -1, at: -1, leader: -1},
		{name: "an unknown topic", topic: "nowhere", version: 10, timestamp: -1, code: engine.ErrUnknownTopicOrPartition, offset: -1, at: -1, leader: -1},
		{name: "latest of an empty log", topic: "empty", version: 10, timestamp: -1, offset: 0, at: -1},
		{name: "earliest of an empty log", topic: "empty", version: 10, timestamp: -2, offset: 0, at: -1},
		{name: "max timestamp of an empty log", topic: "empty", version: 10, timestamp: -3, offset: -1, at: -1, leader: -1},
		{name: "a time in an empty log", topic: "empty", version: 10, timestamp: 0, offset: -1, at: -1, leader: -1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if tc.topic == "" {
				tc.topic = "b14"
			}
			if tc.broker == 0 {
				tc.broker = 1
			}
			req := listRequest(tc.version, tc.topic, tc.timestamp)
			req.Topics[0].Partitions[0].CurrentLeaderEpoch = -1
			if tc.epoch != 0 {
				req.Topics[0].Partitions[0].CurrentLeaderEpoch = tc.epoch
			}
			got := &c.replies[c.ask(tc.broker, req)].(*kmsg.ListOffsetsResponse).Topics[0].Partitions[0]
			if engine.ErrorCode(got.ErrorCode) != tc.code || got.Offset != tc.offset || got.Timestamp != tc.at || got.LeaderEpoch != tc.leader {
				t.Errorf("%v offset=%d timestamp=%d epoch=%d, want %v %d %d %d", engine.ErrorCode(got.ErrorCode), got.Offset, got.Timestamp, got.LeaderEpoch,
					tc.code, tc.offset, tc.at, tc.leader)
			}
		})
	}
	t.Run("a partition named twice is an invalid request", func(t *testing.T) {
		req := listRequest(10, "b14", -1)
		req.Topics[0].Partitions = append(req.Topics[0].Partitions, req.Topics[0].Partitions[0])
		resp := c.replies[c.ask(1, req)].(*kmsg.ListOffsetsResponse)
		for _, p := range resp.Topics[0].Partitions {
			if engine.ErrorCode(p.ErrorCode) != engine.ErrInvalidRequest {
				t.Errorf("answer %v", engine.ErrorCode(p.ErrorCode))
			}
		}
	})
}

func listRequest(version int16, topic string, timestamp int64) *kmsg.ListOffsetsRequest {
	req := kmsg.NewPtrListOffsetsRequest()
	req.Version, req.ReplicaID = version, -1
	rt := kmsg.NewListOffsetsRequestTopic()
	rt.Topic = topic
	p := kmsg.NewListOffsetsRequestTopicPartition()
	p.Timestamp, p.CurrentLeaderEpoch = timestamp, -1
	rt.Partitions = append(rt.Partitions, p)
	req.Topics = append(req.Topics, rt)
	return req
}

// A new leader does not know yet what is committed; it says so rather than name
// an offset below what consumers may have seen (KIP-207).
func TestLatestOffsetRightAfterAnElection(t *testing.T) {
	c := newTestCluster(t, 3, nil)
	c.createTopic("orders", 1, 2, 3)
	produced(c, produceRequest(12, -1, 1000, "orders", testBatch(t, wallStart, "a")))
	c.kill(1)
	c.kill(3)
	c.change("orders", 2, 2, 3)
	for version, want := range map[int16]engine.ErrorCode{4: engine.ErrLeaderNotAvailable, 5: engine.ErrOffsetNotAvailable} {
		t.Run(fmt.Sprintf("version %d", version), func(t *testing.T) {
			got := &c.replies[c.ask(2, listRequest(version, "orders", -1))].(*kmsg.ListOffsetsResponse).Topics[0].Partitions[0]
			if engine.ErrorCode(got.ErrorCode) != want {
				t.Errorf("answer %v, want %v", engine.ErrorCode(got.ErrorCode), want)
			}
		})
	}
}
