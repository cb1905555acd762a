package broker

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// note is the head of a handler's comment: key and versions.
var note = regexp.MustCompile(`// [hH]andle(\w+): key (\d+), v(\d+)(?:-v(\d+))?`)

// shown is where a note says that the handler is seen at work.
var shown = regexp.MustCompile(`(?:testdata/\w+\.txt|\bTest\w+)`)

// TestNotesTellTheTruth holds the note of every handler of the broker, its replicas
// and its group coordinator against the table that ApiVersions answers from, and
// against the transcripts and tests that are to show it.
func TestNotesTellTheTruth(t *testing.T) {
	told := map[int16][2]int16{}
	for _, dir := range []string{".", "replica", "../group"} {
		tests := read(t, dir, "*_test.go")
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source := read(t, ".", file)
			for _, at := range note.FindAllStringSubmatchIndex(source, -1) {
				m := note.FindStringSubmatch(source[at[0]:])
				told[number(m[2])] = versions(m)
				checkShown(t, dir, m[1], source[at[0]:], tests)
			}
		}
	}
	forwarded := 0
	for _, api := range APIs() {
		if api.Forward {
			forwarded++
			continue
		}
		want := [2]int16{api.Min, api.Max}
		if api.Key == 0 {
			want[0] = produceVersionMin // offered from v0 and refused below, as the note says
		}
		if got, ok := told[api.Key]; !ok || got != want {
			t.Errorf("%s: the table has v%d-v%d, the note %v", kmsg.NameForKey(api.Key), want[0], want[1], got)
		}
	}
	if len(told) != len(APIs())-forwarded {
		t.Errorf("%d notes for %d APIs", len(told), len(APIs())-forwarded)
	}
}

func checkShown(t *testing.T, dir, handler, source, tests string) {
	comment, _, _ := strings.Cut(source, "\nfunc ")
	_, where, ok := strings.Cut(comment, "Shown in:")
	names := shown.FindAllString(where, -1)
	if !ok || len(names) == 0 {
		t.Errorf("%s: the note does not say where it is shown", handler)
	}
	for _, name := range names {
		if strings.HasPrefix(name, "Test") {
			if !strings.Contains(tests, "func "+name+"(") {
				t.Errorf("%s: no %s in %s", handler, name, dir)
			}
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s: %v", handler, err)
		}
	}
}

func read(t *testing.T, dir, pattern string) string {
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}

func versions(m []string) [2]int16 {
	if m[4] == "" {
		return [2]int16{number(m[3]), number(m[3])}
	}
	return [2]int16{number(m[3]), number(m[4])}
}

func number(s string) int16 {
	n, err := strconv.ParseInt(s, 10, 16)
	if err != nil {
		panic(err)
	}
	return int16(n)
}

func TestTableIsSorted(t *testing.T) {
	for i, a := range APIs() {
		if i > 0 && APIs()[i-1].Key >= a.Key || a.Min > a.Max {
			t.Errorf("%s: v%d-v%d at place %d", kmsg.NameForKey(a.Key), a.Min, a.Max, i)
		}
	}
}
