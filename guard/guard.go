// Package guard is the HTTP client for addresses that clients supply, such as
// a logo's. It must not become a way into the network that the server stands
// in: what is asked for is checked where the connection is made, after DNS and
// on every hop, so that neither a redirect nor a name that changes its address
// leads inside.
package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

const (
	// DefaultTimeout is how long a request may take with all its hops and its body.
	DefaultTimeout = 5 * time.Second

	// maxRedirects is how many redirects are followed.
	maxRedirects = 3

	maxHeader = 64 << 10

	// maxHost is the length of a host in bytes as it is written, in Unicode or
	// not. Mapping a longer one takes time by the square of its length.
	maxHost = 1024

	userAgent = "Linkquay"
)

// Options are the settings of a Client. The zero value is good.
type Options struct {
	// AllowPrivate are networks that may be reached although they are not
	// public: an intranet's, or loopback in tests. Ports are not limited there.
	AllowPrivate []netip.Prefix

	// Timeout bounds a request whole; 0 means 5 seconds.
	Timeout time.Duration

	// Resolver looks names up; nil means the system's.
	Resolver *net.Resolver

	// Via is the scheme and host of a server that is asked for every address,
	// wherever DNS leads: one that serves a domain which does not lead there yet,
	// or no more. The Host header stays that of the address. It is trusted, so
	// that it may be anywhere and have any port; its certificate must be valid for
	// the host of the address or for its own. No redirect is followed then. Nil
	// means to go by DNS.
	Via *url.URL
}

// Client asks for addresses that clients supply: http and https on ports 80,
// 443 and from 1024, public addresses only, at most 3 redirects. It sends no
// cookie, no credential, no Referer, and uses no proxy. It is safe for
// concurrent use and keeps no connection.
//
// Errors are *[RefusedError] for what it does not ask for, *[StatusError] for
// an answer that is no success, [ErrTooLarge], and others where the server
// cannot be reached or does not answer in time. Clients should be told the
// same of the last as of a refusal that concerns an address: the difference
// tells which names an internal DNS knows.
type Client struct {
	http    *http.Client
	timeout time.Duration
}

// RefusedError says why an address is not asked for.
type RefusedError struct {
	// Reason is a clause for the client, such as "must be an http or https
	// URL". It names no address that DNS gave.
	Reason string
}

// Error implements error.
func (e *RefusedError) Error() string { return "refused: " + e.Reason }

// StatusError is an answer other than 2xx after all redirects.
type StatusError struct{ Status int }

// Error implements error.
func (e *StatusError) Error() string { return "status " + strconv.Itoa(e.Status) }

// ErrTooLarge says that a body is over the limit.
var ErrTooLarge = errors.New("the body is over the limit")

// New returns a client.
func New(o Options) *Client {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Via != nil {
		return &Client{timeout: o.Timeout, http: &http.Client{
			Transport:     &via{origin: o.Via, dialer: net.Dialer{Resolver: o.Resolver}},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}}
	}
	dialer := &net.Dialer{
		Resolver: o.Resolver,
		Control:  allowed(o.AllowPrivate).control,
	}
	return &Client{
		timeout: o.Timeout,
		http: &http.Client{
			Transport: &http.Transport{
				DialContext: dialer.DialContext,
				// A kept connection would outlive the check of its address.
				DisableKeepAlives: true,
				// A body is limited as it comes, and never unpacked.
				DisableCompression:     true,
				MaxResponseHeaderBytes: maxHeader,
			},
			CheckRedirect: checkRedirect,
		},
	}
}

// Get returns the body of a 2xx answer, at most limit bytes of it, and the
// header.
func (c *Client) Get(ctx context.Context, address string, limit int64) ([]byte, http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	resp, err := c.do(ctx, http.MethodGet, address)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, nil, &StatusError{Status: resp.StatusCode}
	}
	if resp.ContentLength > limit {
		return nil, nil, ErrTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("reading the body: %w", err)
	case int64(len(body)) > limit:
		return nil, nil, ErrTooLarge
	}
	return body, resp.Header, nil
}

// Head returns header and status of whatever answer comes after the redirects.
// Some servers answer HEAD otherwise than GET, or not at all (405).
func (c *Client) Head(ctx context.Context, address string) (http.Header, int, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	resp, err := c.do(ctx, http.MethodHead, address)
	if err != nil {
		return nil, 0, err
	}
	_ = resp.Body.Close()
	return resp.Header, resp.StatusCode, nil
}

// Locate returns where an address redirects to, as an absolute URL, which is not
// asked for. An answer that is no redirect is a *[StatusError].
func (c *Client) Locate(ctx context.Context, address string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	// Not HEAD, which some servers answer otherwise; the body is not read.
	resp, err := c.send(ctx, http.MethodGet, address, nil, c.http.Transport.RoundTrip)
	if err != nil {
		return "", err
	}
	_ = resp.Body.Close()
	to := location(resp)
	if to == "" {
		return "", &StatusError{Status: resp.StatusCode}
	}
	return to, nil
}

func (c *Client) do(ctx context.Context, method, address string) (*http.Response, error) {
	return c.send(ctx, method, address, nil, c.http.Do)
}

func (c *Client) send(ctx context.Context, method, address string, header http.Header, exchange func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, &RefusedError{Reason: "must be a URL"}
	}
	if err := check(u); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return nil, &RefusedError{Reason: "must be a URL"}
	}
	req.Header.Set("User-Agent", userAgent)
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := exchange(req)
	if err == nil {
		return resp, nil
	}
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		return nil, refused
	}
	// The address may hold a secret, which would go to the log with the error.
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return nil, fmt.Errorf("asking %s: %w", u.Host, err)
}

func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	// http.Client sends where it comes from.
	req.Header.Del("Referer")
	return check(req.URL)
}

// check refuses what can be seen before DNS.
func check(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return &RefusedError{Reason: "must be an http or https URL"}
	case len(u.Host) > maxHost:
		return &RefusedError{Reason: "must not have such a long host"}
	case u.User != nil:
		return &RefusedError{Reason: "must not hold a user name or password"}
	}
	return nil
}
