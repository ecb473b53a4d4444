package session

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"strings"

	"github.com/goplus/ixgo"

	"labinit/kernels/go/engine/cell"
)

// Probe is what the compiler knows at a place of a cell that is not finished.
type Probe struct {
	Object types.Object // of a name or a selector
	Type   types.Type   // of the operand; nil if it has none
	Names  map[string]types.Object
}

const probeFunc = cell.List

// Probe looks at an operand that stands where before ends; it may be empty. Runs nothing, fetches
// nothing.
func (s *Session) Probe(before, operand string) Probe {
	c := s.Parse(before + probeFunc + "(" + operand + ")" + closing(before))
	u := &unit{imports: maps.Clone(s.imports), body: c.Body, number: s.number}
	for _, chunk := range c.Imports {
		s.probeImports(chunk, u.imports)
	}
	if root, _, _ := strings.Cut(operand, "."); s.objects[root] == nil {
		assumeImport(operand, u.imports)
	}
	for _, chunk := range c.Decls {
		d, err := newDecl(chunk, s.number)
		if err != nil {
			d = &decl{chunk: chunk, cell: s.number, uses: identifiers(chunk.Text)}
		}
		u.decls = append(u.decls, d)
	}
	fset := s.interp.Ctx.FileSet
	file, _ := parser.ParseFile(fset, "probe.go", u.render(), parser.SkipObjectResolution)
	if file == nil {
		return Probe{}
	}
	return s.look(file, u.hidden())
}

// assumeImport takes strings.Cut for the standard library's, also before it is imported.
func assumeImport(operand string, to map[string]importSpec) {
	name, _, _ := strings.Cut(operand, ".")
	if _, imported := to[name]; name == "" || imported {
		return
	}
	for _, path := range ixgo.PackageList() {
		if path == name || strings.HasSuffix(path, "/"+name) && !strings.Contains(path, ".") {
			to[name] = importSpec{name: name, path: path}
			return
		}
	}
}

// probeImports takes the imports that need no network.
func (s *Session) probeImports(chunk cell.Chunk, to map[string]importSpec) {
	f, _ := parser.ParseFile(token.NewFileSet(), "", "package p;"+chunk.Text, parser.ImportsOnly)
	if f == nil {
		return
	}
	for _, node := range f.Imports {
		path := strings.Trim(node.Path.Value, "\"`")
		first, _, _ := strings.Cut(path, "/")
		if strings.Contains(first, ".") && s.SourceDir(path) == "" {
			continue
		}
		_ = s.addImport(node, chunk.Line, to)
	}
}

func (s *Session) look(file *ast.File, hidden map[string]bool) (found Probe) {
	defer func() { _ = recover() }() // of the type checker, on what is no Go
	pkg := types.NewPackage("main", "main")
	for _, object := range s.visible(hidden) {
		pkg.Scope().Insert(object)
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{},
	}
	config := &types.Config{
		Importer: s.interp.Ctx.Importer, DisableUnusedImportCheck: true,
		Sizes: sizes(), Error: func(error) {},
	}
	types.NewChecker(config, s.interp.Ctx.FileSet, pkg, info).Files([]*ast.File{file})
	call := probeCall(file)
	if call == nil {
		return found
	}
	found.Names = names(pkg.Scope().Innermost(call.Pos()), call.Pos())
	if len(call.Args) == 0 {
		return found
	}
	switch x := ast.Unparen(call.Args[0]).(type) {
	case *ast.Ident:
		found.Object = info.Uses[x]
	case *ast.SelectorExpr:
		found.Object = info.Uses[x.Sel]
	}
	if t := info.Types[call.Args[0]].Type; t != nil && t != types.Typ[types.Invalid] {
		found.Type = t
	}
	return found
}

func probeCall(file *ast.File) (call *ast.CallExpr) {
	ast.Inspect(file, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			if id, ok := c.Fun.(*ast.Ident); ok && id.Name == probeFunc {
				call = c
			}
		}
		return call == nil
	})
	return call
}

// names are those that can be used at a position, the innermost first.
func names(scope *types.Scope, at token.Pos) map[string]types.Object {
	found := map[string]types.Object{}
	for ; scope != nil; scope = scope.Parent() {
		for _, name := range scope.Names() {
			_, object := scope.LookupParent(name, at)
			if object != nil && found[name] == nil && !strings.HasPrefix(name, "__") {
				found[name] = object
			}
		}
	}
	return found
}

// closing are the brackets that would end the text.
func closing(text string) string {
	open := cell.Open(text)
	var b strings.Builder
	for i := len(open) - 1; i >= 0; i-- {
		b.WriteByte(map[byte]byte{'(': ')', '[': ']', '{': '}'}[open[i]])
	}
	return b.String()
}
