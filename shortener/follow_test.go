package shortener

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/linkquay/linkquay/api"
)

func TestDomains_Lookup(t *testing.T) {
	d := registry(t, "brand.example", "ported.example:81")
	for host, want := range map[string]bool{
		"brand.example": true, "brand.example:8080": true, "ported.example:81": true, "ported.example": false, "x.brand.example": false,
		"": false, ":80": false, "[::1]:80": false,
	} {
		if _, got := d.Lookup(host); got != want {
			t.Errorf("Lookup(%q) = %v; want %v", host, got, want)
		}
	}
	for name, want := range map[string]bool{"Brand.Example.": true, "brand.example:80": false, "": false} {
		if got := d.Has(name); got != want {
			t.Errorf("Has(%q) = %v; want %v", name, got, want)
		}
	}
}

// slowSource answers when it is let.
type slowSource struct {
	DomainSource
	read, answer chan struct{}
}

func (s slowSource) AllDomains(ctx context.Context) ([]Domain, error) {
	list, err := s.DomainSource.AllDomains(ctx)
	close(s.read)
	<-s.answer
	return list, err
}

// TestDomains_Refresh_Overtaken: a refresh that read before a change does not
// undo one that read after it.
func TestDomains_Refresh_Overtaken(t *testing.T) {
	store := newFakeStore()
	d := NewDomains()
	slow := slowSource{store, make(chan struct{}), make(chan struct{})}
	done := make(chan error)
	go func() { done <- d.Refresh(t.Context(), slow) }()
	<-slow.read
	store.mu.Lock()
	store.domains.put(&Domain{Host: "new.example"})
	store.mu.Unlock()
	if err := d.Refresh(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	close(slow.answer)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if !d.Has("new.example") {
		t.Error("a refresh that was overtaken undid the later one")
	}
}

// TestFollow: what another process changes reaches this one within a second.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShortener(t, Config{})
		core, logs := observer.New(zap.InfoLevel)
		f := Follow(t.Context(), store, s.cfg.Index, s.Domains(), FollowOptions{Logger: zap.New(core)})
		defer f.Close()
		other := New(Config{Store: store, Index: NewIndex(), Domains: NewDomains(), Now: func() time.Time { return now }})
		l := &Link{Account: "main", URL: "https://one.example", Alias: "abc"}
		if _, err := other.Create(t.Context(), l, "", "", Creation{}); err != nil {
			t.Fatal(err)
		}
		resolve := func() string {
			target, _ := s.Resolve(t.Context(), "", "abc")
			return target.URL
		}
		set := func(url string) {
			t.Helper()
			if _, err := other.Update(t.Context(), "main", l.ID, "", func(l *Link) error { l.URL = url; return nil }); err != nil {
				t.Fatal(err)
			}
		}
		resolve()
		set("https://two.example")
		if _, err := other.CreateDomain(t.Context(), &Domain{Account: "main", Host: "new.example"}, nil); err != nil {
			t.Fatal(err)
		}
		if got := resolve(); got != "https://one.example" {
			t.Fatalf("the index is not used: %q", got)
		}
		time.Sleep(time.Second + time.Millisecond)
		synctest.Wait()
		if got := resolve(); got != "https://two.example" || !s.Domains().Has("new.example") {
			t.Errorf("a second after a change the link leads to %q, the domain is known: %v", got, s.Domains().Has("new.example"))
		}

		fail := func(err error) {
			store.mu.Lock()
			defer store.mu.Unlock()
			store.err = err
		}
		fail(api.Errorf(api.Unavailable, "Away."))
		time.Sleep(5 * time.Second)
		fail(nil)
		set("https://three.example")
		time.Sleep(2 * time.Second)
		if got := resolve(); got != "https://three.example" {
			t.Errorf("after the database came back the link leads to %q", got)
		}
		store.mu.Lock()
		defer store.mu.Unlock()
		// At the start, after the create in each registry, and nothing each second.
		if store.lists > 4 {
			t.Errorf("the domains were read %d times", store.lists)
		}
		if n := logs.Len(); n != 2 {
			t.Errorf("%d lines were logged for one failure: %v", n, logs.All())
		}
	})
}

// TestFollow_AfterSilence: what was read while changes could not be followed is
// not trusted.
func TestFollow_AfterSilence(t *testing.T) {
	for name, silence := range map[string]time.Duration{"FromTheStart": 0, "Long": feedKept + time.Minute} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newFakeStore()
				away := api.Errorf(api.Unavailable, "Away.")
				if silence == 0 {
					store.err = away
				}
				index := NewIndex()
				f := Follow(t.Context(), store, index, NewDomains(), FollowOptions{})
				defer f.Close()
				put(index, "", "abc", Target{URL: "https://example.com"})
				store.mu.Lock()
				store.err = away
				store.mu.Unlock()
				time.Sleep(silence + 2*time.Second)
				if _, k, _ := index.get("", "abc"); k != knownLink {
					t.Error("a target is forgotten while the store is away")
				}
				store.mu.Lock()
				store.err = nil
				store.mu.Unlock()
				time.Sleep(2 * time.Second)
				if _, k, _ := index.get("", "abc"); k != knownNot {
					t.Error("a target outlives a silence that may have hidden its change")
				}
			})
		})
	}
}
