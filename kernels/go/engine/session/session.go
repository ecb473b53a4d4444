// Package session runs cells one after the other, and remembers what they define.
//
// A cell becomes a Go package of its own, which sees what earlier cells have defined. Its
// statements go into a function, its variables outlive it. Knows Go, but neither Jupyter nor where
// modules come from.
package session

import (
	"context"
	"fmt"
	"go/types"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/goplus/ixgo"
	_ "github.com/goplus/ixgo/pkg" // the standard library
	// As many methods of types as can be defined in a session. Without it: 170 redefinitions.
	_ "github.com/goplus/reflectx/icall/icall8192"

	"labinit/kernels/go/engine/cell"
)

const (
	cellFunc  = "__cell"
	valuesVar = "__values"
	oldPrefix = "__old_"
)

// Modules finds the packages that are not of the standard library.
type Modules interface {
	Lookup(root, path string) (dir string, found bool)
	// Begin forgets the last failure; what is fetched from now on ends with ctx.
	Begin(ctx context.Context)
	// Failed is why the last look-up found nothing.
	Failed() error
}

// Session is what the cells so far have left.
type Session struct {
	definitions
	prelude definitions
	interp  *ixgo.Session
	modules Modules
	sources map[int]string // the cells' texts
	gone    map[string]string
	docs    map[string]string
	number  int
	run     atomic.Pointer[ixgo.Task]
}

// New returns a session in which the prelude has been run.
func New(
	modules Modules, externals map[string]any, packages map[string]string, prelude string,
) (*Session, error) {
	ctx := ixgo.NewContext(0)
	ctx.RunContext = context.Background() // or a goroutine's panic would end the process
	ctx.BuildContext.BuildTags = []string{"purego", "noasm", "appengine", "safe"}
	ctx.BuildContext.CgoEnabled = false
	ctx.Lookup = modules.Lookup
	s := &Session{
		definitions: definitions{
			objects: map[string]types.Object{}, imports: map[string]importSpec{},
		},
		modules: modules, sources: map[int]string{}, gone: map[string]string{},
		docs: map[string]string{},
	}
	for name, external := range externals {
		ctx.RegisterExternal(name, external)
	}
	for name, external := range s.interruptible() {
		ctx.RegisterExternal(name, external)
	}
	for path, source := range packages {
		if err := ctx.AddImportFile(path, path+".go", source); err != nil {
			return nil, err
		}
	}
	interp, err := ixgo.NewSession(ctx)
	if err != nil {
		return nil, err
	}
	s.interp = interp
	if _, failure := s.Eval(0, prelude); failure != nil {
		return nil, failure
	}
	s.prelude = s.definitions.clone()
	return s, nil
}

// Interrupt stops the cell that runs, if one does, and its goroutines.
func (s *Session) Interrupt() {
	if run := s.run.Load(); run != nil {
		run.Stop()
	}
}

func (s *Session) start(number int) *ixgo.Task {
	run := ixgo.NewTask(func(err error) {
		if failure := s.runFailure(err); failure != nil {
			lines := strings.Join(failure.Traceback, "\n")
			fmt.Fprintf(os.Stderr, "in a goroutine of In[%d]: %s\n", number, lines)
		}
	})
	s.run.Store(run)
	return run
}

// Show calls f, which may run methods of the values: they can panic, or be interrupted.
func (s *Session) Show(number int, values []any, f func([]any)) *Failure {
	return s.Guard(number, func(ctx context.Context) (err error) {
		ended := make(chan error, 1)
		go func() {
			defer func() {
				if cause := recover(); cause != nil {
					ended <- fmt.Errorf("the value cannot be shown: %v", cause)
				}
			}()
			f(values)
			ended <- nil
		}()
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// Doc returns the comment above what a cell has defined. Shape: "f", "T", "T.M".
func (s *Session) Doc(name string) string { return s.docs[name] }

// Parse cuts a cell's text, as the session is now.
func (s *Session) Parse(code string) cell.Cell { return cell.Parse(code, s.isName) }

// Status tells whether a console should run a text: see cell.Status.
func (s *Session) Status(code string) (status, indent string) { return cell.Status(code, s.isName) }

func (s *Session) isName(name string) bool {
	_, isImport := s.imports[name]
	isBuiltin := types.Universe.Lookup(name) != nil
	return isImport || isBuiltin || s.objects[name] != nil || name == probeFunc
}

// Declared returns the source of a definition: "" if it is a variable's, or there is none.
func (s *Session) Declared(name string) string {
	for _, d := range s.decls {
		for _, defined := range d.names {
			if defined == name {
				return d.chunk.Text
			}
		}
	}
	return ""
}

// ImportNames are the names of the imported packages.
func (s *Session) ImportNames() []string { return sortedKeys(s.imports) }

// SourceDir is where the sources of a fetched package are; empty for those of the standard library.
func (s *Session) SourceDir(path string) string {
	if source := s.interp.Ctx.SourcePackage(path); source != nil {
		return source.Dir
	}
	return ""
}

// context ends when the cell is interrupted.
func (s *Session) context() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	if run := s.run.Load(); run != nil {
		go func() {
			select {
			case <-run.Done():
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	return ctx, cancel
}

// Stopped is closed when the cell that runs is interrupted, and while none runs.
func (s *Session) Stopped() <-chan struct{} {
	if run := s.run.Load(); run != nil {
		return run.Done()
	}
	none := make(chan struct{})
	close(none)
	return none
}

// Guard runs f, which knows no runs, as a part of cell number; it ends when ctx does.
func (s *Session) Guard(number int, f func(context.Context) error) *Failure {
	run := s.start(number)
	defer run.Stop() // what still waits for input
	defer s.run.Store(nil)
	ctx, cancel := s.context()
	defer cancel()
	err := f(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return s.runFailure(ixgo.ErrStopped)
	}
	return s.failure("command error", err.Error(), 0)
}

func sizes() types.Sizes { return types.SizesFor("gc", runtime.GOARCH) }

// wait ends with the run, or when done is closed; then it returns true.
func (s *Session) wait(done <-chan struct{}) bool {
	run := s.run.Load()
	if run == nil {
		<-done
		return true
	}
	select {
	case <-done:
		return true
	case <-run.Done():
		return false
	}
}

func (s *Session) sleep(d time.Duration) {
	if run := s.run.Load(); run != nil {
		select {
		case <-time.After(d):
		case <-run.Done():
		}
		return
	}
	time.Sleep(d)
}
