package migrate

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/poll"
)

// More steps that Progress tells of: the writes of clients, and links that are
// read at both sides again.
const (
	StepCarrying  = "carrying"
	StepComparing = "comparing"
)

// drain waits until the entries that there are now, and of which due is true, are
// applied, or given up: by this process, or by a server that has begun with it.
func (m *Mover) drain(ctx context.Context, due func(e *Entry) bool, progress func(Progress)) error {
	patience := m.Patience
	if patience == 0 {
		patience = defaultPatience
	}
	// An entry that is not ready takes a minute by itself.
	return m.drainFor(ctx, max(patience, 2*Abandoned), due, progress)
}

// drainFor is drain with how long the oldest entry is waited for.
func (m *Mover) drainFor(ctx context.Context, patience time.Duration, due func(e *Entry) bool, progress func(Progress)) error {
	last, waiting, err := m.lastEntry(ctx, due)
	if err != nil || waiting == 0 {
		return err
	}
	meter := newMeter(StepCarrying, progress, m.now)
	meter.total(waiting)
	defer meter.end()
	known := func(e *Entry) bool { return e.ID <= last && due(e) }
	a := &Applier{Mover: m, Holder: rand.Text(), Pause: drainEvery, Applied: func(*Entry) { meter.add(1, 0) }}
	defer a.Release(ctx)
	var head int64
	since := m.now()
	for {
		_, failure := a.Round(ctx, known)
		e, err := m.firstEntry(ctx, known)
		if err != nil || e == nil {
			return err
		}
		if e.ID != head {
			head, since = e.ID, m.now()
		}
		if m.now().Sub(since) > patience {
			if failure == nil {
				failure = api.Errorf(api.Unavailable, "What clients have written cannot be carried over: %s", e.Error)
			}
			return failure
		}
		if err := poll.Rest(ctx, drainEvery); err != nil {
			return err
		}
	}
}

// firstEntry returns the oldest entry that matches, nil where there is none.
func (m *Mover) firstEntry(ctx context.Context, match func(e *Entry) bool) (first *Entry, err error) {
	err = m.entries(ctx, func(e *Entry) bool {
		if match(e) {
			first = e
		}
		return first == nil
	})
	return first, err
}

// lastEntry returns the ID of the newest entry that matches, and how many do.
func (m *Mover) lastEntry(ctx context.Context, match func(e *Entry) bool) (last int64, matches int, err error) {
	err = m.entries(ctx, func(e *Entry) bool {
		if match(e) {
			last = e.ID
			matches++
		}
		return true
	})
	return last, matches, err
}

// entries calls each for the move's entries until it returns false.
func (m *Mover) entries(ctx context.Context, each func(e *Entry) bool) error {
	for after := int64(0); ; {
		entries, err := m.Store.Entries(ctx, m.Move.ID, after, 100)
		if err != nil || len(entries) == 0 {
			return err
		}
		for i := range entries {
			if after = entries[i].ID; !each(&entries[i]) {
				return nil
			}
		}
	}
}
