package scenarios_test

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/scenarios"

	"github.com/cockroachdb/datadriven"
)

var _ = datadriven.RunTest // its -rewrite flag makes the golden anew

const golden = "testdata/trace_hashes.txt"

func play(t *testing.T, sc *scenarios.Scenario, seed uint64) *scenarios.Result {
	t.Helper()
	res, err := scenarios.Run(sc, seed)
	if err != nil {
		t.Fatal(err)
	}
	if !res.Held(len(sc.Steps)) {
		t.Errorf("%s does not go as it says with seed %d (bitacora run scenarios/%s --seed %d)", sc.Name, res.Seed, sc.Name, res.Seed)
		describe(t, res)
	}
	return res
}

func describe(t *testing.T, res *scenarios.Result) {
	t.Helper()
	for _, o := range res.Outcomes {
		for _, c := range append(o.Waited, o.Expected...) {
			if !c.Held {
				t.Logf("%v %s: %s (%v, %v)", time.Duration(o.Ended), o.Step, c.Text, c.Left, c.Right)
			}
		}
	}
	if res.Violation != nil {
		t.Logf("%v: %v", time.Duration(res.Ended), res.Violation)
	}
}

// TestEveryLessonGoesAsItSays plays each lesson, and compares its trace hash with
// the golden: natively and in js/wasm the same.
func TestEveryLessonGoesAsItSays(t *testing.T) {
	var got strings.Builder
	for _, sc := range scenarios.All() {
		res := play(t, sc, 0)
		fmt.Fprintf(&got, "%s %x\n", sc.Name, res.TraceHash)
	}
	if flag.Lookup("rewrite").Value.String() == "true" {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got.String() {
		t.Errorf("trace hashes are\n%swant\n%s(make golden PKG=./scenarios, if the engine was meant to change)", got.String(), want)
	}
}

// TestLessonsDoNotHangOnOneSeed plays each lesson in other worlds, too: what it
// says must be true, and no stroke of luck.
func TestLessonsDoNotHangOnOneSeed(t *testing.T) {
	seeds := uint64(20)
	if testing.Short() || runtime.GOOS == "js" { // there one of them takes as long as twenty here
		seeds = 3
	}
	for _, sc := range scenarios.All() {
		hashes := map[string]uint64{}
		for seed := uint64(1); seed <= seeds; seed++ {
			res := play(t, sc, seed)
			hash := hex.EncodeToString(res.TraceHash[:])
			if other, twice := hashes[hash]; twice {
				t.Errorf("%s: seeds %d and %d left one trace", sc.Name, other, seed)
			}
			hashes[hash] = seed
		}
	}
}

// TestHowARunIsCutChangesNothing plays a lesson in one go, and as a page does: a
// few inputs a frame, with a look at everything in between.
func TestHowARunIsCutChangesNothing(t *testing.T) {
	for _, sc := range scenarios.All() {
		whole := play(t, sc, 0)
		r, err := scenarios.NewRunner(sc, 0)
		if err != nil {
			t.Fatal(err)
		}
		watched := &counter{}
		r.Watch(watched)
		ended := 0
		for frame := 1; !r.Finished(); frame++ {
			for range frame % 7 {
				if r.Step() == scenarios.StepEnded {
					ended++
					break // a page waits here for the learner
				}
			}
			_ = r.Sim().TraceHash()
		}
		if got := r.Result(); got.TraceHash != whole.TraceHash || got.Handled != whole.Handled {
			t.Errorf("%s: in frames %x after %d inputs, in one go %x after %d", sc.Name, got.TraceHash, got.Handled, whole.TraceHash, whole.Handled)
		}
		if ended != len(sc.Steps) || watched.events == 0 {
			t.Errorf("%s: saw %d of %d steps end, and %d events", sc.Name, ended, len(sc.Steps), watched.events)
		}
	}
}

type counter struct{ events int }

func (c *counter) Observe(engine.Time, *engine.Event) { c.events++ }

// TestALessonThatIsNotTrueFails breaks what lessons stand on.
func TestALessonThatIsNotTrueFails(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*scenarios.Scenario)
		step  int // that must not hold
	}{
		{"acks=1 acknowledges what dies with its leader", func(sc *scenarios.Scenario) {
			sc.Clients[0].Properties = []scenarios.Property{{Key: "acks", Value: "1"}}
		}, 2},
		{"a leader that is not killed stays", func(sc *scenarios.Scenario) {
			do := sc.Steps[3].Do
			for i := range do {
				if do[i].Verb == scenarios.Kill {
					do[i].Verb = scenarios.Resume
				}
			}
		}, 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sc := scenarios.Find("el-lider-cae")
			test.spoil(sc)
			res, err := scenarios.Run(sc, 0)
			if err != nil {
				t.Fatal(err)
			}
			if res.Held(len(sc.Steps)) {
				t.Fatal("it went as it says")
			}
			if n := len(res.Outcomes); n <= test.step || res.Outcomes[test.step].Held() {
				t.Errorf("step %d held, of %d played", test.step, n)
				describe(t, res)
			}
		})
	}
}
