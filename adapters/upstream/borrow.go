package upstream

import (
	"context"
	"errors"
	"time"

	"github.com/linkquay/linkquay/poll"
)

// minAsk is the shortest time between two questions for one place.
const minAsk = 100 * time.Millisecond

// ErrNoLender says that nobody keeps a budget for the backend.
var ErrNoLender = errors.New("nobody keeps a budget for the backend")

// Lender keeps the budget of a backend for several processes: what one of them
// sends is counted where all of them ask. A running server is one for commands.
type Lender interface {
	// Borrow asks for a place, and waits for it as [Client.Lend] does. The error is
	// ErrNoLender, or that of the context.
	Borrow(ctx context.Context, a Ask) (loan string, wait time.Duration, err error)

	// Return gives a place back. Where that fails, the loan ends by itself.
	Return(identity, loan string, sent bool, pause time.Duration)
}

// borrow takes a place of the lender's, where there is one, until a moment. On
// failure it gives back the one that the call has of its own budget, and returns
// how long it would take.
//
// The own budget goes on counting, for the time when nobody lends. Whoever did
// and has gone may have spent everything just before: nothing is sent for a
// window then. And whoever begins to is told what was sent meanwhile.
func (s *spending) borrow(ctx context.Context, until, deadline time.Time) (time.Duration, error) {
	lender, budget := s.c.cfg.Lender, s.c.cfg.Budget
	if lender == nil || s.bucket != ownBucket {
		return 0, nil
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	var wait time.Duration
	for {
		now := time.Now()
		loan, more, err := lender.Borrow(ctx, Ask{
			Identity: s.c.Identity(), Line: until.Sub(now), Hold: deadline.Sub(now), Sent: budget.alone(),
		})
		switch wait = more; {
		case err == nil && loan != "":
			budget.borrows()
			s.loan = loan
			return 0, nil
		case errors.Is(err, ErrNoLender):
			if wait = budget.lost(); wait == 0 {
				return 0, nil
			}
		case err == nil && !time.Now().Add(wait).After(until):
			if err = poll.Rest(ctx, max(wait, minAsk)); err == nil {
				continue
			}
		}
		budget.end(s.bucket, false, 0)
		if err == nil || errors.Is(err, ErrNoLender) {
			err = errSpent
		}
		return wait, err
	}
}

// alone returns how many requests count that nobody lent a place for.
func (b *Budget) alone() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.buckets[ownBucket]
	if b.borrowing || k == nil {
		return 0
	}
	k.prune(time.Now())
	return len(k.ends)
}

// borrows notes that somebody lends places.
func (b *Budget) borrows() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.borrowing = true
}

// lost notes that nobody lends places, and returns for how long nothing may be
// sent.
func (b *Budget) lost() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	// The caller has a place taken, so that the bucket is there.
	k := b.buckets[ownBucket]
	if b.borrowing {
		b.borrowing = false
		k.stop(now, b.span)
	}
	return max(k.stopped.Sub(now), 0)
}
