package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/shortener"
)

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
			orphan("\xff.example.com", "x", chrome, noon),
		}
		mustRecord(t, s, visits...)
		mustRoll(t, s)
		mustRecord(t, s, visits[0])
		mustRoll(t, s)
		got, total, err := s.Orphans(t.Context(), "main", 10, 0)
		want := []clicks.Orphan{
			{Domain: "go.example.com", Path: "tpyo", Visits: 3, Programs: 1, Last: noon.Add(2 * time.Minute)},
			{Domain: "b.example.com", Path: "\uFFFDbad\uFFFD", Visits: 1, Last: noon},
			{Domain: "\uFFFD.example.com", Path: "x", Visits: 1, Last: noon},
			{Domain: "go.example.com", Programs: 1, Last: noon},
		}
		if diff := cmp.Diff(want, got); diff != "" || total != 4 || err != nil {
			t.Errorf("Orphans() = %d, %v (-want +got):\n%s", total, err, diff)
		}
		page, _, _ := s.Orphans(t.Context(), "main", 1, 1)
		if len(page) != 1 || page[0].Domain != "b.example.com" {
			t.Errorf("second page = %+v", page)
		}
		// What is asked for on a branded domain is nobody else's business.
		if _, err := s.Domains().Create(t.Context(), &shortener.Domain{Account: "main", Host: "b.example.com"}, nil); err != nil {
			t.Fatal(err)
		}
		for account, want := range map[string]int{"main": 4, "other": 3} {
			got, total, err := s.Orphans(t.Context(), account, 10, 0)
			if total != want || len(got) != want || err != nil {
				t.Errorf("Orphans() of %s = %+v, %d, %v; want %d", account, got, total, err, want)
			}
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
