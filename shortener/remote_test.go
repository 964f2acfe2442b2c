package shortener_test

import (
	"testing"

	"github.com/linkquay/linkquay/shortener"
)

func TestRemote(t *testing.T) {
	for _, id := range []int64{1, 42, 1<<53 - 1} {
		l := shortener.NewRemote("fwd:0123:dg", id)
		if got := shortener.RemoteID(l); got != id {
			t.Errorf("RemoteID = %d; want %d", got, id)
		}
		if shortener.IsAlias(l.Alias) {
			t.Errorf("%q can be an alias", l.Alias)
		}
	}
	if got := shortener.RemoteID(&shortener.Link{Alias: "a/7"}); got != 0 {
		t.Errorf("RemoteID of another link = %d; want 0", got)
	}
}

func TestRemote_LeadsToItsShortURL(t *testing.T) {
	l := shortener.NewRemote("main:dg", 7)
	l.URL, l.MetaTitle = "https://sho.rt/abc", "Spring"
	s := shortener.New(shortener.Config{Index: shortener.NewIndex()})
	if got := s.ShortURL(l, "https://go.example.com"); got != l.URL {
		t.Errorf("ShortURL = %q; want %q", got, l.URL)
	}
	target := s.Target(l)
	// A preview sees what the backend shows of the link.
	d := shortener.Decide(&target, &shortener.Visitor{Preview: true, Query: "utm_source=x&password=p"})
	if d.Outcome != shortener.Redirect || d.URL != "https://sho.rt/abc?utm_source=x" {
		t.Errorf("Decide = %+v", d)
	}
}
