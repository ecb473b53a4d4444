// Package modules brings third-party modules from a Go module proxy into Go's own module cache, and
// finds packages in them. Needs no Go toolchain; compiles nothing.
//
// Versions are chosen as Go does: of all that is required, the highest. What is in use stays as it
// is, because a program cannot hold two versions of a package.
package modules

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/mod/module"
)

// ErrNone is that no module has the package.
var ErrNone = errors.New("no module has this package")

// Modules is the modules of one session.
type Modules struct {
	// Refuse is why a package cannot be had although its module can; nil where there is no reason.
	Refuse func(path string) error

	proxy    *proxy
	mu       sync.Mutex
	selected map[string]string // module to version
	inUse    map[string]bool
	expanded map[module.Version]bool
	local    map[string]string // module to folder: the notebook's own, and its replacements
	failed   error
	say      func(string)
}

// New returns the modules of a session that has none yet. say tells the user what goes on.
func New(say func(string)) *Modules {
	return &Modules{
		Refuse: func(string) error { return nil },
		proxy:  newProxy(say), say: say, selected: map[string]string{}, inUse: map[string]bool{},
		expanded: map[module.Version]bool{}, local: map[string]string{},
	}
}

// Begin forgets the last failure; what is fetched from now on ends with ctx.
func (m *Modules) Begin(ctx context.Context) {
	m.failed = nil
	m.proxy.ctx = ctx
}

// Failed is why the last look-up found nothing.
func (m *Modules) Failed() error { return m.failed }

// Get chooses a version of a module and fetches it. Shape: MODULE, MODULE@VERSION; a package's path
// stands for its module.
func (m *Modules) Get(query string) (chosen string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	path, version, _ := strings.Cut(query, "@")
	found, err := m.resolve(path, version)
	if err != nil {
		return "", err
	}
	if old := m.selected[found.Path]; m.inUse[found.Path] && old != found.Version {
		return "", fmt.Errorf(
			"%s %s is in use by this session: restart the kernel, then get %s first",
			found.Path, old, found.Version)
	}
	m.selected[found.Path] = found.Version
	if err := m.expand(found); err != nil {
		return "", err
	}
	if _, err := m.proxy.fetch(found); err != nil {
		return "", err
	}
	return found.Path + " " + found.Version, nil
}

// Lookup finds a package's folder, fetching what is needed. It is the interpreter's own hook.
// Shape: found is also true for what fails: nobody else shall look.
func (m *Modules) Lookup(_, path string) (dir string, found bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	dir, err := m.find(path)
	if err != nil {
		if m.failed == nil {
			m.failed = fmt.Errorf("%s: %w", path, err)
		}
		return "", true
	}
	return dir, true
}

func (m *Modules) find(path string) (string, error) {
	if err := m.Refuse(path); err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(path, "/")
	if !strings.Contains(first, ".") && len(m.localCandidates(path)) == 0 {
		return "", fmt.Errorf("%w: it is not in the standard library", ErrNone)
	}
	m.readGoMod()
	for {
		dir, err := m.inSelected(path)
		if err == nil || !errors.Is(err, ErrNone) {
			return dir, err
		}
		more, err := m.expandUsed()
		if err != nil {
			return "", err
		}
		if !more {
			break
		}
	}
	found, err := m.resolve(path, "latest")
	if err != nil {
		return "", err
	}
	m.selected[found.Path] = found.Version
	if err := m.expand(found); err != nil {
		return "", err
	}
	return m.inSelected(path)
}

func (m *Modules) localCandidates(path string) []string {
	m.readGoMod()
	return prefixesOf(path, func(prefix string) bool { return m.local[prefix] != "" })
}

// inSelected looks into the chosen modules that can have the package, the longest path first.
func (m *Modules) inSelected(path string) (string, error) {
	for _, prefix := range m.localCandidates(path) {
		dir := filepath.Join(m.local[prefix], strings.TrimPrefix(path, prefix))
		if hasGo(dir) {
			return dir, nil
		}
	}
	isSelected := func(prefix string) bool { return m.selected[prefix] != "" }
	for _, prefix := range prefixesOf(path, isSelected) {
		root, err := m.proxy.fetch(module.Version{Path: prefix, Version: m.selected[prefix]})
		if err != nil {
			return "", err
		}
		dir := filepath.Join(root, strings.TrimPrefix(path, prefix))
		if hasGo(dir) {
			m.inUse[prefix] = true
			return dir, nil
		}
	}
	return "", ErrNone
}

func prefixesOf(path string, wanted func(string) bool) (prefixes []string) {
	for prefix := path; prefix != "." && prefix != "/"; prefix = pathDir(prefix) {
		if wanted(prefix) {
			prefixes = append(prefixes, prefix)
		}
	}
	return prefixes
}

func pathDir(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "."
}

func hasGo(dir string) bool {
	files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	return len(files) > 0
}
