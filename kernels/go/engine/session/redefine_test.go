package session

import (
	"fmt"
	"testing"
)

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

func TestFieldsOfEarlierCellsCanBeSetByTheirPlace(t *testing.T) {
	run(t,
		step{"type P struct{ X int64; tags []string }\ntype Q struct { p P; q *P }", ""},
		step{"x := 3\np := Q{P{int64(x), nil}, &P{4, []string{\"a\"}}}\np.q.tags[0]", "a"},
		step{"[]*P{{5, nil}}[0].X", "5"},
		step{"P{1}", "!too few values"},
		step{"P{\"a\", nil}", "!cannot use \"a\""},
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
