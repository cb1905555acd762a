package oracle

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// transcriptOf makes a transcript of one step from JSON.
func transcriptOf(t *testing.T, step string) *decoded {
	t.Helper()
	d, err := decodeTranscript([]byte(`{"title":"","setup":"","steps":[` + step + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name          string
		recorded, got string
		want          []string // "field: expected / got"
	}{
		{"equal answers differ nowhere", `{"what":"a","answer":{"x":1,"y":[1,2]}}`, `{"what":"a","answer":{"y":[1,2],"x":1}}`, nil},
		{"a value is named by its path", `{"what":"a","answer":{"batches":[{"count":1},{"count":2}]}}`,
			`{"what":"a","answer":{"batches":[{"count":1},{"count":3}]}}`, []string{"answer.batches[1].count: 2 / 3"}},
		{"a number is not a string", `{"what":"a","x":1}`, `{"what":"a","x":"1"}`, []string{`x: 1 / "1"`}},
		{"null is not nothing", `{"what":"a","x":null}`, `{"what":"a"}`, []string{"x: null / nothing"}},
		{"a field too many", `{"what":"a"}`, `{"what":"a","x":{"y":1}}`, []string{`x: nothing / {"y":1}`}},
		{"lists of other lengths are shown whole", `{"what":"a","x":[1]}`, `{"what":"a","x":[1,2]}`, []string{"x: 1: [1] / 2: [1,2]"}},
		{"silence is not an answer", `{"what":"a","answer":{"error":"0 NONE"}}`, `{"what":"a","answer":"no answer"}`,
			[]string{`answer: {"error":"0 NONE"} / "no answer"`}},
		{"on the way any part may be seen", `{"what":"a","onTheWay":["15","16"]}`, `{"what":"a","onTheWay":["16"]}`, nil},
		{"on the way nothing else may be seen", `{"what":"a","onTheWay":["15"]}`, `{"what":"a","onTheWay":["16","15"]}`,
			[]string{`onTheWay: any of ["15"] / "16"`}},
		{"on the way Kafka's luck may be ours", `{"what":"after x: producer acks=1","onTheWay":[]}`,
			`{"what":"after x: producer acks=1","onTheWay":[{"broker":3,"answer":"6 NOT_LEADER_OR_FOLLOWER"}]}`, nil},
		{"another step is one difference", `{"what":"a","x":1}`, `{"what":"b","x":2}`, []string{"what: a / b"}},
		{"an API that is not offered is one difference", `{"what":"a","answer":{"x":1}}`, `{"what":"a","notOffered":"DeleteRecords"}`,
			[]string{"notOffered: an answer / DeleteRecords"}},
		{"large numbers are compared to the last digit", `{"what":"a","x":1152921504606846976}`, `{"what":"a","x":1152921504606846977}`,
			[]string{"x: 1152921504606846976 / 1152921504606846977"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, d := range Compare("s", transcriptOf(t, c.recorded), transcriptOf(t, c.got)) {
				got = append(got, d.Field+": "+d.Expected+" / "+d.Got)
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestCompareTellsOfMissingSteps(t *testing.T) {
	one := transcriptOf(t, `{"what":"a"}`)
	two := transcriptOf(t, `{"what":"a"},{"what":"b"}`)
	if d := Compare("s", two, one); len(d) != 1 || d[0].Step != "2 b" || d[0].Expected != "this step" {
		t.Errorf("a step too few: %v", d)
	}
	if d := Compare("s", one, two); len(d) != 1 || d[0].Step != "2 b" || d[0].Got != "this step" {
		t.Errorf("a step too many: %v", d)
	}
}

func TestExcuse(t *testing.T) {
	found := []Difference{
		{Script: "s", Step: "3 fetch v12 (a/b)", Field: "answer.batches[0].bytes", Expected: "1", Got: "2"},
		{Script: "s", Step: "4 produce", Field: "answer.error", Expected: "0 NONE", Got: "35 UNSUPPORTED_VERSION"},
	}
	list := []AllowedDifference{
		{Script: "s", Step: "fetch v12 (*)", Field: "answer.batches[0].*", Why: "reason"},
		{Script: "s", Step: "produce", Field: "answer.error", Got: "36 *", Why: "reason"},
		{Script: "other", Step: "produce", Field: "answer.error", Why: "reason"},
	}
	left, unused := Excuse("s", found, list)
	if len(left) != 1 || left[0].Step != "4 produce" {
		t.Errorf("left: %v", left)
	}
	if len(unused) != 1 || unused[0].Got != "36 *" {
		t.Errorf("unused: %v", unused)
	}
}

func TestEveryAllowedDifferenceHasAReason(t *testing.T) {
	for _, l := range Lucky {
		if l.Why == "" {
			t.Errorf("%s: %s has no reason", l.Step, l.State)
		}
	}
	for _, a := range Allowed {
		if a.Why == "" {
			t.Errorf("%s: %s: %s has no reason", a.Script, a.Step, a.Field)
		}
	}
}

func TestMatchWords(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"a", "a", true}, {"a", "ab", false}, {"*", "", true}, {"*", "a.b[0]", true},
		{"a*c", "abc", true}, {"a*c", "abcd", false}, {"a*b*c", "a1b2c", true}, {"a*b*c", "a1c2b", false}, {"ab*ba", "aba", false},
	} {
		if got := matchWords(c.pattern, c.text); got != c.want {
			t.Errorf("matchWords(%q, %q) = %v", c.pattern, c.text, got)
		}
	}
}

func TestUnionJoinsWhatWasOnTheWay(t *testing.T) {
	recorded := &Transcript{Steps: []Object{object("what", "a", "answer", object("x", 1), fieldOnTheWay, []any{"16", "14"})}}
	d, err := Union("s", recorded, transcriptOf(t, `{"what":"a","answer":{"x":1},"onTheWay":["15","16"]}`))
	if err != nil || len(d) != 0 {
		t.Fatal(d, err)
	}
	text, err := json.Marshal(recorded.Steps[0])
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"what":"a","answer":{"x":1},"onTheWay":["14","15","16"]}`; string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
	d, err = Union("s", recorded, transcriptOf(t, `{"what":"a","answer":{"x":2},"onTheWay":["99"]}`))
	if err != nil || len(d) != 1 || d[0].Field != "answer.x" {
		t.Errorf("two recordings that disagree: %v %v", d, err)
	}
}

// TestRecordings holds that every script has a recording that can be read, and
// every recording a script.
func TestRecordings(t *testing.T) {
	for _, s := range Scripts() {
		d, err := loadRecorded("recorded", s.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		if d.Title != s.Title || d.Setup != s.Setup {
			t.Errorf("%s was recorded under another title or setup: record it again", s.Name)
		}
		if len(d.Steps) == 0 {
			t.Errorf("%s has no steps", s.Name)
		}
		for i, step := range d.Steps {
			if step[fieldNotOffered] != nil {
				t.Errorf("%s: %s was not offered by Kafka", s.Name, stepName(i, step))
			}
		}
	}
}

func TestWatcher(t *testing.T) {
	start := time.UnixMilli(1_000_000)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	var w watcher
	for _, s := range []struct {
		ms    int
		state string
	}{{-500, "a"}, {100, "a"}, {2000, "b"}, {2300, "c"}, {2600, "d"}, {5000, "e"}, {5200, "d"}, {9900, "f"}} {
		w.see(at(s.ms), s.state)
	}
	classes := []class{{"soon", 0, 3 * time.Second}}
	lasted, onTheWay := w.between(at(0), at(10_000), durableTime, classes)
	got, err := json.Marshal(map[string]any{"lasted": lasted, "onTheWay": onTheWay})
	if err != nil {
		t.Fatal(err)
	}
	// b, c and e were short; d came back to itself; f may yet last.
	want := `{"lasted":[{"after":"soon (0s to 3s)","state":"d"},{"after":"9.9s: in none of the classes","state":"f"}],"onTheWay":["b","c","e"]}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestGroupPartition(t *testing.T) {
	// String.hashCode of this word is Integer.MIN_VALUE, whose absolute value
	// Kafka takes to be 0.
	for group, want := range map[string]int32{"a": 47, "g1": 42, "my-group": 12, "polygenelubricants": 0} {
		if got := groupPartition(group, 50); got != want {
			t.Errorf("groupPartition(%s) = %d, want %d", group, got, want)
		}
	}
}
