package visitors_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/shortener"
)

// destinationPage is what links lead to in these tests.
const destinationPage = `<!doctype html><title>Destination</title><body style="margin:0;font:18px/1.5 sans-serif;background:#fff;color:#222">
<div style="background:linear-gradient(120deg,#8ec5fc,#e0c3fc);height:220px"></div><div style="padding:24px;max-width:640px;margin:auto">
<h1>Seaside cottages</h1><p>Rooms with a view of the harbour, open from April to October.</p></div>`

// mustServe serves the site over HTTP, and a destination on an address of its
// own. The query preview makes the visitor a preview, phone a telephone.
func mustServe(t *testing.T, links func(to string) []shortener.Link, change ...func(*site)) (base, to string) {
	t.Helper()
	destination := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(destinationPage))
	}))
	t.Cleanup(destination.Close)
	to = destination.URL + "/"
	a := &answers{headers: map[string]http.Header{to: {}}}
	s := newSite(t, links(to), append(change, withAnswers(a), func(s *site) {
		s.config.Origin = func(*http.Request) string { return "http://go.example.com" }
		s.config.Attempts = api.Rate{Requests: 1000, Window: time.Minute}
	})...)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A headless browser is a bot.
		r.Header.Set("User-Agent", chrome)
		switch r.URL.RawQuery {
		case "preview":
			r.Header.Set("User-Agent", slack)
		case "phone":
			r.Header.Set("User-Agent", pixel8)
		}
		if err := s.handler.ServeHTTP(w, r, client); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, to
}

// gallery has a link for every page.
func gallery(t *testing.T) (func(to string) []shortener.Link, func(*site)) {
	t.Helper()
	locked := hash(t, secret)
	links := func(to string) []shortener.Link {
		return []shortener.Link{
			{Alias: "gone", URL: to, Expires: now},
			{Alias: "disabled", URL: to, Options: shortener.Options{Disabled: true}},
			{Alias: "notstarted", URL: to, Options: shortener.Options{Starts: now.Add(time.Hour)}},
			{Alias: "blocked", URL: "https://evil.example/"},
			{Alias: "locked", URL: to, PasswordHash: locked},
			{Alias: "splash", Type: "splash", URL: "https://example.com/cottages"},
			{Alias: "custom", Type: "1", URL: to},
			{Alias: "long", Type: "splash", URL: "https://example.com/" + strings.Repeat("very-long-path/", 30)},
			{Alias: "frame", Type: "frame", URL: to},
			{Alias: "overlay", Type: "overlay-1", URL: to},
			{Alias: "contact", Type: "overlay-2", URL: to},
			{Alias: "box", Type: "overlay-1", URL: "http://127.0.0.1:9/"},
			{Alias: "app", URL: "https://www.youtube.com/watch?v=x", Options: shortener.Options{DeepLink: &shortener.DeepLink{Auto: true}}},
			{Alias: "preview", URL: to, MetaTitle: "Seaside cottages", MetaDescription: "Rooms with a view of the harbour.", Type: "splash"},
			{Alias: "stats", URL: "https://example.com/cottages", Public: true},
			{Alias: "quiet", URL: "https://example.com/cottages", Public: true, Campaign: 1, MetaTitle: "Seaside cottages"},
			{Alias: "other", URL: "https://example.com/other", Public: true, Campaign: 1},
		}
	}
	return links, func(s *site) {
		s.store.splashes = []shortener.Splash{{
			ID: 1, Account: "main", Title: "Spring offer: 20 % off", Message: "Book a cottage until Friday.\nThe code is SPRING.", Button: "To the cottages", Counter: 15,
		}}
		s.store.overlays = []shortener.Overlay{
			{ID: 1, Account: "main", Type: "message", Label: "Newsletter", Message: "Once a month, offers before everybody else.", Button: "Subscribe", Link: "https://example.com/news", Position: "bottomright"},
			{ID: 2, Account: "main", Type: "contact", Message: "Questions? We answer within a day.", Email: "hello@example.com", Position: "top", Background: "#ffe08a", Foreground: "#222222"},
		}
		s.store.campaigns = []shortener.Campaign{{ID: 1, Account: "main", Name: "Spring", Slug: "spring", Public: true}}
		s.store.summary = clicks.Summary{
			Clicks: 12873, UniqueClicks: 9410,
			Countries: []clicks.Named{{Name: "KR", Clicks: 5210}, {Name: "FR", Clicks: 3122}, {Name: "DE", Clicks: 1800}, {Name: "US", Clicks: 911}, {Name: "", Clicks: 120}},
			Referrers: []clicks.Named{{Name: "", Clicks: 6100}, {Name: "instagram.com", Clicks: 2900}, {Name: "news.example", Clicks: 800}},
			Browsers:  []clicks.Named{{Name: "Chrome", Clicks: 7000}, {Name: "Safari", Clicks: 3900}, {Name: "Firefox", Clicks: 1100}},
			Systems:   []clicks.Named{{Name: "Android", Clicks: 5000}, {Name: "iOS", Clicks: 3800}, {Name: "Windows 10", Clicks: 2900}},
		}
		for i := range 30 {
			day := now.Truncate(24*time.Hour).AddDate(0, 0, -i)
			s.store.buckets = append(s.store.buckets, clicks.Bucket{Start: day, Counts: clicks.Counts{Clicks: int64(300 + 17*(i*i%23) - 6*i)}})
		}
	}
}

// checks finds what people stumble over: what is wider than the window, what
// cannot be hit (WCAG 2.5.8) and what has no name (WCAG 4.1.2).
const checks = `(() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) found.push('the page is ' + root.scrollWidth + ' pixels wide of ' + innerWidth);
  for (const e of document.querySelectorAll('a, button, input, iframe, summary, [tabindex]')) {
    const box = e.getBoundingClientRect();
    if (!box.width) continue;
    if (box.height < 24 && getComputedStyle(e).display !== 'inline') found.push(e.outerHTML.slice(0, 60) + ' is ' + box.height + ' pixels high');
    if (box.left < 0 || box.right > innerWidth + 1) found.push(e.outerHTML.slice(0, 60) + ' is outside');
    const name = e.textContent.trim() || e.getAttribute('aria-label') || e.title || (e.labels && e.labels.length) || e.getAttribute('aria-labelledby');
    if (!name) found.push(e.outerHTML.slice(0, 60) + ' has no name');
  }
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  if (new Set(ids).size !== ids.length) found.push('an id stands twice: ' + ids);
  for (const e of document.querySelectorAll('[aria-describedby], [aria-labelledby]'))
    for (const id of (e.getAttribute('aria-describedby') + ' ' + e.getAttribute('aria-labelledby')).split(' '))
      if (id !== 'null' && !document.getElementById(id)) found.push(id + ' is missing');
  if (!document.querySelector('main')) found.push('there is no main');
  return found;
})()`

func TestBrowser_Pages(t *testing.T) {
	c := mustStart(t)
	links, change := gallery(t)
	base, _ := mustServe(t, links, change)
	for _, page := range []string{
		"gone", "disabled", "notstarted", "blocked", "locked", "wrong", "splash", "custom", "long", "frame", "overlay", "contact", "box", "stats+",
		"u/main/spring-1",
	} {
		for _, lang := range []string{"en", "fr", "ko"} {
			c.language(lang)
			if page != "wrong" {
				c.open(base + "/" + page)
			} else {
				c.open(base + "/locked")
				n := len(c.events)
				c.evaluate(`document.querySelector('input').value = 'x'; document.querySelector('form').submit()`)
				c.wait(n, "Page.loadEventFired")
			}
			name := strings.NewReplacer("/", "_", "+", "").Replace(page) + "-" + lang
			if got := c.evaluate("document.documentElement.lang"); got != lang {
				t.Errorf("%s is in %v", name, got)
			}
			for _, size := range []struct {
				name          string
				width, height int
				dark          bool
			}{{"phone", 390, 844, false}, {"phone-dark", 390, 844, true}, {"small", 320, 568, false}, {"desk", 1280, 800, false}} {
				c.size(size.width, size.height, size.dark)
				if found, _ := c.evaluate(checks).([]any); len(found) > 0 {
					t.Errorf("%s-%s: %v", name, size.name, found)
				}
				if size.name != "small" {
					c.picture(name + "-" + size.name)
				}
			}
			if found := c.violations(); len(found) > 0 {
				t.Errorf("%s: %v", name, found)
			}
		}
	}
}

func TestBrowser_Password(t *testing.T) {
	c := mustStart(t)
	links, change := gallery(t)
	base, to := mustServe(t, links, change)
	c.open(base + "/locked")
	// Browsers give the focus some time after the page has loaded.
	c.evaluate(`new Promise(done => {
		const look = () => document.activeElement.id === 'password' ? done() : setTimeout(look, 10);
		look();
	})`)
	c.evaluate(`document.querySelector('input').value = 'correct horse & battery'`)
	n := len(c.events)
	c.evaluate(`document.querySelector('button').click()`)
	c.wait(n, "Page.loadEventFired")
	// The policy of the form's page lets the redirect to another site through.
	if got := c.evaluate("location.href"); got != to {
		t.Errorf("the password led to %v; want %s", got, to)
	}
}

func TestBrowser_Countdown(t *testing.T) {
	c := mustStart(t)
	links, change := gallery(t)
	base, to := mustServe(t, links, change, func(s *site) {
		s.store.splashes = append(s.store.splashes, shortener.Splash{ID: 2, Account: "main", Counter: 1})
		s.store.links["/short"] = &shortener.Link{ID: 99, Account: "main", Alias: "short", Type: "2", URL: "http://127.0.0.1:9/"}
	})
	c.open(base + "/custom")
	if got := c.evaluate("document.getElementById('left').textContent"); got != "You will be taken there in 15 s." {
		t.Errorf("the counter says %v", got)
	}
	c.evaluate("document.getElementById('stop').click()")
	if got := c.evaluate("document.getElementById('left').textContent + document.activeElement.id"); got != "You stay here until you continue.go" {
		t.Errorf("the stopped counter says %v", got)
	}
	n := len(c.events)
	c.evaluate("document.getElementById('go').click()")
	c.wait(n, "Page.loadEventFired")
	if got := c.evaluate("location.href"); got != to {
		t.Errorf("the button leads to %v; want %s", got, to)
	}
	c.open(base + "/short")
	c.wait(len(c.events), "Page.frameNavigated")
}

func TestBrowser_Overlay(t *testing.T) {
	c := mustStart(t)
	links, change := gallery(t)
	base, _ := mustServe(t, links, change)
	c.open(base + "/overlay")
	if got := c.evaluate("document.querySelector('dialog').open"); got != true {
		t.Error("the box is not shown")
	}
	c.evaluate("document.querySelector('.close').click()")
	if got := c.evaluate("document.querySelector('dialog').open"); got != false {
		t.Error("the box cannot be closed")
	}
	if found := c.violations(); len(found) > 0 {
		t.Error(found)
	}
}

// Providers that cannot be reached keep nobody, and no script of ours breaks.
func TestBrowser_Pixels(t *testing.T) {
	c := mustStart(t)
	base, to := mustServe(t, func(to string) []shortener.Link {
		var ids []int64
		for i := range len(providers) {
			ids = append(ids, int64(i+1))
		}
		return []shortener.Link{{Alias: "pixels", URL: to, Options: shortener.Options{Pixels: ids}}}
	}, func(s *site) {
		for provider, p := range providers {
			s.store.pixels = append(s.store.pixels, shortener.Pixel{ID: int64(len(s.store.pixels) + 1), Account: "main", Type: provider, Tag: p.tag})
		}
	})
	c.open(base + "/pixels")
	c.arrive(to)
	if found := c.violations(); len(found) > 0 {
		t.Error(found)
	}
	asked := map[string]bool{}
	for _, e := range c.events {
		if e.Method != "Network.requestWillBeSent" {
			continue
		}
		for provider, p := range providers {
			if strings.Contains(string(e.Params), `"url":"`+p.script) {
				asked[provider] = true
			}
		}
	}
	for provider := range providers {
		if !asked[provider] {
			t.Errorf("the script of %s was not asked for", provider)
		}
	}
	for _, e := range c.events {
		if e.Method == "Runtime.consoleAPICalled" {
			t.Errorf("a script warned: %s", e.Params)
		}
	}
}

// The app is tried at once; without scripts there are buttons.
func TestBrowser_App(t *testing.T) {
	c := mustStart(t)
	links, change := gallery(t)
	base, _ := mustServe(t, links, change)
	c.open(base + "/app?phone")
	for !c.happened("Page.frameRequestedNavigation", `"url":"intent://www.youtube.com/`) {
		if _, err := c.next(); err != nil {
			t.Fatal("the app was not tried")
		}
	}
	c.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true})
	for _, lang := range []string{"en", "fr", "ko"} {
		c.language(lang)
		c.size(390, 844, false)
		c.open(base + "/app?phone")
		c.picture("app-" + lang + "-phone")
	}
}

// People who see a preview's page are led on.
func TestBrowser_Preview(t *testing.T) {
	c := mustStart(t)
	links, change := gallery(t)
	base, to := mustServe(t, links, change)
	c.open(base + "/preview?preview")
	c.arrive(to)
}
