package cell

import (
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"
)

// Status tells whether a console should run what was typed: complete, incomplete or invalid; and
// how the next line is to be indented where it is incomplete.
func Status(code string, isName func(string) bool) (status, indent string) {
	_, code = takeCommands(code, isName)
	open, last, bad := brackets(code)
	switch {
	case bad:
		return "invalid", ""
	case open > 0:
		return "incomplete", strings.Repeat("\t", open)
	case open < 0:
		return "invalid", ""
	case goesOn(last):
		return "incomplete", "\t"
	case !parses(code, isName):
		return "invalid", ""
	}
	return "complete", ""
}

// Open returns the brackets that are open at a text's end, outermost first.
func Open(code string) (open []byte) {
	file := token.NewFileSet().AddFile("", -1, len(code))
	var s scanner.Scanner
	s.Init(file, []byte(code), func(token.Position, string) {}, 0)
	for {
		_, tok, _ := s.Scan()
		switch tok {
		case token.EOF:
			return open
		case token.LPAREN, token.LBRACE, token.LBRACK:
			open = append(open, tok.String()[0])
		case token.RPAREN, token.RBRACE, token.RBRACK:
			open = open[:max(0, len(open)-1)]
		}
	}
}

// brackets returns how many are open at the end, the last token, and whether the text is wrong in a
// way that no further line can mend. An open string or comment counts as a bracket.
func brackets(code string) (open int, last token.Token, bad bool) {
	file := token.NewFileSet().AddFile("", -1, len(code))
	var s scanner.Scanner
	unended := false
	s.Init(file, []byte(code), func(_ token.Position, message string) {
		if strings.Contains(message, "raw string literal not terminated") ||
			strings.Contains(message, "comment not terminated") {
			unended = true
		} else {
			bad = true
		}
	}, 0)
	var stack []token.Token
	closes := map[token.Token]token.Token{
		token.RPAREN: token.LPAREN, token.RBRACE: token.LBRACE, token.RBRACK: token.LBRACK,
	}
	for {
		_, tok, text := s.Scan()
		switch tok {
		case token.EOF:
			if unended {
				return 1, last, bad
			}
			return len(stack), last, bad
		case token.LPAREN, token.LBRACE, token.LBRACK:
			stack = append(stack, tok)
		case token.RPAREN, token.RBRACE, token.RBRACK:
			if len(stack) == 0 || stack[len(stack)-1] != closes[tok] {
				return 0, last, true
			}
			stack = stack[:len(stack)-1]
		}
		if tok != token.SEMICOLON || text == ";" {
			last = tok
		}
	}
}

// goesOn tells whether nothing can end with this token.
func goesOn(last token.Token) bool {
	switch last {
	case token.INC, token.DEC:
		return false
	case token.PERIOD, token.COMMA, token.COLON:
		return true
	case token.FUNC, token.TYPE, token.VAR, token.CONST, token.IMPORT, token.PACKAGE,
		token.IF, token.ELSE, token.FOR, token.SWITCH, token.SELECT, token.GO, token.DEFER,
		token.STRUCT, token.INTERFACE, token.MAP, token.CHAN:
		return true
	}
	isEnd := last == token.RPAREN || last == token.RBRACE || last == token.RBRACK ||
		last == token.SEMICOLON
	return last.IsOperator() && !isEnd
}

func parses(code string, isName func(string) bool) bool {
	c := Parse(code, isName)
	var b strings.Builder
	b.WriteString("package p\n")
	for _, chunks := range [][]Chunk{c.Imports, c.Decls} {
		for _, chunk := range chunks {
			b.WriteString(chunk.Text + "\n")
		}
	}
	b.WriteString("func _() {\n" + c.Body + "\n}\n")
	_, err := parser.ParseFile(token.NewFileSet(), "", b.String(), 0)
	return err == nil
}
