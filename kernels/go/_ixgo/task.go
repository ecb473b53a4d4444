package ixgo

// Task: the run of a cell with its goroutines, which can be stopped. Knows nothing of what is
// compiled. Copied into the vendored ixgo as session.go is; ixgo.patch calls it from the frames.

import (
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
)

// maxDepth is how deep calls may nest: Go's own stack overflow cannot be recovered from. A call
// takes about 1.5 KB of the stack here, and growing the stack copies it.
const (
	maxDepth     = 100_000
	cleanupGrace = time.Second
)

// ErrStopped is why a run that was stopped has no result.
var ErrStopped = errors.New("interrupted")

// Task is one cell's run, its goroutines included: stopping it ends all of them at their next
// instruction or channel operation.
type Task struct {
	stop   int32
	once   sync.Once
	done   chan struct{}
	failed chan error
	late   func(error) // a goroutine that panics after the cell's end
	ended  int32
}

// NewTask returns a run that nothing has stopped; late hears of panics after its end.
func NewTask(late func(error)) *Task {
	return &Task{done: make(chan struct{}), failed: make(chan error, 1), late: late}
}

// Stop ends the run. It may be called at any time, and again.
func (r *Task) Stop() {
	r.once.Do(func() {
		atomic.StoreInt32(&r.stop, 1)
		close(r.done)
	})
}

// Done is closed when the run is stopped.
func (r *Task) Done() <-chan struct{} { return r.done }

func (r *Task) stopped() bool { return r != nil && atomic.LoadInt32(&r.stop) != 0 }

func (r *Task) stopCase() reflect.SelectCase {
	c := reflect.SelectCase{Dir: reflect.SelectRecv}
	if r != nil {
		c.Chan = reflect.ValueOf(r.done)
	}
	return c
}

// cleanupRun is what the deferred calls of a stopped run belong to.
func cleanupRun() *Task {
	r := NewTask(func(error) {})
	time.AfterFunc(cleanupGrace, r.Stop)
	return r
}

// enter gives a new frame its caller's run, or the newest one where compiled code calls back.
func (fr *frame) enter(caller *frame) {
	fr.task, fr.depth = caller.task, caller.depth+1
	if fr.task == nil {
		fr.task = fr.interp.task.Load()
	}
	if fr.depth > maxDepth {
		panic(RuntimeError("stack overflow: calls are nested too deeply"))
	}
}

func (fr *frame) recv(x reflect.Value) (reflect.Value, bool) {
	if v, ok := x.TryRecv(); v.IsValid() {
		return v, ok
	}
	own := reflect.SelectCase{Dir: reflect.SelectRecv, Chan: x}
	chosen, v, ok := reflect.Select([]reflect.SelectCase{own, fr.task.stopCase()})
	if chosen == 1 {
		return reflect.Value{}, false
	}
	return v, ok
}

func (fr *frame) send(ch, v reflect.Value) {
	if !ch.IsNil() && ch.TrySend(v) {
		return
	}
	own := reflect.SelectCase{Dir: reflect.SelectSend, Chan: ch, Send: v}
	reflect.Select([]reflect.SelectCase{own, fr.task.stopCase()})
}

// goPanicked reports the panic of a goroutine, whose first frame this is.
func (fr *frame) goPanicked(cause any) {
	err := panicError(fr, cause)
	if fr.task == nil {
		return
	}
	if atomic.LoadInt32(&fr.task.ended) != 0 {
		fr.task.late(err)
		return
	}
	select {
	case fr.task.failed <- err:
	default:
	}
}

func panicError(root *frame, cause any) error {
	switch p := cause.(type) {
	case PanicError:
		return p
	case exitPanic:
		return ExitError(p)
	}
	for root.callee != nil && root.callee.pfn != nil {
		root = root.callee
	}
	return FatalError{stack: debugStack(root), Value: cause}
}
