package upstream

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linkquay/linkquay/api"
)

// desk is a lender with a client behind it, which can be closed.
type desk struct {
	keeper *Client

	mu     sync.Mutex
	closed bool
	lost   bool // what is given back gets lost
	asks   int
}

func (d *desk) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

func (d *desk) Borrow(ctx context.Context, a Ask) (string, time.Duration, error) {
	d.mu.Lock()
	d.asks++
	closed := d.closed
	d.mu.Unlock()
	if closed || a.Identity != d.keeper.Identity() {
		return "", 0, ErrNoLender
	}
	return d.keeper.Lend(ctx, a)
}

func (d *desk) Return(_, loan string, sent bool, pause time.Duration) {
	d.mu.Lock()
	lost := d.lost
	d.mu.Unlock()
	if !lost {
		d.keeper.Return(loan, sent, pause)
	}
}

// arrivals are when requests came to a site.
type arrivals struct {
	mu    sync.Mutex
	times []time.Time
	delay time.Duration
	reply func(w http.ResponseWriter)
}

func (a *arrivals) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	a.mu.Lock()
	a.times = append(a.times, time.Now())
	delay, reply := a.delay, a.reply
	a.mu.Unlock()
	time.Sleep(delay)
	if reply != nil {
		reply(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"error":0}`))
}

// check finds more than the budget within a window.
func (a *arrivals) check(tb testing.TB, requests int, window time.Duration) {
	tb.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := requests; i < len(a.times); i++ {
		if d := a.times[i].Sub(a.times[i-requests]); d <= window {
			tb.Errorf("%d requests within %s", requests+1, d)
		}
	}
}

// TestLend_NeverMore: a server and commands that ask it never send more together
// than the budget, and the commands come to their turn while the server is busy.
func TestLend_NeverMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const requests, window = 5, 2 * time.Second
		site := &arrivals{delay: 100 * time.Millisecond}
		cfg := func(l Lender) Config {
			return Config{Backend: "b", Key: "key-of-the-site", Budget: NewBudget(requests, window), Lender: l, Timeout: 20 * time.Second}
		}
		server := mustPipe(t, cfg(nil), site.ServeHTTP)
		d := &desk{keeper: server}
		clients := []*Client{server, mustPipe(t, cfg(d), site.ServeHTTP), mustPipe(t, cfg(d), site.ServeHTTP)}
		var wg sync.WaitGroup
		sent := make([]int, len(clients))
		for i, c := range clients {
			for range 3 {
				wg.Go(func() {
					for range 20 {
						if _, err := c.Do(t.Context(), post("/api/url/add")); err == nil {
							site.mu.Lock()
							sent[i]++
							site.mu.Unlock()
						} else if e := api.AsError(err); e.Code != api.RateLimited {
							t.Errorf("Do = %v", err)
						} else {
							time.Sleep(e.RetryAfter)
						}
					}
				})
			}
		}
		wg.Wait()
		site.check(t, requests, window)
		for i, n := range sent {
			if n < 20 {
				t.Errorf("client %d sent %d of 60; want a third at least", i, n)
			}
		}
		time.Sleep(time.Minute)
		if len(server.cfg.Budget.loans) > 0 || server.Health().Budget.Left != requests {
			t.Errorf("at rest there are %d loans, and room %+v", len(server.cfg.Budget.loans), server.Health().Budget)
		}
	})
}

// TestLend_AtTheMoment: whoever is told that there is no place is told for how
// long, also where one gets free at the very end of his time in line.
func TestLend_AtTheMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 200 {
			keeper := mustClient(t, Config{Backend: "b", BaseURL: "http://site.example", Key: "key-of-the-site", Budget: NewBudget(1, time.Second)})
			loan, _, err := keeper.Lend(t.Context(), Ask{})
			if err != nil || loan == "" {
				t.Fatalf("Lend = %q, %v", loan, err)
			}
			keeper.Return(loan, true, 0)
			if loan, wait, err := keeper.Lend(t.Context(), Ask{Line: keeper.cfg.Budget.span}); err != nil || loan == "" && wait <= 0 {
				t.Fatalf("Lend = %q, %s, %v; want a loan, or for how long there is none", loan, wait, err)
			}
			keeper.Close()
		}
	})
}

// A loan that is never given back ends by itself, and counts.
func TestLend_Lost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := mustClient(t, Config{Backend: "b", BaseURL: "http://site.example", Key: "key-of-the-site", Budget: NewBudget(1, 10*time.Second)})
		defer keeper.Close()
		loan, _, err := keeper.Lend(t.Context(), Ask{Hold: 3 * time.Second})
		if err != nil || loan == "" {
			t.Fatalf("Lend = %q, %v", loan, err)
		}
		if again, wait, err := keeper.Lend(t.Context(), Ask{Line: time.Hour}); again != "" || err != nil || wait <= 0 || wait > 11*time.Second {
			t.Errorf("a second loan: %q, %s, %v; want none, and for how long", again, wait, err)
		}
		start := time.Now()
		for loan = ""; loan == ""; {
			var wait time.Duration
			if loan, wait, err = keeper.Lend(t.Context(), Ask{Line: time.Hour}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(wait)
		}
		if since := time.Since(start); since < 8*time.Second || since > 15*time.Second {
			t.Errorf("the next loan came %s later; want what the first one was held for and a window", since)
		}
		keeper.Return("no such loan", true, 0)
		keeper.Return(loan, false, 0)
		keeper.Return(loan, true, time.Hour)
		if left := keeper.cfg.Budget.room(ownBucket).Left; left != 1 {
			t.Errorf("%d left after a loan that was not used was given back twice", left)
		}
		ctx, cancel := context.WithCancel(t.Context())
		loan, _, _ = keeper.Lend(ctx, Ask{})
		time.AfterFunc(time.Second, cancel)
		if _, _, err := keeper.Lend(ctx, Ask{Line: time.Hour}); loan == "" || err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("Lend = %v", err)
		}
		time.Sleep(time.Minute)
	})
}

// TestBorrow_Gone: while nobody lends, the own budget counts. It waits for a
// window where somebody did, and tells whoever begins to.
func TestBorrow_Gone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const requests, window = 3, 10 * time.Second
		site := &arrivals{}
		cfg := Config{Backend: "b", Key: "key-of-the-site", Budget: NewBudget(requests, window), Timeout: 4 * time.Second}
		server := mustPipe(t, cfg, site.ServeHTTP)
		d := &desk{keeper: server, closed: true}
		cfg.Lender, cfg.Budget = d, NewBudget(requests, window)
		command := mustPipe(t, cfg, site.ServeHTTP)

		do := func(c *Client, want api.Code) {
			t.Helper()
			_, err := c.Do(t.Context(), post("/api/url/add"))
			if want == "" && err != nil || want != "" && (err == nil || api.AsError(err).Code != want) {
				t.Errorf("Do = %v; want %q", err, want)
			}
		}
		do(command, "") // alone
		do(command, "")
		d.set(func() { d.closed = false })
		do(command, "")
		do(server, api.RateLimited) // it knows of the two before
		time.Sleep(time.Minute)

		do(server, "")
		do(server, "")
		do(command, "")
		d.set(func() { d.closed = true })
		do(command, api.RateLimited) // it may be more than it knows of
		do(command, api.RateLimited)
		time.Sleep(window + time.Second)
		for range requests {
			do(command, "")
		}
		do(command, api.RateLimited)
		site.check(t, requests, window)
		if len(site.times) != 9 {
			t.Errorf("%d requests came; want 9", len(site.times))
		}
		time.Sleep(time.Minute)
	})
}

// What the backend says to one of them holds for all.
func TestBorrow_Pause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := &arrivals{reply: func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		}}
		cfg := Config{Backend: "b", Key: "key-of-the-site", Budget: NewBudget(30, time.Minute)}
		server := mustPipe(t, cfg, site.ServeHTTP)
		cfg.Lender, cfg.Budget = &desk{keeper: server}, NewBudget(30, time.Minute)
		command := mustPipe(t, cfg, site.ServeHTTP)
		for _, c := range []*Client{command, server, command} {
			if _, err := c.Do(t.Context(), post("/api/url/add")); err == nil || api.AsError(err).Code != api.RateLimited {
				t.Errorf("Do = %v; want rate_limited", err)
			}
		}
		if len(site.times) != 1 {
			t.Errorf("%d requests came; want one", len(site.times))
		}
		time.Sleep(5 * time.Minute)
	})
}

// A key that a caller brings has a bucket of its own, which nobody lends of.
func TestBorrow_OtherKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := &arrivals{}
		cfg := Config{Backend: "b", Key: "key-of-the-site", Budget: NewBudget(1, time.Minute)}
		server := mustPipe(t, cfg, site.ServeHTTP)
		d := &desk{keeper: server}
		cfg.Lender, cfg.Budget = d, NewBudget(1, time.Minute)
		command := mustPipe(t, cfg, site.ServeHTTP)
		r := post("/api/url/add")
		r.Key = "key-of-a-caller"
		if _, err := command.Do(t.Context(), r); err != nil || d.asks != 0 {
			t.Errorf("Do = %v after %d questions; want none", err, d.asks)
		}
		cfg.Key = "another-key-of-the-site"
		other := mustPipe(t, cfg, site.ServeHTTP)
		if _, err := other.Do(t.Context(), post("/api/url/add")); err != nil || server.Health().Budget.Left != 1 || d.asks != 1 {
			t.Errorf("Do = %v; want it to count for itself", err)
		}
	})
}
