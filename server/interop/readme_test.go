package interop

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bitacora/server/interop/rig"
)

// fence is a block of code in a README: its language and its text.
var fence = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// TestREADME does what the READMEs say, in their order, but for `make test`, which
// runs this.
func TestREADME(t *testing.T) {
	for _, name := range []string{"README.md", "README.es.md"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(rig.Root(t), name))
			if err != nil {
				t.Fatal(err)
			}
			kafka, page := makeRun(t)
			env := []string{"BITACORA_BOOTSTRAP_SERVER=" + strings.Join(kafka, ","), "BITACORA_HTTP=" + page}
			for _, block := range fence.FindAllStringSubmatch(string(text), -1) {
				switch block[1] {
				case "sh":
					runLines(t, block[2], env)
				case "python":
					program := strings.ReplaceAll(block[2], "127.0.0.1:9092", kafka[0])
					r := rig.MustRun(t, rig.Command{Args: []string{rig.Python(t, "3.0.12"), "-c", program}})
					if !strings.Contains(r.Stdout, "pedidos") || !strings.Contains(r.Stdout, "b'hola'") {
						t.Errorf("the Python program printed %q", r.Stdout)
					}
				default:
					t.Errorf("nobody runs a block of %q", block[1])
				}
			}
			if !strings.Contains(string(text), "make run") || !strings.Contains(string(text), "make test") {
				t.Error("the two commands are not there")
			}
		})
	}
}

// makeRun is `make run` with ports and a folder of the test's own.
func makeRun(t *testing.T) (kafka []string, page string) {
	t.Helper()
	p := rig.Start(t, "make run", rig.Command{Args: []string{
		"make", "-C", rig.Root(t), "--no-print-directory", "run", "PORT=0", "HTTP=127.0.0.1:0",
		"DATA=" + filepath.Join(t.TempDir(), "data"), "ARGS=--json",
	}})
	const buildLimit = 10 * time.Minute // the page is built first, where it is not yet
	for {
		line, ok := p.Line(buildLimit)
		if !ok {
			t.Fatalf("make run ended before it served:\n%s", p.Stderr())
		}
		var ready struct {
			Event string   `json:"event"`
			Kafka []string `json:"kafka"`
			HTTP  string   `json:"http"`
		}
		if json.Unmarshal([]byte(line), &ready) == nil && ready.Event == "ready" {
			return ready.Kafka, ready.HTTP
		}
	}
}

// runLines runs a block of shell line by line.
func runLines(t *testing.T, block string, env []string) {
	t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(block), "\n") {
		command, _, _ := strings.Cut(line, "  #")
		command, _, _ = strings.Cut(command, "   #")
		command = strings.TrimSpace(command)
		if command == "make run" || command == "make test" {
			continue
		}
		rig.MustRun(t, rig.Command{Args: []string{"bash", "-c", "cd " + rig.Root(t) + " && " + command}, Env: env})
	}
}
