package replica

import (
	"slices"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
)

const offsetsTopic = "__consumer_offsets"

// asCoordinator runs f within a step of the broker.
func asCoordinator(c *testCluster, id engine.NodeID, f func(env *engine.Env, m *Manager)) {
	c.hosts[id].step(engine.Command{Body: inStep{f}})
	c.settle()
}

func takeEvents(c *testCluster, id engine.NodeID) []EventKind {
	var kinds []EventKind
	for _, e := range c.hosts[id].events {
		if e.Partition.Topic != offsetsTopic {
			c.t.Errorf("an event of %v", e.Partition)
		}
		kinds = append(kinds, e.Kind)
	}
	c.hosts[id].events = nil
	return kinds
}

// A coordinator hears when it may load, when what it wrote is committed, and when
// it must let go; for internal topics only.
func TestCoordinatorHears(t *testing.T) {
	c := newTestCluster(t, 2, nil)
	c.createTopic("orders", 1, 2)
	produced(c, produceRequest(12, -1, 1000, "orders", testBatch(t, wallStart, "a")))
	c.createTopic(offsetsTopic, 1, 2)
	tp := engine.TopicPartition{Topic: offsetsTopic}
	if got := takeEvents(c, 1); !slices.Equal(got, []EventKind{BecameLeader}) {
		t.Errorf("events %v, want BecameLeader", got)
	}
	if got := takeEvents(c, 2); len(got) > 0 {
		t.Errorf("a follower's coordinator hears %v", got)
	}
	c.run(time.Second) // the follower's fetcher waits for orders; then it takes this one in

	var r Appended
	asCoordinator(c, 1, func(env *engine.Env, m *Manager) {
		r = m.Append(env, tp, 0, testBatch(t, wallStart, "commit"))
		if start, hw := m.Bounds(tp); start != 0 || hw != 0 {
			t.Errorf("bounds %d %d before the followers have it", start, hw)
		}
	})
	if r.Code != engine.ErrNone || r.BaseOffset != 0 || r.NextOffset != 1 || r.After.Seq == 0 {
		t.Errorf("append: %+v", r)
	}
	if got := takeEvents(c, 1); !slices.Equal(got, []EventKind{HighWatermarkMoved}) {
		t.Errorf("events %v, want HighWatermarkMoved", got)
	}

	asCoordinator(c, 1, func(env *engine.Env, m *Manager) {
		if r := m.Append(env, tp, 7, testBatch(t, wallStart, "x")); r.Code != engine.ErrNotLeaderOrFollower {
			t.Errorf("an append under another epoch: %v", r.Code)
		}
	})
	asCoordinator(c, 2, func(env *engine.Env, m *Manager) {
		if r := m.Append(env, tp, 0, testBatch(t, wallStart, "x")); r.Code != engine.ErrNotLeaderOrFollower {
			t.Errorf("an append at a follower: %v", r.Code)
		}
		if _, code := m.Read(env, tp, 0, 1<<20); code != engine.ErrNotLeaderOrFollower {
			t.Errorf("a read at a follower: %v", code)
		}
	})

	c.change(offsetsTopic, 2)
	if got := takeEvents(c, 1); !slices.Equal(got, []EventKind{Resigned}) {
		t.Errorf("events %v, want Resigned", got)
	}
	if got := takeEvents(c, 2); len(got) == 0 || got[0] != BecameLeader {
		t.Errorf("events %v, want BecameLeader first", got)
	}
	asCoordinator(c, 2, func(env *engine.Env, m *Manager) {
		run, code := m.Read(env, tp, 0, 1<<20)
		it := batch.Iterate(run)
		if code != engine.ErrNone || !it.Next() || it.Batch().NextOffset() != 1 {
			t.Errorf("the new leader reads %d bytes, %v", len(run), code)
		}
		if run, code := m.Read(env, tp, 1, 1<<20); code != engine.ErrNone || len(run) > 0 {
			t.Errorf("at the end: %d bytes, %v", len(run), code)
		}
	})
}

// With too few in the ISR a coordinator's write is refused, as acks=all is.
func TestCoordinatorAppendNeedsEnoughReplicas(t *testing.T) {
	c := newTestCluster(t, 2, nil)
	c.createTopic(offsetsTopic, 1, 2)
	c.setConfig(offsetsTopic, "min.insync.replicas", "2")
	c.kill(2)
	c.change(offsetsTopic, -2, 1)
	asCoordinator(c, 1, func(env *engine.Env, m *Manager) {
		if r := m.Append(env, engine.TopicPartition{Topic: offsetsTopic}, 0, testBatch(t, wallStart, "x")); r.Code != engine.ErrNotEnoughReplicas {
			t.Errorf("append: %v", r.Code)
		}
	})
}
