package visitors_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/shortener"
)

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

	// err fails every read of links, objectErr every read of an object,
	// statisticsErr that of statistics.
	err, objectErr, statisticsErr error
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

func (s *store) Summary(context.Context, int64) (*clicks.Summary, error) {
	summary := s.summary
	return &summary, nil
}

func (s *store) Series(
	_ context.Context, _ int64, from, to time.Time, interval clicks.Interval, zone *time.Location, dimension string,
) (*clicks.Series, error) {
	if to.Sub(from) != 30*24*time.Hour || interval != clicks.Day || zone != time.UTC || dimension != "" {
		return nil, &api.Error{Code: api.Invalid, Message: "not what the page shows"}
	}
	return &clicks.Series{Buckets: s.buckets}, s.statisticsErr
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
