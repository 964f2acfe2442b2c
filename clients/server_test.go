// Package clients_test drives real clients of the APIs that are spoken here,
// as they are, against a running server: only the host is changed.
package clients_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	// What the command is built of is what these tests are about: a result of
	// theirs is not to be remembered when it has changed.
	_ "github.com/linkquay/linkquay/caddymodule"
	"github.com/linkquay/linkquay/simulate"
	"github.com/linkquay/linkquay/simulate/dglnk"
	"github.com/linkquay/linkquay/simulate/gempixel"
)

// The backends of a server, each of which has a key of the same name.
const (
	native  = "native"
	script  = "gempixel"
	dglnk1  = "dglnk-1"
	dglnk3  = "dglnk-3"
	siteKey = "the-key-of-the-site-0123456789"
)

var backends = []string{native, script, dglnk1, dglnk3}

// keyOf is the key whose links live on the backend.
func keyOf(backend string) string { return backend + "-key-0123456789" }

// scratch is the folder of what all tests share.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "linkquay-clients-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// binary builds the command, once.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "caddy")
	out, err := exec.Command("go", "build", "-o", path, "../cmd/caddy").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building: %w\n%s", err, out)
	}
	return path, nil
})

// server is a running server with a backend of each kind, of which the remote
// ones are simulated sites.
type server struct {
	t    testing.TB
	base string // its address, such as "http://127.0.0.1:8080"
	dir  string
	env  []string
	log  *bytes.Buffer // complete once the server has ended
}

const caddyfile = `{
	admin off
	persist_config off
	linkquay {
		database sqlite {{dir}}/linkquay.db
		rate_limit off
		failed_attempts off
		%s
	}
}
http://127.0.0.1:{{port}} {
	linkquay
}
`

// mustServe starts a server, to be ended with the test. Options are further
// lines of the global block, in which {{gempixel}} and the like are the
// addresses of the sites.
func mustServe(t testing.TB, options ...string) *server {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, dir: t.TempDir(), log: new(bytes.Buffer)}
	port := freePort(t)
	s.base = "http://127.0.0.1:" + port
	s.env = append(os.Environ(), "HOME="+s.dir, "XDG_CONFIG_HOME="+s.dir, "XDG_DATA_HOME="+s.dir)

	var lines []string
	for name, site := range map[string]http.Handler{
		script: gempixel.New(gempixel.Options{Keys: map[string]string{siteKey: "main"}}),
		dglnk1: dglnk.New(dglnk.Options{APIVersion: 1, Key: siteKey, Pixels: map[int64]string{1: "Shop"}}),
		dglnk3: dglnk.New(dglnk.Options{APIVersion: 3, Key: siteKey}),
	} {
		at, err := simulate.Start(t.Context(), site, simulate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		adapter, version, remote := strings.Cut(name, "-")
		if remote {
			version = "api_version " + version + "\nunsupported_fields warn"
		}
		lines = append(lines, fmt.Sprintf("backend %s %s %s {\napi_key %s\n%s\n}", name, adapter, at.URL, siteKey, version))
	}
	for _, name := range backends {
		lines = append(lines, fmt.Sprintf("key %s %s {\nbackend %s\nscopes admin\n}", name, keyOf(name), name))
	}
	config := fmt.Sprintf(caddyfile, strings.Join(append(lines, options...), "\n"))
	config = strings.NewReplacer("{{port}}", port, "{{dir}}", s.dir).Replace(config)
	if err := os.WriteFile(filepath.Join(s.dir, "Caddyfile"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(path)
	return s
}

// run starts the command and waits until it answers.
func (s *server) run(path string) {
	s.t.Helper()
	cmd := exec.Command(path, "run", "--config", "Caddyfile")
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = s.dir, s.env, s.log, s.log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil || s.t.Failed() && testing.Verbose() {
			s.t.Errorf("the server ended (%v):\n%s", err, s.log)
		}
	})
	for range 400 {
		resp, err := http.Get(s.base + "/api/health")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.t.Fatal("the server did not start")
}

// token is the signature token of a key, as an operator prints it.
func (s *server) token(key string) string {
	s.t.Helper()
	path, err := binary()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.CommandContext(s.t.Context(), path, "linkquay", "key", "token", key, "--config", "Caddyfile")
	cmd.Dir, cmd.Env = s.dir, s.env
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("key token: %v\n%s", err, &failure)
	}
	return strings.TrimSpace(string(out))
}

// freePort returns a port on which nothing listens. It is below those that
// systems give to outgoing connections, one of which could take it meanwhile.
func freePort(t testing.TB) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(10_000 + rand.IntN(20_000))
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no free port was found")
	return ""
}
