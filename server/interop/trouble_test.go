package interop

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bitacora/server/interop/rig"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// serveRefused runs `serve`, which must end by itself: exit code 1, one sentence
// that has all these words, nothing on standard output.
func serveRefused(t *testing.T, says []string, args ...string) {
	t.Helper()
	r := rig.Run(t, rig.Command{Args: append([]string{rig.Program(t), "serve", "--brokers", "1", "--controllers", "1"}, args...)})
	said := strings.TrimSpace(r.Stderr)
	if r.Exit != 1 || r.Stdout != "" || !strings.HasPrefix(said, "bitacora: ") || strings.Contains(said, "goroutine ") {
		t.Errorf("exit code %d\nstdout %q\nstderr %q", r.Exit, r.Stdout, said)
	}
	for _, word := range says {
		if !strings.Contains(said, word) {
			t.Errorf("it says %q, without %q", said, word)
		}
	}
}

// picture is every file under a folder with its contents' sum, to see whether
// something changed.
func picture(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(&all, "%s %x\n", path, sha256.Sum256(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// TestServeRefuses starts servers that cannot be: each says why in a sentence, ends
// with exit code 1 and leaves everything as it was.
func TestServeRefuses(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	port := fmt.Sprint(taken.Addr().(*net.TCPAddr).Port)
	const anyPage = "127.0.0.1:0"

	t.Run("a taken Kafka port", func(t *testing.T) {
		data := filepath.Join(t.TempDir(), "data")
		serveRefused(t, []string{"port " + port + " is taken", "use --kafka-port "}, "--kafka-port", port, "--http", anyPage, "--data", data)
		if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("it made %s: %v", data, err)
		}
	})
	t.Run("a taken page's port", func(t *testing.T) {
		data := filepath.Join(t.TempDir(), "data")
		serveRefused(t, []string{"port " + port + " of --http is taken", "use --http "}, "--kafka-port", "0", "--http", "127.0.0.1:"+port, "--data", data)
		if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("it made %s: %v", data, err)
		}
	})
	t.Run("a folder of something else", func(t *testing.T) {
		data := t.TempDir()
		if err := os.MkdirAll(filepath.Join(data, "node-1"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(data, "node-1", "notes.txt"), []byte("dear diary"), 0o600); err != nil {
			t.Fatal(err)
		}
		before := picture(t, data)
		serveRefused(t, []string{"notes.txt"}, "--kafka-port", "0", "--http", anyPage, "--data", data)
		if after := picture(t, data); after != before {
			t.Errorf("it left\n%s", after)
		}
	})
	t.Run("a folder where nothing can be written", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "data")
		if err := os.WriteFile(file, []byte("a file"), 0o600); err != nil {
			t.Fatal(err)
		}
		serveRefused(t, []string{file}, "--kafka-port", "0", "--http", anyPage, "--data", file)
		if text, err := os.ReadFile(file); err != nil || string(text) != "a file" {
			t.Errorf("it left %q, %v", text, err)
		}
	})
	t.Run("a configuration that cannot be", func(t *testing.T) {
		serveRefused(t, []string{"zookeeper.connect"}, "--kafka-port", "0", "--http", anyPage, "--memory", "--set", "zookeeper.connect=x")
		serveRefused(t, []string{"num.partitions"}, "--kafka-port", "0", "--http", anyPage, "--memory", "--set", "num.partitions=0")
	})
	t.Run("a second server, and then a newer format", func(t *testing.T) { refusedData(t) })
}

func refusedData(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	first := rig.Serve(t, rig.Options{Brokers: 1, Data: data}, "--controllers", "1")
	rig.CreateTopic(t, first, "pedidos", 1, 1)
	serveRefused(t, []string{"in use by another process"}, "--kafka-port", "0", "--http", "127.0.0.1:0", "--data", data)
	produceOne(t, served{Kafka: first.Kafka}, "the first goes on")
	first.Stop(t)

	properties := filepath.Join(data, "node-1", "meta.properties")
	text, err := os.ReadFile(properties)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(properties, []byte(strings.Replace(string(text), "format=1", "format=99", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	before := picture(t, data)
	serveRefused(t, []string{"newer version", "99"}, "--kafka-port", "0", "--http", "127.0.0.1:0", "--data", data)
	if after := picture(t, data); after != before {
		t.Errorf("it changed\n%s\nto\n%s", before, after)
	}
}

// TestCtrlC stops a server that is being written to: within five seconds, brokers
// first, and the next start needs no recovery of anybody's session.
func TestCtrlC(t *testing.T) {
	t.Parallel()
	options := rig.Options{Data: filepath.Join(t.TempDir(), "data"), Port: rig.FreeBase(t, 3)}
	s := rig.Serve(t, options)
	rig.CreateTopic(t, s, "pedidos", 3, 3)
	w := write(t, s)
	w.awaitMore(t, 100)
	at := time.Now()
	s.Stop(t)
	if took := time.Since(at); took > 5*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	acked := w.stop()
	if said := s.Stderr(); strings.Contains(said, "did not stop in time") || strings.Contains(said, "panic") {
		t.Errorf("it says %s", said)
	}
	s = rig.Serve(t, options)
	at = time.Now()
	produceOne(t, served{Kafka: s.Kafka}, "again")
	// Had its brokers not been fenced, their sessions would have to end first: 9 s.
	if took := time.Since(at); took > 8*time.Second {
		t.Errorf("after a clean stop it took %v to write", took)
	}
	checkKept(t, s, acked)
}

// TestKill9 kills the whole server while it is written to and read from, again and
// again: what was acknowledged is there, and the group goes on where it was.
func TestKill9(t *testing.T) {
	t.Parallel()
	options := rig.Options{Data: filepath.Join(t.TempDir(), "data"), Port: rig.FreeBase(t, 3)}
	s := rig.Serve(t, options)
	rig.CreateTopic(t, s, "pedidos", 3, 3)
	acked := map[string]bool{}
	for round := range 3 {
		w := write(t, s)
		w.awaitMore(t, 200+300*int64(round)) // another moment each time
		committed := commitSome(t, s)
		s.Kill9()
		for value := range w.stop() {
			acked[value] = true
		}
		s = rig.Serve(t, options)
		if at := groupAt(t, s); at < committed {
			t.Errorf("round %d: the group had committed %d records, and is at %d", round, committed, at)
		}
		checkKept(t, s, acked)
	}
}

// writer writes without end, and keeps what was acknowledged.
type writer struct {
	cancel context.CancelFunc
	done   chan struct{}
	acked  map[string]bool
	n      atomic.Int64
}

// writers sets the values of one writer apart from another's.
var writers atomic.Int64

func write(t *testing.T, c rig.Cluster) *writer {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.Bootstrap()...), kgo.DefaultProduceTopic("pedidos"),
		kgo.DisableIdempotentWrite()) // one that is idempotent cannot be stopped while it waits
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	w := &writer{cancel: cancel, done: make(chan struct{}), acked: map[string]bool{}}
	name := writers.Add(1)
	go func() {
		defer close(w.done)
		defer cl.Close()
		for i := 0; ; i++ {
			value := fmt.Sprintf("%d-%d", name, i)
			if cl.ProduceSync(ctx, kgo.KeyStringRecord(fmt.Sprint(i%7), value)).FirstErr() != nil {
				return // cancelled: this one may or may not be there
			}
			w.acked[value] = true
			w.n.Add(1)
		}
	}()
	return w
}

func (w *writer) awaitMore(t *testing.T, n int64) {
	t.Helper()
	goal := w.n.Load() + n
	rig.Eventually(t, time.Minute, func() (bool, string) {
		return w.n.Load() >= goal, fmt.Sprintf("%d of %d records are acknowledged", w.n.Load(), goal)
	})
}

// stop ends the writer and gives what was acknowledged.
func (w *writer) stop() map[string]bool {
	w.cancel()
	<-w.done
	return w.acked
}

// checkKept reads the topic and misses what was acknowledged and is not there.
func checkKept(t *testing.T, c rig.Cluster, acked map[string]bool) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.Bootstrap()...), kgo.ConsumeTopics("pedidos"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	missing := map[string]bool{}
	for value := range acked {
		missing[value] = true
	}
	for len(missing) > 0 {
		fetches := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("%d of %d acknowledged records are not there", len(missing), len(acked))
		}
		for _, r := range fetches.Records() {
			delete(missing, string(r.Value))
		}
	}
}

// commitSome reads something in a group, commits it, and tells how far it came.
func commitSome(t *testing.T, c rig.Cluster) int64 {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.Bootstrap()...), kgo.ConsumeTopics("pedidos"), kgo.ConsumerGroup("cocina"),
		kgo.DisableAutoCommit(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if fetches := cl.PollFetches(ctx); fetches.NumRecords() == 0 {
		t.Fatalf("the group reads nothing: %v", fetches.Err())
	}
	if err := cl.CommitUncommittedOffsets(ctx); err != nil {
		t.Fatal(err)
	}
	return groupAt(t, c)
}

// groupAt adds up what a group has committed over the partitions.
func groupAt(t *testing.T, c rig.Cluster) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	offsets, err := rig.Admin(t, c).FetchOffsets(ctx, "cocina")
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	offsets.Each(func(o kadm.OffsetResponse) { sum += max(o.At, 0) })
	return sum
}

// TestToken starts a server whose page other machines can reach: changes by HTTP
// need the token that it prints, and with it they are done.
func TestToken(t *testing.T) {
	t.Parallel()
	p := rig.Start(t, "bitacora serve", rig.Command{Args: []string{rig.Program(t), "serve", "--json", "--memory",
		"--brokers", "1", "--controllers", "1", "--kafka-port", "0", "--http", "0.0.0.0:0"}})
	line, ok := p.Line(time.Minute)
	var ready struct {
		HTTP  string `json:"http"`
		Token string `json:"token"`
	}
	if !ok || json.Unmarshal([]byte(line), &ready) != nil || len(ready.Token) < 20 {
		t.Fatalf("it printed %q", line)
	}
	_, port, err := net.SplitHostPort(ready.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	fault := func(args ...string) rig.Result {
		return rig.Run(t, rig.Command{Args: append([]string{rig.Program(t), "fault", "--http", "127.0.0.1:" + port}, args...)})
	}
	if r := fault("pause", "1"); r.Exit != 1 || !strings.Contains(r.Stderr, "token") {
		t.Errorf("without the token: exit code %d, %q", r.Exit, r.Stderr)
	}
	if r := fault("pause", "1", "--token", ready.Token, "--json"); r.Exit != 0 || strings.TrimSpace(r.Stdout) != `{"action":"pause","node":1}` {
		t.Errorf("with it: exit code %d, %q, %q", r.Exit, r.Stdout, r.Stderr)
	}
	if said := healthz(t, served{HTTP: "127.0.0.1:" + port}); !strings.Contains(said, "paused") {
		t.Errorf("the broker is not paused: %s", said)
	}
}
