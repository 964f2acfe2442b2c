package upstream

import (
	"fmt"
	"sync"
	"time"

	"github.com/linkquay/linkquay/api"
)

// State is what a client's breaker does with calls.
type State string

const (
	// Closed lets every call through.
	Closed State = "closed"
	// HalfOpen lets one call at a time through, to find out whether the backend
	// answers again, and refuses the others.
	HalfOpen State = "half_open"
	// Open refuses every call without asking the backend.
	Open State = "open"
)

const (
	// runLimit is how many failures in a row open the breaker.
	runLimit = 5

	// Of the last window calls, half must have failed within windowTime.
	window     = 20
	windowTime = 30 * time.Second

	// openTime is how long the breaker refuses before it lets a probe through.
	openTime = 10 * time.Second
)

// outcome is what a call says about the backend.
type outcome int

const (
	// unknown: nothing, such as where the caller went away.
	unknown outcome = iota
	// answered: it is there, also where it said no.
	answered
	// failed: it did not answer, or with a fault of its own.
	failed
)

// breaker keeps calls from a backend that does not answer. It is written here
// rather than taken from a library because a call's outcome may be unknown:
// such a probe must give its turn back and neither open nor close anything.
type breaker struct {
	lease   time.Duration // how long a probe may keep others from probing
	onState func(State)
	now     func() time.Time

	mu    sync.Mutex
	state State
	// epoch grows with each change of state and each probe. The outcome of a
	// call from an earlier one counts for nothing.
	epoch uint64
	since time.Time // when the state began
	until time.Time // when a probe may begin, unless the state is Closed
	run   int       // failures since the last answer

	calls    [window]call
	next     int // the oldest of calls
	failures int // how many of calls failed

	telling sync.Mutex
	told    State
}

// call is the remembered outcome of one.
type call struct {
	at     time.Time
	failed bool
}

// ticket is the admission of one call.
type ticket struct {
	epoch uint64
	probe bool
}

func newBreaker(lease time.Duration, onState func(State)) *breaker {
	return &breaker{lease: max(lease, openTime), onState: onState, now: time.Now, state: Closed, since: time.Now(), told: Closed}
}

// admit lets a call through, whose outcome must be settled, or refuses it and
// says how long to wait.
func (b *breaker) admit() (t ticket, wait time.Duration) {
	b.mu.Lock()
	if b.state == Closed {
		t.epoch = b.epoch
		b.mu.Unlock()
		return t, 0
	}
	now := b.now()
	if left := b.until.Sub(now); left > 0 {
		if b.state == HalfOpen {
			// The probe that is under way may come back at any time.
			left = minRetryAfter
		}
		b.mu.Unlock()
		return ticket{}, max(left, minRetryAfter)
	}
	b.epoch++
	if b.state == Open {
		b.since = b.until
	}
	b.state, b.until = HalfOpen, now.Add(b.lease)
	t = ticket{epoch: b.epoch, probe: true}
	b.mu.Unlock()
	b.tell()
	return t, 0
}

// settle takes the outcome of an admitted call.
func (b *breaker) settle(t ticket, o outcome) {
	b.mu.Lock()
	if t.epoch != b.epoch {
		b.mu.Unlock()
		return
	}
	before := b.state
	switch {
	case t.probe && o == unknown:
		b.until = time.Time{}
	case t.probe && o == answered:
		b.epoch++
		b.state, b.run = Closed, 0
		b.calls, b.next, b.failures = [window]call{}, 0, 0
	case o == failed && (t.probe || b.record(true)):
		b.epoch++
		b.state, b.until = Open, b.now().Add(openTime)
	case o == answered:
		b.record(false)
	}
	changed := b.state != before
	if changed {
		b.since = b.now()
	}
	b.mu.Unlock()
	if changed {
		b.tell()
	}
}

// record remembers a call and reports whether it is the failure that is too
// many. It is called with the lock held.
func (b *breaker) record(fail bool) bool {
	now := b.now()
	oldest := &b.calls[b.next]
	if oldest.failed {
		b.failures--
	}
	*oldest = call{at: now, failed: fail}
	b.next = (b.next + 1) % window
	if !fail {
		b.run = 0
		return false
	}
	b.run++
	b.failures++
	// Where there were fewer calls than the window holds, the oldest has the
	// zero time.
	return b.run >= runLimit || 2*b.failures >= window && now.Sub(b.calls[b.next].at) <= windowTime
}

// current returns the state. Once the time to refuse is over, that is HalfOpen
// also before the next call comes.
func (b *breaker) current() State {
	state, _ := b.health()
	return state
}

// health returns the state and since when it is so.
func (b *breaker) health() (State, time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == Open && b.now().Compare(b.until) >= 0 {
		return HalfOpen, b.until
	}
	return b.state, b.since
}

// tell tells the state where it is another one than it told last. The lock is
// its own, so that a slow listener delays no call that changes nothing.
func (b *breaker) tell() {
	if b.onState == nil {
		return
	}
	b.telling.Lock()
	defer b.telling.Unlock()
	b.mu.Lock()
	state := b.state
	b.mu.Unlock()
	if state != b.told {
		b.told = state
		b.onState(state)
	}
}

// refusal is the error of a call that the breaker did not let through.
func (c *Client) refusal(wait time.Duration) *api.Error {
	return &api.Error{
		Code:       api.Unavailable,
		Message:    fmt.Sprintf("The backend %q does not answer at the moment.", c.cfg.Backend),
		RetryAfter: wait,
		Err:        errRefused,
	}
}
