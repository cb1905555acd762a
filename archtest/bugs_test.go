package archtest

import "testing"

func TestKnownBugsStayInTheSimulator(t *testing.T) {
	for _, c := range []struct {
		name, file, src string
		want            string
	}{
		{"a server turns one on", "server/live/live.go", "package live\nfunc f(c *C) {\nc.Bugs = engine.BugZombieAck\n}", "3 3"},
		{"a server's test may", "server/live/live_test.go", "package live\nfunc f(c *C) {\nc.Bugs = engine.BugZombieAck\n}", ""},
		{"the simulator may", "engine/sim/cluster.go", "package sim\nfunc f(c *C) {\nc.Bugs = 1\n}", ""},
		{"a node may not, by assignment", "engine/group/sync.go", "package group\nfunc f(c *C) {\nc.Bugs |= 1\n}", "3"},
		{"a node may not, in a literal", "engine/group/sync.go", "package group\nvar c = C{\nBugs: 1}", "3"},
		{"a node may look", "engine/group/sync.go", "package group\nfunc f(c *C) bool {\nreturn c.Bugs.Has(engine.BugZombieAck)\n}", ""},
		{"other names are free", "server/live/live.go", "package live\nvar Bugle, Debug, bugs = 1, 2, 3", ""},
	} {
		s, err := ParseSource(module, c.file, []byte(c.src))
		if err != nil {
			t.Fatal(err)
		}
		if got := lines(CheckBugs(module, s)); got != c.want {
			t.Errorf("%s: findings on lines %q, want %q", c.name, got, c.want)
		}
	}
}
