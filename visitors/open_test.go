package visitors_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors"
)

func TestHandler_Redirect(t *testing.T) {
	const to = "https://example.com/a//b?x=1"
	limited := shortener.Options{ClickLimit: 5, RedirectCode: 301}
	for name, c := range map[string]struct {
		link   shortener.Link
		path   string
		header []string
		status int
		to     string
		cache  string
		kind   clicks.Kind
	}{
		"Plain":          {shortener.Link{}, "/abc", nil, 302, to, "", clicks.Auto},
		"Slash":          {shortener.Link{}, "/abc/", nil, 302, to, "", clicks.Auto},
		"Permanent":      {shortener.Link{Options: shortener.Options{RedirectCode: 301}}, "/abc", nil, 301, to, "private, max-age=90", clicks.Auto},
		"PermanentKept":  {shortener.Link{Options: shortener.Options{RedirectCode: 308}}, "/abc", nil, 308, to, "private, max-age=90", clicks.Auto},
		"Temporary":      {shortener.Link{Options: shortener.Options{RedirectCode: 307}}, "/abc", nil, 307, to, "", clicks.Auto},
		"Limited":        {shortener.Link{Options: limited}, "/abc", nil, 301, to, "no-store", clicks.Auto},
		"Scan":           {shortener.Link{Kind: shortener.KindQR}, "/abc", nil, 302, to, "", clicks.Scan},
		"Preview":        {shortener.Link{MetaTitle: "x"}, "/abc", nil, 302, to, "", clicks.Auto},
		"QueryIsNotOurs": {shortener.Link{}, "/abc?y=2", nil, 302, to, "", clicks.Auto},
		"QueryForwarded": {shortener.Link{Options: shortener.Options{ForwardQuery: true}}, "/abc?y=2", nil, 302, to + "&y=2", "", clicks.Auto},
		"Language": {
			shortener.Link{Options: shortener.Options{Languages: []shortener.LanguageRule{{Language: "ko", Link: "https://ko.example"}}}},
			"/abc",
			[]string{"Accept-Language", "fr;q=0.3, ko-KR"},
			302, "https://ko.example", "", clicks.Auto,
		},
		"Device": {
			shortener.Link{Options: shortener.Options{Devices: []shortener.DeviceRule{{Device: "Android", Link: "https://android.example"}}}},
			"/abc",
			[]string{"User-Agent", pixel8},
			302, "https://android.example", "", clicks.Auto,
		},
		"Country": {
			shortener.Link{Options: shortener.Options{Geo: []shortener.GeoRule{{Location: "Korea, Republic of", Link: "https://x.example"}, {Location: "FR", Link: "https://fr.example"}}}},
			"/abc", nil, 302, "https://fr.example", "", clicks.Auto,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.link.Alias, c.link.URL = "abc", to
			s := newSite(t, []shortener.Link{c.link}, func(s *site) {
				s.config.Country = func(a netip.Addr) string {
					if a != client {
						t.Errorf("asked for the country of %v", a)
					}
					return "FR"
				}
			})
			for _, method := range []string{http.MethodHead, http.MethodGet} {
				resp := s.send(s.request(method, c.path, c.header...))
				wantStatus(t, resp, c.status)
				wantHeader(t, resp, "Location", c.to)
				wantHeader(t, resp, "Cache-Control", c.cache)
				wantHeader(t, resp, "Referrer-Policy", "")
			}
			s.wantVisits(1)
			v := s.visits[0]
			if v.LinkID != 1 || v.Kind != c.kind || v.Addr != client || !v.At.Equal(now) || v.Domain != "go.example.com" || v.Path != "" {
				t.Errorf("visit = %+v", v)
			}
			if got := s.outcomes; len(got) != 2 || got[0] != visitors.Redirected || got[1] != visitors.Redirected {
				t.Errorf("outcomes = %v", got)
			}
		})
	}
}

func TestHandler_VisitCarriesHeaders(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abc", URL: "https://example.com"}})
	s.get("/abc", "Referer", "https://news.example/", "Accept-Language", "fr")
	if v := s.visits[0]; v.UserAgent != chrome || v.Referer != "https://news.example/" || v.AcceptLanguage != "fr" {
		t.Errorf("visit = %+v", v)
	}
}

// A plain redirect allocates the Location's slice and nothing else.
func TestHandler_RedirectAllocations(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abcdefg", URL: "https://example.com/some/where?or=other"}}, func(s *site) {
		s.config.Recorder, s.config.Count = discard{}, nil
	})
	r := s.request(http.MethodGet, "/abcdefg")
	r.Host = "localhost:8080"
	w := &header{h: http.Header{}}
	serve := func() {
		if err := s.handler.ServeHTTP(w, r, client); err != nil {
			t.Fatal(err)
		}
	}
	serve()
	// One is the slice, one the text of the URL, which the index has as bytes.
	if n := testing.AllocsPerRun(1000, serve); n > 2 {
		t.Errorf("a redirect allocates %v times; want 2", n)
	}
}

type discard struct{}

func (discard) Visit(clicks.Visit) {}

type header struct{ h http.Header }

func (w *header) Header() http.Header         { return w.h }
func (w *header) Write(b []byte) (int, error) { return len(b), nil }
func (w *header) WriteHeader(int)             {}

func BenchmarkHandler_Redirect(b *testing.B) {
	s := newSite(b, []shortener.Link{{Alias: "abcdefg", URL: "https://example.com/some/where?or=other"}}, func(s *site) {
		s.config.Recorder, s.config.Count, s.config.Now = discard{}, nil, nil
	})
	r := s.request(http.MethodGet, "/abcdefg")
	w := &header{h: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.handler.ServeHTTP(w, r, client); err != nil {
			b.Fatal(err)
		}
	}
}

func TestHandler_Methods(t *testing.T) {
	s := newSite(t, []shortener.Link{
		{Alias: "abc", URL: "https://example.com", Public: true},
		{Alias: "locked", URL: "https://example.com", PasswordHash: hash(t, "x")},
	})
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"POST", "/abc", 405, "GET, HEAD"},
		{"PUT", "/locked", 405, "GET, HEAD, POST"},
		{"OPTIONS", "/abc", 405, "GET, HEAD"},
		{"POST", "/abc+", 405, "GET, HEAD"},
		{"DELETE", "/qr/abc", 405, "GET, HEAD"},
		{"POST", "/nowhere", 404, ""},
		{"POST", "/", 404, ""},
	} {
		resp := s.send(s.request(c.method, c.path))
		if resp.StatusCode != c.status || resp.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s = %d, Allow %q; want %d, %q", c.method, c.path, resp.StatusCode, resp.Header.Get("Allow"), c.status, c.allow)
		}
	}
	s.wantVisits(0)
}

func TestHandler_NotFound(t *testing.T) {
	s := newSite(t, []shortener.Link{
		{Alias: "abc", URL: "https://example.com"},
		{Alias: "static", Kind: shortener.KindQR, Options: shortener.Options{QR: &shortener.QR{Type: "text", Data: []byte(`"x"`)}}},
	})
	for _, path := range []string{
		"/", "/xyz", "/ab", "/abc/def", "/abc.txt", "//abc", "/abc++", "/+", "/r", "/r/", "/u/", "/u/main", "/u/main/list-0", "/qr", "/qr/", "/qr/ab",
		"/qr/abc.gif", "/qr/abc.", "/qr/abc.png.svg", "/ABC", "/static",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			w := httptest.NewRecorder()
			err := s.handler.ServeHTTP(w, s.request(method, path), client)
			if !errors.Is(err, visitors.ErrNotFound) || w.Body.Len() > 0 || len(w.Header()) > 0 {
				t.Errorf("%s %s: err = %v, header = %v; want ErrNotFound and nothing written", method, path, err, w.Header())
			}
		}
	}
	s.wantVisits(0)
}

func TestHandler_Orphan(t *testing.T) {
	s := newSite(t, nil)
	for _, path := range []string{"/missing", "/", "/wp-login.php", "/a/b"} {
		s.handler.Orphan(s.request(http.MethodGet, path), client)
		s.handler.Orphan(s.request(http.MethodHead, path), client)
		s.handler.Orphan(s.request(http.MethodPost, path), client)
	}
	s.wantVisits(2)
	for i, want := range []string{"missing", "/"} {
		if v := s.visits[i]; v.LinkID != 0 || v.Path != want || v.Domain != "go.example.com" || v.Addr != client {
			t.Errorf("visit = %+v; want an orphan of %q", v, want)
		}
	}
}

func TestHandler_StoreFails(t *testing.T) {
	s := newSite(t, nil)
	s.store.err = &api.Error{Code: api.Unavailable, Message: "down"}
	w := httptest.NewRecorder()
	err := s.handler.ServeHTTP(w, s.request(http.MethodGet, "/abc"), client)
	if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != api.Unavailable {
		t.Errorf("err = %v; want unavailable", err)
	}
	if len(w.Header()) > 0 || len(s.outcomes) != 1 || s.outcomes[0] != visitors.Failed {
		t.Errorf("header = %v, outcomes = %v", w.Header(), s.outcomes)
	}
}

func TestHandler_Closed(t *testing.T) {
	const instead = "https://example.com/instead"
	before, after := now.Add(-time.Second), now.Add(time.Second)
	for name, c := range map[string]struct {
		link   shortener.Link
		status int
		to     string
		text   string
	}{
		"Ended":         {shortener.Link{Expires: before}, 410, "", "This link has ended"},
		"EndedURL":      {shortener.Link{Expires: before, Options: shortener.Options{ExpiredURL: instead}}, 302, instead, ""},
		"NotStarted":    {shortener.Link{Options: shortener.Options{Starts: after}}, 410, "", "This link is not open yet"},
		"NotStartedURL": {shortener.Link{Options: shortener.Options{Starts: after, ExpiredURL: instead}}, 302, instead, ""},
		"Disabled":      {shortener.Link{Options: shortener.Options{Disabled: true, Starts: after}}, 410, "", "This link is switched off"},
		"DisabledURL":   {shortener.Link{Options: shortener.Options{Disabled: true, ExpiredURL: instead}}, 410, "", "This link is switched off"},
		"EndedLocked":   {shortener.Link{Expires: before, PasswordHash: "x"}, 410, "", "This link has ended"},
		"EndedFile":     {shortener.Link{Kind: shortener.KindFile, Expires: before, Options: shortener.Options{File: &shortener.File{}}}, 410, "", "This link has ended"},
		"Blocked":       {shortener.Link{URL: "https://evil.example/"}, 403, "", "This link is blocked"},
	} {
		t.Run(name, func(t *testing.T) {
			c.link.Alias = "abc"
			if c.link.URL == "" {
				c.link.URL = "https://example.com/to"
			}
			s := newSite(t, []shortener.Link{c.link})
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				resp := s.send(s.request(method, "/abc"))
				wantStatus(t, resp, c.status)
				wantHeader(t, resp, "Location", c.to)
				wantHeader(t, resp, "Cache-Control", "no-store")
				text := body(t, resp)
				if method == http.MethodHead && text != "" {
					t.Errorf("HEAD has a body: %q", text)
				}
				if method == http.MethodGet {
					wantContains(t, text, c.text)
					wantWithout(t, text, "example.com/to", "evil.example")
				}
			}
			s.wantVisits(0)
		})
	}
}

func TestHandler_ClickLimit(t *testing.T) {
	for _, instead := range []string{"", "https://example.com/instead"} {
		s := newSite(t, []shortener.Link{{Alias: "abc", URL: "https://example.com", Options: shortener.Options{ClickLimit: 2, ExpiredURL: instead}}})
		// Neither HEAD nor bots nor previews use a visit up.
		for range 3 {
			wantStatus(t, s.send(s.request(http.MethodHead, "/abc")), 302)
			wantStatus(t, s.get("/abc", "User-Agent", slack), 302)
			wantStatus(t, s.get("/abc", "User-Agent", crawler), 302)
		}
		for range 2 {
			wantHeader(t, s.get("/abc"), "Location", "https://example.com")
		}
		for _, r := range []*http.Request{
			s.request(http.MethodGet, "/abc"), s.request(http.MethodHead, "/abc"), s.request(http.MethodGet, "/abc", "User-Agent", crawler),
		} {
			resp := s.send(r)
			if instead == "" {
				wantStatus(t, resp, 410)
			} else {
				wantHeader(t, resp, "Location", instead)
			}
			wantHeader(t, resp, "Cache-Control", "no-store")
		}
		s.wantVisits(2 + 3 + 3)
	}
}

func TestHandler_Domains(t *testing.T) {
	s := newSite(t, []shortener.Link{
		{Alias: "abc", URL: "https://example.com/main"},
		{Alias: "abc", Domain: "brand.example", URL: "https://example.com/brand"},
		{Alias: "only", URL: "https://example.com/only"},
	}, func(s *site) {
		s.store.domains = []shortener.Domain{
			{Account: "main", Host: "brand.example", Scheme: "https", RedirectRoot: "https://예시.kr/뿌리", Redirect404: "https://example.com/404"},
			{Account: "main", Host: "bare.example", Scheme: "https"},
			{Account: "main", Host: "listed.example", Scheme: "https", RedirectRoot: "https://evil.example/", Redirect404: "https://evil.example/"},
		}
	})
	for _, c := range []struct {
		host, path string
		status     int
		to         string
	}{
		{"go.example.com", "/abc", 302, "https://example.com/main"},
		{"brand.example", "/abc", 302, "https://example.com/brand"},
		{"Brand.Example.:443", "/abc", 302, "https://example.com/brand"},
		{"brand.example:8443", "/abc", 302, "https://example.com/brand"},
		{"brand.example", "/only", 302, "https://example.com/404"},
		{"brand.example", "/no/alias", 302, "https://example.com/404"},
		{"brand.example", "/", 302, "https://xn--vv4b11d.kr/%EB%BF%8C%EB%A6%AC"},
		{"bare.example", "/abc", 404, ""},
		{"bare.example", "/", 404, ""},
		// Their destinations came onto the blocklist later.
		{"listed.example", "/", 403, ""},
		{"listed.example", "/no/alias", 403, ""},
	} {
		r := s.request(http.MethodGet, c.path)
		r.Host = c.host
		resp := s.send(r)
		if resp.StatusCode != c.status || resp.Header.Get("Location") != c.to {
			t.Errorf("%s%s = %d %q; want %d %q", c.host, c.path, resp.StatusCode, resp.Header.Get("Location"), c.status, c.to)
		}
	}
	var orphans []string
	for _, v := range s.visits {
		if v.LinkID == 0 {
			orphans = append(orphans, v.Domain+"/"+v.Path)
		}
	}
	if len(orphans) != 1 || orphans[0] != "brand.example/only" {
		t.Errorf("orphans = %v", orphans)
	}
}
