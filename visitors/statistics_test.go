package visitors_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/shortener"
)

func withStatistics(s *site) {
	s.store.summary = clicks.Summary{
		Clicks: 1234000, UniqueClicks: 4300, CarriedClicks: 567, CarriedUniques: 21,
		Countries: []clicks.Named{{Name: "KR", Clicks: 200}, {Name: "FR", Clicks: 50}, {Name: "", Clicks: 10}},
		Referrers: []clicks.Named{{Name: "", Clicks: 9}, {Name: "<b>.example", Clicks: 3}},
		Browsers:  []clicks.Named{{Name: "Chrome", Clicks: 12}},
	}
	s.store.buckets = []clicks.Bucket{
		{Start: now.AddDate(0, 0, -29).Truncate(24 * 60 * 60 * 1e9), Counts: clicks.Counts{Clicks: 7, Bots: 9999}},
		{Start: now.AddDate(0, 0, -1).Truncate(24 * 60 * 60 * 1e9), Counts: clicks.Counts{Clicks: 1500}},
	}
}

func TestHandler_Statistics(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abc", URL: "https://example.com/한글", Public: true}}, withStatistics)
	resp := s.get("/abc+")
	text := wantPage(t, resp)
	wantContains(t, text, "<title>Statistics of go.example.com/abc</title>", "Leads to https://example.com/한글", "<dd>1,234,567</dd>", "<dd>4,321</dd>", "567 of the clicks were counted before this link was moved here.",
		"2026-04-15", "Clicks in the last 30 days", "1,507 clicks in 30 days; most on 2026-06-14: 1,500.",
		`<th scope="row">2026-05-17</th><td>7</td>`, `<th scope="row">2026-06-15</th><td>0</td>`, "South Korea", "France", "Unknown",
		"Direct or unknown", "&lt;b&gt;.example", "Chrome", "Nothing to show yet.", `width="25" height="4"`)
	wantWithout(t, text, "<script", "9,999")
	if n := strings.Count(text, "<title>2026-"); n != 30 {
		t.Errorf("the plot has %d bars; want 30", n)
	}
	text = wantPage(t, s.get("/abc+", "Accept-Language", "fr"))
	wantContains(t, text, "Corée du Sud", "1\u202f234\u202f567", "567 de ces clics")
	text = wantPage(t, s.get("/abc+", "Accept-Language", "ko"))
	wantContains(t, text, "대한민국", "567회는 링크가")
	wantStatus(t, s.send(s.request(http.MethodHead, "/abc+")), 200)
	s.wantVisits(0)
}

func TestHandler_StatisticsAreNotForEverybody(t *testing.T) {
	s := newSite(t, []shortener.Link{
		{Alias: "private", URL: "https://example.com"},
		{Alias: "locked", URL: "https://example.com/secret", Public: true, PasswordHash: "x"},
		{Alias: "later", URL: "https://example.com/secret", Public: true, Options: shortener.Options{Starts: now.Add(time.Hour)}},
		{Alias: "ended", URL: "https://example.com/secret", Public: true, Expires: now},
		{Alias: "usedup", URL: "https://example.com/secret", Public: true, Options: shortener.Options{ClickLimit: 1}},
		{Alias: "blocked", URL: "https://evil.example/secret", Public: true},
	}, withStatistics)
	wantStatus(t, s.get("/usedup"), 302)
	for _, path := range []string{"/private+", "/missing+", "/locked+/", "/locked%2B%2B"} {
		wantStatus(t, s.get(path), 404)
	}
	// What a link leads to is not told where nobody who opens it would see it.
	for _, alias := range []string{"locked", "later", "ended", "usedup", "blocked"} {
		text := wantPage(t, s.get("/"+alias+"+"))
		wantWithout(t, text, "secret", "Leads to")
	}
	wantPage(t, s.get("/locked%2B"))
}

func TestHandler_StatisticsOfNothing(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abc", URL: "https://example.com", Public: true}})
	text := wantPage(t, s.get("/abc+"))
	wantContains(t, text, "No clicks in the last 30 days.", "<dd>0</dd>")
	wantWithout(t, text, "NaN", "Inf")
}

func TestHandler_StatisticsFail(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abc", URL: "https://example.com", Public: true}}, withStatistics)
	s.store.statisticsErr = &api.Error{Code: api.Unavailable, Message: "down"}
	wantStatus(t, s.get("/abc+"), http.StatusServiceUnavailable)
	// A failure is not remembered.
	s.store.statisticsErr = nil
	wantContains(t, wantPage(t, s.get("/abc+")), "1,234,567")
}

// However often everybody asks, the database is asked every five seconds.
func TestHandler_StatisticsAreRemembered(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abc", URL: "https://example.com", Public: true}}, withStatistics)
	wantContains(t, wantPage(t, s.get("/abc+")), "1,234,567")
	s.store.summary = clicks.Summary{Clicks: 1234568}
	s.clock = now.Add(4 * time.Second)
	wantContains(t, wantPage(t, s.get("/abc+")), "1,234,567")
	s.clock = now.Add(5 * time.Second)
	wantContains(t, wantPage(t, s.get("/abc+")), "1,234,568")
	// Private again, it is so at once.
	l := *s.store.links["/abc"]
	l.Public = false
	s.store.links["/abc"] = &l
	wantStatus(t, s.get("/abc+"), 404)
}
