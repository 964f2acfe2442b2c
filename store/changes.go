package store

import (
	"context"
	"time"

	"github.com/linkquay/linkquay/shortener"
)

const (
	// changesKept is how long a change can be read; a reader that was away for
	// longer must forget all that it knows.
	changesKept = time.Hour

	// pruneEvery is how many changes, or promises kept, lie between two looks
	// for old ones.
	pruneEvery = 64

	// maxChanges is how many addresses one call returns.
	maxChanges = 100_000

	// commitWindow is how long after its id was given out a change may still be
	// committed, where transactions run at the same time.
	commitWindow = 10 * time.Second
)

// noteChange tells other processes that the link at an address has changed.
func (s *Store) noteChange(tx *session, domain, alias string) error {
	var id int64
	now := s.stamp()
	err := tx.queryRow("INSERT INTO link_changes (domain, alias, at) VALUES (?, ?, ?) RETURNING id",
		domain, alias, moment(now)).Scan(&id)
	if err != nil || id%pruneEvery != 0 {
		return err
	}
	return pruneChanges(tx, now)
}

var insertChanges = newRowStatement("INSERT INTO link_changes (domain, alias, at) VALUES ", "(?, ?, ?)", "")

// noteChanges is noteChange for many. It should be the last of its job, so that
// ids are not given out long before the commit.
func (s *Store) noteChanges(tx *session, changed []shortener.Address) error {
	now := s.stamp()
	args := make([]any, 0, 3*len(changed))
	for _, a := range changed {
		args = append(args, a.Domain, a.Alias, moment(now))
	}
	if _, err := insertChanges.exec(tx, args); err != nil {
		return err
	}
	return pruneChanges(tx, now)
}

func pruneChanges(tx *session, now time.Time) error {
	_, err := tx.exec("DELETE FROM link_changes WHERE at < ?", moment(now.Add(-changesKept)))
	return err
}

// LinkChanges returns the addresses of links that were changed or deleted after
// the cursor, at most 100,000, which may come again in the next call. Changes
// are kept for an hour.
func (s *Store) LinkChanges(ctx context.Context, after int64) (changed []shortener.Address, next int64, err error) {
	// Ids are given out before commits, so that where those run at the same
	// time a lower one may appear later: all of the window is read again.
	settled := s.stamp()
	if s.pools.dialect.lockRows {
		settled = settled.Add(-commitWindow)
	}
	if after == 0 {
		err := s.pools.lookups.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 1) FROM link_changes WHERE at <= ?",
			moment(settled)).Scan(&next)
		return nil, next, codedError("reading changes", err)
	}
	rows, err := s.pools.lookups.QueryContext(ctx,
		"SELECT id, domain, alias, at FROM link_changes WHERE id > ? ORDER BY id LIMIT ?", after, maxChanges)
	if err != nil {
		return nil, after, codedError("reading changes", err)
	}
	next = after
	err = scanRows(rows, func(r row) error {
		var id int64
		var at time.Time
		changed = append(changed, shortener.Address{})
		last := &changed[len(changed)-1]
		if err := r.Scan(&id, &last.Domain, &last.Alias, momentScanner{&at}); err != nil {
			return err
		}
		if !at.After(settled) || !s.pools.dialect.lockRows {
			next = id
		}
		return nil
	})
	if err != nil {
		return nil, after, codedError("reading changes", err)
	}
	return changed, next, nil
}
