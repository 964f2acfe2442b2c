package store

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

// numbersOf are the numbers of the names, in their order.
func numbersOf(t *testing.T, s *Store, names ...string) (numbers []int64) {
	t.Helper()
	for _, name := range names {
		n, err := s.BackendNumber(t.Context(), name)
		if err != nil {
			t.Fatalf("BackendNumber(%q) = %v", name, err)
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// A backend keeps its number, also when the database is opened again.
func TestStore_BackendNumber(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		s := openConfig(t, cfg)
		if got := fmt.Sprint(numbersOf(t, s, "native", "kr", "native", "KR", "dg")); got != "[1 2 1 3 4]" {
			t.Errorf("numbers %s; want [1 2 1 3 4]", got)
		}
		if got := fmt.Sprint(numbersOf(t, openConfig(t, cfg), "dg", "new", "native")); got != "[4 5 1]" {
			t.Errorf("numbers %s after opening again; want [4 5 1]", got)
		}
	})
}

// Processes that start at once give a backend one number, and no two the same.
func TestStore_BackendNumberByTwo(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		stores := []*Store{openConfig(t, cfg), openConfig(t, cfg)}
		var numbers, names sync.Map
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				name := fmt.Sprint("backend", i/2%8)
				n, err := stores[i%2].BackendNumber(t.Context(), name)
				if err != nil {
					t.Errorf("BackendNumber(%q) = %v", name, err)
					return
				}
				if other, _ := numbers.LoadOrStore(name, n); other != n {
					t.Errorf("%s has the numbers %d and %d", name, n, other)
				}
				if other, _ := names.LoadOrStore(n, name); other != name {
					t.Errorf("%s and %s have the number %d", name, other, n)
				}
			})
		}
		wg.Wait()
	})
}

// Ids hold the numbers: they are the same in a copy, which goes on counting
// behind them.
func TestStore_BackendNumberRestored(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		from := openTemp(t)
		numbersOf(t, from, "native", "kr", "dg")
		if err := from.writer.do(t.Context(), func(tx *session) error {
			_, err := tx.exec("DELETE FROM backends WHERE name = 'dg'")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "backup.db")
		if err := from.Backup(t.Context(), file); err != nil {
			t.Fatal(err)
		}
		to := openConfig(t, cfg)
		if err := to.Restore(t.Context(), file); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(numbersOf(t, to, "kr", "native", "new")); got != "[2 1 4]" {
			t.Errorf("numbers %s; want [2 1 4]: none is used again", got)
		}
	})
}
