package client

import (
	"testing"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func metadataAnswer(code engine.ErrorCode, id byte, partitions ...partitionMeta) *kmsg.MetadataResponse {
	resp := kmsg.NewPtrMetadataResponse()
	for _, n := range []int32{3, 1} {
		b := kmsg.NewMetadataResponseBroker()
		b.NodeID, b.Host, b.Port = n, "b", 9000+n
		resp.Brokers = append(resp.Brokers, b)
	}
	t := kmsg.NewMetadataResponseTopic()
	t.Topic, t.TopicID, t.ErrorCode = kmsg.StringPtr("t"), [16]byte{id}, int16(code)
	for i, p := range partitions {
		kp := kmsg.NewMetadataResponseTopicPartition()
		kp.Partition, kp.Leader, kp.LeaderEpoch = int32(i), int32(p.leader), int32(p.epoch)
		if p.leader == engine.NoNode {
			kp.ErrorCode = int16(engine.ErrLeaderNotAvailable)
		}
		t.Partitions = append(t.Partitions, kp)
	}
	resp.Topics = append(resp.Topics, t)
	return resp
}

func TestWhatAMetadataAnswerChanges(t *testing.T) {
	known := metadataAnswer(engine.ErrNone, 1, partitionMeta{1, 5})
	tests := []struct {
		name   string
		answer *kmsg.MetadataResponse
		want   partitionMeta
		known  bool
		again  bool
	}{
		{"a newer epoch counts", metadataAnswer(engine.ErrNone, 1, partitionMeta{3, 6}), partitionMeta{3, 6}, true, false},
		{"an older epoch does not", metadataAnswer(engine.ErrNone, 1, partitionMeta{3, 4}), partitionMeta{1, 5}, true, false},
		{"but does for a topic made anew", metadataAnswer(engine.ErrNone, 2, partitionMeta{3, 0}), partitionMeta{3, 0}, true, false},
		{"no leader: unknown, and asked again", metadataAnswer(engine.ErrNone, 1, partitionMeta{engine.NoNode, 6}),
			partitionMeta{engine.NoNode, engine.NoLeaderEpoch}, false, true},
		{"a leader without an address is unknown", metadataAnswer(engine.ErrNone, 1, partitionMeta{2, 6}),
			partitionMeta{engine.NoNode, engine.NoLeaderEpoch}, false, false},
		{"a topic that is gone is forgotten, and asked again", metadataAnswer(engine.ErrUnknownTopicOrPartition, 0),
			partitionMeta{engine.NoNode, engine.NoLeaderEpoch}, false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var v clusterView
			v.update(known)
			again := v.update(test.answer)
			got, ok := v.leader(engine.TopicPartition{Topic: "t"})
			if got != test.want || ok != test.known || again != test.again {
				t.Errorf("leader %v %v, again %v; want %v %v, again %v", got, ok, again, test.want, test.known, test.again)
			}
		})
	}
}

func TestWhatALeaderHintChanges(t *testing.T) {
	tests := []struct {
		name   string
		leader engine.NodeID
		epoch  engine.LeaderEpoch
		want   bool
	}{
		{"a newer epoch counts", 3, 6, true},
		{"the same epoch does not", 3, 5, false},
		{"nobody is no hint", engine.NoNode, 6, false},
		{"a broker without an address is none", 2, 6, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var v clusterView
			v.update(metadataAnswer(engine.ErrNone, 1, partitionMeta{1, 5}))
			if got := v.leaderHint(engine.TopicPartition{Topic: "t"}, test.leader, test.epoch); got != test.want {
				t.Errorf("took it: %v", got)
			}
			if p := v.partition(engine.TopicPartition{Topic: "t"}); test.want != (p.leader == test.leader && p.epoch == test.epoch) {
				t.Errorf("now %+v", *p)
			}
		})
	}
}
