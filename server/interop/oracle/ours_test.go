package oracle

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAnswersAsKafka plays every script against bitacora serve and holds the
// answers against those that Apache Kafka gave. Scripts that break nodes have a
// server each and run beside the others.
//
// BITACORA_BIN names the program; without it, it is built.
func TestAnswersAsKafka(t *testing.T) {
	program := bitacoraProgram(t)
	for i, group := range groups(nil) {
		t.Run(fmt.Sprintf("cluster %d", i+1), func(t *testing.T) {
			t.Parallel()
			const groupLimit = 3 * time.Minute
			ctx, cancel := context.WithTimeout(context.Background(), groupLimit)
			defer cancel()
			cluster, err := StartBitacora(ctx, program, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := cluster.Close(); err != nil {
					t.Error(err)
				}
			}()
			for _, s := range group {
				t.Run(s.Name, func(t *testing.T) { playAndCompare(ctx, t, cluster, s) })
			}
		})
	}
}

func playAndCompare(ctx context.Context, t *testing.T, cluster Cluster, s Script) {
	recorded, err := loadRecorded("recorded", s.Name)
	if err != nil {
		t.Fatalf("%v (make oracle records it)", err)
	}
	transcript, playErr := Play(ctx, cluster, s)
	if playErr != nil {
		t.Error(playErr)
	}
	if transcript == nil {
		return
	}
	text, err := transcript.Encode()
	if err != nil {
		t.Fatal(err)
	}
	keepTranscript(t, s.Name, text)
	got, err := decodeTranscript(text)
	if err != nil {
		t.Fatal(err)
	}
	found, unused := Excuse(s.Name, Compare(s.Name, recorded, got), Allowed)
	for _, d := range found {
		t.Error(d)
	}
	if playErr == nil {
		for _, a := range unused {
			t.Errorf("allowed.go: nothing needs %q %q in %s any more", a.Step, a.Field, a.Script)
		}
	}
}

// keepTranscript leaves what was seen in ORACLE_OUT, for whoever compares by
// eye.
func keepTranscript(t *testing.T, script string, text []byte) {
	dir := os.Getenv("ORACLE_OUT")
	if dir == "" {
		return
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(recordedFile(dir, script), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func bitacoraProgram(t *testing.T) string {
	t.Helper()
	if program := os.Getenv("BITACORA_BIN"); program != "" {
		abs, err := filepath.Abs(program)
		if err != nil {
			t.Fatal(err)
		}
		return abs
	}
	program := filepath.Join(t.TempDir(), "bitacora")
	cmd := exec.Command("go", "build", "-o", program, "./server")
	cmd.Dir = filepath.Join("..", "..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the server: %v\n%s", err, strings.TrimSpace(string(out)))
	}
	return program
}
