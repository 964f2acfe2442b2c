package visitors_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/shortener"
)

var providers = map[string]struct{ tag, script, image string }{
	"gtmpixel":      {"GTM-ABC", "https://www.googletagmanager.com/gtm.js", ""},
	"gapixel":       {"G-ABC", "https://www.googletagmanager.com/gtag/js", ""},
	"fbpixel":       {"123", "https://connect.facebook.net/en_US/fbevents.js", "https://www.facebook.com/tr?id=123"},
	"adwordspixel":  {"AW-123/AbC", "https://www.googletagmanager.com/gtag/js", "https://googleads.g.doubleclick.net/pagead/viewthroughconversion/123/"},
	"linkedinpixel": {"456", "https://snap.licdn.com/li.lms-analytics/insight.min.js", "https://px.ads.linkedin.com/collect/?pid=456"},
	"twitterpixel":  {"o1", "https://static.ads-twitter.com/uwt.js", "https://analytics.twitter.com/i/adsct?txn_id=o1"},
	"adrollpixel":   {"ADV/PIX", "https://s.adroll.com/j/", ""},
	"quorapixel":    {"q1", "https://a.quora.com/qevents.js", "https://q.quora.com/_/ad/q1/pixel"},
	"pinterest":     {"26", "https://s.pinimg.com/ct/core.js", "https://ct.pinterest.com/v3/?event=init&amp;tid=26"},
	"bing":          {"97", "https://bat.bing.com/bat.js", "https://bat.bing.com/action/0?ti=97"},
	"snapchat":      {"s-1", "https://sc-static.net/scevent.min.js", ""},
	"reddit":        {"t2_x", "https://www.redditstatic.com/ads/pixel.js", ""},
	"tiktok":        {"C1", "https://analytics.tiktok.com/i18n/pixel/events.js", ""},
}

var hostOf = regexp.MustCompile(`^https://([^/?]+)`)

// allowed reports whether a directive of the policy lets the URL's host through.
func allowed(policy, directive, url string) bool {
	host := hostOf.FindStringSubmatch(url)[1]
	for d := range strings.SplitSeq(policy, ";") {
		words := strings.Fields(d)
		if words[0] != directive {
			continue
		}
		for _, source := range words[1:] {
			source = strings.TrimPrefix(source, "https://")
			if source == host || strings.HasPrefix(source, "*.") && strings.HasSuffix(host, source[1:]) {
				return true
			}
		}
	}
	return false
}

func TestHandler_Pixels(t *testing.T) {
	for provider, p := range providers {
		t.Run(provider, func(t *testing.T) {
			s := newSite(t, []shortener.Link{{Alias: "abc", URL: to, Options: shortener.Options{Pixels: []int64{1, 2}}}}, func(s *site) {
				s.store.pixels = []shortener.Pixel{{ID: 1, Account: "main", Type: provider, Tag: p.tag}, {ID: 2, Account: "other", Type: "fbpixel", Tag: "foreign"}}
			})
			resp := s.get("/abc")
			text := wantPage(t, resp)
			policy := resp.Header.Get("Content-Security-Policy")
			wantContains(t, text, fmt.Sprintf(`[{"type":%q,"tag":%q}]`, provider, p.tag), p.script, "providers."+provider+" =",
				`<meta http-equiv="refresh" content="1;url=https://example.com/to?a=1&amp;b=2">`, `id="go" href="https://example.com/to?a=1&amp;b=2"`)
			wantWithout(t, text, "foreign")
			if !allowed(policy, "script-src", p.script) {
				t.Errorf("the policy keeps %s out: %s", p.script, policy)
			}
			if p.image != "" {
				wantContains(t, text, `<img src="`+p.image)
				if !allowed(policy, "img-src", p.image) {
					t.Errorf("the policy keeps %s out: %s", p.image, policy)
				}
			}
			for other := range providers {
				if other != provider && strings.Contains(text, "providers."+other+" =") {
					t.Errorf("the script of %s is there too", other)
				}
			}
			s.wantVisits(1)
		})
	}
}

func TestHandler_PixelTagsAreEscaped(t *testing.T) {
	const tag = `</script><script>alert(1)</script>"'\`
	s := newSite(t, []shortener.Link{{Alias: "abc", URL: to, Options: shortener.Options{Pixels: []int64{1}}}}, func(s *site) {
		s.store.pixels = []shortener.Pixel{{ID: 1, Account: "main", Type: "fbpixel", Tag: tag}}
	})
	text := body(t, s.get("/abc"))
	wantWithout(t, text, "<script>alert", "alert(1)</script>\"")
	wantContains(t, text, `\u003c/script\u003e`)
}

func TestHandler_PixelsDoNotFire(t *testing.T) {
	links := []shortener.Link{
		{Alias: "abc", URL: to, Options: shortener.Options{Pixels: []int64{1}, RedirectCode: 307}},
		{Alias: "empty", URL: to, Options: shortener.Options{Pixels: []int64{9}}},
	}
	s := newSite(t, links, func(s *site) { s.store.pixels = []shortener.Pixel{{ID: 1, Account: "main", Type: "fbpixel", Tag: "1"}} })
	for name, r := range map[string]*http.Request{
		"PrivacyControl": s.request(http.MethodGet, "/abc", "Sec-GPC", "1"),
		"DoNotTrack":     s.request(http.MethodGet, "/abc", "DNT", "1"),
		"Preview":        s.request(http.MethodGet, "/abc", "User-Agent", slack),
		"Bot":            s.request(http.MethodGet, "/abc", "User-Agent", crawler),
		"Head":           s.request(http.MethodHead, "/abc"),
	} {
		resp := s.send(r)
		if resp.StatusCode != 307 || resp.Header.Get("Location") != to {
			t.Errorf("%s: %d to %q; want a redirect", name, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
	s.wantVisits(4)
	resp := s.get("/empty")
	wantStatus(t, resp, 302)
	wantStatus(t, s.get("/abc", "Sec-GPC", "0", "DNT", "0"), 200)
}

func TestHandler_PixelsOnPages(t *testing.T) {
	options := shortener.Options{Pixels: []int64{1, 2}}
	s := newSite(t, []shortener.Link{
		{Alias: "splash", Type: "splash", URL: to, Options: options},
		{Alias: "frame", Type: "frame", URL: to, Options: options},
		{Alias: "overlay", Type: "overlay-1", URL: to, Options: options},
	}, withAnswers(framable()), func(s *site) {
		s.store.overlays = []shortener.Overlay{{ID: 1, Account: "main", Message: "x"}}
		s.store.pixels = []shortener.Pixel{{ID: 1, Account: "main", Type: "fbpixel", Tag: "11"}, {ID: 2, Account: "main", Type: "fbpixel", Tag: "22"}}
	})
	for _, path := range []string{"/splash", "/frame", "/overlay"} {
		resp := s.get(path)
		text := wantPage(t, resp)
		wantContains(t, text, `[{"type":"fbpixel","tag":"11"},{"type":"fbpixel","tag":"22"}]`)
		if n := strings.Count(text, "providers.fbpixel ="); n != 1 {
			t.Errorf("%s has the script %d times", path, n)
		}
		wantContains(t, resp.Header.Get("Content-Security-Policy"), "https://connect.facebook.net")
		// Nor do they fire there for those who ask not to be tracked.
		resp = s.get(path, "Sec-GPC", "1")
		wantWithout(t, wantPage(t, resp), "fbpixel")
		wantWithout(t, resp.Header.Get("Content-Security-Policy"), "facebook")
	}
}
