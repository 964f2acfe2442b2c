package migratetest

import (
	"bytes"
	"context"
	"slices"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// NoteEntry implements migrate.Store.
func (m *Memory) NoteEntry(ctx context.Context, e *migrate.Entry) error {
	if err := m.enter(ctx, "NoteEntry"); err != nil {
		return err
	}
	defer m.leave()
	if _, err := m.move(e.Move); err != nil {
		return err
	}
	m.lastEntry++
	e.ID, e.Begun = m.lastEntry, m.stamp()
	noted := cloneEntry(e)
	noted.Error = plain(e.Error)
	m.entries = append(m.entries, noted)
	return nil
}

// FinishEntry implements migrate.Store.
func (m *Memory) FinishEntry(ctx context.Context, e *migrate.Entry) error {
	return m.changeEntry(ctx, "FinishEntry", e.ID, func(kept *migrate.Entry) error {
		one, absorbed := cloneEntry(e), map[int64]bool{}
		for i := len(m.entries) - 1; i >= 0 && one.Ready && one.Object != 0; i-- {
			older := &m.entries[i]
			if older.ID == one.ID || older.Object != one.Object || older.Kind != one.Kind || older.Move != one.Move || older.AtTarget != one.AtTarget {
				continue
			}
			abandoned := older.ID < one.ID && m.stamp().Sub(older.Begun) > migrate.Abandoned
			if !older.Ready && !older.GivenUp && !abandoned {
				continue
			}
			if err := one.Absorb(older); err != nil {
				return err
			}
			absorbed[older.ID] = true
		}
		kept.Object, kept.Document, kept.PasswordHash, kept.Ready = one.Object, one.Document, one.PasswordHash, one.Ready
		m.entries = slices.DeleteFunc(m.entries, func(e migrate.Entry) bool { return absorbed[e.ID] })
		return nil
	})
}

// FailEntry implements migrate.Store.
func (m *Memory) FailEntry(ctx context.Context, e *migrate.Entry) error {
	return m.changeEntry(ctx, "FailEntry", e.ID, func(kept *migrate.Entry) error {
		kept.Attempts, kept.Error, kept.GivenUp = e.Attempts, plain(e.Error), e.GivenUp
		return nil
	})
}

func (m *Memory) changeEntry(ctx context.Context, method string, id int64, change func(kept *migrate.Entry) error) error {
	if err := m.enter(ctx, method); err != nil {
		return err
	}
	defer m.leave()
	for i := range m.entries {
		if m.entries[i].ID == id {
			return change(&m.entries[i])
		}
	}
	return api.Errorf(api.NotFound, "Entry not found.")
}

// DropEntry implements migrate.Store.
func (m *Memory) DropEntry(ctx context.Context, e *migrate.Entry) error {
	if err := m.enter(ctx, "DropEntry"); err != nil {
		return err
	}
	defer m.leave()
	m.entries = slices.DeleteFunc(m.entries, func(kept migrate.Entry) bool { return kept.ID == e.ID && (e.Ready || !kept.Ready) })
	return nil
}

// Entries implements migrate.Store.
func (m *Memory) Entries(ctx context.Context, move, after int64, limit int) ([]migrate.Entry, error) {
	return m.someEntries(ctx, "Entries", false, move, after, limit)
}

// GivenUpEntries implements migrate.Store.
func (m *Memory) GivenUpEntries(ctx context.Context, move, after int64, limit int) ([]migrate.Entry, error) {
	return m.someEntries(ctx, "GivenUpEntries", true, move, after, limit)
}

func (m *Memory) someEntries(ctx context.Context, method string, givenUp bool, move, after int64, limit int) (found []migrate.Entry, err error) {
	if err := m.enter(ctx, method); err != nil {
		return nil, err
	}
	defer m.leave()
	for i := range m.entries {
		e := &m.entries[i]
		if len(found) < limit && e.Move == move && e.ID > after && e.GivenUp == givenUp {
			found = append(found, cloneEntry(e))
		}
	}
	return found, nil
}

// HasEntry implements migrate.Store.
func (m *Memory) HasEntry(ctx context.Context, move int64, atTarget bool, kind adapters.Kind, object int64) (bool, error) {
	if err := m.enter(ctx, "HasEntry"); err != nil {
		return false, err
	}
	defer m.leave()
	return slices.ContainsFunc(m.entries, func(e migrate.Entry) bool {
		return e.Move == move && e.AtTarget == atTarget && e.Kind == kind && e.Object == object && !e.GivenUp
	}), nil
}

// CountEntries implements migrate.Store.
func (m *Memory) CountEntries(ctx context.Context, move int64) (waiting, givenUp int, err error) {
	if err := m.enter(ctx, "CountEntries"); err != nil {
		return 0, 0, err
	}
	defer m.leave()
	for i := range m.entries {
		switch e := &m.entries[i]; {
		case e.Move != move:
		case e.GivenUp:
			givenUp++
		default:
			waiting++
		}
	}
	return waiting, givenUp, nil
}

func cloneEntry(e *migrate.Entry) migrate.Entry {
	c := *e
	c.Document = bytes.Clone(e.Document)
	return c
}
