package session

import (
	"errors"
	"fmt"
	"go/scanner"
	"go/types"
	"regexp"
	"strconv"
	"strings"

	"github.com/goplus/ixgo"

	"labinit/kernels/go/engine/cell"
)

// Failure is why a cell has no result, as Jupyter shows it.
type Failure struct {
	Name, Message string
	Traceback     []string
}

// Error is the message with its kind.
func (f *Failure) Error() string { return f.Name + ": " + f.Message }

const (
	interrupted  = "interrupted"
	tracedFrames = 20
)

// failure is one of this cell, at a line; 0 where none is known.
func (s *Session) failure(name, message string, line int) *Failure {
	return s.failureAt(name, message, s.number, line, 0)
}

func (s *Session) failureAt(name, message string, number, line, column int) *Failure {
	f := &Failure{Name: name, Message: message}
	if line > 0 {
		where := fmt.Sprintf("In[%d], line %d", number, line)
		if column > 0 {
			where += fmt.Sprintf(":%d", column)
		}
		f.Message = where + ": " + message
		f.Traceback = append(f.Traceback, s.excerpt(number, line, column)...)
	}
	f.Traceback = append([]string{name + ": " + f.Message}, f.Traceback...)
	return f
}

// excerpt is the line of the cell, with a mark below the column.
func (s *Session) excerpt(number, line, column int) []string {
	lines := strings.Split(s.sources[number], "\n")
	if line > len(lines) || strings.TrimSpace(lines[line-1]) == "" {
		return nil
	}
	text := strings.TrimRight(strings.ReplaceAll(lines[line-1], "\t", " "), "\r ")
	shown := []string{fmt.Sprintf("%5d | %s", line, text)}
	if column > 0 && column <= len(text)+1 {
		pad := len([]rune(text[:column-1]))
		shown = append(shown, "      | "+strings.Repeat(" ", pad)+"^")
	}
	return shown
}

// syntaxFailure is the parser's error in a chunk that was parsed after "package p;".
func (s *Session) syntaxFailure(err error, chunk cell.Chunk) *Failure {
	var list scanner.ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		return s.failure("syntax error", err.Error(), chunk.Line)
	}
	line, column := list[0].Pos.Line, list[0].Pos.Column
	if line == 1 {
		column += chunk.Column - 1 - len("package p;")
	}
	return s.failureAt("syntax error", list[0].Msg, s.number, chunk.Line+line-1, max(1, column))
}

// parseFailure is the parser's error in a generated source, whose positions are those of cells.
func (s *Session) parseFailure(err error) *Failure {
	var list scanner.ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		return s.failure("syntax error", err.Error(), 0)
	}
	position, message := list[0].Pos, list[0].Msg
	number, line := s.place(position.Filename, position.Line)
	if position.Filename == generated || line < position.Line {
		// What was missing would have stood at the cell's end.
		source := strings.TrimRight(s.sources[s.number], " \t\r\n")
		line = 1 + strings.Count(source, "\n")
		position.Column = len(source) - strings.LastIndexByte(source, '\n')
		message = strings.ReplaceAll(message, "'}'", "the end of the cell")
	}
	return s.failureAt("syntax error", message, number, line, position.Column)
}

// typeFailure is the compiler's error. Shape: where the source was edited, shift leads to the place
// in the one before.
func (s *Session) typeFailure(err types.Error, before *checked, shift func(int) int) *Failure {
	position := err.Fset.Position(err.Pos)
	if file := err.Fset.File(err.Pos); before != nil && file != nil {
		position = before.tokens.Position(before.tokens.Pos(shift(file.Offset(err.Pos))))
	}
	number, line := s.place(position.Filename, position.Line)
	message := ownPackage.ReplaceAllString(err.Msg, "$1")
	if name, ok := strings.CutPrefix(message, "undefined: "); ok && s.gone[name] != "" {
		message += " (" + s.gone[name] + ")"
	}
	return s.failureAt("compile error", message, number, line, position.Column)
}

// ownPackage is the name of every cell's package, which says nothing.
var ownPackage = regexp.MustCompile(`\bmain\.(\w)`)

var cellName = regexp.MustCompile(`^cell(\d+)$`)

// place is the cell and line of a position in a generated source; line 0 if it is none of a cell's.
func (s *Session) place(file string, line int) (number, cellLine int) {
	m := cellName.FindStringSubmatch(file)
	if m == nil {
		return s.number, 0
	}
	number, _ = strconv.Atoi(m[1])
	return number, min(line, 1+strings.Count(s.sources[number], "\n"))
}

// runFailure is what ended a run; nil where that is no failure.
func (s *Session) runFailure(err error) *Failure {
	exit, isExit := exitOf(err)
	var stopped bool = errors.Is(err, ixgo.ErrStopped)
	switch {
	case err == nil:
		return nil
	case stopped:
		return &Failure{
			Name: interrupted, Message: "the cell was interrupted",
			Traceback: []string{"interrupted"},
		}
	case isExit:
		if exit == 0 {
			return nil
		}
		return s.failure("exit", fmt.Sprintf("the program ended with status %d", int(exit)), 0)
	}
	frames := traceOf(err)
	f := &Failure{Name: "panic", Message: panicMessage(err)}
	for _, fr := range frames {
		if number, line := s.place(fr.file, fr.line); line > 0 {
			f.Traceback = append(f.Traceback, s.excerpt(number, line, 0)...)
			f.Message = fmt.Sprintf("%s (In[%d], line %d)", f.Message, number, line)
			break
		}
	}
	f.Traceback = append([]string{"panic: " + f.Message}, f.Traceback...)
	for i, fr := range frames {
		if i == tracedFrames {
			f.Traceback = append(f.Traceback, fmt.Sprintf("    … %d more", len(frames)-i))
			break
		}
		f.Traceback = append(f.Traceback, "    "+s.describe(fr))
	}
	return f
}

// exitOf tells os.Exit, of the cell or of compiled code that it has called.
func exitOf(err error) (code ixgo.ExitError, is bool) {
	if code, is = panicValue(err).(ixgo.ExitError); is {
		return code, true
	}
	return code, errors.As(err, &code)
}

// panicValue is what panic was called with, or the error itself.
func panicValue(err error) any {
	switch e := err.(type) {
	case ixgo.PanicError:
		return e.Value
	case ixgo.FatalError:
		return e.Value
	}
	return err
}

func panicMessage(err error) string {
	value := panicValue(err)
	switch v := value.(type) {
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	}
	return fmt.Sprint(value)
}

type traceFrame struct {
	function, file string
	line           int
}

var tracePlace = regexp.MustCompile(`^\t(.+):(\d+)`)

// traceOf reads the stack of a panic, which has two lines a call, innermost first.
func traceOf(err error) (frames []traceFrame) {
	stacked, ok := err.(interface{ Stack() []byte })
	if !ok {
		return nil
	}
	lines := strings.Split(string(stacked.Stack()), "\n")
	for i := 1; i < len(lines); i++ {
		m := tracePlace.FindStringSubmatch(lines[i])
		if m == nil {
			continue
		}
		line, _ := strconv.Atoi(m[2])
		name, _, _ := strings.Cut(lines[i-1], "(0x")
		name = strings.TrimSuffix(strings.TrimSuffix(name, "(...)"), "()")
		name = strings.TrimPrefix(name, "main.")
		frames = append(frames, traceFrame{name, m[1], line})
	}
	return frames
}

func (s *Session) describe(fr traceFrame) string {
	name := fr.function
	if strings.HasPrefix(name, cellFunc) {
		name = "the cell" + strings.TrimPrefix(name, cellFunc)
	}
	if number, line := s.place(fr.file, fr.line); line > 0 {
		return fmt.Sprintf("%s: In[%d], line %d", name, number, line)
	}
	return fmt.Sprintf("%s: %s:%d", name, fr.file, fr.line)
}
