package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Package is one type-checked package of the module, tests left out.
type Package struct {
	Path  string // import path
	Fset  *token.FileSet
	Files []*ast.File
	Info  *types.Info
	Types *types.Package
}

// listed is what `go list -json` says of a package, as far as we ask.
type listed struct {
	ImportPath string
	Dir        string
	Export     string
	GoFiles    []string
	Module     *struct{ Path string }
}

// Load type-checks the packages of module that the patterns name, and the
// module's packages that these depend on, in dependency order. Packages of
// other modules come from the compiler's export data. A package that does not
// compile is a finding; the others are checked all the same.
func Load(root, module string, patterns ...string) ([]*Package, []Finding, error) {
	args := append([]string{"list", "-e", "-deps", "-export", "-json=ImportPath,Dir,Export,GoFiles,Module"}, patterns...)
	out, err := goCommand(root, nil, args...)
	if err != nil {
		return nil, nil, err
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, nil, fmt.Errorf("read go list: %w", err)
		}
		all = append(all, p)
	}
	l := newLoader()
	var pkgs []*Package
	var broken []Finding
	for _, p := range all {
		if p.Module == nil || p.Module.Path != module {
			l.exports[p.ImportPath] = p.Export
			continue
		}
		pkg, err := l.check(root, p)
		if err != nil {
			broken = append(broken, Finding{Rule: "compiles", Where: relative(root, p.Dir), What: err.Error()})
			continue
		}
		pkgs = append(pkgs, pkg)
	}
	return pkgs, broken, nil
}

// loader remembers what was checked, so that one type has one identity.
type loader struct {
	fset    *token.FileSet
	exports map[string]string // import path -> export data file
	checked map[string]*types.Package
	gc      types.Importer
}

func newLoader() *loader {
	l := &loader{fset: token.NewFileSet(), exports: map[string]string{}, checked: map[string]*types.Package{}}
	l.gc = importer.ForCompiler(l.fset, "gc", func(path string) (io.ReadCloser, error) {
		file, ok := l.exports[path]
		if !ok {
			return nil, fmt.Errorf("no export data for %q", path)
		}
		return os.Open(file)
	})
	return l
}

// Import finds a package for the type checker.
func (l *loader) Import(path string) (*types.Package, error) {
	if p, ok := l.checked[path]; ok {
		return p, nil
	}
	return l.gc.Import(path)
}

func (l *loader) check(root string, p listed) (*Package, error) {
	var files []*ast.File
	for _, name := range p.GoFiles {
		full := filepath.Join(p.Dir, name)
		src, err := os.ReadFile(full)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(l.fset, relative(root, full), src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return l.checkFiles(p.ImportPath, files)
}

func (l *loader) checkFiles(path string, files []*ast.File) (*Package, error) {
	info := &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Defs:       map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	conf := types.Config{Importer: l}
	tp, err := conf.Check(path, l.fset, files, info)
	if err != nil {
		return nil, err
	}
	l.checked[path] = tp
	return &Package{Path: path, Fset: l.fset, Files: files, Info: info, Types: tp}, nil
}

// goCommand runs the go command in root and returns its standard output.
func goCommand(root string, env []string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return out, nil
}

// relative gives file below root with forward slashes.
func relative(root, file string) string {
	rel, err := filepath.Rel(root, file)
	if err != nil {
		return file
	}
	return filepath.ToSlash(rel)
}

// ModuleRoot walks up from the working directory to go.mod.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = parent
	}
}
