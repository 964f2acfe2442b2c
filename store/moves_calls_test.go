package store

import (
	"context"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/migrate"
)

// moveCalls returns a call of every method of Moves.
func moveCalls(ctx context.Context, s *Store) map[string]func() error {
	m, row := s.Moves(), migrate.Row{Move: 1, Kind: adapters.KindLink, SourceID: 1}
	return map[string]func() error{
		"OpenMove":       func() error { _, err := m.OpenMove(ctx, migrate.Move{Source: "kr"}); return err },
		"Moves":          func() error { _, err := m.Moves(ctx); return err },
		"MovesRevision":  func() error { _, err := m.MovesRevision(ctx); return err },
		"SetPhase":       func() error { return m.SetPhase(ctx, 1, migrate.Copying, migrate.DualWrite) },
		"SaveProgress":   func() error { return m.SaveProgress(ctx, &migrate.Move{ID: 1}) },
		"Lease":          func() error { _, err := m.Lease(ctx, 1, "holder", time.Minute); return err },
		"AddRows":        func() error { _, _, err := m.AddRows(ctx, []migrate.Row{row}); return err },
		"SaveRows":       func() error { return m.SaveRows(ctx, []migrate.Row{row}) },
		"Rows":           func() error { _, err := m.Rows(ctx, migrate.Filter{Move: 1}); return err },
		"RowsBySource":   func() error { _, err := m.RowsBySource(ctx, 1, adapters.KindLink, []int64{1}); return err },
		"RowsByTarget":   func() error { _, err := m.RowsByTarget(ctx, 1, adapters.KindLink, []int64{1}); return err },
		"CountRows":      func() error { _, err := m.CountRows(ctx, 1); return err },
		"NoteEntry":      func() error { return m.NoteEntry(ctx, &migrate.Entry{Move: 1}) },
		"FinishEntry":    func() error { return m.FinishEntry(ctx, &migrate.Entry{ID: 1}) },
		"FailEntry":      func() error { return m.FailEntry(ctx, &migrate.Entry{ID: 1}) },
		"DropEntry":      func() error { return m.DropEntry(ctx, &migrate.Entry{ID: 1}) },
		"HasEntry":       func() error { _, err := m.HasEntry(ctx, 1, true, adapters.KindLink, 1); return err },
		"Entries":        func() error { _, err := m.Entries(ctx, 1, 0, 1); return err },
		"GivenUpEntries": func() error { _, err := m.GivenUpEntries(ctx, 1, 0, 1); return err },
		"CountEntries":   func() error { _, _, err := m.CountEntries(ctx, 1); return err },
	}
}
