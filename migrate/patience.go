package migrate

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/poll"
)

const (
	defaultPatience = 10 * time.Minute

	// firstPause is about how long the first wait for a side takes, and maxPause
	// the longest; each is twice as long as the one before.
	firstPause = 250 * time.Millisecond
	maxPause   = 30 * time.Second

	// stubborn is how often one question is asked while others are answered: then
	// the trouble is with what it is about.
	stubborn = 5
)

// side is what is known of whether a place answers, and of what it does.
type side struct {
	trust trust

	mu       sync.Mutex
	answered time.Time
}

// trust are the fields that a place was found to heed. The zero value has none.
type trust struct {
	mu     sync.Mutex
	fields map[string]bool
}

func (t *trust) has(field string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.fields[field]
}

func (t *trust) add(field string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fields == nil {
		t.fields = map[string]bool{}
	}
	t.fields[field] = true
}

func (s *side) note(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.After(s.answered) {
		s.answered = now
	}
}

func (s *side) last() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answered
}

// stuckError is one that a single object meets while its place answers others.
type stuckError struct{ err error }

func (e *stuckError) Error() string { return e.err.Error() }
func (e *stuckError) Unwrap() error { return e.err }

// isStuck reports whether the failure is one of the object alone.
func isStuck(err error) bool {
	_, ok := errors.AsType[*stuckError](err)
	return ok
}

// isPassing reports whether an error says nothing about what was asked: that the
// place is not there, wants to be left alone, or does not let us in.
func isPassing(err error) bool {
	switch api.AsError(err).Code {
	case api.Unavailable, api.RateLimited, api.Unauthorized:
		return true
	}
	return false
}

func (m *Mover) side(ofTarget bool) *side {
	if ofTarget {
		return &m.target
	}
	return &m.source
}

// patient returns an asker that waits while the side does not answer.
func (m *Mover) patient(toTarget bool) asker {
	s := m.side(toTarget)
	patience := m.Patience
	if patience == 0 {
		patience = defaultPatience
	}
	return func(ctx context.Context, question func(ctx context.Context) error) error {
		began := m.now()
		pause := firstPause
		for tries := 1; ; tries++ {
			err := question(ctx)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err == nil || !isPassing(err) {
				s.note(m.now())
				return err
			}
			last := s.last()
			limited := isCode(err, api.RateLimited)
			switch {
			case patience < 0:
				return err
			case tries >= stubborn && !limited && last.After(began):
				return &stuckError{err}
			case tries >= stubborn && isCode(err, api.Unauthorized):
				return err
			case m.now().Sub(later(began, last)) > patience:
				return err
			}
			wait := max(pause/2+rand.N(pause), api.AsError(err).RetryAfter) //nolint:gosec // Nobody gains by guessing a pause.
			pause = min(2*pause, maxPause)
			if m.Logger != nil {
				m.Logger.Debug("waiting for a side of a migration", zap.Bool("target", toTarget), zap.Duration("wait", wait), zap.Error(err))
			}
			if err := poll.Rest(ctx, wait); err != nil {
				return err
			}
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
