package session

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
	"unsafe"

	"github.com/goplus/ixgo"
)

// carry finds the variables of earlier cells whose types are compiled again. Those whose type is
// defined anew are dropped; the others stay where they are.
func (s *Session) carry(u *unit, news, emitted []*decl) (dropped map[string]string) {
	redefined, recompiled := typeNames(news), typeNames(emitted)
	dropped, u.carried = map[string]string{}, map[string]string{}
	for name, object := range s.objects {
		v, ok := object.(*types.Var)
		if !ok {
			continue
		}
		in := func(names map[string]bool) func(*types.TypeName) bool {
			return func(t *types.TypeName) bool {
				return names[t.Name()] && s.objects[t.Name()] == types.Object(t)
			}
		}
		if mentions(v.Type(), in(redefined)) {
			dropped[name] = "its type was redefined: run the cell that makes it again"
		} else if mentions(v.Type(), in(recompiled)) {
			u.carried[name] = u.typeText(v.Type())
		}
	}
	return dropped
}

func typeNames(decls []*decl) map[string]bool {
	names := map[string]bool{}
	for _, d := range decls {
		if d.chunk.Kind == token.TYPE {
			for _, name := range d.names {
				names[name] = true
			}
		}
	}
	return names
}

// typeText writes a type as source, and imports what it needs under names that no cell uses.
func (u *unit) typeText(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p.Path() == "main" {
			return ""
		}
		alias := "__" + p.Name()
		spec, taken := u.imports[alias]
		for ; taken && spec.path != p.Path(); spec, taken = u.imports[alias] {
			alias += "_"
		}
		u.imports[alias] = importSpec{name: alias, path: p.Path()}
		return alias
	})
}

// finish compiles the cell with its variables made global. Shape: culprit is an earlier definition
// that no longer compiles; the failure then is why.
func (s *Session) finish(u *unit, first *checked, h *hoisted) (culprit *decl, failure *Failure) {
	objects := s.visible(u.hidden())
	vars, addresses := types.NewPackage("main", "main"), map[string]unsafe.Pointer{}
	for name := range u.carried {
		addresses[name] = s.interp.Address(name)
	}
	var text strings.Builder
	for _, name := range sortedKeys(h.vars) {
		s.addVar(name, first, h, u, vars, &text, addresses, objects)
	}
	edits := append([]edit{{len(header), len(header), u.extraImports(first.source)}}, h.edits...)
	source, shift := apply(first.source, edits)
	second, failure := s.check(source+text.String(), objects)
	if failure != nil {
		return nil, failure
	}
	if len(second.errors) > 0 {
		return s.blame(u, second, first, shift)
	}
	vars.MarkComplete()
	loaded := ixgo.Cell{
		Package: second.pkg, Files: []*ast.File{second.file}, Info: second.info,
		Vars: vars, Addresses: addresses,
	}
	if err := s.interp.Load(loaded); err != nil {
		return nil, s.failure("compile error", err.Error(), 0)
	}
	s.remember(second.pkg)
	s.remember(vars)
	return nil, nil
}

// addVar makes a variable that outlives the cell. One that keeps its type is the same as before.
func (s *Session) addVar(
	name string, first *checked, h *hoisted, u *unit, vars *types.Package, text *strings.Builder,
	addresses map[string]unsafe.Pointer, objects map[string]types.Object,
) {
	t := h.vars[name]
	if old, ok := objects[name].(*types.Var); ok {
		if types.Identical(old.Type(), t) {
			return
		}
		// What the cell does with the variable of that name before it makes its own.
		pointer := types.NewPointer(old.Type())
		previous := types.NewVar(token.NoPos, vars, oldPrefix+name, pointer)
		vars.Scope().Insert(previous)
		objects[previous.Name()] = previous
		at := new(unsafe.Pointer)
		*at = s.interp.Address(name)
		addresses[previous.Name()] = unsafe.Pointer(at)
	}
	if u.carried[name] != "" {
		return
	}
	delete(objects, name)
	if mentions(t, func(n *types.TypeName) bool { return n.Pkg() == first.pkg }) {
		text.WriteString("var " + name + " " + u.typeText(t) + "\n")
		return
	}
	v := types.NewVar(token.NoPos, vars, name, t)
	vars.Scope().Insert(v)
	objects[name] = v
}

// extraImports are those that the source does not have yet.
func (u *unit) extraImports(source string) string {
	var b strings.Builder
	for _, key := range sortedKeys(u.imports) {
		line := u.imports[key].source()
		if strings.HasPrefix(key, "__") && !strings.Contains(source, line) {
			b.WriteString(line)
		}
	}
	return b.String()
}
