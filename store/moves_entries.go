package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// NoteEntry adds an entry and sets its ID and Begun.
func (m *Moves) NoteEntry(ctx context.Context, e *migrate.Entry) error {
	begun := m.s.stamp()
	move := e.Move
	args := []any{
		move, e.AtTarget, string(e.Kind), e.Object, bytes.Clone(e.Document), e.PasswordHash, moment(begun),
		e.Ready, e.Attempts, plainText(e.Error), e.GivenUp,
	}
	var id int64
	err := m.s.writer.do(ctx, func(tx *session) error {
		if err := moveExists(tx, move); err != nil {
			return err
		}
		return tx.queryRow(`INSERT INTO move_entries (move_id, at_target, kind, object, document, password_hash, begun,
			ready, attempts, error, given_up) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`, args...).Scan(&id)
	})
	if err != nil {
		return codedError("noting an entry of a move", err)
	}
	e.ID, e.Begun = id, begun
	return nil
}

// FinishEntry writes Object, Document, PasswordHash and Ready of an entry.
func (m *Moves) FinishEntry(ctx context.Context, e *migrate.Entry) error {
	return m.changeEntry(ctx, "finishing an entry of a move",
		"UPDATE move_entries SET object = ?, document = ?, password_hash = ?, ready = ? WHERE id = ?",
		e.Object, bytes.Clone(e.Document), e.PasswordHash, e.Ready, e.ID)
}

// FailEntry keeps Attempts, Error and GivenUp of an entry.
func (m *Moves) FailEntry(ctx context.Context, e *migrate.Entry) error {
	return m.changeEntry(ctx, "keeping the failure of an entry of a move",
		"UPDATE move_entries SET attempts = ?, error = ?, given_up = ? WHERE id = ?",
		e.Attempts, plainText(e.Error), e.GivenUp, e.ID)
}

// DropEntry removes an entry, or does nothing where it is gone.
func (m *Moves) DropEntry(ctx context.Context, id int64) error {
	err := m.changeEntry(ctx, "removing an entry of a move", "DELETE FROM move_entries WHERE id = ?", id)
	if e, ok := errors.AsType[*api.Error](err); ok && e.Code == api.NotFound {
		return nil
	}
	return err
}

func (m *Moves) changeEntry(ctx context.Context, doing, statement string, args ...any) error {
	err := m.s.writer.do(ctx, func(tx *session) error {
		return notFound(oneRow(tx.exec(statement, args...)), "Entry not found.")
	})
	return codedError(doing, err)
}

// Entries returns up to limit entries of a move that are not given up, oldest
// first, from any that come after the ID.
func (m *Moves) Entries(ctx context.Context, move, after int64, limit int) ([]migrate.Entry, error) {
	return m.entries(ctx, move, false, after, limit)
}

// GivenUpEntries is Entries of those that are given up.
func (m *Moves) GivenUpEntries(ctx context.Context, move, after int64, limit int) ([]migrate.Entry, error) {
	return m.entries(ctx, move, true, after, limit)
}

func (m *Moves) entries(ctx context.Context, move int64, givenUp bool, after int64, limit int) (found []migrate.Entry, err error) {
	rows, err := m.s.pools.lists.QueryContext(ctx, `SELECT id, move_id, at_target, kind, object, document, password_hash, begun,
		ready, attempts, error, given_up FROM move_entries WHERE move_id = ? AND given_up = ? AND id > ? ORDER BY id LIMIT ?`,
		move, givenUp, after, limit)
	if err == nil {
		err = scanRows(rows, func(r row) error {
			var e migrate.Entry
			err := r.Scan(&e.ID, &e.Move, &e.AtTarget, &e.Kind, &e.Object, &e.Document, &e.PasswordHash, momentScanner{&e.Begun},
				&e.Ready, &e.Attempts, &e.Error, &e.GivenUp)
			found = append(found, e)
			return err
		})
	}
	if err != nil {
		return nil, codedError("reading entries of a move", err)
	}
	return found, nil
}

// CountEntries counts the entries of a move that wait, and those that were given
// up.
func (m *Moves) CountEntries(ctx context.Context, move int64) (waiting, givenUp int, err error) {
	var all int
	var gone sql.NullInt64
	err = m.s.pools.lists.QueryRowContext(ctx,
		"SELECT COUNT(*), SUM(CASE WHEN given_up THEN 1 ELSE 0 END) FROM move_entries WHERE move_id = ?", move).Scan(&all, &gone)
	if err != nil {
		return 0, 0, codedError("counting entries of a move", err)
	}
	return all - int(gone.Int64), int(gone.Int64), nil
}
