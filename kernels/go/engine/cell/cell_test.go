package cell

import (
	"go/token"
	"slices"
	"strings"
	"testing"
)

func isOK(name string) bool { return name == "ok" }

func parse(code string) Cell { return Parse(code, isOK) }

func TestStatementsKeepTheirPlaces(t *testing.T) {
	code := "import \"fmt\"\nx := 1; func f() int { return x }; y := 2\n" +
		"type T struct {\n\ta int\n}\nfmt.Println(y)"
	c := parse(code)
	if len(c.Imports) != 1 || len(c.Decls) != 2 {
		t.Fatalf("%d imports, %d declarations", len(c.Imports), len(c.Decls))
	}
	place := strings.Index(code, "fmt.Println(y)")
	if len(c.Body) != len(code) || strings.Index(c.Body, "fmt.Println") != place {
		t.Errorf("the body is %q", c.Body)
	}
	if d := c.Decls[0]; d.Line != 2 || d.Column != 9 || d.Kind != token.FUNC {
		t.Errorf("the function is %+v", d)
	}
}

func TestAFunctionLiteralIsAStatement(t *testing.T) {
	c := parse("func() { println(1) }()\nfunc (t T) M() {}")
	if len(c.Decls) != 1 || !strings.Contains(c.Decls[0].Text, "M()") {
		t.Errorf("declarations: %+v", c.Decls)
	}
}

func TestAComment(t *testing.T) {
	c := parse("// of nothing\n\n// Of f,\n// in two lines.\nfunc f() {}\n")
	if got := CommentText(c.Decls[0].Doc); got != "Of f,\nin two lines." {
		t.Errorf("got %q", got)
	}
}

func TestAProgram(t *testing.T) {
	c := parse("package main\nvar a = 1\nfunc main() {}")
	if !c.Program || !c.Main || len(c.Decls) != 2 {
		t.Errorf("%+v", c)
	}
}

func TestCommandsStandWhereAStatementMayBegin(t *testing.T) {
	c := parse("// note\n%cd /\n$ls\nx := 5 % 3\ny := `\n%no\n` +\n!no\n//gonb:%ls\n!a \\\n b")
	texts := []string{}
	for _, command := range c.Commands {
		texts = append(texts, command.Text)
	}
	want := []string{"%cd /", "$ls", "%ls", "!a \\\n b"}
	if !slices.Equal(texts, want) || c.Commands[2].Line != 9 || strings.Contains(c.Body, " b") {
		t.Errorf("%q, %q", texts, c.Body)
	}
}

func TestACellOfAnotherLanguage(t *testing.T) {
	c := parse("\n%%bash -e\nx=1\n%ls\n")
	if len(c.Commands) != 1 || c.Commands[0].Body != "x=1\n%ls\n" || c.Body != "" {
		t.Errorf("%+v", c)
	}
}

func TestFlagsAreParsedAtTheMark(t *testing.T) {
	for code, want := range map[string]bool{
		"n := flag.Int(\"n\", 1, \"\")\n%% -n 3\nprintln(*n)": true, "%%\nprintln(1)": false,
	} {
		if strings.Contains(parse(code).Body, "flag.Parse()") != want {
			t.Errorf("%q", code)
		}
	}
}

func TestSeveralValuesAtTheEnd(t *testing.T) {
	for code, want := range map[string]string{
		"x := 1\nx, f(2)": "x := 1\n__list(/*line :2:1*/x, f(2))",
		"f(1, 2)":         "f(1, 2)",
		"a, b := 1, 2":    "a, b := 1, 2",
		"a, b\nc":         "a, b\nc",
	} {
		if got := parse(code).Body; got != want {
			t.Errorf("%q: %q", code, got)
		}
	}
}

func TestGonbsCells(t *testing.T) {
	c := parse("!*ls\nimport \"fmt\"\nfunc f() {}\n%%\nx := `\n%%\n`")
	isWhole := strings.HasSuffix(c.Body, "\n\nx := `\n%%\n`")
	if len(c.Commands) != 2 || c.Commands[1].Text != "%%" || !isWhole {
		t.Errorf("%+v", c)
	}
	for code, want := range map[string]bool{
		"func main() {}": true,
		"import \"os\"\nvar a = 1\nfunc main() {}": true,
		"func main() {}\nmain()":                   false,
		"func mainly() {}":                         false,
		"%%\nprintln(1)":                           false,
		"%main -n 3\nprintln(1)":                   false,
	} {
		if parse(code).Main != want {
			t.Errorf("%q", code)
		}
	}
}

func TestANegationIsNoCommand(t *testing.T) {
	for code, want := range map[string]bool{
		"!ok":                     false,
		"!(ok == true)":           false,
		"!(1 > 2)":                false,
		"!ok &&\n\t1 < 2 // note": false,
		"%cd /\n!!ok":             false,
		"!ls":                     true,
		"!ls -l":                  true,
		"!ok -l /":                true,
		"!ok\nprintln(1)":         true,
		"$ok":                     true,
	} {
		commands := parse(code).Commands
		isCommand := len(commands) > 0 && commands[len(commands)-1].Text[0] != '%'
		if isCommand != want {
			t.Errorf("%q: %+v", code, commands)
		}
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
		"!ls &&":                         "complete",
	} {
		status, indent := Status(code, isOK)
		if status+indent != want {
			t.Errorf("%q: %q, not %q", code, status+indent, want)
		}
	}
}
