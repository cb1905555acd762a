package live

import (
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/cluster"
	"bitacora/engine/log"
	"bitacora/server/store"
)

// setElection writes what a node's disk says of the quorum's epoch and leader.
func setElection(t *testing.T, cfg Config, id engine.NodeID, value []byte) (before []byte) {
	t.Helper()
	identity, formatted, err := store.ReadIdentity(cfg.dirOf(id))
	if err != nil || !formatted {
		t.Fatalf("whose data is it? %v", err)
	}
	d, err := store.OpenDirectory(cfg.dirOf(id), identity)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	meta, err := d.OpenMeta(store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer meta.Close()
	key := log.RecordKey{Kind: log.RecordQuorumState}
	if before, err = meta.Record(log.MetadataID, key); err != nil {
		t.Fatal(err)
	}
	before = slices.Clone(before)
	if err := meta.SetRecord(log.MetadataID, key, value); err != nil {
		t.Fatal(err)
	}
	if err := commitNow(meta); err != nil {
		t.Fatal(err)
	}
	return before
}

// TestANodeThatCannotStartLeavesNothingRunning: the last of six has a metadata disk
// that cannot be read. The five that were started before it must be gone.
func TestANodeThatCannotStartLeavesNothingRunning(t *testing.T) {
	cfg := Config{Spec: cluster.Spec{Brokers: 3, Controllers: 3}, DataDir: t.TempDir()}
	c, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	plan := c.Plan()
	last := plan[len(plan)-1].Config.NodeID
	c.Close(10 * time.Second)
	sound := setElection(t, cfg, last, []byte{0})

	if c, err = Open(cfg); err == nil {
		c.Close(0)
		t.Fatal("it opened with a quorum state of one byte")
	}
	if !strings.Contains(err.Error(), "quorum state of 1 bytes") {
		t.Errorf("it says %v", err)
	}
	for _, p := range plan {
		for _, addr := range p.Listeners {
			nc, err := net.Dial("tcp", net.JoinHostPort(addr.Host, strconv.Itoa(int(addr.Port))))
			if err == nil {
				nc.Close()
			}
			if !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("node %d still listens on port %d (%v)", p.Config.NodeID, addr.Port, err)
			}
		}
	}
	setElection(t, cfg, last, sound)
	if c, err = Open(cfg); err != nil {
		t.Fatalf("repaired, it does not open: %v", err)
	}
	c.Close(10 * time.Second)
}
