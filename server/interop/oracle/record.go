package oracle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// RecordOptions say what Record plays and where it puts it.
type RecordOptions struct {
	Root    string   // the repository
	Dir     string   // of the recordings
	KeepDir string   // where nodes' folders stay; empty: a folder that is removed
	Rounds  int      // how often each script is played; at least 1
	Check   bool     // compare with the recordings instead of writing them
	Only    []string // beginnings of script names; empty: all
	Say     func(format string, args ...any)
}

// Record plays scripts against a real Kafka and writes the recordings. Scripts
// that break nodes have a cluster each; the others share one, in which the
// script that wants a fresh cluster goes first.
func Record(ctx context.Context, opt RecordOptions) error {
	jars, err := Jars(ctx, opt.Root)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(opt.Dir, 0o755); err != nil {
		return err
	}
	rec := recorder{opt: opt, jars: jars, first: map[string]*Transcript{}}
	for round := range max(opt.Rounds, 1) {
		for i, group := range groups(opt.Only) {
			if err := rec.playGroup(ctx, fmt.Sprintf("round%d-cluster%d", round+1, i+1), group); err != nil {
				return err
			}
		}
	}
	if len(rec.found) > 0 {
		return fmt.Errorf("%d differences", len(rec.found))
	}
	return rec.write()
}

// groups puts the scripts together that share a cluster.
func groups(only []string) [][]Script {
	var shared []Script
	var out [][]Script
	for _, s := range Scripts() {
		wanted := len(only) == 0 || slices.ContainsFunc(only, func(begin string) bool { return strings.HasPrefix(s.Name, begin) })
		switch {
		case !wanted:
		case s.Breaks:
			out = append(out, []Script{s})
		case s.Fresh:
			shared = append([]Script{s}, shared...)
		default:
			shared = append(shared, s)
		}
	}
	if len(shared) > 0 {
		out = append(out, shared)
	}
	return out
}

type recorder struct {
	opt   RecordOptions
	jars  string
	first map[string]*Transcript // by script name
	found []Difference
}

func (rec *recorder) playGroup(ctx context.Context, name string, group []Script) (err error) {
	dir, remove, err := rec.folder(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	began := time.Now()
	cluster, err := StartKafka(ctx, rec.jars, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	rec.opt.Say("%s serves after %v", name, time.Since(began).Round(time.Millisecond))
	for _, s := range group {
		began := time.Now()
		got, err := Play(ctx, cluster, s)
		if err != nil {
			return err
		}
		rec.opt.Say("%s: %d steps in %v", s.Name, len(got.Steps), time.Since(began).Round(time.Millisecond))
		if err := rec.keep(s, got); err != nil {
			return err
		}
	}
	return nil
}

func (rec *recorder) folder(name string) (dir string, remove func() error, err error) {
	if rec.opt.KeepDir != "" {
		dir = filepath.Join(rec.opt.KeepDir, name)
		if err := os.RemoveAll(dir); err != nil {
			return "", nil, err
		}
		return dir, func() error { return nil }, os.MkdirAll(dir, 0o700)
	}
	dir, err = os.MkdirTemp("", "oracle-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}

// keep takes the first playing of a script as its recording, or holds a later
// one against it; with Check, every playing is held against the file.
func (rec *recorder) keep(s Script, got *Transcript) error {
	text, err := got.Encode()
	if err != nil {
		return err
	}
	read, err := decodeTranscript(text)
	if err != nil {
		return err
	}
	var found []Difference
	switch first := rec.first[s.Name]; {
	case rec.opt.Check:
		recorded, err := loadRecorded(rec.opt.Dir, s.Name)
		if err != nil {
			return err
		}
		found = Compare(s.Name, recorded, read)
	case first == nil:
		rec.first[s.Name] = got
	default:
		if found, err = Union(s.Name, first, read); err != nil {
			return err
		}
	}
	for _, d := range found {
		rec.opt.Say("%s", d)
	}
	rec.found = append(rec.found, found...)
	return nil
}

func (rec *recorder) write() error {
	if rec.opt.Check {
		return nil
	}
	for _, s := range Scripts() {
		t := rec.first[s.Name]
		if t == nil {
			continue
		}
		text, err := t.Encode()
		if err != nil {
			return err
		}
		if err := os.WriteFile(recordedFile(rec.opt.Dir, s.Name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
