package caddymodule_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/linkquay/linkquay/store/postgrestest"
)

// TestOutage takes the database away and brings it back. What is in memory goes
// on, what is not is 503, and nothing that was answered is lost.
func TestOutage(t *testing.T) {
	server := postgrestest.Start(t)
	t.Setenv("TEST_DATABASE", server.Database(t))
	config := onPostgres(siteConfig("rate_limit off"))
	s := start(t, config)
	id, _ := s.create(nativeKey, `{"url":"https://example.com/warm","custom":"warm","devicetarget":[{"device":"iPhone","link":"https://example.com/iphone"}]}`)
	s.create(nativeKey, `{"url":"https://example.com/cold","custom":"cold"}`)
	s.create(nativeKey, `{"url":"https://example.com/locked","custom":"locked","password":"right"}`)
	limited, _ := s.create(nativeKey, `{"url":"https://example.com/limited","custom":"limited","clicklimit":5}`)
	for _, path := range []string{"/warm", "/limited"} {
		if a := s.visit(path); a.Status != 302 {
			t.Fatalf("%s: %d", path, a.Status)
		}
	}
	s.visit("/locked")

	server.Stop(t, "immediate")
	for range 20 {
		leadsTo(t, "a link in memory", s.visit("/warm"), 302, "https://example.com/warm")
	}
	leadsTo(t, "its rules", s.visit("/warm", "User-Agent", iphone), 302, "https://example.com/iphone")
	for _, path := range []string{"/cold", "/unknown", "/limited", "/r/slug", "/u/main/list-1", "/qr/warm", "/warm+"} {
		if a := s.visit(path); a.Status != 503 {
			t.Errorf("%s without the database: %d; want 503", path, a.Status)
		}
	}
	if a := s.unlock("/locked", "right"); a.Status != 503 {
		t.Errorf("a password without the database: %d; want 503", a.Status)
	}
	for _, c := range [][3]string{
		{"POST", "/api/url/add", `{"url":"https://example.com/"}`},
		{"GET", "/api/urls", ""},
		{"GET", fmt.Sprint("/api/url/", id), ""},
		{"PUT", fmt.Sprintf("/api/url/%d/update", id), `{"url":"https://example.com/changed"}`},
		{"DELETE", fmt.Sprintf("/api/url/%d/delete", id), ""},
		{"POST", "/api/urls/bulk", items(2, -1, "x")},
		{"POST", "/api/files/upload/a.txt", "content"},
		{"GET", fmt.Sprintf("/api/url/%d/stats", id), ""},
		{"POST", "/api/qr/add", `{"type":"text","data":"x"}`},
		{"GET", "/api/health", ""},
	} {
		a := s.do(c[0], c[1], nativeKey, c[2])
		if c[1] == "/api/urls/bulk" {
			// Each item tells by itself.
			if a.Status != 200 || a.get("data.failed").Int() != 2 {
				t.Errorf("%s: %d %s; want two failures", c[1], a.Status, a.Body)
			}
			continue
		}
		if a.Status != 503 || a.get("error").Int() != 1 {
			t.Errorf("%s %s without the database: %d %s; want 503", c[0], c[1], a.Status, a.Body)
		}
	}
	// A configuration that cannot reach the database does not replace one that
	// serves what it knows.
	if err := s.load(onPostgres(siteConfig("rate_limit 7 1m"))); err == nil {
		t.Error("a reload without the database is accepted")
	}
	leadsTo(t, "after a reload", s.visit("/warm"), 302, "https://example.com/warm")

	server.Start(t)
	eventually(t, "creates work again", func() bool {
		return s.do("POST", "/api/url/add", nativeKey, `{"url":"https://example.com/again","custom":"again"}`).Status == 200
	})
	leadsTo(t, "the cold link", s.visit("/cold"), 302, "https://example.com/cold")
	leadsTo(t, "the new link", s.visit("/again"), 302, "https://example.com/again")
	leadsTo(t, "the password", s.unlock("/locked", "right"), 303, "https://example.com/locked")
	for i := range 4 {
		leadsTo(t, fmt.Sprint("limited ", i), s.visit("/limited"), 302, "https://example.com/limited")
	}
	if a := s.visit("/limited"); a.Status != 410 {
		t.Errorf("visits that failed have used up none: the sixth is %d; want 410", a.Status)
	}
	if a := s.visit("/unknown"); a.Status != 404 {
		t.Errorf("an unknown link: %d", a.Status)
	}
	if err := s.load(onPostgres(siteConfig("rate_limit 100 1m"))); err != nil {
		t.Errorf("a reload afterwards: %v", err)
	}
	eventually(t, "every visit is counted, those of the outage too", func() bool { return s.clicksOf(id) == 23 })
	eventually(t, "and of the limited link those that were led on", func() bool { return s.clicksOf(limited) == 5 })
}

// TestOutage_Short restarts the database under writers: each create is answered
// with 200 or 503, and each that was answered with 200 is there.
func TestOutage_Short(t *testing.T) {
	server := postgrestest.Start(t)
	t.Setenv("TEST_DATABASE", server.Database(t))
	s := start(t, onPostgres(siteConfig("rate_limit off")))
	s.create(nativeKey, `{"url":"https://example.com/warm","custom":"warm"}`)
	s.visit("/warm")
	var stop atomic.Bool
	var mu sync.Mutex
	var made []string
	var failed atomic.Int64
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 0; !stop.Load(); i++ {
				alias := fmt.Sprintf("w%d-%d", w, i)
				switch a := s.do("POST", "/api/url/add", nativeKey, fmt.Sprintf(`{"url":"https://example.com/%s","custom":%q}`, alias, alias)); a.Status {
				case 200:
					mu.Lock()
					made = append(made, alias)
					mu.Unlock()
				case 503:
					failed.Add(1)
				default:
					t.Errorf("a create in the outage: %d %s", a.Status, a.Body)
				}
				if a := s.visit("/warm"); a.Status != 302 {
					t.Errorf("a redirect in the outage: %d", a.Status)
				}
			}
		})
	}
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(made) }
	for _, mode := range []string{"fast", "immediate"} {
		n := count()
		eventually(t, "writers write", func() bool { return count() > n+20 })
		server.Stop(t, mode)
		f := failed.Load()
		eventually(t, "writers fail", func() bool { return failed.Load() > f+8 })
		server.Start(t)
		n = count()
		eventually(t, "writers write again", func() bool { return count() > n+20 })
	}
	stop.Store(true)
	wg.Wait()
	for _, alias := range made {
		if to := s.visit("/" + alias).Header.Get("Location"); to != "https://example.com/"+alias {
			t.Errorf("%s, which was answered, leads to %q", alias, to)
		}
	}
}
