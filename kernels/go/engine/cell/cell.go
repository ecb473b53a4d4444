// Package cell cuts a cell's text into commands, imports, declarations and statements.
// It knows syntax only: no types, no earlier cells.
package cell

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"regexp"
	"strings"
)

// Chunk is a piece of a cell.
type Chunk struct {
	Text   string
	Doc    string // the comment right above it
	Line   int    // of the cell, from 1
	Column int    // in bytes, from 1
	Kind   token.Token
}

// Cell is the parts of a cell.
type Cell struct {
	Commands []Command
	Imports  []Chunk
	Decls    []Chunk // constants, types, functions; of a whole program, variables too
	Embed    int     // the line of a variable with //go:embed; 0 if there is none
	// Body is the cell with blanks in place of the rest, so that positions stay those of the cell.
	Body string
	// Program tells that the cell starts with a package clause; Main that func main is to run: that
	// of a program, or of a cell without statements, as gonb's are.
	Program, Main bool
}

// What a session has for the calls that this package puts into a cell: of several values, which a
// last line `a, b` is, and of the cell's init functions.
const (
	List  = "__list"
	Inits = "__inits"
)

// piece is a Chunk with its place in the text.
type piece struct {
	Chunk
	start, end int
}

// Parse cuts. It accepts anything: what is no Go stays in the body, for the compiler to refuse.
// isName tells what is a name already; a line such as !ok depends on it.
func Parse(code string, isName func(string) bool) Cell {
	var c Cell
	hasMain, hasInit, statements := false, false, []piece{}
	c.Commands, code = takeCommands(code, isName)
	body := []byte(code)
	all := pieces(code)
	for _, p := range all {
		if p.Kind == token.PACKAGE {
			c.Program = true
		}
		hasMain = hasMain || p.Kind == token.FUNC && isMain(p.Chunk)
		hasInit = hasInit || IsInit(p.Chunk)
		if p.Kind == token.VAR && strings.Contains(p.Doc, "//go:embed ") {
			c.Embed = p.Line
		}
		if !c.take(p.Chunk) {
			if p.Kind != token.VAR {
				statements = append(statements, p)
			}
			continue
		}
		blank(body[p.start:p.end])
	}
	c.Body = listed(string(body), all)
	if hasInit && !c.Program {
		c.Body = initialized(c.Body, statements)
	}
	c.Main = hasMain && (c.Program || len(statements) == 0)
	return c
}

// IsInit tells a function that is called by itself: Go's init, and gonb's of the name init_….
func IsInit(chunk Chunk) bool { return initFunction.MatchString(chunk.Text) }

var initFunction = regexp.MustCompile(`^func\s+(init|init_\w+|` + Inits + `\d+)\s*\(\s*\)\s*\{`)

// initialized calls the init functions before the first statement but those that make variables.
func initialized(body string, statements []piece) string {
	if len(statements) == 0 {
		return body + "\n" + Inits + "()"
	}
	first := statements[0]
	return body[:first.start] + Inits + "();" + place(first) + body[first.start:]
}

// place is the comment that keeps the positions as they are where something was put before a piece.
func place(p piece) string { return fmt.Sprintf("/*line :%d:%d*/", p.Line, p.Column) }

// listed makes `a, b` at the end a call.
func listed(body string, all []piece) string {
	if len(all) == 0 || !isList(all[len(all)-1].Text) {
		return body
	}
	last := all[len(all)-1]
	return body[:last.start] + List + "(" + place(last) + last.Text + ")" + body[last.end:]
}

func isList(text string) bool {
	if _, err := parser.ParseExpr(text); err == nil {
		return false
	}
	x, err := parser.ParseExpr("f(" + text + ")")
	call, ok := x.(*ast.CallExpr)
	return err == nil && ok && len(call.Args) > 1 && !call.Ellipsis.IsValid()
}

// take files a chunk; false if it is a statement.
func (c *Cell) take(chunk Chunk) bool {
	switch chunk.Kind {
	case token.PACKAGE:
	case token.IMPORT:
		c.Imports = append(c.Imports, chunk)
	case token.CONST, token.TYPE, token.FUNC:
		c.Decls = append(c.Decls, chunk)
	case token.VAR:
		if !c.Program {
			return false
		}
		c.Decls = append(c.Decls, chunk)
	default:
		return false
	}
	return true
}

func isMain(chunk Chunk) bool {
	rest, found := strings.CutPrefix(chunk.Text, "func")
	return found && strings.HasPrefix(strings.TrimSpace(rest), "main(")
}

func blank(text []byte) {
	for i := range text {
		if text[i] != '\n' {
			text[i] = ' '
		}
	}
}

// pieces cuts at the semicolons, written or not, that stand outside of all brackets.
func pieces(code string) []piece {
	file := token.NewFileSet().AddFile("", -1, len(code))
	var s scanner.Scanner
	s.Init(file, []byte(code), func(token.Position, string) {}, scanner.ScanComments)
	var all []piece
	var c cutter
	c.code = code
	for {
		pos, tok, text := s.Scan()
		offset := file.Offset(pos)
		if p := c.next(offset, tok, text); p != nil {
			all = append(all, *p)
		}
		if tok == token.EOF {
			return all
		}
	}
}

// cutter is the state between two tokens.
type cutter struct {
	code             string
	depth            int
	start            int // of the piece, plus 1; 0 between pieces
	first, second    token.Token
	docStart, docEnd int // of the comments before the piece
}

func (c *cutter) next(offset int, tok token.Token, text string) *piece {
	switch tok {
	case token.COMMENT:
		c.comment(offset, offset+len(text))
		return nil
	case token.LPAREN, token.LBRACE, token.LBRACK:
		c.depth++
	case token.RPAREN, token.RBRACE, token.RBRACK:
		c.depth = max(0, c.depth-1)
	case token.SEMICOLON:
		if c.depth == 0 {
			return c.cut(offset)
		}
	case token.EOF:
		return c.cut(len(c.code))
	}
	if c.start == 0 {
		c.start, c.first, c.second = offset+1, tok, token.ILLEGAL
	} else if c.second == token.ILLEGAL {
		c.second = tok
	}
	return nil
}

func (c *cutter) comment(start, end int) {
	if c.start != 0 {
		return
	}
	if c.docEnd == 0 || strings.Count(c.code[c.docEnd:start], "\n") > 1 {
		c.docStart = start
	}
	c.docEnd = end
}

func (c *cutter) cut(end int) *piece {
	if c.start == 0 {
		return nil
	}
	start := c.start - 1
	p := &piece{start: start, end: end}
	p.Text = c.code[start:end]
	p.Line = 1 + strings.Count(c.code[:start], "\n")
	p.Column = start - strings.LastIndexByte(c.code[:start], '\n')
	p.Kind = kind(c.first, c.second, p.Text)
	if c.docEnd != 0 && strings.Count(c.code[c.docEnd:start], "\n") <= 1 {
		p.Doc = c.code[c.docStart:c.docEnd]
	}
	c.start, c.docStart, c.docEnd = 0, 0, 0
	return p
}

// kind tells a function's declaration or a method's from a call of a function literal.
func kind(first, second token.Token, text string) token.Token {
	if first != token.FUNC || second == token.IDENT {
		return first
	}
	if _, err := parser.ParseExpr(text); err == nil {
		return token.ILLEGAL
	}
	f, _ := parser.ParseFile(token.NewFileSet(), "", "package p\n"+text, 0)
	if f != nil && len(f.Decls) > 0 {
		if d, ok := f.Decls[0].(*ast.FuncDecl); ok && d.Recv != nil {
			return token.FUNC
		}
	}
	return token.ILLEGAL
}
