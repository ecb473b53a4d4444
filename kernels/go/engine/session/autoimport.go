package session

import (
	"go/ast"
	"path"
	"slices"
	"strings"

	"github.com/goplus/ixgo"
)

// beyondStandard are packages outside of the standard library whose names speak for themselves.
var beyondStandard = map[string]string{"constraints": "golang.org/x/exp/constraints"}

// importUndefined imports the packages that a cell names without saying so, as goimports does: gonb
// runs it. Shape: true if there was one.
func (s *Session) importUndefined(u *unit, c *checked) (more bool) {
	for name, members := range undefinedPackages(c) {
		found := s.standardPackage(name, members)
		if found == "" && beyondStandard[name] != "" {
			if _, err := s.load(beyondStandard[name]); err == nil {
				found = beyondStandard[name]
			}
		}
		if found != "" {
			u.imports[name] = importSpec{name: name, path: found}
			u.guessed, more = append(u.guessed, name), true
		}
	}
	return more
}

// undefinedPackages are names that stand for nothing and have selectors, with what is selected.
func undefinedPackages(c *checked) map[string][]string {
	found := map[string][]string{}
	ast.Inspect(c.file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		id, ok := selector.X.(*ast.Ident)
		if ok && c.info.Uses[id] == nil && ast.IsExported(selector.Sel.Name) {
			found[id.Name] = append(found[id.Name], selector.Sel.Name)
		}
		return true
	})
	return found
}

// standardPackage finds the package of a name that has all members; of several, the one with the
// shortest path, and text/template before html/template.
func (s *Session) standardPackage(name string, members []string) string {
	var paths []string
	for _, candidate := range ixgo.PackageList() {
		if packageName(candidate) == name && !strings.Contains(candidate, ".") {
			paths = append(paths, candidate)
		}
	}
	slices.SortFunc(paths, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(b, a)
	})
	for _, candidate := range paths {
		pkg, err := s.interp.Ctx.Importer.Import(candidate)
		if err == nil && !slices.ContainsFunc(members, func(member string) bool {
			return pkg.Scope().Lookup(member) == nil
		}) {
			return candidate
		}
	}
	return ""
}

// packageName is the last element of a path that is no version.
func packageName(importPath string) string {
	name := path.Base(importPath)
	if len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
		return path.Base(path.Dir(importPath))
	}
	return name
}
