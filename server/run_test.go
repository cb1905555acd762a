package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const firstLesson = "../scenarios/el-lider-cae"

func runCommand(args ...string) (string, error) {
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(append([]string{"run"}, args...))
	err := root.Execute()
	return out.String(), err
}

func TestRunPlaysAScenario(t *testing.T) {
	out, err := runCommand(firstLesson)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(out, "ok   nuevo-lider") || !strings.Contains(out, "\ntrace ") {
		t.Errorf("it printed\n%s", out)
	}
	again, err := runCommand("el-lider-cae")
	if err != nil || again != out {
		t.Errorf("the lesson that the program carries went another way (%v):\n%s", err, again)
	}
}

func TestRunPrintsOneJSONObject(t *testing.T) {
	out, err := runCommand(firstLesson, "--json")
	if err != nil {
		t.Fatal(err)
	}
	var got runJSON
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Held || got.Scenario != "el-lider-cae" || len(got.TraceHash) != 64 || len(got.Steps) == 0 {
		t.Errorf("it printed %+v", got)
	}
}

func TestRunWithAnotherSeedLeavesAnotherTrace(t *testing.T) {
	out, err := runCommand(firstLesson, "--seed", "7")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	own, _ := runCommand(firstLesson)
	if trace(out) == trace(own) {
		t.Error("both seeds left one trace")
	}
}

func trace(out string) string {
	_, after, _ := strings.Cut(out, "\ntrace ")
	return after
}

func TestRunFailsWhenAnExpectationDoesNotHold(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "broken")
	write(t, dir, "scenario.yaml", "seed: 1\ncluster: {brokers: 1, controllers: 1}\nsteps:\n"+
		"  - name: up\n    until: live() == {1}\n    expect: controller() == 4711\n")
	prose := "# Broken\n\n## Up {#up}\n\nIt starts.\n"
	write(t, dir, "es.md", prose)
	write(t, dir, "en.md", prose)
	out, err := runCommand(dir)
	if err == nil || !strings.Contains(err.Error(), "did not go as it says") {
		t.Errorf("error %v", err)
	}
	if !strings.Contains(out, "does not hold: controller() == 4711 (3000, 4711)") {
		t.Errorf("it printed\n%s", out)
	}
}

func TestRunSaysWhatIsNoScenario(t *testing.T) {
	empty := t.TempDir()
	bad := filepath.Join(t.TempDir(), "bad")
	write(t, bad, "scenario.yaml", "seed: 1\ncluster: {}\nsteps:\n  - name: up\n    do: destroy 1\n")
	tests := []struct {
		name, path, want string
	}{
		{"a folder without a scenario", empty, "is no scenario"},
		{"a path that is not there", filepath.Join(empty, "nowhere"), "is no scenario"},
		{"a file", filepath.Join(bad, "scenario.yaml"), "is no scenario"},
		{"a scenario with a mistake", bad, `scenario.yaml:5: destroy 1: no action is called "destroy"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := runCommand(test.path)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
