package live

import (
	"errors"
	"slices"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/cluster"
)

// TestBrokersComeAndGo adds a broker to a running cluster, finds it again after a
// restart over the same data, and removes it.
func TestBrokersComeAndGo(t *testing.T) {
	dir := t.TempDir()
	open := func() *Cluster {
		t.Helper()
		c, err := Open(Config{Spec: cluster.Spec{Brokers: 1, Controllers: 1}, DataDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	want := func(c *Cluster, nodes ...engine.NodeID) {
		t.Helper()
		if got := c.Nodes(); !slices.Equal(got, nodes) {
			t.Errorf("nodes %v, want %v", got, nodes)
		}
	}
	serving := func(c *Cluster) {
		t.Helper()
		within := time.After(30 * time.Second)
		for again := time.NewTicker(20 * time.Millisecond); ; {
			ok, missing := c.Serving()
			if ok {
				again.Stop()
				return
			}
			select {
			case <-again.C:
			case <-within:
				t.Fatal(missing)
			}
		}
	}
	c := open()
	serving(c)
	id, err := c.AddBroker()
	if err != nil || id != 2 {
		t.Fatalf("broker %d, %v", id, err)
	}
	want(c, 1, 2, 3000)
	serving(c)
	c.Close(10 * time.Second)

	c = open()
	defer func() { c.Close(10 * time.Second) }()
	want(c, 1, 2, 3000)
	serving(c)
	if err := c.RemoveBroker(1); !errors.Is(err, ErrNotLast) {
		t.Errorf("removing the first: %v", err)
	}
	if err := c.RemoveBroker(2); err != nil {
		t.Fatal(err)
	}
	want(c, 1, 3000)
	serving(c)
}
