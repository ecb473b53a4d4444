package session

import (
	"go/types"
	"maps"
	"slices"
	"strings"
)

// definitions are what the cells so far have left, and the next one can name.
type definitions struct {
	objects map[string]types.Object
	imports map[string]importSpec
	decls   []*decl
}

func (d definitions) clone() definitions {
	return definitions{maps.Clone(d.objects), maps.Clone(d.imports), slices.Clone(d.decls)}
}

// Kinds are the kinds of what List returns, in this order.
var Kinds = []string{"imports", "constants", "types", "variables", "functions"}

// List returns what the cells have defined. Shape: from one of Kinds to names, sorted.
func (s *Session) List() map[string][]string {
	list := map[string][]string{}
	for _, name := range sortedKeys(s.imports) {
		if _, own := s.prelude.imports[name]; !own {
			list["imports"] = append(list["imports"], name)
		}
	}
	for _, name := range sortedKeys(s.objects) {
		if s.prelude.objects[name] != s.objects[name] {
			kind := kindOf(s.objects[name])
			list[kind] = append(list[kind], name)
		}
	}
	return list
}

func kindOf(object types.Object) string {
	switch object.(type) {
	case *types.Const:
		return "constants"
	case *types.TypeName:
		return "types"
	case *types.Func:
		return "functions"
	}
	return "variables"
}

// Remove forgets a name, a type's methods with it; false if there is none. What uses it goes on
// with what it has.
func (s *Session) Remove(name string) bool {
	_, isImport := s.imports[name]
	if s.objects[name] == nil && !isImport {
		return false
	}
	delete(s.objects, name)
	delete(s.imports, name)
	s.decls = slices.DeleteFunc(s.decls, func(d *decl) bool {
		return allIn(d.names, map[string]bool{name: true})
	})
	return true
}

// Reset forgets all that the cells have defined.
func (s *Session) Reset() { s.definitions = s.prelude.clone() }

// Functions are those whose names have one of the prefixes: the cell's own, or all where it has
// none. Shape: sorted.
func (s *Session) Functions(code string, prefixes ...string) (names []string) {
	for _, chunk := range s.Parse(code).Decls {
		if d, err := newDecl(chunk, s.number); err == nil {
			names = append(names, d.names...)
		}
	}
	isOther := func(name string) bool {
		begins := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		return !slices.ContainsFunc(prefixes, begins)
	}
	if names = slices.DeleteFunc(names, isOther); len(names) == 0 {
		names = slices.DeleteFunc(s.List()["functions"], isOther)
	}
	slices.Sort(names)
	return names
}
