package migrate

import (
	"context"
	"slices"
	"time"

	"github.com/linkquay/linkquay/poll"
)

const (
	// maxRefusals is how often an entry is tried that the other side refuses.
	maxRefusals = 5

	// leaseLength is how long others keep away from entries after a holder has
	// died: not as long as writes wait when the primary changes. renewEvery is how
	// often one that lives says so.
	leaseLength = 6 * time.Second
	renewEvery  = 2 * time.Second

	// pageEntries is how many entries are read at a time, and carriedAtOnce how
	// many objects are carried at a time.
	pageEntries   = 100
	carriedAtOnce = 8

	// maxRest is how long the entries of a side that is unavailable rest at
	// most between two attempts.
	maxRest = time.Minute
)

// Applier applies the entries of a move to the other side: those of one object in
// their order, and of different ones some at a time. What is refused because
// another object stands in its way is tried once more when those are done. It
// belongs to one goroutine; of several for one move only one does something at a
// time.
type Applier struct {
	// Mover carries the objects. A server's has no Patience: its Applier waits
	// between rounds.
	Mover *Mover

	// Holder tells the applier from others.
	Holder string

	// Password returns the plain password that an entry has the hash of; empty
	// where it is not known. Nil knows none.
	Password func(hash string) string

	// Applied is told of each entry that has been applied; nil means nobody is.
	Applied func(e *Entry)

	// Pause is how long the first failure is waited after; 0 means a second.
	Pause time.Duration

	held    context.Context // nil while another one applies
	release func()

	failures int
	rests    time.Time           // until when all entries rest
	later    map[int64]time.Time // until when single ones do
}

// Due reports whether an entry is to be applied while its move is in the phase.
// What was written at the source goes to the target once that is kept alike, and
// after the cutover for what is left. What was written at the target goes back
// unless the source is left alone.
func Due(p Phase, e *Entry) bool {
	if e.AtTarget {
		return p != Done
	}
	return p == DualWrite || p == Cutover || p == Done
}

// Round applies those entries of which due is true, and returns how many of them
// are left. The error says why these have to wait: the other side is unavailable,
// or the store is. An entry that is refused is tried again in later rounds,
// behind the others, and given up after five times.
//
// Where another one applies the entries, Round leaves them to it. Who has begun
// goes on until there are none left, or until Release.
func (a *Applier) Round(ctx context.Context, due func(e *Entry) bool) (left int, err error) {
	if a.now().Before(a.rests) {
		return 1, nil
	}
	for after := int64(0); ; {
		entries, err := a.Mover.Store.Entries(ctx, a.Mover.Move.ID, after, a.page())
		if err != nil {
			return left, err
		}
		if len(entries) == 0 {
			break
		}
		after = entries[len(entries)-1].ID
		entries = slices.DeleteFunc(entries, func(e Entry) bool { return !due(&e) })
		left += len(entries)
		entries = slices.DeleteFunc(entries, func(e Entry) bool { return !a.ripe(&e) })
		if len(entries) == 0 {
			continue
		}
		if ok, err := a.hold(ctx); err != nil || !ok {
			return left, err
		}
		done, err := a.applyAll(a.held, entries)
		if left -= done; err != nil {
			return left, err
		}
	}
	if left == 0 {
		a.Release(ctx)
	}
	return left, nil
}

// page is how many entries are looked at together: one after a failure, so that
// a side that is unavailable is not asked by many.
func (a *Applier) page() int {
	if a.failures > 0 {
		return 1
	}
	return pageEntries
}

func (a *Applier) now() time.Time {
	if a.Mover.Now != nil {
		return a.Mover.Now()
	}
	return time.Now()
}

// ripe reports whether the write of an entry has ended, and whether its time has
// come after a refusal. Another entry of the same object need not wait for it:
// both carry what the object is by then.
func (a *Applier) ripe(e *Entry) bool {
	now := a.now()
	if !e.Ready && now.Sub(e.Begun) < Abandoned {
		return false
	}
	return !now.Before(a.later[e.ID])
}

// hold makes this the one who applies until Release, and reports whether it is.
func (a *Applier) hold(ctx context.Context) (bool, error) {
	if a.held != nil && a.held.Err() == nil {
		return true, nil
	}
	a.Release(ctx)
	store, move := a.Mover.Store, a.Mover.Move.ID
	ok, err := store.Lease(ctx, move, a.Holder, leaseLength)
	if err != nil || !ok {
		return false, err
	}
	held, cancel := context.WithCancel(ctx)
	renewal := poll.Start(held, renewEvery, func(ctx context.Context) {
		if ok, err := store.Lease(ctx, move, a.Holder, leaseLength); err == nil && !ok {
			cancel()
		}
	})
	a.held, a.release = held, func() { renewal.Close(); cancel() }
	return true, nil
}

// Release lets others apply entries. The context's end does not keep it from it.
func (a *Applier) Release(ctx context.Context) {
	if a.release == nil {
		return
	}
	a.release()
	a.held, a.release = nil, nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewEvery)
	defer cancel()
	// It ends by itself otherwise.
	_, _ = a.Mover.Store.Lease(ctx, a.Mover.Move.ID, a.Holder, 0)
}
