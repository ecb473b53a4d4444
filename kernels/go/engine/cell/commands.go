package cell

import (
	"go/ast"
	"go/parser"
	"regexp"
	"strings"
)

// Command is a line that is no Go: %name and $command, as gophernotes has them, and !command, as
// gonb has; or a whole cell of another language, as gonb's %%bash.
type Command struct {
	Line  int
	Text  string
	Whole bool   // the cell is the command's,
	Body  string // with what follows its line
}

// ideMark is what gonb lets stand before a command, so that an editor takes the cell for Go.
const ideMark = "//gonb:"

var otherLanguage = regexp.MustCompile(`^\s*%%[a-z]\w*`)

// takeCommands finds the lines that start with %, $ or !, where a statement may begin, and returns
// the code without them, line by line.
func takeCommands(code string, isName func(string) bool) ([]Command, string) {
	lines := strings.Split(code, "\n")
	var commands []Command
	for i := range lines {
		switch {
		case otherLanguage.MatchString(lines[i]) && onlyBlank(lines[:i]):
			body := strings.Join(lines[i+1:], "\n")
			return []Command{{i + 1, strings.TrimSpace(lines[i]), true, body}}, ""
		case isCommand(lines, i, isName):
			text := takeLine(lines, i)
			commands = append(commands, Command{Line: i + 1, Text: text})
			if isMainMark(text) && usesFlags(code, isName) {
				lines[i] = "flag.Parse()" // gonb's main does
			}
		}
	}
	return commands, strings.Join(lines, "\n")
}

func onlyBlank(lines []string) bool { return strings.TrimSpace(strings.Join(lines, "")) == "" }

// takeLine blanks a command; a shell's goes on where its line ends with a backslash.
func takeLine(lines []string, i int) string {
	text := strings.TrimPrefix(strings.TrimSpace(lines[i]), ideMark)
	lines[i] = ""
	for text[0] != '%' && strings.HasSuffix(text, `\`) && i+1 < len(lines) {
		i++
		text += "\n" + strings.TrimRight(lines[i], " \t\r")
		lines[i] = ""
	}
	return text
}

func isCommand(lines []string, i int, isName func(string) bool) bool {
	text := strings.TrimPrefix(strings.TrimSpace(lines[i]), ideMark)
	if text == "" || !strings.ContainsAny(text[:1], "%$!") ||
		isNegation(strings.Join(lines[i:], "\n"), isName) {
		return false
	}
	open, last, _ := brackets(strings.Join(lines[:i], "\n"))
	return open == 0 && !goesOn(last)
}

// isNegation tells !ok from !ls: the rest of the cell is one expression, and the first name in it,
// if it has any, is one of Go.
func isNegation(code string, isName func(string) bool) bool {
	if !strings.HasPrefix(strings.TrimSpace(code), "!") {
		return false
	}
	expression, err := parser.ParseExpr(code)
	if err != nil {
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

var flagUse = regexp.MustCompile(`\bflag\.[A-Z]`)

// usesFlags tells whether there are flags to parse: this cell's, or those of one that imported the
// package.
func usesFlags(code string, isName func(string) bool) bool {
	return isName("flag") || flagUse.MatchString(code)
}
