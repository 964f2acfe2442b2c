package store

import (
	"context"
	"path/filepath"
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
		MetaTitle: "Title", MetaDescription: "Words", MetaImage: "https://example.com/i.png", Description: "private \x00 note",
		Campaign: 4, Channel: 5, Clicks: 7, Created: noon.Add(-time.Hour), Updated: noon.Add(-time.Minute),
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

func TestStore_CreateLink(t *testing.T) {
	s := openConfig(t, Config{Path: filepath.Join(t.TempDir(), "linkquay.db"), Now: func() time.Time { return noon }})
	minimal := &shortener.Link{Account: "main", Alias: "min", URL: "https://example.com"}
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
			if diff := cmp.Diff(l, got); diff != "" {
				t.Errorf("%s(%s) (-want +got):\n%s", name, l.Alias, diff)
			}
		}
	}
	if !minimal.Created.Equal(noon) || !minimal.Updated.Equal(noon) {
		t.Errorf("Created = %v, Updated = %v; want now", minimal.Created, minimal.Updated)
	}
}

func TestStore_CreateLinkAnything(t *testing.T) {
	s := openTemp(t)
	text := rapid.String()
	rapid.Check(t, func(rt *rapid.T) {
		l := &shortener.Link{
			Account: text.Draw(rt, "account"), Domain: text.Draw(rt, "domain"),
			Alias: rapid.StringN(1, 50, 200).Draw(rt, "alias"), URL: text.Draw(rt, "url"),
			MetaTitle: text.Draw(rt, "title"), Description: text.Draw(rt, "description"),
			Options: shortener.Options{Parameters: []shortener.Parameter{{Name: text.Draw(rt, "name"), Value: "v"}}},
		}
		if err := s.CreateLink(t.Context(), l); err != nil {
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
}

func TestStore_CreateLinkConflict(t *testing.T) {
	s := openTemp(t)
	taken := fullLink()
	mustCreate(t, s, taken)
	tests := []struct {
		name, account, domain, alias string
		conflict                     bool
	}{
		{"same", "acme", "go.example.com", "Full_1", true},
		{"same of another account", "other", "go.example.com", "Full_1", true},
		{"other letter case", "acme", "go.example.com", "full_1", false},
		{"other domain", "acme", "", "Full_1", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := &shortener.Link{Account: tt.account, Domain: tt.domain, Alias: tt.alias}
			err := s.CreateLink(t.Context(), l)
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
	s := openTemp(t)
	l := mustCreate(t, s, newLink("acme", "counter"))
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			_, after, err := s.UpdateLink(t.Context(), "acme", l.ID, func(l *shortener.Link) error {
				if i%4 == 3 {
					l.Description = "spoilt"
					return api.InvalidField("url", "Please enter a valid URL.")
				}
				l.Campaign++
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
	if err != nil || got.Campaign != 48 || got.Description == "spoilt" {
		t.Errorf("after 48 increments and 16 failures: %+v, %v", got, err)
	}
}

func TestStore_UpdateLink(t *testing.T) {
	now := noon
	s := openConfig(t, Config{Path: filepath.Join(t.TempDir(), "linkquay.db"), Now: func() time.Time { return now }})
	first := mustCreate(t, s, newLink("acme", "first"))
	mustCreate(t, s, newLink("acme", "second"))
	now = noon.Add(time.Hour)

	changed := fullLink()
	changed.ID, changed.Clicks, changed.Created = first.ID, 1000, noon.Add(5*time.Hour)
	if err := put(t.Context(), s, changed); err != nil {
		t.Fatal(err)
	}
	want := fullLink()
	want.ID, want.Clicks, want.Created, want.Updated = first.ID, 0, noon, now
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
}

func TestStore_DeleteLink(t *testing.T) {
	s := openTemp(t)
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
}

func TestStore_LinkOfAnotherAccount(t *testing.T) {
	s := openTemp(t)
	l := mustCreate(t, s, newLink("acme", "a"))
	for _, account := range []string{"", "main", "ACME", "acme "} {
		_, err := s.Link(t.Context(), account, l.ID)
		wantCode(t, "Link of account "+account, err, api.NotFound)
	}
	_, err := s.Link(t.Context(), "acme", l.ID+1)
	if want := "Link not found. Please try again."; api.AsError(err).Message != want {
		t.Errorf("message = %q; want %q", api.AsError(err).Message, want)
	}
}
