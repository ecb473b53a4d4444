// Package docs reads what packages say of themselves: from their sources, or, of the standard
// library, from what was read when the kernel was built.
package docs

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/gob"
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"strings"
	"sync"
)

// Entry is how a name is declared, and what its comment says.
type Entry struct {
	Declaration, Doc string
}

// ReadDir reads the documentation of a package's sources. Shape: from "Name" or "Type.Method", ""
// is the package itself; nil where there is no package.
func ReadDir(dir, path string) map[string]Entry {
	context := build.Default
	context.CgoEnabled = false
	found, err := context.ImportDir(dir, 0)
	if err != nil || found.Name == "main" {
		return nil
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range found.GoFiles {
		file, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			return nil
		}
		files = append(files, file)
	}
	return readFiles(fset, files, path)
}

func readFiles(fset *token.FileSet, files []*ast.File, path string) map[string]Entry {
	var mode doc.Mode
	if path == "builtin" {
		mode = doc.AllDecls // its names are lower case
	}
	pkg, err := doc.NewFromFiles(fset, files, path, mode)
	if err != nil {
		return nil
	}
	clause := "package " + pkg.Name + " // import \"" + path + "\""
	r := reader{fset, map[string]Entry{"": {clause, pkg.Doc}}}
	r.values(pkg.Consts)
	r.values(pkg.Vars)
	r.funcs("", pkg.Funcs)
	for _, t := range pkg.Types {
		r.entries[t.Name] = Entry{r.text(t.Decl), t.Doc}
		r.values(t.Consts)
		r.values(t.Vars)
		r.funcs("", t.Funcs)
		r.funcs(t.Name+".", t.Methods)
	}
	return r.entries
}

type reader struct {
	fset    *token.FileSet
	entries map[string]Entry
}

func (r reader) values(values []*doc.Value) {
	for _, v := range values {
		for _, spec := range v.Decl.Specs {
			one, ok := spec.(*ast.ValueSpec)
			if !ok {
				continue
			}
			text := v.Doc + one.Doc.Text() + one.Comment.Text()
			spec := &ast.ValueSpec{Names: one.Names, Type: one.Type, Values: one.Values}
			declaration := v.Decl.Tok.String() + " " + r.text(spec)
			for _, name := range one.Names {
				r.entries[name.Name] = Entry{declaration, text}
			}
		}
	}
}

func (r reader) funcs(prefix string, funcs []*doc.Func) {
	for _, f := range funcs {
		f.Decl.Body, f.Decl.Doc = nil, nil
		r.entries[prefix+f.Name] = Entry{r.text(f.Decl), f.Doc}
	}
}

const longestDeclaration = 4000

func (r reader) text(node any) string {
	if d, ok := node.(*ast.GenDecl); ok {
		d.Doc = nil
	}
	var b bytes.Buffer
	if err := printer.Fprint(&b, r.fset, node); err != nil {
		return ""
	}
	text := b.String()
	if len(text) > longestDeclaration {
		text = strings.ToValidUTF8(text[:longestDeclaration], "") + " …"
	}
	return text
}

// standardDocs is written at build, by generate.
//
//go:embed standard.docs
var standardDocs []byte

// Standard returns the documentation of a package of the standard library; nil if there is none.
func Standard(path string) map[string]Entry { return standard()[path] }

// ReadSource is ReadDir for a package that is one source.
func ReadSource(source, path string) map[string]Entry {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path+".go", source, parser.ParseComments)
	if err != nil {
		return nil
	}
	return readFiles(fset, []*ast.File{file}, path)
}

var standard = sync.OnceValue(func() map[string]map[string]Entry {
	all := map[string]map[string]Entry{}
	zip, err := gzip.NewReader(bytes.NewReader(standardDocs))
	if err == nil {
		_ = gob.NewDecoder(zip).Decode(&all)
	}
	return all
})
