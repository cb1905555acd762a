package compile

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"bitacora/scenarios"

	"github.com/cockroachdb/datadriven"
)

var _ = datadriven.RunTest

// rewriting says that goldens are to be made anew (make golden PKG=./scenarios/compile).
func rewriting() bool { return flag.Lookup("rewrite").Value.String() == "true" }

// TestCompiledLessonsAreUpToDate compiles every folder, and compares with the Go
// that is committed.
func TestCompiledLessonsAreUpToDate(t *testing.T) {
	folders, err := filepath.Glob("../*/" + ScenarioFile)
	if err != nil || len(folders) == 0 {
		t.Fatalf("no lesson found: %v", err)
	}
	for _, file := range folders {
		sc, err := Load(filepath.Dir(file))
		if err != nil {
			t.Error(err)
			continue
		}
		if scenarios.Find(sc.Name) == nil && !rewriting() {
			t.Errorf("scenarios.All does not list %s", sc.Name)
		}
		want, err := GoSource(sc)
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("..", GoFile(sc.Name))
		if rewriting() {
			if err := os.WriteFile(golden, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, err := os.ReadFile(golden); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the folder says (make golden PKG=./scenarios/compile): %v", golden, err)
		}
	}
}
