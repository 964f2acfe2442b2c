package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
)

// mustFault starts a site that is well at /warm and has the fault elsewhere,
// and counts the requests that met it.
func mustFault(tb testing.TB, fault http.HandlerFunc) (address string, hits *atomic.Int32) {
	tb.Helper()
	hits = &atomic.Int32{}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/warm" {
			_, _ = io.WriteString(w, "{}")
			return
		}
		hits.Add(1)
		fault(w, r)
	}))
	tb.Cleanup(func() {
		site.CloseClientConnections()
		site.Close()
	})
	return site.URL, hits
}

// With every fault, on a new connection and on a kept one: what is not a read
// is sent once, a read three times where the fault may pass.
func TestClient_Retry(t *testing.T) {
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			_, _ = io.WriteString(w, "{}")
		}
	}
	raw := func(text string, linger int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, text)
			_ = conn.(*net.TCPConn).SetLinger(linger)
			_ = conn.Close()
		}
	}
	for _, c := range []struct {
		name  string
		fault http.HandlerFunc
		reads int32
	}{
		{"500", status(500), 1},
		{"501", status(501), 1},
		{"502", status(502), 3},
		{"503", status(503), 3},
		{"503-retry-after", status(503, "Retry-After", "7"), 1},
		{"504", status(504), 3},
		{"302", status(302, "Location", "/warm"), 1},
		{"400", status(400), 1},
		{"401", status(401), 1},
		{"403", status(403), 1},
		{"404", status(404), 1},
		{"408", status(408), 1},
		{"429", status(429), 1},
		{"429-retry-after", status(429, "Retry-After", "1"), 1},
		{"page", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<h1>hello</h1>") }, 1},
		{"closes", raw("", -1), 3},
		{"reset", raw("", 0), 3},
		{"half-a-body", raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", -1), 3},
		{"no-http", raw("220 mail.example.com ESMTP\r\n", -1), 1},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 1},
	} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "upload"} {
			for _, warm := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/warm=%t", c.name, method, warm), func(t *testing.T) {
					t.Parallel()
					address, hits := mustFault(t, c.fault)
					cfg := Config{BaseURL: address, Timeout: 5 * time.Second}
					if c.name == "hangs" {
						cfg.Timeout = 100 * time.Millisecond
					}
					client := mustClient(t, cfg)
					do := func(path string) error {
						r := &Request{Method: method, Path: path}
						switch method {
						case "upload":
							r.Method, r.Stream, r.Size = "POST", strings.NewReader("x"), 1
						case "POST", "PUT", "PATCH":
							r.Body = []byte("{}")
						}
						_, err := client.Do(t.Context(), r)
						return err
					}
					if warm {
						if err := do("/warm"); err != nil {
							t.Fatal(err)
						}
					}
					err := do("/")
					want := int32(1)
					if method == "GET" {
						want = c.reads
					}
					if got := hits.Load(); got != want || NotSent(err) {
						t.Errorf("it was sent %d times; want %d (%v)", got, want, err)
					}
				})
			}
		}
	}
}

// A read that succeeds at last is a success, also to the breaker.
func TestClient_RetrySucceeds(t *testing.T) {
	for fails := range int32(maxRepeats + 1) {
		var n atomic.Int32
		address, hits := mustFault(t, func(w http.ResponseWriter, _ *http.Request) {
			if n.Add(1)%(fails+1) != 0 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			_, _ = io.WriteString(w, `{"a":1}`)
		})
		var observed atomic.Int32
		c := mustClient(t, Config{BaseURL: address, Observe: func(int, time.Duration) { observed.Add(1) }})
		for range 2 * runLimit {
			resp, err := c.Do(t.Context(), &Request{Method: "GET", Path: "/"})
			if err != nil || string(resp.Document) != `{"a":1}` {
				t.Fatalf("with %d failures before it, Do = %v", fails, err)
			}
		}
		if want := 2 * runLimit * (fails + 1); hits.Load() != want || observed.Load() != want {
			t.Errorf("%d requests, %d observed; want %d", hits.Load(), observed.Load(), want)
		}
	}
}

// The pauses grow, and vary.
func TestClient_RetryPauses(t *testing.T) {
	var at []time.Time
	address, _ := mustFault(t, func(w http.ResponseWriter, _ *http.Request) {
		at = append(at, time.Now())
		w.WriteHeader(http.StatusBadGateway)
	})
	c := mustClient(t, Config{BaseURL: address, RetryPause: 40 * time.Millisecond})
	_, _ = c.Do(t.Context(), &Request{Method: "GET", Path: "/"})
	if len(at) != 3 || at[1].Sub(at[0]) < 20*time.Millisecond || at[2].Sub(at[1]) < 80*time.Millisecond {
		t.Errorf("it was sent at %v", at)
	}
	seen := map[time.Duration]bool{}
	for range 1000 {
		d := jitter(100)
		if d < 50 || d > 150 {
			t.Fatalf("jitter(100) = %d", d)
		}
		seen[d] = true
	}
	if len(seen) < 50 {
		t.Errorf("jitter(100) took %d values", len(seen))
	}
	if jitter(1) < 0 {
		t.Error("jitter(1) < 0")
	}
}

// No repeat and no pause goes past the call's deadline, whoever set it; what
// the backend said last is the answer.
func TestClient_RetryDeadline(t *testing.T) {
	address, hits := mustFault(t, func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(30 * time.Millisecond)
		w.WriteHeader(http.StatusBadGateway)
	})
	slack := 2 * time.Second
	for _, own := range []bool{true, false} {
		hits.Store(0)
		cfg := Config{BaseURL: address, Timeout: 200 * time.Millisecond, RetryPause: 400 * time.Millisecond}
		ctx, cancel := t.Context(), func() {}
		if !own {
			cfg.Timeout = time.Minute
			ctx, cancel = context.WithTimeout(ctx, 200*time.Millisecond)
		}
		start := time.Now()
		_, err := mustClient(t, cfg).Do(ctx, &Request{Method: "GET", Path: "/"})
		cancel()
		if d := time.Since(start); d > slack || hits.Load() != 1 || !strings.Contains(err.Error(), "502") {
			t.Errorf("Do = %v after %s and %d requests; want the 502 at once", err, d, hits.Load())
		}
	}

	// A repeat that hangs ends with the deadline too.
	address, hits = mustFault(t, func(w http.ResponseWriter, r *http.Request) {
		if hits.Load() > 1 {
			<-r.Context().Done()
		}
		w.WriteHeader(http.StatusBadGateway)
	})
	start := time.Now()
	_, err := mustClient(t, Config{BaseURL: address, Timeout: 200 * time.Millisecond}).Do(t.Context(), &Request{Method: "GET", Path: "/"})
	if d := time.Since(start); d > slack || hits.Load() != 2 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Do = %v after %s and %d requests; want a timeout at the second", err, d, hits.Load())
	}
}

// A caller that goes in a pause ends it.
func TestClient_RetryCancel(t *testing.T) {
	address, hits := mustFault(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	c := mustClient(t, Config{BaseURL: address, RetryPause: 10 * time.Second, Timeout: time.Minute})
	for range 2 * runLimit {
		hits.Store(0)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(30*time.Millisecond, cancel)
		start := time.Now()
		_, err := c.Do(ctx, &Request{Method: "GET", Path: "/"})
		if d := time.Since(start); !errors.Is(err, context.Canceled) || api.AsError(err).Code != api.Unavailable || NotSent(err) || d > 3*time.Second || hits.Load() != 1 {
			t.Fatalf("Do = %v after %s and %d requests; want one, and the cancellation", err, d, hits.Load())
		}
	}
	if c.State() != Closed {
		t.Errorf("the breaker is %s; want closed", c.State())
	}
}

// What other calls found out while a read paused ends its repeats.
func TestClient_RetryStopsWhenOpen(t *testing.T) {
	var c *Client
	address, hits := mustFault(t, func(w http.ResponseWriter, _ *http.Request) {
		mustOpen(t, c)
		w.WriteHeader(http.StatusBadGateway)
	})
	c = mustClient(t, Config{BaseURL: address})
	if _, err := c.Do(t.Context(), &Request{Method: "GET", Path: "/"}); err == nil || hits.Load() != 1 {
		t.Errorf("Do = %v after %d requests; want 1", err, hits.Load())
	}
}
