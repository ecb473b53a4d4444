// Command generate writes the standard library's documentation, as the engine embeds it: for each
// package and each exported name, how it is declared and what its comment says.
// Usage: generate GOROOT/src FILE
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/gob"
	"fmt"
	"os"
	"path/filepath"

	"labinit/kernels/go/engine/docs"
)

func main() {
	all := map[string]map[string]docs.Entry{}
	root := os.Args[1]
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		name, _ := filepath.Rel(root, path)
		switch entry.Name() {
		case "internal", "vendor", "testdata", "cmd":
			return filepath.SkipDir
		}
		if found := docs.ReadDir(path, name); found != nil {
			all[name] = found
		}
		return nil
	})
	if err == nil {
		err = write(os.Args[2], all)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func write(path string, all map[string]map[string]docs.Entry) error {
	var packed bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err := gob.NewEncoder(zip).Encode(all); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, packed.Bytes(), 0o644)
}
