package modules

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"
)

// newestInCache is for working offline.
func (p *proxy) newestInCache(path string) (newest string) {
	escaped, err := module.EscapePath(path)
	if err != nil {
		return ""
	}
	files, _ := filepath.Glob(filepath.Join(p.cache, "cache", "download", escaped, "@v", "*.zip"))
	for _, file := range files {
		version, err := module.UnescapeVersion(strings.TrimSuffix(filepath.Base(file), ".zip"))
		if err == nil && semver.Compare(version, newest) > 0 {
			newest = version
		}
	}
	return newest
}

// place is where the cache has a file of a module.
func (p *proxy) place(v module.Version, suffix string) (string, error) {
	path, err := module.EscapePath(v.Path)
	if err != nil {
		return "", err
	}
	version, err := module.EscapeVersion(v.Version)
	if err != nil {
		return "", err
	}
	return filepath.Join(p.cache, "cache", "download", path, "@v", version+suffix), nil
}

// cached is a module's file, from the cache or fetched into it. What is fetched is checked first.
func (p *proxy) cached(v module.Version, suffix string) (file string, err error) {
	if file, err = p.place(v, suffix); err != nil {
		return "", err
	}
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	version, err := module.EscapeVersion(v.Version)
	if err != nil {
		return "", err
	}
	content, err := p.get(v.Path, "/@v/"+version+suffix)
	if err != nil {
		return "", err
	}
	if suffix == ".mod" {
		if err := p.sums.checkMod(v, content); err != nil {
			return "", err
		}
	}
	return file, writeWhole(file, content)
}

// writeWhole lets nobody see half a file.
func writeWhole(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(content)
	if err == nil {
		err = file.Chmod(0o644)
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func (p *proxy) goMod(v module.Version) (*modfile.File, error) {
	path, err := p.cached(v, ".mod")
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return modfile.ParseLax(path, content, nil)
}

// fetch returns the folder of a module's sources, which it fetches and unpacks if need be.
func (p *proxy) fetch(v module.Version) (string, error) {
	path, err := module.EscapePath(v.Path)
	if err != nil {
		return "", err
	}
	version, err := module.EscapeVersion(v.Version)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(p.cache, path+"@"+version)
	if files, err := os.ReadDir(dir); err == nil && len(files) > 0 {
		return dir, nil
	}
	if zip, _ := p.place(v, ".zip"); zip != "" {
		if _, err := os.Stat(zip); err != nil {
			p.say("downloading " + v.Path + " " + v.Version)
		}
	}
	zip, err := p.cached(v, ".zip")
	if err != nil {
		return "", err
	}
	if err := p.checkZip(v, zip); err != nil {
		return "", err
	}
	return dir, unpack(v, zip, dir)
}

// checkZip compares the hash with the checksum database's, and with that of the first download.
func (p *proxy) checkZip(v module.Version, zip string) error {
	hash, err := dirhash.HashZip(zip, dirhash.Hash1)
	if err == nil {
		err = p.sums.check(v, "", hash)
	}
	if err == nil {
		err = p.firstHash(v, hash)
	}
	if err != nil {
		os.Remove(zip)
	}
	return err
}

func (p *proxy) firstHash(v module.Version, hash string) error {
	file, err := p.place(v, ".ziphash")
	if err != nil {
		return err
	}
	if known, err := os.ReadFile(file); err == nil && strings.TrimSpace(string(known)) != hash {
		return fmt.Errorf("%s %s: checksum mismatch: "+
			"its content is not that of its first download; was %s, is %s (%s)",
			v.Path, v.Version, strings.TrimSpace(string(known)), hash, file)
	}
	return writeWhole(file, []byte(hash))
}

func unpack(v module.Version, zip, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(filepath.Dir(dir), ".new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	if err := modzip.Unzip(scratch, v, zip); err != nil {
		return err
	}
	if err := os.Chmod(scratch, 0o755); err != nil {
		return err
	}
	err = os.Rename(scratch, dir)
	if files, there := os.ReadDir(dir); there == nil && len(files) > 0 {
		return nil // another kernel was quicker
	}
	return err
}
