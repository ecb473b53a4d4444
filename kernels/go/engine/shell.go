package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// askAgain is how long a command that has read a line has to end before it is asked for another.
const askAgain = 200 * time.Millisecond

// shellLine runs $COMMAND, !COMMAND or !*COMMAND.
func (e *engine) shellLine(ctx context.Context, text string) error {
	shell := exec.Command("/bin/bash", "-c", strings.TrimLeft(text, "$!*"))
	asks := e.commands.asks
	e.commands.asks = false
	if asks {
		input, err := shell.StdinPipe()
		if err != nil {
			return err
		}
		go e.stdin.feed(input, e.commands.secret)
	}
	return named(run(ctx, shell), text)
}

// otherLanguage runs a cell that is no Go.
func otherLanguage(ctx context.Context, name, argument, body string) error {
	if name == "%%writefile" {
		return writeFile(argument, body)
	}
	command := strings.Fields(argument)
	if name == "%%bash" || name == "%%sh" {
		command = append([]string{name[2:]}, command...)
	} else if name != "%%script" {
		return fmt.Errorf("unknown command %s; %%help lists them", name)
	}
	if len(command) == 0 {
		return errors.New("%%script: which command? %%script COMMAND")
	}
	shell := exec.Command(command[0], command[1:]...)
	shell.Stdin = strings.NewReader(body + "\n")
	return named(run(ctx, shell), name)
}

func named(err error, what string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", strings.TrimSpace(what), err)
	}
	return nil
}

// run runs a command in a group of its own, so that an interrupt ends all of it.
func run(ctx context.Context, command *exec.Cmd) error {
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		return ctx.Err()
	}
}

// feed gives a command the lines that the person is asked for; a password is one line.
func (in *stdin) feed(command io.WriteCloser, secret bool) {
	defer command.Close()
	for {
		in.mu.Lock()
		err := in.ask("", secret)
		line := in.rest
		in.rest = nil
		in.mu.Unlock()
		if err != nil {
			return
		}
		if _, err := command.Write(line); err != nil || secret {
			return
		}
		select {
		case <-in.stopped():
			return
		case <-time.After(askAgain):
		}
	}
}

// expanded is a path with ~ and $NAME replaced.
func expanded(path string) string {
	home, err := os.UserHomeDir()
	if path == "~" && err == nil {
		return home
	}
	if rest, ok := strings.CutPrefix(path, "~/"); ok && err == nil {
		path = home + "/" + rest
	}
	return os.ExpandEnv(path)
}

// openFile opens for what %%writefile and %capture say. Shape of argument: [-a] FILE.
func openFile(name, argument string) (*os.File, error) {
	path, appends := strings.CutPrefix(argument, "-a ")
	path = expanded(strings.TrimSpace(path))
	if path == "" {
		return nil, fmt.Errorf("%s: which file? %s [-a] FILE", name, name)
	}
	flags := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if appends {
		flags = os.O_CREATE | os.O_WRONLY | os.O_APPEND
	}
	return os.OpenFile(path, flags, 0o644)
}

func writeFile(argument, body string) error {
	file, err := openFile("%%writefile", argument)
	if err != nil {
		return err
	}
	if body != "" && !strings.HasSuffix(body, "\n") {
		body += "\n"
	}
	_, err = file.WriteString(body)
	return errors.Join(err, file.Close())
}

// captured is a cell's output on its way to a file, too.
type captured struct {
	stdout, pipe *os.File
	done         chan error
}

func (e *engine) startCapture(argument string) error {
	file, err := openFile("%capture", argument)
	if err != nil {
		return err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	c := &captured{stdout: os.Stdout, pipe: write, done: make(chan error, 1)}
	go func() {
		_, err := io.Copy(io.MultiWriter(c.stdout, file), read)
		c.done <- errors.Join(err, file.Close(), read.Close())
	}()
	e.commands.capture, os.Stdout = c, write
	return nil
}

// end returns when all that the cell has printed is shown.
func (c *captured) end() {
	if c != nil {
		os.Stdout = c.stdout
		_ = c.pipe.Close()
		if err := <-c.done; err != nil {
			fmt.Fprintln(os.Stderr, "%capture:", err)
		}
	}
}
