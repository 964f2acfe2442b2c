// Package storetest opens databases for the tests of other packages.
package storetest

import (
	"path/filepath"
	"testing"

	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/postgrestest"
)

// EachConfig runs the test with an empty database of every driver, which it
// opens itself. What is missing is skipped, as postgrestest says.
func EachConfig(t *testing.T, test func(t *testing.T, cfg store.Config)) {
	t.Helper()
	t.Run(store.SQLite, func(t *testing.T) { test(t, store.Config{Source: filepath.Join(t.TempDir(), "linkquay.db")}) })
	t.Run(store.Postgres, func(t *testing.T) { test(t, store.Config{Driver: store.Postgres, Source: Postgres(t)}) })
}

// Postgres returns the connection string of an empty PostgreSQL database.
func Postgres(tb testing.TB) string {
	tb.Helper()
	return postgrestest.Database(tb)
}

// Open returns an empty SQLite store in a folder of its own. It is closed, and
// the folder removed, when the test ends.
func Open(tb testing.TB) *store.Store {
	tb.Helper()
	return OpenPath(tb, filepath.Join(tb.TempDir(), "linkquay.db"))
}

// OpenPath returns a store on the SQLite file at the path, so that a test can
// have several on one file, or open it again. It is closed when the test ends.
func OpenPath(tb testing.TB, path string) *store.Store {
	tb.Helper()
	return OpenConfig(tb, store.Config{Source: path})
}

// OpenConfig returns a store on the database. It is closed when the test ends.
func OpenConfig(tb testing.TB, cfg store.Config) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatalf("opening store: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("closing store: %v", err)
		}
	})
	return s
}
