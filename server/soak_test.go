package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSoakGoesOnWhereItEnded(t *testing.T) {
	state := filepath.Join(t.TempDir(), "soak.json")
	var out bytes.Buffer
	for i, want := range []string{"the next seed is 9", "the next seed is 11"} {
		out.Reset()
		s := soak{from: 7, runs: 2, until: time.Hour, parallel: 2, state: state, keep: t.TempDir()}
		if err := s.run(&out); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		if got := out.String(); !strings.Contains(got, want) || !strings.HasSuffix(got, "2 passed, 0 failed\n") || !strings.Contains(got, "a minute") {
			t.Errorf("soak %d says\n%s", i, got)
		}
	}
	text, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	var left soakState
	if err := json.Unmarshal(text, &left); err != nil || left.Next != 11 || left.Totals.Runs != 4 {
		t.Errorf("it leaves %s (%v)", text, err)
	}
}

func TestSoakRefuses(t *testing.T) {
	var usage usageError
	if err := (&soak{parallel: 0}).run(&bytes.Buffer{}); !errors.As(err, &usage) {
		t.Errorf("no runs at a time: %v", err)
	}
	state := filepath.Join(t.TempDir(), "soak.json")
	if err := os.WriteFile(state, []byte("not json"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&soak{parallel: 1, state: state}).run(&bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "not a soak's state") {
		t.Errorf("a foreign file: %v", err)
	}
}
