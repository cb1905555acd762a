package oracle

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bitacora/server/interop/rig"
)

// KafkaVersion is the release that is the reference.
const KafkaVersion = "4.3.1"

// Kafka is a cluster of Apache Kafka's own processes. They end with the test.
type Kafka struct {
	t     testing.TB
	dir   string // configurations and data of the nodes
	ports map[int32]int
	nodes map[int32]*rig.Process
}

// StartKafka formats and starts a new cluster and waits until it serves.
func StartKafka(ctx context.Context, t testing.TB) (*Kafka, error) {
	k := &Kafka{t: t, dir: t.TempDir(), ports: map[int32]int{}, nodes: map[int32]*rig.Process{}}
	all := slices.Concat(controllerIDs, brokerIDs)
	ports, err := freePorts(len(all))
	if err != nil {
		return nil, err
	}
	for i, id := range all {
		k.ports[id] = ports[i]
	}
	if err := k.format(all); err != nil {
		return nil, err
	}
	for _, id := range all {
		k.startNode(id)
	}
	return k, awaitServing(ctx, k)
}

// awaitServing waits until every broker tells of three unfenced brokers and,
// where it can be asked, of three voters.
func awaitServing(ctx context.Context, c Cluster) error {
	const serveLimit = 2 * time.Minute // several times what six JVMs take on two cores
	r := newRun(ctx, c, Script{})
	return await(ctx, serveLimit, c.Name()+" to serve", func() (bool, error) {
		for _, b := range brokerIDs {
			if err := r.allUnfenced(b); err != nil {
				return false, err
			}
		}
		if err := r.learnOffered(); err != nil {
			return false, err
		}
		if !r.offersQuorum() {
			return true, nil
		}
		q, err := r.describeQuorum(brokerIDs[0])
		return err == nil && len(q.voters) == len(controllerIDs), err
	})
}

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

func (k *Kafka) configFile(id int32) string {
	return filepath.Join(k.dir, fmt.Sprintf("%d.properties", id))
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
		"log.dirs=" + filepath.Join(k.dir, fmt.Sprintf("%d", id)),
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

// format prepares the nodes' folders as kafka-storage does: the first
// controller alone is a voter, the others join.
func (k *Kafka) format(all []int32) error {
	const clusterID = "Yml0YWNvcmEtb3JhY2xlLQ" // any id of the right shape
	for _, id := range all {
		if err := os.WriteFile(k.configFile(id), []byte(k.properties(id)), 0o600); err != nil {
			return err
		}
		args := []string{"format", "--cluster-id", clusterID, "--config", k.configFile(id), "--no-initial-controllers"}
		if id == controllerIDs[0] {
			args[len(args)-1] = "--standalone"
		}
		for _, feature := range []string{"group", "transaction", "share", "streams"} {
			args = append(args, "--feature", feature+".version=0")
		}
		rig.MustRun(k.t, rig.Command{Args: rig.Java(k.t, "kafka.tools.StorageTool", args...)})
	}
	return nil
}

// startNode starts one JVM. Its heap and compiler are those of the tools: the
// nodes live for a minute, and start sooner with them.
func (k *Kafka) startNode(id int32) {
	p := rig.Start(k.t, fmt.Sprintf("%s node %d", k.Name(), id), rig.Command{Args: rig.Java(k.t, "kafka.Kafka", k.configFile(id))})
	go func() { // what it prints must not block it
		for range p.Lines() {
		}
	}()
	k.nodes[id] = p
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

// Kill implements Cluster.
func (k *Kafka) Kill(_ context.Context, nodes ...int32) error {
	done := make(chan struct{})
	for _, id := range nodes {
		go func(p *rig.Process) {
			p.Kill()
			done <- struct{}{}
		}(k.nodes[id])
	}
	for range nodes {
		<-done
	}
	return nil
}

// Terminate implements Cluster.
func (k *Kafka) Terminate(_ context.Context, id int32) error {
	k.nodes[id].Signal(syscall.SIGTERM)
	return nil
}

// Restart implements Cluster.
func (k *Kafka) Restart(_ context.Context, id int32) error {
	const stopLimit = 60 * time.Second // a controlled shutdown with retries
	k.nodes[id].Wait(stopLimit)
	k.startNode(id)
	return nil
}
