package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linkquay/linkquay/api"
)

// pipes is a listener in memory, so that a test's clock is the only one.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.closed)
	return nil
}

func (pipes) Addr() net.Addr { return &net.UnixAddr{} }

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	p.conns <- far
	return near, nil
}

// mustPipe returns a client of a site in memory. Both end before the test's
// bubble does.
func mustPipe(tb testing.TB, cfg Config, site http.HandlerFunc) *Client {
	tb.Helper()
	cfg.BaseURL = "http://site.example"
	c := mustClient(tb, cfg)
	p := pipes{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: site}
	go func() { _ = server.Serve(p) }()
	c.json.DialTimeout = func(string, time.Duration) (net.Conn, error) { return p.dial(tb.Context(), "", "") }
	c.upload.DialContext = p.dial
	tb.Cleanup(func() {
		c.Close()
		_ = server.Close()
		// fasthttp's cleaner notices when it looks next.
		time.Sleep(10 * idle)
	})
	return c
}

func get(path string) *Request  { return &Request{Method: "GET", Path: path} }
func post(path string) *Request { return &Request{Method: "POST", Path: path, Body: []byte("{}")} }

// spend takes what is left of a client's budget.
func spend(tb testing.TB, c *Client) {
	tb.Helper()
	for c.Health().Budget.Left > 0 {
		if _, err := c.Do(tb.Context(), post("/api/url/add")); err != nil {
			tb.Fatal(err)
		}
	}
}

// Everything that is sent counts, and nothing else: each repeat of a read, a
// write, an upload; but no refused call and no connection that fails.
func TestClient_BudgetCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := true
		c := mustPipe(t, Config{Budget: NewBudget(8, time.Minute), Timeout: 10 * time.Second}, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if down {
				w.WriteHeader(http.StatusBadGateway)
			}
			_, _ = io.WriteString(w, "{}")
		})
		left := func(want int) {
			t.Helper()
			if got := c.Health().Budget.Left; got != want {
				t.Errorf("%d left; want %d", got, want)
			}
		}
		_, _ = c.Do(t.Context(), get("/"))
		left(5)
		down = false
		_, _ = c.Do(t.Context(), post("/"))
		left(4)
		_, _ = c.Do(t.Context(), &Request{Method: "POST", Path: "/", Stream: strings.NewReader("x"), Size: 1})
		left(3)
		mustOpen(t, c)
		_, _ = c.Do(t.Context(), get("/"))
		left(3)
		time.Sleep(openTime)
		_, _ = c.Do(t.Context(), get("/")) // a probe
		left(2)
		c.json.CloseIdleConnections()
		dial := c.json.DialTimeout
		c.json.DialTimeout = func(string, time.Duration) (net.Conn, error) { return nil, io.ErrClosedPipe }
		if _, err := c.Do(t.Context(), post("/")); !NotSent(err) {
			t.Errorf("Do without a connection = %v", err)
		}
		left(2)
		c.json.DialTimeout = dial

		// A repeat that finds no place leaves the failure as it was.
		down = true
		start := time.Now()
		if _, err := c.Do(t.Context(), get("/")); err == nil || NotSent(err) || !strings.Contains(err.Error(), "502") || time.Since(start) > time.Second {
			t.Errorf("Do = %v after %s; want the 502", err, time.Since(start))
		}
		left(0)
	})
}

// A repeat waits for its place like any request.
func TestClient_BudgetRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := mustPipe(t, Config{Budget: NewBudget(1, time.Second), Timeout: 10 * time.Second}, func(w http.ResponseWriter, _ *http.Request) {
			if n++; n < 3 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			_, _ = io.WriteString(w, "{}")
		})
		start := time.Now()
		if _, err := c.Do(t.Context(), get("/")); err != nil || n != 3 || time.Since(start) != 2500*time.Millisecond {
			t.Errorf("Do = %v after %s and %d requests; want an answer after 2.5s and 3", err, time.Since(start), n)
		}
	})
}

// A site that counts sees no window with more than the budget, whatever many
// callers do, and all of them are answered in time.
func TestClient_BudgetHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const requests, window, timeout = 10, 5 * time.Second, 12 * time.Second
		var mu sync.Mutex
		var arrivals []time.Time
		c := mustPipe(t, Config{Budget: NewBudget(requests, window), Timeout: timeout}, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			arrivals = append(arrivals, time.Now())
			n := len(arrivals)
			mu.Unlock()
			time.Sleep(time.Duration(n%7) * 300 * time.Millisecond)
			if r.Method == "GET" && n%5 == 0 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			_, _ = io.WriteString(w, "{}")
		})
		var wg sync.WaitGroup
		var limited atomic.Int32
		for i := range 200 {
			time.Sleep(300 * time.Millisecond)
			wg.Go(func() {
				r := post("/" + strconv.Itoa(i))
				if i%3 == 0 {
					r = get("/" + strconv.Itoa(i))
				}
				start := time.Now()
				_, err := c.Do(t.Context(), r)
				if took := time.Since(start); took > timeout {
					t.Errorf("an answer came after %s", took)
				}
				if err == nil {
					return
				}
				if e := api.AsError(err); e.Code == api.RateLimited {
					limited.Add(1)
					if !NotSent(err) || InDoubt(err) || e.RetryAfter < time.Second || e.RetryAfter > 5*time.Minute {
						t.Errorf("a refusal is %#v", e)
					}
				} else if r.Method == "POST" {
					t.Errorf("Do = %v", err)
				}
			})
		}
		wg.Wait()
		for i := requests; i < len(arrivals); i++ {
			if d := arrivals[i].Sub(arrivals[i-requests]); d <= window {
				t.Fatalf("%d requests came within %s", requests+1, d)
			}
		}
		if limited.Load() == 0 || len(arrivals) < 80 {
			t.Errorf("%d requests were sent, %d refused", len(arrivals), limited.Load())
		}
	})
}

// A write without a place waits for half of its time at most, or is refused at
// once.
func TestClient_BudgetWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := mustPipe(t, Config{Budget: NewBudget(1, 5*time.Second), Timeout: 12 * time.Second}, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") })
		spend(t, c)
		start := time.Now()
		if _, err := c.Do(t.Context(), post("/")); err != nil || time.Since(start) != 5250*time.Millisecond {
			t.Errorf("Do = %v after %s; want an answer after 5.25s", err, time.Since(start))
		}
		start = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := c.Do(ctx, post("/"))
		e := api.AsError(err)
		if e.Code != api.RateLimited || e.RetryAfter != 5250*time.Millisecond || !NotSent(err) || InDoubt(err) || time.Since(start) != 0 {
			t.Errorf("Do = %#v after %s; want a refusal at once", e, time.Since(start))
		}
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		if _, err := c.Do(ctx, post("/")); !errors.Is(err, context.Canceled) || !NotSent(err) || time.Since(start) != time.Second {
			t.Errorf("Do of a caller that leaves = %v after %s", err, time.Since(start))
		}
		// Whoever waits while the backend goes down is not sent to it.
		time.AfterFunc(2*time.Second, func() { mustOpen(t, c) })
		if _, err := c.Do(t.Context(), post("/")); !NotSent(err) || api.AsError(err).Code != api.Unavailable {
			t.Errorf("Do of a backend that went down = %v", err)
		}
		if left := c.Health().Budget.Left; left != 1 {
			t.Errorf("%d left; want 1", left)
		}
	})
}

// What the site says of its own limit stops all that would be sent, by the
// site's clock, which is an hour behind.
func TestClient_BudgetHeeds(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		header map[string]string
		body   string
		want   time.Duration
	}{
		{"retry-after", 429, map[string]string{"Retry-After": "41"}, "{}", 41 * time.Second},
		{"retry-after-date", 429, map[string]string{"Retry-After": "-30"}, "{}", 30 * time.Second},
		{"body", 429, nil, `{"Retry-After":41}`, 41 * time.Second},
		{"reset", 429, map[string]string{"X-RateLimit-Reset": "-50"}, "{}", 50 * time.Second},
		{"reset-in-seconds", 429, map[string]string{"X-RateLimit-Reset": "50"}, "{}", 50 * time.Second},
		{"reset-huge", 429, map[string]string{"X-RateLimit-Reset": "9999999999999"}, "{}", 5 * time.Minute},
		{"nothing", 429, nil, "", time.Second},
		{"nonsense", 429, map[string]string{"Retry-After": "soon", "X-RateLimit-Reset": "-"}, "<html>", time.Second},
		{"huge", 429, map[string]string{"Retry-After": "99999999"}, "", 5 * time.Minute},
		{"negative", 429, map[string]string{"Retry-After": "-x"}, "", time.Second},
		{"remaining-0", 200, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "-20"}, "{}", 20 * time.Second},
		{"remaining-0-no-reset", 200, map[string]string{"X-RateLimit-Remaining": "0"}, "{}", 0},
		{"remaining-0-past", 200, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000000000"}, "{}", 0},
		{"remaining-1", 200, map[string]string{"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "-20"}, "{}", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// The bubble's clock begins at 2000, before any Unix time that a
				// header is taken for.
				time.Sleep(20 * 365 * 24 * time.Hour)
				client := mustPipe(t, Config{Budget: NewBudget(100, time.Minute)}, func(w http.ResponseWriter, _ *http.Request) {
					site := time.Now().Add(-time.Hour)
					w.Header().Set("Date", site.UTC().Format(http.TimeFormat))
					for name, value := range c.header {
						// "-30" stands for the time in 30 seconds.
						if n, err := strconv.Atoi(value); err == nil && n < 0 {
							at := site.Add(time.Duration(-n) * time.Second).UTC()
							value = strconv.FormatInt(at.Unix(), 10)
							if name == "Retry-After" {
								value = at.Format(http.TimeFormat)
							}
						}
						w.Header().Set(name, value)
					}
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, c.body)
				})
				start := time.Now()
				_, _ = client.Do(t.Context(), post("/"))
				room := client.Health().Budget
				if got := room.Free.Sub(start); got != c.want || (room.Left == 0) != (c.want > 0) {
					t.Errorf("the next request is in %s, %d left; want %s", got, room.Left, c.want)
				}
			})
		})
	}
}

// Each credential that callers bring has its own budget and its own answers.
func TestClient_BudgetOfCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		withdrawn := false
		budget := NewBudget(1, time.Minute)
		c := mustPipe(t, Config{Budget: budget}, func(w http.ResponseWriter, r *http.Request) {
			if withdrawn {
				w.WriteHeader(http.StatusUnauthorized)
			}
			fmt.Fprintf(w, "{%q:1}", r.Header.Get("Authorization"))
		})
		do := func(key api.Secret) (*Response, error) {
			r := get("/api/url/7")
			r.Key = key
			return c.Do(t.Context(), r)
		}
		for _, age := range []time.Duration{0, time.Second} {
			for _, key := range []api.Secret{"ann", "bob"} {
				resp, err := do(key)
				if err != nil || string(resp.Document) != `{"Bearer `+key.Reveal()+`":1}` || resp.Age != age {
					t.Errorf("Do as %s = %+v, %v", key.Reveal(), resp, err)
				}
			}
		}
		// The own key's is another one, and another address knows nothing.
		if c.Health().Budget.Left != 1 {
			t.Errorf("the own room is %+v", c.Health().Budget)
		}
		moved := mustClient(t, Config{BaseURL: "http://127.0.0.1:1", Budget: budget})
		moved.cfg.Budget = budget
		r := get("/api/url/7")
		r.Key = "ann"
		if _, err := moved.Do(t.Context(), r); !NotSent(err) {
			t.Errorf("Do at another address = %v", err)
		}
		// A key that was withdrawn is told nothing any more.
		withdrawn = true
		time.Sleep(2 * time.Minute)
		for range 2 {
			if resp, err := do("ann"); err == nil {
				t.Errorf("Do with a withdrawn key = %s", resp.Document)
			}
		}
		if resp, err := do("bob"); err == nil {
			t.Errorf("Do with a withdrawn key = %s", resp.Document)
		}
	})
}

// Clients of a reload share what was sent and what is known.
func TestClient_BudgetSurvives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		budget := NewBudget(2, time.Minute)
		site := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"id":7}`) }
		before := mustPipe(t, Config{Budget: budget}, site)
		if _, err := before.Do(t.Context(), &Request{Method: "GET", Path: "/api/urls", Query: url.Values{"page": {"2"}}}); err != nil {
			t.Fatal(err)
		}
		spend(t, before)
		after := mustPipe(t, Config{Budget: budget}, site)
		if left := after.Health().Budget.Left; left != 0 {
			t.Errorf("after a reload %d are left; want 0", left)
		}
		resp, err := after.Do(t.Context(), &Request{Method: "GET", Path: "/api/urls", Query: url.Values{"page": {"2"}}})
		if err != nil || resp.Age == 0 {
			t.Errorf("Do after a reload = %+v, %v", resp, err)
		}
		// Another key counts with it, but may be of somebody who sees other links.
		other := mustPipe(t, Config{Budget: budget, Key: "another-key"}, site)
		if resp, err := other.Do(t.Context(), &Request{Method: "GET", Path: "/api/urls", Query: url.Values{"page": {"2"}}}); api.AsError(err).Code != api.RateLimited {
			t.Errorf("Do with another key = %+v, %v", resp, err)
		}
		if moved := mustClient(t, Config{BaseURL: "http://site.example/sub"}); moved.own == after.own {
			t.Error("a key at another address is not told apart")
		}
	})
}
