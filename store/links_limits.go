package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"
)

// maxTakers bounds the visits that are taken at once.
const maxTakers = 64

// takeTimeout is how long a visit waits for its turn, which comes in
// milliseconds unless the database is away.
const takeTimeout = 10 * time.Second

// TakeClick uses one of the visits that a link allows. Once none is left, that
// is found out by reading alone. A link that is gone has none left; a limit of
// 0 is none.
func (s *Store) TakeClick(ctx context.Context, linkID, limit int64) (bool, error) {
	if limit < 1 {
		return true, nil
	}
	// A crowd waits here rather than for connections, and most of it finds the
	// link used up by then.
	waiting, cancel := context.WithTimeout(ctx, takeTimeout)
	defer cancel()
	select {
	case s.takers <- struct{}{}:
		defer func() { <-s.takers }()
	case <-waiting.Done():
		return false, codedError("waiting to take a visit", waiting.Err())
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
	if s.spent.has(linkID, limit) {
		return false, nil
	}
	var taken int64
	err := s.pools.lookups.QueryRowContext(ctx, "SELECT taken FROM link_limits WHERE link_id = ?", linkID).Scan(&taken)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, codedError("reading visits left", err)
	}
	if taken >= limit {
		s.spent.add(linkID, limit)
	}
	return taken < limit, nil
}

// maxSpent bounds the links that are remembered as used up.
const maxSpent = 4096

// spent remembers links that are used up, so that a crowd at one costs no
// reads: what was taken never becomes less, and ids are never used again.
type spent struct {
	mu     sync.RWMutex
	limits map[int64]int64 // the highest limit that is used up
}

func (s *spent) has(linkID, limit int64) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.limits[linkID] >= limit
}

func (s *spent) add(linkID, limit int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limits == nil || len(s.limits) >= maxSpent {
		s.limits = map[int64]int64{}
	}
	s.limits[linkID] = max(limit, s.limits[linkID])
}
