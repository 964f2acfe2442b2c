// Package poll looks at something again and again, and tells of outages once.
package poll

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"
)

// Loop calls a function at an interval. Close ends it.
type Loop struct {
	cancel context.CancelFunc
	ended  chan struct{}
	close  sync.Once
}

// Start calls look every so often, for the first time after one interval, until
// the context ends or the loop is closed; both end look's context.
func Start(ctx context.Context, every time.Duration, look func(ctx context.Context)) *Loop {
	l := &Loop{ended: make(chan struct{})}
	ctx, l.cancel = context.WithCancel(ctx)
	go l.run(ctx, every, look)
	return l
}

// Close ends the loop and waits for a look that is under way. Calling it again
// does nothing.
func (l *Loop) Close() {
	l.close.Do(func() { l.cancel() })
	<-l.ended
}

func (l *Loop) run(ctx context.Context, every time.Duration, look func(ctx context.Context)) {
	defer close(l.ended)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			// Both may be ready at once.
			if ctx.Err() == nil {
				look(ctx)
			}
		}
	}
}

// Outage tells the log once that something fails, and once that it works again.
// It belongs to one goroutine.
type Outage struct {
	// Logger is told; required.
	Logger *zap.Logger

	// Fails and Works are what it is told.
	Fails, Works string

	failing bool
}

// Note takes what came of an attempt. Where the context has ended, nothing
// came of it.
func (o *Outage) Note(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
		return
	case err != nil && !o.failing:
		o.Logger.Error(o.Fails, zap.Error(err))
	case err == nil && o.failing:
		o.Logger.Info(o.Works)
	}
	o.failing = err != nil
}
