package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"labinit/kernels/go/engine/cell"
	"labinit/kernels/go/engine/inspect"
	"labinit/kernels/go/engine/session"
)

const help = `Commands, each on a line of its own at the top of a cell:
%get MODULE[@VERSION]   fetch a module; an import alone fetches the latest version
%cd [FOLDER]            change the working directory; without FOLDER, to your home
%doc NAME               signature and documentation: %doc strings.Cut, %doc myFunc
%env [NAME[=VALUE]]     show or set environment variables
%help                   this text
$COMMAND, !COMMAND      run a shell command: $ls -l, !ls -l
%args [ARGUMENTS]       what follows the program's name in os.Args
%%, %main [ARGUMENTS]   the same: statements need no main here
`

// command runs one line that is no Go.
func (e *engine) command(r request, c cell.Command) *session.Failure {
	return e.session.Guard(r.Count, func(ctx context.Context) error {
		if modules, ok := strings.CutPrefix(c.Text, "!*go get "); ok {
			return e.get(ctx, modules) // gonb's way; there is no go command here
		}
		if strings.ContainsAny(c.Text[:1], "$!") {
			return runShell(ctx, c.Text[:1], strings.TrimLeft(c.Text, "$!*"))
		}
		name, argument, _ := strings.Cut(c.Text, " ")
		return e.builtin(ctx, name, strings.TrimSpace(argument))
	})
}

func (e *engine) builtin(ctx context.Context, name, argument string) error {
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
		os.Args = append(os.Args[:1:1], strings.Fields(argument)...)
	case "%go111module":
		// gophernotes' switch: here modules are always on.
	case "%help":
		fmt.Print(help)
	default:
		return fmt.Errorf("unknown command %s; %%help lists them", name)
	}
	return nil
}

func (e *engine) get(ctx context.Context, argument string) error {
	if argument == "" {
		return errors.New("%get: which module? %get MODULE or %get MODULE@VERSION")
	}
	for _, query := range strings.Fields(argument) {
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
	home, err := os.UserHomeDir()
	if err == nil && (folder == "" || folder == "~") {
		folder = home
	} else if rest, ok := strings.CutPrefix(folder, "~/"); ok && err == nil {
		folder = home + "/" + rest
	}
	return os.Chdir(folder)
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

// runShell runs a command in a group of its own, so that an interrupt ends all of it.
func runShell(ctx context.Context, sign, command string) error {
	shell := exec.Command("/bin/sh", "-c", command)
	shell.Stdout, shell.Stderr = os.Stdout, os.Stderr
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := shell.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- shell.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("%s%s: %w", sign, strings.TrimSpace(command), err)
		}
		return nil
	case <-ctx.Done():
		_ = syscall.Kill(-shell.Process.Pid, syscall.SIGKILL)
		return ctx.Err()
	}
}
