package modules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"
)

const (
	tries       = 4
	firstPause  = 500 * time.Millisecond
	headersWait = 30 * time.Second
	biggestZip  = modzip.MaxZipFile
	direct      = "https://proxy.golang.org"
)

var (
	errNotThere = errors.New("not found")
	errNoProxy  = errors.New("GOPROXY names no proxy that can be used here: this kernel fetches from module proxies, not from repositories")
)

// proxy fetches from the proxies of GOPROXY into the module cache, in the layout of the go command.
type proxy struct {
	ctx    context.Context
	client *http.Client
	cache  string
	say    func(string)
	sums   *sums
}

func newProxy(say func(string)) *proxy {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = headersWait
	p := &proxy{ctx: context.Background(), client: &http.Client{Transport: transport}, cache: cacheDir(), say: say}
	p.sums = newSums(p)
	return p
}

// cacheDir is GOMODCACHE, or where Go has it without that.
func cacheDir() string {
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir
	}
	if dir := filepath.SplitList(os.Getenv("GOPATH")); len(dir) > 0 {
		return filepath.Join(dir[0], "pkg", "mod")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = os.TempDir()
	}
	return filepath.Join(home, "go", "pkg", "mod")
}

// source is one proxy. Shape: onAnyError as a "|" after it in GOPROXY means.
type source struct {
	base       string
	onAnyError bool
}

// sources are the proxies of GOPROXY; direct and off end the list.
func sources() (list []source) {
	setting := os.Getenv("GOPROXY")
	if setting == "" {
		setting = direct
	}
	for setting != "" {
		var one string
		i := strings.IndexAny(setting, ",|")
		anyError := false
		if i < 0 {
			one, setting = setting, ""
		} else {
			one, anyError, setting = setting[:i], setting[i] == '|', setting[i+1:]
		}
		one = strings.TrimSpace(one)
		if one == "off" || one == "direct" || one == "noproxy" {
			break
		}
		if one != "" {
			list = append(list, source{strings.TrimSuffix(one, "/"), anyError})
		}
	}
	return list
}

// get asks the proxies for a file of a module; errNotThere is what a module has not.
func (p *proxy) get(path, file string) ([]byte, error) {
	if private := os.Getenv("GONOPROXY"); module.MatchPrefixPatterns(firstOf(private, os.Getenv("GOPRIVATE")), path) {
		return nil, fmt.Errorf("%s is private (GOPRIVATE or GONOPROXY): %w", path, errNoProxy)
	}
	escaped, err := module.EscapePath(path)
	if err != nil {
		return nil, err
	}
	list := sources()
	if len(list) == 0 {
		return nil, errNoProxy
	}
	for i, from := range list {
		content, err := p.retry(from.base + "/" + escaped + file)
		if err == nil || i == len(list)-1 || !errors.Is(err, errNotThere) && !from.onAnyError {
			return content, err
		}
	}
	return nil, errNoProxy
}

func firstOf(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}

// retry fetches, again where the network or the proxy fails.
func (p *proxy) retry(address string) (content []byte, err error) {
	pause := firstPause
	for try := range tries {
		content, err = p.once(address)
		if err == nil || errors.Is(err, errNotThere) || p.ctx.Err() != nil || try == tries-1 {
			break
		}
		select {
		case <-time.After(pause):
			pause *= 3
		case <-p.ctx.Done():
		}
	}
	if p.ctx.Err() != nil {
		return nil, p.ctx.Err()
	}
	return content, err
}

func (p *proxy) once(address string) ([]byte, error) {
	if file, ok := strings.CutPrefix(address, "file://"); ok {
		content, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", address, errNotThere)
		}
		return content, err
	}
	request, err := http.NewRequestWithContext(p.ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := p.client.Do(request)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err // its address may hold a password
		}
		return nil, fmt.Errorf("%s: %w", request.URL.Redacted(), err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		content, err := io.ReadAll(io.LimitReader(response.Body, biggestZip))
		if err == nil && response.ContentLength > 0 && int64(len(content)) != response.ContentLength {
			err = io.ErrUnexpectedEOF
		}
		return content, err
	}
	said := fmt.Errorf("%s: %s", request.URL.Redacted(), response.Status)
	if response.StatusCode < 500 && response.StatusCode != http.StatusTooManyRequests && response.StatusCode != http.StatusRequestTimeout {
		return nil, fmt.Errorf("%w: %w", said, errNotThere)
	}
	return nil, said
}

// version is what a query means: an exact version, latest, or a branch or commit.
func (p *proxy) version(path, query string) (string, error) {
	if semver.IsValid(query) && semver.Canonical(query)+semver.Build(query) == query {
		_, err := p.cached(module.Version{Path: path, Version: query}, ".mod")
		return query, err
	}
	file := "/@latest"
	if query != "latest" && query != "upgrade" {
		escaped, err := module.EscapeVersion(query)
		if err != nil {
			return "", err
		}
		file = "/@v/" + escaped + ".info"
	}
	if file == "/@latest" {
		if newest := p.newestListed(path); newest != "" {
			return newest, nil
		}
	}
	content, err := p.get(path, file)
	if err != nil {
		if known := p.newestInCache(path); known != "" && file == "/@latest" {
			return known, nil
		}
		return "", fmt.Errorf("%w; if you know a version: %%get MODULE@VERSION", err)
	}
	var info struct{ Version string }
	if err := json.Unmarshal(content, &info); err != nil || !semver.IsValid(info.Version) {
		return "", fmt.Errorf("%s: the proxy's answer is no version", path)
	}
	return info.Version, nil
}

// newestListed is the newest release of a module; without releases, or a list: "".
func (p *proxy) newestListed(path string) (newest string) {
	list, err := p.get(path, "/@v/list")
	if err != nil {
		return ""
	}
	for _, line := range strings.Split(string(list), "\n") {
		version, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if semver.IsValid(version) && semver.Prerelease(version) == "" && semver.Compare(version, newest) > 0 {
			newest = version
		}
	}
	return newest
}

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
		return fmt.Errorf("%s %s: checksum mismatch: its content is not that of its first download; was %s, is %s (%s)", v.Path, v.Version, strings.TrimSpace(string(known)), hash, file)
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
