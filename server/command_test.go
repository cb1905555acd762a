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

func TestProperties(t *testing.T) {
	file := filepath.Join(t.TempDir(), "server.properties")
	text := "# ours\n! and theirs\n\n num.partitions = 7 \nretention=a=b\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f := serveFlags{configFile: file, set: []string{"num.partitions=9", "x="}}
	got, err := f.properties()
	if err != nil || len(got) != 3 || got["num.partitions"] != "9" || got["retention"] != "a=b" || got["x"] != "" {
		t.Errorf("properties %v, %v", got, err)
	}
	if err := os.WriteFile(file, []byte("a=b\nnonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.properties(); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a line that makes no sense: %v", err)
	}
	f.configFile += ".not"
	if _, err := f.properties(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("BITACORA_KAFKA_PORT", "1234")
	t.Setenv("BITACORA_BROKERS", "5")
	t.Setenv("BITACORA_NOTHING", "of ours")
	var c *cobra.Command
	for _, sub := range newRoot().Commands() {
		if sub.Name() == "serve" {
			c = sub
		}
	}
	if err := c.ParseFlags([]string{"--brokers", "2"}); err != nil {
		t.Fatal(err)
	}
	if err := fromEnvironment(c); err != nil {
		t.Fatal(err)
	}
	if port := c.Flags().Lookup("kafka-port").Value.String(); port != "1234" {
		t.Errorf("port %s", port)
	}
	if brokers := c.Flags().Lookup("brokers").Value.String(); brokers != "2" {
		t.Errorf("%s brokers: the command line counts for more", brokers)
	}
	t.Setenv("BITACORA_KAFKA_PORT", "many")
	var usage usageError
	if err := fromEnvironment(c); !errors.As(err, &usage) {
		t.Errorf("a port that is no number: %v", err)
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
