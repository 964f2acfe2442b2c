package caddymodule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// TestVisitor_LockedPages: the right password gets what the link is, whatever
// that is, and nobody keeps it.
func TestVisitor_LockedPages(t *testing.T) {
	s := nativeSite(t, "rate_limit off\n\t\tfailed_attempts 1000 1m")
	s.create(nativeKey, `{"url":"https://example.com/in?a=1","custom":"locked","password":"p&w=x +%","type":"splash","redirectcode":308,"forwardquery":true}`)
	s.create(nativeKey, `{"url":"https://example.com/in","custom":"plain","password":"p","redirectcode":308,"clicklimit":1,"forwardquery":true}`)
	for _, wrong := range []string{"p", "p%26w", "P%26w%3Dx+%2B%25"} {
		shows(t, wrong, s.unlock("/locked", wrong), 403)
	}
	page := s.unlock("/locked?b=2", "p%26w%3Dx+%2B%25")
	shows(t, "the splash page", page, 200, "https://example.com/in?a=1&amp;b=2")
	if page.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control: %q", page.Header.Get("Cache-Control"))
	}
	a := s.unlock("/plain?b=2", "p")
	leadsTo(t, "a redirect", a, 303, "https://example.com/in?b=2")
	if a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control: %q", a.Header.Get("Cache-Control"))
	}
	shows(t, "used up", s.unlock("/plain", "p"), 410)
	for _, kind := range []string{"text/plain", "application/json", "multipart/form-data; boundary=x", ""} {
		if a := s.do("POST", "/locked", "", `password=p%26w%3Dx+%2B%25`, "Content-Type", kind); a.Status != 403 {
			t.Errorf("a form as %q: %d; want 403", kind, a.Status)
		}
	}
	if a := s.do("HEAD", "/locked", "", ""); a.Status != 200 || a.Header.Get("Location") != "" {
		t.Errorf("HEAD of a locked link: %d to %q", a.Status, a.Header.Get("Location"))
	}
	for _, path := range []string{"/qr/locked", "/locked+"} {
		if a := s.visit(path); strings.Contains(a.Body, "example.com/in") {
			t.Errorf("%s shows where a locked link leads", path)
		}
	}
}

// TestVisitor_Changes: whatever is changed by the API holds for the next
// visitor.
func TestVisitor_Changes(t *testing.T) {
	eachDatabase(t, siteConfig("rate_limit off"), func(t *testing.T, s *site) {
		id, _ := s.create(nativeKey, `{"url":"https://example.com/0","custom":"moving"}`)
		path := fmt.Sprintf("/api/url/%d/update", id)
		update := func(body string) {
			t.Helper()
			if a := s.do("PUT", path, nativeKey, body); a.Status != 200 {
				t.Fatalf("%s: %d %s", body, a.Status, a.Body)
			}
		}
		for i := range 5 {
			update(fmt.Sprintf(`{"url":"https://example.com/%d"}`, i))
			leadsTo(t, "another target", s.visit("/moving"), 302, fmt.Sprintf("https://example.com/%d", i))
		}
		update(`{"redirectcode":301}`)
		leadsTo(t, "another status", s.visit("/moving"), 301, "https://example.com/4")
		update(`{"password":"p"}`)
		shows(t, "locked", s.visit("/moving"), 200, "<form")
		update(`{"password":""}`)
		update(`{"type":"splash"}`)
		shows(t, "splash", s.visit("/moving"), 200, "You are leaving")
		update(`{"type":"direct","languagetarget":[{"language":"fr","link":"https://example.com/fr"}]}`)
		leadsTo(t, "a rule", s.visit("/moving", "Accept-Language", "fr"), 301, "https://example.com/fr")
		update(`{"languagetarget":[],"custom":"Moved"}`)
		leadsTo(t, "without it", s.visit("/Moved", "Accept-Language", "fr"), 301, "https://example.com/4")
		for _, alias := range []string{"/moving", "/moved"} {
			if a := s.visit(alias); a.Status != 404 {
				t.Errorf("%s: %d; want 404", alias, a.Status)
			}
		}
		again, _ := s.create(nativeKey, `{"url":"https://example.com/again","custom":"moving"}`)
		leadsTo(t, "a new link of the old name", s.visit("/moving"), 302, "https://example.com/again")
		if a := s.do("DELETE", fmt.Sprintf("/api/url/%d/delete", again), nativeKey, ""); a.Status != 200 {
			t.Fatalf("%d", a.Status)
		}
		s.visit("/moving")
		newest, _ := s.create(nativeKey, `{"url":"https://example.com/newest","custom":"moving"}`)
		leadsTo(t, "and once more", s.visit("/moving"), 302, "https://example.com/newest")
		s.counts(t, newest, `{"clicks":1,"uniqueClicks":1,"bots":0,"previews":0,"scans":0}`)
	})
}

// TestVisitor_UnicodeDomain: a branded domain in letters of its language, as browsers
// ask for it.
func TestVisitor_UnicodeDomain(t *testing.T) {
	s := start(t, anyHost(""))
	s.make("/api/domain/add", `{"domain":"https://XN--BCHER-KVA.example/"}`)
	_, short := s.create(nativeKey, `{"url":"https://example.com/b","custom":"buch","domain":"https://xn--bcher-kva.example"}`)
	if short != "https://xn--bcher-kva.example/buch" {
		t.Errorf("the short URL is %s", short)
	}
	leadsTo(t, "a browser", s.at("GET", "xn--bcher-kva.example", "/buch"), 302, "https://example.com/b")
}

// TestStatistics_Zones: days are those of the configured zone, and whatever the
// zone the steps add up to the total.
func TestStatistics_Zones(t *testing.T) {
	for _, zone := range []string{"Asia/Seoul", "Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati"} {
		t.Run(strings.ReplaceAll(zone, "/", "_"), func(t *testing.T) {
			s := nativeSite(t, "rate_limit off\n\t\ttime_zone "+zone)
			location, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			id, _ := s.create(nativeKey, `{"url":"https://example.com/","custom":"seen"}`)
			for range 3 {
				s.visit("/seen")
			}
			s.counts(t, id, `{"clicks":3,"uniqueClicks":1,"bots":0,"previews":0,"scans":0}`)
			today := time.Now().In(location).Format(time.DateOnly)
			for _, query := range []string{"", "?interval=hour", "?interval=day&from=" + today + "&to=" + today, "?interval=hour&from=" + today + "&to=" + today} {
				data := s.do("GET", fmt.Sprintf("/api/url/%d/stats%s", id, query), nativeKey, "").get("data")
				sum, at := int64(0), ""
				data.Get("series").ForEach(func(_, step gjson.Result) bool {
					if n := step.Get("clicks").Int(); n > 0 {
						sum, at = sum+n, step.Get("time").String()
					}
					return true
				})
				if sum != 3 || !strings.HasPrefix(at, today) {
					t.Errorf("%s: %d clicks, the last at %s; want 3 on %s: %s", query, sum, at, today, data)
				}
			}
		})
	}
}

// TestStatistics_OrphanRoot: visitors of the bare domain are told apart from
// those of everything else that is no link.
func TestStatistics_OrphanRoot(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	for range 2 {
		if a := s.visit("/"); a.Status != 404 {
			t.Fatalf("%d", a.Status)
		}
	}
	s.visit("/asked")
	var list gjson.Result
	eventually(t, "the orphans are listed", func() bool {
		list = s.do("GET", "/api/orphans", nativeKey, "").get("data.orphans")
		return list.Get("#").Int() >= 1 && strings.Contains(list.Raw, "/asked")
	})
	for _, o := range list.Array() {
		if p := o.Get("path").String(); p != "/" && p != "/asked" {
			t.Errorf("the path %q is listed: %s", p, list)
		}
	}
}

// TestVisitor_DeletedMeanwhile: visits that wait while their link is deleted
// stand in nobody's way.
func TestVisitor_DeletedMeanwhile(t *testing.T) {
	eachDatabase(t, siteConfig("rate_limit off"), func(t *testing.T, s *site) {
		gone, _ := s.create(nativeKey, `{"url":"https://example.com/","custom":"gone"}`)
		limited, _ := s.create(nativeKey, `{"url":"https://example.com/","custom":"limited","clicklimit":9}`)
		stays, _ := s.create(nativeKey, `{"url":"https://example.com/","custom":"stays"}`)
		for round := range 3 {
			for _, path := range []string{"/gone", "/limited", "/stays"} {
				s.visit(path)
			}
			if round == 1 {
				for _, id := range []int64{gone, limited} {
					if a := s.do("DELETE", fmt.Sprintf("/api/url/%d/delete", id), nativeKey, ""); a.Status != 200 {
						t.Fatalf("%d %s", a.Status, a.Body)
					}
				}
			}
		}
		s.counts(t, stays, `{"clicks":3,"uniqueClicks":1,"bots":0,"previews":0,"scans":0}`)
		if a := s.do("GET", fmt.Sprintf("/api/url/%d/stats", gone), nativeKey, ""); a.Status != 404 {
			t.Errorf("statistics of a deleted link: %d", a.Status)
		}
	})
}

// TestVisitor_Slugs: whatever slug is accepted, the addresses that come with it
// work.
func TestVisitor_Slugs(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	s.create(nativeKey, `{"url":"https://example.com/","custom":"one"}`)
	accepted := 0
	for i, slug := range []string{"spring", "Spring-Sale_2", "spring sale", "a/b", "../x", "안녕", "a?b#c", "100%", "a+b", "x-1", "list", "-", strings.Repeat("s", 60)} {
		a := s.do("POST", "/api/campaign/add", nativeKey, fmt.Sprintf(`{"name":"n%d","slug":%q,"public":true}`, i, slug))
		if a.Status == 400 && a.get("errors.slug").Exists() {
			continue
		}
		if a.Status != 200 {
			t.Errorf("%q: %d %s", slug, a.Status, a.Body)
			continue
		}
		accepted++
		if b := s.do("POST", fmt.Sprintf("/api/campaign/%d/assign/1", a.get("id").Int()), nativeKey, ""); b.Status != 200 {
			t.Fatalf("%d %s", b.Status, b.Body)
		}
		rotator := strings.TrimPrefix(a.get("rotator").String(), s.base)
		leadsTo(t, slug, s.visit(rotator), 302, "https://example.com/")
		if list := s.visit(strings.TrimPrefix(a.get("list").String(), s.base)); list.Status != 200 {
			t.Errorf("the list of %q at %s: %d", slug, a.get("list"), list.Status)
		}
	}
	if accepted < 2 {
		t.Errorf("%d slugs are accepted", accepted)
	}
}
