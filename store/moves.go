package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// Moves is the store's record of links on their way from one backend to
// another. It is safe for concurrent use.
type Moves struct {
	s *Store
}

// Moves returns the store's moves.
func (s *Store) Moves() *Moves { return &Moves{s} }

const (
	moveMissing = "Move not found."

	selectMove = `SELECT id, source, target, source_account, target_account, domain, phase, listed, cursors, created, changed
		FROM moves`

	whereSides = " WHERE source = ? AND target = ? AND source_account = ? AND target_account = ?"
)

// OpenMove returns the move with the sides and accounts as it is, or adds it in
// the phase Copying where there is none.
func (m *Moves) OpenMove(ctx context.Context, wanted migrate.Move) (*migrate.Move, error) {
	sides := []any{wanted.Source, wanted.Target, wanted.SourceAccount, wanted.TargetAccount}
	found, err := scanMove(m.s.pools.lookups.QueryRowContext(ctx, selectMove+whereSides, sides...))
	if !errors.Is(err, sql.ErrNoRows) {
		return found, codedError("reading a move", err)
	}
	now := moment(m.s.stamp())
	err = m.s.writer.do(ctx, func(tx *session) error {
		// Of two processes that add it one finds it added, and changes nothing.
		err := oneRow(tx.exec(`INSERT INTO moves (source, target, source_account, target_account, domain, phase, cursors, created, changed)
			VALUES (?, ?, ?, ?, ?, ?, '{}', ?, ?) ON CONFLICT (source, target, source_account, target_account) DO NOTHING`,
			append(sides[:4:4], wanted.Domain, string(migrate.Copying), now, now)...))
		if err == nil {
			err = bumpMoves(tx)
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		found, err = scanMove(tx.queryRow(selectMove+whereSides, sides...))
		return err
	})
	if err != nil {
		return nil, codedError("adding a move", err)
	}
	return found, nil
}

// Moves returns all moves, oldest first.
func (m *Moves) Moves(ctx context.Context) (all []migrate.Move, err error) {
	rows, err := m.s.pools.lookups.QueryContext(ctx, selectMove+" ORDER BY id")
	if err == nil {
		err = scanRows(rows, func(r row) error {
			move, err := scanMove(r)
			if err == nil {
				all = append(all, *move)
			}
			return err
		})
	}
	if err != nil {
		return nil, codedError("reading moves", err)
	}
	return all, nil
}

// MovesRevision returns a number that changes whenever a move is added, or one
// changes its phase or its domain.
func (m *Moves) MovesRevision(ctx context.Context) (revision int64, err error) {
	err = m.s.pools.lookups.QueryRowContext(ctx, "SELECT value FROM revisions WHERE name = 'moves'").Scan(&revision)
	return revision, codedError("reading the revision of moves", err)
}

func bumpMoves(tx *session) error {
	_, err := tx.exec("UPDATE revisions SET value = value + 1 WHERE name = 'moves'")
	return err
}

// SetPhase changes the phase of a move that is in the phase from. It is a
// Conflict where it is in another, or where to may not follow.
func (m *Moves) SetPhase(ctx context.Context, move int64, from, to migrate.Phase) error {
	now := moment(m.s.stamp())
	err := m.s.writer.do(ctx, func(tx *session) error {
		var phase migrate.Phase
		err := tx.queryRow("SELECT phase FROM moves WHERE id = ?"+tx.forUpdate("moves"), move).Scan(&phase)
		switch {
		case err != nil:
			return notFound(err, moveMissing)
		case phase != from:
			return api.Errorf(api.Conflict, "The move is in the phase %s, not %s.", phase, from)
		case !from.CanBecome(to):
			return api.Errorf(api.Conflict, "The phase %s cannot follow %s.", to, from)
		}
		if _, err := tx.exec("UPDATE moves SET phase = ?, changed = ? WHERE id = ?", string(to), now, move); err != nil {
			return err
		}
		return bumpMoves(tx)
	})
	return codedError("changing the phase of a move", err)
}

// SaveProgress keeps Listed, Cursors and Domain of a move.
func (m *Moves) SaveProgress(ctx context.Context, progress *migrate.Move) error {
	cursors, err := json.Marshal(progress.Cursors)
	if err != nil {
		return codedError("saving the progress of a move", err)
	}
	if len(progress.Cursors) == 0 {
		cursors = []byte("{}")
	}
	id, domain, listed := progress.ID, progress.Domain, moment(progress.Listed)
	err = m.s.writer.do(ctx, func(tx *session) error {
		var before string
		err := tx.queryRow("SELECT domain FROM moves WHERE id = ?"+tx.forUpdate("moves"), id).Scan(&before)
		if err != nil {
			return notFound(err, moveMissing)
		}
		_, err = tx.exec("UPDATE moves SET listed = ?, cursors = ?, domain = ? WHERE id = ?", listed, string(cursors), domain, id)
		if err != nil || before == domain {
			return err
		}
		return bumpMoves(tx)
	})
	return codedError("saving the progress of a move", err)
}

// longestLease is how long a lease lasts at most. One that seems to last longer
// was given before the clock was set back.
const longestLease = time.Hour

// Lease makes the holder the one who applies the move's entries for a time, by
// the database's clock, and reports whether it is. A length of 0 gives it up.
func (m *Moves) Lease(ctx context.Context, move int64, holder string, length time.Duration) (leased bool, err error) {
	length = min(length, longestLease)
	now := m.s.pools.dialect.clock
	err = m.s.writer.do(ctx, func(tx *session) error {
		leased = false
		var result sql.Result
		var err error
		if length <= 0 {
			result, err = tx.exec("UPDATE moves SET lease_holder = '', lease_until = 0 WHERE id = ? AND lease_holder = ?", move, holder)
		} else {
			result, err = tx.exec("UPDATE moves SET lease_holder = ?, lease_until = "+now+" + ? WHERE id = ? AND (lease_holder = ? OR lease_until <= "+
				now+" OR lease_until > "+now+" + ?)", holder, max(length.Milliseconds(), 1), move, holder, longestLease.Milliseconds())
		}
		err = oneRow(result, err)
		if err == nil {
			leased = length > 0
		}
		if errors.Is(err, sql.ErrNoRows) {
			return moveExists(tx, move)
		}
		return err
	})
	return leased && err == nil, codedError("leasing a move", err)
}

// moveExists returns NotFound where there is no such move.
func moveExists(tx *session, move int64) error {
	var id int64
	return notFound(tx.queryRow("SELECT id FROM moves WHERE id = ?"+tx.forReference(), move).Scan(&id), moveMissing)
}

func scanMove(r row) (*migrate.Move, error) {
	var m migrate.Move
	var cursors []byte
	err := r.Scan(&m.ID, &m.Source, &m.Target, &m.SourceAccount, &m.TargetAccount, &m.Domain, &m.Phase,
		momentScanner{&m.Listed}, &cursors, momentScanner{&m.Created}, momentScanner{&m.Changed})
	if err != nil {
		return nil, err
	}
	m.Cursors = map[adapters.Kind]int64{}
	if err := json.Unmarshal(cursors, &m.Cursors); err != nil {
		return nil, fmt.Errorf("the cursors of move %d: %w", m.ID, err)
	}
	return &m, nil
}

// plainText returns text without what not every database can hold.
func plainText(text string) string {
	if storable(text) {
		return text
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

var _ migrate.Store = (*Moves)(nil)
