package engine

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// firstDraw is what the stream "link/1/2" of seed 42 begins with, on every machine.
const firstDraw = 0xc6bf4eeafe439a99

// scripted is a node that does what a test tells it to.
type scripted struct{ do func(*Env, Input) }

func (s *scripted) Handle(env *Env, in Input) { s.do(env, in) }

func TestEffectsLeaveOnlyWhenHandleReturns(t *testing.T) {
	tests := []struct {
		name    string
		breaks  func()
		effects int
		broken  string
	}{
		{"a step that returns leaves its effects in order", func() {}, 2, ""},
		{"a broken invariant drops them all", func() { Violated("LeaderEpochMonotonic", "5 after %d", 6) }, 0, "LeaderEpochMonotonic: 5 after 6"},
		{"any other panic is a broken invariant too", func() { panic("index out of range") }, 0, "NoPanic: index out of range"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := NewProcess(1, &scripted{func(env *Env, _ Input) {
				env.SetTimer(Timer{Kind: 1}, time.Second)
				env.Halt(HaltCleanShutdown)
				test.breaks()
			}}, 7, 0)
			effects, violated := p.Step(5, 0, Started{})
			if len(effects) != test.effects {
				t.Errorf("%d effects, want %d", len(effects), test.effects)
			}
			got := ""
			if violated != nil {
				got = violated.Error()
			}
			if got != test.broken {
				t.Errorf("violation %q, want %q", got, test.broken)
			}
		})
	}
}

func TestTimersCountFromTheStep(t *testing.T) {
	p := NewProcess(1, &scripted{func(env *Env, _ Input) {
		env.SetTimer(Timer{Kind: 1}, 2*time.Second)
		env.SetTimer(Timer{Kind: 2}, -time.Second)
	}}, 7, 0)
	effects, _ := p.Step(Time(time.Second), 0, Started{})
	if at := effects[0].At; at != Time(3*time.Second) {
		t.Errorf("due at %d, want 3 s", at)
	}
	if at := effects[1].At; at != Time(time.Second) {
		t.Errorf("a timer in the past is due at %d, want now", at)
	}
}

func TestTheMonotonicClockNeverGoesBack(t *testing.T) {
	p := NewProcess(1, &scripted{func(*Env, Input) {}}, 7, 0)
	p.Step(10, 0, Started{})
	defer func() {
		if v, ok := recover().(Violation); !ok || v.Name != "MonotonicClock" {
			t.Errorf("recovered %v, want MonotonicClock", v)
		}
	}()
	p.Step(9, 0, Started{})
}

func TestTheWallClockMayGoBack(t *testing.T) {
	var seen []WallTime
	p := NewProcess(1, &scripted{func(env *Env, _ Input) { seen = append(seen, env.Wall()) }}, 7, 0)
	p.Step(1, 1000, Started{})
	p.Step(2, 500, Started{})
	if seen[0] != 1000 || seen[1] != 500 {
		t.Errorf("saw %v", seen)
	}
}

func TestCorrelationIDsCountRequestsOfAConnection(t *testing.T) {
	var conn ConnID
	var got []CorrelationID
	p := NewProcess(1, &scripted{func(env *Env, in Input) {
		if _, ok := in.(Started); ok {
			conn = env.Dial(OwnerClient, Addr{Host: "b", Port: 1})
		}
		got = append(got, env.Send(conn, "c", kmsg.NewPtrMetadataRequest(), Durable{}))
	}}, 7, 0)
	p.Step(1, 0, Started{})
	p.Step(2, 0, Connected{Conn: conn})
	if got[0] != 0 || got[1] != 1 {
		t.Errorf("correlation ids %v, want 0 and 1", got)
	}
	_, violated := p.Step(3, 0, Disconnected{Conn: conn})
	if violated == nil || violated.Name != "SendOnOpenConnection" {
		t.Errorf("sending on a lost connection: %v, want SendOnOpenConnection", violated)
	}
}

func TestConnectionIDsAreNeverUsedAgain(t *testing.T) {
	seen := map[ConnID]bool{}
	for life := range 3 {
		p := NewProcess(1, &scripted{func(env *Env, _ Input) {
			for range 4 {
				id := env.Dial(OwnerClient, Addr{})
				if seen[id] || id == 0 {
					t.Errorf("connection id %d again, in life %d", id, life)
				}
				seen[id] = true
			}
		}}, 7, life)
		p.Step(1, 0, Started{})
	}
}

func TestEachProcessHasItsOwnRandomStream(t *testing.T) {
	draw := func(id NodeID, seed uint64, life int) uint64 {
		var v uint64
		p := NewProcess(id, &scripted{func(env *Env, _ Input) { v = env.Rand().Uint64() }}, seed, life)
		p.Step(1, 0, Started{})
		return v
	}
	first, again := draw(1, 7, 0), draw(1, 7, 0)
	if first != again {
		t.Error("the same seed, node and life drew differently")
	}
	others := []uint64{draw(2, 7, 0), draw(1, 8, 0), draw(1, 7, 1)}
	for _, v := range others {
		if v == draw(1, 7, 0) {
			t.Error("another node, seed or life drew the same")
		}
	}
}

func TestRandIsTheSameEverywhere(t *testing.T) {
	r := NewRand(42, "link/1/2")
	if got := r.Uint64(); got != firstDraw {
		t.Errorf("the first draw is %#x, want %#x: every recorded run would change", got, uint64(firstDraw))
	}
	copied := r
	if copied.Uint64() != r.Uint64() {
		t.Error("a copy of a stream went another way")
	}
	for range 1000 {
		if v := r.Int64N(3); v < 0 || v > 2 {
			t.Fatalf("drew %d of 3", v)
		}
	}
}

func TestUUIDsAreVersion4AndPrintable(t *testing.T) {
	r := NewRand(1, "uuid")
	for range 2000 {
		id := TopicID(r.UUID())
		if id[6]>>4 != 4 || id[8]>>6 != 2 {
			t.Fatalf("%x is not of version 4", id[:])
		}
		if s := id.String(); len(s) != 22 || s[0] == '-' {
			t.Fatalf("%q cannot be given to a command line", s)
		}
	}
}

func TestTopicIDPrintsAsKafkaDoes(t *testing.T) {
	if got := (TopicID{15: 1}).String(); got != "AAAAAAAAAAAAAAAAAAAAAQ" {
		t.Errorf("the metadata topic's id prints as %q", got)
	}
}

func TestErrorCodesHaveKafkasNames(t *testing.T) {
	for code, want := range map[ErrorCode]string{
		ErrUnknownServerError: "UNKNOWN_SERVER_ERROR", ErrNone: "NONE", ErrNotLeaderOrFollower: "NOT_LEADER_OR_FOLLOWER",
		ErrTransactionAbortable: "TRANSACTION_ABORTABLE", 9999: "9999",
	} {
		if got := code.String(); got != want {
			t.Errorf("code %d is %q, want %q", int16(code), got, want)
		}
	}
	if !ErrNotLeaderOrFollower.Retriable() || ErrTopicAlreadyExists.Retriable() {
		t.Error("NOT_LEADER_OR_FOLLOWER is retriable, TOPIC_ALREADY_EXISTS is not")
	}
}

func TestTracingDecidesNothing(t *testing.T) {
	run := func(tracing bool) []Effect {
		p := NewProcess(1, &scripted{func(env *Env, _ Input) {
			env.Trace(Event{Kind: EventAppended})
			env.SetTimer(Timer{Kind: 1}, time.Duration(env.Rand().Int64N(1000)))
		}}, 7, 0)
		p.SetTracing(tracing)
		effects, _ := p.Step(1, 0, Started{})
		return effects
	}
	with, without := run(true), run(false)
	if len(with) != 2 || len(without) != 1 || with[1].At != without[0].At {
		t.Errorf("with tracing %v, without %v", with, without)
	}
	if with[0].Event.Node != 1 {
		t.Error("an event does not say who reports it")
	}
}
