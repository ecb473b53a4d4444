package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

var errNoNetwork = errors.New("no network in this test")

type noModules struct{}

func (noModules) Lookup(_, path string) (string, bool) { return "", true }
func (noModules) Begin(context.Context)                {}
func (noModules) Failed() error                        { return errNoNetwork }

// cells are run in one session. Shape of want: the values; "!" and a part of the error's traceback.
type step struct{ code, want string }

func run(t *testing.T, steps ...step) {
	t.Helper()
	s, err := New(noModules{}, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	for i, one := range steps {
		values, failure := s.Eval(i+1, one.code)
		got := strings.TrimSuffix(fmt.Sprintln(values...), "\n")
		if failure != nil {
			got = "!" + strings.Join(failure.Traceback, "\n")
		}
		want, fails := strings.CutPrefix(one.want, "!")
		if fails && failure != nil && strings.Contains(got, want) {
			continue
		}
		if got != one.want {
			t.Errorf("In[%d] %s\ngives %s\nnot   %s", i+1, one.code, got, one.want)
		}
	}
}

func TestStateStays(t *testing.T) {
	run(t,
		step{"import \"fmt\"\nx := 40", ""},
		step{"x += 2\nx", "42"},
		step{"fmt.Sprint(x)", "42"},
	)
}

func TestValues(t *testing.T) {
	run(t,
		step{"import (\"fmt\"; \"io\"; \"errors\")\nfmt.Fprintln(io.Discard, 5)", ""},
		step{"func f() (int, error) { return 1, nil }\nf()", "1"},
		step{"func g() (int, error) { return 1, errors.New(\"bad\") }\ng()", "1 bad"},
		step{"error(nil)", ""},
		step{"1\n2", "2"},
		step{"x := 1", ""},
		step{"func unused() { v := 1 }\nif true {\n\tv := 2\n}\nL:\n\tfor range 1 {\n\t}\nx", "1"},
		step{"//go:embed a.txt\nvar a string", "!In[8], line 2: //go:embed"},
		step{"x, \"two\"", "1 two"},
		step{"x, missing", "!line 1:4: undefined: missing"},
	)
}

func TestStandardPackagesNeedNoImport(t *testing.T) {
	run(t,
		step{"func upper(s string) string { return strings.ToUpper(s) }\nupper(\"a\")", "A"},
		step{"rand.Intn(1), len(rand.Text()) > 0", "!undefined: rand"},
		step{"template.Must(template.New(\"t\").Parse(\"x\")).Name()", "t"},
		step{"var fmt = 5\nfmt", "5"},
		step{"strings.NoSuch()", "!undefined: strings.NoSuch"},
		step{"nopackage.X()", "!undefined: nopackage"},
	)
}

func TestInitRunsWhenTheVariablesAreThere(t *testing.T) {
	run(t,
		step{"func init() { m[1]++ }\nvar m = map[int]int{}\nfunc init_b() { m[2]++ }\n%%\nlen(m)",
			"2"},
		step{"func init() {\n\tpanic(\"in init\")\n}", "!(In[2], line 2)"},
		step{"len(m)", "2"},
	)
}

func TestDefinitionsCanBeForgotten(t *testing.T) {
	s, err := New(noModules{}, nil, nil, "import \"os\"")
	if err != nil {
		t.Fatal(err)
	}
	const code = "type T struct{}\nfunc (T) M() {}\nfunc TestA() {}\nconst c = 1\nvar v T"
	if _, failure := s.Eval(1, code+"\nstrings.ToUpper(\"\")"); failure != nil {
		t.Fatal(failure)
	}
	want := "map[constants:[c] functions:[TestA] imports:[strings] types:[T] variables:[v]]"
	if got := fmt.Sprint(s.List()); got != want {
		t.Errorf("%s", got)
	}
	if !s.Remove("c") || s.Remove("c") || fmt.Sprint(s.Functions("", "Test")) != "[TestA]" {
		t.Error("Remove or Functions")
	}
	s.Reset()
	if values, failure := s.Eval(2, "const c = 2\nc"); len(s.List()) != 1 || failure != nil {
		t.Errorf("%v %v %v", s.List(), values, failure)
	}
}

func TestAProgramRuns(t *testing.T) {
	run(t,
		step{"package main\nvar a = b()\nfunc b() int { return 7 }\nvar seen int\n" +
			"func main() { seen = a }", ""},
		step{"seen", "7"},
		step{"func main() { seen = 8 }", ""},
		step{"seen", "8"},
		step{"func f() int { return seen }\n%%\nseen++\nf()", "9"},
		step{"!(seen > 8)", "false"},
	)
}

func TestGenericsAndIterators(t *testing.T) {
	run(t,
		step{"import (\"iter\"; \"slices\"; \"maps\")\nfunc Count(n int) iter.Seq[int] { " +
			"return func(y func(int) bool) { for i := range n { if !y(i) { return } } } }", ""},
		step{"slices.Collect(Count(3))", "[0 1 2]"},
		step{"type Stack[T any] struct { items []T }\n" +
			"func (s *Stack[T]) Push(x T) { s.items = append(s.items, x) }\n" +
			"s := &Stack[string]{}\ns.Push(\"a\")\nlen(s.items)", "1"},
		step{"slices.Sorted(maps.Keys(map[string]int{\"b\": 1, \"a\": 2}))", "[a b]"},
	)
}

func TestProbe(t *testing.T) {
	const prelude = "import \"strings\"\ntype T struct{ Name string }\nxs := []T{}"
	s, err := New(noModules{}, nil, nil, prelude)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct{ before, operand, want string }{
		{"", "xs[0]", "main.T"},
		{"for _, x := range xs {\n\t", "x", "main.T"},
		{"func f(a int) {\n\t", "a", "int"},
		{"", "strings.Cut", "func(string, string) (string, string, bool)"},
		{"strings.Cut(", "xs[0].Name", "string"},
		{"if )(", "xs", "<nil>"},
	} {
		got := "<nil>"
		if p := s.Probe(one.before, one.operand); p.Type != nil {
			got = p.Type.String()
		}
		if got != one.want {
			t.Errorf("%q %q: %s, not %s", one.before, one.operand, got, one.want)
		}
	}
}
