package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/log"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// extra adds a process to a world; it answers nothing and keeps nothing.
func (p *puppets) extra(t *testing.T, id engine.NodeID) {
	t.Helper()
	p.do[id] = silent
	p.disk[id] = log.NewMemory(0)
	err := p.s.Add(ProcessConfig{ID: id, Host: fmt.Sprint("host-", id), Booter: p, Disks: []Disk{p.disk[id]}})
	if err != nil {
		t.Fatal(err)
	}
}

// luckOf is when the first client's requests arrive and the server's commits end, in
// a world where latency and disks vary by chance and something else happens beside.
func luckOf(t *testing.T, beside func(*puppets)) string {
	t.Helper()
	p := newWorld(t)
	for _, link := range [][2]engine.NodeID{{client1, server}, {server, client1}} {
		p.s.SetLink(link[0], link[1], LinkConfig{LatencyMin: 5 * ms, LatencyMax: 20 * ms})
	}
	p.s.cfg.CommitMin, p.s.cfg.CommitMax = 5*ms, 50*ms
	beside(p)
	p.s.Run(engine.Time(200 * ms))
	p.started()
	first := p.last[server]
	p.dial(20)
	for range 10 {
		p.s.Command(server, func(env *engine.Env) { keep(env, first.store, "a") })
		p.s.RunFor(60 * ms)
	}
	p.s.RunFor(10 * time.Second)
	lines := slices.DeleteFunc(slices.Clone(first.lines), func(line string) bool {
		return !strings.Contains(line, "host-101") && !strings.Contains(line, "committed")
	})
	return strings.Join(lines, "; ")
}

// Every node, link and disk draws from a stream of its own, so that what happens to
// one leaves everybody else's luck alone.
func TestEverybodyHasLuckOfTheirOwn(t *testing.T) {
	const another engine.NodeID = 102
	want := luckOf(t, func(*puppets) {})
	if again := luckOf(t, func(*puppets) {}); again != want {
		t.Fatalf("the same world went two ways:\n%s\n%s", want, again)
	}
	tests := []struct {
		name   string
		beside func(*puppets)
	}{
		{"another client is added", func(p *puppets) { p.extra(t, another) }},
		{"another client sends much", func(p *puppets) {
			p.extra(t, another)
			p.s.Command(another, func(env *engine.Env) {
				for range 9 {
					env.Dial(engine.OwnerClient, engine.Addr{Host: "server", Port: 1})
				}
				env.Rand().Uint64()
			})
		}},
		{"another client's disk is used, cut off and killed", func(p *puppets) {
			p.extra(t, another)
			p.s.RunFor(0)
			p.s.Command(another, func(env *engine.Env) { keep(env, p.last[another].store, "b") })
			p.s.RunFor(50 * ms)
			p.s.Cut(another, server)
			p.s.Kill(another)
		}},
		{"a fault comes and goes", func(p *puppets) {
			p.s.Cut(client1, server)
			p.s.Heal(client1, server)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := luckOf(t, test.beside); got != want {
				t.Errorf("%s\nwant %s", got, want)
			}
		})
	}
}

// Equal times are ordered by node, then by when it was asked for.
func TestEqualTimesAreOrderedByNodeAndSequence(t *testing.T) {
	p := newWorld(t)
	p.started()
	var order []string
	for _, id := range []engine.NodeID{client1, server} { // the higher id asks first
		p.last[id].do = func(env *engine.Env, in engine.Input) {
			if fired, ok := in.(engine.TimerFired); ok {
				order = append(order, fmt.Sprintf("%d/%d", env.Self(), fired.Timer.Kind))
			}
		}
		p.s.Command(id, func(env *engine.Env) {
			env.SetTimer(engine.Timer{Kind: 9}, 50*ms)
			env.SetTimer(engine.Timer{Kind: 1}, 50*ms)
		})
	}
	p.s.RunFor(time.Second)
	if got := strings.Join(order, " "); got != "1/9 1/1 101/9 101/1" {
		t.Errorf("order %s", got)
	}
}

// What a node sends to itself is an input of a later step, never a call.
func TestAMessageToOneselfIsAnInputOfAnotherStep(t *testing.T) {
	p := newWorld(t)
	p.started()
	p.s.Command(server, func(env *engine.Env) {
		conn := env.Dial(engine.OwnerClient, engine.Addr{Host: "server", Port: 1})
		env.Send(conn, "self", kmsg.NewPtrMetadataRequest(), engine.Durable{})
		p.last[server].lines = append(p.last[server].lines, "the step is over")
	})
	p.s.RunFor(time.Second)
	lines := p.last[server].lines
	if len(lines) != 4 || lines[0] != "the step is over" || !strings.HasSuffix(lines[2], "request 0 of host-1") ||
		!strings.HasSuffix(lines[3], "response 0") {
		t.Errorf("%q", lines)
	}
}
