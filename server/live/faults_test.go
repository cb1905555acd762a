package live

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/cluster"
	"bitacora/server/store"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// serveEnv makes this test binary a server over the folder it names, so that it can
// be killed as a whole.
const serveEnv = "BITACORA_TEST_SERVE"

func TestMain(m *testing.M) {
	dir := os.Getenv(serveEnv)
	if dir == "" {
		os.Exit(m.Run())
	}
	port, _ := strconv.Atoi(os.Getenv(serveEnv + "_PORT"))
	c, err := Open(Config{Spec: cluster.Spec{Brokers: 3, Controllers: 3}, DataDir: dir, KafkaPort: port})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	c.AwaitServing(context.Background())
	fmt.Println(strings.Join(bootstrap(c), ","))
	select {} // until it is killed
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func createTopic(ctx context.Context, t *testing.T, cl *kgo.Client, topic string, factor int16) {
	t.Helper()
	resp, err := kadm.NewClient(cl).CreateTopic(ctx, 1, factor, nil, topic)
	if err != nil || resp.Err != nil {
		t.Fatalf("create %s: %v %v", topic, err, resp.Err)
	}
}

func broker(c *Cluster, id int) string { return bootstrap(c)[id-1] }

func TestFaults(t *testing.T) {
	c := startCluster(t, "")
	ctx := within(t, 60*time.Second)
	c.AwaitServing(ctx)
	cl := newClient(t, c)
	createTopic(ctx, t, cl, "pedidos", 3)
	produceN(ctx, t, cl, "pedidos", 0, 5)

	// A killed broker refuses connections; killing it again is an error.
	if err := c.Kill(2); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", broker(c, 2)); err == nil {
		conn.Close()
		t.Error("a killed broker accepts")
	}
	for what, err := range map[string]error{"kill": c.Kill(2), "pause": c.Pause(2), "resume": c.Resume(2), "shutdown": c.Shutdown(2)} {
		if !errors.Is(err, ErrDead) {
			t.Errorf("%s a dead broker: %v", what, err)
		}
	}
	if err := c.Restart(2); err != nil {
		t.Fatal(err)
	}
	if err := c.Restart(2); !errors.Is(err, ErrAlive) {
		t.Errorf("restart a live broker: %v", err)
	}
	for what, err := range map[string]error{"kill": c.Kill(77), "restart": c.Restart(77), "cut": c.Cut(1, 77), "cut itself": c.Cut(1, 1)} {
		if !errors.Is(err, ErrNoNode) {
			t.Errorf("%s: %v", what, err)
		}
	}

	// A paused one accepts and is silent, then answers what it was asked.
	if err := c.Pause(3); err != nil {
		t.Fatal(err)
	}
	if err := c.Pause(3); !errors.Is(err, ErrPaused) {
		t.Errorf("pause a paused broker: %v", err)
	}
	conn, err := net.Dial("tcp", broker(c, 3))
	if err != nil {
		t.Fatalf("a paused broker refuses: %v", err)
	}
	defer conn.Close()
	// ApiVersions v0, correlation 7, no client id.
	if _, err := conn.Write([]byte{0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff}); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 8)
	conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if n, err := conn.Read(answer); err == nil {
		t.Errorf("a paused broker says %v", answer[:n])
	}
	if err := c.Resume(3); err != nil {
		t.Fatal(err)
	}
	if err := c.Resume(3); !errors.Is(err, ErrNotPaused) {
		t.Errorf("resume a broker that runs: %v", err)
	}
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := conn.Read(answer); err != nil || answer[7] != 7 {
		t.Errorf("after it was resumed: %v %v", answer, err)
	}

	// A cut between two brokers stalls replication, and healing lets it go on.
	if err := c.Cut(1, 3); err != nil {
		t.Fatal(err)
	}
	if err := c.Heal(engine.NoNode, engine.NoNode); err != nil {
		t.Fatal(err)
	}
	produceN(ctx, t, cl, "pedidos", 5, 10)
	consumeN(ctx, t, newClient(t, c, kgo.ConsumeTopics("pedidos"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())), 10)
}

func TestACutLinkHoldsReplicationUpUntilItIsHealed(t *testing.T) {
	c, err := Open(Config{Spec: cluster.Spec{Brokers: 2, Controllers: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(10 * time.Second) })
	ctx := within(t, 40*time.Second)
	c.AwaitServing(ctx)
	cl := newClient(t, c)
	createTopic(ctx, t, cl, "pedidos", 2)
	produceN(ctx, t, cl, "pedidos", 0, 1)
	if err := c.Cut(1, 2); err != nil {
		t.Fatal(err)
	}
	acked := make(chan error, 1)
	cl.Produce(ctx, &kgo.Record{Topic: "pedidos", Value: []byte("x")}, func(_ *kgo.Record, err error) { acked <- err })
	select {
	case err := <-acked:
		t.Errorf("acknowledged over a cut link: %v", err)
	case <-time.After(time.Second): // nothing happens: there is no condition to wait for
	}
	if err := c.Heal(1, 2); err != nil {
		t.Fatal(err)
	}
	if err := <-acked; err != nil {
		t.Errorf("after it was healed: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	spec := cluster.Spec{Brokers: 1, Controllers: 1}
	t.Run("a taken port, and names free ones", func(t *testing.T) {
		nl, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer nl.Close()
		port := nl.Addr().(*net.TCPAddr).Port
		dir := t.TempDir()
		_, err = Open(Config{Spec: spec, KafkaPort: port, DataDir: dir})
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("port %d is taken", port)) || !strings.Contains(err.Error(), "use --kafka-port ") {
			t.Errorf("error %v", err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) > 0 {
			t.Errorf("it left %v", entries)
		}
	})
	t.Run("a folder that another server uses, which goes on", func(t *testing.T) {
		dir := t.TempDir()
		first, err := Open(Config{Spec: spec, DataDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer first.Close(10 * time.Second)
		if _, err := Open(Config{Spec: spec, DataDir: dir}); !errors.Is(err, store.ErrLocked) {
			t.Errorf("error %v", err)
		}
		ctx := within(t, 20*time.Second)
		first.AwaitServing(ctx)
		cl := newClient(t, first)
		createTopic(ctx, t, cl, "pedidos", 1)
		produceN(ctx, t, cl, "pedidos", 0, 1)
	})
	t.Run("a folder of something else, and changes nothing in it", func(t *testing.T) {
		dir := t.TempDir()
		theirs := filepath.Join(dir, "node-1", "letter.txt")
		if err := os.MkdirAll(filepath.Dir(theirs), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(theirs, []byte("dear all"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Config{Spec: spec, DataDir: dir}); !errors.Is(err, store.ErrForeign) {
			t.Errorf("error %v", err)
		}
		entries, _ := os.ReadDir(filepath.Dir(theirs))
		if text, err := os.ReadFile(theirs); err != nil || string(text) != "dear all" || len(entries) != 1 {
			t.Errorf("it left %v, %v", entries, err)
		}
	})
	t.Run("a folder that is a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "data")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		var path *fs.PathError
		if _, err := Open(Config{Spec: spec, DataDir: file}); err == nil || !errors.Is(err, store.ErrUnwritable) && !errors.As(err, &path) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a cluster that cannot be", func(t *testing.T) {
		if _, err := Open(Config{Spec: cluster.Spec{Brokers: 0, Controllers: 1}}); err == nil {
			t.Error("no brokers")
		}
	})
}

// committed asks where a group is.
func committed(ctx context.Context, t *testing.T, cl *kgo.Client, group string) int64 {
	t.Helper()
	offsets, err := kadm.NewClient(cl).FetchOffsets(ctx, group)
	if err != nil {
		t.Fatal(err)
	}
	o, _ := offsets.Lookup("pedidos", 0)
	return o.At
}

// readAndCommit reads n records in a group and commits.
func readAndCommit(ctx context.Context, t *testing.T, cl *kgo.Client, n int) {
	t.Helper()
	consumeN(ctx, t, cl, n)
	if err := cl.CommitUncommittedOffsets(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestARestartKeepsRecordsAndGroups(t *testing.T) {
	dir := t.TempDir()
	spec := cluster.Spec{Brokers: 1, Controllers: 1}
	ctx := within(t, 60*time.Second)
	first, err := Open(Config{Spec: spec, DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	first.AwaitServing(ctx)
	cl := newClient(t, first)
	createTopic(ctx, t, cl, "pedidos", 1)
	produceN(ctx, t, cl, "pedidos", 0, 20)
	reader := newClient(t, first, kgo.ConsumeTopics("pedidos"), kgo.ConsumerGroup("g"), kgo.DisableAutoCommit())
	readAndCommit(ctx, t, reader, 20)
	reader.Close()
	cl.Close()
	if took := time.Now(); true {
		first.Close(10 * time.Second)
		if d := time.Since(took); d > 5*time.Second {
			t.Errorf("a clean stop took %v", d)
		}
	}
	again, err := Open(Config{Spec: spec, DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close(10 * time.Second) })
	again.AwaitServing(ctx)
	cl = newClient(t, again)
	if at := committed(ctx, t, cl, "g"); at != 20 {
		t.Errorf("the group is at %d", at)
	}
	consumeN(ctx, t, newClient(t, again, kgo.ConsumeTopics("pedidos"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())), 20)
}

// freePorts finds a base from which on a cluster's ports are free.
func freePorts(t *testing.T, spec cluster.Spec) int {
	t.Helper()
	for range 100 {
		nl, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		base := nl.Addr().(*net.TCPAddr).Port
		nl.Close()
		if base < 60000 && allFree(loopback, base, spec) {
			return base
		}
	}
	t.Fatal("no free ports")
	return 0
}

func TestAfterKillingTheWholeServerNothingAcknowledgedIsLost(t *testing.T) {
	dir := t.TempDir()
	ctx := within(t, 90*time.Second)
	server := exec.Command(os.Args[0])
	// Voters know each other by their ports, so a cluster comes back to the same ones.
	spec := cluster.Spec{Brokers: 3, Controllers: 3}
	port := freePorts(t, spec)
	server.Env = append(os.Environ(), serveEnv+"="+dir, fmt.Sprintf("%s_PORT=%d", serveEnv, port))
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.HasPrefix(line, "error") {
		t.Fatalf("the server says %q: %v", line, err)
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(strings.TrimSpace(line), ",")...),
		kgo.ConsumeTopics("pedidos"), kgo.ConsumerGroup("g"), kgo.DisableAutoCommit())
	if err != nil {
		t.Fatal(err)
	}
	createTopic(ctx, t, cl, "pedidos", 3)
	produceN(ctx, t, cl, "pedidos", 0, 100)
	readAndCommit(ctx, t, cl, 100)
	produceN(ctx, t, cl, "pedidos", 100, 150)
	server.Process.Kill() // SIGKILL: nobody hands over, nothing is closed
	server.Wait()
	cl.Close()

	c, err := Open(Config{Spec: spec, DataDir: dir, KafkaPort: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(10 * time.Second) })
	again := newClient(t, c)
	at := time.Now()
	produceN(ctx, t, again, "pedidos", 150, 151)
	if took := time.Since(at); took > 20*time.Second {
		t.Errorf("writable after %v", took)
	}
	if at := committed(ctx, t, again, "g"); at != 100 {
		t.Errorf("the group is at %d", at)
	}
	consumeN(ctx, t, newClient(t, c, kgo.ConsumeTopics("pedidos"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())), 151)
}
