package session

import (
	"go/ast"
	"go/token"
	"go/types"
	"sort"
	"strings"

	"labinit/kernels/go/engine/cell"
)

// edit replaces a part of a source.
type edit struct {
	start, end int
	text       string
}

// apply makes the edits. Shape: shift turns an offset in the result into one in the source.
func apply(source string, edits []edit) (result string, shift func(int) int) {
	sort.SliceStable(edits, func(i, j int) bool { return edits[i].start < edits[j].start })
	var b strings.Builder
	last := 0
	type mark struct{ to, from int }
	marks := []mark{{0, 0}}
	for _, e := range edits {
		b.WriteString(source[last:e.start])
		marks = append(marks, mark{b.Len(), e.start})
		b.WriteString(e.text)
		last = e.end
		marks = append(marks, mark{b.Len(), e.end})
	}
	b.WriteString(source[last:])
	return b.String(), func(offset int) int {
		i := sort.Search(len(marks), func(i int) bool { return marks[i].to > offset }) - 1
		from := marks[i].from + offset - marks[i].to
		if i+1 < len(marks) {
			from = min(from, marks[i+1].from)
		}
		return min(from, len(source)-1)
	}
}

// hoisted is what a cell's statements become: variables that outlive it, and a value.
type hoisted struct {
	vars  map[string]types.Type
	edits []edit
	value ast.Expr // the last expression, if it has a value
	// Shape: a *types.Tuple where a call has several results.
	valueType types.Type
	quiet     bool // its value is only worth showing if it is an error
}

func (s *Session) hoist(c *checked) *hoisted {
	h := &hoisted{vars: map[string]types.Type{}, edits: withFieldNames(c)}
	statements := c.statements()
	for i, statement := range statements {
		switch statement := statement.(type) {
		case *ast.AssignStmt:
			h.assign(c, statement)
		case *ast.DeclStmt:
			if d := statement.Decl.(*ast.GenDecl); d.Tok == token.VAR {
				h.declare(c, d)
			}
		case *ast.ExprStmt:
			h.expression(c, statement.X, i == len(statements)-1)
		}
	}
	for id, object := range c.info.Uses {
		if old := s.objects[id.Name]; object == old && s.retyped(id.Name, h.vars[id.Name]) {
			if _, isVar := old.(*types.Var); isVar && inCell(c, id) {
				at := c.offset(id.Pos())
				pointed := "(*" + oldPrefix + id.Name + ")"
				h.edits = append(h.edits, edit{at, at + len(id.Name), pointed})
			}
		}
	}
	return h
}

// retyped tells whether a name that is defined here meant something else before.
func (s *Session) retyped(name string, t types.Type) bool {
	old := s.objects[name]
	if t == nil || old == nil {
		return false
	}
	v, isVar := old.(*types.Var)
	return !isVar || !types.Identical(v.Type(), t)
}

func inCell(c *checked, id *ast.Ident) bool {
	for _, d := range c.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == cellFunc {
			return f.Pos() <= id.Pos() && id.Pos() < f.End()
		}
	}
	return false
}

func (h *hoisted) add(c *checked, id *ast.Ident) {
	if object := c.info.Defs[id]; object != nil && id.Name != "_" {
		h.vars[id.Name] = types.Default(object.Type())
	}
}

// assign makes := into = where it stands at the top of the cell.
func (h *hoisted) assign(c *checked, statement *ast.AssignStmt) {
	if statement.Tok != token.DEFINE {
		return
	}
	for _, left := range statement.Lhs {
		if id, ok := left.(*ast.Ident); ok {
			h.add(c, id)
		}
	}
	at := c.offset(statement.TokPos)
	h.edits = append(h.edits, edit{at, at + 2, "= "})
}

// declare makes var into assignments.
func (h *hoisted) declare(c *checked, d *ast.GenDecl) {
	var b strings.Builder
	for _, spec := range d.Specs {
		v := spec.(*ast.ValueSpec)
		var names []string
		for _, id := range v.Names {
			names = append(names, id.Name)
			h.add(c, id)
		}
		switch {
		case len(v.Values) > 0 && v.Type != nil && blankOnly(names):
			b.WriteString("var " + c.text(v) + ";")
		case len(v.Values) > 0:
			first, last := v.Values[0], v.Values[len(v.Values)-1]
			values := c.source[c.offset(first.Pos()):c.offset(last.End())]
			b.WriteString(strings.Join(names, ",") + " = " + values + ";")
		default:
			for _, name := range names {
				b.WriteString(name + " = *new(" + c.text(v.Type) + ");")
			}
		}
	}
	start, end := c.offset(d.Pos()), c.offset(d.End())
	// As many lines as before: the positions of what follows depend on it.
	missing := strings.Count(c.source[start:end], "\n") - strings.Count(b.String(), "\n")
	if missing > 0 {
		b.WriteString(strings.Repeat("\n", missing))
	}
	h.edits = append(h.edits, edit{start, end, b.String()})
}

func blankOnly(names []string) bool { return strings.Trim(strings.Join(names, ""), "_") == "" }

// expression takes the last one as the cell's value; any other is allowed to be of no use.
func (h *hoisted) expression(c *checked, x ast.Expr, last bool) {
	value, ok := c.info.Types[x]
	if !ok || value.IsVoid() || value.IsType() || value.IsBuiltin() {
		return
	}
	start, end := c.offset(x.Pos()), c.offset(x.End())
	if list := listOf(x); last && list != nil {
		h.value, h.valueType = x, typesOf(c.info, list.Args)
		h.edits = append(h.edits, edit{start, start, valuesVar + " = "})
		return
	}
	if last {
		h.value, h.valueType, h.quiet = x, value.Type, isWriting(c.info, x)
		h.edits = append(h.edits, edit{start, start, valuesVar + " = __list("}, edit{end, end, ")"})
		return
	}
	switch x := ast.Unparen(x).(type) {
	case *ast.CallExpr:
	case *ast.UnaryExpr:
		if x.Op != token.ARROW {
			h.edits = append(h.edits, edit{start, start, "_ = "})
		}
	default:
		h.edits = append(h.edits, edit{start, start, "_ = "})
	}
}

// listOf returns the call that a last line `a, b` has become.
func listOf(x ast.Expr) *ast.CallExpr {
	if call, ok := x.(*ast.CallExpr); ok {
		if id, ok := call.Fun.(*ast.Ident); ok && id.Name == cell.List {
			return call
		}
	}
	return nil
}

func typesOf(info *types.Info, values []ast.Expr) *types.Tuple {
	all := make([]*types.Var, len(values))
	for i, value := range values {
		all[i] = types.NewVar(value.Pos(), nil, "", info.Types[value].Type)
	}
	return types.NewTuple(all...)
}

// isWriting tells a call that returns how much it has written or read, as fmt.Println does.
func isWriting(info *types.Info, x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return false
	}
	var id *ast.Ident
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.SelectorExpr:
		id = f.Sel
	case *ast.Ident:
		id = f
	default:
		return false
	}
	f, ok := info.Uses[id].(*types.Func)
	if !ok || f.Pkg() == nil {
		return false
	}
	if f.Signature().Recv() != nil {
		return strings.HasPrefix(f.Name(), "Write") && f.Signature().Results().Len() == 2
	}
	switch f.Pkg().Path() {
	case "fmt":
		isPrint := strings.Contains(f.Name(), "rint") && !strings.HasPrefix(f.Name(), "S")
		return isPrint || strings.Contains(strings.ToLower(f.Name()), "scan")
	case "io":
		return strings.HasPrefix(f.Name(), "Copy") || f.Name() == "WriteString"
	}
	return false
}
