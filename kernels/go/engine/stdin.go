package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
)

// stdin is what cells read from os.Stdin: lines that the front asks the user for.
type stdin struct {
	wire    *wire
	replies chan request
	mu      sync.Mutex
	rest    []byte
	stopped func() <-chan struct{}
}

// install makes it the source of os.Stdin, whoever reads: the hook is ours, see _std/stdin.go.
func (in *stdin) install() { os.StdinHook = in.read }

func (in *stdin) read(p []byte) (int, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.rest) == 0 {
		if err := in.ask("", false); err != nil {
			return 0, err
		}
	}
	n := copy(p, in.rest)
	in.rest = in.rest[n:]
	return n, nil
}

// request asks for a line now; who reads next gets it.
func (in *stdin) request(prompt string, password bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	before := in.rest
	if in.ask(prompt, password) == nil {
		in.rest = append(before, in.rest...)
	}
}

func (in *stdin) ask(prompt string, password bool) error {
	for len(in.replies) > 0 { // to a cell that was interrupted
		<-in.replies
	}
	in.wire.send(message{"type": "input", "prompt": prompt, "password": password})
	select {
	case r := <-in.replies:
		switch {
		case r.Error != nil:
			return errors.New(*r.Error)
		case r.EOF:
			return io.EOF
		}
		in.rest = []byte(r.Value + "\n")
		return nil
	case <-in.stopped():
		return io.EOF
	}
}

// endCell drops the rest of a line, if nothing but blanks; all of it after a failure.
func (in *stdin) endCell(failed bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if failed || len(bytes.TrimSpace(in.rest)) == 0 {
		in.rest = nil
	}
}
