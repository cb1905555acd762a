package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bitacora/server/interop/rig"
)

var eventsFigure = regexp.MustCompile(`([\d.]+) events/s`)

// measureSimulation runs the simulator's own benchmark, natively on one core and
// in js/wasm under Node.
func measureSimulation(b *testing.B, r *report, z size) {
	root := rig.Root(b)
	runs := z.rounds
	if z.quick {
		runs = 1
	}
	native := simulate(b, runs, []string{"env", "-C", root})
	// Node's WebAssembly runner refuses a large environment.
	small := []string{"env", "-i", "-C", root, "GOOS=js", "GOARCH=wasm"}
	for _, name := range []string{"PATH", "HOME", "GOPROXY", "GOFLAGS", "GOCACHE", "GOMODCACHE"} {
		if value := os.Getenv(name); value != "" {
			small = append(small, name+"="+value)
		}
	}
	goroot := strings.TrimSpace(rig.MustRun(b, rig.Command{Args: []string{"go", "env", "GOROOT"}}).Stdout)
	runner := filepath.Join(goroot, "lib", "wasm", "go_js_wasm_exec")
	wasm := simulate(b, runs, small, "-exec", runner)
	r.add("simulation, native, one core: node events/s", atLeast(200_000, "200,000"), native, nil)
	r.add("simulation, WebAssembly in Node: node events/s", target{}, wasm, nil)
	r.add("... of the native figure: %", atLeast(20, "20"), sample{100 * wasm.median() / native.median()}, nil)
}

// simulate gives each run's events a second.
func simulate(b *testing.B, runs int, env []string, flags ...string) sample {
	b.Helper()
	args := append(env, "go", "test", "./engine/sim", "-run", "^$", "-bench", "Simulation$", "-cpu", "1", "-count", fmt.Sprint(runs))
	out := rig.MustRun(b, rig.Command{Limit: toolLimit, Args: append(args, flags...)}).Stdout
	var events sample
	for _, m := range eventsFigure.FindAllStringSubmatch(out, -1) {
		rate, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			b.Fatal(err)
		}
		events = append(events, rate)
	}
	if len(events) != runs {
		b.Fatalf("%d figures of %d runs in:\n%s", len(events), runs, out)
	}
	return events
}
