package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"

	"labinit/kernels/go/engine/cell"
	"labinit/kernels/go/engine/inspect"
	"labinit/kernels/go/engine/session"
)

const help = `Commands, each on a line of its own; they run before the cell's Go:
%get MODULE[@VERSION]   fetch a module; an import alone fetches the latest version
%cd [FOLDER]            change the working directory; without FOLDER, to your home
%doc NAME               signature and documentation: %doc strings.Cut, %doc myFunc
%env [NAME[=VALUE]]     show or set environment variables
%help                   this text
%ls, %list              what the cells have defined
%rm, %remove NAMES      forget definitions
%reset                  forget all of them
$COMMAND, !COMMAND      run a shell command: $ls -l, !ls -l
%with_inputs            the next shell command asks for its input; %with_password hides it
%args [ARGUMENTS]       what follows the program's name in os.Args
%%, %main [ARGUMENTS]   the same: statements need no main here; flags are parsed
%exec FUNCTION [ARGS]   call a function, with these arguments
%test [FLAGS]           run the cell's tests and benchmarks, or all if it has none
%capture [-a] FILE      copy what the cell prints to a file, too
Cells of their own, with the command as first line:
%%writefile [-a] FILE   write the rest of the cell to a file; -a appends
%%bash, %%sh, %%script COMMAND   run the rest of the cell
`

// commands are what the lines of a cell that are no Go ask for, beyond what they do at once.
type commands struct {
	suffix  string    // Go that is run after the cell's own
	asks    bool      // the next shell command's input is the person's
	secret  bool      // and is not to be seen
	capture *captured // of the cell's output
}

// command runs one line that is no Go.
func (e *engine) command(r request, c cell.Command) *session.Failure {
	return e.session.Guard(r.Count, func(ctx context.Context) error {
		if modules, ok := strings.CutPrefix(c.Text, "!*go get "); ok {
			return e.get(ctx, modules) // gonb's way; there is no go command here
		}
		if strings.ContainsAny(c.Text[:1], "$!") {
			return e.shellLine(ctx, c.Text)
		}
		name, argument, _ := strings.Cut(c.Text, " ")
		argument = strings.TrimSpace(argument)
		if len(name) > 2 && strings.HasPrefix(name, "%%") {
			if !c.Whole {
				return fmt.Errorf("%s: it has to be the first line of its cell", name)
			}
			return otherLanguage(ctx, name, argument, c.Body)
		}
		return e.builtin(ctx, r, name, argument)
	})
}

func (e *engine) builtin(ctx context.Context, r request, name, argument string) error {
	switch name {
	case "%get":
		return e.get(ctx, argument)
	case "%cd":
		return changeDirectory(argument)
	case "%doc":
		text := inspect.Inspect(e.session, argument, len([]rune(argument)))
		if text == "" {
			return fmt.Errorf("%%doc %s: nothing is known of it", argument)
		}
		fmt.Println(text)
	case "%env":
		return environment(argument)
	case "%args", "%%", "%main":
		setArguments(argument)
	case "%help":
		fmt.Print(help)
	case "%version":
		fmt.Println(banner())
	case "%with_inputs", "%with_password":
		e.commands.asks, e.commands.secret = true, name == "%with_password"
	case "%capture":
		return e.startCapture(argument)
	case "%go111module", "%autoget", "%widgets":
		// Here modules are always on, and fetched.
	case "%goflags", "%noautoget", "%track", "%untrack", "%goworkfix":
		fmt.Println(name, "has no effect: cells are interpreted, modules fetched when imported")
	default:
		return e.aboutDefinitions(r, name, argument)
	}
	return nil
}

func (e *engine) aboutDefinitions(r request, name, argument string) error {
	switch name {
	case "%ls", "%list":
		list := e.session.List()
		for _, kind := range session.Kinds {
			if len(list[kind]) > 0 {
				fmt.Printf("%s: %s\n", kind, strings.Join(list[kind], ", "))
			}
		}
	case "%rm", "%remove":
		for _, name := range strings.Fields(argument) {
			if !e.session.Remove(name) {
				return fmt.Errorf("%%rm %s: there is no such definition; %%ls lists them", name)
			}
		}
	case "%reset":
		e.session.Reset()
	case "%exec":
		function, arguments, _ := strings.Cut(argument, " ")
		setArguments(arguments)
		e.commands.suffix = "\nflag.Parse()\n" + function + "()"
	case "%test":
		return e.test(r, argument)
	default:
		return fmt.Errorf("unknown command %s; %%help lists them", name)
	}
	return nil
}

func setArguments(arguments string) {
	os.Args = append(os.Args[:1:1], strings.Fields(arguments)...)
}

var quoted = regexp.MustCompile(`^["']+$`)

// test has the tests and benchmarks run after the cell. Shape of flags: those of `go test` with
// their prefix, as -test.v; none means the cell's own, and all that they say.
func (e *engine) test(r request, flags string) error {
	names := e.session.Functions(r.Code, "Test", "Benchmark")
	if len(names) == 0 {
		return errors.New("%test: there is no function Test… or Benchmark…")
	}
	arguments := append([]string{"-test.v=false", "-test.bench="}, strings.Fields(flags)...)
	switch {
	case quoted.MatchString(flags):
		arguments = arguments[:2]
	case flags == "":
		arguments = append(arguments, "-test.v")
		if strings.Contains(r.Code, "func Benchmark") {
			arguments = append(arguments, "-test.bench=.")
		}
	}
	e.commands.suffix = fmt.Sprintf(runTests, arguments,
		pairs(names, "Test"), pairs(names, "Benchmark"))
	return nil
}

// runTests is what `go test` generates. A program's flags are read once, a session's each time.
const runTests = `
testing.Init()
flag.CommandLine.Parse(%#v)
testing.Main(regexp.MatchString, []testing.InternalTest{%s}, []testing.InternalBenchmark{%s}, nil)
`

func pairs(names []string, kind string) string {
	var b strings.Builder
	for _, name := range names {
		if strings.HasPrefix(name, kind) && name != "TestMain" {
			fmt.Fprintf(&b, "{%q, %s},", name, name)
		}
	}
	return b.String()
}

func (e *engine) get(ctx context.Context, argument string) error {
	if argument == "" {
		return errors.New("%get: which module? %get MODULE or %get MODULE@VERSION")
	}
	for _, query := range strings.Fields(argument) {
		if strings.HasPrefix(query, "-") {
			continue // of the go command: -u, -t
		}
		e.modules.Begin(ctx)
		chosen, err := e.modules.Get(query)
		if err != nil {
			return fmt.Errorf("%%get %s: %w", query, err)
		}
		fmt.Println(chosen)
	}
	return nil
}

func changeDirectory(folder string) error {
	if folder == "" {
		folder = "~"
	}
	return os.Chdir(expanded(folder))
}

func environment(argument string) error {
	if argument == "" {
		for _, variable := range os.Environ() {
			fmt.Println(variable)
		}
		return nil
	}
	name, value, set := strings.Cut(argument, "=")
	if !set {
		name, value, set = strings.Cut(argument, " ")
	}
	if set {
		return os.Setenv(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	fmt.Println(os.Getenv(name))
	return nil
}

func banner() string {
	return fmt.Sprintf("%s, interpreted by ixgo. %%help lists the commands.", runtime.Version())
}
