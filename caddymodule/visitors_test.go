package caddymodule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The User-Agents of visitors that are not the browser.
const (
	iphone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
	tablet  = "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1"
	android = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36"
	windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36"
	mac     = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15"
	chat    = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"
	crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
)

// behindProxy lets the tests say where their visitors come from.
func behindProxy(caddyfile string) string {
	return strings.Replace(caddyfile, "\tadmin off\n", "\tadmin off\n\tservers {\n\t\ttrusted_proxies static private_ranges\n\t}\n", 1)
}

// visit opens a short link as a browser would; header has names and values.
func (s *site) visit(path string, header ...string) answer {
	s.t.Helper()
	return s.do("GET", path, "", "", header...)
}

// unlock sends a password's form.
func (s *site) unlock(path, password string, header ...string) answer {
	s.t.Helper()
	return s.do("POST", path, "", "password="+password, append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
}

// make sends a create and returns the id that it is answered with.
func (s *site) make(path, body string) int64 {
	s.t.Helper()
	a := s.do("POST", path, nativeKey, body)
	if a.Status != 200 || a.get("id").Int() == 0 {
		s.t.Fatalf("POST %s %s: %d %s", path, body, a.Status, a.Body)
	}
	return a.get("id").Int()
}

// leadsTo checks that an answer redirects.
func leadsTo(t *testing.T, what string, a answer, status int, location string) {
	t.Helper()
	if a.Status != status || a.Header.Get("Location") != location {
		t.Errorf("%s: %d to %q; want %d to %q", what, a.Status, a.Header.Get("Location"), status, location)
	}
}

// shows checks that an answer is a page with all of the parts.
func shows(t *testing.T, what string, a answer, status int, parts ...string) {
	t.Helper()
	if a.Status != status || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || !strings.Contains(a.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%s: %d %s, policy %q; want a page with %d", what, a.Status, a.Header.Get("Content-Type"), a.Header.Get("Content-Security-Policy"), status)
	}
	for _, part := range parts {
		if !strings.Contains(a.Body, part) {
			t.Errorf("%s: the page lacks %q", what, part)
		}
	}
	if t.Failed() {
		_, body, _ := strings.Cut(a.Body, "</style>")
		t.Logf("%s: %s", what, body)
	}
}

// moment is a time as clients write it.
func moment(in time.Duration) string { return time.Now().Add(in).UTC().Format(time.RFC3339) }

// clicksOf is what the API says of a link's clicks.
func (s *site) clicksOf(id int64) int64 {
	s.t.Helper()
	return s.do("GET", fmt.Sprintf("/api/url/%d", id), nativeKey, "").get("data.clicks").Int()
}

func TestVisitor_Password(t *testing.T) {
	s := start(t, behindProxy(siteConfig("rate_limit off\n\t\tfailed_attempts 4 1h")))
	id, _ := s.create(nativeKey, `{"url":"https://example.com/in","custom":"locked","password":"right","redirectcode":307,"metatitle":"Secret title"}`)
	first := s.visit("/locked")
	shows(t, "the form", first, 200, `<form method="post"`, `name="password"`)
	if strings.Contains(first.Body, "example.com") || strings.Contains(first.Body, "Secret title") {
		t.Error("the form shows where the link leads")
	}
	if a := s.visit("/locked?password=right"); a.Status != 200 || a.Header.Get("Location") != "" {
		t.Errorf("a password in the URL: %d to %q", a.Status, a.Header.Get("Location"))
	}
	if a := s.visit("/locked", "User-Agent", chat); strings.Contains(a.Body, "Secret title") {
		t.Error("a preview of a locked link shows its title")
	}
	shows(t, "no password", s.unlock("/locked", ""), 403, `role="alert"`)
	shows(t, "a wrong password", s.unlock("/locked", "wrong"), 403, `role="alert"`)
	leadsTo(t, "the right password", s.unlock("/locked", "right"), 303, "https://example.com/in")
	shows(t, "a fourth attempt", s.unlock("/locked", "wrong"), 403)
	limited := s.unlock("/locked", "right")
	if limited.Status != 429 || limited.Header.Get("Retry-After") == "" {
		t.Errorf("a fifth attempt: %d, Retry-After %q; want 429", limited.Status, limited.Header.Get("Retry-After"))
	}
	leadsTo(t, "another address", s.unlock("/locked", "right", "X-Forwarded-For", "203.0.113.9"), 303, "https://example.com/in")
	if a := s.unlock("/locked", strings.Repeat("x", 5000), "X-Forwarded-For", "203.0.113.10"); a.Status != 413 {
		t.Errorf("5,000 characters: %d; want 413", a.Status)
	}
	eventually(t, "both right passwords counted, and nothing else", func() bool { return s.clicksOf(id) == 2 })

	s.create(nativeKey, `{"url":"https://example.com/","custom":"open"}`)
	if a := s.unlock("/open", "x"); a.Status != 405 || a.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("a form for a link without a password: %d, Allow %q", a.Status, a.Header.Get("Allow"))
	}
}

func TestVisitor_StartAndEnd(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	s.create(nativeKey, fmt.Sprintf(`{"url":"https://example.com/","custom":"ends","expiry":%q}`, moment(2*time.Second)))
	s.create(nativeKey, fmt.Sprintf(`{"url":"https://example.com/","custom":"over","expiry":%q,"expiredurl":"https://example.com/sorry"}`, moment(2*time.Second)))
	s.create(nativeKey, fmt.Sprintf(`{"url":"https://example.com/","custom":"later","startdate":%q,"redirectcode":301}`, moment(time.Hour)))
	s.create(nativeKey, fmt.Sprintf(`{"url":"https://example.com/","custom":"teaser","startdate":%q,"expiredurl":"https://example.com/soon"}`, moment(time.Hour)))
	s.create(nativeKey, fmt.Sprintf(`{"url":"https://example.com/","custom":"started","startdate":%q}`, moment(-time.Hour)))
	leadsTo(t, "started", s.visit("/started"), 302, "https://example.com/")
	leadsTo(t, "teaser", s.visit("/teaser"), 302, "https://example.com/soon")
	shows(t, "later", s.visit("/later"), 410, "not open yet")
	shows(t, "in French", s.visit("/later", "Accept-Language", "de;q=0.2, fr-CA, en;q=0.8"), 410, `lang="fr"`)
	shows(t, "in Korean", s.visit("/later", "Accept-Language", "ko"), 410, `lang="ko"`)
	eventually(t, "the link has ended", func() bool { return s.visit("/ends").Status == 410 })
	shows(t, "ends", s.visit("/ends"), 410, "has ended")
	eventually(t, "the other one too", func() bool { return s.visit("/over").Header.Get("Location") == "https://example.com/sorry" })
	if a := s.visit("/ends"); a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q of an end; want no-store", a.Header.Get("Cache-Control"))
	}
	// An end can be moved.
	for _, expiry := range []string{moment(time.Hour), ""} {
		if a := s.do("PUT", "/api/url/1/update", nativeKey, fmt.Sprintf(`{"expiry":%q}`, expiry)); a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		leadsTo(t, "revived", s.visit("/ends"), 302, "https://example.com/")
	}
}

func TestVisitor_ClickLimit(t *testing.T) {
	eachDatabase(t, siteConfig("rate_limit off"), func(t *testing.T, s *site) {
		id, _ := s.create(nativeKey, `{"url":"https://example.com/","custom":"three","clicklimit":3,"expiredurl":"https://example.com/over"}`)
		for i := range 3 {
			// Programs and HEAD use nothing up.
			if a := s.do("HEAD", "/three", "", ""); a.Status != 302 || a.Header.Get("Location") != "https://example.com/" {
				t.Errorf("HEAD %d: %d to %q", i, a.Status, a.Header.Get("Location"))
			}
			s.visit("/three", "User-Agent", crawler)
			s.visit("/three", "User-Agent", chat)
			leadsTo(t, fmt.Sprint("visit ", i), s.visit("/three"), 302, "https://example.com/")
		}
		leadsTo(t, "the fourth visit", s.visit("/three"), 302, "https://example.com/over")
		leadsTo(t, "a bot after that", s.visit("/three", "User-Agent", crawler), 302, "https://example.com/over")
		for _, body := range []string{`{"expiredurl":""}`, `{"clicklimit":4}`} {
			if a := s.do("PUT", fmt.Sprintf("/api/url/%d/update", id), nativeKey, body); a.Status != 200 {
				t.Fatalf("%s: %d %s", body, a.Status, a.Body)
			}
			if body == `{"expiredurl":""}` {
				shows(t, "without expiredurl", s.visit("/three"), 410)
			}
		}
		leadsTo(t, "one more", s.visit("/three"), 302, "https://example.com/")
		shows(t, "and no more", s.visit("/three"), 410)
		eventually(t, "four clicks", func() bool { return s.clicksOf(id) == 4 })
	})
}

func TestVisitor_RedirectCodes(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	for _, code := range []int{301, 302, 303, 307, 308} {
		alias := fmt.Sprint("code", code)
		id, _ := s.create(nativeKey, fmt.Sprintf(`{"url":"https://example.com/a%%20b?x=%%zz&ü=1#f","custom":%q,"redirectcode":%d}`, alias, code))
		for _, method := range []string{"GET", "HEAD"} {
			a := s.do(method, "/"+alias, "", "")
			leadsTo(t, method, a, code, "https://example.com/a%20b?x=%zz&%C3%BC=1#f")
			if a.Body != "" {
				t.Errorf("%d has the body %q", code, a.Body)
			}
		}
		eventually(t, "HEAD is not counted", func() bool { return s.clicksOf(id) == 1 })
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		if a := s.do(method, "/code302", "", ""); a.Status != 405 || a.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d, Allow %q; want 405", method, a.Status, a.Header.Get("Allow"))
		}
	}
}

func TestVisitor_Query(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	s.create(nativeKey, `{"url":"https://example.com/p?a=1&a=2&b[]=x&flag#top","custom":"merged","forwardquery":true,
		"parameters":[{"name":"utm_source","value":"a b&c"},{"name":"b[]","value":"y"}]}`)
	s.create(nativeKey, `{"url":"https://example.com/p?a=1","custom":"kept"}`)
	leadsTo(t, "not forwarded", s.visit("/kept?z=1"), 302, "https://example.com/p?a=1")
	alone := s.visit("/merged").Header.Get("Location")
	if !strings.HasPrefix(alone, "https://example.com/p?a=1&a=2&") || !strings.HasSuffix(alone, "#top") || !strings.Contains(alone, "flag") {
		t.Errorf("parameters break the destination's own query: %s", alone)
	}
	if !strings.Contains(alone, "utm_source=a+b%26c") && !strings.Contains(alone, "utm_source=a%20b%26c") {
		t.Errorf("utm_source is missing or not escaped: %s", alone)
	}
	for _, query := range []string{"gclid=X%2Fy", "weird=%zz", "a;b=c", "utm_medium=x&&=&y", "ref=%E4%BD%A0"} {
		a := s.visit("/merged?" + query)
		if a.Status != 302 || !strings.HasSuffix(a.Header.Get("Location"), "#top") || strings.Count(a.Header.Get("Location"), "?") != 1 {
			t.Errorf("%s: %d to %s", query, a.Status, a.Header.Get("Location"))
		}
	}
	if to := s.visit("/merged?gclid=X%2Fy").Header.Get("Location"); !strings.Contains(to, "gclid=X%2Fy") {
		t.Errorf("the visitor's query is lost or rewritten: %s", to)
	}
}
