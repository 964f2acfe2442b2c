package migrate

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
)

// Mover carries the objects of a move from one side to the other. It is safe
// for concurrent use, and two of them may serve one move.
type Mover struct {
	// Store keeps the rows.
	Store Store

	// Move is the move. Its Phase does not matter here.
	Move *Move

	// Source and Target are its sides.
	Source *Place
	Target *Place

	// Logger is told what takes long and what is tried again; nil means that
	// nobody is.
	Logger *zap.Logger

	// Now is the clock; nil means time.Now.
	Now func() time.Time

	// Patience is how long an answer is waited for while a side is unavailable or
	// its rate is spent, before the error is returned; 0 means ten minutes, and
	// below 0 that the first such answer is the last.
	Patience time.Duration

	source, target side
	busy           busy
	own            own
}

func (m *Mover) now() time.Time {
	if m.Now == nil {
		return time.Now()
	}
	return m.Now()
}

// sides returns where an object is carried from, and where to.
func (m *Mover) sides(toTarget bool) (from, to *Place) {
	if toTarget {
		return m.Source, m.Target
	}
	return m.Target, m.Source
}

// busy is what is being carried: nothing is twice at a time. The zero value is
// nothing.
type busy struct {
	mu   sync.Mutex
	with map[task]chan struct{}
}

// task is an object to be carried, by its id at the primary.
type task struct {
	kind     adapters.Kind
	id       int64
	toTarget bool
}

// begin waits until nobody else carries the object.
func (b *busy) begin(ctx context.Context, t task) (end func(), err error) {
	for {
		b.mu.Lock()
		other, ok := b.with[t]
		if !ok {
			if b.with == nil {
				b.with = map[task]chan struct{}{}
			}
			mine := make(chan struct{})
			b.with[t] = mine
			b.mu.Unlock()
			return func() {
				b.mu.Lock()
				defer b.mu.Unlock()
				delete(b.with, t)
				close(mine)
			}, nil
		}
		b.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
