package session

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"

	"labinit/kernels/go/engine/cell"
)

// decl is a declaration that can be compiled again when what it uses is defined anew.
type decl struct {
	names []string // "T", "f", "T.M"
	uses  map[string]bool
	chunk cell.Chunk
	cell  int
	kept  bool // for later cells: not init functions, variables, or what has no name
}

// newDecl reads one chunk. Raises: the parser's error, with positions of the chunk.
func newDecl(chunk cell.Chunk, number int) (*decl, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", "package p;"+chunk.Text, 0)
	if err != nil {
		return nil, err
	}
	d := &decl{uses: map[string]bool{}, chunk: chunk, cell: number, kept: chunk.Kind != token.VAR}
	for _, node := range f.Decls {
		switch node := node.(type) {
		case *ast.FuncDecl:
			d.names = append(d.names, funcName(node))
		case *ast.GenDecl:
			d.names = append(d.names, specNames(node)...)
		}
	}
	for _, name := range d.names {
		d.kept = d.kept && name != "init" && name != "_"
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			d.uses[id.Name] = true
		}
		return true
	})
	return d, nil
}

// renameInit makes an init function one that can be called.
func (d *decl) renameInit(number int) {
	if len(d.names) == 1 && d.names[0] == "init" {
		d.names[0] = fmt.Sprintf("%s%d", cell.Inits, number)
		d.chunk.Text = strings.Replace(d.chunk.Text, "init", d.names[0], 1)
	}
}

func funcName(node *ast.FuncDecl) string {
	if node.Recv == nil || len(node.Recv.List) == 0 {
		return node.Name.Name
	}
	t := node.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name + "." + node.Name.Name
		default:
			return node.Name.Name
		}
	}
}

func specNames(node *ast.GenDecl) (names []string) {
	for _, spec := range node.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			names = append(names, spec.Name.Name)
		case *ast.ValueSpec:
			for _, id := range spec.Names {
				names = append(names, id.Name)
			}
		}
	}
	return names
}

// base is the type of a method, and any other name itself.
func base(name string) string { return strings.SplitN(name, ".", 2)[0] }

func isMethod(d *decl) bool { return len(d.names) == 1 && base(d.names[0]) != d.names[0] }

// again returns the earlier declarations that have to be compiled again along with the new ones,
// because they use, or are methods of, what is defined anew. Shape: in the order of definition.
func again(earlier, fresh []*decl, others map[string]bool) []*decl {
	defined, dirty := map[string]bool{}, map[string]bool{}
	for _, d := range fresh {
		for _, name := range d.names {
			defined[name], dirty[base(name)] = true, true
		}
	}
	for name := range others {
		defined[name], dirty[name] = true, true
	}
	emitted := map[*decl]bool{}
	for changed := true; changed; {
		changed = false
		for _, d := range earlier {
			if emitted[d] || replaced(d, defined) || !touched(d, defined, dirty) {
				continue
			}
			emitted[d], changed = true, true
			for _, name := range d.names {
				dirty[base(name)] = true
			}
		}
	}
	var result []*decl
	for _, d := range earlier {
		if emitted[d] {
			result = append(result, d)
		}
	}
	return result
}

// replaced tells whether nothing is left of a declaration; a type takes its methods along.
func replaced(d *decl, defined map[string]bool) bool {
	for _, name := range d.names {
		if !defined[name] && !(base(name) != name && defined[base(name)]) {
			return false
		}
	}
	return true
}

func touched(d *decl, defined, dirty map[string]bool) bool {
	for _, name := range d.names {
		if dirty[base(name)] && !(base(name) == name && defined[name]) {
			return true
		}
	}
	for name := range d.uses {
		if dirty[name] {
			return true
		}
	}
	return false
}
