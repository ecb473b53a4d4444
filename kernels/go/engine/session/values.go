package session

import "go/types"

// values are those to show: without what a call that writes returns,
// and without errors that are nil.
func (s *Session) values(h *hoisted) []any {
	if h.value == nil {
		return nil
	}
	list := s.interp.Value(valuesVar)
	var shown []any
	for i := range list.Len() {
		value := list.Index(i).Interface()
		isError := types.Identical(typeAt(h.valueType, i), types.Universe.Lookup("error").Type())
		if isError && value == nil || h.quiet && !isError {
			continue
		}
		shown = append(shown, value)
	}
	return shown
}

// typeAt is the type of a call's i-th result, or of the only value.
func typeAt(t types.Type, i int) types.Type {
	if tuple, ok := t.(*types.Tuple); ok {
		return tuple.At(i).Type()
	}
	return t
}
