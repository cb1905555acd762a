package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bitacora/engine"
	"bitacora/engine/log"
	"bitacora/engine/log/logtest"
)

// TestFullDisk fills a file system of its own, in a process of its own: nothing may
// end in SIGBUS, and the store works again once there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	c := child(t, "fill", t.TempDir())
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := c.Output()
	if err != nil || !strings.Contains(string(out), "works again") {
		t.Fatalf("%v\n%s", err, out)
	}
}

func fillDisk(path string) error {
	const diskBytes, reserveBytes, ballastBytes = 256 << 20, 96 << 20, 64 << 20
	if err := syscall.Mount("tmpfs", path, "tmpfs", 0, fmt.Sprintf("size=%d", diskBytes)); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	ballast := filepath.Join(path, "ballast")
	if err := os.WriteFile(ballast, make([]byte, ballastBytes), 0o600); err != nil {
		return err
	}
	s, err := Open(filepath.Join(path, "store"), Data, Options{ReserveBytes: reserveBytes})
	if err != nil {
		return err
	}
	if err := s.Create(testLog, 0, 0); err != nil {
		return err
	}
	next, durable := engine.Offset(0), engine.Offset(0)
	for err == nil && next < 1<<16 {
		for range 16 {
			if err := s.Append(testLog, next, 0, logtest.Batch(1, 1, 16<<10)); err != nil {
				return err
			}
			next++
		}
		if err = tryCommit(s); err == nil {
			durable = next
		}
	}
	if !errors.Is(err, log.ErrFull) {
		return fmt.Errorf("after %d batches: %w", next, err)
	}
	if err := s.Crash(); !errors.Is(err, log.ErrFull) {
		return fmt.Errorf("restart on a full disk: %w", err)
	}
	if run, err := s.Read(testLog, durable-1, durable, 1<<20, true); err != nil || len(run) == 0 {
		return fmt.Errorf("reads go on: %d bytes, %w", len(run), err)
	}
	if err := os.Remove(ballast); err != nil {
		return err
	}
	if err := s.Crash(); err != nil {
		return err
	}
	segments, err := s.Segments(testLog)
	if err != nil || segments[0].Next != durable {
		return fmt.Errorf("restarted at %d, durable was %d: %w", segments[0].Next, durable, err)
	}
	if err := s.Append(testLog, durable, 0, logtest.Batch(1, 1, 16<<10)); err != nil {
		return err
	}
	if err := tryCommit(s); err != nil {
		return err
	}
	fmt.Println("works again")
	return s.Close()
}
