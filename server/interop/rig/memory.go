package rig

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Memory is a process's resident memory in bytes.
type Memory struct {
	Anon int64 // its own
	File int64 // mapped files, which are the system's to take back
}

// MemoryOf reads the resident memory of a process that must be there.
func MemoryOf(t testing.TB, pid int) Memory {
	t.Helper()
	m, err := ReadMemory(pid)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// ReadMemory reads a process's resident memory from /proc.
func ReadMemory(pid int) (Memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Memory{}, err
	}
	var m Memory
	for _, line := range strings.Split(string(text), "\n") {
		var kilobytes int64
		if _, err := fmt.Sscanf(line, "RssAnon: %d kB", &kilobytes); err == nil {
			m.Anon = kilobytes << 10
		}
		if _, err := fmt.Sscanf(line, "RssFile: %d kB", &kilobytes); err == nil {
			m.File = kilobytes << 10
		}
	}
	return m, nil
}
