package migrate

import (
	"context"
	"fmt"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

const (
	// Settle is how long it takes until every running server knows that a phase
	// has changed.
	Settle = 3 * time.Second

	// DefaultMinParity is the share of links, in percent, that must be alike at
	// both sides before the target answers.
	DefaultMinParity = 99.9

	// drainEvery is how often the entries that are left are looked at.
	drainEvery = 200 * time.Millisecond

	// comparers is how many links are compared at a time.
	comparers = 4
)

// BeginDualWrite has servers apply what clients write to the target. It is a Conflict
// where the source was never listed, and where another move of the same links is
// under way.
func BeginDualWrite(ctx context.Context, m *Mover) error {
	if m.Move.Listed.IsZero() {
		return api.Errorf(api.Conflict, "Nothing has been copied yet.")
	}
	if err := m.alone(ctx); err != nil {
		return err
	}
	if err := Backwards(ctx, m); err != nil {
		return err
	}
	return m.setPhase(ctx, DualWrite)
}

// Backwards returns a Conflict where another move has brought the links from the
// target of this one: they go back by rolling that back, which knows which link is
// which, and what was written since.
func Backwards(ctx context.Context, m *Mover) error {
	moves, err := m.Store.Moves(ctx)
	if err != nil {
		return err
	}
	for _, other := range moves {
		if other.Source == m.Move.Target && other.SourceAccount == m.Move.TargetAccount &&
			other.Target == m.Move.Source && other.TargetAccount == m.Move.SourceAccount && other.Phase.AtTarget() {
			return api.Errorf(api.Conflict, "These links have come from %q (phase %s): roll that move back to take them there.", other.Source, other.Phase)
		}
	}
	return nil
}

// alone refuses a second move of the same links.
func (m *Mover) alone(ctx context.Context) error {
	moves, err := m.Store.Moves(ctx)
	if err != nil {
		return err
	}
	for _, other := range moves {
		if other.ID != m.Move.ID && other.Source == m.Move.Source && other.SourceAccount == m.Move.SourceAccount && other.Phase.Notes() {
			return api.Errorf(api.Conflict, "The same links are being moved to %q (phase %s): roll that back first.", other.Target, other.Phase)
		}
	}
	return nil
}

// setPhase changes the phase, here and in the store.
func (m *Mover) setPhase(ctx context.Context, to Phase) error {
	if err := m.Store.SetPhase(ctx, m.Move.ID, m.Move.Phase, to); err != nil {
		return err
	}
	m.Move.Phase = to
	return nil
}

// CutOverOptions say when the target may answer.
type CutOverOptions struct {
	// MinParity is the share of links, in percent, that must be alike at both
	// sides; 0 means that any will do.
	MinParity float64

	// Deep reads every link at both sides again. Otherwise what was found when it
	// was carried counts, unless the source's list says that it has changed since.
	Deep bool

	// Progress is told how far it is; nil means that nobody is.
	Progress func(Progress)
}

// CutOver has the target answer. Before that, what clients have written is
// carried to it, what the source has is listed once more, and what is new or
// changed is copied. Where too few links are alike, the phase stays and the
// error is a Conflict; the parity is returned with it.
func CutOver(ctx context.Context, m *Mover, o CutOverOptions) (*Parity, error) {
	if !m.Move.Phase.CanBecome(Cutover) {
		return nil, api.Errorf(api.Conflict, "The move is in the phase %s: the target answers after %s only.", m.Move.Phase, DualWrite)
	}
	toTarget := func(e *Entry) bool { return !e.AtTarget }
	if err := m.drain(ctx, toTarget, o.Progress); err != nil {
		return nil, err
	}
	if _, err := m.Copy(ctx, CopyOptions{Retry: true, Progress: o.Progress}); err != nil {
		return nil, err
	}
	if o.Deep {
		if err := m.compare(ctx, o.Progress); err != nil {
			return nil, err
		}
	}
	if err := m.drain(ctx, toTarget, o.Progress); err != nil {
		return nil, err
	}
	p, err := m.parity(ctx, o.MinParity)
	if err != nil {
		return nil, err
	}
	if !p.Passed() {
		return &p, api.Errorf(api.Conflict, "The target does not answer yet: %s.", p)
	}
	return &p, m.setPhase(ctx, Cutover)
}

// Finish has the source left alone.
func Finish(ctx context.Context, m *Mover) error { return m.setPhase(ctx, Done) }

// compare carries every link that the target has once more, which reads it at
// both sides.
func (m *Mover) compare(ctx context.Context, progress func(Progress)) error {
	counts, err := m.Store.CountRows(ctx, m.Move.ID)
	if err != nil {
		return err
	}
	p := Progress{Step: StepComparing, Kind: adapters.KindLink}
	for _, c := range counts {
		if c.Kind == adapters.KindLink && c.Status == Copied {
			p.Total += c.Rows
		}
	}
	tell := func() {
		if progress != nil {
			progress(p)
		}
	}
	for after := int64(0); ; tell() {
		rows, err := m.Store.Rows(ctx, Filter{Move: m.Move.ID, Kind: adapters.KindLink, Status: Copied, After: after, Limit: 100})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		after = rows[len(rows)-1].ID
		for _, err := range adapters.AtOnce(len(rows), comparers, func(i int) error { return m.compareOne(ctx, &rows[i]) }) {
			if err != nil {
				return err
			}
		}
		p.Done += len(rows)
	}
	p.Last = true
	tell()
	return nil
}

func (m *Mover) compareOne(ctx context.Context, row *Row) error {
	if row.SourceID == 0 {
		return nil // it is at the target alone
	}
	if _, err := m.Carry(ctx, row.Kind, row.SourceID, true, nil); err != nil {
		return fmt.Errorf("comparing the link %s: %w", row.ShortURL, err)
	}
	return nil
}
