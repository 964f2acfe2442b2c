package upstream

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/linkquay/linkquay/api"
)

// stream sends an upload. A large file may take long, so not the whole of it
// is bounded, but each silence: the time in which no byte leaves and none
// arrives.
func (c *Client) stream(ctx context.Context, r *Request, key api.Secret) (reply, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body := &watched{r: r.Stream, abort: r.Abort}
	timer := time.AfterFunc(c.cfg.Timeout, func() {
		// Whose silence it is shows when it is long enough, not later.
		cancel(body.blame(context.DeadlineExceeded))
		// The transport does not return while a read of its body goes on.
		body.giveUp()
	})
	defer timer.Stop()
	body.tick = func() { timer.Reset(c.cfg.Timeout) }

	uri, authorization := c.target(r, key)
	req, err := http.NewRequestWithContext(ctx, r.Method, c.scheme+"://"+c.host+uri, body)
	if err != nil {
		return reply{}, notSent(errors.New("building the request"))
	}
	req.ContentLength = r.Size
	if r.Size == 0 {
		req.Body = http.NoBody
	}
	contentType := r.ContentType
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Accept", jsonType)
	req.Header.Set("User-Agent", userAgent)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}

	// RoundTrip itself follows no redirect.
	resp, err := c.upload.RoundTrip(req)
	if err != nil {
		if err := body.failure(); err != nil {
			return reply{}, blameless{err}
		}
		if cause := context.Cause(ctx); cause != nil {
			return reply{}, cause
		}
		return reply{}, body.blame(err)
	}
	timer.Reset(c.cfg.Timeout)
	defer func() { _ = resp.Body.Close() }() // what was read is what counts
	rep := reply{
		status:     resp.StatusCode,
		kind:       resp.Header.Get("Content-Type"),
		retryAfter: resp.Header.Get("Retry-After"),
		date:       c.dates.read([]byte(resp.Header.Get("Date"))),
		limits:     limits{remaining: resp.Header.Get("X-RateLimit-Remaining"), reset: resp.Header.Get("X-RateLimit-Reset")},
	}
	rep.body, err = io.ReadAll(io.LimitReader(resp.Body, int64(c.cfg.MaxReply)+1))
	switch {
	case len(rep.body) > c.cfg.MaxReply:
		return reply{}, errTooLong
	case err != nil:
		return reply{}, body.blame(err)
	}
	return rep, nil
}
