package migrate

import (
	"context"
	"fmt"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/poll"
)

// forcedPatience is how long a forced rollback waits for an entry that the source
// does not take. Another one's lease has ended by then.
const forcedPatience = 5 * leaseLength

// RollBackOptions say how to roll back. The zero value is the usual way.
type RollBackOptions struct {
	// Force goes back also where the source does not answer: what could not be
	// carried to it is given up, for Retry.
	Force bool

	// Progress is told how far it is; nil means that nobody is.
	Progress func(Progress)
}

// RollBack has the source answer again. What was written at the target since the
// cutover is carried back: before the change, and after it what servers that had
// not noticed it yet wrote. It may be repeated where it ended between the two. It
// is a Conflict where the links have moved on from the target, and Unavailable
// where the source does not take what was written: the phase stays then.
func RollBack(ctx context.Context, m *Mover, o RollBackOptions) error {
	if err := m.last(ctx); err != nil {
		return err
	}
	wasThere := m.Move.Phase.AtTarget()
	if wasThere {
		if err := m.bringBack(ctx, o); err != nil {
			return err
		}
	}
	if m.Move.Phase != RolledBack {
		if err := m.setPhase(ctx, RolledBack); err != nil {
			return err
		}
	}
	if wasThere {
		if err := poll.Rest(ctx, Settle); err != nil {
			return err
		}
	}
	return m.bringBack(ctx, o)
}

// last refuses to take links back from a backend that they have left.
func (m *Mover) last(ctx context.Context) error {
	moves, err := m.Store.Moves(ctx)
	if err != nil {
		return err
	}
	for _, other := range moves {
		if other.ID != m.Move.ID && other.Source == m.Move.Target && other.SourceAccount == m.Move.TargetAccount && other.Phase.AtTarget() {
			return api.Errorf(api.Conflict, "The links have moved on from %q to %q (phase %s): roll that back first.", other.Source, other.Target, other.Phase)
		}
	}
	return nil
}

// bringBack waits until what was written at the target is at the source.
func (m *Mover) bringBack(ctx context.Context, o RollBackOptions) error {
	toSource := func(e *Entry) bool { return e.AtTarget }
	if !o.Force {
		err := m.drain(ctx, toSource, o.Progress)
		if err == nil || ctx.Err() != nil {
			return err
		}
		return fmt.Errorf("bringing back what was written at the target: %w", err)
	}
	impatient := &Mover{Store: m.Store, Move: m.Move, Source: m.Source, Target: m.Target, Logger: m.Logger, Now: m.Now, Patience: -1}
	patience := forcedPatience
	if m.Patience > 0 {
		patience = min(patience, m.Patience)
	}
	err := impatient.drainFor(ctx, patience, toSource, o.Progress)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return m.giveUp(ctx, toSource, api.AsError(err).Message)
}

// giveUp gives the entries up that match.
func (m *Mover) giveUp(ctx context.Context, match func(e *Entry) bool, reason string) error {
	for after := int64(0); ; {
		entries, err := m.Store.Entries(ctx, m.Move.ID, after, 100)
		if err != nil || len(entries) == 0 {
			return err
		}
		for i := range entries {
			e := &entries[i]
			if after = e.ID; !match(e) {
				continue
			}
			e.GivenUp, e.Error = true, reason
			if err := m.Store.FailEntry(ctx, e); err != nil && !isCode(err, api.NotFound) {
				return err
			}
		}
	}
}

// Retry has the entries that were given up tried again, and returns how many: those
// of the side that answers, and those of the source whose objects never got to the
// target. Others would overwrite what was written at the target since. Servers
// apply them, as far as the phase says so.
func Retry(ctx context.Context, m *Mover) (n int, err error) {
	atTarget := m.Move.Phase.AtTarget()
	for after := int64(0); ; {
		entries, err := m.Store.GivenUpEntries(ctx, m.Move.ID, after, 100)
		if err != nil || len(entries) == 0 {
			return n, err
		}
		for i := range entries {
			e := &entries[i]
			after = e.ID
			if atTarget && !e.AtTarget {
				if there, err := m.isThere(ctx, e); err != nil {
					return n, err
				} else if there {
					continue
				}
			}
			e.GivenUp, e.Attempts, e.Error = false, 0, ""
			if err := m.Store.FailEntry(ctx, e); err != nil && !isCode(err, api.NotFound) {
				return n, err
			}
			n++
		}
	}
}

// isThere reports whether the target has the object of an entry of the source.
func (m *Mover) isThere(ctx context.Context, e *Entry) (bool, error) {
	rows, err := m.Store.RowsBySource(ctx, m.Move.ID, e.Kind, []int64{e.Object})
	if err != nil || len(rows) == 0 {
		return false, err
	}
	return rows[0].TargetID > 0, nil
}
