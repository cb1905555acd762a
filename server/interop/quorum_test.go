package interop

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"bitacora/server/interop/rig"
)

const (
	javaQuorum   = "org.apache.kafka.tools.MetadataQuorumCommand"
	javaFeatures = "org.apache.kafka.tools.FeatureCommand"
	javaCluster  = "org.apache.kafka.tools.ClusterTool"
)

// TestQuorumTools looks at the metadata quorum, at features and at the cluster with
// Kafka's own tools, and takes a dead broker off the list.
func TestQuorumTools(t *testing.T) {
	t.Parallel()
	c := start(t, rig.Options{})
	for _, s := range []struct {
		name string
		run  func(*testing.T, rig.Cluster)
	}{
		{"the quorum's status", quorumStatus},
		{"the quorum, asked of a controller", quorumOfControllers},
		{"the quorum's replication", quorumReplication},
		{"a voter that is removed", quorumRemoves},
		{"features", features},
		{"a dead broker is unregistered", unregister},
	} {
		if !t.Run(s.name, func(t *testing.T) { s.run(t, c) }) {
			return
		}
	}
}

// quorumStatus waits until the controllers have joined the quorum by themselves.
func quorumStatus(t *testing.T, c rig.Cluster) {
	status := ""
	voters := regexp.MustCompile(`(?m)^CurrentVoters: +\[\{"id": 3000, "directoryId": "[\w-]{22}", "endpoints": \["CONTROLLER://127.0.0.1:\d+"\]\}, \{"id": 3001, .*\}, \{"id": 3002, .*\}\]$`)
	for range 20 {
		if status = mustJava(t, c, "", javaQuorum, "describe", "--status").Stdout; voters.MatchString(status) {
			break
		}
	}
	if !voters.MatchString(status) {
		t.Errorf("the voters are not three: %s", status)
	}
	for _, line := range []string{
		`(?m)^LeaderId: +300\d$`, `(?m)^LeaderEpoch: +\d+$`, `(?m)^HighWatermark: +\d+$`,
		`(?m)^MaxFollowerLag: +\d+$`, `(?m)^MaxFollowerLagTimeMs: +\d+$`,
		`(?m)^CurrentObservers: +\[\{"id": 1, "directoryId": "[\w-]{22}"\}, \{"id": 2, .*\}, \{"id": 3, .*\}\]$`,
	} {
		if !regexp.MustCompile(line).MatchString(status) {
			t.Errorf("no %s in\n%s", line, status)
		}
	}
}

// quorumOfControllers asks a controller, which no broker stands before (KIP-919).
func quorumOfControllers(t *testing.T, c rig.Cluster) {
	status := mustJava(t, c, "", javaQuorum, "describe", "--status").Stdout
	for _, m := range regexp.MustCompile(`CONTROLLER://([\d.:]+)`).FindAllStringSubmatch(status, -1) {
		r := rig.Run(t, rig.Command{Args: rig.Java(t, javaQuorum, "--bootstrap-controller", m[1], "describe", "--status")})
		if r.Exit != 0 || !strings.Contains(r.Stdout, `CurrentVoters:          [{"id": 3000, `) {
			t.Errorf("%s: exit code %d\n%s%s", m[1], r.Exit, r.Stdout, r.Stderr)
		}
	}
}

func quorumReplication(t *testing.T, c rig.Cluster) {
	lines := mustJava(t, c, "", javaQuorum, "describe", "--replication").Lines()
	if len(lines) != 7 || !strings.HasPrefix(lines[0], "NodeId\tDirectoryId") {
		t.Fatalf("got %q", lines)
	}
	row := regexp.MustCompile(`^(\d+) *\t([\w-]{22})\t(\d+) *\t(-?\d+) *\t(\d+) *\t(\d+) *\t(\w+) *\t$`)
	var roles []string
	for _, line := range lines[1:] {
		m := row.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("got %q", line)
		}
		roles = append(roles, m[7])
	}
	slices.Sort(roles)
	if got := strings.Join(roles, " "); got != "Follower Follower Leader Observer Observer Observer" {
		t.Errorf("roles %s", got)
	}
}

// quorumRemoves removes a voter, which joins again by itself.
func quorumRemoves(t *testing.T, c rig.Cluster) {
	directory := func(id string) string {
		for _, line := range mustJava(t, c, "", javaQuorum, "describe", "--replication").Lines() {
			if fields := strings.Fields(line); fields[0] == id {
				return fields[1]
			}
		}
		t.Fatalf("%s is not in the quorum", id)
		return ""
	}
	r := java(t, c, "", javaQuorum, "remove-controller", "--controller-id", "3002", "--controller-directory-id", "AAAAAAAAAAAAAAAAAAAAAA")
	if want := "InvalidRequestException: Remove voter request didn't include a valid voter"; r.Exit != 1 || !strings.Contains(r.Stderr, want) {
		t.Errorf("without a directory: exit code %d, %q", r.Exit, r.Stderr)
	}
	r = java(t, c, "", javaQuorum, "remove-controller", "--controller-id", "3002", "--controller-directory-id", directory("3001"))
	if want := "VoterNotFoundException: Cannot remove voter ReplicaKey(id=3002, "; r.Exit != 1 || !strings.Contains(r.Stderr, want) {
		t.Errorf("with another's directory: exit code %d, %q", r.Exit, r.Stderr)
	}
	mustJava(t, c, "", javaQuorum, "remove-controller", "--controller-id", "3002", "--controller-directory-id", directory("3002"))
}

func features(t *testing.T, c rig.Cluster) {
	describe := mustJava(t, c, "", javaFeatures, "describe").Stdout
	for _, line := range []string{
		`(?m)^Feature: kraft.version\s+SupportedMinVersion: 1\s+SupportedMaxVersion: 1\s+FinalizedVersionLevel: 1\s+Epoch: \d+\s*$`,
		`(?m)^Feature: metadata.version\s+SupportedMinVersion: 4.3-IV0\s+SupportedMaxVersion: 4.3-IV0\s+FinalizedVersionLevel: 4.3-IV0\s+Epoch: \d+\s*$`,
	} {
		if !regexp.MustCompile(line).MatchString(describe) {
			t.Errorf("no %s in\n%s", line, describe)
		}
	}
	for _, step := range []struct {
		args []string
		exit int
		want string
	}{
		{[]string{"upgrade", "--feature", "kraft.version=1"}, 0, "kraft.version was upgraded to 1."},
		{[]string{"upgrade", "--feature", "metadata.version=30", "--dry-run"}, 0, "metadata.version can be upgraded to 30."},
		{[]string{"upgrade", "--feature", "share.version=1"}, 1, "does not support this feature."},
		{[]string{"downgrade", "--feature", "metadata.version=29"}, 1, "only supports versions 30"},
	} {
		r := java(t, c, "", javaFeatures, step.args...)
		if r.Exit != step.exit || !strings.Contains(r.Stdout+r.Stderr, step.want) {
			t.Errorf("%q: exit code %d\n%s%s", step.args, r.Exit, r.Stdout, r.Stderr)
		}
	}
}

// unregister: kafka-cluster names the servers behind its command.
func unregister(t *testing.T, c rig.Cluster) {
	tool := func(command string, more ...string) rig.Result {
		args := append([]string{command, "--bootstrap-server", rig.Servers(c)}, more...)
		return rig.Run(t, rig.Command{Args: rig.Java(t, javaCluster, args...)})
	}
	r := tool("unregister", "--id", "9")
	if want := "BrokerIdNotRegisteredException: Broker ID 9 is not currently registered"; r.Exit != 1 || !strings.Contains(r.Stderr, want) {
		t.Errorf("an unknown broker: exit code %d, %q", r.Exit, r.Stderr)
	}
	c.Kill(t, 3)
	if r := tool("unregister", "--id", "3"); r.Exit != 0 || r.Stdout != "Broker 3 is no longer registered.\n" {
		t.Errorf("exit code %d, %q %q", r.Exit, r.Stdout, r.Stderr)
	}
	r = tool("list-endpoints", "--include-fenced-brokers")
	if strings.Contains(r.Stdout, "\n3 ") || !strings.Contains(r.Stdout, "\n2 ") {
		t.Errorf("the list is\n%s", r.Stdout)
	}
}
