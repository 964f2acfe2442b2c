package visitors_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors"
)

const (
	origin  = "https://go.example.com"
	chrome  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36"
	pixel8  = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36"
	slack   = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"
	crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
)

var now = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

var client = netip.MustParseAddr("192.0.2.7")

// site is a handler over a store in memory.
type site struct {
	t       testing.TB
	store   *store
	index   *shortener.Index
	config  visitors.Config
	handler *visitors.Handler
	clock   time.Time

	mu       sync.Mutex
	visits   []clicks.Visit
	outcomes []visitors.Outcome
}

// newSite returns a site with the links; change may alter its configuration.
func newSite(t testing.TB, links []shortener.Link, change ...func(*site)) *site {
	t.Helper()
	s := &site{t: t, clock: now, index: shortener.NewIndex(), store: &store{links: map[string]*shortener.Link{}, taken: map[int64]int64{}}}
	for i := range links {
		l := links[i]
		if l.ID == 0 {
			l.ID = int64(i + 1)
		}
		if l.Account == "" {
			l.Account = "main"
		}
		if l.Type == "" {
			l.Type = shortener.TypeDirect
		}
		if l.Created.IsZero() {
			l.Created = now.AddDate(0, -2, 0)
		}
		if l.Updated.IsZero() {
			l.Updated = l.Created
		}
		s.store.links[l.Domain+"/"+l.Alias] = &l
	}
	clock := func() time.Time { return s.clock }
	s.config = visitors.Config{
		Recorder: s, Statistics: s.store, Now: clock,
		Origin: func(*http.Request) string { return origin },
		Count:  s.count,
	}
	for _, f := range change {
		f(s)
	}
	domains := shortener.NewDomains()
	if err := domains.Refresh(t.Context(), s.store); err != nil {
		t.Fatal(err)
	}
	s.config.Shortener = shortener.New(shortener.Config{
		Store: s.store, Index: s.index, Domains: domains, Now: clock,
		Blocked: func(url string) bool { return strings.Contains(url, "evil.example") },
	})
	s.handler = visitors.New(s.config)
	return s
}

func (s *site) Visit(v clicks.Visit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visits = append(s.visits, v)
}

func (s *site) count(o visitors.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcomes = append(s.outcomes, o)
}

// send sends a request, and answers like the server would where there is no
// such link or something failed.
func (s *site) send(r *http.Request) *http.Response {
	s.t.Helper()
	w := httptest.NewRecorder()
	switch err := s.handler.ServeHTTP(w, r, client); {
	case errors.Is(err, visitors.ErrNotFound):
		w.WriteHeader(http.StatusNotFound)
	case err != nil:
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	return w.Result()
}

func (s *site) request(method, path string, header ...string) *http.Request {
	r := httptest.NewRequest(method, origin+path, nil)
	r.Host = "go.example.com"
	r.Header.Set("User-Agent", chrome)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func (s *site) get(path string, header ...string) *http.Response {
	s.t.Helper()
	return s.send(s.request(http.MethodGet, path, header...))
}

// unlock sends a password's form.
func (s *site) unlock(path, form string, header ...string) *http.Response {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodPost, origin+path, strings.NewReader(form))
	r.Host = "go.example.com"
	r.Header.Set("User-Agent", chrome)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return s.send(r)
}

func body(t testing.TB, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func wantStatus(t testing.TB, resp *http.Response, status int) {
	t.Helper()
	if resp.StatusCode != status {
		t.Fatalf("status = %d; want %d", resp.StatusCode, status)
	}
}

func wantHeader(t testing.TB, resp *http.Response, name, want string) {
	t.Helper()
	if got := resp.Header.Get(name); got != want {
		t.Errorf("%s = %q; want %q", name, got, want)
	}
}

var style = regexp.MustCompile(`(?s)<style.*?</style>`)

// styleless leaves out of a page what no failure is about.
func styleless(page string) string { return style.ReplaceAllString(page, "") }

func wantContains(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in:\n%s", part, styleless(text))
		}
	}
}

func wantWithout(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("%q should not be in:\n%s", part, styleless(text))
		}
	}
}

func (s *site) wantVisits(n int) {
	s.t.Helper()
	if len(s.visits) != n {
		s.t.Errorf("visits = %d; want %d: %+v", len(s.visits), n, s.visits)
	}
}

func hash(t testing.TB, password string) string {
	t.Helper()
	h, err := shortener.HashPassword(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return h
}
