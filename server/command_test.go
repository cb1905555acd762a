package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// commandLine runs the program with these arguments, and tells its error.
func commandLine(args ...string) error {
	root := newRoot()
	root.SetOut(&bytes.Buffer{})
	root.SetErr(&bytes.Buffer{})
	root.SetArgs(args)
	return root.Execute()
}

func TestAWrongCommandLineIsAUsageError(t *testing.T) {
	tests := []struct {
		name string
		args []string
		says string
	}{
		{"an unknown command", []string{"colour"}, "colour"},
		{"an unknown flag", []string{"serve", "--colour", "red"}, "--colour"},
		{"a flag that is no number", []string{"serve", "--brokers", "many"}, "many"},
		{"an argument too many", []string{"serve", "now"}, "arguments"},
		{"a missing argument", []string{"produce"}, "arguments"},
		{"a setting without a value", []string{"serve", "--set", "num.partitions"}, "key=value"},
		{"a port that is none", []string{"serve", "--kafka-port", "70000"}, "70000"},
		{"a page's address without a port", []string{"serve", "--http", "localhost"}, "HOST:PORT"},
		{"a node's folder without a node", []string{"serve", "--node-data", "folder"}, "NODE=FOLDER"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := commandLine(test.args...)
			var usage usageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// serveCommand is a fresh `serve` with its flags as the command line gives them.
func serveCommand(t *testing.T, args ...string) *cobra.Command {
	t.Helper()
	for _, sub := range newRoot().Commands() {
		if sub.Name() == "serve" {
			if err := sub.ParseFlags(args); err != nil {
				t.Fatal(err)
			}
			return sub
		}
	}
	t.Fatal("there is no serve")
	return nil
}

// flagOf is a flag's value.
func flagOf(c *cobra.Command, name string) string { return c.Flags().Lookup(name).Value.String() }

// configFile writes a --config file.
func configFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "server.properties")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestProperties(t *testing.T) {
	f := serveFlags{
		configFile: configFile(t, "# ours\n! and theirs\n\n num.partitions = 7 \nretention=a=b\n"),
		set:        []string{"num.partitions=9", "x="},
	}
	flags := serveCommand(t).Flags()
	got, err := f.properties(flags)
	if err != nil || len(got) != 3 || got["num.partitions"] != "9" || got["retention"] != "a=b" || got["x"] != "" {
		t.Errorf("properties %v, %v", got, err)
	}
	for text, says := range map[string]string{
		"a=b\nnonsense\n":           "line 2",
		"bitacora.colour=red":       "--colour",
		"\nbitacora.brokers=many\n": "line 2",
		"bitacora.config=other":     "--config",
	} {
		f.configFile = configFile(t, text)
		if _, err := f.properties(flags); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
	f.configFile += ".not"
	if _, err := f.properties(flags); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// TestFlagsEnvironmentAndFileAgree: whatever a flag sets, the environment and the
// file can set too, and the nearest to the person counts.
func TestFlagsEnvironmentAndFileAgree(t *testing.T) {
	t.Setenv("BITACORA_KAFKA_PORT", "1234")
	t.Setenv("BITACORA_BROKERS", "5")
	t.Setenv("BITACORA_SET", "a=1\nb=2")
	t.Setenv("BITACORA_NOTHING", "of ours")
	c := serveCommand(t, "--brokers", "2")
	if err := fromEnvironment(c); err != nil {
		t.Fatal(err)
	}
	f := serveFlags{configFile: configFile(t, "bitacora.brokers=9\nbitacora.kafka-port=9\nbitacora.controllers=1\n"+
		"bitacora.memory=true\nbitacora.node-data=1=x\nbitacora.node-data=2=y\nbitacora.set=a=9\n")}
	if _, err := f.properties(c.Flags()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"brokers":     "2",         // of the command line, the environment and the file
		"kafka-port":  "1234",      // of the environment and the file
		"set":         "[a=1,b=2]", // of the environment and the file
		"controllers": "1",         // of the file alone
		"memory":      "true",
		"node-data":   "[1=x,2=y]",
		"http":        "127.0.0.1:8080", // of none
	} {
		if got := flagOf(c, name); got != want {
			t.Errorf("--%s is %s, want %s", name, got, want)
		}
	}
	t.Setenv("BITACORA_KAFKA_PORT", "many")
	var usage usageError
	if err := fromEnvironment(serveCommand(t)); !errors.As(err, &usage) {
		t.Errorf("a port that is no number: %v", err)
	}
}

func TestOtherMachinesAreListenedToOnlyWhenToldSo(t *testing.T) {
	for want, f := range map[string]serveFlags{
		"127.0.0.1":   {},
		"127.0.0.2":   {bind: "127.0.0.2", advertised: "kafka.example"},
		"0.0.0.0":     {advertised: "kafka.example"},
		"192.168.1.7": {bind: "192.168.1.7"},
	} {
		if got := f.bindTo(); got != want {
			t.Errorf("%+v binds to %s, want %s", f, got, want)
		}
	}
	if got := (&serveFlags{advertised: "localhost"}).bindTo(); got != "127.0.0.1" {
		t.Errorf("for localhost it binds to %s", got)
	}
}

func TestTokenIsNeededBeyondLoopback(t *testing.T) {
	for addr, needed := range map[string]bool{
		"127.0.0.1:8080": false, "localhost:0": false, "[::1]:80": false,
		"0.0.0.0:8080": true, ":8080": true, "192.168.1.7:80": true,
	} {
		token, err := tokenFor(&serveFlags{httpAddr: addr})
		if err != nil || (token != "") != needed {
			t.Errorf("%s: token %q, %v", addr, token, err)
		}
	}
}
