package upstream

import (
	"context"
	"errors"
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/linkquay/linkquay/api"
)

// Health is how a backend does. It is for the operator: LastError holds no key,
// but it may hold an address of the inner network.
type Health struct {
	// State is that of the breaker.
	State State `json:"state"`

	// Since is when the state began, at the earliest when the client was made.
	Since time.Time `json:"since"`

	// LastAnswer is when the backend last answered anything at all; zero where
	// it has not.
	LastAnswer time.Time `json:"last_answer,omitzero"`

	// LastFailure is when a call last failed; zero where none has.
	LastFailure time.Time `json:"last_failure,omitzero"`

	// LastError is why it did.
	LastError string `json:"last_error,omitempty"`

	// Calls is how many calls were made, with all repeats of a read as one.
	// What the breaker or the budget refused, or memory answered, is none.
	Calls int64 `json:"calls"`

	// Failures is how many of them got no answer that an adapter can read, or a
	// refusal of the client's own key. Calls that their callers gave up do not
	// count, nor does the refusal of a key that a caller brought.
	Failures int64 `json:"failures"`

	// Budget is what may be sent with the client's own key; nil without a
	// budget, and for a client without a key.
	Budget *Room `json:"budget,omitempty"`
}

// counters are what Health tells of the calls. Every call writes them, so they
// have no lock.
type counters struct {
	calls, failures         atomic.Int64
	lastAnswer, lastFailure atomic.Int64 // Unix nanoseconds; 0: never
	lastError               atomic.Pointer[string]
}

// count takes the end of a call: the status, 0 for no answer, and what failed.
func (n *counters) count(r *Request, status int, failure *api.Error) {
	now := time.Now().UnixNano()
	n.calls.Add(1)
	if status != 0 {
		n.lastAnswer.Store(now)
	}
	if failure == nil || !telling(r, failure) {
		return
	}
	n.failures.Add(1)
	n.lastFailure.Store(now)
	text := failure.Message
	if failure.Err != nil {
		text = failure.Err.Error()
	}
	n.lastError.Store(&text)
}

// telling reports whether a failure says something about the backend or its
// configuration, rather than about one caller.
func telling(r *Request, failure *api.Error) bool {
	switch failure.Code {
	case api.Unavailable:
		return !errors.Is(failure, context.Canceled)
	case api.Unauthorized, api.Forbidden, api.RateLimited:
		return r.Key == ""
	}
	return false
}

// Health returns how the backend does.
func (c *Client) Health() Health {
	n := &c.counters
	h := Health{
		LastAnswer:  instant(n.lastAnswer.Load()),
		LastFailure: instant(n.lastFailure.Load()),
		Calls:       n.calls.Load(),
		Failures:    n.failures.Load(),
	}
	if text := n.lastError.Load(); text != nil {
		h.LastError = *text
	}
	h.State, h.Since = c.breaker.health()
	if c.cfg.Budget != nil && c.HasKey() {
		room := c.cfg.Budget.room(ownBucket)
		h.Budget = &room
	}
	return h
}

// instant returns the time of Unix nanoseconds, the zero time for 0.
func instant(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns)
}

// Aged adds the header Age (RFC 9111, section 5.1) to a reply that was
// remembered, in whole seconds, rounded up.
func Aged(reply *api.Reply, age time.Duration) *api.Reply {
	if age > 0 {
		if reply.Header == nil {
			reply.Header = map[string][]string{}
		}
		reply.Header["Age"] = []string{strconv.Itoa(int(math.Ceil(age.Seconds())))}
	}
	return reply
}
