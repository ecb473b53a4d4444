package modules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/dirhash"
)

// sums checks what is fetched against the checksum database, as the go command does: GOSUMDB,
// GONOSUMDB and GOPRIVATE mean what they mean there. Where the database cannot be reached, the hash
// of the first download is what later ones have to have, and the user is told so once.
type sums struct {
	proxy       *proxy
	once        sync.Once
	client      *sumdb.Client
	unreachable bool
}

const defaultDatabase = "sum.golang.org"

// The key that the go command has built in: https://go.dev/ref/mod#checksum-database
var databaseKeys = map[string]string{
	defaultDatabase: "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
}

func newSums(p *proxy) *sums { return &sums{proxy: p} }

// database is the name and key of GOSUMDB; empty where it is off.
func database() (name, key string) {
	setting := os.Getenv("GOSUMDB")
	if setting == "" {
		setting = defaultDatabase
	}
	words := strings.Fields(setting)
	if setting == "off" || len(words) == 0 {
		return "", ""
	}
	name, _, _ = strings.Cut(words[0], "+")
	if known, ok := databaseKeys[name]; ok && known != "" && name == words[0] {
		return name, known
	}
	return name, words[0]
}

func (s *sums) checkMod(v module.Version, content []byte) error {
	hash, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	})
	if err != nil {
		return err
	}
	return s.check(v, "/go.mod", hash)
}

// check compares. Shape: suffix is "" or "/go.mod".
func (s *sums) check(v module.Version, suffix, hash string) error {
	skip := firstOf(os.Getenv("GONOSUMDB"), os.Getenv("GOPRIVATE"))
	name, _ := database()
	if name == "" || s.unreachable || module.MatchPrefixPatterns(skip, v.Path) {
		return nil
	}
	s.once.Do(func() { s.client = sumdb.NewClient(s) })
	lines, err := s.client.Lookup(v.Path, v.Version+suffix)
	if errors.Is(err, sumdb.ErrSecurity) {
		return fmt.Errorf("%s %s: the checksum database %s cannot be trusted: %w",
			v.Path, v.Version, name, err)
	}
	if s.proxy.ctx.Err() != nil {
		return s.proxy.ctx.Err()
	}
	if err != nil {
		s.unreachable = true
		s.proxy.say(name + " cannot be asked for checksums: " +
			"modules are checked against their first download only")
		return nil
	}
	want := fmt.Sprintf("%s %s%s %s", v.Path, v.Version, suffix, hash)
	for _, line := range lines {
		if line == want {
			return nil
		}
	}
	return fmt.Errorf("%s %s: checksum mismatch: %s, but %s has %s",
		v.Path, v.Version, hash, name, strings.Join(lines, ", "))
}

// What follows is sumdb.ClientOps.

// ReadRemote asks the proxies for the database's file, and then the database itself.
func (s *sums) ReadRemote(path string) ([]byte, error) {
	name, _ := database()
	for _, from := range sources() {
		if content, err := s.proxy.once(from.base + "/sumdb/" + name + path); err == nil {
			return content, nil
		}
	}
	return s.proxy.once("https://" + name + path)
}

func (s *sums) configFile(file string) string {
	return filepath.Join(s.proxy.cache, "cache", "download", "sumdb", file)
}

// ReadConfig reads the key, or the newest state of the database that was seen.
func (s *sums) ReadConfig(file string) ([]byte, error) {
	if file == "key" {
		_, key := database()
		return []byte(key), nil
	}
	content, err := os.ReadFile(s.configFile(file))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return content, err
}

// WriteConfig replaces it, if it is still what it was.
func (s *sums) WriteConfig(file string, old, content []byte) error {
	if now, err := s.ReadConfig(file); err == nil && !bytes.Equal(now, old) {
		return sumdb.ErrWriteConflict
	}
	return writeWhole(s.configFile(file), content)
}

// ReadCache and WriteCache keep what never changes.
func (s *sums) ReadCache(file string) ([]byte, error) { return os.ReadFile(s.configFile(file)) }

// WriteCache may fail: then it is asked for again.
func (s *sums) WriteCache(file string, content []byte) {
	_ = writeWhole(s.configFile(file), content)
}

// Log is of no interest.
func (s *sums) Log(string) {}

// SecurityError is returned by Lookup as ErrSecurity too.
func (s *sums) SecurityError(message string) { s.proxy.say(message) }
