package swarm

import (
	"reflect"
	"strings"
	"testing"
)

func TestPlansAreReadAsTheyAreWritten(t *testing.T) {
	for seed := range uint64(200) {
		p := Draw(seed)
		if seed%2 == 1 {
			p.Bugs, p.Excerpt = []string{"zombie-ack"}, true
		}
		text := p.String()
		back, err := ParsePlan(text)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		if !reflect.DeepEqual(p, back) {
			t.Fatalf("seed %d comes back as\n%s\nwas\n%s", seed, back, text)
		}
	}
}

func TestPlansThatMakeNoSenseSayWhy(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"at 5ms explode 1", "there is no fault \"explode\"; there are kill, power-loss"},
		{"at soon kill 1", "no span of milliseconds"},
		{"at 5ms kill", "a step is"},
		{"at 5ms kill 1 2 3", "one word too many"},
		{"consumr 1 topic=x", "no line begins with \"consumr\""},
		{"seed", "says nothing more"},
		{"cluster brokers=many", "not a number"},
	} {
		if _, err := ParsePlan("# a comment\n" + c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
	if _, err := Play(&Plan{Bugs: []string{"unheard-of"}}); err == nil || !strings.Contains(err.Error(), "truncate-to-high-watermark") {
		t.Errorf("an unknown bug: %v", err)
	}
}
