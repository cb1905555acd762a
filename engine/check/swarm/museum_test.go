package swarm

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"bitacora/engine/check"
	"bitacora/engine/sim"
)

var exhibitFlag = flag.String("exhibit", "", "find this known bug, shorten the run and write testdata/museum anew; \"all\" for every one")

// visit says where a known bug is to be found: with which focus, within how many
// seeds, and what it must break.
type visit struct {
	bug    string
	focus  *Focus // nil: anywhere
	rare   bool   // not looked for in every test run
	from   uint64 // the first of them; 0 is 1
	seeds  uint64
	breaks []check.Property
}

const milli = time.Millisecond

// visits lists the exhibits. Some want a corner of the swarm: two elections in quick
// succession, or a voter that dies within an election, are rare elsewhere.
func visits() []visit {
	quorum := []Target{"3000", "3001", "3002", "controller"}
	partition := []Target{"leader:pedidos-0", "follower:pedidos-0", "1", "2", "3"}
	any := func(p ...check.Property) []check.Property { return p }
	return []visit{
		{"truncate-to-high-watermark", nil, false, 1, 8, any(check.LeaderCandidateCompletenessProperty)},
		{"diverge-by-epoch-start", &Focus{
			Verbs: []Verb{Kill, Isolate, Pause, Cut}, Nodes: partition, Peers: partition[:2], Quorum: true, Partitions: 1, AckOne: true,
			GapMin: 20 * milli, GapMax: 600 * milli, ForMin: 20 * milli, ForMax: 1500 * milli,
		}, false, 1, 60, any(check.LogMatchingProperty, check.ConsistentReadProperty)},
		{"fetch-unfenced", &Focus{
			Verbs: []Verb{Cut, Kill, Isolate, Pause, SlowLink}, Nodes: partition, Peers: quorum, Quorum: true, Partitions: 1, AckOne: true,
			GapMin: 20 * milli, GapMax: 400 * milli, ForMin: 20 * milli, ForMax: 1200 * milli,
		}, false, 1, 30, any(check.LogMatchingProperty, check.ConsistentReadProperty, check.ReplicationQuorumSupersetProperty,
			check.ConsumerReadsInOrder, check.LeaderCandidateCompletenessProperty)},
		{"last-replica-standing", &Focus{
			Verbs: []Verb{Kill, Kill, PowerLoss, Isolate}, Nodes: partition, ELR: true, Partitions: 1,
			GapMin: 300 * milli, GapMax: 2500 * milli, ForMin: 500 * milli, ForMax: 3000 * milli,
		}, false, 1, 40, any(check.LeaderCompletenessProperty, check.LeaderCandidateCompletenessProperty, check.NoCommittedRecordLostGlobally)},
		{"fenced-into-isr", nil, false, 1, 8, any(check.ValidControllerIsrAndElr, check.LeaderCandidateCompletenessProperty)},
		{"ack-before-isr", nil, false, 1, 8, any(check.LeaderCandidateCompletenessProperty)},
		{"vote-not-persisted", &Focus{
			Verbs: []Verb{Kill, Kill, Isolate, SlowDisk, SlowDisk}, Nodes: quorum, Quorum: true,
			GapMin: 5 * milli, GapMax: 250 * milli, ForMin: 5 * milli, ForMax: 250 * milli,
		}, true, 1, 60, any(check.OneVoteAnEpoch, check.OneLeaderAnEpoch, check.NodeAssertion, check.MetadataLogMatchingProperty)},
		{"commit-old-epoch", nil, false, 1, 20, any(check.NodeAssertion, check.QuorumLeaderCompleteness, check.MetadataLogMatchingProperty)},
		{"stale-isr-change", &Focus{
			Verbs: []Verb{CutFrom, Cut, SlowLink, Pause, SlowLink}, Nodes: partition[:2], Peers: []Target{"controller"}, Quorum: true, Partitions: 1,
			GapMin: 50 * milli, GapMax: 600 * milli, ForMin: 50 * milli, ForMax: 1500 * milli,
		}, false, 1, 30, any(check.ISRChangeIsMadeFromTheNewest, check.ReplicationQuorumSupersetProperty, check.LeaderCandidateCompletenessProperty)},
		{"zombie-ack", nil, false, 1, 8, any(check.LeaderCandidateCompletenessProperty, check.LeaderCompletenessProperty)},
		{"group-offsets-forgotten", nil, false, 1, 8, any(check.GroupOffsetsKept)},
		{"shrink-commits", nil, false, 1, 30, any(check.LeaderCandidateCompletenessProperty, check.LogMatchingProperty)},
	}
}

func (v *visit) plan(seed uint64) *Plan {
	p := Draw(seed)
	if v.focus != nil {
		p = DrawFocused(seed, *v.focus)
	}
	p.Bugs = []string{v.bug}
	p.Excerpt, p.Heals = true, quietEvery // what breaks in the end is not what is wanted
	return p
}

func (v *visit) wants(broken check.Property) bool {
	for _, p := range v.breaks {
		if p == broken {
			return true
		}
	}
	return false
}

// TestEveryKnownBugIsCaught: a checker that catches nothing is a defect. Within a
// bounded number of seeds each known bug must break a property that it threatens.
func TestEveryKnownBugIsCaught(t *testing.T) {
	if runtime.GOOS == "js" {
		t.Skip("plays many runs; TestTheMuseum has the shortest of them")
	}
	for _, v := range visits() {
		t.Run(v.bug, func(t *testing.T) {
			t.Parallel()
			if v.rare && *exhibitFlag == "" {
				t.Skip("one seed in forty or so: TestTheMuseum plays the run that was found")
			}
			if v.focus != nil && v.focus.ELR && !offersELR() {
				t.Skip("brokers do not offer eligible leader replicas")
			}
			for seed := max(v.from, 1); seed < max(v.from, 1)+v.seeds; seed++ {
				r, err := Play(v.plan(seed))
				if err != nil {
					t.Fatal(err)
				}
				if broken := r.Failed(); v.wants(broken) {
					t.Logf("seed %d: %v", seed, r.Violations[0].Error())
					if *exhibitFlag == v.bug || *exhibitFlag == "all" {
						exhibit(t, &v, seed, broken)
					}
					return
				}
			}
			t.Errorf("no property broke within %d seeds from %d on", v.seeds, max(v.from, 1))
		})
	}
}

// exhibit shortens the run and writes it down.
func exhibit(t *testing.T, v *visit, seed uint64, broken check.Property) {
	p := Shrink(v.plan(seed), broken, 120)
	p.Heals = 4 * time.Minute
	r, err := Tell(p)
	if err != nil || r.Failed() != broken {
		t.Fatalf("the short run breaks %v (%v)", r.Failed(), err)
	}
	var out strings.Builder
	for _, e := range sim.Exhibits() {
		if e.Name == v.bug {
			fmt.Fprintf(&out, "# %s\n#\n# What: %s\n# Fix: %s\n# Loses: %s\n", e.Name, e.What, e.Fix, e.Loses)
		}
	}
	out.WriteString(transcript(p, r))
	if err := os.WriteFile(filepath.Join("testdata", "museum", v.bug+".txt"), []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestTheMuseum plays the shortest run known for each bug: with the bug it breaks
// what it says, and without it nothing.
func TestTheMuseum(t *testing.T) {
	seen := map[string]bool{}
	for _, path := range transcripts(t, "museum") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			p, broken := readTranscript(t, path)
			if len(p.Features) > 0 && !offersELR() {
				t.Skip("brokers do not offer eligible leader replicas")
			}
			r, err := Play(p)
			if err != nil || r.Failed() != broken {
				t.Errorf("it breaks %q, not %q (%v): play it anew with -exhibit", r.Failed(), broken, err)
			}
			p.Bugs = nil
			if r, err := Play(p); err != nil || r.Failed() != "" {
				t.Errorf("without the bug it breaks %q (%v)", r.Failed(), err)
			}
		})
		seen[strings.TrimSuffix(filepath.Base(path), ".txt")] = true
	}
	for _, v := range visits() {
		if !seen[v.bug] && (v.focus == nil || !v.focus.ELR || offersELR()) {
			t.Errorf("testdata/museum has no run for %s", v.bug)
		}
	}
}

// TestTheRegressions plays the runs that once broke something.
func TestTheRegressions(t *testing.T) {
	for _, path := range transcripts(t, "regressions") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			p, _ := readTranscript(t, path)
			r, err := Play(p)
			if err != nil {
				t.Fatal(err)
			}
			for i := range r.Violations {
				t.Error(r.Violations[i].Error())
			}
		})
	}
}

func transcripts(t *testing.T, folder string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join("testdata", folder, "*.txt"))
	if err != nil || len(all) == 0 {
		t.Fatalf("testdata/%s is empty (%v)", folder, err)
	}
	return all
}

// readTranscript gives a transcript's plan, and the property that it says it breaks.
func readTranscript(t *testing.T, path string) (*Plan, check.Property) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ParsePlan(string(text))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "# breaks "); ok {
			name, _, _ := strings.Cut(rest, " ")
			return p, check.Property(name)
		}
	}
	t.Fatalf("%s does not say what it breaks", path)
	return nil, ""
}

// TestEveryBugIsDocumented: each switch is in the museum, with all it has to say.
func TestEveryBugIsDocumented(t *testing.T) {
	named := map[string]bool{}
	for _, e := range sim.Exhibits() {
		if e.Name == "" || e.What == "" || e.Fix == "" || e.Loses == "" || named[e.Name] {
			t.Errorf("exhibit %+v lacks something", e)
		}
		named[e.Name] = true
	}
	if len(named) < 10 {
		t.Errorf("the museum has %d exhibits", len(named))
	}
}
