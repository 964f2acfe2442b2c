package live

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/migrate"
)

// look reads the moves where they have changed.
func (r *Registry) look(ctx context.Context) error {
	revision, err := r.cfg.Store.MovesRevision(ctx)
	if err != nil || r.moves != nil && revision == r.revision {
		return err
	}
	moves, err := r.cfg.Store.Moves(ctx)
	if err != nil {
		return err
	}
	written := map[int64]bool{}
	for i := range moves {
		if m := &moves[i]; r.moves == nil && r.isFresh(m) {
			if written[m.ID], err = r.writtenThere(ctx, m); err != nil {
				return err
			}
		}
	}
	r.follow(moves, written)
	r.revision = revision
	return nil
}

// isFresh reports whether the phase of a move has changed so lately that not all
// servers may know of it.
func (r *Registry) isFresh(m *migrate.Move) bool {
	return r.cfg.Now().Sub(m.Changed).Abs() < migrate.Settle
}

// writtenThere reports whether clients have written at the target what the source
// does not have yet.
func (r *Registry) writtenThere(ctx context.Context, m *migrate.Move) (bool, error) {
	for after := int64(0); ; {
		entries, err := r.cfg.Store.Entries(ctx, m.ID, after, 100)
		if err != nil || len(entries) == 0 {
			return false, err
		}
		for _, e := range entries {
			if after = e.ID; e.AtTarget {
				return true, nil
			}
		}
	}
}

// follow has the switches answer by the moves. Those in written have at the target
// what their source lacks; it matters at the start.
func (r *Registry) follow(moves []migrate.Move, written map[int64]bool) {
	chosen := map[seat]migrate.Move{}
	for _, m := range moves {
		if r.switches[m.Source] == nil {
			continue
		}
		at := seat{m.Source, m.SourceAccount}
		if other, ok := chosen[at]; !ok || precedes(&m, &other) {
			chosen[at] = m
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	first := r.moves == nil
	before := r.moves
	r.moves = chosen
	for at := range before {
		if _, ok := chosen[at]; !ok {
			r.leave(at)
		}
	}
	for at, m := range chosen {
		r.adopt(at, &m, first && r.isFresh(&m), written[m.ID])
	}
	for _, m := range moves {
		r.carry(m)
	}
}

// precedes reports whether of two moves of one source and account the first one
// decides who answers: there is to be but one that is not rolled back.
func precedes(m, other *migrate.Move) bool {
	rank := func(m *migrate.Move) int {
		switch {
		case m.Phase.AtTarget():
			return 2
		case m.Phase.Notes():
			return 1
		}
		return 0
	}
	if a, b := rank(m), rank(other); a != b {
		return a > b
	}
	return m.Changed.After(other.Changed)
}

// adopt has an account answered by its move as it is now. Where that changes the
// primary, it takes a while. At the start it does, too, where the phase is so fresh
// that others may not know of it: clients are answered by the side that has what
// they wrote, which is the target where anything was written there.
func (r *Registry) adopt(at seat, m *migrate.Move, fresh, written bool) {
	s := r.switches[at.backend]
	old := s.side(at.account)
	switch {
	case r.turning[at]:
		return // it looks by itself
	case old == nil && fresh && (m.Phase == migrate.Cutover && !written || m.Phase == migrate.RolledBack && written):
		s.set(at.account, r.newSide(s, m, written, nil))
	case old == nil:
		s.set(at.account, r.newSide(s, m, m.Phase.AtTarget(), nil))
		return
	case old.atTarget == m.Phase.AtTarget():
		s.set(at.account, r.newSide(s, m, old.atTarget, old.gate))
		return
	}
	if r.closed {
		return
	}
	r.turning[at] = true
	r.tasks.Go(func() { r.turn(s, at) })
}

// leave forgets a move that is gone.
func (r *Registry) leave(at seat) {
	s := r.switches[at.backend]
	old := s.side(at.account)
	s.set(at.account, nil)
	if old != nil && !r.turning[at] {
		close(old.gate.next)
	}
}

// ends reports whether links have come back to the source of a move, and the move
// is the last one on their way: the newest.
func (r *Registry) ends(m *migrate.Move) bool {
	start := seat{m.Source, m.SourceAccount}
	newest, at := m, seat{m.Target, m.TargetAccount}
	for range len(r.moves) {
		if at == start {
			return newest == m
		}
		next, ok := r.moves[at]
		if !ok || !next.Phase.AtTarget() {
			return false
		}
		if next.ID > newest.ID {
			newest = &next
		}
		at = seat{next.Target, next.TargetAccount}
	}
	return false // It leads into a circle that others are in.
}

// place returns a side of a move.
func (r *Registry) place(name, account string) (*migrate.Place, error) {
	p, err := r.cfg.Place(name, account)
	if err != nil {
		return nil, fmt.Errorf("the side %q of a move: %w", name, err)
	}
	return p, nil
}

// turn changes the primary of an account: writes wait, those at the old one end
// and are carried over, and the new one answers.
func (r *Registry) turn(s *Switch, at seat) {
	old := s.side(at.account)
	old.gate.shut()
	r.settle(old)
	r.mu.Lock()
	defer r.mu.Unlock()
	defer close(old.gate.next)
	delete(r.turning, at)
	m, ok := r.moves[at]
	if !ok {
		s.set(at.account, nil)
		return
	}
	s.set(at.account, r.newSide(s, &m, m.Phase.AtTarget(), nil))
	r.cfg.Logger.Info("the primary of a move has changed", zap.String("source", m.Source), zap.String("target", m.Target),
		zap.String("account", m.SourceAccount), zap.String("phase", string(m.Phase)))
}

// settle waits until nothing is under way at a side any more, here and at other
// servers, and until all of it is at the other side; at most as long as writes
// can wait.
func (r *Registry) settle(old *side) {
	ctx, cancel := context.WithTimeout(r.ctx, r.cfg.Patience)
	defer cancel()
	select {
	case <-old.gate.idle:
	case <-ctx.Done():
	}
	// So long it takes at most until other servers know of it, too.
	wait(ctx, r.cfg.Every+r.cfg.Every/2)
	for ctx.Err() == nil {
		waiting, err := r.waiting(ctx, old)
		if err == nil && !waiting {
			return
		}
		r.poke(old.move.ID)
		wait(ctx, max(r.cfg.Every/10, 1))
	}
	if r.ctx.Err() == nil {
		r.cfg.Logger.Warn("the primary of a move changes while writes to the old one are still to be carried over", zap.Int64("move", old.move.ID))
	}
}

// waiting reports whether writes to a side are still to be carried over. Those
// that have failed already would be waited for in vain.
func (r *Registry) waiting(ctx context.Context, sd *side) (bool, error) {
	for after := int64(0); ; {
		entries, err := r.cfg.Store.Entries(ctx, sd.move.ID, after, 100)
		if err != nil || len(entries) == 0 {
			return false, err
		}
		for _, e := range entries {
			if after = e.ID; e.AtTarget == sd.atTarget && e.Error == "" {
				return true, nil
			}
		}
	}
}
