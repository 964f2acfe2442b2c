package upstream

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/poll"
)

const (
	// maxRepeats is how often a read is sent again.
	maxRepeats = 2

	// growth is how many times longer the second pause is than the first.
	growth = 4
)

// persist sends a JSON request, and a read again where the failure may have
// passed. Everything else is sent once: nobody knows whether a request whose
// reply is missing was carried out. A probe is sent once too, for it is there
// to find out, not to succeed.
func (c *Client) persist(ctx context.Context, r *Request, key api.Secret, deadline time.Time, probe bool, s *spending) (reply, error) {
	pause := c.cfg.RetryPause
	for repeats := 0; ; repeats++ {
		start := time.Now()
		rep, kept, err := c.exchange(ctx, r, key, deadline)
		c.observe(rep.status, start)
		if s != nil {
			s.end(rep, err)
			rep.sent = start
		}
		if r.Method != http.MethodGet || probe || repeats == maxRepeats || !passing(rep, err) || ctx.Err() != nil {
			return rep, err
		}
		wait := jitter(pause)
		pause *= growth
		if repeats == 0 && kept && err != nil {
			// A kept connection that ended says nothing about the backend.
			wait = 0
		}
		// What other calls have found out in the meantime holds for this one.
		if time.Until(deadline) <= wait || c.breaker.current() == Open {
			return rep, err
		}
		if err := poll.Rest(ctx, wait); err != nil {
			return reply{}, err
		}
		if s != nil && s.wait(ctx, deadline, false) != nil {
			return rep, err
		}
	}
}

// passing reports whether the failure of a read may be over at the next try.
// A reply that names a time to wait is for the caller.
func passing(rep reply, err error) bool {
	if err != nil {
		return isNetwork(err)
	}
	return gatewayFault(rep.status) && rep.retryAfter == ""
}

// jitter returns between half and one and a half times d, so that calls that
// failed together do not come back together.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d+1) //nolint:gosec // Nobody gains by guessing a pause.
}

// outcomeOf says what a call's end tells about the backend. Patient is whether
// the caller would have waited for as long as the client's timeout.
func outcomeOf(ctx context.Context, rep reply, err error, patient bool) outcome {
	switch {
	case err == nil && gatewayFault(rep.status):
		return failed
	case err == nil, errors.Is(err, errTooLong):
		return answered
	case ctx.Err() != nil, !patient && isTimeout(err):
		return unknown
	}
	if _, ok := errors.AsType[blameless](err); ok {
		return unknown
	}
	return failed
}

// gatewayFault reports whether a status says that the backend itself is not
// there. A 500 does not: it may be about one request, and whoever sends that
// one must not have the backend refused to others.
func gatewayFault(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}
