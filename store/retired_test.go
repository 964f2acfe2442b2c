package store

import (
	"testing"

	"github.com/linkquay/linkquay/shortener"
)

// TestStore_Retired: an address that a link was taken away from is known, until
// its domain goes.
func TestStore_Retired(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		d := &shortener.Domain{Account: "acme", Host: "go.example.com"}
		if _, err := s.Domains().Create(t.Context(), d, nil); err != nil {
			t.Fatal(err)
		}
		made := map[string]*shortener.Link{}
		for _, alias := range []string{"stays", "goes", "moves"} {
			l := newLink("acme", alias)
			l.Domain = d.Host
			made[alias] = mustCreate(t, s, l)
		}
		plain := mustCreate(t, s, newLink("acme", "plain"))
		want := func(retired bool, aliases ...string) {
			t.Helper()
			for _, alias := range aliases {
				if got, err := s.Retired(t.Context(), d.Host, alias); err != nil || got != retired {
					t.Errorf("Retired(%s) = %t, %v; want %t", alias, got, err, retired)
				}
			}
		}
		want(false, "stays", "goes", "moves", "moved")
		_, _, err := s.UpdateLink(t.Context(), "acme", made["moves"].ID, func(l *shortener.Link) error { l.Alias = "moved"; return nil })
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range []*shortener.Link{made["goes"], plain} {
			if _, err := s.DeleteLink(t.Context(), "acme", l.ID); err != nil {
				t.Fatal(err)
			}
		}
		want(true, "goes", "moves")
		want(false, "stays", "moved", "Goes", "plain")
		for _, alias := range []string{"moves", "stays"} {
			if _, err := s.DeleteLink(t.Context(), "acme", made[alias].ID); err != nil {
				t.Fatal(err)
			}
		}
		want(true, "goes", "moves", "moved", "stays")
		if _, err := s.Domains().Delete(t.Context(), "acme", d.ID); err != nil {
			t.Fatal(err)
		}
		want(false, "goes", "moves", "moved", "stays")
	})
}
