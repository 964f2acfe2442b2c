package reconcile

import (
	"context"
	"slices"
	"sync"
)

// flights are the creates that are under way in this process. The zero value
// has none.
type flights struct {
	mu    sync.Mutex
	under map[[32]byte][]*flight
}

// flight is one of them.
type flight struct {
	gone  <-chan struct{} // closed when its caller has gone
	ended chan struct{}
}

// begin adds one; end takes it off, when what came of it has been recorded.
func (f *flights) begin(ctx context.Context, sum [32]byte) (end func()) {
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

// wait waits for those of the same request whose caller has gone, at most until
// the context's end.
func (f *flights) wait(ctx context.Context, sum [32]byte) error {
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
func (f *flights) abandoned(sum [32]byte) *flight {
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
