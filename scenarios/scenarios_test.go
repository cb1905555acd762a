package scenarios_test

import (
	"testing"
	"time"

	"bitacora/scenarios"
)

func report(t *testing.T, res *scenarios.Result) {
	t.Helper()
	for _, o := range res.Outcomes {
		t.Logf("%s: %v .. %v timed out %v", o.Step, time.Duration(o.Begun), time.Duration(o.Ended), o.TimedOut)
		for _, c := range append(o.Waited, o.Expected...) {
			t.Logf("   %v %s   (%v, %v)", c.Held, c.Text, c.Left, c.Right)
		}
	}
	if res.Violation != nil {
		t.Errorf("violation at %v: %v", time.Duration(res.Ended), res.Violation)
	}
	t.Logf("%d inputs in %v, %x", res.Handled, time.Duration(res.Ended), res.TraceHash)
}

func TestEveryLessonGoesAsItSays(t *testing.T) {
	for _, sc := range scenarios.All() {
		t.Run(sc.Name, func(t *testing.T) {
			res, err := scenarios.Run(sc, 0)
			if err != nil {
				t.Fatal(err)
			}
			report(t, res)
			if !res.Held(len(sc.Steps)) {
				t.Error("it did not")
			}
		})
	}
}
