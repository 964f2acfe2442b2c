package clicks_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/linkquay/linkquay/clicks"
)

// backlog is a store whose rolls take a while.
type backlog struct {
	takes time.Duration

	mu sync.Mutex
	state
}

type state struct {
	waiting  int64
	rolls    int
	forgets  int
	toForget int
	err      error
}

// now returns the state once nothing happens.
func (b *backlog) now() state {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

func (b *backlog) RollVisits(context.Context) (clicks.Rolled, error) {
	time.Sleep(b.takes)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rolls++
	if b.err != nil {
		return clicks.Rolled{}, b.err
	}
	n := min(b.waiting, 10)
	b.waiting -= n
	return clicks.Rolled{Batches: int(n), Backlog: b.waiting}, nil
}

func (b *backlog) ForgetVisitors(context.Context) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgets++
	b.toForget--
	return b.toForget > 0, b.err
}

func (b *backlog) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

func TestRoller_KeepsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &backlog{takes: time.Millisecond}
		var told atomic.Int64
		told.Store(-1)
		r := clicks.NewRoller(t.Context(), store, clicks.RollerOptions{OnBacklog: told.Store})
		defer r.Close()
		synctest.Wait()
		store.set(func() { store.waiting = 5 })
		time.Sleep(time.Second)
		if waiting := store.now().waiting; waiting != 0 || told.Load() != 0 {
			t.Errorf("after a second %d batches wait, and %d are told", waiting, told.Load())
		}
	})
}

// The roller leaves the processor to visitors for most of the time, and hurries
// where much waits: it rests nine times as long as it works below 4,000
// batches, four times below 20,000, and once above.
func TestRoller_Rests(t *testing.T) {
	for _, test := range []struct {
		waiting  int64
		min, max time.Duration
	}{
		{1000, 980 * time.Millisecond, 1020 * time.Millisecond},
		{10_000, 6900 * time.Millisecond, 7100 * time.Millisecond},
		{30_000, 13_900 * time.Millisecond, 14_100 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			store := &backlog{takes: time.Millisecond, state: state{waiting: test.waiting}}
			r := clicks.NewRoller(t.Context(), store, clicks.RollerOptions{})
			defer r.Close()
			began := time.Now()
			for store.now().waiting > 0 {
				time.Sleep(time.Millisecond)
			}
			worked := time.Duration(test.waiting/10) * time.Millisecond
			if took := time.Since(began); took < test.min || took > test.max {
				t.Errorf("%d batches, %v of work, took %v; want %v to %v", test.waiting, worked, took, test.min, test.max)
			}
		})
	}
}

// A step that took long, for whatever reason, is not followed by minutes of rest.
func TestRoller_RestIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &backlog{takes: 10 * time.Second, state: state{waiting: 20}}
		r := clicks.NewRoller(t.Context(), store, clicks.RollerOptions{})
		defer r.Close()
		began := time.Now()
		for store.now().waiting > 0 {
			time.Sleep(100 * time.Millisecond)
		}
		if took := time.Since(began); took > 25*time.Second {
			t.Errorf("two steps of 10 s took %v", took)
		}
	})
}

func TestRoller_FailingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.InfoLevel)
		store := &backlog{state: state{err: errors.New("away")}}
		r := clicks.NewRoller(t.Context(), store, clicks.RollerOptions{Logger: zap.New(core)})
		defer r.Close()
		time.Sleep(time.Hour)
		if rolls := store.now().rolls; rolls > 200 || rolls < 100 {
			t.Errorf("the store was asked %d times in an hour of failures; want every 30 s", rolls)
		}
		store.set(func() { store.err, store.waiting = nil, 5 })
		time.Sleep(time.Minute)
		if waiting := store.now().waiting; waiting != 0 {
			t.Errorf("after the outage %d batches wait", waiting)
		}
		failed, again := logs.FilterLevelExact(zapcore.ErrorLevel).Len(), logs.FilterMessageSnippet("again").FilterLevelExact(zapcore.InfoLevel).Len()
		if failed != 1 || again != 1 {
			t.Errorf("the outage is logged %d times and its end %d times; want once each", failed, again)
		}
	})
}

func TestRoller_Forgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &backlog{state: state{toForget: 5}}
		r := clicks.NewRoller(t.Context(), store, clicks.RollerOptions{})
		time.Sleep(10*time.Minute + time.Second)
		if n := store.now().forgets; n != 5 {
			t.Errorf("asked %d times to forget; want until there is nothing more", n)
		}
		time.Sleep(time.Hour)
		r.Close()
		r.Close()
		if n := store.now().forgets; n != 11 {
			t.Errorf("asked %d times to forget; want every ten minutes", n)
		}
	})
}
