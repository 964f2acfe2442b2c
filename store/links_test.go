package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func fullLink() *shortener.Link {
	return &shortener.Link{
		Account: "acme", Domain: "go.example.com", Alias: "Full_1", URL: "https://example.com/?a=b&c=<d>#é", Type: "overlay-3",
		PasswordHash: "$argon2id$v=19$x", Expires: noon.Add(time.Hour), Public: true,
		MetaTitle: "Title", MetaDescription: "Words", MetaImage: "https://example.com/i.png", Description: "private \x01 note",
		Campaign: 1, Channels: []int64{1, 2}, ExternalID: "their-7",
		Clicks: 7, UniqueClicks: 5, Created: noon.Add(-time.Hour), Updated: noon.Add(-time.Minute),
		Options: shortener.Options{
			Geo:        []shortener.GeoRule{{Location: "Korea, Republic of", Link: "https://example.kr"}},
			Devices:    []shortener.DeviceRule{{Device: "iPhone", Link: "https://example.com/i"}},
			Languages:  []shortener.LanguageRule{{Language: "ko", Link: "https://example.com/ko"}},
			Parameters: []shortener.Parameter{{Name: "utm", Value: "a b&c"}},
			Pixels:     []int64{1, 2},
			DeepLink:   &shortener.DeepLink{Auto: true, Apple: "https://apple.example"},
		},
	}
}

// mustOwn gives acme what fullLink refers to.
func mustOwn(t *testing.T, s *Store) {
	t.Helper()
	_, campaignErr := s.Campaigns().Create(t.Context(), &shortener.Campaign{Account: "acme"}, nil)
	_, domainErr := s.Domains().Create(t.Context(), &shortener.Domain{Account: "acme", Host: "go.example.com"}, nil)
	err := errors.Join(campaignErr, domainErr)
	for i := range 3 {
		_, channelErr := s.Channels().Create(t.Context(), &shortener.Channel{Account: "acme"}, nil)
		_, pixelErr := s.Pixels().Create(t.Context(), &shortener.Pixel{Account: "acme", Tag: strconv.Itoa(i)}, nil)
		_, overlayErr := s.Overlays().Create(t.Context(), &shortener.Overlay{Account: "acme"}, nil)
		err = errors.Join(err, channelErr, pixelErr, overlayErr)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestStore_CreateLink(t *testing.T) {
	eachAt(t, func() time.Time { return noon }, func(t *testing.T, s *Store) {
		mustOwn(t, s)
		minimal := &shortener.Link{Account: "main", Alias: "min", URL: "https://example.com", Plain: true}
		// An end at the epoch is an end, not "never".
		ended := &shortener.Link{Account: "main", Alias: "ended", Expires: time.Unix(0, 0).UTC()}
		for i, l := range []*shortener.Link{fullLink(), minimal, ended} {
			mustCreate(t, s, l)
			if l.ID != int64(i+1) {
				t.Errorf("ID = %d; want %d", l.ID, i+1)
			}
			for name, read := range map[string]func() (*shortener.Link, error){
				"Link":        func() (*shortener.Link, error) { return s.Link(t.Context(), l.Account, l.ID) },
				"LinkByAlias": func() (*shortener.Link, error) { return s.LinkByAlias(t.Context(), l.Domain, l.Alias) },
				"Links": func() (*shortener.Link, error) {
					links, _, err := s.Links(t.Context(), shortener.Filter{Account: l.Account, Limit: 1})
					if err != nil {
						return nil, err
					}
					return &links[0], nil
				},
			} {
				got, err := read()
				if err != nil {
					t.Fatalf("%s(%s) = %v", name, l.Alias, err)
				}
				want := *l
				if name == "LinkByAlias" {
					want.Channels = nil
				}
				if diff := cmp.Diff(&want, got); diff != "" {
					t.Errorf("%s(%s) (-want +got):\n%s", name, l.Alias, diff)
				}
			}
		}
		if !minimal.Created.Equal(noon) || !minimal.Updated.Equal(noon) {
			t.Errorf("Created = %v, Updated = %v; want now", minimal.Created, minimal.Updated)
		}
	})
}

func TestStore_CreateLinkAnything(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		// PostgreSQL keeps no NUL, and the contract refuses it.
		text := rapid.Map(rapid.String(), func(s string) string { return strings.ReplaceAll(s, "\x00", "") })
		rapid.Check(t, func(rt *rapid.T) {
			l := &shortener.Link{
				Account: text.Draw(rt, "account"), ExternalID: text.Draw(rt, "external id"), Plain: rapid.Bool().Draw(rt, "plain"),
				Alias: text.Draw(rt, "alias"), URL: text.Draw(rt, "url"),
				MetaTitle: text.Draw(rt, "title"), Description: text.Draw(rt, "description"),
				Options: shortener.Options{Parameters: []shortener.Parameter{{Name: text.Draw(rt, "name"), Value: "v"}}},
			}
			if err := create(t.Context(), s, l); err != nil {
				wantCode(t, "CreateLink", err, api.Conflict)
				return
			}
			got, err := s.LinkByAlias(t.Context(), l.Domain, l.Alias)
			if err != nil {
				rt.Fatalf("LinkByAlias() = %v", err)
			}
			if diff := cmp.Diff(l, got); diff != "" {
				rt.Fatalf("LinkByAlias() (-want +got):\n%s", diff)
			}
			// Whatever is searched for, the search works and finds it.
			for _, search := range []string{l.URL, l.Alias, l.MetaTitle} {
				_, total, err := s.Links(t.Context(), shortener.Filter{Account: l.Account, Search: search, Limit: 1})
				if err != nil || total == 0 {
					rt.Fatalf("Links(%q) = %d, %v; want the link", search, total, err)
				}
			}
		})
	})
}

func TestStore_CreateLinkConflict(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		mustOwn(t, s)
		mustCreate(t, s, fullLink())
		mustCreate(t, s, newLink("acme", "main"))
		tests := []struct {
			name, account, domain, alias string
			conflict                     bool
		}{
			{"same", "acme", "go.example.com", "Full_1", true},
			{"same of another account", "other", "", "main", true},
			{"other letter case", "acme", "go.example.com", "full_1", false},
			{"other domain", "acme", "", "Full_1", false},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				l := &shortener.Link{Account: tt.account, Domain: tt.domain, Alias: tt.alias}
				err := create(t.Context(), s, l)
				if !tt.conflict {
					if err != nil {
						t.Errorf("CreateLink() = %v; want none", err)
					}
					return
				}
				const message = "That alias is taken. Please choose another one."
				want := &api.Error{Code: api.Conflict, Message: message, Fields: []api.FieldError{{Field: "custom", Message: message}}}
				if diff := cmp.Diff(error(want), err); diff != "" {
					t.Errorf("CreateLink() (-want +got):\n%s", diff)
				}
				if l.ID != 0 {
					t.Errorf("ID = %d; want none", l.ID)
				}
			})
		}
	})
}

// put makes the link with l's id what l is.
func put(ctx context.Context, s *Store, l *shortener.Link) error {
	_, _, err := s.UpdateLink(ctx, l.Account, l.ID, func(link *shortener.Link) error {
		*link = *l
		return nil
	})
	return err
}

// TestStore_UpdatesAtOnce: changes of one link at the same time all come
// through, and one that fails leaves the link as it was.
func TestStore_UpdatesAtOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		l := mustCreate(t, s, newLink("acme", "counter"))
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				_, after, err := s.UpdateLink(t.Context(), "acme", l.ID, func(l *shortener.Link) error {
					if i%4 == 3 {
						l.Description = "spoilt"
						return api.InvalidField("url", "Please enter a valid URL.")
					}
					l.Options.ClickLimit++
					return nil
				})
				if i%4 == 3 {
					if after != nil || api.AsError(err).Code != api.Invalid {
						t.Errorf("UpdateLink() with a failing change = %v, %v", after, err)
					}
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got, err := s.Link(t.Context(), "acme", l.ID)
		if err != nil || got.Options.ClickLimit != 48 || got.Description == "spoilt" {
			t.Errorf("after 48 increments and 16 failures: %+v, %v", got, err)
		}
	})
}

func TestStore_UpdateLink(t *testing.T) {
	now := noon
	eachAt(t, func() time.Time { return now }, func(t *testing.T, s *Store) {
		now = noon
		mustOwn(t, s)
		first := mustCreate(t, s, newLink("acme", "first"))
		mustCreate(t, s, newLink("acme", "second"))
		now = noon.Add(time.Hour)

		changed := fullLink()
		changed.ID, changed.Clicks, changed.UniqueClicks, changed.Created = first.ID, 1000, 1000, noon.Add(5*time.Hour)
		changed.Kind, changed.Plain, changed.Channels = shortener.KindQR, true, []int64{2, 1, 2}
		if err := put(t.Context(), s, changed); err != nil {
			t.Fatal(err)
		}
		want := fullLink()
		want.ID, want.Clicks, want.UniqueClicks, want.Created, want.Updated = first.ID, 0, 0, noon, now
		got, err := s.Link(t.Context(), "acme", first.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Link() after UpdateLink (-want +got):\n%s", diff)
		}
		if _, total, _ := s.Links(t.Context(), shortener.Filter{Account: "acme", Search: "TITLE"}); total != 1 {
			t.Errorf("the new title is found %d times; want once", total)
		}

		if err := put(t.Context(), s, got); err != nil {
			t.Errorf("UpdateLink() without a change = %v", err)
		}
		got.Domain, got.Alias = "", "second"
		wantCode(t, "UpdateLink to a taken alias", put(t.Context(), s, got), api.Conflict)
		got.Alias, got.Account = "third", "other"
		wantCode(t, "UpdateLink of another account", put(t.Context(), s, got), api.NotFound)
		got.Account, got.ID = "acme", 99
		wantCode(t, "UpdateLink without a link", put(t.Context(), s, got), api.NotFound)
	})
}

func TestStore_DeleteLink(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		mustOwn(t, s)
		l := mustCreate(t, s, fullLink())
		_, err := s.DeleteLink(t.Context(), "other", l.ID)
		wantCode(t, "DeleteLink of another account", err, api.NotFound)
		got, err := s.DeleteLink(t.Context(), "acme", l.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(l, got); diff != "" {
			t.Errorf("DeleteLink() (-want +got):\n%s", diff)
		}
		_, err = s.DeleteLink(t.Context(), "acme", l.ID)
		wantCode(t, "DeleteLink again", err, api.NotFound)
		_, err = s.LinkByAlias(t.Context(), l.Domain, l.Alias)
		wantCode(t, "LinkByAlias", err, api.NotFound)

		again := fullLink()
		if mustCreate(t, s, again); again.ID <= l.ID {
			t.Errorf("id %d is used again", again.ID)
		}
	})
}

func TestStore_LinkOfAnotherAccount(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		l := mustCreate(t, s, newLink("acme", "a"))
		for _, account := range []string{"", "main", "ACME", "acme "} {
			_, err := s.Link(t.Context(), account, l.ID)
			wantCode(t, "Link of account "+account, err, api.NotFound)
		}
		_, err := s.Link(t.Context(), "acme", l.ID+1)
		if want := "Link not found. Please try again."; api.AsError(err).Message != want {
			t.Errorf("message = %q; want %q", api.AsError(err).Message, want)
		}
	})
}

// TestStore_UpdateLinkBefore: what a change does in place is not seen in what
// the link was.
func TestStore_UpdateLinkBefore(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		mustOwn(t, s)
		l := mustCreate(t, s, fullLink())
		before, after, err := s.UpdateLink(t.Context(), "acme", l.ID, func(l *shortener.Link) error {
			l.Channels[0] = 3
			l.Options.Pixels[1] = 3
			l.Options.Geo[0].Link = "https://example.org"
			l.Options.DeepLink.Apple = ""
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(l, before); diff != "" {
			t.Errorf("before (-want +got):\n%s", diff)
		}
		got, err := s.Link(t.Context(), "acme", l.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(after, got); diff != "" || got.Channels[0] != 2 || got.Channels[1] != 3 {
			t.Errorf("Link() with channels %v (-after +got):\n%s", got.Channels, diff)
		}
	})
}

// TestStore_OtherKinds: what is no link to list is reached by its alias alone.
func TestStore_OtherKinds(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		code := shortener.QRCode{Link: *newLink("acme", "code")}
		upload := shortener.Upload{Link: *newLink("acme", "file")}
		_, codeErr := s.QRCodes().Create(t.Context(), &code, nil)
		_, uploadErr := s.Uploads().Create(t.Context(), &upload, nil)
		if err := errors.Join(codeErr, uploadErr); err != nil {
			t.Fatal(err)
		}
		for _, l := range []*shortener.Link{&code.Link, &upload.Link} {
			_, err := s.Link(t.Context(), "acme", l.ID)
			wantCode(t, "Link", err, api.NotFound)
			wantCode(t, "UpdateLink", put(t.Context(), s, l), api.NotFound)
			_, err = s.DeleteLink(t.Context(), "acme", l.ID)
			wantCode(t, "DeleteLink", err, api.NotFound)
			got, err := s.LinkByAlias(t.Context(), "", l.Alias)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(l, got); diff != "" {
				t.Errorf("LinkByAlias(%s) (-want +got):\n%s", l.Alias, diff)
			}
		}
		if _, total, err := s.Links(t.Context(), shortener.Filter{Account: "acme", Limit: 10}); err != nil || total != 0 {
			t.Errorf("Links() = %d, %v; want none", total, err)
		}
	})
}
