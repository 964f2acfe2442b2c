package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

const entryMissing = "Entry not found."

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

// FinishEntry writes Object, Document, PasswordHash and Ready of an entry. One
// that is Ready absorbs the others of its object.
func (m *Moves) FinishEntry(ctx context.Context, e *migrate.Entry) error {
	entry := *e
	entry.Document = bytes.Clone(e.Document)
	abandoned := moment(m.s.stamp().Add(-migrate.Abandoned))
	err := m.s.writer.do(ctx, func(tx *session) error {
		one := entry
		if one.Ready && one.Object != 0 {
			if err := absorbEntries(tx, &one, abandoned); err != nil {
				return err
			}
		}
		return notFound(oneRow(tx.exec("UPDATE move_entries SET object = ?, document = ?, password_hash = ?, ready = ? WHERE id = ?",
			one.Object, one.Document, one.PasswordHash, one.Ready, one.ID)), entryMissing)
	})
	return codedError("finishing an entry of a move", err)
}

// absorbEntries removes the other entries of an entry's object, and adds to it
// what they say. Of two that end at a time the second one absorbs the first.
func absorbEntries(tx *session, e *migrate.Entry, abandoned any) error {
	if err := tx.lockKey(entryKey(e)); err != nil {
		return err
	}
	rows, err := tx.query(`DELETE FROM move_entries WHERE object = ? AND kind = ? AND move_id = ? AND at_target = ? AND id <> ?
		AND (ready OR given_up OR id < ? AND begun < ?) RETURNING id, document, password_hash`,
		e.Object, string(e.Kind), e.Move, e.AtTarget, e.ID, e.ID, abandoned)
	if err != nil {
		return err
	}
	var older []migrate.Entry
	err = scanRows(rows, func(r row) error {
		var one migrate.Entry
		err := r.Scan(&one.ID, &one.Document, &one.PasswordHash)
		older = append(older, one)
		return err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(older, func(a, b migrate.Entry) int { return cmp.Compare(b.ID, a.ID) })
	for i := range older {
		if err := e.Absorb(&older[i]); err != nil {
			return err
		}
	}
	return nil
}

// entryKey is what those who absorb entries of an object wait for.
func entryKey(e *migrate.Entry) int64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "entry %d %t %s %d", e.Move, e.AtTarget, e.Kind, e.Object)
	return int64(h.Sum64()) //nolint:gosec // Any number will do.
}

// FailEntry keeps Attempts, Error and GivenUp of an entry.
func (m *Moves) FailEntry(ctx context.Context, e *migrate.Entry) error {
	return m.changeEntry(ctx, "keeping the failure of an entry of a move",
		"UPDATE move_entries SET attempts = ?, error = ?, given_up = ? WHERE id = ?",
		e.Attempts, plainText(e.Error), e.GivenUp, e.ID)
}

// DropEntry removes an entry, or does nothing where it is gone or has become
// ready since it was read.
func (m *Moves) DropEntry(ctx context.Context, e *migrate.Entry) error {
	err := m.changeEntry(ctx, "removing an entry of a move", "DELETE FROM move_entries WHERE id = ? AND (ready = ? OR NOT ready)", e.ID, e.Ready)
	if failure, ok := errors.AsType[*api.Error](err); ok && failure.Code == api.NotFound {
		return nil
	}
	return err
}

func (m *Moves) changeEntry(ctx context.Context, doing, statement string, args ...any) error {
	err := m.s.writer.do(ctx, func(tx *session) error {
		return notFound(oneRow(tx.exec(statement, args...)), entryMissing)
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

// HasEntry reports whether an object has an entry of the side that is not given
// up.
func (m *Moves) HasEntry(ctx context.Context, move int64, atTarget bool, kind adapters.Kind, object int64) (has bool, err error) {
	err = m.s.pools.lookups.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM move_entries
		WHERE object = ? AND kind = ? AND move_id = ? AND at_target = ? AND NOT given_up)`, object, string(kind), move, atTarget).Scan(&has)
	return has, codedError("looking for an entry of a move", err)
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
