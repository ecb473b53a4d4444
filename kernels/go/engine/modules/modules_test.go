package modules

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// served is a proxy: from path to content.
type served map[string]string

// add publishes a module of one package.
func (s served) add(path, version, goMod string) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	contents := map[string]string{"go.mod": goMod, "a.go": "package a\n// " + version}
	for name, content := range contents {
		f, _ := w.Create(path + "@" + version + "/" + name)
		_, _ = f.Write([]byte(content))
	}
	_ = w.Close()
	s["/"+path+"/@v/"+version+".mod"] = goMod
	s["/"+path+"/@v/"+version+".zip"] = b.String()
	s["/"+path+"/@v/list"] += version + "\n"
}

func start(t *testing.T, files served) (m *Modules, said *[]string, asked *[]string) {
	t.Helper()
	said, asked = new([]string), new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.Path)
		content, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
		}
		fmt.Fprint(w, content)
	}))
	t.Cleanup(server.Close)
	t.Setenv("GOPROXY", server.URL+",direct")
	t.Setenv("GOSUMDB", "off")
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Chdir(t.TempDir())
	return New(func(text string) { *said = append(*said, text) }), said, asked
}

func published() served {
	s := served{}
	s.add("example.com/a", "v1.0.0",
		"module example.com/a\ngo 1.20\nrequire example.com/b v1.1.0\n")
	s.add("example.com/b", "v1.0.0", "module example.com/b\n")
	s.add("example.com/b", "v1.1.0", "module example.com/b\n")
	s.add("example.com/b", "v1.2.0", "module example.com/b\n")
	return s
}

func TestARequirementDecidesOnTheVersion(t *testing.T) {
	m, _, _ := start(t, published())
	if _, err := m.Get("example.com/a@v1.0.0"); err != nil {
		t.Fatal(err)
	}
	dir, _ := m.Lookup("", "example.com/b")
	if m.Failed() != nil || !strings.HasSuffix(dir, "example.com/b@v1.1.0") {
		t.Errorf("%s %v", dir, m.Failed())
	}
}

func TestAnImportAloneTakesTheNewestRelease(t *testing.T) {
	m, said, _ := start(t, published())
	dir, _ := m.Lookup("", "example.com/b")
	if m.Failed() != nil || !strings.HasSuffix(dir, "@v1.2.0") {
		t.Errorf("%s %v", dir, m.Failed())
	}
	if len(*said) != 1 || !strings.Contains((*said)[0], "example.com/b v1.2.0") {
		t.Errorf("said %q", *said)
	}
}

func TestWhatIsInUseStays(t *testing.T) {
	m, _, _ := start(t, published())
	m.Lookup("", "example.com/b")
	_, err := m.Get("example.com/b@v1.0.0")
	if err == nil || !strings.Contains(err.Error(), "restart") {
		t.Errorf("%v", err)
	}
}

func TestTheSecondTimeNothingIsFetched(t *testing.T) {
	m, _, asked := start(t, published())
	if _, err := m.Get("example.com/b@v1.0.0"); err != nil {
		t.Fatal(err)
	}
	before := len(*asked)
	_, err := New(func(string) {}).Get("example.com/b@v1.0.0")
	if err != nil || len(*asked) != before {
		t.Errorf("%v, asked for %q", err, (*asked)[before:])
	}
}

func TestAnotherContentThanTheFirstIsRefused(t *testing.T) {
	files := published()
	m, _, _ := start(t, files)
	if _, err := m.Get("example.com/b@v1.0.0"); err != nil {
		t.Fatal(err)
	}
	cache := os.Getenv("GOMODCACHE")
	os.Remove(filepath.Join(cache, "cache/download/example.com/b/@v/v1.0.0.zip"))
	os.RemoveAll(filepath.Join(cache, "example.com"))
	other := served{}
	other.add("example.com/b", "v1.0.0", "module example.com/b // not the same\n")
	files["/example.com/b/@v/v1.0.0.zip"] = other["/example.com/b/@v/v1.0.0.zip"]
	_, err := New(func(string) {}).Get("example.com/b@v1.0.0")
	if err == nil || !strings.Contains(err.Error(), "checksum mismatch") {
		t.Errorf("%v", err)
	}
}

func TestWithoutTheDatabaseTheUserIsTold(t *testing.T) {
	m, said, _ := start(t, published())
	t.Setenv("GOSUMDB", "localhost:1/none+00000000+AAAA")
	if _, err := m.Get("example.com/b@v1.0.0"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(*said, "\n"), "first download only") {
		t.Errorf("said %q", *said)
	}
}

func TestTheNotebooksGoModCounts(t *testing.T) {
	m, _, _ := start(t, published())
	content := "module mine\nrequire example.com/b v1.0.0\n"
	if err := os.WriteFile("go.mod", []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("tools", 0o755); err != nil {
		t.Fatal(err)
	}
	_ = os.WriteFile("tools/t.go", []byte("package tools\n"), 0o644)
	if dir, _ := m.Lookup("", "example.com/b"); !strings.HasSuffix(dir, "@v1.0.0") {
		t.Errorf("%s %v", dir, m.Failed())
	}
	if dir, _ := m.Lookup("", "mine/tools"); !strings.HasSuffix(dir, "/tools") {
		t.Errorf("%s %v", dir, m.Failed())
	}
}

func TestFailuresSayWhy(t *testing.T) {
	m, _, _ := start(t, published())
	for path, want := range map[string]string{
		"example.com/none": "404", "nosuchpackage": "not in the standard library",
		"example.com/b/sub": "example.com/b",
	} {
		m.Begin(context.Background())
		m.Lookup("", path)
		if m.Failed() == nil || !strings.Contains(m.Failed().Error(), want) {
			t.Errorf("%s: %v", path, m.Failed())
		}
	}
	t.Setenv("GOPROXY", "off")
	if _, err := m.Get("example.com/c"); !errors.Is(err, errNoProxy) {
		t.Errorf("%v", err)
	}
}
