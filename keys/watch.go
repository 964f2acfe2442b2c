package keys

import (
	"context"
	"time"

	"go.uber.org/zap"
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
	ring   *Ring
	store  Store
	logger *zap.Logger

	// revision belongs to the goroutine; so does failing.
	revision int64
	failing  bool

	cancel context.CancelFunc
	ended  chan struct{}
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
	w := &Watcher{ring: ring, store: store, logger: o.Logger, ended: make(chan struct{})}
	revision, err := store.KeysRevision(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.load(ctx, revision); err != nil {
		return nil, err
	}
	ctx, w.cancel = context.WithCancel(ctx)
	go w.loop(ctx, o.Every)
	return w, nil
}

// Close ends the watch and waits for its goroutine.
func (w *Watcher) Close() {
	w.cancel()
	<-w.ended
}

func (w *Watcher) loop(ctx context.Context, every time.Duration) {
	defer close(w.ended)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := w.poll(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !w.failing:
			w.logger.Error("reading keys; the last known ones hold", zap.Error(err))
		case err == nil && w.failing:
			w.logger.Info("keys can be read again")
		}
		w.failing = err != nil
	}
}

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
