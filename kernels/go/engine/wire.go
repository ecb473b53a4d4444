package main

import (
	"bufio"
	"encoding/json"
	"os"
	"sync"
	"syscall"
)

// request is what the front asks for: see kernels/front/README.md.
type request struct {
	ID     int     `json:"id"`
	Type   string  `json:"type"`
	Code   string  `json:"code"`
	Count  int     `json:"count"`
	Cursor int     `json:"cursor"`
	Detail int     `json:"detail"`
	Value  string  `json:"value"`
	EOF    bool    `json:"eof"`
	Sync   int     `json:"sync"`
	Error  *string `json:"error"`
}

type message = map[string]any

// wire is the two pipes to the front.
type wire struct {
	in  *bufio.Reader
	out *os.File
	mu  sync.Mutex
}

const (
	requestsFD = 3
	messagesFD = 4
	bufferSize = 1 << 16
)

func openWire() *wire {
	// Not for the programs that a cell starts.
	syscall.CloseOnExec(requestsFD)
	syscall.CloseOnExec(messagesFD)
	return &wire{
		in:  bufio.NewReaderSize(os.NewFile(requestsFD, "requests"), bufferSize),
		out: os.NewFile(messagesFD, "messages"),
	}
}

// read returns the next request; false when the front has gone.
func (w *wire) read() (r request, ok bool) {
	line, err := w.in.ReadBytes('\n')
	if err != nil {
		return r, false
	}
	return r, json.Unmarshal(line, &r) == nil
}

// send writes a message as one line. That the front has gone, read will tell.
func (w *wire) send(m message) {
	line, err := json.Marshal(m)
	if err != nil {
		text := "cannot be shown: " + err.Error() + "\n"
		line, _ = json.Marshal(message{"type": "stream", "name": "stderr", "text": text})
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = w.out.Write(append(line, '\n'))
}
