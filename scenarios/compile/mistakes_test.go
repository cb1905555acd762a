package compile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestMistakes reads the transcripts of what an author gets to read.
//
//	scenario   input is a scenario.yaml
//	steps      input is what stands under steps:, with a shop and a warehouse
//	prose      input is an es.md of a lesson with the steps one and two
func TestMistakes(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "scenario":
				return outcome(Parse("x", ScenarioFile, []byte(d.Input)))
			case "steps":
				return outcome(Parse("x", ScenarioFile, []byte(stepsHead+d.Input)))
			case "prose":
				sc, err := Parse("x", ScenarioFile, []byte(proseScenario))
				if err != nil {
					t.Fatal(err)
				}
				return outcome(parseProse("es.md", "es", d.Input, sc))
			}
			t.Fatalf("no command %q", d.Cmd)
			return ""
		})
	})
}

// stepsHead is on one line, so that the line of a mistake is one more than its
// place in the input.
const stepsHead = `{seed: 1, cluster: {brokers: 3, controllers: 3}, clients: [{name: shop, producer: t}, {name: warehouse, consumer: t, group: g}], steps: ` + "\n"

const proseScenario = "seed: 1\ncluster: {}\nsteps:\n" +
	"  - name: one\n    ask: {name: what, options: [this, that], answer: this}\n" +
	"  - name: two\n"

func outcome[T any](_ T, err error) string {
	if err != nil {
		return err.Error() + "\n"
	}
	return "ok\n"
}

// A folder is no scenario before it has all three files.
func TestLoadSaysWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	want := []string{"is no scenario", "lacks its prose", "lacks its prose"}
	for i, file := range []string{ScenarioFile, "es.md", "en.md"} {
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), want[i]) {
			t.Errorf("without %s: %v", file, err)
		}
		text := "# Title\n\n## One {#one}\n\nText.\n"
		if file == ScenarioFile {
			text = "seed: 1\ncluster: {brokers: 1, controllers: 1}\nsteps:\n  - name: one\n"
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sc, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if sc.In("en").Title != "Title" || sc.In("fr").Lang != "es" || sc.Steps[0].Name != "one" {
		t.Errorf("it read %+v", sc)
	}
}

// Whatever a file holds, it is read or refused with its place; nothing panics,
// hangs or grows without bound.
func FuzzParse(f *testing.F) {
	own, err := os.ReadFile("../el-lider-cae/" + ScenarioFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(own)
	f.Add([]byte(proseScenario))
	for _, nasty := range []string{
		"", "seed: 1", "a: &a [*a]", "? [a]: b", strings.Repeat("[", 5000), strings.Repeat("- ", 5000),
		strings.Repeat("{a: ", 500), "seed: !!int 1", "\xff\xfe", "seed: 1\n---\nseed: 2", "steps: [{do: [kill (((((]}]",
	} {
		f.Add([]byte(nasty))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		sc, err := Parse("x", ScenarioFile, text)
		if err == nil && (len(sc.Steps) == 0 || sc.Seed == 0) {
			t.Errorf("read a scenario without steps or seed")
		}
		if err != nil && !strings.HasPrefix(err.Error(), ScenarioFile) {
			t.Errorf("the error does not name the file: %v", err)
		}
	})
}

func FuzzProse(f *testing.F) {
	own, err := os.ReadFile("../el-lider-cae/es.md")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(own))
	f.Add("# T\n## One {#one}\nx\n### What? {#what}\n- `this` a\n- `that` b\n## Two {#two}\ny\n")
	sc, err := Parse("x", ScenarioFile, []byte(proseScenario))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseProse("es.md", "es", text, sc)
		if err == nil && len(p.Steps) != 2 {
			t.Errorf("read %d steps of 2", len(p.Steps))
		}
	})
}

// A condition that was read says the same when it is read again.
func FuzzCondition(f *testing.F) {
	f.Add("leader(pedidos-0) != {1, 2}")
	f.Add("leo(t-0, leader(t-0)) + 1 - 2 >= 3")
	in := func() *reading {
		sc, err := Parse("x", ScenarioFile, []byte(stepsHead+"[{name: a}]}"))
		if err != nil {
			f.Fatal(err)
		}
		return &reading{file: ScenarioFile, sc: sc, remembered: []string{"old"}}
	}()
	f.Fuzz(func(t *testing.T, line string) {
		first, err := in.condition(line)
		if err != nil {
			return
		}
		again, err := in.condition(line)
		if err != nil || fmt.Sprint(first.Op, first.Left.Kind) != fmt.Sprint(again.Op, again.Left.Kind) {
			t.Errorf("%q was read as %v, then as %v (%v)", line, first, again, err)
		}
	})
}
