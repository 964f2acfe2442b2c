package upstream

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linkquay/linkquay/api"
)

// A read without a place is answered with what was last known, and says how
// old that is, from when the request for it was sent.
func TestClient_Remembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := mustPipe(t, Config{Budget: NewBudget(3, time.Minute), Timeout: 10 * time.Second}, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(2 * time.Second)
			n++
			if n == 1 {
				w.Header().Set("Age", "100")
			}
			fmt.Fprintf(w, `{"n":%d}`, n)
		})
		want := func(document string, age time.Duration) {
			t.Helper()
			resp, err := c.Do(t.Context(), get("/api/url/7"))
			if err != nil || string(resp.Document) != document || resp.Age != age || resp.Status != 200 || resp.Date.IsZero() != (age > 0) {
				t.Fatalf("Do = %+v, %v; want %s of %s", resp, err, document, age)
			}
			resp.Document[0] = 'x' // the caller owns it
		}
		want(`{"n":1}`, 0)
		spend(t, c)
		want(`{"n":1}`, 106*time.Second) // 100, and three times 2
		time.Sleep(30 * time.Second)
		want(`{"n":1}`, 136*time.Second)

		// Fresh will not do, nor another query; both are refused at once.
		for _, r := range []*Request{{Method: "GET", Path: "/api/url/7", Fresh: true}, get("/api/url/8"), get("/api/urls")} {
			start := time.Now()
			if resp, err := c.Do(t.Context(), r); err == nil || api.AsError(err).Code != api.RateLimited || time.Since(start) != 0 {
				t.Errorf("Do(%s) = %v, %v after %s", r.Path, resp, err, time.Since(start))
			}
		}
		time.Sleep(time.Minute)
		want(`{"n":4}`, 0)
		spend(t, c)
		want(`{"n":4}`, 6*time.Second)
		h := c.Health()
		if h.Calls != 6 || h.Failures != 0 {
			t.Errorf("health = %+v; remembered answers are no calls", h)
		}
	})
}

// A read that meets the site's own limit is answered from memory too, also one
// that was sent.
func TestClient_RemembersWhenLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limited := false
		c := mustPipe(t, Config{Budget: NewBudget(100, time.Minute)}, func(w http.ResponseWriter, _ *http.Request) {
			if limited {
				w.Header().Set("Retry-After", "30")
				w.WriteHeader(http.StatusTooManyRequests)
			}
			_, _ = io.WriteString(w, `{"a":1}`)
		})
		_, _ = c.Do(t.Context(), get("/api/url/7"))
		limited = true
		for range 2 {
			if resp, err := c.Do(t.Context(), get("/api/url/7")); err != nil || resp.Age != time.Second || string(resp.Document) != `{"a":1}` {
				t.Errorf("Do = %+v, %v", resp, err)
			}
		}
		if c.Health().Calls != 2 {
			t.Errorf("%d calls; want 2", c.Health().Calls)
		}
		if _, err := c.Do(t.Context(), get("/api/url/8")); api.AsError(err).RetryAfter != 30*time.Second || !NotSent(err) {
			t.Errorf("Do of what is not known = %v", err)
		}
	})
}

// What a write changes is not remembered, also where a read that began before
// it ends after it; nor what the site says is gone.
func TestClient_Forgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		status, slow := 200, false
		c := mustPipe(t, Config{Budget: NewBudget(1000, time.Minute)}, func(w http.ResponseWriter, r *http.Request) {
			document := fmt.Sprintf(`{"status":%d}`, status)
			if slow && r.Method == "GET" {
				time.Sleep(5 * time.Second)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, document)
		})
		knows := func(path string) bool {
			return c.cfg.Budget.answers.recall(c.own, objectOf(path), path) != nil
		}
		read := func(paths ...string) {
			for _, path := range paths {
				_, _ = c.Do(t.Context(), get(path))
			}
		}
		read("/api/url/7", "/api/url/8", "/api/urls")
		for _, failing := range []int{200, 400, 502} {
			read("/api/url/7")
			if !knows("/api/url/7") {
				t.Fatal("a read is not remembered")
			}
			status = failing
			_, _ = c.Do(t.Context(), &Request{Method: "PUT", Path: "/api/url/7/update", Body: []byte("{}")})
			if knows("/api/url/7") || !knows("/api/url/8") || !knows("/api/urls") {
				t.Errorf("after a write that ended with %d: known 7 %t, 8 %t, list %t", status, knows("/api/url/7"), knows("/api/url/8"), knows("/api/urls"))
			}
			status = 200
		}

		read("/api/url/7", "/api/url/8", "/api/url/9")
		_, _ = c.Do(t.Context(), post("/api/campaign/3/assign/7"))
		_, _ = c.Do(t.Context(), &Request{Method: "POST", Path: "/api/v1/link-group/3/attach", Changes: []int64{9}})
		if knows("/api/url/7") || !knows("/api/url/8") || knows("/api/url/9") {
			t.Errorf("after links were put into campaigns: known 7 %t, 8 %t, 9 %t", knows("/api/url/7"), knows("/api/url/8"), knows("/api/url/9"))
		}

		read("/api/account", "/api/url/7")
		_, _ = c.Do(t.Context(), &Request{Method: "PUT", Path: "/api/account/update", Body: []byte("{}")})
		if knows("/api/account") || !knows("/api/url/7") {
			t.Errorf("after an update of the account: known %t, 7 %t", knows("/api/account"), knows("/api/url/7"))
		}
		c.json.CloseIdleConnections()
		dial := c.json.DialTimeout
		c.json.DialTimeout = func(string, time.Duration) (net.Conn, error) { return nil, io.ErrClosedPipe }
		if _, err := c.Do(t.Context(), &Request{Method: "PUT", Path: "/api/url/7/update", Body: []byte("{}")}); !NotSent(err) || !knows("/api/url/7") {
			t.Errorf("after a write that was not sent (%v): known %t", err, knows("/api/url/7"))
		}
		c.json.DialTimeout = dial

		slow = true
		go read("/api/url/7")
		time.Sleep(time.Second)
		_, _ = c.Do(t.Context(), &Request{Method: "DELETE", Path: "/api/url/7/delete"})
		time.Sleep(10 * time.Second)
		if knows("/api/url/7") {
			t.Error("a read that a write overtook is remembered")
		}
		slow = false

		for _, gone := range []int{403, 404, 410} {
			read("/api/url/8", "/api/urls")
			status = gone
			read("/api/url/8")
			if knows("/api/url/8") || !knows("/api/urls") {
				t.Errorf("after %d: known 8 %t, list %t", gone, knows("/api/url/8"), knows("/api/urls"))
			}
			status = 200
		}
		read("/api/url/8")
		for _, other := range []int{400, 500, 502} {
			status = other
			read("/api/url/8")
			if !knows("/api/url/8") {
				t.Errorf("after %d it is not known any more", other)
			}
		}
		status = 302
		read("/api/pixels")
		m := &c.cfg.Budget.answers
		if len(m.owners) != 0 || m.bytes != 0 || m.recent.Len() != 0 {
			t.Errorf("after a refusal of the key there are %d owners, %d bytes, %d answers", len(m.owners), m.bytes, m.recent.Len())
		}
	})
}

// The memory has a bound; what was used longest ago goes first.
func TestMemory_Bounds(t *testing.T) {
	var m memory
	var owner credential
	keep := func(i, size int) {
		name := fmt.Sprint("/", i)
		writes := m.read(owner, name)
		m.done(owner, name, writes, &answer{owner: owner, name: name, target: name, document: make([]byte, size)})
	}
	knows := func(i int) bool { return m.recall(owner, fmt.Sprint("/", i), fmt.Sprint("/", i)) != nil }
	const size = maxAnswer - answerCost - 100
	for i := range 40 {
		keep(i, size)
		knows(0)
	}
	if m.bytes > maxMemory || m.bytes < maxMemory-2*maxAnswer || !knows(0) || knows(1) || !knows(39) {
		t.Errorf("%d bytes; known 0 %t, 1 %t, 39 %t", m.bytes, knows(0), knows(1), knows(39))
	}
	for range 10 {
		keep(39, 10)
	}
	m.forget(owner)
	if m.bytes != 0 || m.recent.Len() != 0 || len(m.owners) != 0 {
		t.Errorf("%d bytes, %d answers, %d owners are left", m.bytes, m.recent.Len(), len(m.owners))
	}
}

func TestChangedBy(t *testing.T) {
	for _, c := range []struct {
		method, path string
		want         []string
	}{
		{"PUT", "/api/url/7/update", []string{"7"}},
		{"DELETE", "/api/url/7/delete", []string{"7"}},
		{"POST", "/api/campaign/3/assign/7", []string{"3", "7"}},
		{"POST", "/api/channel/3/assign/url/7", []string{"3", "7"}},
		{"PUT", "/api/v1/link/7", []string{"7"}},
		{"DELETE", "/api/v1/link/7,8", []string{"7", "8"}},
		{"POST", "/api/v1/link-group/3/attach", []string{"3"}},
		{"PUT", "/api/account/update", []string{"/api/account", "/api/account/update"}},
		{"PUT", "/api/v1/account", []string{"/api/v1", "/api/v1/account"}},
		{"POST", "/api/v1/link", []string{"/api/v1"}},
		{"POST", "/api/links/create", []string{"/api/links"}},
		{"POST", "/", []string{""}},
	} {
		if got := changedBy(c.method, c.path); !slices.Equal(got, c.want) {
			t.Errorf("changedBy(%s %s) = %q; want %q", c.method, c.path, got, c.want)
		}
	}
	for path, want := range map[string]string{
		"/api/url/7": "7", "/api/channel/3/items": "3", "/api/urls": "/api/urls", "/api/v1/link": "/api/v1/link", "/": "/",
	} {
		if got := objectOf(path); got != want {
			t.Errorf("objectOf(%s) = %s; want %s", path, got, want)
		}
	}
}
