package live

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/poll"
)

// carrier applies the entries of one move.
type carrier struct {
	registry *Registry
	applier  migrate.Applier
	woken    chan struct{}
	outage   poll.Outage

	// The registry's lock guards what follows: the move, and when its phase was
	// seen to change.
	move    migrate.Move
	changed time.Time
}

// carry has the entries of a move applied, as far as its phase says so. The
// caller holds the lock.
func (r *Registry) carry(m migrate.Move) {
	if c := r.carriers[m.ID]; c != nil {
		if c.move.Phase != m.Phase {
			c.changed = r.cfg.Now()
		}
		c.move = m
		c.wake()
		return
	}
	source, err := r.place(m.Source, m.SourceAccount)
	if err != nil {
		return // it is another server's, or a command's
	}
	target, err := r.place(m.Target, m.TargetAccount)
	if err != nil {
		return
	}
	c := &carrier{
		registry: r,
		woken:    make(chan struct{}, 1),
		move:     m,
		changed:  r.cfg.Now(),
		applier: migrate.Applier{
			Mover: &migrate.Mover{
				Store: r.cfg.Store, Source: source, Target: target, Logger: r.cfg.Logger, Now: r.cfg.Now, Patience: -1,
			},
			Holder:   r.holder,
			Password: r.passwords.of,
			Applied:  func(e *migrate.Entry) { r.passwords.forget(e.PasswordHash) },
			Pause:    r.cfg.Every,
		},
		outage: poll.Outage{
			Logger: r.cfg.Logger.With(zap.String("source", m.Source), zap.String("target", m.Target)),
			Fails:  "writes cannot be carried to the other side of a move now: they wait",
			Works:  "writes are carried to the other side of a move again",
		},
	}
	r.carriers[m.ID] = c
	if !r.closed {
		r.tasks.Go(c.run)
	}
}

// poke has the entries of a move looked at now.
func (r *Registry) poke(move int64) {
	r.mu.Lock()
	c := r.carriers[move]
	r.mu.Unlock()
	if c != nil {
		c.wake()
	}
}

func (c *carrier) wake() {
	select {
	case c.woken <- struct{}{}:
	default: // it is awake already
	}
}

// lateFor is how long after a change of phase a server that has not noticed it
// may still note writes by the phase before.
const lateFor = 2 * time.Minute

func (c *carrier) run() {
	ctx := c.registry.ctx
	defer c.applier.Release(ctx)
	ticker := time.NewTicker(c.registry.cfg.Every)
	defer ticker.Stop()
	for {
		move := c.now()
		c.applier.Mover.Move = &move
		left, err := c.applier.Round(ctx, func(e *migrate.Entry) bool { return migrate.Due(c.now().Phase, e) })
		c.outage.Note(ctx, err)
		// Where entries are only kept, there may be many, and they need not be
		// looked through each second.
		rest := err == nil && left == 0 && !move.Phase.Applies() && c.late()
		if !c.awake(ctx, ticker, rest) {
			return
		}
	}
}

// awake waits until there may be something to do, and reports whether the server
// still runs. A carrier that rests waits for a change of phase.
func (c *carrier) awake(ctx context.Context, ticker *time.Ticker, rest bool) bool {
	before := c.now().Phase
	for {
		select {
		case <-ctx.Done():
			return false
		case <-ticker.C:
		case <-c.woken:
		}
		if !rest || c.now().Phase != before {
			return true
		}
	}
}

// now returns the move as it is by now.
func (c *carrier) now() migrate.Move {
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	return c.move
}

// late reports whether every server has noticed the phase that the move is in.
func (c *carrier) late() bool {
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	return c.registry.cfg.Now().Sub(c.changed) > lateFor
}

// wait waits for a time, or for the context's end.
func wait(ctx context.Context, length time.Duration) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
