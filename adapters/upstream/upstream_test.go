package upstream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/linkquay/linkquay/api"
)

const secret api.Secret = "T0ken+with/odd=bytes"

func mustClient(tb testing.TB, cfg Config) *Client {
	tb.Helper()
	if cfg.Key == "" {
		cfg.Key = secret
	}
	if cfg.Backend == "" {
		cfg.Backend = "kr"
	}
	if cfg.RetryPause == 0 {
		cfg.RetryPause = time.Millisecond
	}
	c, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

func TestNew(t *testing.T) {
	for _, address := range []string{
		"", "example.com", "ftp://example.com", "https://", "https://:443", "https://user:pass@example.com", "https://example.com/?a=b",
		"https://example.com/?", "https://example.com/#x", "https://a,b", "http://[::1", "https://example.com/../x", "unix:///run/x",
	} {
		_, err := New(Config{BaseURL: address})
		if err == nil {
			t.Errorf("New(%q) = nil; want an error", address)
		} else if strings.Contains(err.Error(), "pass") && strings.Contains(address, "pass@") && strings.Contains(err.Error(), "user:") {
			t.Errorf("New(%q) = %v; it repeats the password", address, err)
		}
	}
	if _, err := New(Config{BaseURL: "https://example.com", Key: "a b\r\nX: y"}); err == nil || strings.Contains(err.Error(), "a b") {
		t.Errorf("New with a key of two lines = %v", err)
	}
	c, err := New(Config{BaseURL: "https://App.Example.com:8443/sub/"})
	if err != nil || c.Host() != "app.example.com" || c.HasKey() {
		t.Errorf("New = %+v, %v", c, err)
	}
}

// What goes over the wire, byte by byte.
func TestClient_Wire(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		req  Request
		want string
	}{
		{
			"get",
			Config{BaseURL: "/"},
			Request{Method: "GET", Path: "/api/urls", Query: url.Values{"q": {"a b&c"}}},
			"GET /api/urls?q=a+b%26c HTTP/1.1|User-Agent: Linkquay|Content-Type: application/json|Accept: application/json|Authorization: Bearer T0ken+with/odd=bytes",
		},
		{
			"post",
			Config{BaseURL: "/sub/"},
			Request{Method: "POST", Path: "/api/%2e/x", Body: []byte(`{}`)},
			"",
		},
		{
			"prefix",
			Config{BaseURL: "/sub/"},
			Request{Method: "POST", Path: "/api/a%20b", Body: []byte(`{}`)},
			"POST /sub/api/a%20b HTTP/1.1|User-Agent: Linkquay|Content-Type: application/json|Content-Length: 2|Accept: application/json|Authorization: Bearer T0ken+with/odd=bytes",
		},
		{
			"query-key",
			Config{BaseURL: "/", KeyQuery: "api_token"},
			Request{Method: "POST", Path: "/api/links", Query: url.Values{"a": {"1"}}, Body: []byte(`{}`)},
			"POST /api/links?a=1&api_token=T0ken%2Bwith%2Fodd%3Dbytes HTTP/1.1|User-Agent: Linkquay|Content-Type: application/json|Content-Length: 2|Accept: application/json",
		},
		{
			"bearer-beside-query-key",
			Config{BaseURL: "/", KeyQuery: "api_token"},
			Request{Method: "GET", Path: "/api/v1/link", Bearer: true},
			"GET /api/v1/link HTTP/1.1|User-Agent: Linkquay|Content-Type: application/json|Accept: application/json|Authorization: Bearer T0ken+with/odd=bytes",
		},
		{
			"own-key",
			Config{BaseURL: "/"},
			Request{Method: "DELETE", Path: "/api/url/1/delete", Key: "callers"},
			"DELETE /api/url/1/delete HTTP/1.1|User-Agent: Linkquay|Content-Type: application/json|Content-Length: 0|Accept: application/json|Authorization: Bearer callers",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			address, seen := wire(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
			c.cfg.BaseURL = "http://" + address + c.cfg.BaseURL
			_, err := mustClient(t, c.cfg).Do(t.Context(), &c.req)
			if c.want == "" {
				if err == nil {
					t.Error("Do = nil; want an error")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(<-seen, "|Host: "+address, ""); got != c.want {
				t.Errorf("sent\n%s; want\n%s", got, c.want)
			}
		})
	}
}

// wire starts a server that answers one request with reply and tells its head.
func wire(tb testing.TB, reply string) (string, <-chan string) {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = ln.Close() })
	seen := make(chan string, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		var lines []string
		for {
			line, err := r.ReadString('\n')
			if err != nil || strings.TrimSpace(line) == "" {
				break
			}
			lines = append(lines, strings.TrimSpace(line))
		}
		seen <- strings.Join(lines, "|")
		_, _ = io.WriteString(conn, reply)
	}()
	return ln.Addr().String(), seen
}

func TestClient_BadPath(t *testing.T) {
	c := mustClient(t, Config{BaseURL: "http://127.0.0.1:1"})
	for _, path := range []string{"", "api", "/a b", "/a\r\nX: y", "/a?b", "/a#b", "/../x", "/a/%2E%2e/b", "/é"} {
		if _, err := c.Do(t.Context(), &Request{Method: "GET", Path: path}); err == nil || !strings.Contains(err.Error(), "bad path") {
			t.Errorf("Do(%q) = %v; want a bad path", path, err)
		}
	}
}

func TestClient_KeyIsKept(t *testing.T) {
	// Nobody listens: the dial fails before anything is sent.
	c := mustClient(t, Config{BaseURL: "http://127.0.0.1:1", KeyQuery: "api_token"})
	_, err := c.Do(t.Context(), &Request{Method: "POST", Path: "/api", Body: []byte("{}")})
	if !NotSent(err) {
		t.Errorf("Do = %v; want one that was not sent", err)
	}
	_, upload := c.Do(t.Context(), &Request{Method: "POST", Path: "/api", Stream: strings.NewReader("x"), Size: 1})
	for _, err := range []error{err, upload} {
		e := api.AsError(err)
		if e.Code != api.Unavailable {
			t.Errorf("Do = %v; want Unavailable", err)
		}
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, e.Err), fmt.Sprintf("%v %+v %#v", c.cfg.Key, c.cfg.Key, c.cfg.Key)} {
			if strings.Contains(text, "T0ken") || strings.Contains(text, "api_token") {
				t.Errorf("the key or its URL is in %q", text)
			}
		}
	}
	for _, key := range []api.Secret{"a\nb", "é", " "} {
		if _, err := c.Do(t.Context(), &Request{Method: "GET", Path: "/", Key: key}); api.AsError(err).Code != api.Unauthorized {
			t.Errorf("Do with the key %q = %v; want Unauthorized", key.Reveal(), err)
		}
	}
}

func TestClient_Redirect(t *testing.T) {
	var hits atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer other.Close()
	site := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer site.Close()
	c := mustClient(t, Config{BaseURL: site.URL})
	for _, r := range []*Request{{Method: "GET", Path: "/"}, {Method: "POST", Path: "/", Stream: strings.NewReader("x"), Size: 1}} {
		if _, err := c.Do(t.Context(), r); api.AsError(err).Code != api.Unauthorized {
			t.Errorf("Do = %v; want Unauthorized", err)
		}
	}
	if hits.Load() != 0 {
		t.Error("the redirect was followed")
	}
}

// A connection that the backend closes while it is kept costs no call.
func TestClient_StaleConnection(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }))
	defer site.Close()
	c := mustClient(t, Config{BaseURL: site.URL})
	for range 5 {
		for _, method := range []string{"GET", "POST"} {
			if _, err := c.Do(t.Context(), &Request{Method: method, Path: "/"}); err != nil {
				t.Fatalf("%s = %v", method, err)
			}
			site.CloseClientConnections()
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func TestClient_Cancel(t *testing.T) {
	quit := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-quit:
		}
	}))
	defer site.Close()
	defer close(quit)
	c := mustClient(t, Config{BaseURL: site.URL, Timeout: time.Minute})
	for _, method := range []string{"GET", "POST"} {
		request := func() *Request {
			r := &Request{Method: method, Path: "/"}
			if method == "POST" {
				r.Stream, r.Size = strings.NewReader("x"), 1
			}
			return r
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(30*time.Millisecond, cancel)
		start := time.Now()
		_, err := c.Do(ctx, request())
		if !errors.Is(err, context.Canceled) || api.AsError(err).Code != api.Unavailable || time.Since(start) > 3*time.Second {
			t.Errorf("Do = %v after %s; want Unavailable for the cancellation", err, time.Since(start))
		}
		ctx, cancel = context.WithTimeout(t.Context(), 30*time.Millisecond)
		if _, err = c.Do(ctx, request()); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "in time") {
			t.Errorf("Do = %v; want the deadline", err)
		}
		cancel()
	}
}

// Replies belong to the calls that asked, also when many share few connections
// and some of them give up.
func TestClient_Concurrent(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("slow") != "" {
			time.Sleep(5 * time.Millisecond)
		}
		fmt.Fprintf(w, `{"n":%q}`, r.URL.Query().Get("n"))
	}))
	defer site.Close()
	c := mustClient(t, Config{BaseURL: site.URL})
	c.json.SetMaxConns(4)
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 50 {
				n := fmt.Sprintf("%d-%d", g, i)
				query := url.Values{"n": {n}}
				ctx, cancel := context.WithCancel(t.Context())
				if i%5 == 0 {
					query.Set("slow", "1")
					time.AfterFunc(2*time.Millisecond, cancel)
				}
				resp, err := c.Do(ctx, &Request{Method: "GET", Path: "/", Query: query})
				cancel()
				if err == nil && string(resp.Document) != fmt.Sprintf(`{"n":%q}`, n) {
					t.Errorf("asked %s, got %s", n, resp.Document)
				}
				if err != nil && i%5 != 0 {
					t.Errorf("Do = %v", err)
				}
			}
		})
	}
	wg.Wait()
}

func TestClient_TLS(t *testing.T) {
	site := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }))
	defer site.Close()
	strict := mustClient(t, Config{BaseURL: site.URL})
	trusting := mustClient(t, Config{BaseURL: site.URL, TLS: site.Client().Transport.(*http.Transport).TLSClientConfig})
	requests := func() []*Request {
		return []*Request{{Method: "GET", Path: "/"}, {Method: "POST", Path: "/", Stream: strings.NewReader("x"), Size: -1}}
	}
	for _, r := range requests() {
		_, err := strict.Do(t.Context(), r)
		if err == nil {
			t.Error("a certificate of nobody was accepted")
		}
		if r.Stream == nil && !NotSent(err) {
			t.Errorf("Do = %v; want one that was not sent", err)
		}
	}
	for range 3 {
		for _, r := range requests() {
			if _, err := trusting.Do(t.Context(), r); err != nil {
				t.Errorf("Do = %v", err)
			}
		}
	}
}

func TestClient_Observe(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/close" {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	defer site.Close()
	var seen []int
	c := mustClient(t, Config{BaseURL: site.URL, Observe: func(status int, d time.Duration) {
		if d <= 0 {
			t.Errorf("it took %s", d)
		}
		seen = append(seen, status)
	}})
	_, _ = c.Do(t.Context(), &Request{Method: "POST", Path: "/"})
	_, _ = c.Do(t.Context(), &Request{Method: "POST", Path: "/close"})
	if len(seen) != 2 || seen[0] != http.StatusTeapot || seen[1] != 0 {
		t.Errorf("observed %v; want [418 0]", seen)
	}
}

func TestClient_NoGoroutineStays(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent(), goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner"))
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "{}")
	}))
	defer site.Close()
	c := mustClient(t, Config{BaseURL: site.URL})
	_, _ = c.Do(t.Context(), &Request{Method: "GET", Path: "/"})
	_, _ = c.Do(t.Context(), &Request{Method: "POST", Path: "/", Stream: strings.NewReader("x"), Size: 1})
	c.Close()
}
