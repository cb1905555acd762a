package broker

import (
	"fmt"
	"testing"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// replicasDescribed spells a DescribeLogDirs answer.
func replicasDescribed(resp kmsg.Response) string {
	out := ""
	for _, d := range resp.(*kmsg.DescribeLogDirsResponse).Dirs {
		out += fmt.Sprintf("%s code=%d total=%d", d.Dir, d.ErrorCode, d.TotalBytes)
		for _, t := range d.Topics {
			for _, p := range t.Partitions {
				out += fmt.Sprintf(" %s-%d:%d lag=%d future=%t", t.Topic, p.Partition, p.Size, p.OffsetLag, p.IsFuture)
			}
		}
	}
	return out
}

// TestLogDirs asks a broker with two copies what lies in its one directory, and to
// move them.
func TestLogDirs(t *testing.T) {
	h := newOpen(t)
	h.apply(topic("orders", 1, ids(1, 2, 3), ids(2, 3, 1))...)
	h.apply(topic("elsewhere", 2, ids(2, 3))...)
	describe := func(topics ...kmsg.DescribeLogDirsRequestTopic) string {
		req := kmsg.NewPtrDescribeLogDirsRequest()
		req.Version, req.Topics = 4, topics
		return replicasDescribed(h.ask(req))
	}
	if got, want := describe(), "node-1 code=0 total=-1 orders-0:0 lag=0 future=false orders-1:0 lag=0 future=false"; got != want {
		t.Errorf("all: %s, want %s", got, want)
	}
	if got, want := describe(kmsg.DescribeLogDirsRequestTopic{Topic: "orders", Partitions: []int32{1, 7}}),
		"node-1 code=0 total=-1 orders-1:0 lag=0 future=false"; got != want {
		t.Errorf("some: %s, want %s", got, want)
	}
	move := func(dir, topic string, partition int32) engine.ErrorCode {
		req := kmsg.NewPtrAlterReplicaLogDirsRequest()
		req.Version = 2
		req.Dirs = []kmsg.AlterReplicaLogDirsRequestDir{{Dir: dir, Topics: []kmsg.AlterReplicaLogDirsRequestDirTopic{{Topic: topic, Partitions: []int32{partition}}}}}
		return engine.ErrorCode(h.ask(req).(*kmsg.AlterReplicaLogDirsResponse).Topics[0].Partitions[0].ErrorCode)
	}
	for _, c := range []struct {
		dir, topic string
		want       engine.ErrorCode
	}{
		{"node-1", "orders", engine.ErrNone},
		{"/other", "orders", engine.ErrLogDirNotFound},
		{"node-1", "elsewhere", engine.ErrReplicaNotAvailable},
	} {
		if got := move(c.dir, c.topic, 0); got != c.want {
			t.Errorf("%s to %s: %v, want %v", c.topic, c.dir, got, c.want)
		}
	}
}
