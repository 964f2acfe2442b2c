package keys

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/poll"
)

// WatchOptions are the settings of Watch. The zero value is good.
type WatchOptions struct {
	// Every is how often the store is asked; 0 means 500 ms.
	Every time.Duration

	// Logger is told when the store stops to answer and when it answers again;
	// nil discards it.
	Logger *zap.Logger
}

// Watcher keeps a ring up to date with a store. Close ends it.
type Watcher struct {
	ring  *Ring
	store Store
	loop  *poll.Loop

	// These belong to the loop.
	revision int64
	outage   poll.Outage
}

// Watch loads the store's keys into the ring, and goes on doing so whenever
// they change, whichever process changes them, until the context ends or the
// watcher is closed. It returns an error where the first load fails: without
// it, revoked keys would open the door. Later failures leave the ring with the
// last keys that were known.
func Watch(ctx context.Context, ring *Ring, store Store, o WatchOptions) (*Watcher, error) {
	if o.Every <= 0 {
		o.Every = 500 * time.Millisecond
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	w := &Watcher{ring: ring, store: store, outage: poll.Outage{
		Logger: o.Logger, Fails: "reading keys; the last known ones hold", Works: "keys can be read again",
	}}
	revision, err := store.KeysRevision(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.load(ctx, revision); err != nil {
		return nil, err
	}
	w.loop = poll.Start(ctx, o.Every, func(ctx context.Context) { w.outage.Note(ctx, w.poll(ctx)) })
	return w, nil
}

// Close ends the watch and waits for what is under way.
func (w *Watcher) Close() { w.loop.Close() }

func (w *Watcher) poll(ctx context.Context) error {
	revision, err := w.store.KeysRevision(ctx)
	if err != nil || revision == w.revision {
		return err
	}
	return w.load(ctx, revision)
}

// load reads the keys. The revision was read before them: where they change in
// between, the next poll reads them again.
func (w *Watcher) load(ctx context.Context, revision int64) error {
	records, err := w.store.Keys(ctx)
	if err != nil {
		return err
	}
	w.ring.Load(records)
	w.revision = revision
	return nil
}
