// Package upstream is the one HTTP client that adapters reach their backends
// with.
//
// A [Client] is bound to one origin and one key: neither follows a redirect,
// and no error, log line or metric shows the key or a URL that holds it. JSON
// calls go over fasthttp's connections, which cost half of net/http's; uploads
// are streamed over net/http with the same dialer and TLS settings.
//
// Reads are repeated where that is safe, nothing else is. A breaker refuses
// calls while the backend does not answer: after five failures in a row, or
// when half of the last twenty calls failed within thirty seconds. A failure
// is a network error, a timeout, 502, 503 or 504; a call that its caller gave up
// is none.
// After ten seconds single calls go through, until one is answered.
//
// A [Budget], where there is one, keeps a client from sending more than the
// backend allows. Reads are answered with what is remembered then, writes wait.
package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/linkquay/linkquay/api"
)

const (
	userAgent = "Linkquay"

	// idle is shorter than the five seconds after which Apache closes a kept
	// connection, so that few calls meet one that is about to be closed.
	idle = 4 * time.Second

	// maxConns bounds the connections to a backend. Its shared hosts answer
	// few at a time; further calls wait for their turn.
	maxConns = 128

	// maxHead bounds the head of a reply: PHP frameworks send long cookies.
	maxHead = 16 << 10

	jsonType = "application/json"
)

// Client calls one backend. It is safe for concurrent use.
type Client struct {
	cfg    Config
	scheme string
	host   string // as in the Host header
	prefix string // path of the base URL, without a trailing slash
	json   *fasthttp.HostClient
	upload *http.Transport

	breaker  *breaker
	counters counters
	dates    dates
	own      credential // of the client's own key
}

// New returns a client. It makes no connection.
func New(cfg Config) (*Client, error) {
	// The parser's error would print the address, and with it a password that
	// somebody put there.
	u, err := url.Parse(cfg.BaseURL)
	if err != nil {
		return nil, errors.New("parsing the address: it is no URL")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the address must begin with http:// or https://")
	case u.Hostname() == "" || strings.ContainsAny(u.Host, " ,"):
		return nil, errors.New("the address has no host")
	case u.User != nil:
		return nil, errors.New("the address must not hold a user or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("the address must not have a query or fragment")
	}
	if cfg.Timeout < 0 || cfg.MaxReply < 0 || cfg.RetryPause < 0 {
		return nil, errors.New("timeout, reply limit and pause must not be negative")
	}
	if cfg.Key != "" && !sendable(cfg.Key) {
		return nil, errors.New("the API key holds a space or a character that a header cannot carry")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.MaxReply == 0 {
		cfg.MaxReply = DefaultMaxReply
	}
	if cfg.RetryPause == 0 {
		cfg.RetryPause = DefaultRetryPause
	}
	prefix := strings.TrimRight(u.EscapedPath(), "/")
	if prefix != "" && !cleanPath(prefix) {
		return nil, errors.New("the path of the address holds a character that a URL cannot carry")
	}
	c := &Client{cfg: cfg, scheme: u.Scheme, host: u.Host, prefix: prefix, breaker: newBreaker(cfg.Timeout, cfg.OnState)}
	c.json, c.upload = c.connections(u)
	c.own = c.credential(cfg.Key)
	return c, nil
}

// connections returns the two pools. They share how they dial and what they
// demand of TLS.
func (c *Client) connections(u *url.URL) (*fasthttp.HostClient, *http.Transport) {
	secure := u.Scheme == "https"
	port := u.Port()
	if port == "" {
		port = "80"
		if secure {
			port = "443"
		}
	}
	tlsConfig := c.cfg.TLS
	if tlsConfig == nil {
		tlsConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	dialer := &net.Dialer{Timeout: c.cfg.Timeout, KeepAlive: 30 * time.Second}
	calls := &fasthttp.HostClient{
		Addr:                net.JoinHostPort(u.Hostname(), port),
		IsTLS:               secure,
		TLSConfig:           tlsConfig,
		MaxConns:            maxConns,
		MaxConnWaitTimeout:  c.cfg.Timeout,
		MaxIdleConnDuration: idle,
		ReadBufferSize:      maxHead,
		// The connection used last is the one least likely to be stale.
		ConnPoolStrategy: fasthttp.LIFO,
		DialTimeout: func(addr string, timeout time.Duration) (net.Conn, error) {
			d := *dialer
			if timeout > 0 && timeout < d.Timeout {
				d.Timeout = timeout
			}
			return d.Dial("tcp", addr)
		},
	}
	uploads := &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        tlsConfig.Clone(),
		TLSHandshakeTimeout:    c.cfg.Timeout,
		ResponseHeaderTimeout:  c.cfg.Timeout,
		IdleConnTimeout:        idle,
		MaxConnsPerHost:        maxConns,
		MaxResponseHeaderBytes: maxHead,
		DisableCompression:     true,
	}
	return calls, uploads
}

// Backend returns the operator's name of the backend.
func (c *Client) Backend() string { return c.cfg.Backend }

// Host returns the host of the base URL, without its port and in lower case.
func (c *Client) Host() string {
	return strings.ToLower((&url.URL{Host: c.host}).Hostname())
}

// HasKey reports whether the client has a key of its own.
func (c *Client) HasKey() bool { return c.cfg.Key != "" }

// State returns what the breaker does with the next call: let it through
// (Closed), let it through unless another one is finding out (HalfOpen), or
// refuse it (Open).
func (c *Client) State() State { return c.breaker.current() }

// Close ends the idle connections. Calls under way are not touched. fasthttp's
// own cleaner notices within a few seconds and ends too.
func (c *Client) Close() {
	c.json.CloseIdleConnections()
	c.upload.CloseIdleConnections()
}

// Do sends the request and waits for the reply, at most until the context's
// end or the client's timeout. A GET that meets a network error, 502, 503 or
// 504 is sent up to twice more within that time, unless the reply names a time
// to wait; nothing else is sent twice.
//
// An error is an *api.Error: Unavailable where the backend did not answer, or
// with 5xx, or with something other than JSON, or where the breaker is open
// (RetryAfter is set then); Unauthorized for 401, a redirect or a login page;
// Forbidden for 403 and NotFound for 404 without JSON; RateLimited for 429, and
// where the budget is spent for longer than the call can wait. [NotSent] tells
// whether the backend can have seen the request, [InDoubt] whether a write may
// have been carried out.
//
// With a budget, a GET that the budget or the backend's own limit keeps from
// being sent is answered with the last known answer to it, whose Age is set,
// unless it is Fresh.
func (c *Client) Do(ctx context.Context, r *Request) (*Response, error) {
	key := c.cfg.Key
	if r.Key != "" {
		key = r.Key
	}
	if !cleanPath(r.Path) {
		return nil, fmt.Errorf("building a request to the backend %q: bad path", c.cfg.Backend)
	}
	if key == "" || !sendable(key) {
		return nil, &api.Error{Code: api.Unauthorized, Message: fmt.Sprintf("There is no usable API key for the backend %q.", c.cfg.Backend), Err: errNotSent}
	}
	if err := ctx.Err(); err != nil {
		return nil, c.unavailable(key, notSent(err))
	}
	t, wait := c.breaker.admit()
	if wait > 0 {
		return nil, c.refusal(wait)
	}
	deadline, patient := time.Now().Add(c.cfg.Timeout), true
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline, patient = d, false
	}
	s := c.spending(r, key)
	if s != nil && !s.try(ctx, deadline) {
		if known := s.known(); known != nil {
			c.breaker.settle(t, unknown)
			return known, nil
		}
		if err := s.wait(ctx, deadline, t.probe); err != nil {
			c.breaker.settle(t, unknown)
			return nil, err
		}
	}
	if s != nil {
		s.begin()
	}
	var rep reply
	var err error
	if r.Stream != nil {
		start := time.Now()
		rep, err = c.stream(ctx, r, key)
		c.observe(rep.status, start)
		if s != nil {
			s.end(rep, err)
		}
	} else {
		rep, err = c.persist(ctx, r, key, deadline, t.probe, s)
	}
	c.breaker.settle(t, outcomeOf(ctx, rep, err, patient))
	resp, failure := c.conclude(r, key, rep, err)
	c.counters.count(r, rep.status, failure)
	if s != nil {
		resp, failure = s.conclude(rep, resp, failure)
	}
	if failure != nil {
		return nil, failure
	}
	return resp, nil
}

func (c *Client) observe(status int, start time.Time) {
	if c.cfg.Observe != nil {
		c.cfg.Observe(status, time.Since(start))
	}
}
