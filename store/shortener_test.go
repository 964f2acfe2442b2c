package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/storetest"
)

// What tests of the shortener's store share.

// each runs the test on every database. The clock shows now.
func each(t *testing.T, test func(t *testing.T, s *store.Store, now *time.Time)) {
	t.Helper()
	storetest.EachConfig(t, func(t *testing.T, cfg store.Config) {
		now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
		cfg.Now = func() time.Time { return now }
		test(t, storetest.OpenConfig(t, cfg), &now)
	})
}

func link(account, alias string) *shortener.Link {
	return &shortener.Link{Account: account, Alias: alias, URL: "https://example.com/" + alias, Type: shortener.TypeDirect}
}

func createLink(tb testing.TB, s *store.Store, l *shortener.Link) *shortener.Link {
	tb.Helper()
	if _, err := s.CreateLink(tb.Context(), l, shortener.Creation{}); err != nil {
		tb.Fatalf("CreateLink(%q) = %v", l.Alias, err)
	}
	return l
}

func create[T any](tb testing.TB, objects shortener.Objects[T], o T) *T {
	tb.Helper()
	if _, err := objects.Create(tb.Context(), &o, nil); err != nil {
		tb.Fatalf("Create(%+v) = %v", o, err)
	}
	return &o
}

func update(tb testing.TB, s *store.Store, l *shortener.Link, change func(l *shortener.Link)) *shortener.Link {
	tb.Helper()
	_, after, err := s.UpdateLink(tb.Context(), l.Account, l.ID, func(l *shortener.Link) error {
		change(l)
		return nil
	})
	if err != nil {
		tb.Fatalf("UpdateLink(%d) = %v", l.ID, err)
	}
	return after
}

// get returns the link as the store has it.
func get(tb testing.TB, s *store.Store, l *shortener.Link) *shortener.Link {
	tb.Helper()
	got, err := s.Link(tb.Context(), l.Account, l.ID)
	if err != nil {
		tb.Fatalf("Link(%d) = %v", l.ID, err)
	}
	return got
}

// wantError reports an error that is another one.
func wantError(tb testing.TB, what string, err error, code api.Code, message string, fields ...string) {
	tb.Helper()
	e, ok := errors.AsType[*api.Error](err)
	if !ok || e.Code != code || e.Message != message {
		tb.Errorf("%s = %v; want %s: %s", what, err, code, message)
		return
	}
	var got []string
	for _, f := range e.Fields {
		got = append(got, f.Field)
	}
	if diff := cmp.Diff(fields, got); diff != "" {
		tb.Errorf("fields of %s (-want +got):\n%s", what, diff)
	}
}

func same(tb testing.TB, what string, got, want any) {
	tb.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// changes returns what has changed since the cursor, and moves it.
func changes(tb testing.TB, s *store.Store, cursor *int64) []shortener.Address {
	tb.Helper()
	changed, next, err := s.LinkChanges(tb.Context(), *cursor)
	if err != nil {
		tb.Fatalf("LinkChanges(%d) = %v", *cursor, err)
	}
	*cursor = next
	return changed
}
