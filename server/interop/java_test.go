package interop

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bitacora/server/interop/rig"
)

// Kafka's own tools, as bin/kafka-*.sh names them.
const (
	javaTopics   = "org.apache.kafka.tools.TopicCommand"
	javaProducer = "org.apache.kafka.tools.ConsoleProducer"
	javaConsumer = "org.apache.kafka.tools.consumer.ConsoleConsumer"
	javaGroups   = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
)

// java runs one of Kafka's tools against the cluster.
func java(t *testing.T, c rig.Cluster, stdin, class string, args ...string) rig.Result {
	t.Helper()
	args = append([]string{"--bootstrap-server", rig.Servers(c)}, args...)
	return rig.Run(t, rig.Command{Args: rig.Java(t, class, args...), Stdin: stdin})
}

// mustJava is java, and the tool must end with exit code 0.
func mustJava(t *testing.T, c rig.Cluster, stdin, class string, args ...string) rig.Result {
	t.Helper()
	r := java(t, c, stdin, class, args...)
	if r.Exit != 0 {
		t.Fatalf("%s %q: exit code %d\nstdout:\n%s\nstderr:\n%s", class, args, r.Exit, r.Stdout, r.Stderr)
	}
	return r
}

// TestJavaTools takes the article's steps with Kafka's own command line tools:
// create and describe a topic, write from the console, read from it, and look
// at the group that read.
func TestJavaTools(t *testing.T) {
	t.Parallel()
	c := start(t, rig.Options{})
	steps := []struct {
		name string
		run  func(*testing.T, rig.Cluster)
	}{
		{"a topic is created once", javaCreate},
		{"it is described with leader, replicas and ISR", javaDescribe},
		{"it is listed", javaList},
		{"lines are written, plain and with keys", javaProduce},
		{"they are read from the beginning", javaConsume},
		{"a group reads and its position shows", javaGroup},
		{"a group's position is reset and read again", javaReset},
		{"a topic is given more partitions", javaAlter},
		{"a topic is deleted", javaDelete},
	}
	for _, s := range steps {
		if !t.Run(s.name, func(t *testing.T) { s.run(t, c) }) {
			return // each step stands on the one before
		}
	}
}

func javaCreate(t *testing.T, c rig.Cluster) {
	create := []string{"--create", "--topic", "pedidos", "--partitions", "3", "--replication-factor", "3"}
	if r := mustJava(t, c, "", javaTopics, create...); r.Stdout != "Created topic pedidos.\n" {
		t.Errorf("got %q", r.Stdout)
	}
	r := java(t, c, "", javaTopics, create...)
	if want := "Error while executing topic command : Topic 'pedidos' already exists.\n"; r.Exit != 1 || !strings.HasPrefix(r.Stdout, want) {
		t.Errorf("the second time: exit code %d, %q", r.Exit, r.Stdout)
	}
	r = java(t, c, "", javaTopics, "--create", "--topic", "demasiadas", "--partitions", "1", "--replication-factor", "4")
	if want := "Unable to replicate the partition 4 time(s)"; r.Exit != 1 || !strings.Contains(r.Stdout, want) {
		t.Errorf("four replicas on three brokers: exit code %d, %q", r.Exit, r.Stdout)
	}
}

func javaDescribe(t *testing.T, c rig.Cluster) {
	lines := mustJava(t, c, "", javaTopics, "--describe", "--topic", "pedidos").Lines()
	if len(lines) != 4 {
		t.Fatalf("got %q", lines)
	}
	if !regexp.MustCompile(`^Topic: pedidos\tTopicId: [\w-]{22}\tPartitionCount: 3\tReplicationFactor: 3\tConfigs: `).MatchString(lines[0]) {
		t.Errorf("got %q", lines[0])
	}
	partition := regexp.MustCompile(`^\tTopic: pedidos\tPartition: (\d)\tLeader: (\d)\tReplicas: (\d),(\d),(\d)\tIsr: (\d),(\d),(\d)\t`)
	for i, line := range lines[1:] {
		m := partition.FindStringSubmatch(line)
		if m == nil || m[1] != fmt.Sprint(i) {
			t.Errorf("partition %d: got %q", i, line)
			continue
		}
		if m[2] != m[3] {
			t.Errorf("partition %d: its leader %s is not its preferred one: %q", i, m[2], line)
		}
		replicas := slices.Sorted(slices.Values(m[3:6]))
		if !slices.Equal(replicas, []string{"1", "2", "3"}) || !slices.Equal(slices.Sorted(slices.Values(m[6:9])), replicas) {
			t.Errorf("partition %d: %q", i, line)
		}
	}
}

func javaList(t *testing.T, c rig.Cluster) {
	if lines := mustJava(t, c, "", javaTopics, "--list").Lines(); !slices.Contains(lines, "pedidos") {
		t.Errorf("got %q", lines)
	}
}

func javaProduce(t *testing.T, c rig.Cluster) {
	r := mustJava(t, c, "uno\ndos\ntres\n", javaProducer, "--topic", "pedidos")
	if strings.Contains(r.Stderr, "ERROR") || strings.Contains(r.Stderr, "WARN") {
		t.Errorf("the producer complained: %s", r.Stderr)
	}
	mustJava(t, c, "ana:sopa\nluis:pan\nana:queso\n", javaProducer, "--topic", "pedidos",
		"--reader-property", "parse.key=true", "--reader-property", "key.separator=:")
	mustJava(t, c, "z1\nz2\n", javaProducer, "--topic", "pedidos", "--compression-codec", "zstd")
}

// javaSent is what javaProduce wrote, in alphabetical order.
var javaSent = []string{"dos", "pan", "queso", "sopa", "tres", "uno", "z1", "z2"}

func javaConsume(t *testing.T, c rig.Cluster) {
	r := mustJava(t, c, "", javaConsumer, "--topic", "pedidos", "--from-beginning", "--max-messages", "8")
	if got := slices.Sorted(slices.Values(r.Lines())); !slices.Equal(got, javaSent) {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(r.Stderr, "Processed a total of 8 messages") {
		t.Errorf("it said %q", r.Stderr)
	}
	// One customer's orders lie in one partition, in order.
	r = mustJava(t, c, "", javaConsumer, "--topic", "pedidos", "--from-beginning", "--max-messages", "8",
		"--formatter-property", "print.key=true", "--formatter-property", "print.partition=true")
	var ana []string
	for _, line := range r.Lines() {
		if strings.Contains(line, "\tana\t") {
			ana = append(ana, line)
		}
	}
	if len(ana) != 2 || !strings.HasSuffix(ana[0], "\tsopa") || !strings.HasSuffix(ana[1], "\tqueso") ||
		strings.Split(ana[0], "\t")[0] != strings.Split(ana[1], "\t")[0] {
		t.Errorf("ana's orders: %q", ana)
	}
}

func javaGroup(t *testing.T, c rig.Cluster) {
	mustJava(t, c, "", javaConsumer, "--topic", "pedidos", "--from-beginning", "--max-messages", "8", "--group", "cocina")
	if got := mustJava(t, c, "", javaGroups, "--list").Lines(); !slices.Contains(got, "cocina") {
		t.Errorf("groups: %q", got)
	}
	checkGroup(t, c, 0)
	r := mustJava(t, c, "", javaGroups, "--describe", "--group", "cocina", "--state")
	if !regexp.MustCompile(`(?m)^cocina +127\.0\.0\.1:\d+ +\(\d\) +- +Empty +0`).MatchString(r.Stdout) {
		t.Errorf("state: %s", r.Stdout)
	}
}

// checkGroup reads the group's lag: the sum over the topic's partitions.
func checkGroup(t *testing.T, c rig.Cluster, lag int) {
	t.Helper()
	r := mustJava(t, c, "", javaGroups, "--describe", "--group", "cocina")
	row := regexp.MustCompile(`(?m)^cocina +pedidos +(\d) +(\d+) +(\d+) +(\d+) +- +- +-`)
	rows := row.FindAllStringSubmatch(r.Stdout, -1)
	got, end := 0, 0
	for _, m := range rows {
		var committed, logEnd, behind int
		if _, err := fmt.Sscan(m[2]+" "+m[3]+" "+m[4], &committed, &logEnd, &behind); err != nil || logEnd-committed != behind {
			t.Errorf("%q: %v", m[0], err)
		}
		got, end = got+behind, end+logEnd
	}
	if len(rows) != 3 || got != lag || end != len(javaSent) {
		t.Errorf("lag %d of %d records in %d rows, want %d of %d in 3:\n%s", got, end, len(rows), lag, len(javaSent), r.Stdout)
	}
}

func javaReset(t *testing.T, c rig.Cluster) {
	mustJava(t, c, "", javaGroups, "--group", "cocina", "--reset-offsets", "--to-earliest", "--topic", "pedidos", "--execute")
	checkGroup(t, c, len(javaSent))
}

func javaAlter(t *testing.T, c rig.Cluster) {
	mustJava(t, c, "", javaTopics, "--alter", "--topic", "pedidos", "--partitions", "5")
	r := mustJava(t, c, "", javaTopics, "--describe", "--topic", "pedidos")
	if !strings.Contains(r.Stdout, "PartitionCount: 5") {
		t.Errorf("got %s", r.Stdout)
	}
}

func javaDelete(t *testing.T, c rig.Cluster) {
	mustJava(t, c, "", javaTopics, "--delete", "--topic", "pedidos")
	if lines := mustJava(t, c, "", javaTopics, "--list").Lines(); slices.Contains(lines, "pedidos") {
		t.Errorf("it is still listed: %q", lines)
	}
}
