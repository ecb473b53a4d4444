package session

import (
	"fmt"
	"go/ast"
	"go/scanner"
	"go/token"
	"go/types"
	"maps"
	"strings"
	"unsafe"

	"github.com/goplus/ixgo"

	"labinit/kernels/go/engine/cell"
)

const retries = 8

// Eval runs a cell, whose commands have been run already, and returns what its last expression has.
func (s *Session) Eval(number int, code string) ([]any, *Failure) {
	s.number, s.sources[number] = number, code
	run := s.start(number)
	defer s.run.Store(nil)
	c := cell.Parse(code)
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

// compile loads the cell, and what depends on what it redefines. When it fails, nothing has changed.
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
		lost[culprit] = fmt.Sprintf("In[%d]'s no longer compiles: %s", culprit.cell, failure.Message)
	}
	return nil, s.failure("compile error", "what this cell redefines is used by too many definitions that no longer compile; restart the kernel", 0)
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
			return func(t *types.TypeName) bool { return names[t.Name()] && s.objects[t.Name()] == types.Object(t) }
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
		for spec, taken := u.imports[alias]; taken && spec.path != p.Path(); spec, taken = u.imports[alias] {
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
		Package: second.pkg, Files: []*ast.File{second.file}, Info: second.info, Vars: vars, Addresses: addresses,
	}
	if err := s.interp.Load(loaded); err != nil {
		return nil, s.failure("compile error", err.Error(), 0)
	}
	s.remember(second.pkg)
	s.remember(vars)
	return nil, nil
}

// addVar makes a variable that outlives the cell. One that keeps its type is the same as before.
func (s *Session) addVar(name string, first *checked, h *hoisted, u *unit, vars *types.Package, text *strings.Builder, addresses map[string]unsafe.Pointer, objects map[string]types.Object) {
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
		if line := u.imports[key].source(); strings.HasPrefix(key, "__") && !strings.Contains(source, line) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// blame finds whose the first error is: an earlier definition's, or the cell's.
func (s *Session) blame(u *unit, second, first *checked, shift func(int) int) (*decl, *Failure) {
	for _, err := range second.errors {
		file := second.tokens.Position(err.Pos).Filename
		for _, d := range u.decls {
			if d.cell != u.number && file == fmt.Sprintf("cell%d", d.cell) && within(d, second.tokens.Position(err.Pos).Line) {
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

// asWritten is the error that the cell's line had before its variables were made global: it speaks of
// what the user wrote.
func (s *Session) asWritten(first *checked, err types.Error, shift func(int) int) *Failure {
	line := first.tokens.Line(first.tokens.Pos(shift(err.Fset.File(err.Pos).Offset(err.Pos))))
	for _, written := range first.errors {
		if !written.Soft && first.tokens.Line(written.Pos) == line {
			return s.typeFailure(written, nil, nil)
		}
	}
	return nil
}

func within(d *decl, line int) bool {
	return d.chunk.Line <= line && line <= d.chunk.Line+strings.Count(d.chunk.Text, "\n")
}

// commit makes what was compiled the session's.
func (s *Session) commit(u *unit, news, emitted []*decl, lost map[*decl]string, dropped map[string]string) {
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
		} else if !contains(emitted, d) && !allIn(d.names, hidden) {
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

func contains(decls []*decl, d *decl) bool {
	for _, other := range decls {
		if other == d {
			return true
		}
	}
	return false
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
