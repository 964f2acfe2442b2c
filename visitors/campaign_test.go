package visitors_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/shortener"
)

func withCampaigns(s *site) {
	s.store.campaigns = []shortener.Campaign{
		{ID: 1, Account: "main", Name: "Spring <sale>", Slug: "spring", Public: true},
		{ID: 2, Account: "main", Name: "Private", Slug: "private"},
		{ID: 3, Account: "main", Name: "Empty", Slug: "empty", Public: true},
		{ID: 4, Account: "main", Name: "No slug", Public: true},
	}
}

func TestHandler_Rotator(t *testing.T) {
	links := []shortener.Link{
		{Alias: "one", Campaign: 1, URL: "https://example.com/1", Options: shortener.Options{RedirectCode: 301}},
		{Alias: "two", Campaign: 1, URL: "https://example.com/2", Options: shortener.Options{ForwardQuery: true}},
		{Alias: "page", Campaign: 1, Type: "splash", URL: "https://example.com/3"},
		{Alias: "ended", Campaign: 1, URL: "https://example.com/4", Expires: now},
		{Alias: "later", Campaign: 1, URL: "https://example.com/5", Options: shortener.Options{Starts: now.Add(time.Hour)}},
		{Alias: "bad", Campaign: 1, URL: "https://evil.example/"},
		{Alias: "other", Campaign: 2, URL: "https://example.com/6"},
	}
	s := newSite(t, links, withCampaigns)
	const turns = 600
	got := map[string]int{}
	for range turns {
		resp := s.get("/r/spring?x=1")
		wantStatus(t, resp, 302)
		wantHeader(t, resp, "Cache-Control", "no-store")
		got[resp.Header.Get("Location")]++
	}
	for _, to := range []string{"https://example.com/1", "https://example.com/2?x=1", origin + "/page?x=1"} {
		// 200 are expected; fewer than 120 come once in 10^12 runs.
		if got[to] < turns/5 {
			t.Errorf("%s was chosen %d times of %d", to, got[to], turns)
		}
	}
	if len(got) != 3 {
		t.Errorf("chosen: %v", got)
	}
	counted := map[int64]int{}
	for _, v := range s.visits {
		counted[v.LinkID]++
	}
	// A page is counted where it is shown.
	if len(counted) != 2 || counted[1] != got["https://example.com/1"] || counted[2] != got["https://example.com/2?x=1"] {
		t.Errorf("counted %v of %v", counted, got)
	}
	visits := len(s.visits)
	wantStatus(t, s.send(s.request(http.MethodHead, "/r/spring/")), 302)
	s.wantVisits(visits)
}

func TestHandler_RotatorOfNothing(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "other", Campaign: 2, URL: "https://example.com/6"}}, withCampaigns)
	for _, path := range []string{"/r/private", "/r/empty", "/r/missing", "/r/" + strings.Repeat("x", 256), "/r/spring/x"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			wantStatus(t, s.send(s.request(method, path)), 404)
		}
	}
	s.wantVisits(0)
}

func TestHandler_RotatorTakesVisits(t *testing.T) {
	s := newSite(t, []shortener.Link{
		{Alias: "one", Campaign: 1, URL: "https://example.com/1", Options: shortener.Options{ClickLimit: 1}},
		{Alias: "two", Campaign: 1, Type: "splash", URL: "https://example.com/2", Options: shortener.Options{ClickLimit: 1}},
	}, withCampaigns)
	seen := map[string]bool{}
	for range 20 {
		resp := s.get("/r/spring")
		if resp.StatusCode == 404 {
			break
		}
		to := resp.Header.Get("Location")
		if to == "https://example.com/1" && seen[to] {
			t.Fatal("a visit was used twice")
		}
		seen[to] = true
		if to == origin+"/two" {
			s.get("/two")
		}
	}
	if len(seen) != 2 {
		t.Errorf("seen %v", seen)
	}
	wantStatus(t, s.get("/r/spring"), 404)
}

func TestHandler_RotatorOnADomain(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "one", Domain: "brand.example", Campaign: 1, URL: "https://example.com/1", Type: "splash"}}, withCampaigns,
		func(s *site) {
			s.store.domains = []shortener.Domain{{Account: "main", Host: "brand.example", Scheme: "https"}, {Account: "other", Host: "other.example", Scheme: "https"}}
		})
	for host, want := range map[string]int{"brand.example": 302, "go.example.com": 302, "other.example": 404} {
		r := s.request(http.MethodGet, "/r/spring")
		r.Host = host
		resp := s.send(r)
		wantStatus(t, resp, want)
		if want == 302 {
			wantHeader(t, resp, "Location", "https://brand.example/one")
		}
	}
}

func TestHandler_List(t *testing.T) {
	links := []shortener.Link{
		{Alias: "titled", Campaign: 1, Public: true, URL: "https://example.com/1", MetaTitle: "A <b>title</b>"},
		{Alias: "plain", Campaign: 1, Public: true, URL: "https://example.com/2"},
		{Alias: "hidden", Campaign: 1, URL: "https://example.com/3", MetaTitle: "Hidden title"},
		{Alias: "locked", Campaign: 1, Public: true, URL: "https://example.com/4", MetaTitle: "Locked title", PasswordHash: "x"},
		{Alias: "ended", Campaign: 1, Public: true, URL: "https://example.com/5", Expires: now},
	}
	s := newSite(t, links, withCampaigns)
	for _, path := range []string{"/u/main/spring-1", "/u/main/list-1", "/u/main/list-1/"} {
		text := wantPage(t, s.get(path))
		wantContains(t, text, "Links of Spring &lt;sale&gt;", `<a href="https://go.example.com/titled">A &lt;b&gt;title&lt;/b&gt;</a>`,
			`<a href="https://go.example.com/plain">go.example.com/plain</a>`, "/locked")
		wantWithout(t, text, "/hidden", "Hidden", "Locked title", "/ended", "https://example.com", "?page=")
	}
	wantContains(t, wantPage(t, s.get("/u/main/list-3")), "There are no public links")
	for _, path := range []string{
		"/u/main/private-2", "/u/other/list-1", "/u/main/wrong-1", "/u/main/-4", "/u/main/list-9", "/u/main/list-x", "/u/main/list-1?page=2",
		"/u/main/list-1?page=0", "/u/main/list-1?page=x", "/u/main/list-1/x",
	} {
		if resp := s.get(path); resp.StatusCode != 404 {
			t.Errorf("%s = %d; want 404", path, resp.StatusCode)
		}
	}
	s.wantVisits(0)
}

// TestHandler_RemoteLinks: links of other backends need no origin of ours, and
// nothing is known of whether they are locked.
func TestHandler_RemoteLinks(t *testing.T) {
	remote := shortener.NewRemote("main", 7)
	remote.URL, remote.MetaTitle, remote.Campaign = "https://sho.rt/abc", "Theirs", 1
	s := newSite(t, []shortener.Link{*remote}, withCampaigns, func(s *site) {
		s.config.Origin = func(*http.Request) string { return "" }
	})
	text := wantPage(t, s.get("/u/main/list-1"))
	wantContains(t, text, `<a href="https://sho.rt/abc">`)
	wantWithout(t, text, "Theirs")
	resp := s.get("/r/spring?x=1", "User-Agent", slack)
	wantStatus(t, resp, 302)
	wantHeader(t, resp, "Location", "https://sho.rt/abc?x=1")
	wantStatus(t, s.get("/"+remote.Alias), 404)
	wantStatus(t, s.get("/qr/"+remote.Alias), 404)
}

func TestHandler_ListPages(t *testing.T) {
	var links []shortener.Link
	for i := range 60 {
		links = append(links, shortener.Link{Alias: fmt.Sprintf("link%02d", i), Campaign: 1, Public: true, URL: "https://example.com"})
	}
	s := newSite(t, links, withCampaigns)
	first := wantPage(t, s.get("/u/main/list-1"))
	wantContains(t, first, "link59", "link35", "Page 1 of 3", `href="?page=2" rel="next"`)
	wantWithout(t, first, "link34", `rel="prev"`)
	last := wantPage(t, s.get("/u/main/list-1?page=3"))
	wantContains(t, last, "link09", "link00", `href="?page=2" rel="prev"`)
	wantWithout(t, last, "link10", `rel="next"`)
}
