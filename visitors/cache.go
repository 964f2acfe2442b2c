package visitors

import (
	"context"
	"errors"
	"sync"
	"time"
)

// cache keeps what is costly to find out, for a while and up to a number. Of
// several who ask for the same at once one finds it out, and the others wait.
// It is safe for concurrent use.
type cache[K comparable, V any] struct {
	size int
	kept time.Duration
	now  func() time.Time

	mu      sync.Mutex
	entries map[K]*entry[V]
}

type entry[V any] struct {
	ready chan struct{}
	value V
	err   error
	until time.Time
}

func newCache[K comparable, V any](size int, kept time.Duration, now func() time.Time) *cache[K, V] {
	return &cache[K, V]{size: size, kept: kept, now: now, entries: map[K]*entry[V]{}}
}

// get returns the value of a key, which find finds out where it is not known.
// What failed is found out again by the next who asks. find goes on where its
// own caller leaves: others may wait for it, so that it must end by itself.
func (c *cache[K, V]) get(ctx context.Context, key K, find func(ctx context.Context) (V, error)) (V, error) {
	c.mu.Lock()
	e, found := c.entries[key]
	if found && (e.until.IsZero() || c.now().Before(e.until)) {
		c.mu.Unlock()
		select {
		case <-e.ready:
			return e.value, e.err
		case <-ctx.Done():
			var zero V
			return zero, ctx.Err()
		}
	}
	e = &entry[V]{ready: make(chan struct{})}
	c.makeRoom()
	c.entries[key] = e
	c.mu.Unlock()

	// Where find panics, nobody waits for it any more.
	e.err = errUnfinished
	defer c.finish(key, e)
	e.value, e.err = find(context.WithoutCancel(ctx))
	return e.value, e.err
}

var errUnfinished = errors.New("could not be found out")

func (c *cache[K, V]) finish(key K, e *entry[V]) {
	c.mu.Lock()
	e.until = c.now().Add(c.kept)
	if e.err != nil && c.entries[key] == e {
		delete(c.entries, key)
	}
	c.mu.Unlock()
	close(e.ready)
}

// makeRoom drops entries until one more fits: those that are over first, else
// any. The caller holds the lock.
func (c *cache[K, V]) makeRoom() {
	if len(c.entries) < c.size {
		return
	}
	now := c.now()
	for key, e := range c.entries {
		if !e.until.IsZero() && !now.Before(e.until) {
			delete(c.entries, key)
		}
	}
	for key := range c.entries {
		if len(c.entries) < c.size {
			return
		}
		delete(c.entries, key)
	}
}
