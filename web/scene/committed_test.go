package scene_test

import (
	"slices"
	"testing"

	"bitacora/engine"
	"bitacora/engine/view"
	"bitacora/web/scene"
	"bitacora/web/still"
)

func TestCommitment(t *testing.T) {
	s := still.State("orders", "shipping")
	replica := func(s *view.State, partition int32, node engine.NodeID) *view.Replica {
		for i := range s.Replicas {
			if r := &s.Replicas[i]; r.Partition == partition && r.Node == node {
				return r
			}
		}
		t.Fatal("no such replica")
		return nil
	}
	cases := []struct {
		name      string
		partition int32
		node      engine.NodeID
		offset    engine.Offset
		want      scene.Commitment
		change    func(s *view.State)
	}{
		{name: "below its own high watermark a copy knows", partition: 0, node: 1, offset: 8, want: scene.Known},
		{name: "past every high watermark it waits", partition: 0, node: 1, offset: 9, want: scene.Waits},
		{name: "a follower that has not heard", partition: 2, node: 3, offset: 7, want: scene.Unheard},
		{name: "a broker that is down has not heard", partition: 1, node: 2, offset: 5, want: scene.Unheard},
		{name: "a new leader hears from those before it", partition: 2, node: 1, offset: 7, want: scene.Unheard, change: func(s *view.State) {
			replica(s, 2, 1).HighWatermark = 7
			replica(s, 2, 3).HighWatermark = 8
		}},
		{name: "another batch in its place is not committed", partition: 2, node: 3, offset: 7, want: scene.Waits, change: func(s *view.State) {
			replica(s, 2, 3).Batches[7].Epoch = 5
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := s
			s.Replicas = slices.Clone(s.Replicas)
			for i := range s.Replicas {
				s.Replicas[i].Batches = slices.Clone(s.Replicas[i].Batches)
			}
			if c.change != nil {
				c.change(&s)
			}
			b := replica(&s, c.partition, c.node).Batches[c.offset]
			target := scene.Target{Kind: scene.TargetBatch, Topic: "orders", Partition: c.partition, Node: c.node, Offset: c.offset}
			if got := scene.Committed(&s, target, &b); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestCommitmentOfTheMetadataLog(t *testing.T) {
	s := still.State("orders", "shipping")
	q := scene.QuorumOf(&s, 3)
	target := scene.Target{Kind: scene.TargetBatch, Node: 3, Offset: 16}
	if got := scene.Committed(&s, target, &q.Batches[16]); got != scene.Unheard {
		t.Errorf("an observer's last batch: %d", got)
	}
	q = scene.QuorumOf(&s, 3000)
	target.Node = 3000
	if got := scene.Committed(&s, target, &q.Batches[17]); got != scene.Waits {
		t.Errorf("what the majority lacks: %d", got)
	}
}
