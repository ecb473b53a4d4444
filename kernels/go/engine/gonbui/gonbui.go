// Package gonbui has the source of gonb's package of that name as cells see it: the same functions,
// on this kernel's displays. It sends nothing itself.
package gonbui

import (
	_ "embed"
	"errors"
	"slices"
)

// Path is how gonb's notebooks import it.
const Path = "github.com/janpfeifer/gonb/gonbui"

//go:embed _source/gonbui.go
var source string

//go:embed _source/protocol.go
var protocol string

//go:embed _source/constraints.go
var constraints string

// Packages are the sources by import path. gonb imports the last one by itself.
var Packages = map[string]string{
	Path: source, Path + "/protocol": protocol, "golang.org/x/exp/constraints": constraints,
}

var refused = []string{Path + "/comms", Path + "/widgets", Path + "/wasm"}

// Refuse is why a package of gonb's cannot be imported; nil if it can.
func Refuse(path string) error {
	if slices.Contains(refused, path) {
		return errors.New("it needs a connection from the page back to Go, which this kernel " +
			"has not; gonbui itself displays, updates and asks for input")
	}
	return nil
}
