package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
)

func TestStore_LinkChanges(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, now *time.Time) {
		create(t, s.Domains(), shortener.Domain{Account: "acme", Host: "go.example.com"})
		var cursor int64
		if changed := changes(t, s, &cursor); len(changed) != 0 || cursor == 0 {
			t.Errorf("the first call = %v, cursor %d; want none, and a cursor", changed, cursor)
		}
		a := createLink(t, s, link("acme", "a"))
		code := create(t, s.QRCodes(), shortener.QRCode{Link: *link("acme", "code")})
		upload := create(t, s.Uploads(), shortener.Upload{Link: *link("acme", "file")})
		steps := []struct {
			name   string
			change func() error
			want   []shortener.Address
		}{
			{"create", func() error { return nil }, nil},
			{
				"update", func() error { update(t, s, a, func(l *shortener.Link) { l.URL += "?" }); return nil },
				[]shortener.Address{{Alias: "a"}},
			},
			{
				"move", func() error {
					update(t, s, a, func(l *shortener.Link) { l.Domain, l.Alias = "go.example.com", "b" })
					return nil
				},
				[]shortener.Address{{Alias: "a"}, {Domain: "go.example.com", Alias: "b"}},
			},
			{
				"delete", func() error { _, err := s.DeleteLink(t.Context(), "acme", a.ID); return err },
				[]shortener.Address{{Domain: "go.example.com", Alias: "b"}},
			},
			{"QR code", func() error {
				_, _, err := s.QRCodes().Update(t.Context(), "acme", code.ID, func(*shortener.QRCode) error { return nil })
				return err
			}, []shortener.Address{{Alias: "code"}}},
			{
				"file", func() error { _, err := s.Uploads().Delete(t.Context(), "acme", upload.ID); return err },
				[]shortener.Address{{Alias: "file"}},
			},
		}
		for _, step := range steps {
			if err := step.change(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			got := changes(t, s, &cursor)
			slices.SortFunc(got, func(a, b shortener.Address) int { return len(a.Domain) - len(b.Domain) })
			same(t, "changes after "+step.name, got, step.want)
			// Past the time in which a late commit may still come.
			*now = now.Add(11 * time.Second)
			changes(t, s, &cursor)
			if again := changes(t, s, &cursor); len(again) != 0 {
				t.Errorf("%s is told again: %v", step.name, again)
			}
		}
	})
}

// TestStore_LinkChangesOld: changes are forgotten after an hour, not before.
func TestStore_LinkChangesOld(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, now *time.Time) {
		old, young := createLink(t, s, link("acme", "old")), createLink(t, s, link("acme", "young"))
		var start int64
		changes(t, s, &start)
		update(t, s, old, func(*shortener.Link) {})
		*now = now.Add(time.Hour + time.Second)
		for range 200 {
			update(t, s, young, func(*shortener.Link) {})
		}
		cursor := start
		got := changes(t, s, &cursor)
		if len(got) != 200 || slices.Contains(got, shortener.Address{Alias: "old"}) {
			t.Errorf("%d changes, with the old one: %t; want the 200 young ones", len(got), slices.Contains(got, shortener.Address{Alias: "old"}))
		}
	})
}
