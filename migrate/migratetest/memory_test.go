package migratetest

import (
	"errors"
	"testing"

	"github.com/linkquay/linkquay/migrate"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) migrate.Store { return new(Memory) })
}

func TestMemory_Fail(t *testing.T) {
	away := errors.New("the database is away")
	m := &Memory{Fail: func(method string) error {
		if method == "SaveRows" {
			return away
		}
		return nil
	}}
	move := mustMove(t, m, "kr")
	rows := []migrate.Row{{Move: move.ID, Kind: link, SourceID: 1}}
	if err := m.SaveRows(t.Context(), rows); !errors.Is(err, away) {
		t.Errorf("SaveRows() = %v; want %v", err, away)
	}
	addRows(t, m, rows, 1, 0)
}
