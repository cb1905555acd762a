// Package rig runs the real program, Apache Kafka and real clients for the
// tests beside it: it starts them on free ports with temporary folders, waits
// until they say that they are ready, collects what they print and ends them.
//
// A missing tool fails the test with the command that installs it; nothing is
// skipped.
package rig

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Root is the repository's root folder.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = parent
	}
}

// Python is the interpreter of the virtual environment of a kafka-python release.
func Python(t testing.TB, release string) string {
	t.Helper()
	return installed(t, "python", ".cache", "python", release, "bin", "python")
}

// Kcat is kcat's program.
func Kcat(t testing.TB) string { return onPath(t, "kcat") }

// Chromium is the browser's program.
func Chromium(t testing.TB) string { return onPath(t, "chromium") }

// Java gives the command that runs a class of Kafka's jars with arguments.
// The heap is small and the JIT shallow: a tool lives for seconds.
func Java(t testing.TB, class string, args ...string) []string {
	t.Helper()
	lib := installed(t, "java", ".cache", "java", "lib")
	return append([]string{onPath(t, "java"), "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", filepath.Join(lib, "*"), class}, args...)
}

func installed(t testing.TB, tool string, parts ...string) string {
	t.Helper()
	file := filepath.Join(append([]string{Root(t)}, parts...)...)
	if _, err := os.Stat(file); err != nil {
		t.Fatalf("%v\nto install it: .ci/tools %s", err, tool)
	}
	return file
}

func onPath(t testing.TB, name string) string {
	t.Helper()
	file, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v\nto install it: .ci/tools %s", err, name)
	}
	return file
}

// JavaPerf is Java with the heap and the JIT that kafka-run-class.sh gives the
// performance tools.
func JavaPerf(t testing.TB, class string, args ...string) []string {
	t.Helper()
	command := Java(t, class, args...)
	return append([]string{command[0], "-Xmx512m", "-XX:+UseG1GC"}, command[4:]...)
}
