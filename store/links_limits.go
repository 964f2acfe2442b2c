package store

import (
	"context"
	"database/sql"
	"errors"
)

// TakeClick uses one of the visits that a link allows. Once none is left, that
// is found out by reading alone. A link that is gone has none left; a limit of
// 0 is none.
func (s *Store) TakeClick(ctx context.Context, linkID, limit int64) (bool, error) {
	if limit < 1 {
		return true, nil
	}
	if left, err := s.ClicksLeft(ctx, linkID, limit); err != nil || !left {
		return false, err
	}
	var ok bool
	err := s.writer.do(ctx, func(tx *session) error {
		err := oneRow(tx.exec("INSERT INTO link_limits (link_id, taken) SELECT id, 1 FROM links WHERE id = ?"+tx.forReference()+
			" ON CONFLICT (link_id) DO UPDATE SET taken = link_limits.taken + 1 WHERE link_limits.taken < ?", linkID, limit))
		ok = err == nil
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return false, codedError("taking a visit", err)
	}
	return ok, nil
}

// ClicksLeft reports whether the link has been visited less often than the
// limit says, by TakeClick.
func (s *Store) ClicksLeft(ctx context.Context, linkID, limit int64) (bool, error) {
	if limit < 1 {
		return true, nil
	}
	var taken int64
	err := s.pools.lookups.QueryRowContext(ctx, "SELECT taken FROM link_limits WHERE link_id = ?", linkID).Scan(&taken)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, codedError("reading visits left", err)
	}
	return taken < limit, nil
}
