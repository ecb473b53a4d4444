package cell

import "strings"

// CommentText is a comment without its marks.
func CommentText(comment string) string {
	var lines []string
	for _, line := range strings.Split(comment, "\n") {
		line = strings.TrimSpace(line)
		for _, mark := range []string{"//", "/*", "*/"} {
			line = strings.TrimSuffix(strings.TrimPrefix(line, mark), "*/")
		}
		lines = append(lines, strings.TrimPrefix(line, " "))
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// Declaration is what is worth showing of one: of a function, what stands before its body.
func Declaration(text string) string {
	if !strings.HasPrefix(text, "func") {
		return text
	}
	depth := 0
	for i, r := range text {
		switch r {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case '{':
			word := strings.Fields(text[:i])
			last := word[len(word)-1]
			if depth == 0 && !strings.HasSuffix(last, "struct") &&
				!strings.HasSuffix(last, "interface") {
				return strings.TrimSpace(text[:i])
			}
		}
	}
	return text
}
