package shortener

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/poll"
)

// feedKept is how long after its last look a follower may trust the feed of
// changes to be whole. Stores keep it for an hour.
const feedKept = 30 * time.Minute

// FollowOptions are the settings of Follow. The zero value is good.
type FollowOptions struct {
	// Every is how often the store is asked; 0 means a second.
	Every time.Duration

	// Logger is told when the store stops to answer and when it answers again;
	// nil discards it.
	Logger *zap.Logger
}

// Follower tells an index and a registry of domains what other processes on
// the same database change. Close ends it.
type Follower struct {
	store   Store
	index   *Index
	domains *Domains
	loop    *poll.Loop

	// These belong to the loop.
	cursor int64
	last   time.Time
	outage poll.Outage
}

// Follow looks at the store once, so that the domains are known when it
// returns, and goes on doing so until the context ends or the follower is
// closed. Where the store does not answer, what was known stays until it does;
// after a long silence everything is read anew.
func Follow(ctx context.Context, store Store, index *Index, domains *Domains, o FollowOptions) *Follower {
	if o.Every <= 0 {
		o.Every = time.Second
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	f := &Follower{store: store, index: index, domains: domains, outage: poll.Outage{
		Logger: o.Logger,
		Fails:  "following changes of links and domains; what is known stays",
		Works:  "changes of links and domains can be followed again",
	}}
	f.look(ctx)
	f.loop = poll.Start(ctx, o.Every, f.look)
	return f
}

// Close ends the follower and waits for what is under way.
func (f *Follower) Close() { f.loop.Close() }

func (f *Follower) look(ctx context.Context) {
	err := f.followLinks(ctx)
	if err == nil {
		err = f.domains.refreshIfChanged(ctx, f.store)
	}
	f.outage.Note(ctx, err)
}

func (f *Follower) followLinks(ctx context.Context) error {
	// A machine that slept knows by the wall clock alone.
	silent := max(time.Since(f.last), time.Since(f.last.Round(0)))
	if f.cursor != 0 && silent > feedKept {
		f.cursor = 0
	}
	changed, next, err := f.store.LinkChanges(ctx, f.cursor)
	if err != nil {
		return err
	}
	if f.cursor == 0 {
		// Whatever was read before the cursor was known may have changed since.
		f.index.Clear()
	}
	for _, a := range changed {
		f.index.Remove(a.Domain, a.Alias)
	}
	f.cursor, f.last = next, time.Now()
	return nil
}
