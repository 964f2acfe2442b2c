package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
)

func promise(account, key string) *shortener.Once {
	return &shortener.Once{Account: account, Key: key, Fingerprint: [32]byte{1}}
}

const (
	otherRequest = "This Idempotency-Key was used for another request."
	madeDeleted  = "What this Idempotency-Key has made was deleted since."
)

func TestStore_CreateLinkOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, now *time.Time) {
		how := shortener.Creation{Once: promise("acme", "k")}
		first := link("acme", "first")
		if existing, err := s.CreateLink(t.Context(), first, how); existing || err != nil {
			t.Fatalf("first CreateLink() = %t, %v", existing, err)
		}
		*now = now.Add(24*time.Hour - time.Millisecond)
		again := link("acme", "again")
		if existing, err := s.CreateLink(t.Context(), again, how); !existing || err != nil {
			t.Errorf("CreateLink() again = %t, %v; want the existing", existing, err)
		}
		same(t, "CreateLink again", again, first)
		repeated, found, err := s.RepeatedLink(t.Context(), how.Once)
		if err != nil || !found {
			t.Fatalf("RepeatedLink() = %t, %v; want the first", found, err)
		}
		same(t, "RepeatedLink", repeated, first)
		for _, unknown := range []*shortener.Once{promise("acme", "other"), promise("other", "k")} {
			if _, found, err := s.RepeatedLink(t.Context(), unknown); found || err != nil {
				t.Errorf("RepeatedLink() of a new promise = %t, %v", found, err)
			}
		}

		other := *how.Once
		other.Fingerprint[31] = 1
		_, _, err = s.RepeatedLink(t.Context(), &other)
		wantError(t, "RepeatedLink of another request", err, api.Conflict, otherRequest, "Idempotency-Key")
		_, err = s.CreateLink(t.Context(), link("acme", "other"), shortener.Creation{Once: &other})
		wantError(t, "CreateLink of another request", err, api.Conflict, otherRequest, "Idempotency-Key")
		_, err = s.Campaigns().Create(t.Context(), &shortener.Campaign{Account: "acme"}, how.Once)
		wantError(t, "Create of another kind", err, api.Conflict, otherRequest, "Idempotency-Key")
		theirs := link("other", "theirs")
		if existing, err := s.CreateLink(t.Context(), theirs, shortener.Creation{Once: promise("other", "k")}); existing || err != nil {
			t.Errorf("CreateLink() of another account = %t, %v; want a new one", existing, err)
		}

		if _, err := s.DeleteLink(t.Context(), "acme", first.ID); err != nil {
			t.Fatal(err)
		}
		_, err = s.CreateLink(t.Context(), link("acme", "again"), how)
		wantError(t, "CreateLink after the delete", err, api.Conflict, madeDeleted, "Idempotency-Key")
		_, _, err = s.RepeatedLink(t.Context(), how.Once)
		wantError(t, "RepeatedLink after the delete", err, api.Conflict, madeDeleted, "Idempotency-Key")

		*now = now.Add(time.Millisecond)
		if _, found, err := s.RepeatedLink(t.Context(), how.Once); found || err != nil {
			t.Errorf("RepeatedLink() a day later = %t, %v; want nothing", found, err)
		}
		late := link("acme", "late")
		if existing, err := s.CreateLink(t.Context(), late, how); existing || err != nil || late.Alias != "late" {
			t.Errorf("CreateLink() a day later = %t, %v; want a new one", existing, err)
		}
	})
}

// TestStore_OnceFailed: a create that fails uses up no promise.
func TestStore_OnceFailed(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		createLink(t, s, link("acme", "taken"))
		how := shortener.Creation{Once: promise("acme", "k")}
		if _, err := s.CreateLink(t.Context(), link("acme", "taken"), how); err == nil {
			t.Fatal("CreateLink() with a taken alias = nil")
		}
		how.Once.Fingerprint[0]++
		if existing, err := s.CreateLink(t.Context(), link("acme", "free"), how); existing || err != nil {
			t.Errorf("CreateLink() after a failure = %t, %v; want a new one", existing, err)
		}
	})
}

func TestStore_ObjectsOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		first := shortener.Campaign{Account: "acme", Name: "first", Slug: "first"}
		again := shortener.Campaign{Account: "acme", Name: "again", Slug: "again"}
		for i, c := range []*shortener.Campaign{&first, &again} {
			repeated, err := s.Campaigns().Create(t.Context(), c, promise("acme", "k"))
			if repeated != (i == 1) || err != nil {
				t.Errorf("Create() %d = %t, %v", i, repeated, err)
			}
		}
		same(t, "Create again", again, first)
		made, found, err := s.Campaigns().Repeated(t.Context(), promise("acme", "k"))
		if err != nil || !found {
			t.Fatalf("Repeated() = %t, %v", found, err)
		}
		same(t, "Repeated", *made, first)

		code := shortener.QRCode{Link: *link("acme", "code")}
		for i := range 2 {
			code.Link.Alias = fmt.Sprint("code", i)
			repeated, err := s.QRCodes().Create(t.Context(), &code, promise("acme", "qr"))
			if found, _, err := s.QRCodes().Repeated(t.Context(), promise("acme", "qr")); err != nil || found.ID != 1 || found.Link.Alias != "code0" {
				t.Errorf("Repeated() %d = %+v, %v", i, found, err)
			}
			if repeated != (i == 1) || err != nil || code.ID != 1 || code.Link.Alias != "code0" {
				t.Errorf("Create() %d = %t, %v: %+v", i, repeated, err, code)
			}
		}
		if _, err := s.QRCodes().Delete(t.Context(), "acme", code.ID); err != nil {
			t.Fatal(err)
		}
		_, err = s.QRCodes().Create(t.Context(), &shortener.QRCode{Link: *link("acme", "new")}, promise("acme", "qr"))
		wantError(t, "Create after the delete", err, api.Conflict, madeDeleted, "Idempotency-Key")
	})
}

// TestStore_Promise: a promise of its own is kept like one that made something.
func TestStore_Promise(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, now *time.Time) {
		other := promise("acme", "k")
		other.Fingerprint[0]++
		for range 2 {
			if err := s.Promise(t.Context(), promise("acme", "k")); err != nil {
				t.Fatalf("Promise() = %v", err)
			}
		}
		wantError(t, "Promise of another request", s.Promise(t.Context(), other), api.Conflict, otherRequest, "Idempotency-Key")
		_, err := s.CreateLink(t.Context(), link("acme", "a"), shortener.Creation{Once: promise("acme", "k")})
		wantError(t, "CreateLink with it", err, api.Conflict, otherRequest, "Idempotency-Key")
		*now = now.Add(24 * time.Hour)
		if err := s.Promise(t.Context(), other); err != nil {
			t.Errorf("Promise() a day later = %v", err)
		}
	})
}

func TestStore_OnceAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		var made atomic.Int64
		var wg sync.WaitGroup
		for n := range 48 {
			wg.Go(func() {
				key := n % 3
				l := link("acme", fmt.Sprint("a", n))
				existing, err := s.CreateLink(t.Context(), l, shortener.Creation{Once: promise("acme", fmt.Sprint(key))})
				if err != nil {
					t.Error(err)
				}
				if !existing {
					made.Add(1)
				}
			})
		}
		wg.Wait()
		_, total, err := s.Links(t.Context(), shortener.Filter{Account: "acme"})
		if made.Load() != 3 || total != 3 || err != nil {
			t.Errorf("3 promises made %d links, %d are there, %v", made.Load(), total, err)
		}
	})
}

func TestStore_Reuse(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		create(t, s.Domains(), shortener.Domain{Account: "acme", Host: "go.example.com"})
		plain := func(account, domain, alias string) *shortener.Link {
			l := link(account, alias)
			l.URL, l.Domain, l.Plain = "https://example.com/same", domain, true
			return l
		}
		reuse := shortener.Creation{Reuse: true}
		first := plain("acme", "", "first")
		notPlain := plain("acme", "", "special")
		notPlain.Plain = false
		code := plain("acme", "", "code")
		createLink(t, s, notPlain)
		create(t, s.QRCodes(), shortener.QRCode{Link: *code})
		tests := []struct {
			name     string
			l        *shortener.Link
			how      shortener.Creation
			existing bool
		}{
			{"first", first, reuse, false},
			{"again", plain("acme", "", "again"), reuse, true},
			{"not asked for", plain("acme", "", "second"), shortener.Creation{}, false},
			{"the oldest", plain("acme", "", "third"), reuse, true},
			{"not plain", &shortener.Link{Account: "acme", Alias: "fourth", URL: first.URL}, reuse, false},
			{"other destination", &shortener.Link{Account: "acme", Alias: "fifth", URL: first.URL + "/", Plain: true}, reuse, false},
			{"other domain", plain("acme", "go.example.com", "first"), reuse, false},
			{"other account", plain("other", "", "theirs"), reuse, false},
			{"with a promise", plain("acme", "", "sixth"), shortener.Creation{Reuse: true, Once: promise("acme", "k")}, true},
			{"the promise again", plain("acme", "", "seventh"), shortener.Creation{Reuse: true, Once: promise("acme", "k")}, true},
		}
		for _, tt := range tests {
			existing, err := s.CreateLink(t.Context(), tt.l, tt.how)
			if err != nil || existing != tt.existing {
				t.Errorf("%s: CreateLink() = %t, %v; want %t", tt.name, existing, err, tt.existing)
			}
			if existing {
				same(t, tt.name, tt.l, first)
			}
		}
		update(t, s, first, func(*shortener.Link) {})
		changed := plain("acme", "", "eighth")
		if _, err := s.CreateLink(t.Context(), changed, reuse); err != nil || changed.Alias != "second" {
			t.Errorf("after an update of the first: %s, %v; want the second", changed.Alias, err)
		}
		campaign := create(t, s.Campaigns(), shortener.Campaign{Account: "acme", Public: true})
		if err := s.AssignToCampaign(t.Context(), "acme", campaign.ID, changed.ID); err != nil {
			t.Fatal(err)
		}
		if existing, err := s.CreateLink(t.Context(), plain("acme", "", "ninth"), reuse); existing || err != nil {
			t.Errorf("with all others changed or in a campaign: CreateLink() = %t, %v; want a new one", existing, err)
		}
	})
}

func TestStore_ReuseAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		var wg sync.WaitGroup
		for n := range 32 {
			wg.Go(func() {
				l := link("acme", fmt.Sprint("a", n))
				l.URL, l.Plain = "https://example.com/same", true
				if _, err := s.CreateLink(t.Context(), l, shortener.Creation{Reuse: true}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if _, total, err := s.Links(t.Context(), shortener.Filter{Account: "acme"}); err != nil || total != 1 {
			t.Errorf("%d links, %v; want one", total, err)
		}
	})
}
