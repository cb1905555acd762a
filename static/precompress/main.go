// Command precompress writes FILE.br beside every file under a folder that
// compresses (scripts, styles, WebAssembly, markup), so that the server sends
// ready-made bytes. A file whose .br is newer than itself is left alone.
//
//	go run ./static/precompress static/build
package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/andybalholm/brotli"
)

// compressible are the kinds of file that gain; fonts and pictures are
// compressed already.
var compressible = []string{".wasm", ".js", ".mjs", ".css", ".html", ".svg", ".json", ".map", ".txt", ".webmanifest"}

// sizeMin is what an answer's headers cost anyway; below it nothing is gained.
const sizeMin = 512

// windowBits is the largest window that every decoder of brotli has: the engine is
// as large as that, and its parts repeat each other.
const windowBits = 24

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: precompress FOLDER")
		os.Exit(2)
	}
	if err := compressAll(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "precompress:", err)
		os.Exit(1)
	}
}

func compressAll(root string) error {
	return filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if filepath.Ext(file) == ".br" {
			return removeOrphan(file)
		}
		if !slices.Contains(compressible, filepath.Ext(file)) {
			return nil
		}
		return compress(file)
	})
}

// removeOrphan removes a .br whose file is gone.
func removeOrphan(file string) error {
	if _, err := os.Stat(file[:len(file)-len(".br")]); !os.IsNotExist(err) {
		return err
	}
	return os.Remove(file)
}

// compress writes file.br unless it is newer than file or would be no smaller.
func compress(file string) error {
	target := file + ".br"
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if done, err := os.Stat(target); err == nil && done.ModTime().After(info.ModTime()) {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	w := brotli.NewWriterOptions(&out, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: windowBits})
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if len(text) < sizeMin || out.Len() >= len(text) {
		if err := os.Remove(target); err != nil && !os.IsNotExist(err) {
			return err
		}
		return nil
	}
	// A reader must never see half a file: write beside it, then rename.
	if err := os.WriteFile(target+".new", out.Bytes(), 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %d -> %d bytes\n", file, len(text), out.Len())
	return os.Rename(target+".new", target)
}
