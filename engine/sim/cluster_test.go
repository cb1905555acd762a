package sim

import (
	"fmt"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/cluster"
)

func newTestCluster(t *testing.T, seed uint64) *Sim {
	t.Helper()
	s, err := NewCluster(Config{Seed: seed}, cluster.Spec{Brokers: 3, Controllers: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if v := s.Violation(); v != nil {
			t.Errorf("seed %d at %v: %v", seed, time.Duration(s.Now()), v)
		}
	})
	return s
}

func (s *Sim) server(id engine.NodeID) *cluster.Server {
	n, state := s.Node(id)
	if state == Dead {
		return nil
	}
	return n.(*cluster.Server)
}

func TestAFreshClusterElectsJoinsAndUnfences(t *testing.T) {
	s := newTestCluster(t, 1)
	ready := func() bool {
		for _, id := range []engine.NodeID{1, 2, 3} {
			if s.server(id).Broker().Fenced() {
				return false
			}
		}
		return len(s.server(3000).Quorum().State().Voters) == 3
	}
	if !s.RunUntil(ready, 30*time.Second) {
		for _, id := range s.Nodes() {
			sv := s.server(id)
			if sv == nil {
				fmt.Println(id, "dead")
				continue
			}
			fmt.Printf("%d %+v\n", id, sv.Quorum().State())
		}
		t.Fatal("not ready after 30 s")
	}
	t.Logf("ready at %v after %d inputs", time.Duration(s.Now()), s.Handled())
}
