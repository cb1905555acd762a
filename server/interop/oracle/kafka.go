package oracle

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// KafkaVersion is the release that is the reference.
const KafkaVersion = "4.3.1"

// Kafka is a cluster of Apache Kafka's own processes.
type Kafka struct {
	jars  string // folder
	dir   string // configurations, data and logs of the nodes
	start *starter
	ports map[int32]int

	mu    sync.Mutex
	nodes map[int32]*process
	logs  map[int32]*os.File
}

// Jars makes sure that Kafka's jars are in the repository's cache and gives
// their folder. Maven fetches what is not there.
func Jars(ctx context.Context, root string) (string, error) {
	cache := filepath.Join(root, ".cache", "java")
	lib := filepath.Join(cache, "lib")
	if _, err := os.Stat(filepath.Join(lib, "kafka_2.13-"+KafkaVersion+".jar")); err == nil {
		return lib, nil
	}
	pom := filepath.Join(root, "server", "interop", "java", "pom.xml")
	cmd := exec.CommandContext(ctx, "mvn", "-q", "-B", "-f", pom,
		"org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
		"-DoutputDirectory="+lib, "-DincludeScope=runtime")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("fetch Kafka's jars with Maven: %w\n%s", err, out)
	}
	return lib, nil
}

// StartKafka formats and starts a new cluster and waits until it serves.
func StartKafka(ctx context.Context, jars, dir string) (*Kafka, error) {
	k := &Kafka{
		jars: jars, dir: dir, start: newStarter(), ports: map[int32]int{},
		nodes: map[int32]*process{}, logs: map[int32]*os.File{},
	}
	if err := k.boot(ctx); err != nil {
		return nil, errors.Join(err, k.Close())
	}
	return k, nil
}

func (k *Kafka) boot(ctx context.Context) error {
	all := slices.Concat(controllerIDs, brokerIDs)
	ports, err := freePorts(len(all))
	if err != nil {
		return err
	}
	for i, id := range all {
		k.ports[id] = ports[i]
	}
	for _, id := range all {
		if err := os.WriteFile(k.file(id, "properties"), []byte(k.properties(id)), 0o600); err != nil {
			return err
		}
	}
	if err := k.format(ctx, all); err != nil {
		return err
	}
	for _, id := range all {
		if err := k.Restart(ctx, id); err != nil {
			return err
		}
	}
	return awaitServing(ctx, k)
}

// awaitServing waits until every broker tells of three unfenced brokers and,
// where it can be asked, of three voters.
func awaitServing(ctx context.Context, c Cluster) error {
	r := &Run{ctx: ctx, cluster: c, probe: &Probe{ctx: ctx, cluster: c}, out: &Transcript{}}
	return await(ctx, 2*time.Minute, c.Name()+" to serve", func() (bool, error) {
		for _, b := range brokerIDs {
			o, err := r.fencedState(b)
			if err != nil {
				return false, err
			}
			if show(o) != show(object("error", codeName(0), "unfenced", brokerIDs, "fenced", []int32{})) {
				return false, fmt.Errorf("broker %d tells of %s", b, show(o))
			}
		}
		if err := r.learnOffered(); err != nil {
			return false, err
		}
		if !r.offered[describeQuorumKey] {
			return true, nil
		}
		q, err := r.describeQuorum(brokerIDs[0])
		return err == nil && len(q.voters) == len(controllerIDs), err
	})
}

const describeQuorumKey = 55

// portsFrom and portsTo bound where listeners are put: below the range from
// which Linux takes the ports of outgoing connections, so that nobody takes
// the port of a node that is down.
const portsFrom, portsTo = 21_000, 32_000

func freePorts(n int) ([]int, error) {
	var ports []int
	const triesMax = 1000
	for range triesMax {
		port := portsFrom + rand.IntN(portsTo-portsFrom)
		if slices.Contains(ports, port) {
			continue
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
		if ports = append(ports, port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, fmt.Errorf("found no %d free ports", n)
}

func (k *Kafka) file(id int32, kind string) string {
	return filepath.Join(k.dir, fmt.Sprintf("%d.%s", id, kind))
}

// properties is the configuration of one node: Kafka's defaults but for what
// makes the topology, as Bitácora sets it.
func (k *Kafka) properties(id int32) string {
	var bootstrap []string
	for _, c := range controllerIDs {
		bootstrap = append(bootstrap, fmt.Sprintf("127.0.0.1:%d", k.ports[c]))
	}
	role, listener := "broker", "PLAINTEXT"
	if slices.Contains(controllerIDs, id) {
		role, listener = "controller", "CONTROLLER"
	}
	lines := []string{
		"process.roles=" + role,
		fmt.Sprintf("node.id=%d", id),
		fmt.Sprintf("listeners=%s://127.0.0.1:%d", listener, k.ports[id]),
		fmt.Sprintf("advertised.listeners=%s://127.0.0.1:%d", listener, k.ports[id]),
		"controller.listener.names=CONTROLLER",
		"listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
		"controller.quorum.bootstrap.servers=" + strings.Join(bootstrap, ","),
		"log.dirs=" + k.file(id, "data"),
		"num.partitions=3",
		"default.replication.factor=3",
		"offsets.topic.replication.factor=3",
		"transaction.state.log.replication.factor=3",
		"share.coordinator.state.topic.replication.factor=3",
	}
	if role == "controller" {
		lines = append(lines, "controller.quorum.auto.join.enable=true")
	}
	return strings.Join(lines, "\n") + "\n"
}

// java gives the command line of one of Kafka's classes. The compiler's second
// stage is left out: the nodes live for a minute, and start sooner without.
func (k *Kafka) java(heapMB int, class string, args ...string) []string {
	return append([]string{
		fmt.Sprintf("-Xmx%dm", heapMB), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
		"-cp", filepath.Join(k.jars, "*"), class,
	}, args...)
}

// format prepares the nodes' folders as kafka-storage does: the first
// controller alone is a voter, the others join.
func (k *Kafka) format(ctx context.Context, all []int32) error {
	out, err := exec.CommandContext(ctx, "java", k.java(64, "kafka.tools.StorageTool", "random-uuid")...).Output()
	if err != nil {
		return fmt.Errorf("kafka-storage random-uuid: %w", err)
	}
	cluster := strings.TrimSpace(string(out))
	for _, id := range all {
		args := []string{"format", "--cluster-id", cluster, "--config", k.file(id, "properties"), "--no-initial-controllers"}
		if id == controllerIDs[0] {
			args[len(args)-1] = "--standalone"
		}
		for _, feature := range []string{"group", "transaction", "share", "streams", "eligible.leader.replicas"} {
			args = append(args, "--feature", feature+".version=0")
		}
		cmd := exec.CommandContext(ctx, "java", k.java(64, "kafka.tools.StorageTool", args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("kafka-storage format of node %d: %w\n%s", id, err, out)
		}
	}
	return nil
}

// Name implements Cluster.
func (k *Kafka) Name() string { return "Apache Kafka " + KafkaVersion }

// Brokers implements Cluster.
func (k *Kafka) Brokers() map[int32]string {
	out := map[int32]string{}
	for _, id := range brokerIDs {
		out[id] = fmt.Sprintf("127.0.0.1:%d", k.ports[id])
	}
	return out
}

func (k *Kafka) node(id int32) (*process, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.nodes[id]
	if p == nil {
		return nil, fmt.Errorf("node %d was never started", id)
	}
	return p, nil
}

// Kill implements Cluster.
func (k *Kafka) Kill(_ context.Context, id int32) error {
	p, err := k.node(id)
	if err != nil {
		return err
	}
	return p.kill()
}

// Terminate implements Cluster.
func (k *Kafka) Terminate(_ context.Context, id int32) error {
	p, err := k.node(id)
	if err != nil {
		return err
	}
	return p.signal(syscall.SIGTERM)
}

// Restart implements Cluster; it starts a node for the first time, too.
func (k *Kafka) Restart(ctx context.Context, id int32) error {
	const stopLimit = 60 * time.Second // a controlled shutdown with retries
	if p, err := k.node(id); err == nil {
		if err := p.awaitExit(ctx, stopLimit); err != nil {
			return err
		}
	}
	log, err := os.OpenFile(k.file(id, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	heapMB := 320
	if slices.Contains(controllerIDs, id) {
		heapMB = 256
	}
	p, err := k.start.start(log, "java", k.java(heapMB, "kafka.Kafka", k.file(id, "properties"))...)
	k.mu.Lock()
	defer k.mu.Unlock()
	if old := k.logs[id]; old != nil {
		err = errors.Join(err, old.Close())
	}
	k.logs[id] = log
	if err != nil {
		return err
	}
	k.nodes[id] = p
	return nil
}

// Close implements Cluster. The folder stays; who made it removes it.
func (k *Kafka) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(k.nodes)) {
		errs = append(errs, k.nodes[id].kill())
	}
	for _, log := range k.logs {
		errs = append(errs, log.Close())
	}
	k.start.close()
	return errors.Join(errs...)
}
