package store

import (
	"net/netip"
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
