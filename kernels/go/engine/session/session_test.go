package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
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

func TestAVariableOfAnotherTypeIsMadeFromTheOldOne(t *testing.T) {
	run(t,
		step{"import \"fmt\"\nq := 5\nfunc twice() int { return q * 2 }", ""},
		step{"q := fmt.Sprint(q, \"!\")\nq", "5!"},
		step{"q := len(q) + q2", "!undefined: q2"},
		step{"q", "5!"},
		step{"twice()", "!In[1]'s no longer compiles"},
	)
}

func TestAVariableOfTheSameTypeIsTheSame(t *testing.T) {
	run(t, step{"n := 1\nfunc get() int { return n }", ""}, step{"n := n + 1\nget()", "2"})
}

func TestMethodsMayComeLater(t *testing.T) {
	run(t,
		step{"type P struct{ X int }\np := P{3}\npp := &p", ""},
		step{"func (p P) Double() int { return 2 * p.X }\np.Double()", "6"},
		step{"pp.X = 5\np.Double()", "10"},
		step{"func (p P) Double() int { return 20 * p.X }\np.Double()", "100"},
		step{"type P struct{ X int }", ""},
		step{"p.Double()", "100"},
		step{"type P struct{ X, Y int }", ""},
		step{"p", "!its type was redefined"},
		step{"P{1, 2}.Double()", "!undefined (type P has no field or method Double)"},
	)
}

func TestAFunctionUsesTheNewestDefinition(t *testing.T) {
	run(t,
		step{"func inner() int { return 1 }\nfunc outer() int { return inner() }", ""},
		step{"func inner() int { return 2 }", ""},
		step{"outer()", "2"},
	)
}

func TestNamesOfImportsMayBeUsed(t *testing.T) {
	run(t,
		step{"import \"bytes\"\nb := bytes.NewBufferString(\"x\")\nbytes := b.Bytes()\n" +
			"len(bytes)", "!"},
		step{"import \"bytes\"\nb := bytes.NewBufferString(\"x\").String()", ""},
		step{"bytes, err := []byte(b), error(nil)\nlen(bytes)", "1"},
		step{"import \"bytes\"\nbytes.ToUpper([]byte(\"a\"))[0]", "65"},
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
	)
}

func TestErrorsNameTheLine(t *testing.T) {
	run(t,
		step{"a := 1\nb := undefinedThing + a", "!In[1], line 2:6: undefined: undefinedThing"},
		step{"var s string = 5", "!In[2], line 1:16"},
		step{"x :=", "!In[3], line 1:5: expected operand, found the end of the cell"},
		step{"func f() int { return \"s\" }", "!In[4], line 1:23"},
		step{"func boom(i int) int {\n\treturn []int{1}[i]\n}", ""},
		step{"y := 2\n\nboom(y)", "!(In[5], line 2)"},
		step{"panic(\"aua\")", "!panic: aua (In[7], line 1)"},
	)
}

func TestDeepRecursionCostsTheCell(t *testing.T) {
	run(t,
		step{"x := 1\nfunc f(n int) int { return f(n+1) + 1 }\nf(0)", "!stack overflow"},
		step{"x", "1"},
	)
}

func TestExitCostsTheCell(t *testing.T) {
	run(t,
		step{"import \"os\"\nx := 1\nos.Exit(3)", "!status 3"},
		step{"os.Exit(0)\n", ""},
		step{"x", "1"},
	)
}

func TestAGoroutineThatPanicsCostsTheCell(t *testing.T) {
	run(t,
		step{"import \"time\"\ngo func() {\n\tpanic(\"inside\")\n}()\ntime.Sleep(time.Minute)",
			"!inside (In[1], line 3)"},
		step{"1", "1"},
	)
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

func TestManyRedefinitions(t *testing.T) {
	s, err := New(noModules{}, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		code := fmt.Sprintf("type T struct{ f%d int }\n"+
			"func (t T) String() string { return \"%d\" }\nT{}.String()", i, i)
		if values, failure := s.Eval(i+1, code); failure != nil || values[0] != fmt.Sprint(i) {
			t.Fatalf("%d: %v %v", i, values, failure)
		}
	}
}

func TestInterrupt(t *testing.T) {
	const define = "import (\"time\"; \"sync\")\nvar mu sync.Mutex\nvar wg sync.WaitGroup\n" +
		"ch := make(chan int)\nx := 0"
	for _, code := range []string{
		"for { x++ }", "func f() { for { x++ } }\nf()", "time.Sleep(time.Hour)", "<-ch", "ch <- 1",
		"select {}",
		"mu.Lock(); mu.Lock()", "wg.Add(1); wg.Wait()", "for range ch {}",
		"func g() { mu.Lock(); defer mu.Unlock(); for {} }\ng()",
	} {
		s, err := New(noModules{}, nil, nil, define)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan *Failure, 1)
		go func() {
			_, failure := s.Eval(1, code)
			ended <- failure
		}()
		for {
			s.Interrupt()
			select {
			case failure := <-ended:
				if failure == nil || failure.Name != interrupted {
					t.Errorf("%s: %v", code, failure)
				}
			case <-time.After(20 * time.Millisecond):
				continue
			}
			break
		}
		if values, failure := s.Eval(2, "x >= 0"); failure != nil || values[0] != true {
			t.Errorf("after %s: %v %v", code, values, failure)
		}
	}
}

func TestDeferredCallsRunWhenInterrupted(t *testing.T) {
	s, err := New(noModules{}, nil, nil, "import \"sync\"\nvar mu sync.Mutex\nstarted := false")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan bool)
	go func() {
		_, _ = s.Eval(1, "func f() { mu.Lock(); defer mu.Unlock(); started = true; for {} }\nf()")
		ended <- true
	}()
	for running := true; running; {
		s.Interrupt()
		select {
		case <-ended:
			running = false
		case <-time.After(20 * time.Millisecond):
		}
	}
	// The goroutine that was stopped unlocks in its own time.
	for range 200 {
		if values, failure := s.Eval(2, "mu.TryLock()"); failure == nil && values[0] == true {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the mutex is still locked")
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
