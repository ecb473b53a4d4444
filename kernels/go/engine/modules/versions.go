package modules

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// What follows chooses the versions: from what modules and the notebook's own go.mod require,
// and from what a query means.

// expand reads what a module requires. A module of Go 1.17 or later names all it needs itself.
func (m *Modules) expand(v module.Version) error {
	todo := []module.Version{v}
	for len(todo) > 0 {
		next := todo[0]
		todo = todo[1:]
		if m.expanded[next] {
			continue
		}
		m.expanded[next] = true
		file, err := m.proxy.goMod(next)
		if err != nil {
			return err
		}
		for _, require := range file.Require {
			m.raise(require.Mod)
			if file.Go == nil || semver.Compare("v"+file.Go.Version, "v1.17") < 0 {
				todo = append(todo, require.Mod)
			}
		}
	}
	return nil
}

func (m *Modules) raise(v module.Version) {
	if !m.inUse[v.Path] && semver.Compare(m.selected[v.Path], v.Version) < 0 {
		m.selected[v.Path] = v.Version
	}
}

// expandUsed reads what those modules require that are in use but were only required so far.
func (m *Modules) expandUsed() (more bool, err error) {
	var used []string
	for path := range m.inUse {
		used = append(used, path)
	}
	sort.Strings(used)
	for _, path := range used {
		v := module.Version{Path: path, Version: m.selected[path]}
		if m.expanded[v] {
			continue
		}
		if err := m.expand(v); err != nil {
			return false, err
		}
		more = true
	}
	return more, nil
}

// resolve finds the module of a package, and the version that a query means.
func (m *Modules) resolve(path, query string) (module.Version, error) {
	if query == "" {
		query = "latest"
	}
	var first error
	for prefix := path; prefix != "."; prefix = pathDir(prefix) {
		if module.CheckPath(prefix) != nil || !strings.Contains(prefix, ".") {
			continue
		}
		version, err := m.proxy.version(prefix, query)
		if err == nil {
			return module.Version{Path: prefix, Version: version}, nil
		}
		if first == nil || !errors.Is(err, errNotThere) && errors.Is(first, errNotThere) {
			first = err
		}
		if errors.Is(err, context.Canceled) {
			break
		}
	}
	if first == nil {
		first = ErrNone
	}
	return module.Version{}, first
}

// readGoMod takes the requirements of the go.mod of the working directory or one above it.
func (m *Modules) readGoMod() {
	dir, err := os.Getwd()
	if err != nil {
		return
	}
	for ; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "go.mod")
		content, err := os.ReadFile(path)
		if err == nil {
			m.take(path, dir, content)
			return
		}
		if dir == filepath.Dir(dir) {
			return
		}
	}
}

func (m *Modules) take(path, dir string, content []byte) {
	file, err := modfile.ParseLax(path, content, nil)
	if err != nil || file.Module == nil || m.local[file.Module.Mod.Path] == dir {
		return
	}
	m.local[file.Module.Mod.Path] = dir
	for _, require := range file.Require {
		m.raise(require.Mod)
	}
	for _, replace := range file.Replace {
		if replace.New.Version == "" {
			target := replace.New.Path
			if !filepath.IsAbs(target) {
				target = filepath.Join(dir, target)
			}
			m.local[replace.Old.Path] = target
		}
	}
}
