package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
)

// mustOpen makes the client's breaker open.
func mustOpen(tb testing.TB, c *Client) {
	tb.Helper()
	for range runLimit {
		ticket, _ := c.breaker.admit()
		c.breaker.settle(ticket, failed)
	}
	if c.State() != Open {
		tb.Fatalf("after %d failures the breaker is %s", runLimit, c.State())
	}
}

// A backend that goes down and comes back, from the first failure on.
func TestClient_Breaker(t *testing.T) {
	var hits, down atomic.Int32
	down.Store(1)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		if down.Load() == 1 {
			w.WriteHeader(http.StatusBadGateway)
		}
		_, _ = io.WriteString(w, "{}")
	}))
	defer site.Close()
	var told []State
	observed := 0
	c := mustClient(t, Config{BaseURL: site.URL, OnState: func(s State) { told = append(told, s) }, Observe: func(int, time.Duration) { observed++ }})
	clock := &clock{}
	c.breaker.now = clock.now
	post := &Request{Method: "POST", Path: "/", Body: []byte("{}")}
	for i := range runLimit {
		if _, err := c.Do(t.Context(), post); api.AsError(err).Code != api.Unavailable || NotSent(err) || c.State() == Open != (i == runLimit-1) {
			t.Fatalf("failure %d = %v, and the breaker is %s", i, err, c.State())
		}
	}

	clock.advance(7500 * time.Millisecond)
	for _, r := range []*Request{post, {Method: "GET", Path: "/"}, {Method: "POST", Path: "/", Stream: failing{strings.NewReader(""), errors.New("read")}, Size: -1}} {
		start := time.Now()
		_, err := c.Do(t.Context(), r)
		coded, ok := errors.AsType[*api.Error](err)
		if !ok || coded.Code != api.Unavailable || coded.Message != `The backend "kr" does not answer at the moment.` || coded.RetryAfter != 2500*time.Millisecond {
			t.Errorf("Do while it is open = %#v", err)
		}
		if !NotSent(err) || time.Since(start) > 500*time.Millisecond {
			t.Errorf("the refusal %v (not sent: %t) took %s", err, NotSent(err), time.Since(start))
		}
	}
	if hits.Load() != runLimit || observed != runLimit {
		t.Errorf("the backend was asked %d times, and %d were observed; want %d", hits.Load(), observed, runLimit)
	}

	// A probe is sent once, also a read.
	clock.advance(3 * time.Second)
	if _, err := c.Do(t.Context(), &Request{Method: "GET", Path: "/"}); err == nil || NotSent(err) || hits.Load() != runLimit+1 {
		t.Errorf("the probe = %v; the backend was asked %d times", err, hits.Load())
	}
	down.Store(0)
	if _, err := c.Do(t.Context(), post); !NotSent(err) {
		t.Errorf("Do after a failed probe = %v", err)
	}
	clock.advance(openTime)
	for range 3 {
		if _, err := c.Do(t.Context(), post); err != nil {
			t.Errorf("Do when the backend is back = %v", err)
		}
	}
	if want := []State{Open, HalfOpen, Open, HalfOpen, Closed}; !slices.Equal(told, want) || c.State() != Closed {
		t.Errorf("told %v; want %v", told, want)
	}
}

// Which ends of a call count as failures of the backend.
func TestClient_BreakerCounts(t *testing.T) {
	quit := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/early" {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		switch status := 0; r.URL.Path {
		case "/close", "/early":
			panic(http.ErrAbortHandler)
		case "/hang":
			select {
			case <-quit:
			case <-r.Context().Done():
			}
		case "/login":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, `<input type="password">`)
		case "/long":
			_, _ = io.WriteString(w, strings.Repeat(" ", 2000))
		case "/raw":
			conn, _, _ := http.NewResponseController(w).Hijack()
			_, _ = io.WriteString(conn, "220 mail.example.com ESMTP\r\n")
			_ = conn.Close()
		default:
			_, _ = fmt.Sscanf(r.URL.Path, "/%d", &status)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "{}")
		}
	}))
	t.Cleanup(site.Close)
	t.Cleanup(func() { close(quit) })
	for _, c := range []struct {
		name, path string
		stream     func() io.Reader
		size       int64
		give       time.Duration // when the caller goes; negative: by deadline
		want       State
	}{
		{name: "500", path: "/500", want: Closed},
		{name: "502", path: "/502", want: Open},
		{name: "503", path: "/503", want: Open},
		{name: "closes", path: "/close", want: Open},
		{name: "no-http", path: "/raw", want: Open},
		{name: "timeout", path: "/hang", want: Open},
		{name: "200", path: "/200", want: Closed},
		{name: "302", path: "/302", want: Closed},
		{name: "400", path: "/400", want: Closed},
		{name: "401", path: "/401", want: Closed},
		{name: "404", path: "/404", want: Closed},
		{name: "429", path: "/429", want: Closed},
		{name: "login", path: "/login", want: Closed},
		{name: "too-long", path: "/long", want: Closed},
		{name: "cancelled", path: "/hang", give: 50 * time.Millisecond, want: Closed},
		{name: "deadline-of-the-caller", path: "/hang", give: -50 * time.Millisecond, want: Closed},
		{name: "upload-502", path: "/502", stream: func() io.Reader { return strings.NewReader("x") }, size: 1, want: Open},
		{name: "upload-closes", path: "/close", stream: func() io.Reader { return strings.NewReader("x") }, size: 1, want: Open},
		{name: "upload-timeout", path: "/hang", stream: func() io.Reader { return strings.NewReader("x") }, size: 1, want: Open},
		{name: "upload-200", path: "/200", stream: func() io.Reader { return strings.NewReader("x") }, size: 1, want: Closed},
		{name: "upload-of-a-slow-caller", path: "/200", stream: func() io.Reader { return late{} }, size: -1, want: Closed},
		{name: "upload-that-breaks-off", path: "/200", stream: func() io.Reader { return failing{strings.NewReader("x"), io.ErrUnexpectedEOF} }, size: -1, want: Closed},
		{name: "upload-of-too-much", path: "/early", stream: func() io.Reader { return endless{} }, size: -1, want: Closed},
		{name: "upload-cancelled", path: "/hang", stream: func() io.Reader { return strings.NewReader("x") }, size: 1, give: 50 * time.Millisecond, want: Closed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client := mustClient(t, Config{BaseURL: site.URL, Timeout: 100 * time.Millisecond, MaxReply: 1000})
			if c.give != 0 {
				client.cfg.Timeout = time.Minute
			}
			for range runLimit {
				ctx, cancel := context.WithCancel(t.Context())
				if c.give > 0 {
					time.AfterFunc(c.give, cancel)
				} else if c.give < 0 {
					cancel()
					ctx, cancel = context.WithTimeout(t.Context(), -c.give)
				}
				r := &Request{Method: "POST", Path: c.path, Size: c.size}
				if c.stream != nil {
					r.Stream = c.stream()
				}
				_, err := client.Do(ctx, r)
				cancel()
				if NotSent(err) {
					t.Errorf("Do = %v; want one that was sent", err)
				}
			}
			if got := client.State(); got != c.want {
				t.Errorf("the breaker is %s; want %s", got, c.want)
			}
		})
	}
	t.Run("unreachable", func(t *testing.T) {
		client := mustClient(t, Config{BaseURL: "http://127.0.0.1:1"})
		for range runLimit {
			_, _ = client.Do(t.Context(), &Request{Method: "POST", Path: "/"})
		}
		if client.State() != Open {
			t.Errorf("the breaker is %s; want open", client.State())
		}
	})
}

// late is a caller that sends nothing for longer than the timeout.
type late struct{}

func (late) Read([]byte) (int, error) {
	time.Sleep(150 * time.Millisecond)
	return 0, io.EOF
}

// endless is a file without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// Many callers of a backend that hangs wait until their deadline at most, and
// once the breaker is open not at all.
func TestClient_BreakerUnderLoad(t *testing.T) {
	quit := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-quit:
		case <-r.Context().Done():
		}
	}))
	defer site.Close()
	defer close(quit)
	const timeout = 200 * time.Millisecond
	c := mustClient(t, Config{BaseURL: site.URL, Timeout: timeout})
	c.json.SetMaxConns(8)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			start := time.Now()
			_, err := c.Do(t.Context(), &Request{Method: "GET", Path: "/"})
			if d := time.Since(start); api.AsError(err).Code != api.Unavailable || d > timeout+2*time.Second {
				t.Errorf("Do = %v after %s", err, d)
			}
		})
	}
	wg.Wait()
	start := time.Now()
	for range 1000 {
		if _, err := c.Do(t.Context(), &Request{Method: "GET", Path: "/"}); !NotSent(err) {
			t.Fatalf("Do while it is open = %v", err)
		}
	}
	if d := time.Since(start); d > timeout {
		t.Errorf("a thousand refusals took %s", d)
	}
}
