package client

import (
	"testing"

	"bitacora/engine"
)

// TestMurmur2 holds the hash against values of Kafka's own Utils.murmur2
// (UtilsTest.testMurmur2).
func TestMurmur2(t *testing.T) {
	tests := []struct {
		key  string
		want int32
	}{
		{"21", -973932308},
		{"foobar", -790332482},
		{"a-little-bit-long-string", -985981536},
		{"a-little-bit-longer-string", -1486304829},
		{"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
		{"abc", 479470107},
	}
	for _, test := range tests {
		if got := Murmur2([]byte(test.key)); got != test.want {
			t.Errorf("murmur2(%q) = %d, want %d", test.key, got, test.want)
		}
	}
}

func TestAKeyHasItsPartition(t *testing.T) {
	for key, want := range map[string]int32{"21": (-973932308 & 0x7fffffff) % 3, "foobar": (-790332482 & 0x7fffffff) % 3} {
		if got := PartitionForKey([]byte(key), 3); got != want {
			t.Errorf("%q goes to %d, want %d", key, got, want)
		}
	}
}

// node runs a step of its own, to test what needs an Env.
type stepper struct{ do func(*engine.Env) }

func (s *stepper) Handle(env *engine.Env, _ engine.Input) { s.do(env) }

func withEnv(t *testing.T, do func(*engine.Env)) {
	t.Helper()
	p := engine.NewProcess(1, &stepper{do}, 7, 0)
	if _, violated := p.Step(1, 1, engine.Started{}); violated != nil {
		t.Fatal(violated)
	}
}

func viewOf(topic string, leaders ...engine.NodeID) clusterView {
	v := clusterView{topics: []topicMeta{{name: topic}}}
	for _, l := range leaders {
		v.topics[0].partitions = append(v.topics[0].partitions, partitionMeta{l, 0})
		if l != engine.NoNode {
			v.nodeHint(l, engine.Addr{Host: "b", Port: int32(l)})
		}
	}
	return v
}

func TestTheStickyPartitionerChanges(t *testing.T) {
	withEnv(t, func(env *engine.Env) {
		view := viewOf("t", 1, 1, 1, 1, 1, 1, 1, 1)
		s := stickyPartitioner{chosen: noPartition}
		first := s.partition(env, &view, "t")
		s.appended(env, &view, "t", 12<<10, 16<<10, false)
		s.appended(env, &view, "t", 8<<10, 16<<10, false)
		if s.chosen != first || s.produced != 20<<10 {
			t.Errorf("20 KB of a batch that is not full: %+v, chosen was %d", s, first)
		}
		s.appended(env, &view, "t", 1<<10, 16<<10, true)
		if s.produced != 0 {
			t.Errorf("more than a batch, and it is full: %+v", s)
		}
		s.appended(env, &view, "t", 32<<10, 16<<10, false)
		if s.produced != 0 {
			t.Errorf("twice a batch: %+v", s)
		}
	})
}

func TestTheStickyPartitionerPrefersPartitionsWithLeaders(t *testing.T) {
	withEnv(t, func(env *engine.Env) {
		view := viewOf("t", engine.NoNode, 2, engine.NoNode)
		for range 20 {
			s := stickyPartitioner{chosen: noPartition}
			if got := s.partition(env, &view, "t"); got != 1 {
				t.Errorf("chose %d, which has no leader", got)
			}
		}
	})
}

// TestLongQueuesAreDrawnLess draws with the weights of KIP-794's example.
func TestLongQueuesAreDrawnLess(t *testing.T) {
	withEnv(t, func(env *engine.Env) {
		s := stickyPartitioner{chosen: noPartition}
		s.weigh([]int32{0, 1, 2}, []int64{0, 3, 1}, 3)
		counts := [3]int{}
		for range 8000 {
			counts[s.draw(env)]++
		}
		for i, want := range [3]int{4000, 1000, 3000} {
			if d := counts[i] - want; d < -200 || d > 200 {
				t.Errorf("drawn %v, want about 4000, 1000 and 3000", counts)
			}
		}
		s.weigh([]int32{0, 1, 2}, []int64{2, 2, 2}, 3)
		if len(s.ids) != 0 {
			t.Error("queues of one length need no weights")
		}
		s.weigh([]int32{0, 2}, []int64{2, 2}, 3)
		if len(s.ids) == 0 {
			t.Error("a partition without a leader is left out")
		}
	})
}
