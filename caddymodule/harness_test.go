package caddymodule_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
	"github.com/tidwall/gjson"

	_ "github.com/linkquay/linkquay/caddymodule"
	"github.com/linkquay/linkquay/openapi"
)

// The keys of the test sites.
const (
	nativeKey   = "native-key-0123456789"
	gempixelKey = "gempixel-key-0123456789"
	dglnkKey    = "dglnk-key-0123456789"
	otherKey    = "other-account-key-0123"
	readKey     = "read-only-key-0123456789"
)

// browser is the User-Agent of a human visitor.
const browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

func TestMain(m *testing.M) {
	home, err := os.MkdirTemp("", "linkquay")
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "LINKQUAY_DATA"} {
		if err := os.Setenv(name, home); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	_ = os.RemoveAll(home)
	os.Exit(code)
}

// site is a running Caddy. There is one at a time in a process.
type site struct {
	t    testing.TB
	base string
	dir  string
	port string
}

// start runs a Caddyfile. In it {{port}} is a free port, {{dir}} a folder.
func start(t testing.TB, caddyfile string) *site {
	t.Helper()
	s := &site{t: t, dir: folder(t), port: freePort(t)}
	s.base = "http://127.0.0.1:" + s.port
	if err := s.load(caddyfile); err != nil {
		t.Fatalf("starting: %v", err)
	}
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	})
	return s
}

// folder is t.TempDir for a running Caddy: the last request of a configuration
// may still be closing the database when Caddy has stopped.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "linkquay-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 200 {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Errorf("removing the folder: %v", err)
	})
	return dir
}

// freePort returns a port on which nothing listens. It is below those that
// systems give to outgoing connections, one of which could take it meanwhile.
func freePort(t testing.TB) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(10_000 + rand.IntN(20_000))
		if l, err := net.Listen("tcp", ":"+port); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no free port was found")
	return ""
}

// load replaces the running configuration.
func (s *site) load(caddyfile string) error {
	s.t.Helper()
	config, err := adapt(s.fill(caddyfile))
	if err != nil {
		return err
	}
	return caddy.Load(config, true)
}

func (s *site) fill(caddyfile string) string {
	return strings.NewReplacer("{{port}}", s.port, "{{dir}}", s.dir).Replace(caddyfile)
}

func adapt(caddyfile string) ([]byte, error) {
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), nil)
	return config, err
}

// nativeSite is a site with the native backend alone; options go into the
// global block.
func nativeSite(t testing.TB, options string) *site {
	t.Helper()
	return start(t, siteConfig(options))
}

func siteConfig(options string) string {
	return fmt.Sprintf(`{
	admin off
	persist_config off
	linkquay {
		database sqlite {{dir}}/linkquay.db
		key tester %s {
			scopes admin
		}
		key other %s {
			account other
		}
		key reader %s {
			scopes read
		}
		%s
	}
}
http://127.0.0.1:{{port}} {
	linkquay
}
`, nativeKey, otherKey, readKey, options)
}

// answer is a reply that was read to its end.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

func (a answer) get(path string) gjson.Result { return gjson.Get(a.Body, path) }

// do sends a request with the key as a bearer token, and checks that a JSON
// reply is what the contract says.
func (s *site) do(method, path, key, body string, header ...string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	r.Header.Set("User-Agent", browser)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return s.send(r)
}

func (s *site) send(r *http.Request) answer {
	s.t.Helper()
	client := &http.Client{
		Timeout:       20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	// When it replaces its listeners, Caddy ends some connections before it
	// reads a request from them.
	for range 3 {
		// net/http has no name for the last of these.
		if !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) &&
			(err == nil || !strings.Contains(err.Error(), "server closed idle connection")) {
			break
		}
		if r.GetBody != nil {
			if r.Body, err = r.GetBody(); err != nil {
				s.t.Fatal(err)
			}
		}
		resp, err = client.Do(r)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	a := answer{resp.StatusCode, resp.Header, string(body)}
	if strings.HasPrefix(r.URL.Path, "/api/") && strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		s.checkReply(r, a)
	}
	return a
}

// checkReply holds an answer against the contract, by the operation whose path
// it came from.
func (s *site) checkReply(r *http.Request, a answer) {
	s.t.Helper()
	contract, err := openapi.Load()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, op := range contract.Operations() {
		if op.Method != r.Method || !matches(op.Path, r.URL.Path) {
			continue
		}
		if err := op.ValidateReply(a.Status, []byte(a.Body)); err != nil {
			s.t.Errorf("%s %s: the reply breaks the contract: %v\n%d %s", r.Method, r.URL.Path, err, a.Status, a.Body)
		}
	}
}

func matches(template, path string) bool {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && !strings.HasPrefix(want[i], "{") {
			return false
		}
	}
	return true
}

// create makes a link and returns its id and short URL.
func (s *site) create(key, body string) (id int64, short string) {
	s.t.Helper()
	a := s.do("POST", "/api/url/add", key, body)
	if a.Status != 200 || a.get("error").Int() != 0 {
		s.t.Fatalf("create %s: %d %s", body, a.Status, a.Body)
	}
	return a.get("id").Int(), a.get("shorturl").String()
}

// upstream is a local server in a backend's place.
func upstream(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func readFile(t testing.TB, path ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
