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

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
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
	errNoProxy  = errors.New("GOPROXY names no proxy that can be used here: " +
		"this kernel fetches from module proxies, not from repositories")
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
	client := &http.Client{Transport: transport}
	p := &proxy{ctx: context.Background(), client: client, cache: cacheDir(), say: say}
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
	private := firstOf(os.Getenv("GONOPROXY"), os.Getenv("GOPRIVATE"))
	if module.MatchPrefixPatterns(private, path) {
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
		if err == nil && response.ContentLength > 0 &&
			int64(len(content)) != response.ContentLength {
			err = io.ErrUnexpectedEOF
		}
		return content, err
	}
	said := fmt.Errorf("%s: %s", request.URL.Redacted(), response.Status)
	isBusy := response.StatusCode == http.StatusTooManyRequests ||
		response.StatusCode == http.StatusRequestTimeout
	if response.StatusCode < 500 && !isBusy {
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
		isRelease := semver.IsValid(version) && semver.Prerelease(version) == ""
		if isRelease && semver.Compare(version, newest) > 0 {
			newest = version
		}
	}
	return newest
}
