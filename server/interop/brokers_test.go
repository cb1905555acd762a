package interop

import (
	"slices"
	"strings"
	"testing"
	"time"

	"bitacora/server/interop/rig"
)

// TestAddAndRemoveBroker lets a fourth broker join a running cluster, gives it
// copies, and removes it again: its copies move away first.
func TestAddAndRemoveBroker(t *testing.T) {
	t.Parallel()
	if againstApache() {
		t.Skip("`bitacora brokers add` is for Bitácora alone")
	}
	b := rig.Serve(t, rig.Options{})
	ours := func(args ...string) rig.Result {
		t.Helper()
		args = slices.Concat([]string{rig.Program(t)}, args, []string{"--bootstrap-server", rig.Servers(b)})
		if args[1] == "brokers" {
			args = append(args, "--http", b.HTTP)
		}
		return rig.Run(t, rig.Command{Args: args})
	}
	must := func(args ...string) string {
		t.Helper()
		r := ours(args...)
		if r.Exit != 0 {
			t.Fatalf("%q: exit code %d, %s", args, r.Exit, r.Stderr)
		}
		return r.Stdout
	}
	if got := must("brokers", "add"); got != "Broker 4 is starting.\n" {
		t.Errorf("add: %q", got)
	}
	rig.Eventually(t, 30*time.Second, func() (bool, string) {
		got := must("brokers", "list")
		return strings.Contains(got, "\n4 "), got
	})
	must("topics", "create", "wide", "--partitions", "2", "--replication-factor", "4")
	if got := must("topics", "describe", "wide"); !strings.Contains(got, "4") {
		t.Errorf("no replica on broker 4: %s", got)
	}
	if r := ours("brokers", "remove", "2"); r.Exit == 0 || !strings.Contains(r.Stderr, "only the broker with the highest id can be removed") {
		t.Errorf("remove 2: exit code %d, %s", r.Exit, r.Stderr)
	}
	if got := must("brokers", "remove", "4"); got != "Broker 4 is gone.\n" {
		t.Errorf("remove: %q", got)
	}
	rig.Eventually(t, 30*time.Second, func() (bool, string) {
		got := must("brokers", "list")
		return !strings.Contains(got, "\n4 "), got
	})
	// Its copies are on nobody now: with three brokers there is no place for a fourth.
	rig.Eventually(t, 30*time.Second, func() (bool, string) {
		for _, line := range strings.Split(must("topics", "describe", "wide"), "\n")[1:] {
			if f := strings.Fields(line); len(f) >= 5 && strings.Contains(f[4], "4") {
				return false, line
			}
		}
		return true, ""
	})
}
