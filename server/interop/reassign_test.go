package interop

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bitacora/server/interop/rig"
)

const (
	javaReassign = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"
	javaElection = "org.apache.kafka.tools.LeaderElectionCommand"
	javaLogDirs  = "org.apache.kafka.tools.LogDirsCommand"
)

// TestReassignAndElect moves replicas, brings preferred leaders back and looks into
// log directories with Kafka's own tools.
func TestReassignAndElect(t *testing.T) {
	t.Parallel()
	c := start(t, rig.Options{})
	mustJava(t, c, "", javaTopics, "--create", "--topic", "moves", "--replica-assignment", "1:2,2:1")
	mustJava(t, c, "uno\ndos\ntres\n", javaProducer, "--topic", "moves")
	plan := filepath.Join(t.TempDir(), "plan.json")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"version": 1, "partitions": [{"topic": "moves", "partition": 0, "replicas": [3, 2]}, {"topic": "moves", "partition": 1, "replicas": [2, 3, 1]}]}`)
	r := mustJava(t, c, "", javaReassign, "--execute", "--reassignment-json-file", plan, "--throttle", "1000000")
	for _, want := range []string{
		`{"topic":"moves","partition":0,"replicas":[1,2],"log_dirs":[`, "The inter-broker throttle limit was set to 1000000 B/s",
		"Successfully started partition reassignments for moves-0,moves-1",
	} {
		if !strings.Contains(r.Stdout, want) {
			t.Errorf("--execute says %s, want %s in it", r.Stdout, want)
		}
	}
	rig.Eventually(t, time.Minute, func() (bool, string) {
		out := mustJava(t, c, "", javaReassign, "--verify", "--reassignment-json-file", plan).Stdout
		return strings.Contains(out, "Reassignment of partition moves-0 is completed.") &&
			strings.Contains(out, "Reassignment of partition moves-1 is completed.") &&
			strings.Contains(out, "Clearing topic-level throttles on topic moves"), out
	})
	if got := mustJava(t, c, "", javaReassign, "--list").Stdout; got != "No partition reassignments found.\n" {
		t.Errorf("--list: %q", got)
	}
	described := mustJava(t, c, "", javaTopics, "--describe", "--topic", "moves").Stdout
	for _, want := range []string{
		`Partition: 0\tLeader: 3\tReplicas: 3,2\tIsr: (2,3|3,2)\tElr: \tLastKnownElr: `,
		`Partition: 1\tLeader: 2\tReplicas: 2,3,1\tIsr: [123,]{5}\tElr: `,
	} {
		if !regexp.MustCompile(want).MatchString(described) {
			t.Errorf("described as %s, want %s", described, want)
		}
	}
	if got := mustJava(t, c, "", javaConsumer, "--topic", "moves", "--from-beginning", "--max-messages", "3").Lines(); len(got) != 3 {
		t.Errorf("read %q after the move", got)
	}
	t.Run("what cannot be", func(t *testing.T) {
		write(`{"version": 1, "partitions": [{"topic": "moves", "partition": 0, "replicas": [9]}]}`)
		if r := java(t, c, "", javaReassign, "--execute", "--reassignment-json-file", plan); r.Exit != 1 || !strings.Contains(r.Stdout, "Unknown broker id 9") {
			t.Errorf("exit code %d, %s", r.Exit, r.Stdout)
		}
		write(`{"version": 1, "partitions": [{"topic": "moves", "partition": 0, "replicas": [3, 2]}]}`)
		if got := mustJava(t, c, "", javaReassign, "--cancel", "--reassignment-json-file", plan).Stdout; !strings.Contains(got, "None of the specified partition reassignments are active.") {
			t.Errorf("--cancel: %s", got)
		}
	})
	t.Run("leader election", func(t *testing.T) {
		if got := mustJava(t, c, "", javaElection, "--election-type", "preferred", "--topic", "moves", "--partition", "0").Stdout; got != "Valid replica already elected for partitions moves-0\n" {
			t.Errorf("preferred: %q", got)
		}
		write(`{"version": 1, "partitions": [{"topic": "moves", "partition": 0, "replicas": [2, 3]}]}`)
		mustJava(t, c, "", javaReassign, "--execute", "--reassignment-json-file", plan)
		if got := mustJava(t, c, "", javaElection, "--election-type", "preferred", "--topic", "moves", "--partition", "0").Stdout; !strings.Contains(got, "Successfully completed leader election (PREFERRED) for partitions moves-0") {
			t.Errorf("with 2 preferred: %q", got)
		}
		r := java(t, c, "", javaElection, "--election-type", "preferred", "--topic", "moves", "--partition", "9")
		if r.Exit != 1 || !strings.Contains(r.Stdout, "UnknownTopicOrPartitionException: No such partition as moves-9") {
			t.Errorf("no such partition: exit code %d, %s", r.Exit, r.Stdout)
		}
	})
	t.Run("log directories", func(t *testing.T) {
		got := mustJava(t, c, "", javaLogDirs, "--describe", "--topic-list", "moves", "--broker-list", "2").Stdout
		if !regexp.MustCompile(`\{"partition":"moves-1","size":\d+,"offsetLag":0,"isFuture":false\}.*"error":null,"logDir":"`).MatchString(got) {
			t.Errorf("got %s", got)
		}
	})
}
