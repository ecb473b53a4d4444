package cell

import "strings"

// Command is a line that is no Go: %name or $command, as gophernotes has them.
type Command struct {
	Line int
	Text string
}

// takeCommands finds the lines at a cell's top that start with % or $, and returns the code without
// them, line by line.
func takeCommands(code string) ([]Command, string) {
	lines := strings.Split(code, "\n")
	var commands []Command
	for i, line := range lines {
		text := strings.TrimSpace(line)
		if text == "" || strings.HasPrefix(text, "//") {
			continue
		}
		if text[0] != '%' && text[0] != '$' {
			break
		}
		commands = append(commands, Command{Line: i + 1, Text: text})
		lines[i] = ""
	}
	return commands, strings.Join(lines, "\n")
}
