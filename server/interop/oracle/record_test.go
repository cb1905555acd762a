package oracle

import (
	"context"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	recordFlag = flag.Bool("oracle", false, "first play the scripts against Apache Kafka and record its answers")
	roundsFlag = flag.Int("rounds", 2, "with -oracle: how often each script is played")
	checkFlag  = flag.Bool("check", false, "with -oracle: hold Apache Kafka's answers against the recordings, and write none")
	onlyFlag   = flag.String("only", "", "beginnings of the names of the scripts to play, comma-separated; empty: all")
)

// recordedDir is where Kafka's answers are kept.
const recordedDir = "recorded"

// wanted says whether -only names a script.
func wanted(s Script) bool {
	begins := strings.Split(*onlyFlag, ",")
	return slices.ContainsFunc(begins, func(begin string) bool { return strings.HasPrefix(s.Name, begin) })
}

// groups puts the scripts together that share a cluster: those that break nodes
// have one each, and of the others the one that wants a fresh cluster goes
// first.
func groups() [][]Script {
	var shared []Script
	var out [][]Script
	for _, s := range Scripts() {
		switch {
		case !wanted(s):
		case s.Breaks:
			out = append(out, []Script{s})
		case s.Fresh:
			shared = append([]Script{s}, shared...)
		default:
			shared = append(shared, s)
		}
	}
	if len(shared) > 0 {
		out = append(out, shared)
	}
	return out
}

// TestAnswersAsKafka plays every script against bitacora serve and holds the
// answers against those that Apache Kafka gave. With -oracle, Kafka is asked
// first.
//
// ORACLE_OUT names a folder that gets our answers, to be compared by eye.
func TestAnswersAsKafka(t *testing.T) {
	if *recordFlag && !t.Run("record Apache Kafka", recordKafka) {
		t.Fatal("Apache Kafka does not agree with itself: nothing was compared")
	}
	for _, group := range groups() {
		t.Run(group[0].Name, func(t *testing.T) {
			t.Parallel()
			const groupLimit = 3 * time.Minute
			ctx, cancel := context.WithTimeout(t.Context(), groupLimit)
			defer cancel()
			cluster, err := StartBitacora(ctx, t)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range group {
				t.Run(s.Name, func(t *testing.T) { playAndCompare(ctx, t, cluster, s) })
			}
		})
	}
}

func playAndCompare(ctx context.Context, t *testing.T, cluster Cluster, s Script) {
	recorded, err := loadRecorded(recordedDir, s.Name)
	if err != nil {
		t.Fatalf("%v (make oracle records it)", err)
	}
	transcript, playErr := Play(ctx, cluster, s)
	if playErr != nil {
		t.Error(playErr)
	}
	if transcript == nil {
		return
	}
	if dir := os.Getenv("ORACLE_OUT"); dir != "" {
		save(t, dir, s, transcript)
	}
	found, unused := Excuse(s.Name, Compare(s.Name, recorded, readBack(t, transcript)), Allowed)
	for _, d := range found {
		t.Error(d)
	}
	if playErr != nil {
		return // what was not reached needs its excuses still
	}
	for _, a := range unused {
		t.Errorf("allowed.go: nothing needs %q %q in %s any more", a.Step, a.Field, a.Script)
	}
}

// recordKafka plays every script some times. The playings must agree but for
// what is seen on the way, which is joined; then they are written down.
func recordKafka(t *testing.T) {
	recordings := map[string]*Transcript{}
	for range *roundsFlag {
		for _, group := range groups() {
			t.Run(group[0].Name, func(t *testing.T) { recordGroup(t, group, recordings) })
		}
	}
	if t.Failed() || *checkFlag {
		return
	}
	for _, s := range Scripts() {
		if wanted(s) {
			save(t, recordedDir, s, recordings[s.Name])
		}
	}
}

func recordGroup(t *testing.T, group []Script, recordings map[string]*Transcript) {
	cluster, err := StartKafka(t.Context(), t)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range group {
		began := time.Now()
		got, err := Play(t.Context(), cluster, s)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d steps in %v", s.Name, len(got.Steps), time.Since(began).Round(time.Millisecond))
		var found []Difference
		switch {
		case *checkFlag:
			recorded, err := loadRecorded(recordedDir, s.Name)
			if err != nil {
				t.Fatal(err)
			}
			found = Compare(s.Name, recorded, readBack(t, got))
		case recordings[s.Name] == nil:
			recordings[s.Name] = got
			joinEarlier(t, s, got)
		default:
			if found, err = Union(s.Name, recordings[s.Name], readBack(t, got)); err != nil {
				t.Fatal(err)
			}
		}
		for _, d := range found {
			t.Error(d)
		}
	}
}

// joinEarlier keeps what an earlier recording saw on the way, where all else is
// as it was.
func joinEarlier(t *testing.T, s Script, got *Transcript) {
	t.Helper()
	earlier, err := loadRecorded(recordedDir, s.Name)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	changed, err := Union(s.Name, got, earlier)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range changed {
		t.Logf("not as recorded before: %s", d)
	}
}

// readBack turns a transcript into what is read from a recording.
func readBack(t *testing.T, transcript *Transcript) *decoded {
	t.Helper()
	text, err := transcript.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d, err := decodeTranscript(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func save(t *testing.T, dir string, s Script, transcript *Transcript) {
	t.Helper()
	text, err := transcript.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(recordedFile(dir, s.Name), text, 0o644); err != nil {
		t.Fatal(err)
	}
}
