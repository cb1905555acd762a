package rig

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Bitacora is the real program, serving.
type Bitacora struct {
	*Process
	Kafka   []string // the brokers' addresses, in the order of their ids
	HTTP    string   // the page's address
	Data    string   // its data folder
	program string
}

// ready is the line that `serve --json` prints once it listens.
type ready struct {
	Event string   `json:"event"`
	Kafka []string `json:"kafka"`
	HTTP  string   `json:"http"`
}

const (
	readyLimit = 30 * time.Second // fresh, on a busy two-core machine, with room to spare
	stopLimit  = 10 * time.Second // Ctrl-C stops within 5 s; the rest is the machine's
)

// built is the program, linked once for all tests of a package.
var built struct {
	once sync.Once
	file string
	err  error
	out  []byte
}

// Program builds the program, or takes the one that BITACORA names.
func Program(t testing.TB) string {
	t.Helper()
	if file := os.Getenv("BITACORA"); file != "" {
		return file
	}
	root := Root(t)
	built.once.Do(func() {
		built.file = filepath.Join(root, ".cache", "bin", "bitacora-"+filepath.Base(os.Args[0]))
		cmd := exec.Command("go", "build", "-o", built.file, "./server")
		cmd.Dir = root
		built.out, built.err = cmd.CombinedOutput()
	})
	if built.err != nil {
		t.Fatalf("go build ./server: %v\n%s", built.err, built.out)
	}
	return built.file
}

// Serve starts the program and waits until it serves.
func Serve(t testing.TB, o Options, flags ...string) *Bitacora {
	t.Helper()
	b := &Bitacora{program: Program(t), Data: o.Data}
	if b.Data == "" {
		b.Data = filepath.Join(t.TempDir(), "data")
	}
	args := []string{b.program, "serve", "--json", "--brokers", strconv.Itoa(o.brokers()),
		"--kafka-port", strconv.Itoa(o.Port), "--http", o.http(), "--data", b.Data}
	for _, key := range sortedKeys(o.Set) {
		args = append(args, "--set", key+"="+o.Set[key])
	}
	b.Process = Start(t, "bitacora serve", Command{Args: append(args, flags...)})
	for {
		line, ok := b.Line(readyLimit)
		if !ok {
			t.Fatalf("bitacora serve ended before it was ready:\n%s", b.Stderr())
		}
		var r ready
		if json.Unmarshal([]byte(line), &r) == nil && r.Event == "ready" {
			b.Kafka, b.HTTP = r.Kafka, r.HTTP
			break
		}
	}
	go func() { // what else it prints must not block it
		for range b.Lines() {
		}
	}()
	if len(b.Kafka) != o.brokers() || b.HTTP == "" {
		t.Fatalf("ready line names %d brokers and page %q, want %d and an address", len(b.Kafka), b.HTTP, o.brokers())
	}
	return b
}

// Bootstrap is the brokers' addresses.
func (b *Bitacora) Bootstrap() []string { return b.Kafka }

// Kill ends one broker, through the same interface as a teacher does.
func (b *Bitacora) Kill(t testing.TB, broker int32) {
	t.Helper()
	b.Fault(t, "kill", fmt.Sprint(broker))
}

// Restart starts a killed broker again.
func (b *Bitacora) Restart(t testing.TB, broker int32) {
	t.Helper()
	b.Fault(t, "restart", fmt.Sprint(broker))
}

// Fault runs `bitacora fault`.
func (b *Bitacora) Fault(t testing.TB, args ...string) {
	t.Helper()
	MustRun(t, Command{Args: slices.Concat([]string{b.program, "fault"}, args, []string{"--http", b.HTTP})})
}

// Command is one of the program's other commands, against this cluster.
func (b *Bitacora) Command(args ...string) []string {
	return slices.Concat([]string{b.program}, args, []string{"--bootstrap-server", Servers(b)})
}

// Stop ends the program as Ctrl-C does, and its exit code must be 0.
func (b *Bitacora) Stop(t testing.TB) {
	t.Helper()
	b.Signal(syscall.SIGINT)
	if code := b.Wait(stopLimit); code != 0 {
		t.Fatalf("bitacora serve ended with exit code %d after Ctrl-C", code)
	}
}

// Kill9 ends the whole server as kill -9 does.
func (b *Bitacora) Kill9() { b.Process.Kill() }

// given is where FreeBase looks next.
var given struct {
	sync.Mutex
	next int
}

// FreeBase finds a Kafka port for a server that is to be started again on the
// same data: voters' addresses are in the metadata log, so they must not change.
// It looks below the range from which the system takes ports for connections, and
// gives none twice: tests run side by side, and servers start later.
func FreeBase(t testing.TB, brokers int) int {
	t.Helper()
	const first, last, step = 20000, 32000, 20
	given.Lock()
	defer given.Unlock()
	if given.next == 0 {
		given.next = first + os.Getpid()%((last-first)/step)*step
	}
	for range (last - first) / step {
		base := given.next
		if given.next += step; given.next >= last {
			given.next = first
		}
		if allFree(base, brokers) {
			return base
		}
	}
	t.Fatal("no free run of ports")
	return 0
}

// FreeAddr finds an address for a page that is to be served there again.
func FreeAddr(t testing.TB) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", FreeBase(t, 1)+5)
}

// allFree tries the brokers' ports and the controllers', ten above.
func allFree(base, brokers int) bool {
	const controllers, controllersAbove = 3, 10
	for i := range controllersAbove + controllers {
		if i >= brokers && i < controllersAbove {
			continue
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", base+i))
		if err != nil {
			return false
		}
		_ = l.Close()
	}
	return true
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
