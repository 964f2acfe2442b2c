package visitors_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/shortener"
)

const to = "https://example.com/to?a=1&b=2"

// framable answers for every destination that it may be framed.
func framable() *answers {
	return &answers{headers: map[string]http.Header{"https://example.com/to": {}}}
}

// wantPage checks what all pages have.
func wantPage(t *testing.T, resp *http.Response) string {
	t.Helper()
	wantStatus(t, resp, 200)
	wantHeader(t, resp, "Content-Type", "text/html; charset=utf-8")
	wantHeader(t, resp, "Cache-Control", "no-store")
	wantHeader(t, resp, "X-Content-Type-Options", "nosniff")
	wantHeader(t, resp, "Vary", "Accept-Language")
	policy := resp.Header.Get("Content-Security-Policy")
	wantContains(t, policy, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'nonce-", "form-action 'none'")
	wantWithout(t, policy, "unsafe")
	text := body(t, resp)
	wantWithout(t, text, "ZgotmplZ", " style=", " onclick=", "javascript:")
	return text
}

func TestHandler_Frame(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abc", Type: "frame", URL: to, MetaTitle: "A <title>"}}, withAnswers(framable()))
	resp := s.get("/abc")
	text := wantPage(t, resp)
	wantContains(t, text, `<iframe src="https://example.com/to?a=1&amp;b=2" title="Content of example.com"`, "<title>A &lt;title&gt;</title>",
		`href="https://example.com/to?a=1&amp;b=2" target="_top"`)
	wantContains(t, resp.Header.Get("Content-Security-Policy"), "frame-src http: https:")
	wantWithout(t, resp.Header.Get("Content-Security-Policy"), "script-src")
	s.wantVisits(1)
}

func TestHandler_FrameFallsBack(t *testing.T) {
	type h = http.Header
	for name, c := range map[string]struct {
		url    string
		header http.Header
		status int
		framed bool
	}{
		"Silent":          {to, h{}, 0, true},
		"Deny":            {to, h{"X-Frame-Options": {"deny"}}, 0, false},
		"SameOrigin":      {to, h{"X-Frame-Options": {"SAMEORIGIN"}}, 0, false},
		"AllowFrom":       {to, h{"X-Frame-Options": {"ALLOW-FROM https://x.example"}}, 0, true},
		"TwoOptions":      {to, h{"X-Frame-Options": {"SAMEORIGIN, DENY"}}, 0, false},
		"None":            {to, h{"Content-Security-Policy": {"frame-ancestors 'none'"}}, 0, false},
		"Self":            {to, h{"Content-Security-Policy": {"default-src *; Frame-Ancestors 'self'"}}, 0, false},
		"OtherPolicy":     {to, h{"Content-Security-Policy": {"default-src 'self'"}}, 0, true},
		"OtherHost":       {to, h{"Content-Security-Policy": {"frame-ancestors https://x.example"}}, 0, false},
		"OurHost":         {to, h{"Content-Security-Policy": {"frame-ancestors 'self' https://go.example.com"}}, 0, true},
		"OurHostHTTP":     {to, h{"Content-Security-Policy": {"frame-ancestors http://go.example.com"}}, 0, true},
		"OurBareHost":     {to, h{"Content-Security-Policy": {"frame-ancestors GO.example.com"}}, 0, true},
		"OurParent":       {to, h{"Content-Security-Policy": {"frame-ancestors *.example.com"}}, 0, true},
		"ParentItself":    {to, h{"Content-Security-Policy": {"frame-ancestors *.go.example.com"}}, 0, false},
		"NotOurParent":    {to, h{"Content-Security-Policy": {"frame-ancestors *.ample.com"}}, 0, false},
		"Everybody":       {to, h{"Content-Security-Policy": {"frame-ancestors *"}}, 0, true},
		"Scheme":          {to, h{"Content-Security-Policy": {"frame-ancestors https:"}}, 0, true},
		"PolicyOverrides": {to, h{"Content-Security-Policy": {"frame-ancestors *"}, "X-Frame-Options": {"DENY"}}, 0, true},
		"TwoPolicies":     {to, h{"Content-Security-Policy": {"frame-ancestors *, frame-ancestors 'none'"}}, 0, false},
		"TwoHeaders":      {to, h{"Content-Security-Policy": {"frame-ancestors *", "frame-ancestors 'none'"}}, 0, false},
		"GetAlone":        {to, h{}, 405, true},
		"GetAloneDeny":    {to, h{"X-Frame-Options": {"DENY"}}, 405, false},
		"Dead":            {to, nil, 0, false},
		"Failing":         {to, nil, 500, false},
		"MixedContent":    {"http://example.com/to", h{}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := &answers{headers: map[string]http.Header{}, status: map[string]int{"https://example.com/to": c.status}}
			if c.header != nil {
				a.headers["https://example.com/to"], a.headers["http://example.com/to"] = c.header, c.header
			}
			s := newSite(t, []shortener.Link{{Alias: "abc", Type: "frame", URL: c.url}}, withAnswers(a))
			resp := s.get("/abc")
			if framed := resp.StatusCode == 200; framed != c.framed {
				t.Errorf("framed = %v; want %v", framed, c.framed)
			}
			if !c.framed {
				wantStatus(t, resp, 302)
				wantHeader(t, resp, "Location", c.url)
			}
			s.wantVisits(1)
		})
	}
}

func TestHandler_FrameAsksOnceAnHour(t *testing.T) {
	a := framable()
	s := newSite(t, []shortener.Link{{Alias: "abc", Type: "frame", URL: to, Options: shortener.Options{ForwardQuery: true}}}, withAnswers(a))
	for _, path := range []string{"/abc", "/abc?x=1", "/abc?x=2"} {
		wantStatus(t, s.get(path), 200)
	}
	if len(a.asked) != 1 {
		t.Errorf("asked %v; want once", a.asked)
	}
	s.clock = now.Add(time.Hour)
	a.headers["https://example.com/to"] = http.Header{"X-Frame-Options": {"DENY"}}
	wantStatus(t, s.get("/abc"), 302)
	if len(a.asked) != 2 {
		t.Errorf("asked %v; want twice", a.asked)
	}
}

// slow answers once it is let go.
type slow struct {
	*answers
	arrived, release chan struct{}
}

func (f *slow) Head(ctx context.Context, address string) (http.Header, int, error) {
	close(f.arrived)
	<-f.release
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	return f.answers.Head(ctx, address)
}

// Of many visitors at once one asks, also where that one goes away.
func TestHandler_FrameAsksOnceAtOnce(t *testing.T) {
	f := &slow{framable(), make(chan struct{}), make(chan struct{})}
	s := newSite(t, []shortener.Link{{Alias: "abc", Type: "frame", URL: to}}, func(s *site) { s.config.Fetcher = f })
	ctx, leave := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { s.send(s.request(http.MethodGet, "/abc").WithContext(ctx)) })
	<-f.arrived
	leave()
	for range 10 {
		wg.Go(func() {
			if resp := s.get("/abc"); resp.StatusCode != 200 {
				t.Errorf("status = %d; want a frame", resp.StatusCode)
			}
		})
	}
	// Who does not wait is led on without a frame.
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	wantStatus(t, s.send(s.request(http.MethodGet, "/abc").WithContext(impatient)), 302)
	close(f.release)
	wg.Wait()
	if len(f.asked) != 1 {
		t.Errorf("asked %v; want once", f.asked)
	}
}

func TestHandler_FrameWithoutFetcher(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abc", Type: "frame", URL: to}})
	wantHeader(t, s.get("/abc"), "Location", to)
}

func TestHandler_Splash(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abc", Type: "splash", URL: "https://user:pw@example.com/%ED%95%9C%EA%B8%80/%20x"}})
	text := wantPage(t, s.get("/abc"))
	wantContains(t, text, "You are leaving for example.com", ">Continue</a>", `href="https://user:pw@example.com/%ED%95%9C%EA%B8%80/%20x"`,
		"<dd>https://example.com/%ED%95%9C%EA%B8%80/%20x</dd>")
	wantWithout(t, text, "<script>", "http-equiv", `id="counter"`)
	s.wantVisits(1)
	// A HEAD request gets the same header and counts nothing.
	resp := s.send(s.request(http.MethodHead, "/abc"))
	wantStatus(t, resp, 200)
	if body(t, resp) != "" {
		t.Error("HEAD has a body")
	}
	s.wantVisits(1)
}

func TestHandler_CustomSplash(t *testing.T) {
	custom := shortener.Splash{
		ID: 7, Account: "main", Title: "<b>Sale</b>", Message: "Line 1\nLine 2 & more", Button: "Go \"on\"", Counter: 15,
		Image: "https://예시.kr/그림.png",
	}
	s := newSite(t, []shortener.Link{
		{Alias: "abc", Type: "7", URL: to},
		{Alias: "gone", Type: "8", URL: to},
		{Alias: "foreign", Type: "7", URL: to, Account: "other"},
		{Alias: "odd", Type: "x7", URL: to},
	}, func(s *site) { s.store.splashes = []shortener.Splash{custom} })
	resp := s.get("/abc")
	text := wantPage(t, resp)
	wantContains(t, text, "&lt;b&gt;Sale&lt;/b&gt;", "Line 1\nLine 2 &amp; more", "Go &#34;on&#34;", `data-seconds="15"`, "Stay on this page",
		`src="https://xn--vv4b11d.kr/%EA%B7%B8%EB%A6%BC.png"`)
	// Without scripts nothing moves: a timer must be stoppable.
	wantWithout(t, text, "http-equiv=\"refresh\"")
	policy := resp.Header.Get("Content-Security-Policy")
	wantContains(t, policy, "img-src https://xn--vv4b11d.kr", "script-src 'nonce-")
	for _, path := range []string{"/gone", "/foreign", "/odd"} {
		wantHeader(t, s.get(path), "Location", to)
	}
}

// A host may hold what ends a directive of the policy.
func TestHandler_SplashImageKeepsThePolicy(t *testing.T) {
	for _, image := range []string{"https://x.example;script-src *", "https://x.example,y/", "javascript:alert(1)", "data:image/png,x", "ftp://x.example/"} {
		s := newSite(t, []shortener.Link{{Alias: "abc", Type: "7", URL: to}}, func(s *site) {
			s.store.splashes = []shortener.Splash{{ID: 7, Account: "main", Image: image}}
		})
		resp := s.get("/abc")
		wantPage(t, resp)
		wantWithout(t, resp.Header.Get("Content-Security-Policy"), "img-src", "script-src")
	}
}

func TestHandler_Overlay(t *testing.T) {
	overlays := []shortener.Overlay{
		{ID: 3, Account: "main", Type: "message", Message: "Hi <you>", Label: "News", Link: "https://shop.example/", Button: "Shop", Position: "topleft", Background: "#101010", Foreground: "rgb(255,255,0)"},
		{ID: 4, Account: "main", Type: "contact", Message: "Write", Email: "me@example.com", Link: "https://x.example", Position: "}body{", Background: "red;}", Foreground: "#eeeeee"},
		{ID: 5, Account: "main", Type: "message", Background: "#ffffff", Foreground: "#fefefe", Link: "javascript:alert(1)"},
	}
	links := []shortener.Link{
		{Alias: "one", Type: "overlay-3", URL: to},
		{Alias: "two", Type: "overlay-4", URL: to},
		{Alias: "three", Type: "overlay-5", URL: to},
		{Alias: "gone", Type: "overlay-9", URL: to},
	}
	s := newSite(t, links, withAnswers(framable()), func(s *site) { s.store.overlays = overlays })
	text := wantPage(t, s.get("/one"))
	wantContains(t, text, "<iframe", `class="box topleft"`, "Hi &lt;you&gt;", `href="https://shop.example/"`, ">Shop</a>", "--box: #101010; --box-text: #ffff00",
		`aria-label="Close the message"`)
	text = wantPage(t, s.get("/two"))
	wantContains(t, text, `class="box bottomright"`, `href="mailto:me@example.com"`, "Write an e-mail", "--box: #1f2552; --box-text: #eeeeee")
	wantWithout(t, text, "https://x.example", "}body{")
	text = wantPage(t, s.get("/three"))
	wantContains(t, text, "--box: #ffffff; --box-text: #000000", `href="#"`)
	wantHeader(t, s.get("/gone"), "Location", to)

	// What cannot be framed has the box before it.
	s = newSite(t, links, func(s *site) { s.store.overlays = overlays })
	text = wantPage(t, s.get("/one"))
	wantContains(t, text, `class="note"`, "Hi &lt;you&gt;", "--box: #101010", `id="go" href="https://example.com/to?a=1&amp;b=2"`)
	wantWithout(t, text, "<iframe")
}

func TestHandler_Preview(t *testing.T) {
	s := newSite(t, []shortener.Link{{
		Alias: "abc", URL: to, MetaTitle: `A "title" & more`, MetaDescription: "<script>alert(1)</script>", MetaImage: "https://example.com/i.png",
	}})
	wantHeader(t, s.get("/abc"), "Location", to)
	resp := s.get("/abc", "User-Agent", slack)
	wantHeader(t, resp, "X-Robots-Tag", "")
	text := wantPage(t, resp)
	wantContains(t, text,
		`<meta property="og:title" content="A &#34;title&#34; &amp; more">`,
		`<meta property="og:description" content="&lt;script&gt;alert(1)&lt;/script&gt;">`,
		`<meta property="og:image" content="https://example.com/i.png">`,
		`<meta property="og:url" content="https://go.example.com/abc">`,
		`<link rel="canonical" href="https://go.example.com/abc">`,
		`<meta name="twitter:card" content="summary_large_image">`,
		`<meta name="description" content="&lt;script&gt;alert(1)&lt;/script&gt;">`,
		`<meta http-equiv="refresh" content="0;url=https://example.com/to?a=1&amp;b=2">`)
	wantWithout(t, text, "noindex", "<script")
	if k := s.visits[1].Kind; k != clicks.Preview {
		t.Errorf("kind = %v; want a preview", k)
	}
}

func TestHandler_App(t *testing.T) {
	s := newSite(t, []shortener.Link{
		{Alias: "video", URL: "https://www.youtube.com/watch?v=x", Options: shortener.Options{DeepLink: &shortener.DeepLink{Auto: true}}},
		{Alias: "store", URL: to, Options: shortener.Options{DeepLink: &shortener.DeepLink{Google: "https://play.google.com/store/apps/details?id=com.example.app"}}},
		{Alias: "unknown", URL: to, Options: shortener.Options{DeepLink: &shortener.DeepLink{Apple: "https://apps.apple.com/app/id1"}}},
	})
	text := wantPage(t, s.get("/video", "User-Agent", pixel8))
	wantContains(t, text, `id="app" href="intent://www.youtube.com/watch?v=x#Intent;`, `id="go" href="https://www.youtube.com/watch?v=x"`,
		"Open the app", "Continue in the browser")
	wantWithout(t, text, "Get the app")
	text = wantPage(t, s.get("/store", "User-Agent", pixel8))
	wantContains(t, text, "package=com.example.app", `href="https://play.google.com/store/apps/details?id=com.example.app"`, "Get the app")
	wantHeader(t, s.get("/video"), "Location", "https://www.youtube.com/watch?v=x")
	wantHeader(t, s.get("/video", "User-Agent", slack), "Location", "https://www.youtube.com/watch?v=x")
	// No app for Android: the destination.
	wantHeader(t, s.get("/unknown", "User-Agent", pixel8), "Location", to)
}

func TestHandler_PageUsesUpAVisitOnce(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abc", Type: "splash", URL: to, Options: shortener.Options{ClickLimit: 1}}})
	wantStatus(t, s.get("/abc"), 200)
	wantStatus(t, s.get("/abc"), 410)
	s.wantVisits(1)
}

// A failure costs no visit.
func TestHandler_PageFails(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abc", Type: "7", URL: to, Options: shortener.Options{ClickLimit: 1, Pixels: []int64{1}}}})
	s.store.objectErr = &api.Error{Code: api.Unavailable, Message: "down"}
	wantStatus(t, s.get("/abc"), http.StatusServiceUnavailable)
	s.wantVisits(0)
	s.store.objectErr = nil
	wantHeader(t, s.get("/abc"), "Location", to)
}

func TestHandler_Languages(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abc", URL: to, Expires: now}})
	for accept, want := range map[string]string{
		"":                                "en",
		"de":                              "en",
		"fr-CA":                           "fr",
		"ko":                              "ko",
		"ko-KR,ko;q=0.9,en;q=0.8":         "ko",
		"de, fr;q=0.5, en;q=0.4":          "fr",
		"en;q=0.1, fr;q=0.2":              "fr",
		"*":                               "en",
		"\x00;;;=":                        "en",
		strings.Repeat("fr-a,", 200):      "en",
		"fr;q=0, ko":                      "ko",
		"zh-Hans-CN, pt-BR;q=0.9,fr;q=.3": "fr",
	} {
		resp := s.get("/abc", "Accept-Language", accept)
		if got := resp.Header.Get("Content-Language"); got != want {
			t.Errorf("Accept-Language %q: %q; want %q", accept, got, want)
		}
		wantContains(t, body(t, resp), `<html lang="`+want+`">`)
	}
}

// The request's Host never becomes part of a page.
func TestHandler_HostIsNotTrusted(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abc", URL: to, MetaTitle: "x", Public: true}})
	for _, path := range []string{"/abc", "/abc+"} {
		r := s.request(http.MethodGet, path, "User-Agent", slack)
		r.Host = "attacker.example"
		resp := s.send(r)
		wantStatus(t, resp, 200)
		wantWithout(t, body(t, resp), "attacker")
	}
}
