package archtest

import (
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const module = "bitacora"

// TestRepository applies every rule to this repository.
func TestRepository(t *testing.T) {
	root, err := ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	var found []Finding
	found = append(found, checkTexts(t, root)...)
	found = append(found, checkEngine(t, root)...)
	found = append(found, checkWasm(t, root)...)

	left, unused := excuse(found, exceptions)
	for _, f := range left {
		t.Error(f)
	}
	for _, e := range unused {
		t.Errorf("exceptions.go: nothing needs the exception for %s in %s any more", e.rule, e.where)
	}
}

// checkTexts applies the rules that need no type information.
func checkTexts(t *testing.T, root string) []Finding {
	t.Helper()
	names, err := Files(root)
	if err != nil {
		t.Fatal(err)
	}
	var found []Finding
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, CheckWords(name, text)...)
	}
	sources, err := Sources(root, module, names)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sources {
		found = append(found, CheckDirection(module, s)...)
		found = append(found, CheckEngineImports(module, s)...)
		found = append(found, CheckSize(s)...)
		found = append(found, CheckSleep(s)...)
		found = append(found, CheckDrawers(s)...)
		found = append(found, CheckBugs(module, s)...)
	}
	return found
}

// checkEngine applies the rules that must know types to the whole engine, and
// the rule about kmsg's factories to whatever the page links.
func checkEngine(t *testing.T, root string) []Finding {
	t.Helper()
	pkgs, found, err := Load(root, module, "./engine/...")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range enginePackages(module, pkgs) {
		for _, rule := range packageRules {
			found = append(found, rule.check(p)...)
		}
	}
	node := nodeInterface(t, pkgs)
	return append(found, CheckNodeState(pkgs, node)...)
}

func nodeInterface(t *testing.T, pkgs []*Package) *types.Interface {
	t.Helper()
	for _, p := range pkgs {
		if p.Path == module+"/engine" {
			if obj := p.Types.Scope().Lookup("Node"); obj != nil {
				return obj.Type().Underlying().(*types.Interface)
			}
		}
	}
	t.Fatal("engine.Node is not there")
	return nil
}

// packageRules are the engine's rules, one package at a time.
var packageRules = []struct {
	name  string
	check func(*Package) []Finding
}{
	{"concurrency", CheckConcurrency},
	{"clock", CheckClock},
	{"floats", CheckFloats},
	{"map order", CheckMapOrder},
	{"kmsg factories", CheckRequestForKey},
	{"init", CheckInit},
	{"globals", CheckGlobals},
}

// checkWasm holds what the page links, once there is a page.
func checkWasm(t *testing.T, root string) []Finding {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, "wasm", "main.go")); err != nil {
		return nil
	}
	overlay := t.TempDir()
	if _, err := goCommand(root, nil, "run", "./wasm/overlay", overlay); err != nil {
		t.Fatal(err)
	}
	env := []string{"GOOS=js", "GOARCH=wasm"}
	out, err := goCommand(root, env, "list", "-deps", "-overlay", filepath.Join(overlay, "overlay.json"), "./wasm")
	if err != nil {
		t.Fatal(err)
	}
	found := CheckWasmDeps(strings.Fields(string(out)))

	pkgs, broken, err := Load(root, module, "./web/...", "./scenarios/...")
	if err != nil {
		t.Fatal(err)
	}
	found = append(found, broken...)
	for _, p := range pkgs {
		if !inEngine(strings.TrimPrefix(p.Path, module+"/")) {
			found = append(found, CheckRequestForKey(p)...)
		}
	}
	return found
}

// TestEngineBuildsForWasm holds that the page can link all of the engine.
func TestEngineBuildsForWasm(t *testing.T) {
	root, err := ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := goCommand(root, []string{"GOOS=js", "GOARCH=wasm"}, "build", "./engine/..."); err != nil {
		t.Fatal(err)
	}
}
