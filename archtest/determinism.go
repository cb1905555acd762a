package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// CheckConcurrency refuses goroutines, select and channels: a node takes one
// input at one instant and never waits.
func CheckConcurrency(p *Package) []Finding {
	var found []Finding
	p.inspect(func(n ast.Node) {
		what := ""
		switch n := n.(type) {
		case *ast.GoStmt:
			what = "go statement: a node starts no goroutine"
		case *ast.SelectStmt:
			what = "select: a node never waits"
		case *ast.ChanType:
			what = "channel: what must reach a node comes as an input"
		case *ast.SendStmt:
			what = "channel send: use Env"
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				what = "channel receive: a node never waits"
			}
		}
		if what != "" {
			found = append(found, at(p.Fset.Position(n.Pos()), "concurrency", "%s", what))
		}
	})
	return found
}

// timeAllowed is the part of package time that is arithmetic, not a clock.
var timeAllowed = map[string]bool{
	"Duration": true, "Nanosecond": true, "Microsecond": true, "Millisecond": true,
	"Second": true, "Minute": true, "Hour": true,
}

// CheckClock refuses every name of package time but Duration and its units.
func CheckClock(p *Package) []Finding {
	var found []Finding
	for _, use := range p.uses() {
		obj := use.obj
		if obj.Pkg() == nil || obj.Pkg().Path() != "time" || obj.Parent() != obj.Pkg().Scope() {
			continue // not of package time, or a method (of a Duration, then)
		}
		if !timeAllowed[obj.Name()] {
			found = append(found, at(use.pos, "clock",
				"time.%s: the engine knows only the instants that the driver hands in", obj.Name()))
		}
	}
	return found
}

// CheckFloats refuses floating point: math.Exp and math.Pow differ between
// native and WebAssembly, and arm64 fuses multiply-adds.
func CheckFloats(p *Package) []Finding {
	var found []Finding
	seen := map[string]bool{}
	report := func(pos token.Position, what string) {
		line := fmt.Sprintf("%s:%d", pos.Filename, pos.Line)
		if !seen[line] {
			seen[line] = true
			found = append(found, at(pos, "floats", "%s is floating point: use integers or a table", what))
		}
	}
	p.inspect(func(n ast.Node) {
		expr, ok := n.(ast.Expr)
		if !ok {
			return
		}
		// An identifier on the left of := stands in Defs, not in Types.
		if id, ok := expr.(*ast.Ident); ok {
			if v, ok := p.Info.Defs[id].(*types.Var); ok && isFloat(v.Type()) {
				report(p.Fset.Position(id.Pos()), id.Name)
			}
		}
		if tv, ok := p.Info.Types[expr]; ok && isFloat(tv.Type) {
			report(p.Fset.Position(expr.Pos()), types.ExprString(expr))
		}
	})
	return found
}

func isFloat(t types.Type) bool {
	if t == nil {
		return false
	}
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&(types.IsFloat|types.IsComplex) != 0
}

// unorderedMark is the comment that a range over a map must carry; it says
// that only sums leave the loop, which no order changes.
const unorderedMark = "unordered: sums only"

// CheckMapOrder refuses ranges over maps, and iterators over them that are not
// sorted on the spot, unless the line (or the one above) carries the mark.
func CheckMapOrder(p *Package) []Finding {
	var found []Finding
	for _, f := range p.Files {
		marked := markedLines(p.Fset, f, unorderedMark)
		sorted := map[ast.Node]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			what := ""
			switch n := n.(type) {
			case *ast.RangeStmt:
				if isMap(p.Info.TypeOf(n.X)) {
					what = "range over a map"
				}
			case *ast.CallExpr:
				switch name := p.calleeName(n); {
				case strings.HasPrefix(name, "slices.Sorted"):
					for _, arg := range n.Args {
						sorted[arg] = true
					}
				case name == "maps.Keys", name == "maps.Values", name == "maps.All":
					if !sorted[n] {
						what = name + " outside slices.Sorted"
					}
				}
			}
			if what == "" {
				return true
			}
			pos := p.Fset.Position(n.Pos())
			if !marked[pos.Line] && !marked[pos.Line-1] {
				found = append(found, at(pos, "map order",
					"%s: iterate slices.Sorted(maps.Keys(m)), or mark the line // %s", what, unorderedMark))
			}
			return true
		})
	}
	return found
}

func isMap(t types.Type) bool {
	if t == nil {
		return false
	}
	if tp, ok := types.Unalias(t).(*types.TypeParam); ok {
		union, ok := tp.Constraint().Underlying().(*types.Interface)
		if !ok || union.NumEmbeddeds() == 0 {
			return false
		}
		u, ok := union.EmbeddedType(0).(*types.Union)
		return ok && u.Len() > 0 && isMap(u.Term(0).Type())
	}
	_, ok := t.Underlying().(*types.Map)
	return ok
}

// markedLines finds the lines on which a comment containing mark stands.
func markedLines(fset *token.FileSet, f *ast.File, mark string) map[int]bool {
	lines := map[int]bool{}
	for _, group := range f.Comments {
		for _, c := range group.List {
			if strings.Contains(c.Text, mark) {
				lines[fset.Position(c.End()).Line] = true
			}
		}
	}
	return lines
}

// kmsgForbidden names what links every API that kmsg knows into the page.
var kmsgForbidden = map[string]bool{"RequestForKey": true, "ResponseForKey": true}

// CheckRequestForKey refuses kmsg's factories by number, as functions and as
// methods of kmsg.Key: they add 0.2 MB compressed to the page.
func CheckRequestForKey(p *Package) []Finding {
	var found []Finding
	for _, use := range p.uses() {
		obj := use.obj
		if obj.Pkg() == nil || !strings.HasSuffix(obj.Pkg().Path(), "/kmsg") {
			continue
		}
		fn, ok := obj.(*types.Func)
		if !ok {
			continue
		}
		bad := kmsgForbidden[fn.Name()]
		if recv := fn.Signature().Recv(); recv != nil {
			named, ok := types.Unalias(recv.Type()).(*types.Named)
			bad = ok && named.Obj().Name() == "Key" && (fn.Name() == "Request" || fn.Name() == "Response")
		}
		if bad {
			found = append(found, at(use.pos, "kmsg factories",
				"kmsg's %s links every API there is: name the types that you use", fn.Name()))
		}
	}
	return found
}
