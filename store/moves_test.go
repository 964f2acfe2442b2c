package store

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/migratetest"
	"github.com/linkquay/linkquay/store/postgrestest"
)

func TestMoves(t *testing.T) {
	t.Run(SQLite, func(t *testing.T) {
		migratetest.Run(t, func(t *testing.T) migrate.Store { return openTemp(t).Moves() })
	})
	t.Run(Postgres, func(t *testing.T) {
		migratetest.Run(t, func(t *testing.T) migrate.Store { return openConfig(t, emptyConfig(t, Postgres)).Moves() })
	})
}

// TestMoves_Processes: two stores on one database are as good as one.
func TestMoves_Processes(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		stores := []*Moves{openConfig(t, cfg).Moves(), openConfig(t, cfg).Moves()}
		ctx := t.Context()
		const writers, n = 6, 100
		ids := make([]int64, writers)
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				s := stores[w%2]
				m, err := s.OpenMove(ctx, migrate.Move{Source: "kr", Target: "native"})
				if err != nil {
					t.Error(err)
					return
				}
				ids[w] = m.ID
				var rows []migrate.Row
				for i := range n {
					// Each in another order.
					rows = append(rows, migrate.Row{Move: m.ID, Kind: adapters.KindLink, SourceID: int64((i*(2*w+1)+w)%n + 1)})
				}
				if err := s.SaveRows(ctx, rows); err != nil {
					t.Errorf("SaveRows() = %v", err)
				}
				for i := range rows {
					rows[i].TargetID, rows[i].Status = rows[i].SourceID+n, migrate.Copied
				}
				if err := s.SaveRows(ctx, rows); err != nil {
					t.Errorf("SaveRows() = %v", err)
				}
			})
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Errorf("the move has the ids %v; want one", ids)
			}
		}
		counts, err := stores[1].CountRows(ctx, ids[0])
		want := []migrate.Count{{Kind: adapters.KindLink, Status: migrate.Copied, Rows: n}}
		if diff := cmp.Diff(want, counts); err != nil || diff != "" {
			t.Errorf("CountRows() = %v (-want +got):\n%s", err, diff)
		}
		for i, want := range []bool{true, false} {
			if got, err := stores[i].Lease(ctx, ids[0], fmt.Sprint(i), time.Hour); err != nil || got != want {
				t.Errorf("Lease() of store %d = %t, %v; want %t", i, got, err, want)
			}
		}
	})
}

// TestMoves_LeaseClock: a clock that was set back holds up nobody for ever.
func TestMoves_LeaseClock(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		m, err := s.Moves().OpenMove(ctx, migrate.Move{Source: "kr", Target: "native"})
		if err != nil {
			t.Fatal(err)
		}
		lease := func(holder string, want bool) {
			t.Helper()
			// What is longer than a lease may be is cut.
			if got, err := s.Moves().Lease(ctx, m.ID, holder, 1000*time.Hour); err != nil || got != want {
				t.Errorf("Lease(%s) = %t, %v; want %t", holder, got, err, want)
			}
		}
		lease("gone", true)
		lease("other", false)
		if err := s.writer.do(ctx, func(tx *session) error {
			_, err := tx.exec("UPDATE moves SET lease_until = lease_until + 60000 WHERE id = ?", m.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		lease("other", true)
		lease("gone", false)
	})
}

// TestMoves_Counted: PostgreSQL plans for rows that were just added.
func TestMoves_Counted(t *testing.T) {
	s := openConfig(t, emptyConfig(t, Postgres))
	m, err := s.Moves().OpenMove(t.Context(), migrate.Move{Source: "kr", Target: "native"})
	if err != nil {
		t.Fatal(err)
	}
	next := int64(1)
	for i, want := range []int{-1, 1000, 1000, 1000, 4000} {
		rows := make([]migrate.Row, []int{999, 1, 999, 1000, 1001}[i])
		for j := range rows {
			rows[j] = migrate.Row{Move: m.ID, Kind: adapters.KindLink, SourceID: next}
			next++
		}
		if i%2 == 0 {
			err = s.Moves().SaveRows(t.Context(), rows)
		} else {
			_, _, err = s.Moves().AddRows(t.Context(), rows)
		}
		if err != nil {
			t.Fatal(err)
		}
		var counted int
		err := s.pools.lookups.QueryRowContext(t.Context(), "SELECT CAST(reltuples AS BIGINT) FROM pg_class WHERE relname = 'move_rows'").Scan(&counted)
		if err != nil || counted != want {
			t.Errorf("after %d rows there are %d for its plans, %v; want %d", next-1, counted, err, want)
		}
	}
}

// TestMoves_Backup: a move goes on from a backup, with ids behind those before.
func TestMoves_Backup(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		ctx := t.Context()
		from := openConfig(t, cfg)
		m, err := from.Moves().OpenMove(ctx, migrate.Move{Source: "kr", Target: "native", Domain: "go.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		if err := from.Moves().SaveRows(ctx, []migrate.Row{
			{Move: m.ID, Kind: adapters.KindLink, SourceID: 1, TargetID: 2, AtTarget: true, Status: migrate.Copied, Compared: noon, Different: []string{"url"}, Listing: []byte{0, 255}},
			{Move: m.ID, Kind: adapters.KindLink, TargetID: 3},
		}); err != nil {
			t.Fatal(err)
		}
		var last migrate.Entry
		for i := range 3 {
			last = migrate.Entry{Move: m.ID, Kind: adapters.KindLink, Object: int64(i), AtTarget: i == 1, Document: []byte{0, 255}, Ready: true}
			if err := from.Moves().NoteEntry(ctx, &last); err != nil {
				t.Fatal(err)
			}
		}
		if err := from.Moves().DropEntry(ctx, &last); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "backup.db")
		if err := from.Backup(ctx, file); err != nil {
			t.Fatal(err)
		}
		to := openConfig(t, emptyConfig(t, cfg.Driver))
		if err := to.Restore(ctx, file); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(moveState(ctx, t, from), moveState(ctx, t, to)); diff != "" {
			t.Errorf("the restored move (-before +after):\n%s", diff)
		}
		next := migrate.Entry{Move: m.ID, Kind: adapters.KindLink}
		if err := to.Moves().NoteEntry(ctx, &next); err != nil || next.ID <= last.ID {
			t.Errorf("NoteEntry() = %d, %v; want one above %d", next.ID, err, last.ID)
		}
	})
}

// moveState is all that is kept of the moves.
func moveState(ctx context.Context, tb testing.TB, s *Store) []any {
	tb.Helper()
	moves, err := s.Moves().Moves(ctx)
	if err != nil || len(moves) != 1 {
		tb.Fatalf("Moves() = %v, %v", moves, err)
	}
	rows, rowsErr := s.Moves().Rows(ctx, migrate.Filter{Move: moves[0].ID})
	entries, entriesErr := s.Moves().Entries(ctx, moves[0].ID, 0, 10)
	revision, revisionErr := s.Moves().MovesRevision(ctx)
	for _, err := range []error{rowsErr, entriesErr, revisionErr} {
		if err != nil {
			tb.Fatal(err)
		}
	}
	return []any{moves, rows, entries, revision}
}

func emptyConfig(tb testing.TB, driver string) Config {
	tb.Helper()
	if driver == SQLite {
		return sqliteFile(tb)
	}
	return Config{Driver: Postgres, Source: postgrestest.Database(tb)}
}
