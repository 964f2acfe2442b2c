package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
)

// belongings gives an account one object of each kind, with id 1 where it is
// the first.
func belongings(t *testing.T, s *store.Store, account string) {
	t.Helper()
	create(t, s.Campaigns(), shortener.Campaign{Account: account})
	create(t, s.Channels(), shortener.Channel{Account: account})
	create(t, s.Domains(), shortener.Domain{Account: account, Host: account + ".example"})
	create(t, s.Pixels(), shortener.Pixel{Account: account, Tag: "1"})
	create(t, s.SplashPages(), shortener.Splash{Account: account})
	create(t, s.Overlays(), shortener.Overlay{Account: account})
}

func TestStore_References(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		belongings(t, s, "acme")
		belongings(t, s, "other")
		tests := []struct {
			name    string
			set     func(l *shortener.Link)
			message string
			fields  []string
		}{
			{"campaign", func(l *shortener.Link) { l.Campaign = 2 }, "Campaign not found. Please try again.", []string{"campaign"}},
			{"channel", func(l *shortener.Link) { l.Channels = []int64{1, 2} }, "Channel does not exist", []string{"channel"}},
			{"pixel", func(l *shortener.Link) { l.Options.Pixels = []int64{1, 2, 9} }, "Pixel not found. Please try again.", []string{"pixels[1]", "pixels[2]"}},
			{"domain", func(l *shortener.Link) { l.Domain = "other.example" }, "Domain not found. Please try again.", []string{"domain"}},
			{"splash page", func(l *shortener.Link) { l.Type = "2" }, "Splash page not found. Please try again.", []string{"type"}},
			{"overlay", func(l *shortener.Link) { l.Type = "overlay-2" }, "Overlay not found. Please try again.", []string{"type"}},
			{"odd overlay", func(l *shortener.Link) { l.Type = "overlay-x" }, "Overlay not found. Please try again.", []string{"type"}},
			{"all", func(l *shortener.Link) { l.Campaign, l.Channels, l.Type = 9, []int64{9}, "9" }, "Splash page not found. Please try again.", []string{"type", "campaign", "channel"}},
		}
		l := createLink(t, s, link("acme", "stays"))
		for _, tt := range tests {
			bad := link("acme", "bad")
			tt.set(bad)
			_, err := s.CreateLink(t.Context(), bad, shortener.Creation{})
			wantError(t, "CreateLink with a strange "+tt.name, err, api.Invalid, tt.message, tt.fields...)
			_, err = s.QRCodes().Create(t.Context(), &shortener.QRCode{Link: *bad}, nil)
			wantError(t, "QRCodes().Create with a strange "+tt.name, err, api.Invalid, tt.message, tt.fields...)
			_, _, err = s.UpdateLink(t.Context(), "acme", l.ID, func(l *shortener.Link) error { tt.set(l); return nil })
			wantError(t, "UpdateLink to a strange "+tt.name, err, api.Invalid, tt.message, tt.fields...)
			same(t, "link after a refused update", get(t, s, l), l)
		}
		for _, linkType := range []string{"1", "overlay-1", "frame", "splash"} {
			good := link("acme", "of-"+linkType)
			good.Type, good.Campaign, good.Channels, good.Domain, good.Options.Pixels = linkType, 1, []int64{1}, "acme.example", []int64{1, 1}
			same(t, "Link", get(t, s, createLink(t, s, good)), good)
		}
	})
}

// TestStore_Deletes: what refers to an object that is deleted forgets it, and
// other processes hear of what visitors see differently.
func TestStore_Deletes(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, now *time.Time) {
		belongings(t, s, "acme")
		pixel := create(t, s.Pixels(), shortener.Pixel{Account: "acme", Tag: "2"})
		full := link("acme", "full")
		full.Type, full.Campaign, full.Channels, full.Domain = "1", 1, []int64{1}, "acme.example"
		full.Options.Pixels = []int64{pixel.ID, 1}
		full.Options.ForwardQuery = true
		createLink(t, s, full)
		under := link("acme", "under")
		under.Type = "overlay-1"
		createLink(t, s, under)
		createLink(t, s, link("acme", "plain"))
		var cursor int64
		changes(t, s, &cursor)
		*now = now.Add(time.Minute)

		want := *full
		want.Updated = *now
		steps := []struct {
			name    string
			delete  func() error
			forget  func()
			changed []shortener.Address
		}{
			{
				"campaign", func() error { _, err := s.Campaigns().Delete(t.Context(), "acme", 1); return err },
				func() { want.Campaign = 0 }, nil,
			},
			{
				"channel", func() error { _, err := s.Channels().Delete(t.Context(), "acme", 1); return err },
				func() { want.Channels = nil }, nil,
			},
			{
				"pixel", func() error { _, err := s.Pixels().Delete(t.Context(), "acme", 1); return err },
				func() { want.Options.Pixels = []int64{pixel.ID} },
				[]shortener.Address{{Domain: "acme.example", Alias: "full"}},
			},
			{
				"splash page", func() error { _, err := s.SplashPages().Delete(t.Context(), "acme", 1); return err },
				func() { want.Type = "direct" },
				[]shortener.Address{{Domain: "acme.example", Alias: "full"}},
			},
			{
				"overlay", func() error { _, err := s.Overlays().Delete(t.Context(), "acme", 1); return err },
				func() {},
				[]shortener.Address{{Alias: "under"}},
			},
		}
		for _, step := range steps {
			if err := step.delete(); err != nil {
				t.Fatalf("deleting the %s: %v", step.name, err)
			}
			step.forget()
			same(t, "link after deleting the "+step.name, get(t, s, full), &want)
			same(t, "changes after deleting the "+step.name, changes(t, s, &cursor), step.changed)
			*now = now.Add(20 * time.Second)
			changes(t, s, &cursor)
			*now = want.Updated
		}
		if got := get(t, s, under); got.Type != "direct" {
			t.Errorf("type without its overlay = %q; want direct", got.Type)
		}
	})
}

func TestStore_DeletePixelOfManyLinks(t *testing.T) {
	const links = 1300 // more than are read at once
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		pixel := create(t, s.Pixels(), shortener.Pixel{Account: "acme"})
		var wg sync.WaitGroup
		for n := range links {
			wg.Go(func() {
				l := link("acme", fmt.Sprint("a", n))
				l.Options.Pixels = []int64{pixel.ID}
				createLink(t, s, l)
			})
		}
		wg.Wait()
		var cursor int64
		changes(t, s, &cursor)
		if _, err := s.Pixels().Delete(t.Context(), "acme", pixel.ID); err != nil {
			t.Fatal(err)
		}
		seen := map[shortener.Address]bool{}
		for _, a := range changes(t, s, &cursor) {
			seen[a] = true
		}
		if len(seen) != links {
			t.Errorf("%d links have changed; want %d", len(seen), links)
		}
		for n := range links {
			l, err := s.LinkByAlias(t.Context(), "", fmt.Sprint("a", n))
			if err != nil || len(l.Options.Pixels) != 0 {
				t.Fatalf("LinkByAlias(a%d) = %+v, %v; want no pixel", n, l, err)
			}
		}
	})
}

func TestStore_DeleteDomain(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		d := create(t, s.Domains(), shortener.Domain{Account: "acme", Host: "go.example.com"})
		var made []*shortener.Link
		for n := range 2 {
			l := link("acme", fmt.Sprint("a", n))
			l.Domain = d.Host
			made = append(made, createLink(t, s, l))
		}
		for _, message := range []string{
			"2 links stand on this domain; delete or move them first.", "1 link stands on this domain; delete or move it first.",
		} {
			_, err := s.Domains().Delete(t.Context(), "acme", d.ID)
			wantError(t, "Delete", err, api.Conflict, message)
			_, _, err = s.Domains().Update(t.Context(), "acme", d.ID, func(d *shortener.Domain) error { d.Host = "x.example"; return nil })
			wantError(t, "Update of the host", err, api.Conflict, message)
			if _, err := s.DeleteLink(t.Context(), "acme", made[0].ID); err != nil {
				t.Fatal(err)
			}
			made = made[1:]
		}
		if _, err := s.Domains().Delete(t.Context(), "acme", d.ID); err != nil {
			t.Errorf("Delete() = %v", err)
		}
	})
}

// TestStore_DeleteAtOnce: a link made while what it refers to is deleted is
// refused or loses the reference.
func TestStore_DeleteAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		for round := range 20 {
			campaign := create(t, s.Campaigns(), shortener.Campaign{Account: "acme"})
			channel := create(t, s.Channels(), shortener.Channel{Account: "acme"})
			pixel := create(t, s.Pixels(), shortener.Pixel{Account: "acme", Tag: fmt.Sprint(round)})
			splash := create(t, s.SplashPages(), shortener.Splash{Account: "acme"})
			domain := create(t, s.Domains(), shortener.Domain{Account: "acme", Host: fmt.Sprint("d", round)})
			refused := func(err error) bool { e, ok := errors.AsType[*api.Error](err); return ok && e.Code == api.Invalid }
			var made [8]*shortener.Link
			var domainErr error
			var wg sync.WaitGroup
			for n := range made {
				wg.Go(func() {
					l := link("acme", fmt.Sprintf("a%d-%d", round, n))
					switch n % 5 {
					case 0:
						l.Campaign = campaign.ID
					case 1:
						l.Channels = []int64{channel.ID}
					case 2:
						l.Options.Pixels = []int64{pixel.ID}
					case 3:
						l.Type = fmt.Sprint(splash.ID)
					case 4:
						l.Domain = domain.Host
					}
					if _, err := s.CreateLink(t.Context(), l, shortener.Creation{}); err == nil {
						made[n] = l
					} else if !refused(err) {
						t.Errorf("CreateLink() = %v; want none or Invalid", err)
					}
				})
			}
			deletes := []func() error{
				func() error { _, err := s.Campaigns().Delete(t.Context(), "acme", campaign.ID); return err },
				func() error { _, err := s.Channels().Delete(t.Context(), "acme", channel.ID); return err },
				func() error { _, err := s.Pixels().Delete(t.Context(), "acme", pixel.ID); return err },
				func() error { _, err := s.SplashPages().Delete(t.Context(), "acme", splash.ID); return err },
			}
			for _, d := range deletes {
				wg.Go(func() {
					if err := d(); err != nil {
						t.Errorf("Delete() = %v", err)
					}
				})
			}
			wg.Go(func() { _, domainErr = s.Domains().Delete(t.Context(), "acme", domain.ID) })
			wg.Wait()
			for _, l := range made {
				if l == nil {
					continue
				}
				if l.Domain != "" {
					if domainErr == nil {
						t.Error("a link stands on a domain that was deleted")
					}
					continue
				}
				if got := get(t, s, l); got.Campaign != 0 || got.Channels != nil || len(got.Options.Pixels) != 0 || got.Type != "direct" {
					t.Errorf("round %d: a reference was left: %+v", round, got)
				}
			}
		}
	})
}
