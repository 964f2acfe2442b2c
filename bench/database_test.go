package main

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/store"
)

// TestSQLiteFiles_Copy: each scenario has the links, and nothing of what another
// one did with them.
func TestSQLiteFiles_Copy(t *testing.T) {
	f := &sqliteFiles{dir: t.TempDir(), say: t.Logf}
	for _, l := range []links{{}, {count: 3}, {count: 3, rules: true}, {count: 3}} {
		d, err := f.copy(t.Context(), l)
		if err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(t.Context(), d.Config)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			link, err := s.LinkByAlias(t.Context(), "", string(appendAlias(nil, i)))
			if (err == nil) != (i < l.count) {
				t.Fatalf("%+v: link %d: %v", l, i, err)
			}
			if err == nil && link.Plain == l.rules {
				t.Errorf("%+v: link %d is plain: %v", l, i, link.Plain)
			}
			if err == nil {
				if _, err := s.DeleteLink(t.Context(), link.Account, link.ID); err != nil {
					t.Error(err)
				}
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := d.remove(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestDatabase_Tally counts visits that are added up and such that are not.
func TestDatabase_Tally(t *testing.T) {
	f := &sqliteFiles{dir: t.TempDir(), say: t.Logf}
	d, err := f.copy(t.Context(), links{count: 2})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), d.Config)
	if err != nil {
		t.Fatal(err)
	}
	visit := func(n int) {
		t.Helper()
		r := clicks.NewRecorder(t.Context(), s, clicks.Options{})
		for i := range n {
			r.Visit(clicks.Visit{
				LinkID: int64(1 + i%2), At: time.Now(), Addr: netip.MustParseAddr("127.0.0.1"),
				UserAgent: parseHead(t, visits{address: "a"}.client(i).bytes).Get("User-Agent"),
			})
		}
		r.Visit(clicks.Visit{LinkID: 1, At: time.Now(), UserAgent: "Googlebot/2.1 (+http://www.google.com/bot.html)"})
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	visit(5)
	if _, err := s.RollVisits(t.Context()); err != nil {
		t.Fatal(err)
	}
	visit(3)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := d.tally(t.Context())
	if want := (tally{clicks: 5, waiting: 3}); err != nil || got != want {
		t.Errorf("tally() = %+v, %v; want %+v", got, err, want)
	}
}

func TestPeople_Damaged(t *testing.T) {
	if n, err := people([]byte{1, 2, 3}); err == nil {
		t.Errorf("people() of a damaged batch = %d", n)
	}
}

func TestBench_OpenNothing(t *testing.T) {
	for _, name := range []string{"", "mysql", "sqlite,postgres"} {
		_, closeAll, err := new(bench).open(t.Context(), name, "")
		if err == nil {
			t.Errorf("open(%q) is no error", name)
		}
		if err := closeAll(); err != nil {
			t.Error(fmt.Errorf("closing nothing: %w", err))
		}
	}
}
