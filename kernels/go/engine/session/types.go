package session

import (
	"go/types"
	"slices"
	"sort"
)

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// mentions tells whether a type is made of a named one for which is holds.
func mentions(t types.Type, is func(*types.TypeName) bool) bool {
	return (&walk{is: is, seen: map[types.Type]bool{}}).in(t)
}

type walk struct {
	is   func(*types.TypeName) bool
	seen map[types.Type]bool
}

func (w *walk) in(t types.Type) bool {
	if t == nil || w.seen[t] {
		return false
	}
	w.seen[t] = true
	switch t := t.(type) {
	case *types.Named:
		return w.is(t.Obj()) || w.list(t.TypeArgs())
	case *types.Alias:
		return w.is(t.Obj()) || w.in(types.Unalias(t))
	case *types.Map:
		return w.in(t.Key()) || w.in(t.Elem())
	case interface{ Elem() types.Type }:
		return w.in(t.Elem())
	case *types.Signature:
		return w.in(t.Params()) || w.in(t.Results())
	case *types.Tuple:
		return slices.ContainsFunc(vars(t.Len(), t.At), w.in)
	case *types.Struct:
		return slices.ContainsFunc(vars(t.NumFields(), t.Field), w.in)
	case *types.Interface:
		for m := range t.Methods() {
			if w.in(m.Type()) {
				return true
			}
		}
	}
	return false
}

func (w *walk) list(args *types.TypeList) bool {
	for t := range args.Types() {
		if w.in(t) {
			return true
		}
	}
	return false
}

func vars(n int, at func(int) *types.Var) []types.Type {
	all := make([]types.Type, n)
	for i := range all {
		all[i] = at(i).Type()
	}
	return all
}
