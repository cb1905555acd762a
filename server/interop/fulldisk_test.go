package interop

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bitacora/server/interop/rig"

	"github.com/twmb/franz-go/pkg/kgo"
)

// served is a server that a test started by itself.
type served struct {
	Event string   `json:"event"`
	Kafka []string `json:"kafka"`
	HTTP  string   `json:"http"`
}

// Bootstrap is the brokers' addresses.
func (s served) Bootstrap() []string { return s.Kafka }

// Kill ends a broker.
func (s served) Kill(t testing.TB, broker int32) { s.fault(t, "kill", broker) }

// Restart starts a dead broker again.
func (s served) Restart(t testing.TB, broker int32) { s.fault(t, "restart", broker) }

func (s served) fault(t testing.TB, action string, broker int32) {
	t.Helper()
	rig.MustRun(t, rig.Command{Args: []string{rig.Program(t), "fault", action, fmt.Sprint(broker), "--http", s.HTTP}})
}

// TestFullDisk gives broker 2 a disk of its own, a small one, and fills it: that
// broker halts as Kafka's does when its only log directory fails, leadership moves,
// the program and its page live on and say why, and the broker can be started again
// once there is room. Nothing ends in SIGBUS.
func TestFullDisk(t *testing.T) {
	t.Parallel() // most of it is waiting for a session to end
	small := filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(small, 0o755); err != nil {
		t.Fatal(err)
	}
	// A user namespace of its own lets anybody mount a tmpfs; where there is none to
	// be had, this fails.
	script := fmt.Sprintf("mount -t tmpfs -o size=400m none %[1]s && exec %[2]s serve --json --kafka-port 0 --http 127.0.0.1:0 --data %[3]s --node-data 2=%[1]s",
		small, rig.Program(t), filepath.Join(t.TempDir(), "data"))
	p := rig.Start(t, "bitacora serve", rig.Command{Args: []string{
		"unshare", "--user", "--map-root-user", "--mount", "bash", "-c", script,
	}})
	var c served
	for c.Event != "ready" {
		line, ok := p.Line(time.Minute)
		if !ok {
			t.Fatalf("the server ended before it served:\n%s", p.Stderr())
		}
		// Lines of another shape leave c as it was.
		_ = json.Unmarshal([]byte(line), &c)
	}
	rig.CreateTopic(t, c, "pedidos", 3, 3)
	produceOne(t, c, "before")
	// Seen from outside, the tmpfs lies in the server's own view of the files.
	filler := filepath.Join("/proc", fmt.Sprint(p.Pid()), "root", small, "filler")
	if err := os.WriteFile(filler, make([]byte, 300<<20), 0o600); err != nil {
		t.Fatalf("fill the disk: %v", err)
	}
	rig.Eventually(t, time.Minute, func() (bool, string) {
		produceOne(t, c, "full")
		said := healthz(t, c)
		return strings.Contains(said, "broker 2 is dead (log directory failed"), said
	})
	rig.Eventually(t, time.Minute, func() (bool, string) {
		for partition := range int32(3) {
			if leader := rig.Leader(t, c, "pedidos", partition); leader == 2 || leader < 0 {
				return false, fmt.Sprintf("broker %d leads partition %d", leader, partition)
			}
		}
		return true, ""
	})
	produceOne(t, c, "without broker 2")
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	c.Restart(t, 2)
	rig.WaitInSync(t, c, "pedidos", time.Minute)
}

func produceOne(t *testing.T, c served, value string) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.Kafka...))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := cl.ProduceSync(ctx, &kgo.Record{Topic: "pedidos", Value: []byte(value)}).FirstErr(); err != nil {
		t.Fatalf("write %q: %v", value, err)
	}
}

// healthz is what the server says of itself.
func healthz(t *testing.T, c served) string {
	t.Helper()
	resp, err := http.Get("http://" + c.HTTP + "/healthz")
	if err != nil {
		t.Fatalf("the page is gone: %v", err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(said)
}
