package store

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log/logtest"
)

// childEnv makes the test binary play a server's part in a process of its own.
const childEnv = "BITACORA_STORE_CHILD"

func TestMain(m *testing.M) {
	var err error
	switch part := os.Getenv(childEnv); part {
	case "":
		os.Exit(m.Run())
	case "append":
		err = appendForever(os.Getenv(childEnv + "_PATH"))
	case "fill":
		err = fillDisk(os.Getenv(childEnv + "_PATH"))
	default:
		err = fmt.Errorf("no part %q", part)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func child(t *testing.T, part, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	c := exec.Command(self)
	c.Env = append(os.Environ(), childEnv+"="+part, childEnv+"_PATH="+path)
	c.Stderr = os.Stderr
	return c
}

// appendForever appends, rolls and truncates, and says what is acknowledged.
func appendForever(path string) error {
	s, err := Open(path, Data, testOptions())
	if err != nil {
		return err
	}
	if len(s.Logs()) == 0 {
		if err := s.Create(testLog, 0, 0); err != nil {
			return err
		}
	}
	segments, err := s.Segments(testLog)
	if err != nil {
		return err
	}
	next := segments[len(segments)-1].Next
	for round := engine.WallTime(0); ; round++ {
		for range 1 + int(round)%7 {
			if err := s.Append(testLog, next, 3, logtest.Batch(2, round, 1000+int(round)%3000)); err != nil {
				return err
			}
			next += 2
		}
		if round%50 == 49 {
			if err := s.Roll(testLog, next, round); err != nil {
				return err
			}
		}
		if err := tryCommit(s); err != nil {
			return err
		}
		fmt.Println(int64(next))
	}
}

// TestKill: kill -9 at any moment loses nothing that was acknowledged, without sync.
func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store")
	acknowledged := engine.Offset(0)
	for round := range 8 {
		c := child(t, "append", path)
		out, err := c.StdoutPipe()
		must(t, err)
		must(t, c.Start())
		lines := bufio.NewScanner(out)
		for n := 0; n < 50+round*40 && lines.Scan(); n++ {
			o, err := strconv.ParseInt(lines.Text(), 10, 64)
			must(t, err)
			acknowledged = engine.Offset(o)
		}
		must(t, c.Process.Kill())
		for lines.Scan() { // what it said before it died
			if o, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil {
				acknowledged = max(acknowledged, engine.Offset(o))
			}
		}
		if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("round %d: the child ended by itself: %v", round, err)
		}
		verifyWhole(t, path, acknowledged)
	}
}

// verifyWhole checks that a log has every offset, in sound batches, at least up to
// what was acknowledged.
func verifyWhole(t *testing.T, path string, acknowledged engine.Offset) {
	t.Helper()
	s, err := Open(path, Data, testOptions())
	must(t, err)
	defer s.Close()
	next := engine.Offset(0)
	for {
		run, err := s.Read(testLog, next, 1<<62, 1<<20, true)
		must(t, err)
		if len(run) == 0 {
			break
		}
		it := batch.Iterate(run)
		for it.Next() {
			if it.Batch().BaseOffset() != next || it.Batch().EnsureValid() != nil {
				t.Fatalf("at %d there is %v", next, it.Batch())
			}
			next = it.Batch().NextOffset()
		}
		must(t, it.Err())
	}
	segments, err := s.Segments(testLog)
	must(t, err)
	if end := segments[len(segments)-1].Next; next < acknowledged || next != end {
		t.Fatalf("read up to %d, the log claims %d, acknowledged was %d", next, end, acknowledged)
	}
}
