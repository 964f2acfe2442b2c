package upstream

import (
	"container/list"
	"context"
	"errors"
	"time"
)

var errSpent = errors.New("the budget of the backend is spent")

// bucket is the sliding log of one credential, and who waits for a place in it.
// The budget's lock guards it.
type bucket struct {
	budget  *Budget
	id      credential
	element *list.Element // in Budget.recent

	under   int         // requests under way
	ends    []time.Time // of exchanges that still count, oldest first
	stopped time.Time   // until when the backend wants nothing

	queue list.List   // of *waiter, first come first
	timer *time.Timer // serves the queue; nil until there is one
}

// waiter is one call that waits.
type waiter struct {
	deadline time.Time
	ready    chan struct{} // closed when it is decided
	granted  bool
	wait     time.Duration // how long it would have been, where it was refused
}

// idle reports whether nothing is lost with the bucket.
func (k *bucket) idle(now time.Time) bool {
	k.prune(now)
	return k.under == 0 && len(k.ends) == 0 && k.queue.Len() == 0 && !k.stopped.After(now)
}

// prune forgets what counts no longer.
func (k *bucket) prune(now time.Time) {
	n := 0
	for n < len(k.ends) && now.Sub(k.ends[n]) >= k.budget.span {
		n++
	}
	k.ends = k.ends[n:]
}

// free reports whether there is a place.
func (k *bucket) free(now time.Time) bool {
	k.prune(now)
	return k.under+len(k.ends) < k.budget.requests && !k.stopped.After(now)
}

// slot returns when, at the earliest, a place is free for whoever has the given
// number of waiters before him. Of what is under way it is as if it ended now.
func (k *bucket) slot(now time.Time, before int) time.Time {
	k.prune(now)
	at := now
	i := before%k.budget.requests - (k.budget.requests - k.under - len(k.ends))
	switch {
	case i >= len(k.ends):
		at = now.Add(k.budget.span)
	case i >= 0:
		at = k.ends[i].Add(k.budget.span)
	}
	if at.Before(k.stopped) {
		at = k.stopped
	}
	// Whoever comes after a whole round of places waits for its second turn.
	return at.Add(time.Duration(before/k.budget.requests) * k.budget.span)
}

// stop keeps the bucket from sending, and refuses those who cannot wait for as
// long.
func (k *bucket) stop(now time.Time, pause time.Duration) {
	if until := now.Add(pause); until.After(k.stopped) {
		k.stopped = until
	}
	n := 0
	for e := k.queue.Front(); e != nil; {
		w, next := e.Value.(*waiter), e.Next()
		if at := k.slot(now, n); at.After(w.deadline) {
			k.queue.Remove(e)
			w.wait = at.Sub(now)
			close(w.ready)
		} else {
			n++
		}
		e = next
	}
}

// serve gives free places to those who wait, and comes back when the next one
// will be free.
func (k *bucket) serve(now time.Time) {
	for k.queue.Len() > 0 && k.free(now) {
		w := k.queue.Remove(k.queue.Front()).(*waiter)
		k.under++
		w.granted = true
		close(w.ready)
	}
	switch {
	case k.queue.Len() == 0:
		if k.timer != nil {
			k.timer.Stop()
		}
	case k.timer == nil:
		k.timer = time.AfterFunc(k.slot(now, 0).Sub(now), func() {
			k.budget.mu.Lock()
			defer k.budget.mu.Unlock()
			k.serve(time.Now())
		})
	default:
		k.timer.Reset(k.slot(now, 0).Sub(now))
	}
}

// wait takes a place in the bucket, in the order of coming. It returns how long
// it would take where that is past the deadline, and at once; and an error where
// the context was cancelled.
func (b *Budget) wait(ctx context.Context, id credential, deadline time.Time) (time.Duration, error) {
	b.mu.Lock()
	now := time.Now()
	k, at := b.bucket(id, now)
	if k != nil {
		at = k.slot(now, k.queue.Len())
	}
	if k == nil || at.After(deadline) {
		b.mu.Unlock()
		return at.Sub(now), errSpent
	}
	w := &waiter{deadline: deadline, ready: make(chan struct{})}
	e := k.queue.PushBack(w)
	k.serve(now)
	b.mu.Unlock()

	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-w.ready:
	case <-timer.C:
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now = time.Now()
	switch {
	case w.granted && ctx.Err() == nil:
		return 0, nil
	case w.granted:
		k.under--
	case w.wait == 0:
		// The number of those before him is not known: the next place it is.
		w.wait = k.slot(now, 0).Sub(now)
		k.queue.Remove(e)
	}
	k.serve(now)
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return 0, err
	}
	return w.wait, errSpent
}
