package store_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
)

// objectCase is one kind of objects: how one is made, changed and told apart.
type objectCase[T any] struct {
	objects func(s *store.Store) shortener.Objects[T]
	make    func(account string, n int) T
	change  func(o *T)
	id      func(o *T) *int64
	missing string
}

func TestStore_Objects(t *testing.T) {
	t.Run("Campaigns", objectCase[shortener.Campaign]{
		objects: (*store.Store).Campaigns,
		make: func(account string, n int) shortener.Campaign {
			return shortener.Campaign{Account: account, Name: fmt.Sprint("Straße ", n), Slug: fmt.Sprint(account, n), Public: true}
		},
		change:  func(c *shortener.Campaign) { c.Name, c.Slug, c.Public = "100% wool", "", false },
		id:      func(c *shortener.Campaign) *int64 { return &c.ID },
		missing: "Campaign not found. Please try again.",
	}.run)
	t.Run("Channels", objectCase[shortener.Channel]{
		objects: (*store.Store).Channels,
		make: func(account string, n int) shortener.Channel {
			return shortener.Channel{Account: account, Name: fmt.Sprint("Straße ", n), Description: "d", Color: "#fff", Starred: true}
		},
		change:  func(c *shortener.Channel) { c.Name, c.Color, c.Starred = "100% wool", "", false },
		id:      func(c *shortener.Channel) *int64 { return &c.ID },
		missing: "Channel does not exist",
	}.run)
	t.Run("Domains", objectCase[shortener.Domain]{
		objects: (*store.Store).Domains,
		make: func(account string, n int) shortener.Domain {
			return shortener.Domain{
				Account: account, Host: fmt.Sprintf("%s%d.strasse.example", account, n), Scheme: "https",
				RedirectRoot: "https://example.com", Redirect404: "https://example.com/404",
			}
		},
		change:  func(d *shortener.Domain) { d.Host, d.RedirectRoot = "100%wool.example", "" },
		id:      func(d *shortener.Domain) *int64 { return &d.ID },
		missing: "Domain not found. Please try again.",
	}.run)
	t.Run("Pixels", objectCase[shortener.Pixel]{
		objects: (*store.Store).Pixels,
		make: func(account string, n int) shortener.Pixel {
			return shortener.Pixel{Account: account, Type: "gtmpixel", Name: fmt.Sprint("Straße ", n), Tag: fmt.Sprint("GTM-", n)}
		},
		change:  func(p *shortener.Pixel) { p.Name, p.Tag = "100% wool", "GTM-X" },
		id:      func(p *shortener.Pixel) *int64 { return &p.ID },
		missing: "Pixel not found. Please try again.",
	}.run)
	t.Run("SplashPages", objectCase[shortener.Splash]{
		objects: (*store.Store).SplashPages,
		make: func(account string, n int) shortener.Splash {
			return shortener.Splash{
				Account: account, Name: fmt.Sprint("Straße ", n), Title: "t", Message: "m", Image: "https://example.com/i.png",
				Button: "b", Counter: 10,
			}
		},
		change:  func(p *shortener.Splash) { p.Name, p.Counter = "100% wool", 0 },
		id:      func(p *shortener.Splash) *int64 { return &p.ID },
		missing: "Splash page not found. Please try again.",
	}.run)
	t.Run("Overlays", objectCase[shortener.Overlay]{
		objects: (*store.Store).Overlays,
		make: func(account string, n int) shortener.Overlay {
			return shortener.Overlay{
				Account: account, Name: fmt.Sprint("Straße ", n), Type: "message", Message: "m", Label: "l", Button: "b",
				Link: "https://example.com", Email: "e@example.com", Position: "top", Background: "rgb(1,2,3)", Foreground: "#fff",
			}
		},
		change:  func(o *shortener.Overlay) { o.Name, o.Position = "100% wool", "bottom" },
		id:      func(o *shortener.Overlay) *int64 { return &o.ID },
		missing: "Overlay not found. Please try again.",
	}.run)
	t.Run("QRCodes", objectCase[shortener.QRCode]{
		objects: (*store.Store).QRCodes,
		make: func(account string, n int) shortener.QRCode {
			l := *link(account, fmt.Sprint("qr-", account, n))
			l.Options.QR = &shortener.QR{Name: fmt.Sprint("Straße ", n), Type: "text", Data: []byte(`"words"`), Foreground: "#000000"}
			return shortener.QRCode{Link: l}
		},
		change: func(q *shortener.QRCode) {
			q.Link.Options.QR.Name, q.Link.URL = "100% wool", "https://example.org"
		},
		id:      func(q *shortener.QRCode) *int64 { return &q.ID },
		missing: "QR code not found. Please try again.",
	}.run)
	t.Run("Uploads", objectCase[shortener.Upload]{
		objects: (*store.Store).Uploads,
		make: func(account string, n int) shortener.Upload {
			l := *link(account, fmt.Sprint("file-", account, n))
			l.Options.File = &shortener.File{Name: fmt.Sprint("Straße ", n), Filename: "a.pdf", Stored: "x", Size: 7, ContentType: "application/pdf"}
			return shortener.Upload{Link: l}
		},
		change:  func(u *shortener.Upload) { u.Link.Options.File.Name = "100% wool" },
		id:      func(u *shortener.Upload) *int64 { return &u.ID },
		missing: "File not found. Please try again.",
	}.run)
}

func (c objectCase[T]) run(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		objects := c.objects(s)
		var made []*T
		for n := range 3 {
			o := create(t, objects, c.make("acme", n))
			if got := *c.id(o); got != int64(n+1) {
				t.Errorf("id = %d; want %d", got, n+1)
			}
			made = append(made, o)
		}
		theirs := create(t, objects, c.make("other", 0))
		c.checkOwner(t, objects, *c.id(theirs))

		for search, want := range map[string][]*T{
			"": {made[2], made[1], made[0]}, "STRASSE": {made[2], made[1], made[0]}, "%": nil,
		} {
			list, total, err := objects.List(t.Context(), "acme", search, 10, 0)
			if err != nil || total != len(want) {
				t.Fatalf("List(%q) = %d, %v; want %d", search, total, err, len(want))
			}
			for i, o := range want {
				same(t, "List", &list[i], o)
			}
		}
		list, total, err := objects.List(t.Context(), "acme", "", 1, 1)
		if err != nil || total != 3 || len(list) != 1 || *c.id(&list[0]) != 2 {
			t.Errorf("second page = %+v, %d, %v; want the object with id 2", list, total, err)
		}

		c.checkUpdate(t, objects, made[0])
		if _, total, err = objects.List(t.Context(), "acme", "%", 10, 0); err != nil || total != 1 {
			t.Errorf("List(%%) = %d, %v; want the changed one", total, err)
		}
		c.checkDelete(t, objects, made[2])
		if again := create(t, objects, c.make("acme", 2)); *c.id(again) <= *c.id(theirs) {
			t.Errorf("id %d is used again", *c.id(again))
		}
	})
}

// checkOwner: another account's object does not exist.
func (c objectCase[T]) checkOwner(t *testing.T, objects shortener.Objects[T], theirs int64) {
	t.Helper()
	nothing := func(*T) error { return nil }
	for _, id := range []int64{theirs, 999, 0, -1} {
		_, err := objects.Get(t.Context(), "acme", id)
		wantError(t, "Get", err, api.NotFound, c.missing)
		_, _, err = objects.Update(t.Context(), "acme", id, nothing)
		wantError(t, "Update", err, api.NotFound, c.missing)
		_, err = objects.Delete(t.Context(), "acme", id)
		wantError(t, "Delete", err, api.NotFound, c.missing)
	}
	if _, err := objects.Get(t.Context(), "other", theirs); err != nil {
		t.Errorf("Get() of the owner = %v", err)
	}
}

func (c objectCase[T]) checkUpdate(t *testing.T, objects shortener.Objects[T], o *T) {
	t.Helper()
	id := *c.id(o)
	before, after, err := objects.Update(t.Context(), "acme", id, func(o *T) error {
		c.change(o)
		*c.id(o) = 77
		return nil
	})
	if err != nil {
		t.Fatalf("Update() = %v", err)
	}
	same(t, "before", before, o)
	if cmp.Equal(before, after) || *c.id(after) != id {
		t.Errorf("after = %+v; want it changed and its id not", after)
	}
	got, err := objects.Get(t.Context(), "acme", id)
	if err != nil {
		t.Fatalf("Get() = %v", err)
	}
	same(t, "Get after Update", got, after)

	failed := errors.New("no")
	if _, _, err := objects.Update(t.Context(), "acme", id, func(o *T) error { c.change(o); return failed }); !errors.Is(err, failed) {
		t.Errorf("Update() with a failing change = %v; want its error", err)
	}
}

func (c objectCase[T]) checkDelete(t *testing.T, objects shortener.Objects[T], o *T) {
	t.Helper()
	got, err := objects.Delete(t.Context(), "acme", *c.id(o))
	if err != nil {
		t.Fatalf("Delete() = %v", err)
	}
	same(t, "Delete", got, o)
	_, err = objects.Get(t.Context(), "acme", *c.id(o))
	wantError(t, "Get after Delete", err, api.NotFound, c.missing)
	_, err = objects.Delete(t.Context(), "acme", *c.id(o))
	wantError(t, "Delete again", err, api.NotFound, c.missing)
}

// TestStore_Unique: of many that ask for the same at once, one gets it.
func TestStore_Unique(t *testing.T) {
	tests := []struct {
		name           string
		create         func(t *testing.T, s *store.Store, n int) error
		message, field string
	}{
		{"alias", func(t *testing.T, s *store.Store, n int) error {
			_, err := s.CreateLink(t.Context(), link(fmt.Sprint("account", n), "same"), shortener.Creation{})
			return err
		}, "That alias is taken. Please choose another one.", "custom"},
		{"alias of links and QR codes", func(t *testing.T, s *store.Store, n int) error {
			if n%2 == 0 {
				_, err := s.CreateLink(t.Context(), link("acme", "same"), shortener.Creation{})
				return err
			}
			_, err := s.QRCodes().Create(t.Context(), &shortener.QRCode{Link: *link("acme", "same")}, nil)
			return err
		}, "That alias is taken. Please choose another one.", "custom"},
		{"external id", func(t *testing.T, s *store.Store, n int) error {
			l := link("acme", fmt.Sprint("a", n))
			l.ExternalID = "their-7"
			_, err := s.CreateLink(t.Context(), l, shortener.Creation{})
			return err
		}, "Another link has this external id already.", "externalid"},
		{"slug", func(t *testing.T, s *store.Store, n int) error {
			_, err := s.Campaigns().Create(t.Context(), &shortener.Campaign{Account: fmt.Sprint("account", n), Slug: "same"}, nil)
			return err
		}, "That slug is taken. Please choose another one.", "slug"},
		{"host", func(t *testing.T, s *store.Store, n int) error {
			_, err := s.Domains().Create(t.Context(), &shortener.Domain{Account: fmt.Sprint("account", n), Host: "go.example.com"}, nil)
			return err
		}, "The domain has been already used.", "domain"},
		{"pixel", func(t *testing.T, s *store.Store, n int) error {
			_, err := s.Pixels().Create(t.Context(), &shortener.Pixel{Account: "acme", Name: fmt.Sprint(n), Type: "gtmpixel", Tag: "GTM-1"}, nil)
			return err
		}, "A pixel with this provider and tag already exists.", "tag"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
				var made atomic.Int64
				var wg sync.WaitGroup
				for n := range 16 {
					wg.Go(func() {
						if err := tt.create(t, s, n); err != nil {
							wantError(t, "create", err, api.Conflict, tt.message, tt.field)
							return
						}
						made.Add(1)
					})
				}
				wg.Wait()
				if n := made.Load(); n != 1 {
					t.Errorf("%d were made; want one", n)
				}
			})
		})
	}
}

// TestStore_UniqueElsewhere: what is taken in one place is free in another.
func TestStore_UniqueElsewhere(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		for _, account := range []string{"acme", "other"} {
			create(t, s.Pixels(), shortener.Pixel{Account: account, Type: "gtmpixel", Tag: "GTM-1"})
			create(t, s.Pixels(), shortener.Pixel{Account: account, Type: "fbpixel", Tag: "GTM-1"})
			create(t, s.Campaigns(), shortener.Campaign{Account: account})
			create(t, s.Campaigns(), shortener.Campaign{Account: account})
			l := link(account, "of-"+account)
			l.ExternalID = "their-7"
			createLink(t, s, l)
		}
		_, _, err := s.Pixels().Update(t.Context(), "acme", 1, func(p *shortener.Pixel) error { p.Type = "fbpixel"; return nil })
		wantError(t, "Update to what is taken", err, api.Conflict, "A pixel with this provider and tag already exists.", "tag")
	})
}
