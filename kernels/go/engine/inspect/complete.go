// Package inspect answers Tab and Shift-Tab from what the compiler and the documentation know.
// It runs nothing.
package inspect

import (
	"go/token"
	"go/types"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/goplus/ixgo"

	"labinit/kernels/go/engine/session"
)

// Match is one way to go on.
type Match struct {
	Text      string `json:"text"`
	Type      string `json:"type,omitempty"`
	Signature string `json:"signature,omitempty"`
}

// Commands are those that complete at the start of a cell.
var Commands = []string{
	"%get", "%cd", "%doc", "%env", "%help", "%ls", "%rm", "%reset", "%test", "%exec", "%args",
	"%capture", "%with_inputs", "%with_password", "%%bash", "%%script", "%%writefile",
}

var (
	commandLine = regexp.MustCompile(`(?s)^\s*(?:[%$][^\n]*\n\s*)*(%%?\w*)$`)
	importLine  = regexp.MustCompile(`(?s)(?:^|\n)\s*import\s+(?:[\w.]+\s+)?"([\w./-]*)$`)
	importBlock = regexp.MustCompile(`(?s)(?:^|\n)\s*import\s*\([^)]*"([\w./-]*)$`)
)

// Complete lists what can stand at the cursor. Shape: positions in code points.
func Complete(s *session.Session, code string, cursor int) (matches []Match, start, end int) {
	offset := byteOffset(code, cursor)
	before := code[:offset]
	from := wordStart(code, offset)
	switch {
	case commandLine.MatchString(before):
		word := commandLine.FindStringSubmatch(before)[1]
		matches, from = commands(word), offset-len(word)
	case importLine.MatchString(before):
		word := importLine.FindStringSubmatch(before)[1]
		matches, from = packages(word), offset-len(word)
	case importBlock.MatchString(before) &&
		strings.Count(before[strings.LastIndex(before, "import"):], `"`)%2 == 1:
		word := importBlock.FindStringSubmatch(before)[1]
		matches, from = packages(word), offset-len(word)
	default:
		matches = names(s, before[:from], code[from:offset])
	}
	sort.Slice(matches, func(i, j int) bool { return matches[i].Text < matches[j].Text })
	if matches == nil {
		matches = []Match{}
	}
	return matches, utf8.RuneCountInString(code[:from]), cursor
}

func commands(word string) (matches []Match) {
	for _, command := range Commands {
		if strings.HasPrefix(command, word) {
			matches = append(matches, Match{Text: command, Type: "magic"})
		}
	}
	return matches
}

func packages(word string) (matches []Match) {
	for _, path := range ixgo.PackageList() {
		isInternal := strings.Contains(path, "goplus") || strings.Contains(path, "qiniu")
		if strings.HasPrefix(path, word) && !isInternal {
			matches = append(matches, Match{Text: path, Type: "module"})
		}
	}
	return matches
}

// names completes a word: a member, where a dot stands before it, or anything that can be named.
func names(s *session.Session, before, word string) []Match {
	if trimmed := strings.TrimRight(before, " \t\n"); strings.HasSuffix(trimmed, ".") {
		end := len(strings.TrimRight(trimmed[:len(trimmed)-1], " \t\n"))
		start := operandStart(before, end)
		if start == end {
			return nil
		}
		return members(s.Probe(before[:start], before[start:end]), word)
	}
	var matches []Match
	for name, object := range s.Probe(before, "").Names {
		matches = appendMatch(matches, word, name, object)
	}
	for _, path := range s.ImportNames() {
		if strings.HasPrefix(path, word) {
			matches = append(matches, Match{Text: path, Type: "module"})
		}
	}
	for keyword := token.BREAK; keyword <= token.VAR; keyword++ {
		if word != "" && strings.HasPrefix(keyword.String(), word) {
			matches = append(matches, Match{Text: keyword.String(), Type: "keyword"})
		}
	}
	return unique(matches)
}

func unique(matches []Match) (rest []Match) {
	seen := map[string]bool{}
	for _, match := range matches {
		if !seen[match.Text] {
			seen[match.Text] = true
			rest = append(rest, match)
		}
	}
	return rest
}

func appendMatch(matches []Match, word, name string, object types.Object) []Match {
	if !strings.HasPrefix(name, word) || strings.HasPrefix(name, "_") && word == "" {
		return matches
	}
	match := Match{Text: name, Type: kind(object)}
	if object.Type() != nil && match.Type != "module" {
		match.Signature = types.TypeString(object.Type(), types.RelativeTo(object.Pkg()))
	}
	return append(matches, match)
}

func kind(object types.Object) string {
	switch object.(type) {
	case *types.Func, *types.Builtin:
		return "function"
	case *types.TypeName:
		return "class"
	case *types.PkgName:
		return "module"
	case *types.Const:
		return "constant"
	}
	return "instance"
}

func members(p session.Probe, word string) (matches []Match) {
	if name, ok := p.Object.(*types.PkgName); ok {
		scope := name.Imported().Scope()
		for _, member := range scope.Names() {
			if object := scope.Lookup(member); object.Exported() {
				matches = appendMatch(matches, word, member, object)
			}
		}
		return matches
	}
	if p.Type == nil {
		return nil
	}
	for name, object := range Members(p.Type) {
		matches = appendMatch(matches, word, name, object)
	}
	return matches
}

// Members are a type's fields and methods, promoted ones too, as far as a cell can name them.
func Members(t types.Type) map[string]types.Object {
	found := map[string]types.Object{}
	add := func(object types.Object) {
		if object.Exported() || object.Pkg() != nil && object.Pkg().Path() == "main" {
			found[object.Name()] = object
		}
	}
	methods := types.NewMethodSet(t)
	if _, isPointer := t.Underlying().(*types.Pointer); !isPointer && !types.IsInterface(t) {
		methods = types.NewMethodSet(types.NewPointer(t))
	}
	for method := range methods.Methods() {
		add(method.Obj())
	}
	fields(t, add, map[types.Type]bool{})
	return found
}

func fields(t types.Type, add func(types.Object), seen map[types.Type]bool) {
	if pointer, ok := t.Underlying().(*types.Pointer); ok {
		t = pointer.Elem()
	}
	st, ok := t.Underlying().(*types.Struct)
	if !ok || seen[t] {
		return
	}
	seen[t] = true
	for field := range st.Fields() {
		if field.Embedded() {
			fields(field.Type(), add, seen)
		}
		add(field)
	}
}
