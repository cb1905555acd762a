package controller

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"bitacora/engine"
	"bitacora/engine/config"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// note is the head of a handler's comment: key and versions, and its transcript.
var note = regexp.MustCompile(`// (handle\w+): key (\d+), v(\d+)(?:-v(\d+))?\.(?s:.*?)Shown in:(?:\n//)? (testdata/\w+\.txt)`)

// TestNotesTellTheTruth holds every handler's note against the table and the
// transcripts.
func TestNotesTellTheTruth(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	told := map[int16][2]int16{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range note.FindAllStringSubmatch(string(source), -1) {
			low, high := number16(m[3]), number16(m[3])
			if m[4] != "" {
				high = number16(m[4])
			}
			told[number16(m[2])] = [2]int16{low, high}
			if _, err := os.Stat(m[5]); err != nil {
				t.Errorf("%s: %v", m[1], err)
			}
		}
	}
	for _, api := range APIs() {
		if got, ok := told[api.Key]; !ok || got != [2]int16{api.Min, api.Max} {
			t.Errorf("%s: the table has v%d-v%d, the note %v", kmsg.NameForKey(api.Key), api.Min, api.Max, got)
		}
	}
	if len(told) != len(APIs()) {
		t.Errorf("%d notes for %d APIs", len(told), len(APIs()))
	}
}

func number16(s string) int16 {
	n, err := strconv.ParseInt(s, 10, 16)
	if err != nil {
		panic(err)
	}
	return int16(n)
}

// TestHandleLeavesOthersAlone holds that a request of another part is not taken.
func TestHandleLeavesOthersAlone(t *testing.T) {
	h := newHarness(config.Static{})
	h.do(func(env *engine.Env) {
		if h.c.Handle(env, h, Call{Body: kmsg.NewPtrVoteRequest()}) {
			t.Error("a Vote is the quorum's")
		}
	})
	if len(h.responses) != 0 {
		t.Error("and it was answered")
	}
}
