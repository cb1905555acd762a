package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

func TestCompressAll(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	text := bytes.Repeat([]byte("la bitácora "), 1000)
	page := write("page.js", text)
	picture := write("picture.png", text)
	small := write("small.css", []byte("a{}"))
	orphan := write("gone.js.br", []byte("x"))
	if err := compressAll(dir); err != nil {
		t.Fatal(err)
	}

	f, err := os.Open(page + ".br")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if back, err := io.ReadAll(brotli.NewReader(f)); err != nil || !bytes.Equal(back, text) {
		t.Errorf("what was compressed does not come back: %v", err)
	}
	for _, absent := range []string{picture + ".br", small + ".br", orphan} {
		if _, err := os.Stat(absent); !os.IsNotExist(err) {
			t.Errorf("%s is there: %v", filepath.Base(absent), err)
		}
	}

	// A changed file is compressed again, an unchanged one is not.
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(page+".br", old, old); err != nil {
		t.Fatal(err)
	}
	if err := compressAll(dir); err != nil {
		t.Fatal(err)
	}
	first, err := os.Stat(page + ".br")
	if err != nil || !first.ModTime().After(old) {
		t.Errorf("the changed file was not compressed again: %v", err)
	}
	if err := os.Chtimes(page, old, old); err != nil {
		t.Fatal(err)
	}
	if err := compressAll(dir); err != nil {
		t.Fatal(err)
	}
	second, err := os.Stat(page + ".br")
	if err != nil || !second.ModTime().Equal(first.ModTime()) {
		t.Errorf("the unchanged file was compressed again: %v", err)
	}
}
