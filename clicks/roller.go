package clicks

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/poll"
)

// Rolled is what one step of a RollStore came to.
type Rolled struct {
	// Batches and Visits are what was added up.
	Batches, Visits int

	// Backlog is about how many batches still wait.
	Backlog int64
}

// RollStore adds batches up.
type RollStore interface {
	// RollVisits adds up some of the batches that AddVisits has kept, and
	// removes them, both or neither; each batch is added up once, also where
	// several processes call it at once. It takes some milliseconds.
	RollVisits(ctx context.Context) (Rolled, error)

	// ForgetVisitors removes some of what tells the visitors of past days
	// apart, and reports whether there is more. It is to be called every ten
	// minutes.
	ForgetVisitors(ctx context.Context) (more bool, err error)
}

// RollerOptions are the settings of a Roller. The zero value is good.
type RollerOptions struct {
	// Every is how long a batch waits at most where there are few; 0 means half
	// a second.
	Every time.Duration

	// Logger is told when the store stops to work and when it works again; nil
	// discards it.
	Logger *zap.Logger

	// OnBacklog gets about how many batches wait, after each step. One
	// goroutine calls it; nil means nobody wants to know.
	OnBacklog func(batches int64)
}

const (
	// restFactor is how much longer the roller rests than it worked, so that
	// redirects have the processor. Batches that wait are on the disk and take
	// no harm.
	restFactor = 9

	// busyBacklog is how many batches may wait, some 20 MB, before the roller
	// rests half as long, hurryBacklog, some 100 MB, before it rests only as
	// long as it works.
	busyBacklog  = 4_000
	hurryBacklog = 20_000

	// maxRest bounds the rest after a step that took long for other reasons.
	maxRest = 2 * time.Second

	forgetEvery = 10 * time.Minute
	maxPause    = 30 * time.Second
)

// Roller keeps a store adding up its batches. Close ends it.
type Roller struct {
	store RollStore
	o     RollerOptions

	outage poll.Outage

	cancel context.CancelFunc
	ended  chan struct{}
	close  sync.Once
}

// NewRoller returns a roller and starts its goroutine, which ends with Close;
// the context passes on its values only.
func NewRoller(ctx context.Context, store RollStore, o RollerOptions) *Roller {
	if o.Every <= 0 {
		o.Every = 500 * time.Millisecond
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	r := &Roller{store: store, o: o, ended: make(chan struct{}), outage: poll.Outage{
		Logger: o.Logger, Fails: "adding up visits; they are kept and tried again", Works: "visits are added up again",
	}}
	ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go r.loop(ctx)
	return r
}

// Close ends the goroutine and waits for it. What is not added up yet stays in
// the store for the next roller.
func (r *Roller) Close() {
	r.close.Do(func() { r.cancel() })
	<-r.ended
}

func (r *Roller) loop(ctx context.Context) {
	defer close(r.ended)
	forget := time.NewTicker(forgetEvery)
	defer forget.Stop()
	next := time.NewTimer(0)
	defer next.Stop()
	pause := r.o.Every
	for {
		var err error
		var rest time.Duration
		select {
		case <-ctx.Done():
			return
		case <-forget.C:
			err = r.forget(ctx)
			rest = -1
		case <-next.C:
			rest, err = r.roll(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		r.outage.Note(ctx, err)
		if rest < 0 {
			continue
		}
		if err != nil {
			pause = min(2*pause, maxPause)
			rest = pause
		} else {
			pause = r.o.Every
		}
		next.Reset(rest)
	}
}

// roll does one step and returns how long to rest after it.
func (r *Roller) roll(ctx context.Context) (rest time.Duration, err error) {
	began := time.Now()
	rolled, err := r.store.RollVisits(ctx)
	if err != nil {
		return 0, err
	}
	if r.o.OnBacklog != nil {
		r.o.OnBacklog(rolled.Backlog)
	}
	if rolled.Backlog == 0 {
		return r.o.Every, nil
	}
	rest = time.Since(began)
	switch {
	case rolled.Backlog < busyBacklog:
		rest *= restFactor
	case rolled.Backlog < hurryBacklog:
		rest *= restFactor / 2
	}
	return min(rest, maxRest), nil
}

func (r *Roller) forget(ctx context.Context) error {
	for {
		began := time.Now()
		more, err := r.store.ForgetVisitors(ctx)
		if err != nil || !more {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(restFactor * time.Since(began)):
		}
	}
}
