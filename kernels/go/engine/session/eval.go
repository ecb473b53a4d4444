package session

import (
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"strings"

	"labinit/kernels/go/engine/cell"
)

const retries = 8

// Eval runs a cell, whose commands have been run already, and returns what its last expression has.
func (s *Session) Eval(number int, code string) ([]any, *Failure) {
	s.number, s.sources[number] = number, code
	run := s.start(number)
	defer s.run.Store(nil)
	c := s.Parse(code)
	if c.Embed > 0 {
		return nil, s.failure("compile error", "//go:embed is the go command's, which is not "+
			"there; os.ReadFile reads the file", c.Embed)
	}
	u := &unit{imports: maps.Clone(s.imports), body: c.Body, main: c.Main, number: number}
	fresh := map[string]importSpec{}
	if failure := s.addImports(c.Imports, fresh); failure != nil {
		return nil, failure
	}
	maps.Copy(u.imports, fresh)
	news, failure := s.newDecls(c)
	if failure != nil {
		return nil, failure
	}
	for name := range fresh {
		delete(s.objects, name)
	}
	h, failure := s.compile(u, news)
	if failure != nil {
		return nil, failure
	}
	for _, name := range u.guessed {
		fresh[name] = u.imports[name]
	}
	maps.Copy(s.imports, fresh)
	if err := s.interp.Run(run, cellFunc); err != nil {
		return nil, s.runFailure(err)
	}
	return s.values(h), nil
}

// newDecls reads the declarations, without those types and methods that are there already, word by
// word: a cell that is run again takes no variable's type away.
func (s *Session) newDecls(c cell.Cell) ([]*decl, *Failure) {
	var news []*decl
	for _, chunk := range c.Decls {
		d, err := newDecl(chunk, s.number)
		if err != nil {
			return nil, s.syntaxFailure(err, chunk)
		}
		for _, name := range d.names {
			s.docs[name] = chunk.Doc
		}
		if !c.Program {
			d.renameInit(len(news))
		}
		if bodyless(d) || (chunk.Kind == token.TYPE || isMethod(d)) && s.has(d) {
			continue
		}
		news = append(news, d)
	}
	return news, nil
}

// bodyless is a function that is only announced, as in the notes of upstream's notebooks.
func bodyless(d *decl) bool {
	return d.chunk.Kind == token.FUNC && !strings.Contains(d.chunk.Text, "{")
}

func (s *Session) has(d *decl) bool {
	for _, old := range s.decls {
		if old.chunk.Text == d.chunk.Text && s.objects[base(d.names[0])] != nil {
			return true
		}
	}
	return false
}

// compile loads the cell, and what depends on what it redefines.
// When it fails, nothing has changed.
func (s *Session) compile(u *unit, news []*decl) (*hoisted, *Failure) {
	retyped := map[string]bool{}
	lost := map[*decl]string{}
	for range retries {
		earlier := without(s.decls, lost)
		emitted := again(earlier, news, retyped)
		u.decls = append(emitted[:len(emitted):len(emitted)], news...)
		s.dropShadowed(u, news, retyped)
		dropped := s.carry(u, news, emitted)
		first, failure := s.check(u.render(), s.visible(u.hidden()))
		if failure != nil {
			return nil, failure
		}
		if s.importUndefined(u, first) {
			continue
		}
		h := s.hoist(first)
		if failure := s.unknownType(first, h); failure != nil {
			return nil, failure
		}
		if more := s.newlyRetyped(h, u, retyped); more {
			continue
		}
		culprit, failure := s.finish(u, first, h)
		if culprit == nil {
			if failure == nil {
				s.commit(u, news, emitted, lost, dropped)
			}
			return h, failure
		}
		lost[culprit] = fmt.Sprintf("In[%d]'s no longer compiles: %s",
			culprit.cell, failure.Message)
	}
	return nil, s.failure("compile error", "what this cell redefines is used by "+
		"too many definitions that no longer compile; restart the kernel", 0)
}

func without(decls []*decl, lost map[*decl]string) (rest []*decl) {
	for _, d := range decls {
		if lost[d] == "" {
			rest = append(rest, d)
		}
	}
	return rest
}

// dropShadowed takes away imports whose name now means something else.
func (s *Session) dropShadowed(u *unit, news []*decl, retyped map[string]bool) {
	for name := range retyped {
		delete(u.imports, name)
	}
	for _, d := range news {
		for _, name := range d.names {
			delete(u.imports, name)
		}
	}
}

// newlyRetyped adds the variables that have another type than before, or another kind of name.
func (s *Session) newlyRetyped(h *hoisted, u *unit, retyped map[string]bool) (more bool) {
	for name, t := range h.vars {
		_, imported := u.imports[name]
		if (imported || s.retyped(name, t)) && !retyped[name] {
			retyped[name], more = true, true
		}
	}
	return more
}

// unknownType is why a variable of the cell has no type.
func (s *Session) unknownType(c *checked, h *hoisted) *Failure {
	invalid := false
	for _, t := range h.vars {
		invalid = invalid || t == types.Typ[types.Invalid] || t == types.Typ[types.UntypedNil]
	}
	if !invalid {
		return nil
	}
	for _, err := range c.errors {
		if !err.Soft {
			return s.typeFailure(err, nil, nil)
		}
	}
	return nil
}
