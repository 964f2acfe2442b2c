package store

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/shortener"
)

func TestStore_Account(t *testing.T) {
	now := noon
	s := openConfig(t, Config{Path: filepath.Join(t.TempDir(), "linkquay.db"), Now: func() time.Time { return now }})
	check := func(want *shortener.Account) {
		t.Helper()
		got, err := s.Account(t.Context(), want.Name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Account(%q) (-want +got):\n%s", want.Name, diff)
		}
	}
	check(&shortener.Account{ID: 1, Name: "main", Registered: noon})
	now = noon.Add(time.Hour)
	check(&shortener.Account{ID: 1, Name: "main", Registered: noon})
	check(&shortener.Account{ID: 2, Name: "acme", Registered: now})

	for _, a := range []*shortener.Account{
		{Name: "main", Email: "me@example.com", PasswordHash: "$argon2id$x"},
		{Name: "unseen", Email: "you@example.com"},
	} {
		err := s.UpdateAccount(t.Context(), a.Name, func(account *shortener.Account) error {
			account.Email, account.PasswordHash = a.Email, a.PasswordHash
			return nil
		})
		if err != nil {
			t.Errorf("UpdateAccount(%q) = %v", a.Name, err)
		}
	}
	check(&shortener.Account{ID: 1, Name: "main", Registered: noon, Email: "me@example.com", PasswordHash: "$argon2id$x"})
	check(&shortener.Account{ID: 3, Name: "unseen", Registered: now, Email: "you@example.com"})
}

func TestStore_AccountFirstSeenByMany(t *testing.T) {
	s := openTemp(t)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			name := fmt.Sprint("account", i%4)
			a, err := s.Account(t.Context(), name)
			if err != nil || a.Name != name || a.ID < 1 || a.ID > 4 {
				t.Errorf("Account(%q) = %+v, %v; want one of the ids 1 to 4", name, a, err)
			}
		})
	}
	wg.Wait()
}

func TestStore_AddClicks(t *testing.T) {
	s := openTemp(t)
	a, b := mustCreate(t, s, newLink("main", "a")), mustCreate(t, s, newLink("main", "b"))
	for _, counts := range [][]clicks.Count{
		nil,
		{{LinkID: a.ID, Visits: 2}, {LinkID: 99, Visits: 1}, {LinkID: b.ID, Visits: 1}},
		{{LinkID: a.ID, Visits: 3}},
	} {
		if err := s.AddClicks(t.Context(), counts); err != nil {
			t.Errorf("AddClicks(%v) = %v", counts, err)
		}
	}
	for id, want := range map[int64]int64{a.ID: 5, b.ID: 1} {
		got, err := s.Link(t.Context(), "main", id)
		if err != nil || got.Clicks != want {
			t.Errorf("Link(%d).Clicks = %d, %v; want %d", id, got.Clicks, err, want)
		}
	}
}
