package session

import (
	"go/ast"
	"go/types"
)

// withFieldNames names the fields in T{1, 2} where T is of an earlier cell: that is another package
// to the type checker, which then lets nobody set unexported fields by their place.
func withFieldNames(c *checked) (edits []edit) {
	ast.Inspect(c.file, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		fields := foreignFields(c, literal)
		for i, element := range literal.Elts {
			if _, isNamed := element.(*ast.KeyValueExpr); !isNamed && i < len(fields) {
				at := c.offset(element.Pos())
				edits = append(edits, edit{at, at, fields[i] + ": "})
			}
		}
		return true
	})
	return edits
}

// foreignFields are the names of a struct's fields, if all values are there and one is unexported
// and of an earlier cell.
func foreignFields(c *checked, literal *ast.CompositeLit) (names []string) {
	t := c.info.Types[literal].Type
	if t == nil {
		return nil
	}
	if pointer, ok := t.Underlying().(*types.Pointer); ok {
		t = pointer.Elem()
	}
	st, ok := t.Underlying().(*types.Struct)
	if !ok || st.NumFields() != len(literal.Elts) {
		return nil
	}
	foreign := false
	for field := range st.Fields() {
		names = append(names, field.Name())
		ofCells := field.Pkg() != c.pkg && field.Pkg().Path() == c.pkg.Path()
		foreign = foreign || ofCells && !field.Exported()
	}
	if !foreign {
		return nil
	}
	return names
}
