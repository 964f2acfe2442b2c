package caddymodule_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkquay/linkquay/simulate"
)

// TestRemote_Budget: with the site's own limit as api_rate, no request is ever
// over it, whatever clients do and however often the configuration is loaded
// anew. Reads are answered all the same, writes wait or are told to.
func TestRemote_Budget(t *testing.T) {
	for _, kind := range []string{"gempixel", "dglnk 3"} {
		t.Run(kind, func(t *testing.T) {
			remote := simulated(t, kind, simulate.Options{Rate: 5, Window: time.Second})
			config := func(rate, others string) string {
				return "rate_limit off\n\t\t" + others + remote.backend("there", gempixelKey, "api_rate "+rate, "timeout 5s")
			}
			s := nativeSite(t, config("5 1s", ""))
			aged := 0
			for range 10 {
				a := s.do("GET", "/api/urls", gempixelKey, "")
				if a.Status != 200 {
					t.Errorf("a read: %d %s", a.Status, a.Body)
				}
				if age := a.Header.Get("Age"); age != "" && age != "0" {
					aged++
				}
			}
			if aged == 0 || aged == 10 {
				t.Errorf("%d of 10 reads have an Age; want those for which nothing was left", aged)
			}

			writes := new(atomic.Int64)
			s.crowd(remote, 40, writes, func() {})
			s.crowd(remote, 20, writes, func() {
				for _, c := range []string{config("5 1s", "body_limit 2MiB"), config("3 1s", ""), config("5 1s", "")} {
					if err := s.load(siteConfig(c)); err != nil {
						t.Error(err)
					}
					time.Sleep(300 * time.Millisecond)
				}
			})
			if n := remote.OverLimit(); n > 0 {
				t.Errorf("%d requests were over the site's limit", n)
			}
			if got := int64(len(remote.shorts())); got != writes.Load() {
				t.Errorf("the site has %d links; want the %d that were answered", got, writes.Load())
			}
		})
	}
}

// crowd has four clients send n requests, of which a quarter are creates, while
// beside runs, and counts the creates that succeed.
func (s *site) crowd(remote *remoteSite, n int, writes *atomic.Int64, beside func()) {
	s.t.Helper()
	var wg sync.WaitGroup
	before := len(remote.Requests())
	for client := range 4 {
		wg.Go(func() {
			for i := range n / 4 {
				var a answer
				if i%4 == client {
					a = s.do("POST", "/api/url/add", gempixelKey, fmt.Sprintf(`{"url":"https://example.com/%d-%d"}`, client, i))
					if a.Status == 200 {
						writes.Add(1)
					}
				} else {
					a = s.do("GET", "/api/urls", gempixelKey, "")
				}
				if a.Status != 200 && (a.Status != 429 || a.Header.Get("Retry-After") == "") {
					s.t.Errorf("%d %v %s; want 200, or 429 with Retry-After", a.Status, a.Header, a.Body)
				}
				if a.Status == 429 && !strings.Contains(a.Body, "message") {
					s.t.Errorf("a 429 without a word: %s", a.Body)
				}
			}
		})
	}
	beside()
	wg.Wait()
	if len(remote.Requests()) == before {
		s.t.Error("nothing came to the site")
	}
}
