package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// Sizes in lines. A function fits a screen; a file is about one noun. A test
// with its table may be twice a function.
const (
	funcLinesMax     = 70
	testFuncLinesMax = 140
	fileLinesMax     = 600
)

// CheckSize holds the sizes of functions and files. Generated files are free.
func CheckSize(s *Source) []Finding {
	if s.Generated {
		return nil
	}
	var found []Finding
	if s.Lines > fileLinesMax {
		found = append(found, Finding{Rule: "file size", Where: s.Name,
			What: fmt.Sprintf("%d lines, at most %d: split at its second noun", s.Lines, fileLinesMax)})
	}
	limit := funcLinesMax
	if s.Test || isTestHelper(path.Dir(s.Name)) {
		limit = testFuncLinesMax
	}
	for _, decl := range s.File.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		start, end := s.Fset.Position(fn.Pos()), s.Fset.Position(fn.End())
		if n := end.Line - start.Line + 1; n > limit {
			found = append(found, Finding{Rule: "function size", Where: s.Name + ":" + fn.Name.Name, Line: start.Line,
				What: fmt.Sprintf("%d lines, at most %d: keep the branches, move the leaves out", n, limit)})
		}
	}
	return found
}

// CheckSleep refuses time.Sleep in tests: they wait for a condition.
func CheckSleep(s *Source) []Finding {
	if !s.Test && !isTestHelper(path.Dir(s.Name)) {
		return nil
	}
	var found []Finding
	ast.Inspect(s.File, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Sleep" {
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" {
				found = append(found, at(s.Fset.Position(n.Pos()), "sleep", "time.Sleep in a test: wait for a condition"))
			}
		}
		return true
	})
	return found
}

// drawers are folder names that say nothing of what is inside.
var drawers = []string{"util", "utils", "common", "base", "misc", "types", "helpers", "shared"}

// CheckDrawers refuses packages without a noun of their own.
func CheckDrawers(s *Source) []Finding {
	if slices.Contains(drawers, path.Base(path.Dir(s.Name))) {
		return []Finding{{Rule: "drawers", Where: s.Name, What: "a helper lives with its type, not in a drawer"}}
	}
	return nil
}

// forbiddenWords are places of one machine and download hosts. A file that
// names them works only there. They are put together here so that this file
// does not name them itself.
var forbiddenWords = []string{
	"/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", ".py" + "env",
	"registry." + "npmjs", "repo1." + "maven", "repo.maven." + "apache", "proxy." + "golang.org",
	"files." + "pythonhosted", "pypi." + "org/simple",
}

// CheckWords looks for forbidden words in any text file of the repository.
func CheckWords(name string, text []byte) []Finding {
	if bytes.IndexByte(text, 0) >= 0 {
		return nil // not text
	}
	var found []Finding
	for i, line := range strings.Split(string(text), "\n") {
		for _, word := range forbiddenWords {
			if strings.Contains(line, word) {
				found = append(found, Finding{Rule: "words", Where: name, Line: i + 1,
					What: fmt.Sprintf("names %q: nothing outside the repository may be needed", word)})
			}
		}
	}
	return found
}
