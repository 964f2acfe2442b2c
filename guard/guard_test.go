package guard_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkquay/linkquay/guard"
)

// loopback lets a client reach 127.0.0.1 and no other address of that network.
var loopback = guard.Options{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}

func mustServe(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// inside is a server on all addresses of the loopback network; url has it under
// the given one.
func inside(t *testing.T, ip string) (url string, hits *atomic.Int64) {
	t.Helper()
	hits = new(atomic.Int64)
	ln, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	_ = s.Listener.Close()
	s.Listener = ln
	s.Start()
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return "http://" + net.JoinHostPort(ip, port), hits
}

func wantRefused(t *testing.T, err error, words string) {
	t.Helper()
	refused, ok := errors.AsType[*guard.RefusedError](err)
	if !ok || !strings.Contains(refused.Reason, words) {
		t.Errorf("error is %v; want a refusal that says %q", err, words)
	}
}

func TestClient_Get(t *testing.T) {
	var got http.Header
	s := mustServe(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		w.Header().Set("Content-Type", "image/png")
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		if r.URL.Path == "/start" {
			http.Redirect(w, r, "/picture", http.StatusFound)
			return
		}
		_, _ = w.Write([]byte("picture"))
	})
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	o := loopback
	o.Resolver = answering(t, "127.0.0.1")
	// By a name, since proxies are never used for a loopback address.
	address := strings.Replace(s.URL, "127.0.0.1", "pictures.test", 1)
	body, header, err := guard.New(o).Get(t.Context(), address+"/start", 7)
	if err != nil || string(body) != "picture" || header.Get("Content-Type") != "image/png" {
		t.Fatalf("Get = %q, %v, %v", body, header, err)
	}
	if got.Get("User-Agent") != "Linkquay" || got.Get("Cookie") != "" || got.Get("Referer") != "" || got.Get("Accept-Encoding") != "" {
		t.Errorf("the server got %v; want our User-Agent and nothing that tells or asks more", got)
	}
}

func TestClient_Get_fails(t *testing.T) {
	s := mustServe(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		case "/chunks":
			for range 4 {
				_, _ = w.Write([]byte("1234"))
				w.(http.Flusher).Flush()
			}
		case "/cut":
			w.Header().Set("Content-Length", "8")
			_, _ = w.Write([]byte("1234"))
		case "/header":
			w.Header().Set("X-Long", strings.Repeat("x", 100<<10))
		case "/1", "/2", "/3":
			http.Redirect(w, r, "/"+string(r.URL.Path[1]+1), http.StatusMovedPermanently)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			_, _ = w.Write([]byte("12345678"))
		}
	})
	c := guard.New(loopback)
	for _, tt := range []struct {
		path string
		want string
	}{
		{"/eight", ""},
		{"/1", ""},
		{"/missing", "status 404"},
		{"/chunks", guard.ErrTooLarge.Error()},
		{"/cut", "unexpected EOF"},
		{"/header", "exceeded"},
		{"/loop", "more than 3 redirects"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			body, _, err := c.Get(t.Context(), s.URL+tt.path, 8)
			switch {
			case tt.want == "" && (err != nil || len(body) != 8):
				t.Errorf("Get = %q, %v; want 8 bytes", body, err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("Get = %q, %v; want an error that says %q", body, err, tt.want)
			}
			if _, refused := errors.AsType[*guard.RefusedError](err); refused {
				t.Errorf("error is a refusal: %v", err)
			}
		})
	}
	t.Run("declared too large", func(t *testing.T) {
		if _, _, err := c.Get(t.Context(), s.URL+"/eight", 7); !errors.Is(err, guard.ErrTooLarge) {
			t.Errorf("error is %v; want %v", err, guard.ErrTooLarge)
		}
	})
	t.Run("status", func(t *testing.T) {
		_, _, err := c.Get(t.Context(), s.URL+"/missing", 7)
		if e, ok := errors.AsType[*guard.StatusError](err); !ok || e.Status != 404 {
			t.Errorf("error is %v; want StatusError 404", err)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		secret := s.URL + "/eight?token=secret"
		s.Close()
		_, _, err := c.Get(t.Context(), secret, 8)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("error is %v; want one without the address's query", err)
		}
	})
}

func TestClient_Head(t *testing.T) {
	s := mustServe(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Frame-Options", "DENY")
		if r.Method != http.MethodHead {
			t.Errorf("method is %s", r.Method)
		}
		w.WriteHeader(http.StatusMethodNotAllowed)
	})
	header, status, err := guard.New(loopback).Head(t.Context(), s.URL)
	if err != nil || status != 405 || header.Get("X-Frame-Options") != "DENY" {
		t.Errorf("Head = %v, %d, %v", header, status, err)
	}
}

func TestClient_refusesAddresses(t *testing.T) {
	c := guard.New(guard.Options{})
	for address, words := range map[string]string{
		"":                         "http or https",
		"/relative":                "http or https",
		"ftp://example.com/":       "http or https",
		"file:///etc/passwd":       "http or https",
		"gopher://example.com/":    "http or https",
		"http://":                  "http or https",
		"http:example.com":         "http or https",
		"http://a b/":              "must be a URL",
		"http://user@example.com/": "user name",
		"http://" + strings.Repeat("漢", 400) + "/": "long host",
		"http://u:p@example.com/":                  "user name",
		"http://127.0.0.1/":                        "public address",
		"http://127.1.2.3:8080/":                   "public address",
		"http://10.0.0.1/":                         "public address",
		"http://169.254.169.254/":                  "public address",
		"http://[::1]/":                            "public address",
		"http://[::ffff:10.0.0.1]/":                "public address",
		"http://[fd00:ec2::254]/":                  "public address",
		"http://[64:ff9b::7f00:1]/":                "public address",
		"http://[2002:7f00:1::]/":                  "public address",
		"http://0.0.0.0/":                          "public address",
		"http://localhost/":                        "public address",
		"http://8.8.8.8:22/":                       "port 80, 443",
		"http://8.8.8.8:25/":                       "port 80, 443",
		"https://[2001:4860::8888]:1":              "port 80, 443",
	} {
		_, _, err := c.Get(t.Context(), address, 1)
		if _, ok := errors.AsType[*guard.RefusedError](err); !ok {
			t.Errorf("Get(%q): %v; want a refusal", address, err)
			continue
		}
		wantRefused(t, err, words)
	}
}

func TestClient_refusesInside(t *testing.T) {
	address, hits := inside(t, "127.0.0.1")
	_, _, err := guard.New(guard.Options{}).Get(t.Context(), address, 1)
	wantRefused(t, err, "public address")

	// A server that may be reached sends on to one that may not.
	for _, ip := range []string{"127.0.0.2", "localhost.test"} {
		address, more := inside(t, ip)
		front := mustServe(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, address, http.StatusTemporaryRedirect)
		})
		o := loopback
		o.Resolver = answering(t, "127.0.0.2")
		_, _, err = guard.New(o).Get(t.Context(), front.URL, 1)
		wantRefused(t, err, "public address")
		if n := hits.Load() + more.Load(); n != 0 {
			t.Errorf("the server inside was asked %d times", n)
		}
	}
	for _, to := range []string{"ftp://example.com/", "http://u:p@127.0.0.1/", "file:///etc/passwd"} {
		front := mustServe(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
		})
		_, _, err = guard.New(loopback).Head(t.Context(), front.URL)
		wantRefused(t, err, "must")
	}
}

// The name leads outside when it is asked for first and inside from then on.
func TestClient_rebinding(t *testing.T) {
	address, hits := inside(t, "rebinding.test")
	front := mustServe(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, address, http.StatusFound)
		}
	})
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(front.URL, "http://"))
	o := loopback
	o.Resolver = answering(t, "127.0.0.1", "127.0.0.2")
	_, _, err := guard.New(o).Get(t.Context(), "http://rebinding.test:"+port+"/", 1)
	wantRefused(t, err, "public address")
	if hits.Load() != 0 {
		t.Error("the server inside was asked")
	}
}

func TestClient_timeout(t *testing.T) {
	release := make(chan struct{})
	s := mustServe(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			_, _ = w.Write([]byte("1"))
			w.(http.Flusher).Flush()
		}
		<-release
	})
	defer close(release)
	o := loopback
	o.Timeout = 50 * time.Millisecond
	for _, path := range []string{"/head", "/body"} {
		_, _, err := guard.New(o).Get(t.Context(), s.URL+path, 10)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: error is %v; want a deadline", path, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := guard.New(loopback).Get(ctx, s.URL, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v; want canceled", err)
	}
}

func TestClient_Locate(t *testing.T) {
	asked := 0
	s := mustServe(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch r.URL.Path {
		case "/away":
			w.Header().Set("Location", "https://example.com/page?a=b#c")
			w.WriteHeader(http.StatusFound)
		case "/near":
			w.Header().Set("Location", "/page")
			w.WriteHeader(http.StatusMovedPermanently)
		case "/nowhere":
			w.WriteHeader(http.StatusFound)
		}
	})
	client := guard.New(loopback)
	for path, want := range map[string]string{"/away": "https://example.com/page?a=b#c", "/near": s.URL + "/page"} {
		if got, err := client.Locate(t.Context(), s.URL+path); err != nil || got != want {
			t.Errorf("Locate(%s) = %q, %v; want %q", path, got, err, want)
		}
	}
	for path, want := range map[string]int{"/page": 200, "/nowhere": 302} {
		_, err := client.Locate(t.Context(), s.URL+path)
		if status, ok := errors.AsType[*guard.StatusError](err); !ok || status.Status != want {
			t.Errorf("Locate(%s) = %v; want status %d", path, err, want)
		}
	}
	if asked != 4 {
		t.Errorf("the server was asked %d times; want 4: no redirect is followed", asked)
	}
	url, hits := inside(t, "127.0.0.2")
	if _, err := client.Locate(t.Context(), url); err == nil || hits.Load() > 0 {
		t.Errorf("Locate of an address inside = %v after %d hits", err, hits.Load())
	}
}
