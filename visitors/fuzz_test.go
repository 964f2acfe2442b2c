package visitors_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/files"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors"
)

// What the handler is made of in a server.
var (
	_ visitors.Recorder = (*clicks.Recorder)(nil)
	_ visitors.Files    = (*files.Dir)(nil)
	_ visitors.Fetcher  = (*guard.Client)(nil)
)

// Whatever a stranger sends is answered, or is no short link.
func FuzzHandler(f *testing.F) {
	f.Add("GET", "/abc", "x=1", "go.example.com", chrome, "fr", "bytes=1-")
	f.Add("HEAD", "/file", "", "brand.example", slack, "ko;q=0.5", "bytes=-1,0-")
	f.Add("POST", "/locked", "password=x", "go.example.com:99", "", "*", "x")
	f.Add("GET", "/r/spring", "\x00#", "", pixel8, "", "")
	f.Add("GET", "/u/main/list-1", "page=-1", "[::1]:80", crawler, "", "")
	f.Add("GET", "/qr/abc.svg", "size=99", "A.b.", "", "", "")
	f.Add("GET", "/splash+", "", "x", chrome, "", "")
	s := newSite(f, []shortener.Link{
		{Alias: "abc", URL: "https://example.com/", Options: shortener.Options{ForwardQuery: true, RedirectCode: 301}, Public: true, Campaign: 1},
		{Alias: "locked", URL: "https://example.com/", PasswordHash: "x"},
		{Alias: "splash", Type: "splash", URL: "https://example.com/", Public: true, Options: shortener.Options{ForwardQuery: true}},
		fileLink("file", 3),
	}, withFiles(f, ten), withCampaigns, func(s *site) {
		s.store.domains = []shortener.Domain{{Account: "main", Host: "brand.example", Scheme: "https", Redirect404: "https://example.com/404"}}
	})
	f.Fuzz(func(t *testing.T, method, path, query, host, agent, language, ranges string) {
		r := &http.Request{
			Method: method, Host: host, URL: &url.URL{Path: path, RawQuery: query}, Body: http.NoBody,
			Header: http.Header{"User-Agent": {agent}, "Accept-Language": {language}, "Range": {ranges}, "If-Range": {ranges}, "Dnt": {agent}},
		}
		r = r.WithContext(t.Context())
		w := httptest.NewRecorder()
		err := s.handler.ServeHTTP(w, r, client)
		if err != nil {
			if w.Body.Len() > 0 || len(w.Header()) > 0 {
				t.Errorf("%v after an answer", err)
			}
			return
		}
		for name, values := range w.Header() {
			for _, v := range values {
				if strings.ContainsAny(v, "\r\n\x00") {
					t.Errorf("%s = %q", name, v)
				}
			}
		}
		if to := w.Header().Get("Location"); to != "" && !strings.HasPrefix(to, "https://example.com/") && !strings.HasPrefix(to, origin+"/") {
			t.Errorf("led to %q", to)
		}
		if strings.Contains(w.Body.String(), "ZgotmplZ") {
			t.Errorf("the page holds what was refused:\n%s", w.Body)
		}
	})
}
