package rig

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Result is what a program left behind.
type Result struct {
	Stdout, Stderr string
	Exit           int
}

// Lines are the lines of its standard output, without empty ones at the end.
func (r Result) Lines() []string {
	text := strings.TrimRight(r.Stdout, "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// Command is a program to run.
type Command struct {
	Args  []string // the program and its arguments
	Stdin string
	Env   []string      // added to the test's own
	Limit time.Duration // after which it is killed and the test fails; 0 is 60 s
}

// runLimit is long enough for a JVM on a busy two-core machine.
const runLimit = 60 * time.Second

// Run runs a program to its end.
func Run(t testing.TB, c Command) Result {
	t.Helper()
	limit := c.Limit
	if limit == 0 {
		limit = runLimit
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := command(ctx, c)
	cmd.Stdin = strings.NewReader(c.Stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	r := Result{Stdout: stdout.String(), Stderr: stderr.String(), Exit: cmd.ProcessState.ExitCode()}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		t.Fatalf("%s did not end within %v\nstdout:\n%s\nstderr:\n%s", strings.Join(c.Args, " "), limit, r.Stdout, r.Stderr)
	case err != nil && !errors.As(err, &exit):
		t.Fatalf("%s: %v", strings.Join(c.Args, " "), err)
	}
	return r
}

// MustRun is Run, and the program must end with exit code 0.
func MustRun(t testing.TB, c Command) Result {
	t.Helper()
	r := Run(t, c)
	if r.Exit != 0 {
		t.Fatalf("%s: exit code %d\nstdout:\n%s\nstderr:\n%s", strings.Join(c.Args, " "), r.Exit, r.Stdout, r.Stderr)
	}
	return r
}

// command makes an exec.Cmd whose whole process group dies with its context,
// and which does not outlive the test.
func command(ctx context.Context, c Command) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Env = append(cmd.Environ(), c.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	return cmd
}

// Process is a program that runs beside the test.
type Process struct {
	t      testing.TB
	name   string
	cmd    *exec.Cmd
	cancel context.CancelFunc
	stdin  io.WriteCloser
	lines  chan string   // its standard output; closed at its end
	done   chan struct{} // closed once it has ended
	err    error         // of Wait, after done

	mu     sync.Mutex
	stderr bytes.Buffer
}

// linesKept bounds what a test may leave unread before the program blocks on
// its own output, as in a pipe.
const linesKept = 1 << 16

// Start starts a program; it is killed at the test's end at the latest, and
// what it wrote to standard error is shown if the test has failed by then.
func Start(t testing.TB, name string, c Command) *Process {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &Process{t: t, name: name, cancel: cancel, lines: make(chan string, linesKept), done: make(chan struct{})}
	p.cmd = command(ctx, c)
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdin = stdin
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = writerFunc(func(b []byte) (int, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.stderr.Write(b)
	})
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	go p.read(stdout)
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%s wrote to standard error:\n%s", name, tail(p.Stderr(), stderrShown))
		}
	})
	return p
}

// stderrShown is how much of a program's standard error a failed test shows.
const stderrShown = 16 << 10

func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return "... " + s[len(s)-n:]
}

func (p *Process) read(stdout io.Reader) {
	in := bufio.NewScanner(stdout)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		p.lines <- in.Text()
	}
	close(p.lines)
	p.err = p.cmd.Wait()
	close(p.done)
}

// Line waits for the next line of standard output; ok is false at its end.
func (p *Process) Line(within time.Duration) (line string, ok bool) {
	p.t.Helper()
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case line, ok = <-p.lines:
		return line, ok
	case <-timer.C:
		p.t.Fatalf("%s printed nothing within %v", p.name, within)
		return "", false
	}
}

// Lines is the standard output, line by line, for a goroutine to follow.
func (p *Process) Lines() <-chan string { return p.lines }

// Pid is the program's process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// CloseInput closes the program's standard input, which asks ours to stop.
func (p *Process) CloseInput() { _ = p.stdin.Close() }

// Signal sends a signal to the program alone.
func (p *Process) Signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("%s: signal %v: %v", p.name, s, err)
	}
}

// Wait waits for the program's own end and gives its exit code. Somebody must
// be reading its lines meanwhile, or they must fit.
func (p *Process) Wait(within time.Duration) int {
	p.t.Helper()
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-timer.C:
		p.t.Fatalf("%s did not end within %v", p.name, within)
		return -1
	}
}

// Kill ends the program and all that it started, as kill -9 does.
func (p *Process) Kill() {
	p.cancel()
	for range p.lines { // unblocks the reader
	}
	<-p.done
}

// Stderr is what the program wrote to standard error so far.
func (p *Process) Stderr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// Eventually asks again and again until ok, and fails with what it last said.
func Eventually(t testing.TB, within time.Duration, ok func() (bool, string)) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		met, said := ok()
		if met {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not within %v: %s", within, said)
		}
	}
}
