package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// bugWriters may give a configuration its known bugs: the simulator, and those who
// hand on what it gave.
var bugWriters = []string{
	"engine/sim/cluster.go",
	"engine/check/swarm/play.go",
	"engine/check/swarm/text.go",
	"engine/cluster/server.go",
	"engine/broker/broker.go",
	"engine/broker/replica_config.go",
}

// CheckBugs holds that no known-bug switch exists outside the simulator: above the
// engine nobody names one, and within it only bugWriters put any into a
// configuration. Tests are free.
func CheckBugs(module string, s *Source) []Finding {
	dir := strings.TrimPrefix(strings.TrimPrefix(s.Package, module), "/")
	if s.Test || dir == "archtest" {
		return nil
	}
	var found []Finding
	report := func(n ast.Node, what string) {
		found = append(found, at(s.Fset.Position(n.Pos()), "bugs", "%s", what))
	}
	isBugs := func(e ast.Expr) bool {
		switch e := e.(type) {
		case *ast.SelectorExpr:
			return e.Sel.Name == "Bugs"
		case *ast.Ident:
			return e.Name == "Bugs"
		}
		return false
	}
	ast.Inspect(s.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if !inEngine(dir) && (n.Name == "Bugs" || isSwitch(n.Name)) {
				report(n, fmt.Sprintf("%s: known bugs are the simulator's alone", n.Name))
			}
		case *ast.AssignStmt:
			if inEngine(dir) && n.Tok != token.DEFINE && slices.ContainsFunc(n.Lhs, isBugs) && !slices.Contains(bugWriters, s.Name) {
				report(n, "turns known bugs on: only the simulator may")
			}
		case *ast.KeyValueExpr:
			if inEngine(dir) && isBugs(n.Key) && !slices.Contains(bugWriters, s.Name) {
				report(n, "turns known bugs on: only the simulator may")
			}
		}
		return true
	})
	return found
}

// isSwitch says that a name is that of a known bug: BugZombieAck.
func isSwitch(name string) bool {
	rest, ok := strings.CutPrefix(name, "Bug")
	return ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z'
}
