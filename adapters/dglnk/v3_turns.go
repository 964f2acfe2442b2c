package dglnk

import (
	"context"
	"sync"
)

// turns lets objects of the site be changed by one at a time: a change is a read
// and a write, and of two at once one would be undone. The zero value is ready;
// it is safe for concurrent use.
type turns struct {
	mu   sync.Mutex
	busy map[string]chan struct{} // by the path of the object; closed at the end of a turn
}

// take waits for a turn, at most until the context's end.
func (t *turns) take(ctx context.Context, path string) (end func(), err error) {
	for {
		t.mu.Lock()
		other, busy := t.busy[path]
		if !busy {
			defer t.mu.Unlock()
			if t.busy == nil {
				t.busy = map[string]chan struct{}{}
			}
			mine := make(chan struct{})
			t.busy[path] = mine
			return func() {
				t.mu.Lock()
				defer t.mu.Unlock()
				delete(t.busy, path)
				close(mine)
			}, nil
		}
		t.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, late(ctx)
		}
	}
}
