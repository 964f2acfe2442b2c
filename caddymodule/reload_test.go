package caddymodule_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// TestReloadUnderLoad reloads the same and changed configurations while
// clients create links and visitors follow one. No request fails, no count is
// lost, and nothing is left behind.
func TestReloadUnderLoad(t *testing.T) {
	s := nativeSite(t, "rate_limit 100000 1h")
	s.create(nativeKey, `{"url":"https://example.com/","custom":"steady"}`)
	var stop atomic.Bool
	var created, visited atomic.Int64
	var wg sync.WaitGroup
	// Caddy itself drops some connections when it replaces its listeners, with
	// any handler. So the requests come in past them, each to the server of the
	// configuration at that moment, and a little late: many reach one that has
	// been cleaned up since.
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		app, err := caddy.ActiveContext().AppIfConfigured("http")
		if err != nil {
			t.Error(err)
			return
		}
		time.Sleep(time.Duration(rand.IntN(10)) * time.Millisecond)
		app.(*caddyhttp.App).Servers["srv0"].ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	client := front.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	newRequest := func(method, path, body string) *http.Request {
		r, err := http.NewRequestWithContext(t.Context(), method, front.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = strings.TrimPrefix(s.base, "http://")
		r.Header.Set("Authorization", "Bearer "+nativeKey)
		r.Header.Set("User-Agent", browser)
		return r
	}
	run := func(want int, count *atomic.Int64, newRequest func() *http.Request) {
		wg.Go(func() {
			for !stop.Load() {
				resp, err := client.Do(newRequest())
				if err != nil {
					t.Errorf("during a reload: %v", err)
					return
				}
				_ = resp.Body.Close()
				if resp.StatusCode != want {
					t.Errorf("during a reload: status %d; want %d", resp.StatusCode, want)
					return
				}
				count.Add(1)
			}
		})
	}
	for range 4 {
		run(200, &created, func() *http.Request { return newRequest("POST", "/api/url/add", `{"url":"https://example.com/x"}`) })
		run(302, &visited, func() *http.Request { return newRequest("GET", "/steady", "") })
	}
	for i := range 20 {
		if err := s.load(siteConfig(fmt.Sprintf("rate_limit %d 1h", 100000+i%3))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop.Store(true)
	wg.Wait()

	if created.Load() == 0 || visited.Load() == 0 {
		t.Fatalf("%d creates and %d visits; want some", created.Load(), visited.Load())
	}
	a := s.do("GET", "/api/urls?limit=1", nativeKey, "")
	if got := a.get("data.result").Int(); got != created.Load()+1 {
		t.Errorf("%d links; want the %d that were answered", got, created.Load()+1)
	}
	if got, want := a.Header.Get("X-RateLimit-Remaining"), fmt.Sprint(100000+19%3-created.Load()-2); got != want {
		t.Errorf("X-RateLimit-Remaining = %s; want %s: a reload keeps counts and applies the new limit", got, want)
	}
	eventually(t, "every click counted", func() bool {
		return s.do("GET", "/api/url/1", nativeKey, "").get("data.clicks").Int() == visited.Load()
	})
}

// TestReloadLeavesNothingBehind counts goroutines over many reloads, good ones
// and ones that fail.
func TestReloadLeavesNothingBehind(t *testing.T) {
	s := nativeSite(t, "")
	s.create(nativeKey, `{"url":"https://example.com/","custom":"before"}`)
	reload := func() {
		for i := range 10 {
			if err := s.load(siteConfig(fmt.Sprintf("rate_limit %d 1m", 50+i))); err != nil {
				t.Fatal(err)
			}
			if err := s.load(siteConfig("time_zone Mars/Olympus")); err == nil {
				t.Fatal("a broken configuration was accepted")
			}
			// This one breaks late: when the app is started.
			if err := s.load(strings.Replace(siteConfig(""), "http://127.0.0.1:", ":", 1)); err == nil {
				t.Fatal("a catch-all site without short_domain was accepted")
			}
		}
	}
	reload()
	eventually(t, "a first count", func() bool { runtime.GC(); return true })
	before := runtime.NumGoroutine()
	reload()
	eventually(t, "no goroutine left behind", func() bool { return runtime.NumGoroutine() <= before+2 })
	if a := s.do("GET", "/before", "", ""); a.Status != 302 {
		t.Errorf("after the reloads: %d", a.Status)
	}
}

// TestReloadToAnotherDatabase opens the new one and lets go of the old one.
func TestReloadToAnotherDatabase(t *testing.T) {
	s := nativeSite(t, "")
	s.create(nativeKey, `{"url":"https://example.com/","custom":"old"}`)
	if err := s.load(strings.Replace(siteConfig(""), "linkquay.db", "other.db", 1)); err != nil {
		t.Fatal(err)
	}
	if a := s.do("GET", "/old", "", ""); a.Status != 404 {
		t.Errorf("the other database knows the link: %d", a.Status)
	}
	if err := s.load(siteConfig("")); err != nil {
		t.Fatal(err)
	}
	if a := s.do("GET", "/old", "", ""); a.Status != 302 {
		t.Errorf("back on the first database: %d", a.Status)
	}
}

// TestRequestOutlivesItsConfiguration: a request that began before a reload is
// answered by the configuration that it began with.
func TestRequestOutlivesItsConfiguration(t *testing.T) {
	entered, proceed := make(chan struct{}), make(chan struct{})
	var requests atomic.Int32
	u := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) == 1 {
			close(entered)
			<-proceed
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"error":0,"id":3,"shorturl":"https://1mm.kr/x"}`))
	})
	s := nativeSite(t, gempixelOptions(u.URL))
	done := make(chan answer)
	go func() { done <- s.do("POST", "/api/url/add", gempixelKey, `{"url":"https://example.com/"}`) }()
	<-entered
	reloaded := make(chan error)
	// The new configuration has another database and lacks the backend.
	go func() { reloaded <- s.load(strings.Replace(siteConfig(""), "linkquay.db", "other.db", 1)) }()
	eventually(t, "the new configuration serves", func() bool {
		return s.do("GET", "/api/account", gempixelKey, "").Status == 401
	})
	close(proceed)
	if a := <-done; a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if err := <-reloaded; err != nil {
		t.Error(err)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("not so after 30 s: %s", what)
}
