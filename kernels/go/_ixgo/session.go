package ixgo

// Session: one interpreter that grows by a package a cell. Compiles and runs; knows no Jupyter, and
// nothing of what a cell is. Copied into the vendored ixgo at build, because it needs its insides.

import (
	"errors"
	"fmt"
	"go/ast"
	"go/types"
	"reflect"
	"runtime/debug"
	"sync/atomic"
	"unsafe"

	"golang.org/x/tools/go/ssa"
)

// maxStack is room for calls nested as deep as they may be.
const maxStack = 4 << 30

// Session is the interpreter and what it has compiled so far.
type Session struct {
	Ctx   *Context
	b     *SSABuilder
	i     *Interp
	known map[*ssa.Package]bool
	visit *visitor
}

// NewSession returns an empty one.
func NewSession(ctx *Context) (*Session, error) {
	debug.SetMaxStack(maxStack)
	s := &Session{Ctx: ctx, b: NewSSABuilder(ctx), known: map[*ssa.Package]bool{}}
	f, err := ctx.ParseFile("init.go", "package main\nfunc main(){}\n")
	if err != nil {
		return nil, err
	}
	empty := types.NewPackage("main", "main")
	source := &SourcePackage{Context: ctx, Package: empty, Files: []*ast.File{f}}
	if err := source.Load(); err != nil {
		return nil, err
	}
	pkg, err := s.b.BuildMain(source)
	if err != nil {
		return nil, err
	}
	s.known[pkg] = true
	if s.i, err = newInterp(ctx, pkg, nil); err != nil {
		return nil, err
	}
	s.visit = &visitor{
		intp: s.i, prog: pkg.Prog, pkgs: map[*ssa.Package]bool{}, seen: map[*ssa.Function]bool{},
		base: fnBase + 1000,
	}
	return s, nil
}

// Address returns where a variable is: nil if there is none of that name.
func (s *Session) Address(name string) unsafe.Pointer {
	v, ok := s.i.globals["main."+name]
	if !ok {
		return nil
	}
	return reflect.ValueOf(v).UnsafePointer()
}

// Value returns a variable's value.
func (s *Session) Value(name string) reflect.Value {
	return reflect.ValueOf(s.i.globals["main."+name]).Elem()
}

func (s *Session) addGlobals(p *ssa.Package, addresses map[string]unsafe.Pointer) {
	i := s.i
	for _, member := range p.Members {
		v, ok := member.(*ssa.Global)
		if !ok {
			continue
		}
		key, typ := v.String(), i.preToType(deref(v.Type()))
		if at := addresses[v.Name()]; at != nil {
			i.globals[key] = reflect.NewAt(typ, at).Interface()
		} else if ext, ok := findExternValue(i, key); ok &&
			ext.Kind() == reflect.Ptr && ext.Elem().Type() == typ {
			i.globals[key] = ext.Interface()
		} else {
			i.globals[key] = reflect.New(typ).Interface()
		}
	}
}

// Cell is what a cell adds: a type-checked package, and variables without source, of any type.
// Shape: a variable with an address is there already; its type has to be that of the value.
type Cell struct {
	Package   *types.Package
	Files     []*ast.File
	Info      *types.Info
	Vars      *types.Package
	Addresses map[string]unsafe.Pointer
}

// Load compiles a cell, and what it imports.
func (s *Session) Load(c Cell) (err error) {
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("%v", e)
		}
	}()
	s.Ctx.checkNested(c.Package, c.Info)
	// The imports first: the methods of the variables' types are theirs.
	s.b.BuildImports(c.Package, true)
	vars := s.b.prog.CreatePackage(c.Vars, nil, nil, false)
	s.i.record.Load(vars)
	s.addGlobals(vars, c.Addresses)
	p := s.b.prog.CreatePackage(c.Package, c.Files, c.Info, false)
	p.Build()
	s.i.record.Load(p)
	for _, q := range append(s.b.prog.AllPackages(), p) {
		if s.known[q] || q.Func("init") == nil || q.Func("init").Blocks == nil {
			continue
		}
		s.known[q] = true
		s.addGlobals(q, c.Addresses)
	}
	s.i.mainpkg = p
	for q := range s.known {
		s.visit.pkgs[q] = true
	}
	s.visit.program()
	return nil
}

// Run calls init, then fn of the newest package, until they end or the run is stopped.
func (s *Session) Run(run *Task, fn string) error {
	s.i.task.Store(run)
	atomic.StoreInt32(&s.i.exited, 0)
	ended := make(chan error, 1)
	go func() {
		err := errors.New("runtime.Goexit was called")
		defer func() { ended <- err }()
		if err = s.call(run, "init"); err == nil {
			err = s.call(run, fn)
		}
	}()
	defer atomic.StoreInt32(&run.ended, 1)
	select {
	case err := <-ended:
		return err
	case err := <-run.failed:
		run.Stop()
		return err
	case <-run.done:
		return ErrStopped
	}
}

func (s *Session) call(run *Task, name string) (err error) {
	root := &frame{interp: s.i, task: run}
	defer func() {
		if cause := recover(); cause != nil {
			err = panicError(root, cause)
		}
	}()
	s.i.call(root, s.i.mainpkg.Func(name), nil, nil)
	if run.stopped() {
		return ErrStopped
	}
	return nil
}

func (i *Interp) funcOf(fn *ssa.Function) *function {
	i.tables.RLock()
	defer i.tables.RUnlock()
	return i.funcs[fn]
}

func (i *Interp) msetOf(typ reflect.Type) (map[string]*ssa.Function, bool) {
	i.tables.RLock()
	defer i.tables.RUnlock()
	methods, ok := i.msets[typ]
	return methods, ok
}
