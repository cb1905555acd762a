package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// neverWrittenMark excuses a package-level variable of a type that could be
// written through (a pointer, an interface); the words after it say why.
const neverWrittenMark = "never written:"

// CheckInit refuses init functions: nothing happens at import.
func CheckInit(p *Package) []Finding {
	var found []Finding
	p.inspect(func(n ast.Node) {
		if fn, ok := n.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			found = append(found, at(p.Fset.Position(fn.Pos()), "init", "init function: nothing happens at import"))
		}
	})
	return found
}

// CheckGlobals refuses package-level variables that are written after their
// declaration, or whose type holds what changes by use (a pointer, a channel,
// a struct whose pointer methods are called). Tables that are only read, and
// errors, are allowed.
func CheckGlobals(p *Package) []Finding {
	var found []Finding
	globals := map[types.Object]bool{}
	scope := p.Types.Scope()
	for _, name := range scope.Names() {
		v, ok := scope.Lookup(name).(*types.Var)
		if !ok {
			continue
		}
		globals[v] = true
		if writable(v.Type()) && !p.marked(v.Pos(), neverWrittenMark) {
			found = append(found, at(p.Fset.Position(v.Pos()), "globals",
				"package variable %s of type %s could be written through: pass it, or say // %s why", name, v.Type(), neverWrittenMark))
		}
	}
	written := func(e ast.Expr) {
		if obj := p.rootVar(e); globals[obj] {
			found = append(found, at(p.Fset.Position(e.Pos()), "globals", "package variable %s is written", obj.Name()))
		}
	}
	p.inspect(func(n ast.Node) { p.writes(n, written) })
	return found
}

// writes calls report with each expression that n writes, or lends by address.
func (p *Package) writes(n ast.Node, report func(ast.Expr)) {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			for _, lhs := range n.Lhs {
				report(lhs)
			}
		}
	case *ast.IncDecStmt:
		report(n.X)
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			report(n.X)
		}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			report(n.Key)
			if n.Value != nil {
				report(n.Value)
			}
		}
	case *ast.CallExpr:
		if id, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 {
			if b, ok := p.Info.Uses[id].(*types.Builtin); ok && slices.Contains([]string{"delete", "clear", "copy"}, b.Name()) {
				report(n.Args[0])
			}
		}
	case *ast.SelectorExpr:
		// v.Method() with a pointer receiver takes the address of v.
		sel := p.Info.Selections[n]
		if sel == nil || sel.Kind() != types.MethodVal {
			return
		}
		_, pointerRecv := sel.Obj().Type().(*types.Signature).Recv().Type().(*types.Pointer)
		if _, already := sel.Recv().Underlying().(*types.Pointer); pointerRecv && !already {
			report(n.X)
		}
	}
}

// rootVar follows v, v.f, v[i], *v, (v) to the variable v.
func (p *Package) rootVar(e ast.Expr) types.Object {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return p.Info.Uses[x]
		case *ast.SelectorExpr:
			if obj, ok := p.Info.Uses[x.Sel].(*types.Var); ok && !obj.IsField() {
				return obj // another package's variable
			}
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// writable says that a value of the type can change by being used.
func writable(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		named, ok := types.Unalias(u.Elem()).(*types.Named)
		if !ok || named.Obj().Pkg() == nil {
			return true
		}
		full := named.Obj().Pkg().Path() + "." + named.Obj().Name()
		return full != "hash/crc32.Table" && full != "regexp.Regexp" // read-only by contract
	case *types.Chan:
		return true
	case *types.Interface:
		return !types.Implements(t, types.Universe.Lookup("error").Type().Underlying().(*types.Interface))
	}
	return false
}

// CheckNodeState walks every type reachable from the implementations of the
// node interface and refuses func and chan fields: state is data, else it can
// be neither cloned nor encoded nor compared.
func CheckNodeState(pkgs []*Package, node *types.Interface) []Finding {
	w := &stateWalk{pkgs: pkgs, seen: map[types.Type]bool{}}
	for _, named := range w.implementations(node) {
		w.walk(named.Obj().Name(), named)
	}
	return w.found
}

type stateWalk struct {
	pkgs  []*Package
	seen  map[types.Type]bool
	found []Finding
}

// implementations lists the module's concrete types that satisfy the interface.
func (w *stateWalk) implementations(iface *types.Interface) []*types.Named {
	var out []*types.Named
	for _, p := range w.pkgs {
		scope := p.Types.Scope()
		for _, name := range scope.Names() {
			tn, ok := scope.Lookup(name).(*types.TypeName)
			if !ok || tn.IsAlias() {
				continue
			}
			named, ok := tn.Type().(*types.Named)
			if !ok || types.IsInterface(named) || named.TypeParams().Len() > 0 {
				continue
			}
			if types.Implements(named, iface) || types.Implements(types.NewPointer(named), iface) {
				out = append(out, named)
			}
		}
	}
	return out
}

func (w *stateWalk) walk(path string, t types.Type) {
	if w.seen[t] {
		return
	}
	w.seen[t] = true
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for i := range u.NumFields() {
			w.field(path, t, u.Field(i))
		}
	case *types.Pointer:
		w.walk(path, u.Elem())
	case *types.Slice:
		w.walk(path+"[]", u.Elem())
	case *types.Array:
		w.walk(path+"[]", u.Elem())
	case *types.Map:
		w.walk(path+"[key]", u.Key())
		w.walk(path+"[]", u.Elem())
	case *types.Interface:
		// What may stand in a field of one of our interfaces is state too.
		if named, ok := types.Unalias(t).(*types.Named); ok && u.NumMethods() > 0 && w.ours(named) {
			for _, impl := range w.implementations(u) {
				w.walk(path+".("+impl.Obj().Name()+")", impl)
			}
		}
	}
}

func (w *stateWalk) field(path string, owner types.Type, f *types.Var) {
	path += "." + f.Name()
	elem := f.Type()
	for {
		switch u := elem.Underlying().(type) {
		case *types.Signature, *types.Chan:
			where := "engine"
			line := 0
			if named, ok := types.Unalias(owner).(*types.Named); ok && w.ours(named) {
				pos := w.pkgs[0].Fset.Position(f.Pos())
				where, line = pos.Filename, pos.Line
			}
			w.found = append(w.found, Finding{Rule: "node state", Where: where, Line: line,
				What: fmt.Sprintf("%s has type %s: state is data", path, f.Type())})
			return
		case *types.Slice:
			elem = u.Elem()
			continue
		case *types.Map:
			elem = u.Elem()
			continue
		}
		w.walk(path, f.Type())
		return
	}
}

func (w *stateWalk) ours(named *types.Named) bool {
	return slices.ContainsFunc(w.pkgs, func(p *Package) bool { return p.Types == named.Obj().Pkg() })
}

// use is one mention of an object.
type use struct {
	pos token.Position
	obj types.Object
}

// uses lists every mention in the package, in source order.
func (p *Package) uses() []use {
	var out []use
	p.inspect(func(n ast.Node) {
		if id, ok := n.(*ast.Ident); ok {
			if obj := p.Info.Uses[id]; obj != nil {
				out = append(out, use{p.Fset.Position(id.Pos()), obj})
			}
		}
	})
	return out
}

// inspect visits every node of every file.
func (p *Package) inspect(visit func(ast.Node)) {
	for _, f := range p.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			if n != nil {
				visit(n)
			}
			return true
		})
	}
}

// calleeName gives package.Function of a call to a package's function.
func (p *Package) calleeName(call *ast.CallExpr) string {
	fun := call.Fun
	if ix, ok := fun.(*ast.IndexExpr); ok {
		fun = ix.X
	}
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	fn, ok := p.Info.Uses[sel.Sel].(*types.Func)
	if !ok || fn.Pkg() == nil || fn.Signature().Recv() != nil {
		return ""
	}
	return fn.Pkg().Path() + "." + fn.Name()
}

// marked says that a comment with mark stands on the line of pos or above it.
func (p *Package) marked(pos token.Pos, mark string) bool {
	where := p.Fset.Position(pos)
	for _, f := range p.Files {
		if p.Fset.Position(f.Pos()).Filename == where.Filename {
			lines := markedLines(p.Fset, f, mark)
			return lines[where.Line] || lines[where.Line-1]
		}
	}
	return false
}

// enginePackages keeps the packages that the engine's rules are for: the
// engine itself, without shared test code such as logtest and without generators.
func enginePackages(module string, pkgs []*Package) []*Package {
	return slices.DeleteFunc(slices.Clone(pkgs), func(p *Package) bool {
		dir := strings.TrimPrefix(p.Path, module+"/")
		return !inEngine(dir) || isTestHelper(dir) || isGenerator(dir)
	})
}
