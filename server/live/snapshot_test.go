package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/cluster"
	"bitacora/engine/config"

	"github.com/twmb/franz-go/pkg/kadm"
)

// seen counts events by kind and node.
type seen struct {
	mu   sync.Mutex
	kind map[engine.EventKind]map[engine.NodeID]int
	more chan struct{} // gets something whenever there is more
}

func newSeen() *seen {
	return &seen{kind: map[engine.EventKind]map[engine.NodeID]int{}, more: make(chan struct{}, 1)}
}

// Observe takes an event.
func (s *seen) Observe(_ engine.Time, _ engine.WallTime, ev *engine.Event) {
	s.mu.Lock()
	if s.kind[ev.Kind] == nil {
		s.kind[ev.Kind] = map[engine.NodeID]int{}
	}
	s.kind[ev.Kind][ev.Node]++
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// await waits until each of the nodes has had an event of a kind.
func (s *seen) await(ctx context.Context, t *testing.T, what string, kind engine.EventKind, ids ...engine.NodeID) {
	t.Helper()
	for {
		s.mu.Lock()
		all := true
		for _, id := range ids {
			all = all && s.kind[kind][id] > 0
		}
		s.mu.Unlock()
		if all {
			return
		}
		select {
		case <-s.more:
		case <-ctx.Done():
			t.Fatalf("%s: not in time", what)
		}
	}
}

// TestServersGoOnFromSnapshots: over sockets and Badger, servers that make snapshots
// of the metadata log begin with them after a stop of everything, and a broker whose
// disk is new gets one from the leader, piece by piece.
func TestServersGoOnFromSnapshots(t *testing.T) {
	dir := t.TempDir()
	spec := cluster.Spec{Brokers: 3, Controllers: 3, Properties: map[string]string{
		config.MetadataSnapshotBytes: "2000", config.QuorumFetchSnapshotMax: "500",
	}}
	ctx := within(t, 120*time.Second)
	everybody := slices.Concat(spec.BrokerIDs(), spec.ControllerIDs())
	var want []string
	life := func(number int, inspect func(*Cluster, *seen)) {
		c, err := Open(Config{Spec: spec, DataDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(10 * time.Second)
		events := newSeen()
		c.Watch(events)
		c.AwaitServing(ctx)
		cl := newClient(t, c)
		defer cl.Close()
		for i := range 3 {
			want = append(want, fmt.Sprintf("pedidos-%d-%d", number, i))
			createTopic(ctx, t, cl, want[len(want)-1], 3)
		}
		inspect(c, events)
		topics, err := kadm.NewClient(cl).ListTopics(ctx)
		if err != nil || !slices.Equal(topics.Names(), want) {
			t.Errorf("life %d has the topics %v, want %v (%v)", number, topics.Names(), want, err)
		}
	}
	life(1, func(_ *Cluster, events *seen) {
		events.await(ctx, t, "everybody makes snapshots", engine.EventSnapshotGenerated, everybody...)
	})
	if err := os.RemoveAll(filepath.Join(dir, "node-3")); err != nil {
		t.Fatal(err)
	}
	life(2, func(c *Cluster, events *seen) {
		c.Do(3, func(p *engine.Process) {
			if q := p.Node.(*cluster.Server).Quorum(); q.LogStart() == 0 || len(q.State().Snapshots) == 0 {
				t.Errorf("3 began with an empty log, and not with a snapshot: %+v", q.State())
			}
		})
		for _, id := range []engine.NodeID{1, 3001} {
			if err := errors.Join(c.Kill(id), c.Restart(id)); err != nil {
				t.Fatal(err)
			}
		}
		events.await(ctx, t, "who is restarted begins with a snapshot", engine.EventSnapshotLoaded, 1, 3001)
	})
}
