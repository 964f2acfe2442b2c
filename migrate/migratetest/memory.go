// Package migratetest has a store of moves for tests, and the tests that every
// store of moves passes.
package migratetest

import (
	"context"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// Memory is a store that forgets all with the process. Its zero value is an
// empty one; it is safe for concurrent use.
type Memory struct {
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	// Fail, where set, is asked before each call by the name of its method. An
	// error of it is the call's, which then does nothing.
	Fail func(method string) error

	mu       sync.Mutex
	moves    []migrate.Move // the ID is the index + 1
	revision int64
	leases   map[int64]lease

	rows     []migrate.Row // the ID is the index + 1
	bySource map[rowKey]int64
	byTarget map[rowKey]int64

	entries   []migrate.Entry // in order of ID
	lastEntry int64
}

type lease struct {
	holder string
	until  time.Time
}

// longestLease is how long a lease lasts at most.
const longestLease = time.Hour

// enter begins a call. Where it returns no error, leave must be called.
func (m *Memory) enter(ctx context.Context, method string) error {
	if err := ctx.Err(); err != nil {
		return api.AsError(err)
	}
	if m.Fail != nil {
		if err := m.Fail(method); err != nil {
			return err
		}
	}
	m.mu.Lock()
	return nil
}

func (m *Memory) leave() { m.mu.Unlock() }

// stamp is the time as a database keeps it.
func (m *Memory) stamp() time.Time {
	now := time.Now
	if m.Now != nil {
		now = m.Now
	}
	return now().UTC().Truncate(time.Millisecond)
}

// OpenMove implements migrate.Store.
func (m *Memory) OpenMove(ctx context.Context, wanted migrate.Move) (*migrate.Move, error) {
	if err := m.enter(ctx, "OpenMove"); err != nil {
		return nil, err
	}
	defer m.leave()
	for i := range m.moves {
		if k := &m.moves[i]; k.Source == wanted.Source && k.Target == wanted.Target &&
			k.SourceAccount == wanted.SourceAccount && k.TargetAccount == wanted.TargetAccount {
			return cloneMove(k), nil
		}
	}
	now := m.stamp()
	m.moves = append(m.moves, migrate.Move{
		ID:     int64(len(m.moves) + 1),
		Source: wanted.Source, Target: wanted.Target,
		SourceAccount: wanted.SourceAccount, TargetAccount: wanted.TargetAccount,
		Domain: wanted.Domain, Phase: migrate.Copying, Created: now, Changed: now,
	})
	m.revision++
	return cloneMove(&m.moves[len(m.moves)-1]), nil
}

// Moves implements migrate.Store.
func (m *Memory) Moves(ctx context.Context) (all []migrate.Move, err error) {
	if err := m.enter(ctx, "Moves"); err != nil {
		return nil, err
	}
	defer m.leave()
	for i := range m.moves {
		all = append(all, *cloneMove(&m.moves[i]))
	}
	return all, nil
}

// MovesRevision implements migrate.Store.
func (m *Memory) MovesRevision(ctx context.Context) (int64, error) {
	if err := m.enter(ctx, "MovesRevision"); err != nil {
		return 0, err
	}
	defer m.leave()
	return m.revision, nil
}

// SetPhase implements migrate.Store.
func (m *Memory) SetPhase(ctx context.Context, move int64, from, to migrate.Phase) error {
	if err := m.enter(ctx, "SetPhase"); err != nil {
		return err
	}
	defer m.leave()
	kept, err := m.move(move)
	switch {
	case err != nil:
		return err
	case kept.Phase != from:
		return api.Errorf(api.Conflict, "The move is in the phase %s, not %s.", kept.Phase, from)
	case !from.CanBecome(to):
		return api.Errorf(api.Conflict, "The phase %s cannot follow %s.", to, from)
	}
	kept.Phase, kept.Changed = to, m.stamp()
	m.revision++
	return nil
}

// SaveProgress implements migrate.Store.
func (m *Memory) SaveProgress(ctx context.Context, progress *migrate.Move) error {
	if err := m.enter(ctx, "SaveProgress"); err != nil {
		return err
	}
	defer m.leave()
	kept, err := m.move(progress.ID)
	if err != nil {
		return err
	}
	if kept.Domain != progress.Domain {
		m.revision++
	}
	c := cloneMove(progress)
	kept.Domain, kept.Listed, kept.Cursors = c.Domain, c.Listed.UTC().Truncate(time.Millisecond), c.Cursors
	return nil
}

// Lease implements migrate.Store.
func (m *Memory) Lease(ctx context.Context, move int64, holder string, length time.Duration) (bool, error) {
	if err := m.enter(ctx, "Lease"); err != nil {
		return false, err
	}
	defer m.leave()
	if _, err := m.move(move); err != nil {
		return false, err
	}
	now := m.stamp()
	held := m.leases[move]
	mine := held.holder == holder || !held.until.After(now)
	switch {
	case length <= 0:
		if held.holder == holder {
			delete(m.leases, move)
		}
		return false, nil
	case !mine:
		return false, nil
	case m.leases == nil:
		m.leases = map[int64]lease{}
	}
	m.leases[move] = lease{holder, now.Add(min(length, longestLease))}
	return true, nil
}

// move returns what is kept of a move.
func (m *Memory) move(id int64) (*migrate.Move, error) {
	if id < 1 || id > int64(len(m.moves)) {
		return nil, api.Errorf(api.NotFound, "Move not found.")
	}
	return &m.moves[id-1], nil
}

func cloneMove(m *migrate.Move) *migrate.Move {
	c := *m
	c.Cursors = maps.Clone(m.Cursors)
	if len(c.Cursors) == 0 {
		c.Cursors = map[adapters.Kind]int64{}
	}
	return &c
}

// plain is text as it is kept.
func plain(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

var _ migrate.Store = (*Memory)(nil)
