package store

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/shortener"
)

func TestStore_Account(t *testing.T) {
	now := noon
	eachAt(t, func() time.Time { return now }, func(t *testing.T, s *Store) {
		now = noon
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
	})
}

func TestStore_AccountFirstSeenByMany(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		var ids sync.Map
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				name := fmt.Sprint("account", i%4)
				a, err := s.Account(t.Context(), name)
				if err != nil || a.Name != name {
					t.Errorf("Account(%q) = %+v, %v", name, a, err)
					return
				}
				if id, _ := ids.LoadOrStore(name, a.ID); id != a.ID {
					t.Errorf("Account(%q) has the ids %d and %d", name, id, a.ID)
				}
			})
		}
		wg.Wait()
	})
}
