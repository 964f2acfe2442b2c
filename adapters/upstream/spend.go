package upstream

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/linkquay/linkquay/api"
)

// spending is one call's part in the budget. It holds no pointer to the
// request: that would cost an allocation also where there is no budget.
type spending struct {
	c      *Client
	key    api.Secret
	bucket credential
	owner  credential // of what is remembered

	method, path string
	fresh        bool
	changes      []int64

	loan string // of the lender's, empty for none

	name, target string // of a read: its object, and all that was asked for
	writes       int    // that it has met
}

// spending returns the call's part in the budget, nil without a budget. For a
// read, it must be ended by conclude.
func (c *Client) spending(r *Request, key api.Secret) *spending {
	if c.cfg.Budget == nil {
		return nil
	}
	s := &spending{c: c, key: key, bucket: ownBucket, owner: c.own, method: r.Method, path: r.Path, fresh: r.Fresh, changes: r.Changes}
	if r.Key != "" {
		s.owner = c.credential(r.Key)
		s.bucket = s.owner
	}
	if r.Method == http.MethodGet {
		s.name, s.target = objectOf(r.Path), r.Path
		if len(r.Query) > 0 {
			s.target += "?" + r.Query.Encode()
		}
	}
	return s
}

// credential tells keys apart, and one key at several addresses, since a reload
// may point a backend elsewhere.
func (c *Client) credential(key api.Secret) credential {
	return sha256.Sum256([]byte(c.scheme + "://" + c.host + c.prefix + "\x00" + key.Reveal()))
}

// try takes the call's first place where one is free.
func (s *spending) try(ctx context.Context, deadline time.Time) bool {
	if !s.c.cfg.Budget.try(s.bucket) {
		return false
	}
	_, err := s.borrow(ctx, time.Now(), deadline)
	return err == nil
}

// wait takes a place. It waits for half of the time that the call has left: a
// write that is sent at the last moment would end in doubt for want of time to
// answer. A backend that has stopped answering in the meantime is not asked.
func (s *spending) wait(ctx context.Context, deadline time.Time, probe bool) error {
	budget, now := s.c.cfg.Budget, time.Now()
	until := now.Add(deadline.Sub(now) / 2)
	wait, err := budget.wait(ctx, s.bucket, until)
	if err == nil {
		wait, err = s.borrow(ctx, until, deadline)
	}
	switch {
	case err == nil && !probe && s.c.breaker.current() == Open:
		s.giveBack(false, 0)
		return s.c.refusal(openTime)
	case err == nil:
		return nil
	case errors.Is(err, errSpent):
		e := api.Errorf(api.RateLimited, spentMessage, s.c.cfg.Backend)
		e.RetryAfter = min(max(wait, minRetryAfter), maxRetryAfter)
		e.Err = notSent(err)
		return e
	}
	return s.c.unavailable(s.key, notSent(err))
}

// end gives the place of one exchange back, and heeds what the reply says of
// the backend's own limit.
func (s *spending) end(rep reply, err error) { s.giveBack(!NotSent(err), rep.pause()) }

// giveBack gives the place back, and the lender's.
func (s *spending) giveBack(sent bool, pause time.Duration) {
	if s.loan != "" {
		s.c.cfg.Lender.Return(s.c.Identity(), s.loan, sent, pause)
		s.loan = ""
	}
	s.c.cfg.Budget.end(s.bucket, sent, pause)
}

// known returns the last known answer to a read that may be answered so, nil
// where there is none.
func (s *spending) known() *Response {
	if s.target == "" || s.fresh {
		return nil
	}
	a := s.c.cfg.Budget.answers.recall(s.owner, s.name, s.target)
	if a == nil {
		return nil
	}
	return &Response{Status: a.status, Document: append([]byte(nil), a.document...), Age: a.age(time.Now())}
}

// begin announces a read to the memory, so that a write that overtakes it is
// noticed. It must be followed by conclude.
func (s *spending) begin() {
	if s.target != "" {
		s.writes = s.c.cfg.Budget.answers.read(s.owner, s.name)
	}
}

// conclude learns from the end of a call, and answers a read that met the
// backend's own limit from memory.
func (s *spending) conclude(rep reply, resp *Response, failure *api.Error) (*Response, *api.Error) {
	answers := &s.c.cfg.Budget.answers
	if s.target != "" {
		answers.done(s.owner, s.name, s.writes, s.learnt(rep, resp))
	} else if failure == nil || !NotSent(failure) {
		// Also one that failed: it may have been carried out.
		for _, name := range changedBy(s.method, s.path) {
			answers.drop(s.owner, name)
		}
		for _, id := range s.changes {
			answers.drop(s.owner, strconv.FormatInt(id, 10))
		}
	}
	if failure == nil {
		return resp, nil
	}
	switch failure.Code {
	case api.Unauthorized:
		// A key that was withdrawn reads no more, also not from memory.
		answers.forget(s.owner)
	case api.RateLimited:
		if known := s.known(); known != nil {
			return known, nil
		}
	}
	return nil, failure
}

// learnt returns what a read's reply says of its target, nil for nothing.
func (s *spending) learnt(rep reply, resp *Response) *answer {
	a := &answer{owner: s.owner, name: s.name, target: s.target, status: rep.status}
	switch {
	case rep.status == http.StatusForbidden, rep.status == http.StatusNotFound, rep.status == http.StatusGone:
		return a
	case resp == nil || rep.status >= 300 || len(resp.Document) > maxAnswer:
		return nil
	}
	a.document = append([]byte(nil), resp.Document...)
	// What it says was true when it was asked for, or earlier, where a cache
	// before the backend answered.
	a.at = rep.sent
	if age, err := strconv.ParseUint(rep.limits.age, 10, 31); err == nil {
		a.at = a.at.Add(-time.Duration(age) * time.Second)
	}
	return a
}
