package store

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
)

const (
	chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
	iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)

// visitor returns a human visit; each number is another person.
func visitor(link int64, number int, at time.Time) clicks.Visit {
	return clicks.Visit{LinkID: link, UserAgent: chrome, At: at, Addr: netip.AddrFrom4([4]byte{198, 51, byte(number >> 8), byte(number)})}
}

// mustRecord keeps the visits as a recorder does, in batches that are not added
// up yet.
func mustRecord(tb testing.TB, s clicks.Store, visits ...clicks.Visit) {
	tb.Helper()
	r := clicks.NewRecorder(tb.Context(), s, clicks.Options{
		FlushEvery: time.Minute,
		MaxQueued:  16 * (len(visits) + 16),
		Country: func(a netip.Addr) string {
			if a.Is4() && a.As4()[3]%2 == 0 {
				return "KR"
			}
			return "FR"
		},
	})
	for _, v := range visits {
		r.Visit(v)
	}
	if err := r.Close(tb.Context()); err != nil {
		tb.Fatalf("Recorder.Close() = %v", err)
	}
}

// mustRoll adds up all that waits.
func mustRoll(tb testing.TB, s *Store) {
	tb.Helper()
	for {
		rolled, err := s.RollVisits(tb.Context())
		if err != nil {
			tb.Fatalf("RollVisits() = %v", err)
		}
		if rolled.Backlog == 0 {
			return
		}
	}
}

// mustVisit gives links clicks of as many visitors.
func mustVisit(tb testing.TB, s *Store, counts map[int64]int) {
	tb.Helper()
	var visits []clicks.Visit
	for link, n := range counts {
		for i := range n {
			visits = append(visits, visitor(link, i, noon))
		}
	}
	mustRecord(tb, s, visits...)
	mustRoll(tb, s)
}

func mustSummary(tb testing.TB, s *Store, link int64) *clicks.Summary {
	tb.Helper()
	sum, err := s.Summary(tb.Context(), link)
	if err != nil {
		tb.Fatalf("Summary(%d) = %v", link, err)
	}
	return sum
}

func mustTotals(tb testing.TB, s *Store, link int64) clicks.Counts {
	tb.Helper()
	series, err := s.Series(tb.Context(), link, noon.AddDate(-5, 0, 0), noon.AddDate(5, 0, 0), clicks.Day, nil, "")
	if err != nil {
		tb.Fatalf("Series(%d) = %v", link, err)
	}
	return series.Totals
}

func TestStore_Summary(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		link := mustCreate(t, s, newLink("main", "a")).ID
		other := mustCreate(t, s, newLink("main", "b")).ID
		phone := visitor(link, 2, noon)
		phone.UserAgent, phone.Referer, phone.AcceptLanguage = iphone, "https://l.facebook.com/l.php?u=x", "ko-KR,ko;q=0.9"
		scan := visitor(link, 3, noon)
		scan.Kind, scan.Referer, scan.Domain = clicks.Scan, "https://www.go.example.com/self", "go.example.com:8443"
		mustRecord(
			t, s,
			visitor(link, 1, noon), visitor(link, 1, noon.Add(time.Hour)), phone, scan,
			clicks.Visit{LinkID: link, UserAgent: "curl/8.5.0", At: noon},
			clicks.Visit{LinkID: link, UserAgent: "Twitterbot/1.0", At: noon},
			clicks.Visit{LinkID: link, UserAgent: chrome, Kind: clicks.Preview, At: noon},
			clicks.Visit{LinkID: link, UserAgent: "curl/8.5.0", Kind: clicks.Scan, At: noon},
			visitor(other, 1, noon),
			visitor(99, 1, noon), clicks.Visit{LinkID: 98, At: noon},
		)
		mustRoll(t, s)
		want := &clicks.Summary{
			Clicks: 4, UniqueClicks: 3,
			Countries: []clicks.Named{{Name: "FR", Clicks: 3}, {Name: "KR", Clicks: 1}},
			Referrers: []clicks.Named{{Name: "", Clicks: 3}, {Name: "l.facebook.com", Clicks: 1}},
			Browsers:  []clicks.Named{{Name: "Chrome", Clicks: 3}, {Name: "Safari", Clicks: 1}},
			Systems:   []clicks.Named{{Name: "Windows 10", Clicks: 3}, {Name: "iOS", Clicks: 1}},
			Social:    []clicks.Named{{Name: "facebook", Clicks: 1}},
		}
		if diff := cmp.Diff(want, mustSummary(t, s, link)); diff != "" {
			t.Errorf("Summary() (-want +got):\n%s", diff)
		}
		if got, want := mustTotals(t, s, link), (clicks.Counts{Clicks: 4, Uniques: 3, Bots: 2, Previews: 2, Scans: 1}); got != want {
			t.Errorf("totals = %+v; want %+v", got, want)
		}
		if got := mustSummary(t, s, other); got.Clicks != 1 || got.UniqueClicks != 1 {
			t.Errorf("the other link has %+v", got)
		}
		if l, err := s.Link(t.Context(), "main", link); err != nil || l.Clicks != 4 {
			t.Errorf("Link().Clicks = %+v, %v; want 4", l, err)
		}
		_, err := s.Summary(t.Context(), 99)
		wantCode(t, "Summary of no link", err, api.NotFound)
		if _, err := s.DeleteLink(t.Context(), "main", link); err != nil {
			t.Errorf("DeleteLink() = %v", err)
		}
		if n := count(t, s, "SELECT (SELECT COUNT(*) FROM visits_hourly) + (SELECT COUNT(*) FROM visits_daily WHERE link_id <> 2)"); n != 1 {
			t.Errorf("%d rows are left of two links; want the hour of the other one", n)
		}
	})
}

func count(tb testing.TB, s *Store, query string, args ...any) (n int) {
	tb.Helper()
	if err := s.pools.lists.QueryRowContext(tb.Context(), query, args...).Scan(&n); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	return n
}

// A visitor counts once per link and day, whatever happens between the visits.
func TestStore_Uniques(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		s := openConfig(t, cfg)
		a, b := mustCreate(t, s, newLink("main", "a")).ID, mustCreate(t, s, newLink("main", "b")).ID
		later := noon.AddDate(0, 0, 1)
		visits := []clicks.Visit{visitor(a, 1, noon), visitor(b, 1, noon), visitor(a, 1, later)}
		mustRecord(t, s, visits...)
		mustRoll(t, s)
		mustRecord(t, s, visits...)
		mustClose(t, s)

		s = openConfig(t, cfg)
		mustRecord(t, s, visits...)
		second := openConfig(t, cfg)
		mustRecord(t, second, visits...)
		mustRoll(t, second)
		if got := mustSummary(t, s, a); got.Clicks != 8 || got.UniqueClicks != 2 {
			t.Errorf("a has %d clicks, %d unique; want 8 and 2", got.Clicks, got.UniqueClicks)
		}
		if got := mustSummary(t, s, b); got.Clicks != 4 || got.UniqueClicks != 1 {
			t.Errorf("b has %d clicks, %d unique; want 4 and 1", got.Clicks, got.UniqueClicks)
		}
		household := func(last string) clicks.Visit {
			v := visitor(b, 0, noon)
			v.Addr = netip.MustParseAddr(last)
			return v
		}
		mustRecord(t, s, household("2001:db8:0:1::1"), household("2001:db8:0:1:ffff::2"), household("2001:db8:0:2::1"), household("::ffff:198.51.0.1"))
		mustRoll(t, s)
		if got := mustSummary(t, s, b); got.UniqueClicks != 3 {
			t.Errorf("b has %d unique clicks; want the one before and two households", got.UniqueClicks)
		}
	})
}

// A roll that fails at any statement changes nothing, and the next one counts
// everything once.
func TestStore_RollVisitsIsAllOrNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		link := mustCreate(t, s, newLink("main", "a")).ID
		mustRecord(t, s, visitor(link, 1, noon), visitor(link, 2, noon), clicks.Visit{Path: "gone", UserAgent: chrome, At: noon})
		boom := errors.New("power cut")
		for range 3 {
			sum, ids, damaged, err := s.sumBatches(t.Context())
			if err != nil || len(ids) == 0 || len(damaged) > 0 {
				t.Fatalf("sumBatches() = %v, %v, %v", ids, damaged, err)
			}
			err = s.writer.do(t.Context(), func(tx *session) error {
				return errors.Join(roll{sum: sum}.run(tx, ids, nil), boom)
			})
			if !errors.Is(err, boom) {
				t.Fatalf("the roll ended with %v", err)
			}
			if n := count(t, s, "SELECT (SELECT COUNT(*) FROM visits_hourly) + (SELECT COUNT(*) FROM visitors) + (SELECT COUNT(*) FROM orphan_visits)"); n != 0 {
				t.Fatalf("a roll that failed left %d rows", n)
			}
		}
		// One that another process was faster with does nothing either.
		sum, ids, _, err := s.sumBatches(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		mustRoll(t, s)
		err = s.writer.do(t.Context(), func(tx *session) error { return roll{sum: sum}.run(tx, ids, nil) })
		if !errors.Is(err, errRolled) {
			t.Errorf("rolling the same batches again ended with %v; want errRolled", err)
		}
		if got := mustSummary(t, s, link); got.Clicks != 2 || got.UniqueClicks != 2 {
			t.Errorf("%d clicks, %d unique; want 2 and 2", got.Clicks, got.UniqueClicks)
		}
	})
}

// Two processes record and roll on one database while links are deleted.
func TestStore_RollVisitsOfTwoProcesses(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		stores := []*Store{openConfig(t, cfg), openConfig(t, cfg)}
		const links, each = 40, 3000
		for i := range links {
			mustCreate(t, stores[0], newLink("main", fmt.Sprintf("a%02d", i)))
		}
		var wg sync.WaitGroup
		for _, s := range stores {
			recorder := clicks.NewRecorder(t.Context(), s, clicks.Options{FlushEvery: 2 * time.Millisecond})
			roller := clicks.NewRoller(t.Context(), s, clicks.RollerOptions{Every: time.Millisecond})
			wg.Go(func() {
				defer roller.Close()
				for i := range each {
					recorder.Visit(visitor(int64(i%links+1), i/links, noon))
					if i%500 == 0 {
						time.Sleep(5 * time.Millisecond)
					}
				}
				if err := recorder.Close(t.Context()); err != nil {
					t.Errorf("Recorder.Close() = %v", err)
				}
			})
		}
		for id := int64(1); id <= links; id += 10 {
			if _, err := stores[0].DeleteLink(t.Context(), "main", id); err != nil {
				t.Errorf("DeleteLink(%d) = %v", id, err)
			}
		}
		wg.Wait()
		mustRoll(t, stores[1])
		for id := int64(2); id <= 4; id++ {
			got := mustSummary(t, stores[0], id)
			if got.Clicks != 2*each/links || got.UniqueClicks != each/links {
				t.Errorf("link %d has %d clicks, %d unique; want %d and %d", id, got.Clicks, got.UniqueClicks, 2*each/links, each/links)
			}
		}
		if n := count(t, stores[0], "SELECT COUNT(*) FROM visits_hourly WHERE link_id IN (1, 11, 21, 31)"); n != 0 {
			t.Errorf("%d hours of deleted links are left", n)
		}
	})
}

func TestStore_DamagedBatch(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		link := mustCreate(t, s, newLink("main", "a")).ID
		if err := s.AddVisits(t.Context(), []clicks.Batch{{Data: []byte("\x01 no batch")}}); err != nil {
			t.Fatal(err)
		}
		mustRecord(t, s, visitor(link, 1, noon))
		mustRoll(t, s)
		if got := mustSummary(t, s, link); got.Clicks != 1 {
			t.Errorf("%d clicks; want 1", got.Clicks)
		}
		if n := count(t, s, "SELECT COUNT(*) FROM visit_batches WHERE version = -1"); n != 1 {
			t.Errorf("%d batches are set aside; want 1", n)
		}
	})
}

// A copy of the database goes on where the original was.
func TestStore_PendingVisitsSurvive(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		s := openConfig(t, cfg)
		link := mustCreate(t, s, newLink("main", "a")).ID
		mustRecord(t, s, visitor(link, 1, noon))
		mustClose(t, s)
		s = openConfig(t, cfg)
		mustRoll(t, s)
		if got := mustSummary(t, s, link); got.Clicks != 1 {
			t.Errorf("%d clicks; want 1", got.Clicks)
		}
	})
}

func TestStore_ReferrersAreBounded(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		link := mustCreate(t, s, newLink("main", "a")).ID
		var visits []clicks.Visit
		for i := range clicks.MaxReferrers + 50 {
			v := visitor(link, i, noon)
			v.Referer = fmt.Sprintf("https://site%d.example/", i)
			visits = append(visits, v)
		}
		mustRecord(t, s, visits[:300]...)
		mustRoll(t, s)
		mustRecord(t, s, visits...)
		mustRoll(t, s)
		const where = " FROM visits_daily WHERE dimension = 1"
		if n := count(t, s, "SELECT COUNT(*)"+where); n != clicks.MaxReferrers+1 {
			t.Errorf("%d referrers; want %d", n, clicks.MaxReferrers+1)
		}
		if n := count(t, s, "SELECT clicks"+where+" AND value = ?", clicks.OtherReferrers); n != 50 {
			t.Errorf("%d clicks of other referrers; want 50", n)
		}
		if n := count(t, s, "SELECT CAST(SUM(clicks) AS BIGINT)"+where); n != len(visits)+300 {
			t.Errorf("%d clicks by referrer; want %d", n, len(visits)+300)
		}
	})
}

func TestStore_Orphans(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		orphan := func(domain, path, userAgent string, at time.Time) clicks.Visit {
			return clicks.Visit{Domain: domain, Path: path, UserAgent: userAgent, At: at}
		}
		visits := []clicks.Visit{
			orphan("go.example.com", "tpyo", chrome, noon),
			orphan("go.example.com", "tpyo", chrome, noon.Add(time.Minute)),
			orphan("GO.example.com:443", "tpyo", "curl/8.5.0", noon.Add(2*time.Minute)),
			orphan("go.example.com", "wp-login.php", "curl/8.5.0", noon),
			orphan("b.example.com", "\x00bad\xff", chrome, noon),
		}
		mustRecord(t, s, visits...)
		mustRoll(t, s)
		mustRecord(t, s, visits[0])
		mustRoll(t, s)
		got, total, err := s.Orphans(t.Context(), 10, 0)
		want := []clicks.Orphan{
			{Domain: "go.example.com", Path: "tpyo", Visits: 3, Programs: 1, Last: noon.Add(2 * time.Minute)},
			{Domain: "b.example.com", Path: "\uFFFDbad\uFFFD", Visits: 1, Last: noon},
			{Domain: "go.example.com", Programs: 1, Last: noon},
		}
		if diff := cmp.Diff(want, got); diff != "" || total != 3 || err != nil {
			t.Errorf("Orphans() = %d, %v (-want +got):\n%s", total, err, diff)
		}
		page, _, _ := s.Orphans(t.Context(), 1, 1)
		if len(page) != 1 || page[0].Domain != "b.example.com" {
			t.Errorf("second page = %+v", page)
		}
	})
}

func TestStore_OrphansAreBounded(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		var visits []clicks.Visit
		for i := range clicks.MaxOrphanPaths + 20 {
			visits = append(visits, clicks.Visit{Domain: "a.example", Path: fmt.Sprint("p", i), UserAgent: chrome, At: noon})
		}
		for i := range clicks.MaxOrphanDomains + 20 {
			visits = append(visits, clicks.Visit{Domain: fmt.Sprintf("d%d.example", i), Path: "x", UserAgent: chrome, At: noon})
		}
		for range 2 {
			mustRecord(t, s, visits...)
			mustRoll(t, s)
		}
		if n := count(t, s, "SELECT COUNT(*) FROM orphan_visits WHERE domain = 'a.example'"); n != clicks.MaxOrphanPaths+1 {
			t.Errorf("%d paths of a domain; want %d", n, clicks.MaxOrphanPaths+1)
		}
		if n := count(t, s, "SELECT COUNT(DISTINCT domain) FROM orphan_visits WHERE domain <> ''"); n != clicks.MaxOrphanDomains {
			t.Errorf("%d domains; want %d", n, clicks.MaxOrphanDomains)
		}
		if n := count(t, s, "SELECT CAST(SUM(visits) AS BIGINT) FROM orphan_visits"); n != 2*len(visits) {
			t.Errorf("%d visits; want %d", n, 2*len(visits))
		}
	})
}

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
