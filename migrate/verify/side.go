package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/poll"
)

const (
	// maxBody is how much of a page is read.
	maxBody = 256 << 10

	// maxHops is how many redirects of an address to itself are followed, such as
	// to https.
	maxHops = 3

	// maxTries is how often a request is sent to a side that does not answer it,
	// with longer and longer pauses.
	maxTries   = 3
	firstPause = time.Second
	growth     = 4

	// maxPause is the longest Retry-After that is waited for.
	maxPause = 2 * time.Minute

	// maxFailures is after how many addresses in a row that a side does not answer
	// for it is not asked any more.
	maxFailures = 20
)

// side opens the addresses of one side, at a pace.
type side struct {
	name   string
	opener Opener
	gap    time.Duration // between requests

	mu       sync.Mutex
	next     time.Time // when the next request may be sent
	failures int       // in a row
}

func newSide(name string, opener Opener, rate api.Rate) *side {
	return &side{name: name, opener: opener, gap: rate.Window / time.Duration(rate.Requests)}
}

// land opens an address as a visitor. With HEAD it asks that way first, and by
// GET where there is no redirect: of pages, HEAD does not tell what they are.
// It fails where the context has ended or the side seems to be down; that one
// address does not answer is a Landing too.
func (s *side) land(ctx context.Context, method, address string, v Visitor) (Landing, error) {
	for range maxHops {
		a, err := s.open(ctx, method, address, v)
		if err == nil && a.Location == "" && method == http.MethodHead {
			a, err = s.open(ctx, http.MethodGet, address, v)
		}
		switch {
		case ctx.Err() != nil:
			return Landing{}, ctx.Err()
		case err != nil:
			return Landing{Class: Error, Note: printable(err.Error())}, s.answered(err)
		case a.Location != "" && isItself(address, a.Location):
			address = a.Location
			continue
		}
		l := classify(address, a)
		if a.Status >= http.StatusInternalServerError || a.Status == http.StatusTooManyRequests {
			return l, s.answered(fmt.Errorf("status %d", a.Status))
		}
		return l, s.answered(nil)
	}
	return Landing{Class: Error, Note: "redirects to itself"}, nil
}

// answered counts failures, and returns an error where there are too many.
func (s *side) answered(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.failures = 0
		return nil
	}
	if s.failures++; s.failures >= maxFailures {
		return fmt.Errorf("the %s does not answer: %d times in a row, at last: %s", s.name, s.failures, printable(err.Error()))
	}
	return nil
}

// open sends one request, and again where what kept it from an answer may pass.
func (s *side) open(ctx context.Context, method, address string, v Visitor) (*guard.Answer, error) {
	pause := firstPause
	for try := 1; ; try++ {
		if err := s.wait(ctx); err != nil {
			return nil, err
		}
		a, err := s.opener.Open(ctx, method, address, v.header(), maxBody)
		if err == nil && a.Status != http.StatusTooManyRequests && a.Status < http.StatusInternalServerError {
			return a, nil
		}
		// Nobody must wait twice for a server that has no HEAD (501).
		if try == maxTries || err == nil && a.Status == http.StatusNotImplemented {
			return a, err
		}
		if _, refused := errors.AsType[*guard.RefusedError](err); refused {
			return nil, err
		}
		if err == nil {
			pause = max(pause, retryAfter(a.Header))
		}
		// All wait: what is too much for one request is so for the others too.
		s.rest(pause)
		pause *= growth
	}
}

// wait waits for its turn.
func (s *side) wait(ctx context.Context) error {
	s.mu.Lock()
	now := time.Now()
	turn := s.next
	if turn.Before(now) {
		turn = now
	}
	s.next = turn.Add(s.gap)
	s.mu.Unlock()
	return poll.Rest(ctx, turn.Sub(now))
}

// rest keeps the side from being asked for a time.
func (s *side) rest(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if until := time.Now().Add(d); until.After(s.next) {
		s.next = until
	}
}

// retryAfter reads the header in seconds, 0 where there is none.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(min(n, int(maxPause/time.Second)))*time.Second, maxPause)
}

// isItself reports whether an address leads to itself, by another scheme, with
// or without "www." or with a slash at its end. A site does so before it looks
// at the link.
func isItself(from, to string) bool { return plain(from) == plain(to) }

func plain(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	return host + strings.TrimSuffix(u.EscapedPath(), "/") + "?" + u.RawQuery
}
