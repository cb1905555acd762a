package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/types"
	"strings"
	"testing"
)

// fixture type-checks one file as a package of the engine.
func fixture(t *testing.T, src string) *Package {
	t.Helper()
	root, err := ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	l := newLoader()
	out, err := goCommand(root, nil, "list", "-deps", "-export", "-f", "{{.ImportPath}} {{.Export}}",
		"errors", "fmt", "hash/crc32", "maps", "math/rand/v2", "slices", "strings", "time", "github.com/twmb/franz-go/pkg/kmsg")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		path, file, _ := strings.Cut(line, " ")
		l.exports[path] = file
	}
	f, err := parser.ParseFile(l.fset, "engine/fixture/fixture.go", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	p, err := l.checkFiles(module+"/engine/fixture", []*ast.File{f})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// lines gives the lines that findings are on, in order.
func lines(found []Finding) string {
	var out []string
	for _, f := range found {
		out = append(out, fmt.Sprint(f.Line))
	}
	return strings.Join(out, " ")
}

// TestPackageRules shows each rule code that breaks it, and code beside it that
// does not. The wanted lines are those of the fixture that end in "// bad".
func TestPackageRules(t *testing.T) {
	tests := []struct {
		name  string
		check func(*Package) []Finding
		src   string
	}{
		{"goroutines, select and channels are refused", CheckConcurrency, `
func f() {
	go f() // bad
	select {} // bad
}
func g(c chan int) { // bad
	c <- 1 // bad
	x := <-c // bad
	_ = -x
}`},
		{"the clock is refused and durations are not", CheckClock, `
import "time"
const lag = 30 * time.Second
func f(d time.Duration) time.Duration {
	time.Now() // bad
	time.Sleep(d) // bad
	<-time.After(lag) // bad
	var t time.Time // bad
	_ = t.Unix()
	return d.Round(time.Millisecond)
}`},
		{"floats are refused as types, literals, conversions and results", CheckFloats, `
import "time"
type s struct {
	rate float64 // bad
	n int
}
const ratio = 1.5 // bad
func f(d time.Duration, n int) int {
	secs := d.Seconds() // bad
	_ = secs // bad
	million := 1e6 // bad
	_ = int(million) // bad
	const whole int = 1e6
	return n / 2
}
type percent float32 // bad`},
		{"unmarked map ranges and unsorted map iterators are refused", CheckMapOrder, `
import ("maps"; "slices")
type index map[string]int
func f(m map[int]int, ix index, s []int) (sum int) {
	for k := range m { // bad
		sum += k
	}
	for range ix { // bad
		sum++
	}
	for _, v := range m { // unordered: sums only
		sum += v
	}
	// unordered: sums only
	for _, v := range m {
		sum += v
	}
	for _, v := range s {
		sum += v
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		sum += k
	}
	for k := range maps.Keys(m) { // bad
		sum += k
	}
	_ = slices.Collect(maps.Values(m)) // bad
	return sum
}
func g[M ~map[int]int](m M) {
	for range m { // bad
	}
}`},
		{"kmsg's factories are refused and its types are not", CheckRequestForKey, `
import "github.com/twmb/franz-go/pkg/kmsg"
func f() {
	_ = kmsg.RequestForKey(1) // bad
	_ = kmsg.ResponseForKey(1) // bad
	_ = kmsg.Produce.Request() // bad
	r := kmsg.NewPtrFetchRequest()
	_ = r.ResponseKind()
}`},
		{"init is refused and a method of that name is not", CheckInit, `
type s struct{}
func (s) init() {}
func init() {} // bad
`},
		{"written and writable globals are refused, tables are not", CheckGlobals, `
import ("errors"; "hash/crc32"; "strings")
var names = []string{"a"}
var table = map[int]string{1: "a"}
var castagnoli = crc32.MakeTable(crc32.Castagnoli)
var errGone = errors.New("gone")
var _ error = errGone
var count int
var cache = map[int]int{}
var builder strings.Builder
var shared = &struct{ n int }{} // bad
// never written: read through its methods only
var noted = &struct{ n int }{}
var state struct{ n int }
var list []int
func f() string {
	count++ // bad
	cache[1] = 2 // bad
	delete(cache, 1) // bad
	builder.WriteString("x") // bad
	state.n = 1 // bad
	p := &state // bad
	p.n = 2
	list = append(list, 1) // bad
	for list[0] = range names { // bad
	}
	local := names
	local = nil
	_ = local
	return names[0] + table[1] + errGone.Error()
}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := "package fixture\n" + tt.src
			var want []string
			for i, line := range strings.Split(src, "\n") {
				if strings.HasSuffix(line, "// bad") {
					want = append(want, fmt.Sprint(i+1))
				}
			}
			found := tt.check(fixture(t, src))
			if got := lines(found); got != strings.Join(want, " ") {
				t.Errorf("objected to lines %s, want %s\n%v", got, strings.Join(want, " "), found)
			}
		})
	}
}

func TestNodeState(t *testing.T) {
	p := fixture(t, `package fixture
type Env struct{ send func() }
type Node interface{ Handle(*Env) }
type Other func()
type op interface{ isOp() }
type fetchOp struct {
	done func() // 7
}
func (*fetchOp) isOp() {}
type part struct {
	wake chan int // 11
	next *part
}
type broker struct {
	name  string
	parts map[string][]*part
	ops   []op
	hooks []func() // 18
}
func (*broker) Handle(*Env) {}
type config struct{ notState func() }
`)
	node := p.Types.Scope().Lookup("Node").Type().Underlying().(*types.Interface)
	found := CheckNodeState([]*Package{p}, node)
	if got, want := lines(found), "11 7 18"; got != want {
		t.Errorf("objected to lines %s, want %s\n%v", got, want, found)
	}
}

func TestSourceRules(t *testing.T) {
	long := func(n int) string { return "package x\nfunc f() {\n" + strings.Repeat("\n", n-2) + "}\n" }
	direction := func(s *Source) []Finding { return CheckDirection(module, s) }
	imports := func(s *Source) []Finding { return CheckEngineImports(module, s) }
	tests := []struct {
		name  string
		check func(*Source) []Finding
		file  string
		src   string
		want  int // findings
	}{
		{"the engine may not import the server", direction, "engine/broker/a.go", `package x; import "bitacora/server/kafka"`, 1},
		{"nor may a test of it", direction, "engine/broker/a_test.go", `package x; import "bitacora/server/kafka"`, 1},
		{"a log may not import a broker", direction, "engine/log/a.go", `package x; import "bitacora/engine/broker"`, 1},
		{"a test of a log may", direction, "engine/log/a_test.go", `package x; import "bitacora/engine/broker"`, 0},
		{"a broker may import a log", direction, "engine/broker/a.go", `package x; import "bitacora/engine/log"`, 0},
		{"what stands beside is refused", direction, "engine/broker/a.go", `package x; import "bitacora/engine/controller"`, 1},
		{"a folder may import its parent", direction, "engine/log/logtest/a.go", `package x; import "bitacora/engine/log"`, 0},
		{"the web may not import wasm", direction, "web/app/a.go", `package x; import "bitacora/wasm"`, 1},
		{"the server may import the web", direction, "server/hub/a.go", `package x; import "bitacora/web/page"`, 0},
		{"the server may not import wasm", direction, "server/hub/a.go", `package x; import "bitacora/wasm"`, 1},
		{"an unlisted engine folder is refused", direction, "engine/drawer/a.go", `package x`, 1},
		{"an unlisted root folder is refused", direction, "pkg/a.go", `package x`, 1},

		{"the engine may not import os", imports, "engine/log/a.go", `package x; import "os"`, 1},
		{"nor net", imports, "engine/log/a.go", `package x; import "net"`, 1},
		{"nor sync", imports, "engine/log/a.go", `package x; import "sync"`, 1},
		{"nor random numbers", imports, "engine/log/a.go", "package x; import (\"math/rand/v2\"\n\"crypto/rand\")", 2},
		{"its tests may", imports, "engine/log/a_test.go", `package x; import "os"`, 0},
		{"kmsg is allowed", imports, "engine/log/a.go", `package x; import "github.com/twmb/franz-go/pkg/kmsg"`, 0},
		{"the client library is not", imports, "engine/log/a.go", `package x; import "github.com/twmb/franz-go/pkg/kgo"`, 1},
		{"testing is for shared test code only", imports, "engine/log/a.go", `package x; import "testing"`, 1},
		{"which logtest is", imports, "engine/log/logtest/a.go", `package x; import "testing"`, 0},
		{"the server imports what it likes", imports, "server/a.go", `package x; import "os"`, 0},

		{"a function of 70 lines fits", CheckSize, "engine/a.go", long(70), 0},
		{"one of 71 does not", CheckSize, "engine/a.go", long(71), 1},
		{"a test may be longer", CheckSize, "engine/a_test.go", long(71), 0},
		{"but not without end", CheckSize, "engine/a_test.go", long(141), 1},
		{"a file of 601 lines is refused", CheckSize, "engine/a.go", "package x\n" + strings.Repeat("\n", 600), 1},
		{"unless it is generated", CheckSize, "engine/a.go", "// Code generated by x. DO NOT EDIT.\npackage x\n" + strings.Repeat("\n", 700), 0},

		{"a test may not sleep", CheckSleep, "server/a_test.go", "package x\nimport \"time\"\nfunc f() { time.Sleep(1) }", 1},
		{"nor may shared test code", CheckSleep, "engine/log/logtest/a.go", "package x\nimport \"time\"\nfunc f() { time.Sleep(1) }", 1},
		{"a program may", CheckSleep, "server/a.go", "package x\nimport \"time\"\nfunc f() { time.Sleep(1) }", 0},

		{"a drawer is refused", CheckDrawers, "server/util/a.go", "package util", 1},
		{"a noun is not", CheckDrawers, "server/hub/a.go", "package hub", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := ParseSource(module, tt.file, []byte(tt.src))
			if err != nil {
				t.Fatal(err)
			}
			if found := tt.check(s); len(found) != tt.want {
				t.Errorf("got %d findings, want %d: %v", len(found), tt.want, found)
			}
		})
	}
}

func TestWords(t *testing.T) {
	for _, word := range forbiddenWords {
		if found := CheckWords("a.txt", []byte("x\nsee "+word+"here\n")); len(found) != 1 || found[0].Line != 2 {
			t.Errorf("%q: got %v", word, found)
		}
	}
	if found := CheckWords("a.bin", []byte(forbiddenWords[0]+"\x00")); found != nil {
		t.Errorf("a file that is not text: got %v", found)
	}
}

func TestWasmDeps(t *testing.T) {
	deps := []string{"fmt", "net/http", "net/http/internal", "crypto/tls", "github.com/goccy/go-yaml/ast", "net/url"}
	if found := CheckWasmDeps(deps); len(found) != 4 {
		t.Errorf("got %v", found)
	}
}

func TestExceptions(t *testing.T) {
	found := []Finding{{Rule: "floats", Where: "a.go"}, {Rule: "floats", Where: "b.go"}}
	list := []exception{{"floats", "a.go", "why"}, {"floats", "c.go", "why"}}
	left, unused := excuse(found, list)
	if len(left) != 1 || left[0].Where != "b.go" {
		t.Errorf("left %v", left)
	}
	if len(unused) != 1 || unused[0].where != "c.go" {
		t.Errorf("unused %v", unused)
	}
}
