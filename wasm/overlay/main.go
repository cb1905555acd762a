// Command overlay makes a `go build -overlay` for the page's program: templ
// without what only a server needs (its HTTP handler, CSS middleware and
// html/template bridge), which would link net/http, crypto/tls and text/template
// for 0.4 MB compressed. It reads the module's own files, leaves out the
// declarations that use those packages, and writes the rest into a folder of its
// own; nothing of the module is kept in this repository.
//
//	go run ./wasm/overlay .cache/overlay
//	GOOS=js GOARCH=wasm go build -overlay .cache/overlay/overlay.json ./wasm
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const module = "github.com/a-h/templ"

// unwanted are the imports whose users go, by path and the name they are used by.
var unwanted = map[string]string{"net/http": "http", "html/template": "template"}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: overlay FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "overlay:", err)
		os.Exit(1)
	}
}

// packages are the module's that the page links.
var packages = []string{"", "runtime", "safehtml"}

func run(folder string) error {
	// As a package, not as a module: that downloads it where it is not there yet.
	out, err := exec.Command("go", "list", "-f", "{{.Module.Dir}}", module).Output()
	if err != nil {
		return fmt.Errorf("find %s: %w", module, err)
	}
	from := strings.TrimSpace(string(out))
	if folder, err = filepath.Abs(folder); err != nil {
		return err
	}
	to := filepath.Join(folder, "templ")
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	for _, pkg := range packages {
		if err := copyPackage(filepath.Join(from, pkg), filepath.Join(to, pkg)); err != nil {
			return err
		}
	}
	mod, err := os.ReadFile(filepath.Join(from, "go.mod"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(to, "go.mod"), mod, 0o644); err != nil {
		return err
	}
	return redirect(folder, to)
}

// copyPackage copies a package's files, trimmed.
func copyPackage(from, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(from, "*.go"))
	if err != nil {
		return err
	}
	embedded, err := filepath.Glob(filepath.Join(from, ".version"))
	if err != nil {
		return err
	}
	for _, file := range append(files, embedded...) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if strings.HasSuffix(file, ".go") {
			trimmed, changed, err := trim(file)
			if err != nil {
				return fmt.Errorf("trim %s: %w", file, err)
			}
			if changed {
				text = trimmed
			}
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(file)), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// redirect writes the overlay: this module's go.mod with the copy in templ's
// place. (Files in the module cache itself cannot be overlaid.)
func redirect(folder, to string) error {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("find go.mod: %w", err)
	}
	ours := strings.TrimSpace(string(out))
	mod, err := os.ReadFile(ours)
	if err != nil {
		return err
	}
	mod = fmt.Appendf(mod, "\nreplace %s => %s\n", module, to)
	copied := filepath.Join(folder, "go.mod")
	if err := os.WriteFile(copied, mod, 0o644); err != nil {
		return err
	}
	list, err := json.MarshalIndent(map[string]any{"Replace": map[string]string{ours: copied}}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "overlay.json"), list, 0o644)
}

// trim gives a file without the declarations that use an unwanted import, and
// says whether there were any.
func trim(file string) ([]byte, bool, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, nil, 0) // comments go too: they would be left without what they explain
	if err != nil {
		return nil, false, err
	}
	names := map[string]bool{}
	for _, imp := range f.Imports {
		if path, err := strconv.Unquote(imp.Path.Value); err == nil && unwanted[path] != "" {
			names[unwanted[path]] = true
		}
	}
	if len(names) == 0 {
		return nil, false, nil
	}
	flusher(f)
	gone := map[string]bool{} // types that go, and with them their methods
	for changed := true; changed; {
		changed = false
		kept := f.Decls[:0]
		for _, d := range f.Decls {
			if isImport(d) || !uses(d, names, gone) {
				kept = append(kept, d)
				continue
			}
			changed = true
			if g, ok := d.(*ast.GenDecl); ok {
				for _, s := range g.Specs {
					if t, ok := s.(*ast.TypeSpec); ok {
						gone[t.Name.Name] = true
					}
				}
			}
		}
		f.Decls = kept
	}
	dropImports(f)
	var b bytes.Buffer
	if err := format.Node(&b, fset, f); err != nil {
		return nil, false, err
	}
	return b.Bytes(), true, nil
}

func isImport(d ast.Decl) bool {
	g, ok := d.(*ast.GenDecl)
	return ok && g.Tok == token.IMPORT
}

// flusher writes http.Flusher out as the interface that it is, since the buffer
// around every component asks for it.
func flusher(f *ast.File) {
	ast.Inspect(f, func(n ast.Node) bool {
		assert, ok := n.(*ast.TypeAssertExpr)
		if !ok {
			return true
		}
		if sel, ok := assert.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Flusher" {
			assert.Type = &ast.InterfaceType{Methods: &ast.FieldList{List: []*ast.Field{{
				Names: []*ast.Ident{ast.NewIdent("Flush")}, Type: &ast.FuncType{Params: &ast.FieldList{}},
			}}}}
		}
		return true
	})
}

// uses says whether a declaration needs an unwanted package or a type that went.
func uses(d ast.Decl, names, gone map[string]bool) bool {
	found := false
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if id, ok := n.X.(*ast.Ident); ok && names[id.Name] && id.Obj == nil {
				found = true
			}
		case *ast.Ident:
			if gone[n.Name] {
				found = true
			}
		}
		return !found
	})
	return found
}

// dropImports leaves out the imports that nothing uses any more.
func dropImports(f *ast.File) {
	used := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok {
				used[id.Name] = true
			}
		}
		return true
	})
	kept := f.Decls[:0]
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.IMPORT {
			kept = append(kept, d)
			continue
		}
		specs := g.Specs[:0]
		for _, s := range g.Specs {
			imp := s.(*ast.ImportSpec)
			path, _ := strconv.Unquote(imp.Path.Value)
			name := path[strings.LastIndexByte(path, '/')+1:]
			if imp.Name != nil {
				name = imp.Name.Name
			}
			if used[name] || name == "_" {
				specs = append(specs, s)
			}
		}
		if g.Specs = specs; len(specs) > 0 {
			kept = append(kept, g)
		}
	}
	f.Decls = kept
}
