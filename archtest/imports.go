package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// layers is the order of the house, lowest first. A package may import what
// stands in a lower row; within a row only what `beside` grants. A folder
// takes its nearest listed ancestor's row, and may import that ancestor.
var layers = [][]string{
	{"engine"},
	{"engine/batch", "engine/channel"},
	{"engine/log", "engine/metadata"},
	{"engine/config"}, // the keys, read from the metadata image's config records
	{"engine/group", "engine/txn", "engine/quorum"},
	{"engine/broker", "engine/controller", "engine/client"},
	{"engine/cluster", "engine/view"},
	{"engine/sim", "engine/check"},
	{"scenarios"},
	{"static"},
	{"web"},
	{"server", "wasm"},
	{"archtest", ".ci/testreport"},
}

// beside lists imports within one row that are meant, with their reason.
var beside = map[[2]string]string{
	{"engine/check", "engine/sim"}: "the checker watches a simulation, and its swarm drives one",
}

// rowOf finds the row of a folder and the entry that gave it; -1 if none.
func rowOf(dir string) (row int, entry string) {
	for d := dir; d != "." && d != "/"; d = path.Dir(d) {
		for i, names := range layers {
			if slices.Contains(names, d) {
				// engine/x must be listed itself: "engine" is the bottom
				// row only for the package of that very name.
				if d == "engine" && dir != "engine" {
					return -1, ""
				}
				return i, d
			}
		}
	}
	return -1, ""
}

// CheckDirection holds the arrows of the layout: imports point down only.
// Tests inside the engine may use any engine package (a log's test may run a
// simulation), but nothing above the engine.
func CheckDirection(module string, s *Source) []Finding {
	var found []Finding
	report := func(format string, args ...any) {
		found = append(found, Finding{Rule: "direction", Where: s.Name, What: fmt.Sprintf(format, args...)})
	}
	dir := strings.TrimPrefix(strings.TrimPrefix(s.Package, module), "/")
	row, entry := rowOf(dir)
	if row < 0 {
		report("folder %q has no row in the layout: give it one in archtest/imports.go", dir)
		return found
	}
	for _, imp := range s.Imports() {
		target, ok := strings.CutPrefix(imp, module+"/")
		if !ok {
			continue
		}
		if s.Test && inEngine(dir) && inEngine(target) {
			continue
		}
		trow, tentry := rowOf(target)
		switch {
		case trow < 0:
			report("imports %q, which has no row in the layout", target)
		case trow > row:
			report("%q imports %q: arrows point down only", dir, target)
		case trow == row && tentry != entry && beside[[2]string{entry, tentry}] == "":
			report("%q imports %q, which stands beside it", dir, target)
		}
	}
	return found
}

func inEngine(dir string) bool { return dir == "engine" || strings.HasPrefix(dir, "engine/") }

// engineImports is what the engine may import directly: nothing here does
// I/O, reads a clock, starts a goroutine or draws a random number. (time is
// here for Duration; CheckClock refuses the rest of it.)
var engineImports = []string{
	"bytes", "cmp", "container/heap", "encoding", "encoding/base64", "encoding/binary",
	"encoding/hex", "errors", "fmt", "hash", "hash/crc32", "hash/fnv", "io", "iter", "maps",
	"math", "math/bits", "regexp", "slices", "sort", "strconv", "strings", "time",
	"unicode", "unicode/utf8",
	// Digests and message authentication (trace hash, SCRAM): pure functions.
	"crypto/hmac", "crypto/sha256", "crypto/sha512", "crypto/subtle", "crypto/pbkdf2",
	// The codecs that give equal bytes natively and in WebAssembly.
	"compress/gzip", "compress/flate",
	"github.com/golang/snappy",
	"github.com/klauspost/compress/gzip", "github.com/klauspost/compress/flate",
	"github.com/klauspost/compress/zstd",
	"github.com/pierrec/lz4/v4",
	"github.com/twmb/franz-go/pkg/kmsg", "github.com/twmb/franz-go/pkg/kbin",
}

// testHelperImports is what shared test code may import as well.
var testHelperImports = []string{"testing", "embed", "pgregory.net/rapid", "github.com/cockroachdb/datadriven"}

// CheckEngineImports holds the allow-list of the engine's direct imports.
// Packages named *test (logtest) are test code that several packages share:
// they may import the tools of testing as well. _test files are free, and so are generators.
func CheckEngineImports(module string, s *Source) []Finding {
	dir := strings.TrimPrefix(strings.TrimPrefix(s.Package, module), "/")
	if !inEngine(dir) || s.Test || isGenerator(dir) {
		return nil
	}
	var found []Finding
	for _, imp := range s.Imports() {
		ours := imp == module || strings.HasPrefix(imp, module+"/")
		shared := isTestHelper(dir) && slices.Contains(testHelperImports, imp)
		if ours || shared || slices.Contains(engineImports, imp) {
			continue
		}
		found = append(found, Finding{Rule: "engine imports", Where: s.Name,
			What: fmt.Sprintf("imports %q, which is not on the engine's allow-list", imp)})
	}
	return found
}

// isTestHelper says that a folder holds shared test code, as log/logtest does.
func isTestHelper(dir string) bool { return strings.HasSuffix(path.Base(dir), "test") }

// isGenerator says that a folder holds a program that writes Go for its parent
// (metadata/generate). It runs on a developer's machine and is linked nowhere.
func isGenerator(dir string) bool { return path.Base(dir) == "generate" }

// wasmForbidden must not be linked into the page: each costs more compressed
// size than anything the page gets from it.
var wasmForbidden = []string{"net/http", "crypto/tls", "github.com/goccy/go-yaml", "gopkg.in/yaml.v3"}

// CheckWasmDeps looks for packages that the page must not link among deps,
// the output of `go list -deps`.
func CheckWasmDeps(deps []string) []Finding {
	var found []Finding
	for _, dep := range deps {
		for _, bad := range wasmForbidden {
			if dep == bad || strings.HasPrefix(dep, bad+"/") {
				found = append(found, Finding{Rule: "wasm deps", Where: "wasm",
					What: fmt.Sprintf("links %q, which the page must do without", dep)})
			}
		}
	}
	return found
}
