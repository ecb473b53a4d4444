package session

import (
	"fmt"
	"go/scanner"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// blame finds whose the first error is: an earlier definition's, or the cell's.
func (s *Session) blame(u *unit, second, first *checked, shift func(int) int) (*decl, *Failure) {
	for _, err := range second.errors {
		file := second.tokens.Position(err.Pos).Filename
		for _, d := range u.decls {
			isThere := file == fmt.Sprintf("cell%d", d.cell) &&
				within(d, second.tokens.Position(err.Pos).Line)
			if d.cell != u.number && isThere {
				return d, s.typeFailure(err, first, shift)
			}
		}
	}
	failure := s.typeFailure(second.errors[0], first, shift)
	if own := s.asWritten(first, second.errors[0], shift); own != nil {
		failure = own
	}
	for _, err := range second.errors[1:min(len(second.errors), 5)] {
		failure.Traceback = append(failure.Traceback, s.typeFailure(err, first, shift).Traceback...)
	}
	return nil, failure
}

// asWritten is the error that the cell's line had before its variables were made global: it speaks
// of what the user wrote. Shape: none that is mended by then.
func (s *Session) asWritten(first *checked, err types.Error, shift func(int) int) *Failure {
	line := first.tokens.Line(first.tokens.Pos(shift(err.Fset.File(err.Pos).Offset(err.Pos))))
	for _, written := range first.errors {
		isOurs := strings.HasSuffix(written.Msg, "is not used") ||
			strings.HasPrefix(written.Msg, "implicit assignment to unexported field")
		if !written.Soft && !isOurs && first.tokens.Line(written.Pos) == line {
			return s.typeFailure(written, nil, nil)
		}
	}
	return nil
}

func within(d *decl, line int) bool {
	return d.chunk.Line <= line && line <= d.chunk.Line+strings.Count(d.chunk.Text, "\n")
}

// commit makes what was compiled the session's.
func (s *Session) commit(
	u *unit, news, emitted []*decl, lost map[*decl]string, dropped map[string]string,
) {
	for name, why := range dropped {
		if object := s.objects[name]; object != nil && object.Pkg() != nil {
			delete(s.objects, name)
			s.gone[name] = why
		}
	}
	hidden := u.hidden()
	var decls []*decl
	for _, d := range s.decls {
		if lost[d] != "" {
			for _, name := range d.names {
				delete(s.objects, name)
				s.gone[name] = lost[d]
			}
		} else if !slices.Contains(emitted, d) && !allIn(d.names, hidden) {
			decls = append(decls, d)
		}
	}
	for _, d := range u.decls {
		if d.kept {
			decls = append(decls, d)
		}
	}
	s.decls = decls
	for name := range u.hidden() {
		delete(s.imports, name)
		delete(s.gone, name)
	}
}

func allIn(names []string, hidden map[string]bool) bool {
	for _, name := range names {
		if !hidden[name] && !hidden[base(name)] {
			return false
		}
	}
	return true
}

func (s *Session) remember(pkg *types.Package) {
	for _, name := range pkg.Scope().Names() {
		object := pkg.Scope().Lookup(name)
		if object.Pkg() == pkg && !strings.HasPrefix(name, "__") {
			s.objects[name] = object
			delete(s.gone, name)
			delete(s.imports, name)
		}
	}
}

// identifiers are those in a text.
func identifiers(text string) map[string]bool {
	found := map[string]bool{}
	file := token.NewFileSet().AddFile("", -1, len(text))
	var sc scanner.Scanner
	sc.Init(file, []byte(text), func(token.Position, string) {}, 0)
	for {
		_, tok, name := sc.Scan()
		switch tok {
		case token.EOF:
			return found
		case token.IDENT:
			found[name] = true
		}
	}
}
