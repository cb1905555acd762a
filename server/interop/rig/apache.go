package rig

import (
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Apache is a real Apache Kafka 4.3.1 of combined nodes 1, 2, 3, ..., one JVM
// each, formatted with static voters.
type Apache struct {
	t     testing.TB // that started it: nodes live as long as that test
	nodes []*apacheNode
	heap  string
}

type apacheNode struct {
	id         int32
	addr       string // of its broker listener
	properties string // file
	log        string // folder of data
	process    *Process
}

// apacheClusterID is any id of the right shape.
const apacheClusterID = "Yml0YWNvcmEtaW50ZXJvcA"

// apacheReadyLimit is several times the 15 s that three brokers take to start
// on two cores.
const apacheReadyLimit = 90 * time.Second

// ServeApache starts Apache Kafka and waits until all its brokers serve.
func ServeApache(t testing.TB, o Options) *Apache {
	t.Helper()
	a := FormatApache(t, o)
	a.Start()
	for _, node := range a.nodes {
		waitPort(t, node.addr)
	}
	waitBrokers(t, a, len(a.nodes))
	return a
}

// FormatApache prepares the folders of an Apache Kafka that is not started yet.
func FormatApache(t testing.TB, o Options) *Apache {
	t.Helper()
	dir := o.Data
	if dir == "" {
		dir = t.TempDir()
	}
	n := o.brokers()
	ports := freePorts(t, 2*n)
	var voters []string
	for i := range n {
		voters = append(voters, fmt.Sprintf("%d@127.0.0.1:%d", i+1, ports[n+i]))
	}
	a := &Apache{t: t, heap: "512m"}
	for i := range n {
		node := &apacheNode{id: int32(i + 1), addr: fmt.Sprintf("127.0.0.1:%d", ports[i]),
			properties: filepath.Join(dir, fmt.Sprintf("node-%d.properties", i+1)),
			log:        filepath.Join(dir, fmt.Sprintf("node-%d", i+1))}
		text := apacheProperties(o, node, ports[n+i], voters)
		if err := os.WriteFile(node.properties, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		a.nodes = append(a.nodes, node)
	}
	for _, node := range a.nodes {
		MustRun(t, Command{Args: Java(t, "kafka.tools.StorageTool", "format", "--cluster-id", apacheClusterID, "--config", node.properties)})
	}
	return a
}

// Start starts every node and waits for none.
func (a *Apache) Start() {
	for _, node := range a.nodes {
		a.start(node)
	}
}

func apacheProperties(o Options, node *apacheNode, controllerPort int, voters []string) string {
	factor := min(3, o.brokers())
	settings := map[string]string{
		"process.roles":                                    "broker,controller",
		"node.id":                                          fmt.Sprint(node.id),
		"listeners":                                        fmt.Sprintf("PLAINTEXT://%s,CONTROLLER://127.0.0.1:%d", node.addr, controllerPort),
		"advertised.listeners":                             "PLAINTEXT://" + node.addr,
		"controller.listener.names":                        "CONTROLLER",
		"controller.quorum.voters":                         strings.Join(voters, ","),
		"log.dirs":                                         node.log,
		"num.partitions":                                   "3",
		"default.replication.factor":                       fmt.Sprint(factor),
		"offsets.topic.replication.factor":                 fmt.Sprint(factor),
		"transaction.state.log.replication.factor":         fmt.Sprint(factor),
		"transaction.state.log.min.isr":                    fmt.Sprint(min(2, factor)),
		"share.coordinator.state.topic.replication.factor": fmt.Sprint(factor),
		"share.coordinator.state.topic.min.isr":            fmt.Sprint(min(2, factor)),
	}
	maps.Copy(settings, o.Set)
	var text strings.Builder
	for _, key := range sortedKeys(settings) {
		fmt.Fprintf(&text, "%s=%s\n", key, settings[key])
	}
	return text.String()
}

func (a *Apache) start(node *apacheNode) {
	a.t.Helper()
	args := Java(a.t, "kafka.Kafka", node.properties)
	// A broker lives long: give it Kafka's own collector and the whole JIT back.
	args = slices.DeleteFunc(args, func(s string) bool { return strings.HasPrefix(s, "-XX:") || strings.HasPrefix(s, "-Xmx") })
	args = slices.Insert(args, 1, "-Xmx"+a.heap, "-Xms"+a.heap, "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
		"-XX:InitiatingHeapOccupancyPercent=35", "-Djava.awt.headless=true")
	node.process = Start(a.t, fmt.Sprintf("Apache Kafka node %d", node.id), Command{Args: args})
	go func(p *Process) {
		for range p.Lines() {
		}
	}(node.process)
}

// Bootstrap is the brokers' addresses.
func (a *Apache) Bootstrap() []string {
	var addrs []string
	for _, node := range a.nodes {
		addrs = append(addrs, node.addr)
	}
	return addrs
}

// Pids are the brokers' process ids.
func (a *Apache) Pids() []int {
	var pids []int
	for _, node := range a.nodes {
		pids = append(pids, node.process.Pid())
	}
	return pids
}

// Kill ends one node's JVM as kill -9 does.
func (a *Apache) Kill(t testing.TB, broker int32) { a.nodes[broker-1].process.Kill() }

// Restart starts a killed node again.
func (a *Apache) Restart(t testing.TB, broker int32) {
	t.Helper()
	a.start(a.nodes[broker-1])
	waitPort(t, a.nodes[broker-1].addr)
}

// freePorts finds ports that nobody listens on just now. Apache Kafka cannot
// announce the port it was given, so the small race is accepted here.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

func waitPort(t testing.TB, addr string) {
	t.Helper()
	Eventually(t, apacheReadyLimit, func() (bool, string) {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			return false, err.Error()
		}
		return conn.Close() == nil, ""
	})
}

// waitBrokers waits until n brokers are registered and unfenced.
func waitBrokers(t testing.TB, c Cluster, n int) {
	t.Helper()
	admin := Admin(t, c)
	Eventually(t, apacheReadyLimit, func() (bool, string) {
		brokers, err := admin.ListBrokers(t.Context())
		if err != nil {
			return false, err.Error()
		}
		return len(brokers) == n, fmt.Sprintf("%d of %d brokers serve", len(brokers), n)
	})
}
