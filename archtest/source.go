package archtest

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Source is one parsed Go file; unlike Package it needs no compiling tree.
type Source struct {
	Name      string // relative to the module's root
	Package   string // import path of its folder
	Test      bool   // ends in _test.go
	Generated bool   // carries Go's "Code generated ... DO NOT EDIT." line
	Lines     int
	File      *ast.File
	Fset      *token.FileSet
}

// Imports lists the import paths of the file.
func (s *Source) Imports() []string {
	var paths []string
	for _, imp := range s.File.Imports {
		paths = append(paths, strings.Trim(imp.Path.Value, `"`))
	}
	return paths
}

// ParseSource parses one file's text; name is relative to the module's root.
func ParseSource(module, name string, text []byte) (*Source, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	pkg := module
	if dir := path.Dir(name); dir != "." {
		pkg = module + "/" + dir
	}
	return &Source{
		Name: name, Package: pkg,
		Test:      strings.HasSuffix(name, "_test.go"),
		Generated: ast.IsGenerated(f),
		Lines:     bytes.Count(text, []byte("\n")),
		File:      f, Fset: fset,
	}, nil
}

// Files lists the repository's own files, relative to root: what git tracks or
// would track, or, where there is no git, what is not in an ignored folder.
func Files(root string) ([]string, error) {
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return walkFiles(root)
	}
	names := strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
	slices.Sort(names)
	names = slices.Compact(names)
	// A file removed from the tree but not yet from the index is not there.
	return slices.DeleteFunc(names, func(name string) bool {
		info, err := os.Lstat(filepath.Join(root, name))
		return err != nil || !info.Mode().IsRegular()
	}), nil
}

// ignoredDirs are left out when there is no git to ask (a source archive).
var ignoredDirs = []string{".git", ".cache", "bin", "node_modules", "static/build"}

func walkFiles(root string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(root, func(file string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := relative(root, file)
		if d.IsDir() && (slices.Contains(ignoredDirs, rel) || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if d.Type().IsRegular() {
			names = append(names, rel)
		}
		return nil
	})
	return names, err
}

// Sources parses the Go files among names. Folders called testdata are not
// Go packages and are left out.
func Sources(root, module string, names []string) ([]*Source, error) {
	var sources []*Source
	for _, name := range names {
		if !strings.HasSuffix(name, ".go") || strings.Contains("/"+name, "/testdata/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		s, err := ParseSource(module, name, text)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	return sources, nil
}
