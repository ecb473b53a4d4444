// The engine of the Go kernel: runs cells for the front, which speaks Jupyter (kernels/front).
// This package is the loop between the two pipes; what a cell means is session's.
package main

import (
	"fmt"
	"maps"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/goplus/ixgo"

	"labinit/kernels/go/engine/display"
	"labinit/kernels/go/engine/gonbui"
	"labinit/kernels/go/engine/inspect"
	"labinit/kernels/go/engine/modules"
	"labinit/kernels/go/engine/session"
)

// engine serves one front.
type engine struct {
	wire    *wire
	session *session.Session
	modules *modules.Modules
	stdin   *stdin
	// of the cell that runs
	commands commands
	busy     chan request // the requests but input_reply, synced and shutdown

	order  sync.Mutex // one message at a time that the front has to confirm
	number int
	synced chan int
}

// orderTimeout is how long a message waits for the front:
// longer than the front ever needs to read a pipe.
const orderTimeout = 5 * time.Second

func main() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT)
	// Compiling leaves much garbage, and then there is none for a long time.
	debug.SetGCPercent(50)
	e := &engine{wire: openWire(), busy: make(chan request, 1), synced: make(chan int, 1)}
	e.stdin = &stdin{wire: e.wire, replies: make(chan request, 16)}
	if err := e.open(); err != nil {
		fmt.Fprintln(os.Stderr, "the Go engine cannot start:", err)
		os.Exit(1)
	}
	os.ExitHook = func(code int) { panic(ixgo.ExitError(code)) }
	e.stdin.install()
	e.wire.send(message{"type": "ready", "language_info": languageInfo(), "banner": banner()})
	go e.serve()
	go func() {
		for range signals {
			e.session.Interrupt()
		}
	}()
	e.receive()
	syscall.Exit(0)
}

func languageInfo() message {
	return message{
		"name": "go", "version": strings.TrimPrefix(runtime.Version(), "go"),
		"mimetype": "text/x-go", "file_extension": ".go",
		"pygments_lexer": "go", "codemirror_mode": "go",
	}
}

func (e *engine) open() (err error) {
	e.modules = modules.New(func(text string) { fmt.Println(text) })
	e.modules.Refuse = gonbui.Refuse
	externals := map[string]any{
		display.Path + ".publish": e.publish,
		display.Path + ".render":  display.Render,
		display.Path + ".clear": func(wait bool) {
			e.sendInOrder(message{"type": "clear", "wait": wait})
		},
		gonbui.Path + ".request": e.stdin.request,
	}
	packages := maps.Clone(gonbui.Packages)
	packages[display.Path] = display.Source
	e.session, err = session.New(e.modules, externals, packages, display.Prelude)
	e.stdin.stopped = e.session.Stopped
	return err
}

func (e *engine) publish(value any, id string, update bool) {
	data, metadata := display.Bundle(value)
	m := message{"type": "display", "data": data, "metadata": metadata}
	if id != "" {
		m["display_id"], m["update"] = id, update
	}
	e.sendInOrder(m)
}

// sendInOrder returns once the front has shown the message: what is printed next, on another pipe,
// comes after it.
func (e *engine) sendInOrder(m message) {
	e.order.Lock()
	defer e.order.Unlock()
	e.number++
	m["sync"] = e.number
	e.wire.send(m)
	timeout := time.After(orderTimeout)
	for {
		select {
		case number := <-e.synced:
			if number == e.number {
				return
			}
		case <-timeout:
			return
		}
	}
}

// receive hands the requests on until the front has gone, or says shutdown.
func (e *engine) receive() {
	for {
		r, ok := e.wire.read()
		switch {
		case !ok || r.Type == "shutdown":
			return
		case r.Type == "input_reply":
			e.stdin.replies <- r
		case r.Type == "synced":
			select {
			case e.synced <- r.Sync:
			default: // nobody waits for it any more
			}
		default:
			e.busy <- r
		}
	}
}

func (e *engine) serve() {
	for r := range e.busy {
		done := e.answer(r)
		done["type"], done["id"] = "done", r.ID
		e.wire.send(done)
	}
}

// answer never panics: what goes wrong here costs the request.
func (e *engine) answer(r request) (done message) {
	defer func() {
		if cause := recover(); cause != nil {
			done = failed(&session.Failure{
				Name: "kernel error", Message: fmt.Sprint(cause),
				Traceback: []string{fmt.Sprintf(
					"kernel error: %v (a fault of the kernel's; the session goes on)", cause)},
			})
		}
	}()
	switch r.Type {
	case "execute":
		if failure := e.execute(r); failure != nil {
			return failed(failure)
		}
	case "complete":
		matches, start, end := inspect.Complete(e.session, r.Code, r.Cursor)
		return message{"matches": matches, "start": start, "end": end}
	case "inspect":
		text := inspect.Inspect(e.session, r.Code, r.Cursor)
		return message{"found": text != "", "data": inspect.Bundle(text)}
	case "is_complete":
		status, indent := e.session.Status(r.Code)
		return message{"status": status, "indent": indent}
	}
	return message{}
}

func failed(f *session.Failure) message {
	return message{"error": message{"ename": f.Name, "evalue": f.Message, "traceback": f.Traceback}}
}

func (e *engine) execute(r request) *session.Failure {
	e.commands = commands{}
	defer func() { e.commands.capture.end() }()
	for _, command := range e.session.Parse(r.Code).Commands {
		if failure := e.command(r, command); failure != nil {
			return failure
		}
	}
	values, failure := e.session.Eval(r.Count, r.Code+e.commands.suffix)
	e.stdin.endCell(failure != nil)
	if failure == nil && len(values) > 0 {
		return e.session.Show(r.Count, values, e.result)
	}
	return failure
}

func (e *engine) result(values []any) {
	data, metadata := display.Values(values)
	e.wire.send(message{"type": "result", "data": data, "metadata": metadata})
}
