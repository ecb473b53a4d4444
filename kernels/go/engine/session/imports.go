package session

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"

	"github.com/goplus/ixgo"

	"labinit/kernels/go/engine/cell"
)

// importSpec is one import. Shape: name is what the code says, also where the source says nothing.
type importSpec struct {
	name, path string
}

func (i importSpec) source() string {
	return "import " + i.name + " " + strconv.Quote(i.path) + "\n"
}

// addImports loads what a cell imports. Raises: a failure at the import's line.
func (s *Session) addImports(chunks []cell.Chunk, to map[string]importSpec) *Failure {
	for _, chunk := range chunks {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "", "package p;"+chunk.Text, parser.ImportsOnly)
		if err != nil {
			return s.syntaxFailure(err, chunk)
		}
		for _, node := range f.Imports {
			line := chunk.Line + fset.Position(node.Pos()).Line - 1
			if failure := s.addImport(node, line, to); failure != nil {
				return failure
			}
		}
	}
	return nil
}

func (s *Session) addImport(node *ast.ImportSpec, line int, to map[string]importSpec) *Failure {
	path, err := strconv.Unquote(node.Path.Value)
	if err != nil {
		return s.failure("syntax error", node.Path.Value+": "+err.Error(), line)
	}
	if path == "C" {
		return s.failure("import error", `import "C": this kernel interprets Go `+
			"and has no C compiler; use a package without cgo", line)
	}
	pkg, err := s.load(path)
	if err != nil {
		return s.failure("import error", err.Error(), line)
	}
	name := pkg
	if node.Name != nil {
		name = node.Name.Name
	}
	key := name
	if name == "_" || name == "." {
		key = name + path
	}
	to[key] = importSpec{name: name, path: path}
	return nil
}

// load type-checks a package, fetched if need be, and returns its name.
func (s *Session) load(path string) (name string, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("import %q: %v", path, cause)
		}
	}()
	ctx, cancel := s.context()
	defer cancel()
	s.modules.Begin(ctx)
	pkg, err := s.interp.Ctx.Importer.Import(path)
	if failed := s.modules.Failed(); failed != nil && err != nil {
		return "", fmt.Errorf("import %q: %w", path, failed)
	}
	if errors.Is(err, ixgo.ErrNotFoundPackage) {
		return "", fmt.Errorf("import %q: there is no such package", path)
	}
	if err != nil {
		return "", fmt.Errorf("import %q: %w", path, err)
	}
	return pkg.Name(), nil
}

// importsFor returns the import clauses that a source with these identifiers needs.
func importsFor(specs map[string]importSpec, used map[string]bool) string {
	var b strings.Builder
	for _, key := range sortedKeys(specs) {
		spec := specs[key]
		if spec.name == "_" || spec.name == "." || used[spec.name] {
			b.WriteString(spec.source())
		}
	}
	return b.String()
}
