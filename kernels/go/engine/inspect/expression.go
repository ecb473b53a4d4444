package inspect

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// byteOffset turns a cursor in code points into an offset.
func byteOffset(code string, cursor int) int {
	for i := range code {
		if cursor == 0 {
			return i
		}
		cursor--
	}
	return len(code)
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// wordStart is where the word that ends at end begins.
func wordStart(code string, end int) int {
	for end > 0 {
		r, size := utf8.DecodeLastRuneInString(code[:end])
		if !isWord(r) {
			break
		}
		end -= size
	}
	return end
}

func wordEnd(code string, start int) int {
	for start < len(code) {
		r, size := utf8.DecodeRuneInString(code[start:])
		if !isWord(r) {
			break
		}
		start += size
	}
	return start
}

// operandStart is where the operand that ends at end begins: names, selectors, calls, indices,
// literals. Shape: end itself if there is none.
func operandStart(code string, end int) int {
	for at := end; ; {
		start := at
		for start > 0 && strings.IndexByte(")]}", code[start-1]) >= 0 {
			open := opening(code, start)
			if open < 0 {
				return at
			}
			start = open
		}
		if literal := literalStart(code, start); start == at && literal < start {
			return literal
		}
		start = wordStart(code, start)
		if start == at {
			return at
		}
		if trimmed := strings.TrimRight(code[:start], " \t\n"); strings.HasSuffix(trimmed, ".") {
			at = len(strings.TrimRight(trimmed[:len(trimmed)-1], " \t\n"))
			continue
		}
		return start
	}
}

// literalStart is where a string literal on this line begins that ends here.
func literalStart(code string, end int) int {
	if end == 0 || code[end-1] != '"' && code[end-1] != '`' {
		return end
	}
	if i := strings.LastIndexByte(code[:end-1], code[end-1]); i >= 0 {
		return i
	}
	return end
}

// opening is where the bracket was opened that closes before end; -1 if nowhere.
func opening(code string, end int) int {
	depth := 0
	for i := end - 1; i >= 0; i-- {
		switch code[i] {
		case ')', ']', '}':
			depth++
		case '(', '[', '{':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
