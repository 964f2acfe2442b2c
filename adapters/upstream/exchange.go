package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/linkquay/linkquay/api"
)

// reply is what came back, before it is judged.
type reply struct {
	status     int
	body       []byte
	kind       string // Content-Type
	retryAfter string
	date       time.Time // zero for none
	limits     limits
	sent       time.Time // when the exchange began; only with a budget
}

// past is a deadline that ends whatever waits for a connection.
var past = time.Unix(1, 0)

// exchange sends a JSON request once and reads the reply. It reports whether
// the connection was a kept one. fasthttp keeps the connections and knows the
// protocol; HostClient.Do is not used, because it ignores contexts and retries
// by rules of its own.
func (c *Client) exchange(ctx context.Context, r *Request, key api.Secret, deadline time.Time) (rep reply, kept bool, err error) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)

	uri, authorization := c.target(r, key)
	h := &req.Header
	h.SetMethod(r.Method)
	h.SetRequestURI(uri)
	h.SetHost(c.host)
	h.SetUserAgent(userAgent)
	h.Set("Accept", jsonType)
	h.SetContentType(jsonType)
	if authorization != "" {
		h.Set("Authorization", authorization)
	}
	if len(r.Body) > 0 {
		req.SetBodyRaw(r.Body)
	}

	if kept, err = c.once(ctx, req, resp, deadline); err != nil {
		return reply{}, kept, err
	}
	rep = reply{
		status:     resp.StatusCode(),
		body:       append([]byte(nil), resp.Body()...),
		kind:       string(resp.Header.ContentType()),
		retryAfter: string(resp.Header.Peek("Retry-After")),
		date:       c.dates.read(resp.Header.Peek("Date")),
	}
	if c.cfg.Budget != nil || rep.status == http.StatusTooManyRequests {
		rep.limits = limits{
			remaining: string(resp.Header.Peek("X-RateLimit-Remaining")),
			reset:     string(resp.Header.Peek("X-RateLimit-Reset")),
			age:       string(resp.Header.Peek("Age")),
		}
	}
	return rep, kept, nil
}

// once tries the exchange on one connection. It reports whether that
// connection had been used before: only then may its end mean nothing more
// than that the backend had lost patience with it.
func (c *Client) once(ctx context.Context, req *fasthttp.Request, resp *fasthttp.Response, deadline time.Time) (kept bool, err error) {
	hc := c.json
	// To the pool, no time left would mean no limit.
	if time.Until(deadline) <= 0 {
		return false, notSent(context.DeadlineExceeded)
	}
	cc, err := hc.AcquireConn(time.Until(deadline), false)
	for err == nil && !cc.LastUseTime().IsZero() && stale(cc.Conn()) {
		hc.CloseConn(cc)
		cc, err = hc.AcquireConn(time.Until(deadline), false)
	}
	if err != nil {
		return false, notSent(err)
	}
	kept = !cc.LastUseTime().IsZero()
	conn := cc.Conn()
	if err := conn.SetDeadline(deadline); err != nil {
		hc.CloseConn(cc)
		return kept, notSent(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(past) })

	// The handshake on its own, so that its failure is known to be one in which
	// nothing was asked.
	if t, ok := conn.(*tls.Conn); ok && !kept {
		err = t.HandshakeContext(ctx)
	}
	keep := false
	if err != nil {
		err = notSent(err)
	} else {
		keep, err = c.roundTrip(conn, req, resp)
	}
	if !stop() || err != nil || !keep {
		// Where stop came too late, the deadline of the past is set or about to
		// be: the connection is good for nothing else.
		hc.CloseConn(cc)
	} else {
		hc.ReleaseConn(cc)
	}
	if err != nil && ctx.Err() != nil {
		if NotSent(err) {
			return kept, notSent(ctx.Err())
		}
		err = ctx.Err()
	}
	return kept, err
}

// roundTrip writes the request and reads the reply. It reports whether the
// connection can serve another one.
func (c *Client) roundTrip(conn net.Conn, req *fasthttp.Request, resp *fasthttp.Response) (keep bool, err error) {
	bw := c.json.AcquireWriter(conn)
	defer c.json.ReleaseWriter(bw)
	if err := req.Write(bw); err != nil {
		return false, writing{err}
	}
	if err := bw.Flush(); err != nil {
		return false, writing{err}
	}
	br := c.json.AcquireReader(conn)
	defer c.json.ReleaseReader(br)
	if err := resp.ReadLimitBody(br, c.cfg.MaxReply); err != nil {
		return false, reading(err)
	}
	// Bytes behind the reply belong to no request of ours.
	return !resp.ConnectionClose() && br.Buffered() == 0, nil
}

// reading names what went wrong with a reply. fasthttp's own errors quote the
// bytes that they stumbled over; those belong in no log.
func reading(err error) error {
	if isTimeout(err) || isNetwork(err) {
		return err
	}
	if errors.Is(err, fasthttp.ErrBodyTooLarge) {
		return errTooLong
	}
	return errMalformed
}
