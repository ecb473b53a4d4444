package cell

import (
	"go/ast"
	"go/parser"
	"strings"
)

// Command is a line that is no Go: %name and $command, as gophernotes has them,
// and !command, as gonb has.
type Command struct {
	Line int
	Text string
}

// takeCommands finds the lines at a cell's top that start with %, $ or !, and returns the code
// without them, line by line.
func takeCommands(code string, isName func(string) bool) ([]Command, string) {
	lines := strings.Split(code, "\n")
	var commands []Command
	for i, line := range lines {
		text := strings.TrimSpace(line)
		if text == "" || strings.HasPrefix(text, "//") {
			continue
		}
		if !strings.ContainsAny(text[:1], "%$!") ||
			isNegation(strings.Join(lines[i:], "\n"), isName) {
			break
		}
		commands = append(commands, Command{Line: i + 1, Text: text})
		lines[i] = ""
		if isMainMark(text) {
			return commands, strings.Join(lines, "\n")
		}
	}
	if i := mainMark(lines); i >= 0 {
		commands = append(commands, Command{Line: i + 1, Text: strings.TrimSpace(lines[i])})
		lines[i] = ""
	}
	return commands, strings.Join(lines, "\n")
}

// isNegation tells !ok from !ls: the rest of the cell is one expression, and the first name in it,
// if it has any, is one of Go.
func isNegation(code string, isName func(string) bool) bool {
	expression, err := parser.ParseExpr(code)
	if err != nil || !strings.HasPrefix(strings.TrimSpace(code), "!") {
		return false
	}
	first := ""
	ast.Inspect(expression, func(node ast.Node) bool {
		if name, ok := node.(*ast.Ident); ok && first == "" {
			first = name.Name
		}
		return first == ""
	})
	return first == "" || isName(first)
}

// isMainMark tells gonb's line between declarations and the statements; arguments may follow.
func isMainMark(text string) bool {
	first, _, _ := strings.Cut(text, " ")
	return first == "%%" || first == "%main"
}

// mainMark returns the first such line that stands outside of strings, comments and brackets,
// or -1 where there is none.
func mainMark(lines []string) int {
	for i, line := range lines {
		if !isMainMark(strings.TrimSpace(line)) {
			continue
		}
		if open, _, _ := brackets(strings.Join(lines[:i], "\n")); open == 0 {
			return i
		}
	}
	return -1
}
