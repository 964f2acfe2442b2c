package store

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/clicks"
)

// What tells visitors apart is deleted when their day has been over for two
// days of running, and never because of a clock that jumps.
func TestStore_ForgetVisitors(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		now := noon
		cfg.Now = func() time.Time { return now }
		s := openConfig(t, cfg)
		link := mustCreate(t, s, newLink("main", "a")).ID
		forget := func() {
			t.Helper()
			for {
				more, err := s.ForgetVisitors(t.Context())
				if err != nil {
					t.Fatalf("ForgetVisitors() = %v", err)
				}
				if !more {
					return
				}
			}
		}
		visit := func(at time.Time) {
			t.Helper()
			mustRecord(t, s, visitor(link, 1, at))
			mustRoll(t, s)
		}
		visit(now)
		for _, jump := range []time.Duration{20 * 365 * 24 * time.Hour, -3 * 365 * 24 * time.Hour, 72 * time.Hour} {
			now = noon.Add(jump)
			for range 5 {
				forget()
				visit(now)
				now = now.Add(10 * time.Minute)
			}
			now = noon
			forget()
		}
		visit(now)
		if got := mustSummary(t, s, link); got.Clicks != 17 || got.UniqueClicks != 4 {
			t.Errorf("%d clicks, %d unique; want 17 and 4, one for each day that the clock showed", got.Clicks, got.UniqueClicks)
		}
		// The process runs through two days, and calls more often than it need.
		for end := noon.Add(72 * time.Hour); now.Before(end); now = now.Add(5 * time.Minute) {
			forget()
		}
		if n := count(t, s, "SELECT (SELECT COUNT(*) FROM visit_salts) + (SELECT COUNT(*) FROM visitors)"); n != 0 {
			t.Errorf("%d salts and visitors are left", n)
		}
		if got := mustSummary(t, s, link); got.Clicks != 17 || got.UniqueClicks != 4 {
			t.Errorf("forgetting visitors changed the clicks to %d, %d unique", got.Clicks, got.UniqueClicks)
		}
	})
}

func TestStore_ForgetVisitorsKeepsTwoDays(t *testing.T) {
	eachDay := func(days int) (salts int) {
		now := noon
		cfg := Config{Source: filepath.Join(t.TempDir(), "linkquay.db"), Now: func() time.Time { return now }}
		s := openConfig(t, cfg)
		if _, err := s.VisitorSalt(t.Context(), dateOf(now)); err != nil {
			t.Fatal(err)
		}
		for end := noon.Add(time.Duration(days) * 24 * time.Hour); now.Before(end); now = now.Add(10 * time.Minute) {
			if _, err := s.ForgetVisitors(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return count(t, s, "SELECT COUNT(*) FROM visit_salts")
	}
	if eachDay(2) != 1 || eachDay(3) != 0 {
		t.Error("a salt must be there 36 hours after its day, and gone 60 hours after it")
	}
}

func TestStore_VisitorSalt(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		a, b := openConfig(t, cfg), openConfig(t, cfg)
		var mu sync.Mutex
		salts := map[clicks.Salt]bool{}
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				salt, err := []*Store{a, b}[i%2].VisitorSalt(context.WithoutCancel(t.Context()), 20_000)
				if err != nil {
					t.Errorf("VisitorSalt() = %v", err)
				}
				mu.Lock()
				defer mu.Unlock()
				salts[salt] = true
			})
		}
		wg.Wait()
		other, err := a.VisitorSalt(t.Context(), 20_001)
		if len(salts) != 1 || salts[other] || salts[clicks.Salt{}] || err != nil {
			t.Errorf("%d salts of one day; the next day has the same: %t, %v", len(salts), salts[other], err)
		}
	})
}
