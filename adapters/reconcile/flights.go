package reconcile

import (
	"context"
	"slices"
	"sync"
)

// Flights are the creates that are under way in this process. The zero value
// has none. It is safe for concurrent use.
type Flights struct {
	mu    sync.Mutex
	under map[[32]byte][]*flight
}

// flight is one of them.
type flight struct {
	gone  <-chan struct{} // closed when its caller has gone
	ended chan struct{}
}

// Begin adds one, which ends for its caller when ctx does; end takes it off, when
// what came of it has been recorded.
func (f *Flights) Begin(ctx context.Context, sum [32]byte) (end func()) {
	one := &flight{gone: ctx.Done(), ended: make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.under == nil {
		f.under = map[[32]byte][]*flight{}
	}
	f.under[sum] = append(f.under[sum], one)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.under[sum] = slices.DeleteFunc(f.under[sum], func(other *flight) bool { return other == one })
		if len(f.under[sum]) == 0 {
			delete(f.under, sum)
		}
		close(one.ended)
	}
}

// Wait waits for those of the same request whose caller has gone, at most until
// the context's end.
func (f *Flights) Wait(ctx context.Context, sum [32]byte) error {
	for {
		one := f.abandoned(sum)
		if one == nil {
			return nil
		}
		select {
		case <-one.ended:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// abandoned returns a flight whose caller has gone, nil where there is none.
func (f *Flights) abandoned(sum [32]byte) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.under[sum] {
		select {
		case <-one.gone:
			return one
		default:
		}
	}
	return nil
}
