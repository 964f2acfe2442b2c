package store

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store/postgrestest"
)

// TestStore_OnceForgotten: promises do not pile up.
func TestStore_OnceForgotten(t *testing.T) {
	now := noon
	eachAt(t, func() time.Time { return now }, func(t *testing.T, s *Store) {
		now = noon
		for day := range 3 {
			for i := range pruneEvery {
				once := &shortener.Once{Account: "acme", Key: fmt.Sprint(day, "-", i)}
				if _, err := s.CreateLink(t.Context(), newLink("acme", once.Key), shortener.Creation{Once: once}); err != nil {
					t.Fatal(err)
				}
			}
			now = now.Add(oncePeriod)
		}
		var kept int
		err := s.pools.lists.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM once").Scan(&kept)
		if err != nil || kept != pruneEvery {
			t.Errorf("%d promises are kept, %v; want those of the last day, %d", kept, err, pruneEvery)
		}
	})
}

// TestStore_LinkChangesLate: a change that is committed behind a later one is
// told all the same. Only PostgreSQL commits out of order.
func TestStore_LinkChangesLate(t *testing.T) {
	s := openConfig(t, Config{Driver: Postgres, Source: postgrestest.Database(t)})
	early, late := shortener.Address{Alias: "early"}, shortener.Address{Alias: "late"}
	_, cursor, err := s.LinkChanges(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	poll := func() (changed []shortener.Address) {
		changed, next, err := s.LinkChanges(t.Context(), cursor)
		if err != nil {
			t.Fatal(err)
		}
		cursor = next
		return changed
	}
	noted, finish, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	note := func(ctx context.Context, a shortener.Address, wait func()) error {
		return s.writer.do(ctx, func(tx *session) error {
			err := s.noteChange(tx, a.Domain, a.Alias)
			wait()
			return err
		})
	}
	go func() { done <- note(t.Context(), early, func() { close(noted); <-finish }) }()
	<-noted
	if err := note(t.Context(), late, func() {}); err != nil {
		t.Fatal(err)
	}
	if got := poll(); !slices.Equal(got, []shortener.Address{late}) {
		t.Errorf("before the commit: %v; want %v", got, late)
	}
	close(finish)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := poll(); !slices.Contains(got, early) {
		t.Errorf("after the commit: %v; want %v among them", got, early)
	}
}
