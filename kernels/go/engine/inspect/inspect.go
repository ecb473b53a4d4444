package inspect

import (
	"go/types"
	"html"
	"strings"

	"labinit/kernels/go/engine/cell"
	"labinit/kernels/go/engine/display"
	"labinit/kernels/go/engine/docs"
	"labinit/kernels/go/engine/session"
)

// Inspect is the declaration and documentation of what stands at the cursor, or of the function
// whose arguments do; empty where nothing is known.
func Inspect(s *session.Session, code string, cursor int) string {
	offset := byteOffset(code, cursor)
	if object, entry := at(s, code, offset); object != nil {
		return text(object, entry)
	}
	open := callBefore(code[:offset])
	if open < 0 {
		return ""
	}
	if object, entry := at(s, code, open); object != nil {
		return text(object, entry)
	}
	return ""
}

// Bundle is the text for a notebook.
func Bundle(text string) map[string]string {
	if text == "" {
		return map[string]string{}
	}
	asHTML := "<pre>" + html.EscapeString(text) + "</pre>"
	return map[string]string{"text/plain": text, "text/html": asHTML}
}

// at finds the name at an offset, or right before it.
func at(s *session.Session, code string, offset int) (types.Object, docs.Entry) {
	end := wordEnd(code, offset)
	if wordStart(code, end) == end {
		return nil, docs.Entry{}
	}
	start := operandStart(code, end)
	object := s.Probe(code[:start], code[start:end]).Object
	if object == nil {
		return nil, docs.Entry{}
	}
	return object, lookUp(s, object)
}

// callBefore is where the innermost open parenthesis stands; -1 if there is none.
func callBefore(before string) int {
	depth := 0
	for i := len(before) - 1; i >= 0; i-- {
		switch before[i] {
		case ')', ']', '}':
			depth++
		case '[', '{':
			depth--
		case '(':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return -1
}

func text(object types.Object, entry docs.Entry) string {
	declaration := entry.Declaration
	if declaration == "" {
		declaration = types.ObjectString(object, types.RelativeTo(object.Pkg()))
	}
	if entry.Doc == "" {
		return declaration
	}
	return declaration + "\n\n" + strings.TrimSpace(entry.Doc)
}

// lookUp finds the documentation of an object, in the package that declares it.
func lookUp(s *session.Session, object types.Object) docs.Entry {
	if name, ok := object.(*types.PkgName); ok {
		return packageDocs(s, name.Imported().Path())[""]
	}
	pkg := object.Pkg()
	if pkg == nil {
		return packageDocs(s, "builtin")[object.Name()]
	}
	name := qualified(object)
	if pkg.Path() == "main" {
		return cellDocs(s, name)
	}
	return packageDocs(s, pkg.Path())[name]
}

// qualified is "Name" or, of a method, "Type.Name".
func qualified(object types.Object) string {
	f, ok := object.(*types.Func)
	if !ok || f.Signature().Recv() == nil {
		return object.Name()
	}
	t := f.Signature().Recv().Type()
	if pointer, ok := t.(*types.Pointer); ok {
		t = pointer.Elem()
	}
	if named, ok := t.(*types.Named); ok {
		return named.Obj().Name() + "." + f.Name()
	}
	return object.Name()
}

func cellDocs(s *session.Session, name string) docs.Entry {
	return docs.Entry{
		Declaration: cell.Declaration(s.Declared(name)),
		Doc:         cell.CommentText(s.Doc(name)),
	}
}

var read = map[string]map[string]docs.Entry{}

func packageDocs(s *session.Session, path string) map[string]docs.Entry {
	if path == display.Path && read[path] == nil {
		read[path] = docs.ReadSource(display.Source, path)
	}
	if dir := s.SourceDir(path); dir != "" && read[path] == nil {
		read[path] = docs.ReadDir(dir, path)
	}
	if found := read[path]; found != nil {
		return found
	}
	return docs.Standard(path)
}
