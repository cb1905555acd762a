// Command testreport reads `go test -json` from its standard input and prints
// what a person wants of it: one line a package, the output of what failed, and
// at last "N passed, N failed". Tests are counted with their subtests; a
// package that fails without a failing test (it does not build, it panics)
// counts as one failure. It exits with 1 when anything failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is a line of test2json (see `go doc test2json`).
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build output
	Test        string
	Elapsed     float64 // seconds
	Output      string
	FailedBuild string
}

// lineBytesMax bounds one line of input; a test's single output line may be long.
const lineBytesMax = 16 << 20

func main() {
	passed, failed, err := report(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

// tally is what is known of one package while it runs.
type tally struct {
	passed, failed, skipped int
	output                  map[string][]string // by test; "" is the package's own
}

// report prints the stream's story to w and returns the counts.
func report(r io.Reader, w io.Writer) (passed, failed int, err error) {
	packages := map[string]*tally{}
	builds := map[string][]string{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, lineBytesMax)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(w, lines.Text()) // not test2json: the go command itself speaks
			continue
		}
		if e.Action == "build-output" {
			builds[e.ImportPath] = append(builds[e.ImportPath], e.Output)
			continue
		}
		p := packages[e.Package]
		if p == nil {
			p = &tally{output: map[string][]string{}}
			packages[e.Package] = p
		}
		if e.Test != "" || e.Action == "output" {
			p.add(w, e)
			continue
		}
		ran := p.passed + p.failed
		switch e.Action {
		case "pass":
			fmt.Fprintf(w, "ok    %-44s %4d tests %7.1f s\n", e.Package, ran, e.Elapsed)
		case "fail":
			if p.failed == 0 {
				p.failed = 1
				fmt.Fprint(w, strings.Join(builds[e.FailedBuild], ""), strings.Join(p.output[""], ""))
			}
			fmt.Fprintf(w, "FAIL  %-44s %4d tests %7.1f s, %d failed\n", e.Package, ran, e.Elapsed, p.failed)
		default:
			continue
		}
		passed += p.passed
		failed += p.failed
		delete(packages, e.Package)
	}
	for name, p := range packages { // the stream ended in the middle
		if p.passed+p.failed > 0 {
			fmt.Fprintf(w, "FAIL  %s did not finish\n%s", name, strings.Join(p.output[""], ""))
			failed++
		}
	}
	return passed, failed, lines.Err()
}

// add counts a test's end, and keeps its output until it is known to matter.
func (p *tally) add(w io.Writer, e event) {
	switch e.Action {
	case "output":
		p.output[e.Test] = append(p.output[e.Test], e.Output)
	case "pass":
		p.passed++
		delete(p.output, e.Test)
	case "skip":
		p.skipped++
		fmt.Fprintf(w, "skip  %s %s\n%s", e.Package, e.Test, strings.Join(p.output[e.Test], ""))
		delete(p.output, e.Test)
	case "fail":
		p.failed++
		fmt.Fprint(w, strings.Join(p.output[e.Test], ""))
		delete(p.output, e.Test)
	}
}
