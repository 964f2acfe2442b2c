package visitors_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
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
	s := &site{t: t, clock: now, store: &store{links: map[string]*shortener.Link{}, taken: map[int64]int64{}}}
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
		Store: s.store, Index: shortener.NewIndex(), Domains: domains, Now: clock,
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
	case err == visitors.ErrNotFound:
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

var notFound = &api.Error{Code: api.NotFound, Message: "not found"}

// store is a shortener.Store in memory, for what visitors need.
type store struct {
	shortener.Store

	mu        sync.Mutex
	links     map[string]*shortener.Link
	taken     map[int64]int64
	domains   []shortener.Domain
	campaigns []shortener.Campaign
	splashes  []shortener.Splash
	overlays  []shortener.Overlay
	pixels    []shortener.Pixel
	summary   clicks.Summary
	buckets   []clicks.Bucket

	// err fails every read of links, objectErr every read of an object.
	err, objectErr error
}

func (s *store) LinkByAlias(_ context.Context, domain, alias string) (*shortener.Link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	l, ok := s.links[domain+"/"+alias]
	if !ok {
		return nil, notFound
	}
	c := *l
	return &c, nil
}

func (s *store) TakeClick(_ context.Context, id, limit int64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[id] >= limit {
		return false, nil
	}
	s.taken[id]++
	return true, nil
}

func (s *store) ClicksLeft(_ context.Context, id, limit int64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken[id] < limit, nil
}

func (s *store) CampaignBySlug(_ context.Context, slug string) (*shortener.Campaign, error) {
	for i := range s.campaigns {
		if s.campaigns[i].Slug == slug {
			return &s.campaigns[i], nil
		}
	}
	return nil, notFound
}

func (s *store) CampaignLinks(_ context.Context, campaign int64, limit int) ([]shortener.Link, error) {
	var all []shortener.Link
	for id := int64(1); id <= int64(len(s.links)) && len(all) < limit; id++ {
		for _, l := range s.links {
			if l.ID == id && l.Campaign == campaign {
				all = append(all, *l)
			}
		}
	}
	return all, nil
}

func (s *store) AllDomains(context.Context) ([]shortener.Domain, error) { return s.domains, nil }
func (s *store) DomainsRevision(context.Context) (int64, error)         { return 1, nil }

func (s *store) Campaigns() shortener.Objects[shortener.Campaign] {
	return objects[shortener.Campaign]{all: s.campaigns, key: func(c *shortener.Campaign) (string, int64) { return c.Account, c.ID }}
}

func (s *store) SplashPages() shortener.Objects[shortener.Splash] {
	return objects[shortener.Splash]{all: s.splashes, err: s.objectErr, key: func(c *shortener.Splash) (string, int64) { return c.Account, c.ID }}
}

func (s *store) Overlays() shortener.Objects[shortener.Overlay] {
	return objects[shortener.Overlay]{all: s.overlays, err: s.objectErr, key: func(c *shortener.Overlay) (string, int64) { return c.Account, c.ID }}
}

func (s *store) Pixels() shortener.Objects[shortener.Pixel] {
	return objects[shortener.Pixel]{all: s.pixels, err: s.objectErr, key: func(c *shortener.Pixel) (string, int64) { return c.Account, c.ID }}
}

func (s *store) Summary(context.Context, int64) (*clicks.Summary, error) { return &s.summary, nil }

func (s *store) Series(
	_ context.Context, _ int64, from, to time.Time, interval clicks.Interval, zone *time.Location, dimension string,
) (*clicks.Series, error) {
	if to.Sub(from) != 30*24*time.Hour || interval != clicks.Day || zone != time.UTC || dimension != "" {
		return nil, &api.Error{Code: api.Invalid, Message: "not what the page shows"}
	}
	return &clicks.Series{Buckets: s.buckets}, nil
}

type objects[T any] struct {
	shortener.Objects[T]
	all []T
	key func(*T) (account string, id int64)
	err error
}

func (o objects[T]) Get(_ context.Context, account string, id int64) (*T, error) {
	if o.err != nil {
		return nil, o.err
	}
	for i := range o.all {
		if a, n := o.key(&o.all[i]); a == account && n == id {
			return &o.all[i], nil
		}
	}
	return nil, notFound
}

// folder is a folder of files.
type folder string

func (f folder) OpenFile(name string) (*os.File, int64, error) {
	file, err := os.Open(filepath.Join(string(f), name))
	if err != nil {
		return nil, 0, notFound
	}
	info, err := file.Stat()
	return file, info.Size(), err
}

func withFiles(t testing.TB, contents map[string][]byte) func(*site) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range contents {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(s *site) { s.config.Files = folder(dir) }
}

// logoPNG is a red square.
func logoPNG(t testing.TB) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for x := range 64 {
		for y := range 64 {
			img.Set(x, y, color.RGBA{R: 200, G: 20, B: 20, A: 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// answers is a Fetcher with the headers of destinations by URL.
type answers struct {
	mu      sync.Mutex
	headers map[string]http.Header
	status  map[string]int
	asked   []string
}

func (a *answers) Head(_ context.Context, address string) (http.Header, int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, address)
	if status := a.status[address]; status != 0 {
		return nil, status, nil
	}
	h, ok := a.headers[address]
	if !ok {
		return nil, 0, io.ErrUnexpectedEOF
	}
	return h, http.StatusOK, nil
}

func (a *answers) Get(_ context.Context, address string, _ int64) ([]byte, http.Header, error) {
	h, ok := a.headers[address]
	if !ok {
		return nil, nil, io.ErrUnexpectedEOF
	}
	return nil, h, nil
}

func withAnswers(a *answers) func(*site) {
	return func(s *site) { s.config.Fetcher = a }
}
