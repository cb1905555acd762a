package interop

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"bitacora/server/interop/rig"
)

// TestOurCommands takes the article's steps with our own commands. They are
// plain Kafka clients, so they work against Apache Kafka as well.
func TestOurCommands(t *testing.T) {
	t.Parallel()
	c := start(t, rig.Options{})
	ours := func(t *testing.T, stdin string, args ...string) rig.Result {
		t.Helper()
		args = slices.Concat([]string{rig.Program(t)}, args, []string{"--bootstrap-server", rig.Servers(c)})
		return rig.Run(t, rig.Command{Args: args, Stdin: stdin})
	}
	must := func(t *testing.T, stdin string, args ...string) rig.Result {
		t.Helper()
		r := ours(t, stdin, args...)
		if r.Exit != 0 {
			t.Fatalf("bitacora %q: exit code %d\nstdout:\n%s\nstderr:\n%s", args, r.Exit, r.Stdout, r.Stderr)
		}
		return r
	}
	steps := []struct {
		name string
		run  func(*testing.T)
	}{
		{"a topic is created once", func(t *testing.T) {
			must(t, "", "topics", "create", "pedidos", "--partitions", "3", "--replication-factor", "3")
			r := ours(t, "", "topics", "create", "pedidos")
			if r.Exit == 0 || !strings.Contains(r.Stderr, "TOPIC_ALREADY_EXISTS") {
				t.Errorf("the second time: exit code %d, %q", r.Exit, r.Stderr)
			}
		}},
		{"it is listed and described", func(t *testing.T) {
			if got := must(t, "", "topics", "list").Lines(); !slices.Contains(got, "pedidos") {
				t.Errorf("got %q", got)
			}
			rows := regexp.MustCompile(`(?m)^pedidos +(\d) +[123] +\d+ +[123,]{5} +[123,]{5} +-`)
			r := must(t, "", "topics", "describe", "pedidos")
			if got := rows.FindAllString(r.Stdout, -1); len(got) != 3 {
				t.Errorf("got %s", r.Stdout)
			}
		}},
		{"a topic that is not there is an error", func(t *testing.T) {
			r := ours(t, "", "topics", "describe", "no-hay")
			if r.Exit == 0 || !strings.Contains(r.Stderr, "UNKNOWN_TOPIC_OR_PARTITION") {
				t.Errorf("exit code %d, %q", r.Exit, r.Stderr)
			}
		}},
		{"lines are written and read", func(t *testing.T) {
			must(t, "uno\ndos\n", "produce", "pedidos")
			must(t, "ana:sopa\nana:pan\n", "produce", "pedidos", "--key-separator", ":")
			r := must(t, "", "consume", "pedidos", "--from-beginning", "--max-messages", "4", "--print-key")
			got := slices.Sorted(slices.Values(r.Lines()))
			if want := []string{"ana\tpan", "ana\tsopa", "null\tdos", "null\tuno"}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}},
		{"a group's position is kept", func(t *testing.T) {
			must(t, "", "consume", "pedidos", "--group", "cocina", "--from-beginning", "--max-messages", "4")
			must(t, "tres\n", "produce", "pedidos")
			// --from-beginning is for partitions that had no record to commit yet.
			r := must(t, "", "consume", "pedidos", "--group", "cocina", "--from-beginning", "--max-messages", "1")
			if got := r.Lines(); !slices.Equal(got, []string{"tres"}) {
				t.Errorf("got %q", got)
			}
			if got := must(t, "", "groups", "list").Stdout; !strings.Contains(got, "cocina") {
				t.Errorf("groups: %s", got)
			}
			if got := must(t, "", "groups", "describe", "cocina").Stdout; !strings.Contains(got, "pedidos") {
				t.Errorf("the group: %s", got)
			}
		}},
		{"a wrong use says so and exits with 2", func(t *testing.T) {
			if r := ours(t, "", "topics", "create"); r.Exit != 2 || r.Stderr == "" {
				t.Errorf("exit code %d, %q", r.Exit, r.Stderr)
			}
		}},
	}
	for _, s := range steps {
		if !t.Run(s.name, s.run) {
			return // each step stands on the one before
		}
	}
}
