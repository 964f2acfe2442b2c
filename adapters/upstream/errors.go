package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/linkquay/linkquay/api"
)

var (
	errNotSent   = errors.New("the request was not sent")
	errInDoubt   = errors.New("nobody knows what came of the request")
	errNotJSON   = errors.New("the answer is not JSON")
	errTooLong   = errors.New("the reply is longer than the limit")
	errMalformed = errors.New("the reply broke off or is not HTTP")
	errClosed    = errors.New("the upload has ended")
	errRefused   = notSent(errors.New("the breaker is open"))
)

// NotSent reports whether err is of a request that the backend cannot have
// seen, because no connection to it came about, or none was tried.
func NotSent(err error) bool { return errors.Is(err, errNotSent) }

// notSent marks err as one of a request that never left.
func notSent(err error) error { return fmt.Errorf("%w: %w", errNotSent, err) }

// InDoubt reports whether err leaves open what came of a write: it was sent,
// and no answer came, or a broken one, or a 2xx that is not JSON, or a 1xx or 5xx
// other than 501. Where it is false, the backend did nothing: it cannot have
// seen the request, or refused it (401, 403, 404, 429, a redirect, a login
// page), or got but a part of an upload that its sender broke off. It is false
// for every GET.
//
// A 500 is in doubt because scripts fail after they have written, 502 and 504
// because a proxy gave up waiting for one, and 503 because proxies say that
// too, even with a Retry-After (Varnish's own error page has one). Looking once
// too often costs a request; believing once too often costs a second link.
func InDoubt(err error) bool { return errors.Is(err, errInDoubt) }

// inDoubt marks err as one of a write that may have been carried out.
func inDoubt(err error) error { return fmt.Errorf("%w: %w", errInDoubt, err) }

// doubted marks err where the request is a write that was sent.
func doubted(r *Request, err error) error {
	if r.Method == http.MethodGet || NotSent(err) {
		return err
	}
	return inDoubt(err)
}

// NotJSON reports whether err says that the backend answered with something
// other than JSON where that was due: a page, or a document that is cut off.
// The pages that proxies send with 5xx, redirects and connections that break
// are no such answers.
func NotJSON(err error) bool { return errors.Is(err, errNotJSON) }

// writing marks what went wrong while a request was being written: the backend
// may have seen it.
type writing struct{ err error }

func (w writing) Error() string { return "sending the request: " + w.err.Error() }
func (w writing) Unwrap() error { return w.err }

// blameless marks the failure of a call that says nothing about the backend.
type blameless struct{ err error }

func (b blameless) Error() string { return b.err.Error() }
func (b blameless) Unwrap() error { return b.err }

// unavailable is the error of a call that got no usable reply. The cause is
// rewritten: what the client sees names the backend alone, and what the log
// sees has no key in it.
func (c *Client) unavailable(key api.Secret, cause error) *api.Error {
	message := fmt.Sprintf("The backend %q did not answer.", c.cfg.Backend)
	if errors.Is(cause, errTooLong) || errors.Is(cause, errMalformed) {
		message = fmt.Sprintf("The backend %q broke its answer off, or it was too long.", c.cfg.Backend)
	}
	if isTimeout(cause) {
		message = fmt.Sprintf("The backend %q did not answer in time.", c.cfg.Backend)
	}
	return &api.Error{Code: api.Unavailable, Message: message, Err: safe(key, cause)}
}

// safe returns an error whose text cannot hold the key, of the same kind for
// errors.Is: whether it was not sent, in doubt, cancelled or too late. Of the
// text, which may quote the names in a certificate, nothing is left that a
// terminal would obey, and its first 300 bytes.
func safe(key api.Secret, err error) error {
	text := printable(err.Error())
	for _, form := range []string{key.Reveal(), url.QueryEscape(key.Reveal()), url.PathEscape(key.Reveal())} {
		if form != "" {
			text = strings.ReplaceAll(text, form, key.String())
		}
	}
	kinds := []error{}
	for _, kind := range []error{errNotSent, errInDoubt, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, kind) {
			kinds = append(kinds, kind)
		}
	}
	if isTimeout(err) && !errors.Is(err, context.DeadlineExceeded) {
		kinds = append(kinds, context.DeadlineExceeded)
	}
	return &cause{text: shorten(text), kinds: kinds}
}

// cause is an error that was rewritten for the log.
type cause struct {
	text  string
	kinds []error
}

func (c *cause) Error() string   { return c.text }
func (c *cause) Unwrap() []error { return c.kinds }

func isTimeout(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, fasthttp.ErrNoFreeConns) {
		return true
	}
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && t.Timeout()
}

// isNetwork reports whether err comes from the connection, not from the bytes
// that were on it.
func isNetwork(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// Leaks reports whether text holds the client's key.
func (c *Client) Leaks(text string) bool {
	return c.cfg.Key != "" && strings.Contains(text, c.cfg.Key.Reveal())
}
