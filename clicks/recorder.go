package clicks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

const (
	shardCount = 16

	// chunk is how many links one call of the store concerns at most, so that
	// no other write waits for long.
	chunk = 1000
)

// Options are the settings of a Recorder. The zero value is good.
type Options struct {
	// FlushEvery is how long a visit waits in memory at most, which is what a
	// killed process loses; 0 means 100 ms.
	FlushEvery time.Duration

	// MaxCounts bounds the counts in memory; 0 means 262,144, which take some
	// 10 MB. A link has up to 16 of them until they are flushed, and one while
	// the store fails. A visit that needs one more is dropped.
	MaxCounts int

	// Logger is told when the store stops to take counts and when it takes them
	// again; nil discards it.
	Logger *zap.Logger

	// OnDrop gets the number of visits that were dropped since its last call.
	// Several goroutines may call it; nil means nobody counts.
	OnDrop func(visits int64)
}

// Recorder gathers visits and adds them to the store. It is safe for
// concurrent use. Close ends it.
type Recorder struct {
	store  Store
	o      Options
	logger *zap.Logger

	shards  [shardCount]shard
	dropped atomic.Int64
	closed  atomic.Bool

	// kept is what the store has not taken yet. It belongs to whoever flushes:
	// the goroutine, then Close.
	kept    map[int64]int64
	failing bool

	cancel   context.CancelFunc
	ended    chan struct{}
	close    sync.Once
	closeErr error
}

// shard is one of several maps that all may count any link, so that visits to
// the same link on several processors do not wait for each other.
type shard struct {
	mu     sync.Mutex
	counts map[int64]int64
	// spare is the other map, empty: the two take turns.
	spare map[int64]int64
	_     [64]byte
}

// NewRecorder returns a recorder and starts its goroutine, which ends with
// Close; the context passes on its values only.
func NewRecorder(ctx context.Context, store Store, o Options) *Recorder {
	if o.FlushEvery <= 0 {
		o.FlushEvery = 100 * time.Millisecond
	}
	if o.MaxCounts <= 0 {
		o.MaxCounts = 1 << 18
	}
	r := &Recorder{store: store, o: o, logger: o.Logger, kept: map[int64]int64{}, ended: make(chan struct{})}
	if r.logger == nil {
		r.logger = zap.NewNop()
	}
	for i := range r.shards {
		r.shards[i].counts, r.shards[i].spare = map[int64]int64{}, map[int64]int64{}
	}
	ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go r.loop(ctx)
	return r
}

// Visit counts one visit to the link. It takes some ten nanoseconds and never
// waits for the store. After Close, and where MaxCounts is reached, the visit is
// dropped, and counted as such.
func (r *Recorder) Visit(linkID int64) {
	s := &r.shards[rand.Uint32()%shardCount] //nolint:gosec // It spreads load and decides nothing.
	s.mu.Lock()
	n, known := s.counts[linkID]
	// Close sets closed before it takes this lock to collect.
	closed := r.closed.Load()
	counted := !closed && (known || len(s.counts) < max(1, r.o.MaxCounts/shardCount))
	if counted {
		s.counts[linkID] = n + 1
	}
	s.mu.Unlock()
	if !counted {
		r.dropped.Add(1)
	}
	if closed {
		// No flush comes that would tell.
		r.reportDropped()
	}
}

// Close stops counting, waits for the goroutine and adds what is left to the
// store, trying until it succeeds or the context ends. The error then says how
// many visits are lost; they are counted as dropped. Calling it again does
// nothing.
func (r *Recorder) Close(ctx context.Context) error {
	r.close.Do(func() {
		r.closed.Store(true)
		r.cancel()
		<-r.ended
		r.closeErr = r.flushAll(ctx)
	})
	return r.closeErr
}

func (r *Recorder) loop(ctx context.Context) {
	defer close(r.ended)
	ticker := time.NewTicker(r.o.FlushEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := r.flush(ctx)
		if ctx.Err() != nil {
			return
		}
		r.logOutage(err)
	}
}

// logOutage says once that the store fails, and once that it works again.
func (r *Recorder) logOutage(err error) {
	switch {
	case err != nil && !r.failing:
		r.logger.Error("adding clicks; they are kept and tried again", zap.Error(err))
	case err == nil && r.failing:
		r.logger.Info("clicks are added again")
	}
	r.failing = err != nil
}

func (r *Recorder) flushAll(ctx context.Context) error {
	for {
		err := r.flush(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			var lost int64
			for _, n := range r.kept {
				lost += n
			}
			r.dropped.Add(lost)
			clear(r.kept)
			r.reportDropped()
			return errors.Join(fmt.Errorf("%d visits are lost: %w", lost, err), ctx.Err())
		case <-time.After(r.o.FlushEvery):
		}
	}
}

// flush adds all counts to the store. What the store does not take stays in
// kept.
func (r *Recorder) flush(ctx context.Context) error {
	r.collect()
	r.reportDropped()
	// In order of id, neighbours are written to the same page.
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(r.kept)), chunk) {
		counts := make([]Count, len(ids))
		for i, id := range ids {
			counts[i] = Count{LinkID: id, Visits: r.kept[id]}
		}
		if err := r.store.AddClicks(ctx, counts); err != nil {
			return err
		}
		for _, id := range ids {
			delete(r.kept, id)
		}
	}
	return nil
}

// collect moves what the shards have counted to kept.
func (r *Recorder) collect() {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		if len(s.counts) == 0 {
			s.mu.Unlock()
			continue
		}
		counts := s.counts
		s.counts = s.spare
		s.mu.Unlock()

		for id, n := range counts {
			if _, known := r.kept[id]; known || len(r.kept) < r.o.MaxCounts {
				r.kept[id] += n
			} else {
				r.dropped.Add(n)
			}
		}
		clear(counts)
		// Nobody but collect touches spare.
		s.spare = counts
	}
}

func (r *Recorder) reportDropped() {
	if n := r.dropped.Swap(0); n > 0 && r.o.OnDrop != nil {
		r.o.OnDrop(n)
	}
}
