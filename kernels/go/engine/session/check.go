package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"sort"
	"strings"

	"labinit/kernels/go/engine/cell"
)

// unit is what is compiled for one cell.
type unit struct {
	imports map[string]importSpec
	guessed []string // of the imports, what no cell has asked for
	decls   []*decl
	body    string
	main    bool
	number  int
	// carried are variables of earlier cells whose type is compiled again, as Go source.
	carried map[string]string
}

const (
	header    = "package main\n"
	generated = "generated"
)

// render returns the Go source. Positions in it are those of the cells.
func (u *unit) render() string {
	var b strings.Builder
	b.WriteString(header + importsFor(u.imports, u.identifiers()))
	for _, d := range u.decls {
		c := d.chunk
		fmt.Fprintf(&b, "//line cell%d:%d:%d\n%s\n", d.cell, c.Line, c.Column, c.Text)
	}
	fmt.Fprintf(&b, "//line "+generated+":1\nvar %s []any\n", valuesVar)
	b.WriteString("func " + cell.List + "(v ...any) []any { return v }\n" + u.initializers())
	fmt.Fprintf(&b, "func %s() {\n//line cell%d:1:1\n%s\n", cellFunc, u.number, u.body)
	b.WriteString("//line " + generated + ":1\n")
	if u.main {
		b.WriteString("main()\n")
	}
	b.WriteString("}\n")
	for _, name := range sortedKeys(u.carried) {
		fmt.Fprintf(&b, "var %s %s\n", name, u.carried[name])
	}
	return b.String()
}

// initializers is what the cell calls once its variables are there: a package's init would run
// before the statements that make them. Functions named init_… are gonb's.
func (u *unit) initializers() string {
	var calls strings.Builder
	for _, d := range u.decls {
		if d.cell == u.number && cell.IsInit(d.chunk) {
			calls.WriteString(d.names[0] + "(); ")
		}
	}
	return "func " + cell.Inits + "() { " + calls.String() + "}\n"
}

func (u *unit) identifiers() map[string]bool {
	used := identifiers(u.body)
	for _, d := range u.decls {
		for name := range d.uses {
			used[name] = true
		}
	}
	for _, text := range u.carried {
		for name := range identifiers(text) {
			used[name] = true
		}
	}
	return used
}

// hidden are the names that the unit itself defines.
func (u *unit) hidden() map[string]bool {
	hidden := map[string]bool{}
	for _, d := range u.decls {
		for _, name := range d.names {
			hidden[name] = true
		}
	}
	for name := range u.carried {
		hidden[name] = true
	}
	return hidden
}

// checked is a source with its types.
type checked struct {
	source string
	file   *ast.File
	tokens *token.File
	pkg    *types.Package
	info   *types.Info
	errors []types.Error
}

// check parses and type-checks a source in which the objects can be named.
func (s *Session) check(source string, objects map[string]types.Object) (*checked, *Failure) {
	ctx := s.interp.Ctx
	file, err := ctx.ParseFile("cell.go", source)
	if err != nil {
		return nil, s.parseFailure(err)
	}
	c := &checked{source: source, file: file, tokens: ctx.FileSet.File(file.Pos())}
	c.pkg = types.NewPackage("main", "main")
	for _, object := range objects {
		c.pkg.Scope().Insert(object)
	}
	c.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{},
		Uses: map[*ast.Ident]types.Object{}, Implicits: map[ast.Node]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{},
		Instances: map[*ast.Ident]types.Instance{}, FileVersions: map[*ast.File]string{},
	}
	config := &types.Config{
		Importer: ctx.Importer, DisableUnusedImportCheck: true, Sizes: sizes(),
		Error: func(err error) {
			if e := err.(types.Error); !isOfUnused(e) {
				c.errors = append(c.errors, e)
			}
		},
	}
	types.NewChecker(config, ctx.FileSet, c.pkg, c.info).Files([]*ast.File{file})
	sort.SliceStable(c.errors, func(i, j int) bool { return c.errors[i].Pos < c.errors[j].Pos })
	return c, nil
}

// isOfUnused tells the complaint about a variable or a label of no use: a notebook is a draft.
func isOfUnused(err types.Error) bool {
	return err.Soft && strings.Contains(err.Msg, "declared and not used")
}

// visible are the objects of earlier cells, without those that are defined anew.
func (s *Session) visible(hidden map[string]bool) map[string]types.Object {
	objects := map[string]types.Object{}
	for name, object := range s.objects {
		if !hidden[name] {
			objects[name] = object
		}
	}
	return objects
}

// offset is a position in the source itself.
func (c *checked) offset(pos token.Pos) int { return c.tokens.Offset(pos) }

func (c *checked) text(node ast.Node) string {
	return c.source[c.offset(node.Pos()):c.offset(node.End())]
}

// statements are those of the cell.
func (c *checked) statements() []ast.Stmt {
	for _, d := range c.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == cellFunc {
			list := f.Body.List
			for len(list) > 0 {
				if _, empty := list[len(list)-1].(*ast.EmptyStmt); !empty {
					break
				}
				list = list[:len(list)-1]
			}
			return list
		}
	}
	return nil
}
