package gateway

import (
	"strconv"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ratelimit"
)

// authenticate finds the caller.
func (e *exchange) authenticate() error {
	key, err := e.identify()
	if err != nil {
		if e.head.Credential == "" && e.head.Signature == nil {
			return err // nobody guessed anything
		}
		return e.failedAuthentication(err)
	}
	if key.Forwarded != "" {
		// Whether the credential is any good is for the backend to say, so that
		// an address with too many bad ones must be stopped before it asks.
		result, err := e.gateway.cfg.Limits.Peek(e.r.Context(), ratelimit.AddressKey(e.client), e.gateway.cfg.Failures)
		if err == nil && !result.Allowed {
			return tooManyFailures(result, nil)
		}
	}
	e.key = key
	e.head.Call.Key = key
	return nil
}

// identify finds the key that the head shows.
func (e *exchange) identify() (*api.Key, error) {
	keys := e.gateway.cfg.Keys
	if e.head.Signature != nil {
		return keys.Signed(e.head.Signature)
	}
	key, err := keys.Authenticate(e.head.Credential)
	if err == nil && e.head.KeyName != "" && key.Name != e.head.KeyName {
		return nil, api.Errorf(api.Unauthorized, "The name and the API key do not belong together.")
	}
	return key, err
}

// failedAuthentication counts a bad credential against its address. One with
// too many is told to wait, but a good key of ours is never refused for what
// its neighbours do: many clients share the address of one host.
func (e *exchange) failedAuthentication(failure error) error {
	g := e.gateway
	result, err := g.cfg.Limits.Take(e.r.Context(), ratelimit.AddressKey(e.client), g.cfg.Failures)
	if err != nil || result.Allowed {
		return failure
	}
	return tooManyFailures(result, failure)
}

func tooManyFailures(result ratelimit.Result, cause error) error {
	return rateLimited("Too many failed attempts. Please retry later.", result, cause)
}

func rateLimited(message string, result ratelimit.Result, cause error) error {
	return &api.Error{
		Code:       api.RateLimited,
		Message:    message,
		RetryAfter: max(time.Second, time.Until(result.Reset)),
		Err:        cause,
	}
}

// limit counts the request and writes the documented headers.
func (e *exchange) limit() error {
	if e.key.Rate.Requests == 0 {
		return nil
	}
	result, err := e.gateway.cfg.Limits.Take(e.r.Context(), e.key.ID, e.key.Rate)
	if err != nil {
		return unchecked(err)
	}
	e.limited(&requestHeaders, result)
	if result.Allowed {
		return nil
	}
	return rateLimited("Too Many Requests. Please retry later.", result, nil)
}

// limitHeaders are the documented names of what tells a limit, its rest, and
// the end of its window.
type limitHeaders [3]string

var requestHeaders = limitHeaders{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}

// limited writes the headers past Header.Set, which would respell them.
func (e *exchange) limited(names *limitHeaders, result ratelimit.Result) {
	h := e.w.Header()
	h[names[0]] = []string{strconv.Itoa(result.Limit)}
	h[names[1]] = []string{strconv.Itoa(result.Remaining)}
	h[names[2]] = []string{strconv.FormatInt(result.Reset.Unix(), 10)}
}

func unchecked(cause error) error {
	return &api.Error{Code: api.Unavailable, Message: "The rate limit could not be checked. Please retry later.", Err: cause}
}
