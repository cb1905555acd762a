package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/log"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// puppet is a node that writes down what it is handed, and does what the test says.
type puppet struct {
	s     *Sim
	store log.Store
	lines []string
	do    func(*engine.Env, engine.Input)
}

func (n *puppet) Handle(env *engine.Env, in engine.Input) {
	at := time.Duration(env.Now()).Milliseconds()
	switch in := in.(type) {
	case engine.Started:
		n.lines = append(n.lines, fmt.Sprintf("%d started", at))
	case engine.Request:
		n.lines = append(n.lines, fmt.Sprintf("%d request %d of %s", at, in.Correlation, in.ClientHost))
	case engine.Response:
		n.lines = append(n.lines, fmt.Sprintf("%d response %d", at, in.Correlation))
	case engine.Connected:
		n.lines = append(n.lines, fmt.Sprintf("%d connected", at))
	case engine.Disconnected:
		n.lines = append(n.lines, fmt.Sprintf("%d disconnected %d", at, in.Reason))
	case engine.TimerFired:
		n.lines = append(n.lines, fmt.Sprintf("%d timer %d", at, in.Timer.Kind))
	case engine.Committed:
		n.lines = append(n.lines, fmt.Sprintf("%d committed", at))
	case engine.Shutdown:
		n.lines = append(n.lines, fmt.Sprintf("%d shutdown", at))
	}
	if c, ok := in.(engine.Command); ok {
		c.Body.(func(*engine.Env))(env)
		return
	}
	if n.do != nil {
		n.do(env, in)
	}
}

// puppets makes the nodes of a world; each life of a process is a puppet of its own.
type puppets struct {
	s    *Sim
	last map[engine.NodeID]*puppet
	do   map[engine.NodeID]func(*engine.Env, engine.Input)
	disk map[engine.NodeID]*log.Memory
	fail error
}

func (p *puppets) Boot(id engine.NodeID, disks []log.Store) (engine.Node, error) {
	if p.fail != nil {
		return nil, p.fail
	}
	n := &puppet{s: p.s, store: disks[0], do: p.do[id]}
	p.last[id] = n
	return n, nil
}

const (
	client1 engine.NodeID = 101
	server  engine.NodeID = 1
)

// newWorld makes a client and a server, 10 ms apart, whose disks take 5 ms. The
// server answers what it is asked unless the test says otherwise.
func newWorld(t *testing.T) *puppets {
	s := New(Config{
		Seed: 1, Link: LinkConfig{LatencyMin: 10 * time.Millisecond, LatencyMax: 10 * time.Millisecond},
		CommitMin: 5 * time.Millisecond, CommitMax: 5 * time.Millisecond,
	})
	p := &puppets{s: s, last: map[engine.NodeID]*puppet{}, do: map[engine.NodeID]func(*engine.Env, engine.Input){}, disk: map[engine.NodeID]*log.Memory{}}
	p.do[server] = answer
	for _, id := range []engine.NodeID{server, client1} {
		p.disk[id] = log.NewMemory(0)
		cfg := ProcessConfig{ID: id, Host: fmt.Sprint("host-", id), Booter: p, Disks: []Disk{p.disk[id]}}
		if id == server {
			cfg.Listeners = []engine.Addr{{Host: "server", Port: 1}}
		}
		if err := s.Add(cfg); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func answer(env *engine.Env, in engine.Input) {
	if req, ok := in.(engine.Request); ok {
		env.Reply(req, kmsg.NewPtrMetadataResponse(), engine.Durable{})
	}
}

func silent(*engine.Env, engine.Input) {}

// dial makes the client connect and send n requests.
func (p *puppets) dial(n int) (conn engine.ConnID) {
	p.s.Command(client1, func(env *engine.Env) {
		conn = env.Dial(engine.OwnerClient, engine.Addr{Host: "server", Port: 1})
		for range n {
			env.Send(conn, "c", kmsg.NewPtrMetadataRequest(), engine.Durable{})
		}
	})
	p.s.RunFor(0)
	return conn
}

func (p *puppets) expect(t *testing.T, id engine.NodeID, want ...string) {
	t.Helper()
	n := p.last[id]
	if got := strings.Join(n.lines, "; "); got != strings.Join(want, "; ") {
		t.Errorf("node %d: %s\nwant    %s", id, got, strings.Join(want, "; "))
	}
	n.lines = nil
}

// started forgets what happened until now.
func (p *puppets) started() {
	p.s.RunFor(0)
	for _, n := range p.last {
		n.lines = nil
	}
}

const ms = time.Millisecond

func TestNetwork(t *testing.T) {
	tests := []struct {
		name string
		run  func(t *testing.T, p *puppets)
	}{
		{"a connection takes a round trip, a request another", func(t *testing.T, p *puppets) {
			p.dial(1)
			p.s.RunFor(time.Second)
			p.expect(t, client1, "20 connected", "40 response 0")
			p.expect(t, server, "30 request 0 of host-101")
		}},
		{"a connection serves one request at a time, in order", func(t *testing.T, p *puppets) {
			var held []engine.Request
			p.last[server].do = func(env *engine.Env, in engine.Input) {
				if req, ok := in.(engine.Request); ok {
					held = append(held, req)
				}
			}
			p.dial(3)
			p.s.RunFor(70 * ms)
			p.expect(t, server, "30 request 0 of host-101")
			p.s.Command(server, func(env *engine.Env) { answer(env, held[0]) })
			p.s.RunFor(0)
			p.expect(t, server, "70 request 1 of host-101")
			p.s.Command(server, func(env *engine.Env) { env.NoReply(held[1]) })
			p.s.RunFor(0)
			p.expect(t, server, "70 request 2 of host-101")
		}},
		{"answering twice is a broken invariant", func(t *testing.T, p *puppets) {
			p.last[server].do = func(env *engine.Env, in engine.Input) {
				answer(env, in)
				answer(env, in)
			}
			p.dial(1)
			defer func() {
				if v, ok := recover().(engine.Violation); !ok || v.Name != "OneAnswerPerRequest" {
					t.Errorf("recovered %v", v)
				}
			}()
			p.s.RunFor(time.Second)
		}},
		{"nobody listens there", func(t *testing.T, p *puppets) {
			p.s.Command(client1, func(env *engine.Env) { env.Dial(engine.OwnerClient, engine.Addr{Host: "nowhere"}) })
			p.s.RunFor(time.Second)
			p.expect(t, client1, fmt.Sprintf("0 disconnected %d", engine.UnknownHost))
		}},
		{"a dead process refuses", func(t *testing.T, p *puppets) {
			p.s.Kill(server)
			p.dial(1)
			p.s.RunFor(time.Second)
			p.expect(t, client1, fmt.Sprintf("20 disconnected %d", engine.Refused))
		}},
		{"bytes take their time", func(t *testing.T, p *puppets) {
			p.s.SetLink(server, client1, LinkConfig{LatencyMin: 10 * ms, LatencyMax: 10 * ms, BytesPerSecond: 96 * 20})
			p.dial(2) // an answer of 96 bytes takes 50 ms on the wire
			p.s.RunFor(time.Second)
			p.expect(t, client1, "20 connected", "90 response 0", "140 response 1")
		}},
		{"latency that varies keeps the order of a connection", func(t *testing.T, p *puppets) {
			p.s.SetLink(client1, server, LinkConfig{LatencyMax: 500 * ms})
			p.dial(50)
			p.s.RunFor(10 * time.Second)
			for i, line := range p.last[server].lines {
				if !strings.HasSuffix(line, fmt.Sprintf(" request %d of host-101", i)) {
					t.Errorf("at place %d: %s", i, line)
				}
			}
			if len(p.last[server].lines) != 50 {
				t.Errorf("%d requests", len(p.last[server].lines))
			}
		}},
		{"closing tells both, after what was sent", func(t *testing.T, p *puppets) {
			conn := p.dial(1)
			p.s.RunFor(20 * ms)
			p.s.Command(client1, func(env *engine.Env) { env.Close(conn) })
			p.s.RunFor(time.Second)
			p.expect(t, client1, "20 connected", fmt.Sprintf("20 disconnected %d", engine.ClosedHere))
			p.expect(t, server, "30 request 0 of host-101", fmt.Sprintf("30 disconnected %d", engine.ClosedByPeer))
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newWorld(t)
			p.started()
			test.run(t, p)
		})
	}
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name string
		run  func(t *testing.T, p *puppets)
	}{
		{"a killed process's connections close, and it starts anew", func(t *testing.T, p *puppets) {
			p.last[server].do = silent
			p.dial(1)
			p.s.RunFor(100 * ms)
			p.s.Kill(server)
			p.s.Restart(server)
			p.s.Restart(server) // alive: nothing
			p.s.RunFor(time.Second)
			p.expect(t, client1, "20 connected", fmt.Sprintf("110 disconnected %d", engine.ClosedByPeer))
			p.expect(t, server, "100 started")
		}},
		{"an answer sent just before the kill arrives", func(t *testing.T, p *puppets) {
			p.dial(1)
			p.s.RunFor(30 * ms)
			p.s.Kill(server)
			p.s.RunFor(time.Second)
			p.expect(t, client1, "20 connected", "40 response 0", fmt.Sprintf("40 disconnected %d", engine.ClosedByPeer))
		}},
		{"timers of a life end with it", func(t *testing.T, p *puppets) {
			p.s.Command(server, func(env *engine.Env) { env.SetTimer(engine.Timer{Kind: 1}, 50*ms) })
			p.s.RunFor(10 * ms)
			p.s.Kill(server)
			p.s.Restart(server)
			p.s.RunFor(time.Second)
			p.expect(t, server, "10 started")
		}},
		{"without power nobody is told", func(t *testing.T, p *puppets) {
			p.last[server].do = silent
			p.dial(1)
			p.s.RunFor(100 * ms)
			p.s.Do(Action{Kind: ActPowerLoss, Node: server})
			p.s.RunFor(time.Minute)
			p.expect(t, client1, "20 connected")
		}},
		{"a paused process accepts and is silent, then does all in order", func(t *testing.T, p *puppets) {
			p.s.Command(server, func(env *engine.Env) {
				env.SetTimer(engine.Timer{Kind: 1}, 50*ms)
				env.SetTimer(engine.Timer{Kind: 2}, time.Minute)
			})
			p.s.RunFor(0)
			p.s.Do(Action{Kind: ActPause, Node: server})
			p.dial(2)
			p.s.RunFor(time.Second)
			p.expect(t, server)
			p.expect(t, client1, "20 connected")
			p.s.Do(Action{Kind: ActResume, Node: server})
			p.s.RunFor(time.Second)
			p.expect(t, server, "1000 timer 1", "1000 request 0 of host-101", "1000 request 1 of host-101")
			p.expect(t, client1, "1010 response 0", "1010 response 1")
		}},
		{"a process killed while paused starts with nothing of it", func(t *testing.T, p *puppets) {
			p.s.Do(Action{Kind: ActPause, Node: server})
			p.dial(1)
			p.s.RunFor(100 * ms)
			p.s.Kill(server)
			p.s.Restart(server)
			p.s.RunFor(100 * ms)
			p.expect(t, server, "100 started")
			p.expect(t, client1, "20 connected", fmt.Sprintf("110 disconnected %d", engine.ClosedByPeer))
		}},
		{"a cut link stalls what is sent, and healing delivers it in order", func(t *testing.T, p *puppets) {
			conn := p.dial(0)
			p.s.RunFor(20 * ms)
			p.s.Cut(client1, server)
			p.s.Command(client1, func(env *engine.Env) {
				for range 2 {
					env.Send(conn, "c", kmsg.NewPtrMetadataRequest(), engine.Durable{})
				}
			})
			p.s.RunFor(980 * ms)
			p.expect(t, server)
			p.s.Heal(client1, server)
			p.s.RunFor(time.Second)
			p.expect(t, server, "1010 request 0 of host-101", "1010 request 1 of host-101")
		}},
		{"one cut while a message is under way stalls it too, in that direction alone", func(t *testing.T, p *puppets) {
			p.dial(1)
			p.s.RunFor(25 * ms)
			p.s.Do(Action{Kind: ActCut, Node: server, Peer: client1})
			p.s.RunFor(100 * ms)
			p.expect(t, server, "30 request 0 of host-101")
			p.expect(t, client1, "20 connected")
			p.s.Do(Action{Kind: ActHeal, Node: server, Peer: client1})
			p.s.RunFor(100 * ms)
			p.expect(t, client1, "135 response 0")
		}},
		{"dialling over a cut link fails after Kafka's connection set-up time", func(t *testing.T, p *puppets) {
			p.s.Cut(client1, server)
			p.dial(1)
			p.s.RunFor(time.Minute)
			p.expect(t, client1, fmt.Sprintf("10000 disconnected %d", engine.Unreachable))
		}},
		{"a clock jumps; the other does not", func(t *testing.T, p *puppets) {
			var walls []engine.WallTime
			look := func(env *engine.Env) { walls = append(walls, env.Wall()) }
			p.s.Command(server, look)
			p.s.RunFor(0)
			p.s.Do(Action{Kind: ActClock, Node: server, By: -time.Hour})
			p.s.Command(server, look)
			p.s.RunFor(0)
			if walls[1]-walls[0] != -3_600_000 || p.s.Now() != 0 {
				t.Errorf("walls %v at %v", walls, p.s.Now())
			}
		}},
		{"a process that cannot start stays dead", func(t *testing.T, p *puppets) {
			p.s.Kill(server)
			p.fail = errors.New("damaged")
			p.s.Restart(server)
			if _, state := p.s.Node(server); state != Dead {
				t.Errorf("state %d", state)
			}
			p.fail = nil
			p.s.Restart(server)
			if _, state := p.s.Node(server); state != Running {
				t.Errorf("state %d", state)
			}
		}},
		{"a broken invariant stops its node as a crash would", func(t *testing.T, p *puppets) {
			p.last[server].do = func(env *engine.Env, in engine.Input) {
				answer(env, in)
				engine.Violated("Anything", "at all")
			}
			p.dial(1)
			p.s.RunFor(time.Second)
			p.expect(t, client1, "20 connected", fmt.Sprintf("40 disconnected %d", engine.ClosedByPeer))
			if v := p.s.Violation(); v == nil || v.Name != "Anything" {
				t.Errorf("violation %v", v)
			}
		}},
		{"actions set for later happen then, before the nodes' inputs", func(t *testing.T, p *puppets) {
			p.s.Command(server, func(env *engine.Env) { env.SetTimer(engine.Timer{Kind: 1}, 50*ms) })
			p.s.At(engine.Time(50*ms), Action{Kind: ActKill, Node: server})
			p.s.At(engine.Time(60*ms), Action{Kind: ActRestart, Node: server})
			n := p.last[server]
			p.s.RunFor(time.Second)
			if len(n.lines) > 0 {
				t.Errorf("the first life saw %v", n.lines)
			}
			p.expect(t, server, "60 started")
			if len(p.s.Actions()) != 3 {
				t.Errorf("%d actions", len(p.s.Actions()))
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newWorld(t)
			p.started()
			test.run(t, p)
		})
	}
}

func TestTimers(t *testing.T) {
	p := newWorld(t)
	p.started()
	one, two := engine.Timer{Kind: 1}, engine.Timer{Kind: 2}
	p.s.Command(server, func(env *engine.Env) {
		env.SetTimer(one, 10*ms)
		env.SetTimer(one, 30*ms) // moved
		env.SetTimer(two, 20*ms)
		env.CancelTimer(two)
		env.CancelTimer(engine.Timer{Kind: 3})
		env.SetTimer(engine.Timer{Kind: 1, Key: 5}, 30*ms) // another value is another timer
		env.SetTimer(engine.Timer{Kind: 4}, 0)
	})
	p.s.RunFor(time.Second)
	p.expect(t, server, "0 timer 4", "30 timer 1", "30 timer 1")
}

func keep(env *engine.Env, store log.Store, value string) engine.Durable {
	if err := store.SetRecord(log.StoreID, log.RecordKey{Kind: log.RecordOwner + 9}, []byte(value)); err != nil {
		panic(err)
	}
	return engine.Durable{Disk: 0, Seq: uint64(store.LastSeq())}
}

func kept(store log.Store) string {
	v, _ := store.Record(log.StoreID, log.RecordKey{Kind: log.RecordOwner + 9})
	return string(v)
}

func TestBarriersHoldMessages(t *testing.T) {
	p := newWorld(t)
	p.started()
	p.last[server].do = func(env *engine.Env, in engine.Input) {
		if req, ok := in.(engine.Request); ok {
			after := engine.Durable{}
			if req.Correlation == 0 {
				after = keep(env, p.last[server].store, "a")
			}
			env.Reply(req, kmsg.NewPtrMetadataResponse(), after)
		}
	}
	p.s.Do(Action{Kind: ActSlowDisk, Node: server, By: 95 * ms})
	p.dial(2)
	p.s.RunFor(time.Second)
	// The disk takes 100 ms. The next request is served meanwhile, and its answer,
	// which waits for nothing, stays behind the first.
	p.expect(t, server, "30 request 0 of host-101", "30 request 1 of host-101", "130 committed")
	p.expect(t, client1, "20 connected", "140 response 0", "140 response 1")
}

func TestDisks(t *testing.T) {
	tests := []struct {
		name string
		do   Action
		wait time.Duration
		want string
	}{
		{"what was not committed is lost with the process", Action{Kind: ActKill, Node: server}, 2 * ms, ""},
		{"what was committed stays", Action{Kind: ActKill, Node: server}, 6 * ms, "a"},
		{"but not without power, when nobody synced it", Action{Kind: ActPowerLoss, Node: server}, 6 * ms, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newWorld(t)
			p.started()
			first := p.last[server]
			p.s.Command(server, func(env *engine.Env) { keep(env, first.store, "a") })
			p.s.RunFor(test.wait)
			p.s.Do(test.do)
			p.s.Restart(server)
			p.s.RunFor(time.Second)
			if got := kept(p.last[server].store); got != test.want {
				t.Errorf("kept %q, want %q", got, test.want)
			}
			if slices.Contains(first.lines, "5 committed") != (test.wait > 5*ms) {
				t.Errorf("the first life saw %v", first.lines)
			}
		})
	}
}

func TestAddRefuses(t *testing.T) {
	p := newWorld(t)
	if err := p.s.Add(ProcessConfig{ID: server, Booter: p}); err == nil {
		t.Error("two processes with one id")
	}
	if err := p.s.Add(ProcessConfig{ID: 5, Booter: p, Listeners: []engine.Addr{{Host: "server", Port: 1}}}); err == nil {
		t.Error("two listeners at one address")
	}
}
