package replica

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// inRacks gives three brokers in three racks, b1 leading "orders" with one record
// that all have.
func inRacks(t *testing.T, selector string) *testCluster {
	c := newTestCluster(t, 3, func(cfg *Config) { cfg.ReplicaSelector = selector })
	for id := engine.NodeID(1); id <= 3; id++ {
		rack := fmt.Sprint("r", id)
		c.apply(&records.RegisterBrokerRecord{
			BrokerID: id, BrokerEpoch: c.epochs[id], Rack: &rack,
			EndPoints: []records.RegisterBrokerEndpoint{{Name: "PLAINTEXT", Host: fmt.Sprintf("b%d", id), Port: 9092}},
		})
	}
	c.createTopic("orders", 1, 2, 3)
	c.ask(1, produceRequest(12, -1, 1000, "orders", testBatch(t, wallStart, "a")))
	c.settle()
	c.run(time.Second)
	return c
}

func (c *testCluster) consume(to engine.NodeID, rack string, offset int64, wait int32) *kmsg.FetchResponseTopicPartition {
	req := kmsg.NewPtrFetchRequest()
	req.Version, req.Rack, req.MaxWaitMillis, req.MinBytes, req.MaxBytes = 12, rack, wait, 1, 1<<20
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic = "orders"
	p := kmsg.NewFetchRequestTopicPartition()
	p.FetchOffset, p.CurrentLeaderEpoch, p.PartitionMaxBytes = offset, -1, 1<<20
	topic.Partitions = append(topic.Partitions, p)
	req.Topics = append(req.Topics, topic)
	conn := c.ask(to, req)
	c.settle()
	resp, ok := c.replies[conn].(*kmsg.FetchResponse)
	if !ok {
		return nil
	}
	return &resp.Topics[0].Partitions[0]
}

// TestNearestReplica asks a leader for records from this rack and that.
func TestNearestReplica(t *testing.T) {
	for _, tc := range []struct {
		name, selector, rack string
		prepare              func(*testCluster)
		offset               int64
		want                 int32
	}{
		{"a consumer in a follower's rack is sent there", config.RackAwareReplicaSelector, "r2", nil, 0, 2},
		{"and to the other from its rack", config.RackAwareReplicaSelector, "r3", nil, 0, 3},
		{"in the leader's rack it stays", config.RackAwareReplicaSelector, "r1", nil, 0, -1},
		{"in a rack without replicas as well", config.RackAwareReplicaSelector, "r9", nil, 0, -1},
		{"without a rack as well", config.RackAwareReplicaSelector, "", nil, 0, -1},
		{"without a selector everybody reads from the leader", "", "r2", nil, 0, -1},
		{"a follower out of the ISR is none to read from", config.RackAwareReplicaSelector, "r2",
			func(c *testCluster) { c.change("orders", -2, 1, 3); c.settle() }, 0, -1},
		{"nor one that has not the offset", config.RackAwareReplicaSelector, "r2",
			func(c *testCluster) {
				c.kill(2)
				c.ask(1, produceRequest(12, 1, 1000, "orders", testBatch(c.t, wallStart, "b")))
				c.settle()
			}, 2, -1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := inRacks(t, tc.selector)
			if tc.prepare != nil {
				tc.prepare(c)
			}
			got := c.consume(1, tc.rack, tc.offset, 0)
			if got.PreferredReadReplica != tc.want {
				t.Fatalf("sent to %d, want %d", got.PreferredReadReplica, tc.want)
			}
			if sent := tc.want >= 0; sent != (len(got.RecordBatches) == 0) && tc.offset == 0 {
				t.Errorf("%d bytes of records", len(got.RecordBatches))
			}
		})
	}
	t.Run("it is told at once, however long it would wait", func(t *testing.T) {
		if got := inRacks(t, config.RackAwareReplicaSelector).consume(1, "r2", 1, 60_000); got == nil || got.PreferredReadReplica != 2 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("the follower answers, up to the high watermark it knows", func(t *testing.T) {
		c := inRacks(t, config.RackAwareReplicaSelector)
		got := c.consume(2, "r2", 0, 0)
		if len(got.RecordBatches) == 0 || got.HighWatermark != 1 || got.PreferredReadReplica != -1 {
			t.Errorf("%+v", got)
		}
	})
}

// TestReplicationQuota holds the rate's arithmetic to SimpleRate's: the first
// window counts whole, and what is older than all windows is forgotten.
func TestReplicationQuota(t *testing.T) {
	q := replicationQuota{bytesPerSecond: 1000, window: 1000, samples: 11}
	at := func(ms int64) engine.WallTime { return wallStart + engine.WallTime(ms) }
	check := func(ms int64, want bool) {
		t.Helper()
		if got := q.isExceeded(at(ms)); got != want {
			t.Errorf("after %d ms: exceeded %t, want %t", ms, got, want)
		}
	}
	check(0, false)
	q.record(1000, at(0))
	check(1, false) // 1000 bytes in a window of one second
	q.record(1, at(2))
	check(3, true)
	check(1001, false) // 1001 bytes in 1001 ms
	q.record(5000, at(1500))
	check(6000, true)  // 6001 bytes in 6.0 s
	check(6001, false) // and in 6.001 s
	q.record(20_000, at(11_500))
	check(12_000, true) // the first sample, of 11 s ago, is forgotten: 25000 bytes in 10.5 s
	check(23_000, false)
	q.bytesPerSecond = math.MaxInt64
	check(6000, false)
	if !moreThan(math.MaxUint64, 3, math.MaxUint64, 2) || moreThan(5, 2, 5, 2) || moreThan(1, math.MaxUint64, 2, math.MaxUint64) {
		t.Error("the comparison of products is wrong")
	}
	if got := throttledPartitions("0:1, 3:2,2:1", 1); !slices.Equal(got, []int32{0, 2}) {
		t.Errorf("b1 throttles %v", got)
	}
	q.throttled = map[string][]int32{"orders": throttledPartitions("*", 1), "returns": {4}}
	for tp, want := range map[engine.TopicPartition]bool{
		{Topic: "orders", Partition: 7}: true, {Topic: "returns", Partition: 4}: true, {Topic: "returns", Partition: 5}: false, {Topic: "x"}: false,
	} {
		if q.isThrottled(tp) != want {
			t.Errorf("%v throttled: %t", tp, !want)
		}
	}
}

// TestThrottledReplication adds a replica to a partition with a megabyte of records
// and lets it copy them at 100 kB/s.
func TestThrottledReplication(t *testing.T) {
	for _, side := range []string{"leader", "follower"} {
		t.Run(side, func(t *testing.T) {
			c := newTestCluster(t, 3, func(cfg *Config) { cfg.FetchBytesMax = 150_000 })
			id := c.createTopic("orders", 1, 2)
			for range 10 {
				c.ask(1, produceRequest(12, -1, 1000, "orders", testBatch(t, wallStart, strings.Repeat("x", 100_000))))
				c.settle()
			}
			rate := "100000"
			c.apply(&records.ConfigRecord{ResourceType: int8(metadata.ResourceBroker), Name: side + ".replication.throttled.rate", Value: &rate})
			c.setConfig("orders", side+".replication.throttled.replicas", "0:1,0:3")
			r := records.NewPartitionChangeRecord()
			r.TopicID, r.PartitionID, r.Replicas, r.AddingReplicas, r.Directories = id, 0, []engine.NodeID{1, 2, 3}, []engine.NodeID{3}, make([][16]byte, 3)
			c.apply(&r)
			c.settle()
			c.run(4 * time.Second)
			copied := func() engine.Offset {
				s, _ := c.hosts[3].node.m.State(engine.TopicPartition{Topic: "orders"})
				return s.LogEnd
			}
			if got := copied(); got == 0 || got >= 9 {
				t.Errorf("after 4 s %d of 10 records are copied", got)
			}
			// The replicas in sync are not held back.
			conn := c.ask(1, produceRequest(12, -1, 1000, "orders", testBatch(t, wallStart, "y")))
			c.run(time.Second)
			if resp := c.replies[conn]; resp == nil || resp.(*kmsg.ProduceResponse).Topics[0].Partitions[0].ErrorCode != 0 {
				t.Errorf("acks=all: %+v", resp)
			}
			c.run(20 * time.Second)
			if got := copied(); got != 11 {
				t.Errorf("in the end %d of 11 records are copied", got)
			}
		})
	}
}
