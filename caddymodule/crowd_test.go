package caddymodule_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// past is what a visit past the listeners was answered: a crowd needs no
// connections.
type past struct {
	status      int
	location    string
	began, over time.Time
}

// visitPast visits a path through the running server's handlers.
func (s *site) visitPast(t *testing.T, path string, header ...string) past {
	app, err := caddy.ActiveContext().AppIfConfigured("http")
	if err != nil {
		t.Error(err)
		return past{}
	}
	r := httptest.NewRequest(http.MethodGet, s.base+path, nil).WithContext(t.Context())
	r.Header.Set("User-Agent", browser)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	began := time.Now()
	app.(*caddyhttp.App).Servers["srv0"].ServeHTTP(w, r)
	return past{w.Code, w.Header().Get("Location"), began, time.Now()}
}

// TestCrowd_ClickLimit: of 10,000 visitors at once exactly as many are led on as
// the link allows.
func TestCrowd_ClickLimit(t *testing.T) {
	const crowd, limit = 10_000, 100
	eachDatabase(t, siteConfig("rate_limit off"), func(t *testing.T, s *site) {
		id, _ := s.create(nativeKey, fmt.Sprintf(`{"url":"https://example.com/in","custom":"rush","clicklimit":%d}`, limit))
		answers := make([]past, crowd)
		ready := make(chan struct{})
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() {
				<-ready
				answers[i] = s.visitPast(t, "/rush")
			})
		}
		close(ready)
		wg.Wait()
		got := map[string]int{}
		for _, a := range answers {
			got[fmt.Sprint(a.status, " ", a.location)]++
		}
		if got["302 https://example.com/in"] != limit || got["410 "] != crowd-limit {
			t.Errorf("%v; want %d led on and %d told that it has ended", got, limit, crowd-limit)
		}
		eventually(t, "as many clicks", func() bool { return s.clicksOf(id) == limit })
	})
}

// TestCrowd_Expiry: a link ends in the middle of a crowd. Before that moment
// everybody is led on, after it nobody, and nothing fails.
func TestCrowd_Expiry(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	ends := time.Now().Add(1500 * time.Millisecond).Truncate(time.Second).Add(time.Second)
	s.create(nativeKey, fmt.Sprintf(`{"url":"https://example.com/in","custom":"ending","expiry":%q}`, ends.UTC().Format(time.RFC3339)))
	var mu sync.Mutex
	var before, after int
	wrong := map[string]int{}
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			for time.Now().Before(ends.Add(500 * time.Millisecond)) {
				a := s.visitPast(t, "/ending")
				mu.Lock()
				switch on := a.status == 302 && a.location == "https://example.com/in"; {
				case !on && a.status != 410, a.over.Before(ends) && !on, !a.began.Before(ends) && a.status != 410:
					wrong[fmt.Sprint(a.status, " ", a.location, ", ", a.began.Sub(ends), " after the end")]++
				case on:
					before++
				default:
					after++
				}
				mu.Unlock()
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	wg.Wait()
	t.Logf("%d visits before the end, %d after it", before, after)
	if before == 0 || after == 0 || len(wrong) > 0 {
		t.Errorf("%d visits before the end, %d after it, and %v", before, after, wrong)
	}
}
