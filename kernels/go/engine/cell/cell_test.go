package cell

import (
	"go/token"
	"strings"
	"testing"
)

func TestStatementsKeepTheirPlaces(t *testing.T) {
	code := "import \"fmt\"\nx := 1; func f() int { return x }; y := 2\ntype T struct {\n\ta int\n}\nfmt.Println(y)"
	c := Parse(code)
	if len(c.Imports) != 1 || len(c.Decls) != 2 {
		t.Fatalf("%d imports, %d declarations", len(c.Imports), len(c.Decls))
	}
	if len(c.Body) != len(code) || strings.Index(c.Body, "fmt.Println") != strings.Index(code, "fmt.Println(y)") {
		t.Errorf("the body is %q", c.Body)
	}
	if d := c.Decls[0]; d.Line != 2 || d.Column != 9 || d.Kind != token.FUNC {
		t.Errorf("the function is %+v", d)
	}
}

func TestAFunctionLiteralIsAStatement(t *testing.T) {
	c := Parse("func() { println(1) }()\nfunc (t T) M() {}")
	if len(c.Decls) != 1 || !strings.Contains(c.Decls[0].Text, "M()") {
		t.Errorf("declarations: %+v", c.Decls)
	}
}

func TestAComment(t *testing.T) {
	c := Parse("// of nothing\n\n// Of f,\n// in two lines.\nfunc f() {}\n")
	if got := CommentText(c.Decls[0].Doc); got != "Of f,\nin two lines." {
		t.Errorf("got %q", got)
	}
}

func TestAProgram(t *testing.T) {
	c := Parse("package main\nvar a = 1\nfunc main() {}")
	if !c.Program || !c.Main || len(c.Decls) != 2 {
		t.Errorf("%+v", c)
	}
}

func TestCommandsStandAtTheTop(t *testing.T) {
	c := Parse("// note\n%cd /\n$ls\nx := 5 % 3\n%no")
	if len(c.Commands) != 2 || c.Commands[1].Text != "$ls" || c.Commands[0].Line != 2 {
		t.Errorf("%+v", c.Commands)
	}
}

func TestStatus(t *testing.T) {
	for code, want := range map[string]string{
		"":                               "complete",
		"1 + 2":                          "complete",
		"func f() {\n}":                  "complete",
		"x++":                            "complete",
		"func f() {":                     "incomplete\t",
		"for {\n\tif true {":             "incomplete\t\t",
		"x := []int{1,":                  "incomplete\t",
		"s := `two":                      "incomplete\t",
		"/* two":                         "incomplete\t",
		"a +":                            "incomplete\t",
		"fmt.":                           "incomplete\t",
		"func := )":                      "invalid",
		"x = )":                          "invalid",
		"(]":                             "invalid",
		`"not ended`:                     "invalid",
		"import \"fmt\"\nfmt.Println(1)": "complete",
		"%get x":                         "complete",
	} {
		status, indent := Status(code)
		if status+indent != want {
			t.Errorf("%q: %q, not %q", code, status+indent, want)
		}
	}
}
