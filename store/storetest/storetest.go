// Package storetest opens databases for the tests of other packages.
package storetest

import (
	"path/filepath"
	"testing"

	"github.com/linkquay/linkquay/store"
)

// Open returns an empty store in a folder of its own. It is closed, and the
// folder removed, when the test ends.
func Open(tb testing.TB) *store.Store {
	tb.Helper()
	return OpenPath(tb, filepath.Join(tb.TempDir(), "linkquay.db"))
}

// OpenPath returns a store on the file at the path, so that a test can have
// several on one file, or open it again. It is closed when the test ends.
func OpenPath(tb testing.TB, path string) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), store.Config{Path: path})
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
