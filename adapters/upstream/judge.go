package upstream

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

const (
	// maxDepth bounds the nesting of a reply; the deepest of the APIs is five.
	maxDepth = 64

	minRetryAfter = time.Second
	maxRetryAfter = 5 * time.Minute

	// spentMessage is for a limit that is spent, whoever counted.
	spentMessage = "The rate limit of the backend %q is spent."

	// loginWindow is how much of a page is searched for a login form.
	loginWindow = 64 << 10
)

// conclude returns what the caller is told of a reply or of its want.
func (c *Client) conclude(r *Request, key api.Secret, rep reply, err error) (*Response, *api.Error) {
	if err != nil {
		// What the body's reader had to say, such as that the file is too
		// large, is for the client.
		if coded, ok := errors.AsType[*api.Error](err); ok {
			return nil, coded
		}
		return nil, c.unavailable(key, doubted(r, err))
	}
	resp, failure := c.judge(rep)
	// A 501 says that there is no such thing to do, and nothing was done.
	if failure != nil && failure.Code == api.Unavailable && rep.status != http.StatusNotImplemented {
		failure.Err = doubted(r, failure.Err)
	}
	return resp, failure
}

// judge tells a reply that an adapter can read from all others.
func (c *Client) judge(rep reply) (*Response, *api.Error) {
	document := readJSON(rep.body)
	now := rep.clock()
	wait := retryAfter(rep.retryAfter, now)
	name := c.cfg.Backend
	fail := func(code api.Code, format string) (*Response, *api.Error) {
		e := api.Errorf(code, format, name)
		e.RetryAfter = wait
		e.Err = fmt.Errorf("the backend answered %d", rep.status)
		return nil, e
	}
	page := func(code api.Code, format string) (*Response, *api.Error) {
		_, e := fail(code, format)
		e.Err = fmt.Errorf("%w, %w", e.Err, errNotJSON)
		return nil, e
	}
	switch s := rep.status; {
	case s == http.StatusUnauthorized, s >= 300 && s < 400:
		return fail(api.Unauthorized, "The backend %q does not accept its API key.")
	case s == http.StatusTooManyRequests:
		wait = rep.retryIn(now)
		return fail(api.RateLimited, spentMessage)
	case s >= 500 || s < 200:
		return fail(api.Unavailable, "The backend %q has a fault of its own.")
	case document != nil:
		return &Response{Status: s, Document: document, RetryAfter: wait, Date: rep.date}, nil
	case isLogin(rep):
		return page(api.Unauthorized, "The backend %q asks for a login instead of accepting its API key.")
	case s < 300:
		return page(api.Unavailable, "The backend %q answered with something other than JSON.")
	case s == http.StatusForbidden:
		return page(api.Forbidden, "The backend %q does not allow this to its API key.")
	case s == http.StatusNotFound:
		return page(api.NotFound, "The backend %q does not know what was asked for.")
	}
	return &Response{Status: rep.status, RetryAfter: wait, Date: rep.date}, nil
}

// readJSON returns the document in body, nil where there is none. It forgives
// a byte order mark and stray bytes within strings, both of which PHP scripts
// are known for.
func readJSON(body []byte) []byte {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	// The depth comes first: the validator descends by recursion.
	if len(body) == 0 || tooDeep(body) || !gjson.ValidBytes(body) {
		return nil
	}
	if !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte("\ufffd"))
	}
	return body
}

// tooDeep reports whether body nests deeper than maxDepth.
func tooDeep(body []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch ch := body[i]; {
		case quoted && ch == '\\':
			i++
		case ch == '"':
			quoted = !quoted
		case quoted:
		case ch == '{' || ch == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case ch == '}' || ch == ']':
			depth--
		}
	}
	return false
}

// isLogin reports whether the reply is a page that asks for a password.
func isLogin(rep reply) bool {
	if !strings.Contains(strings.ToLower(rep.kind), "html") && !bytes.HasPrefix(bytes.TrimSpace(rep.body), []byte("<")) {
		return false
	}
	page := bytes.ToLower(rep.body[:min(len(rep.body), loginWindow)])
	for _, form := range []string{`type="password"`, `type='password'`, `type=password`} {
		if bytes.Contains(page, []byte(form)) {
			return true
		}
	}
	return false
}

// retryAfter reads seconds or an HTTP date and clamps it; 0 means that s says
// neither. Now is that of the clock by which the date was made.
func retryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0
	}
	// A number too long for an integer is a long wait all the same.
	if strings.Trim(s, "0123456789") == "" {
		n, err := strconv.Atoi(s)
		if err != nil || n > int(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return max(time.Duration(n)*time.Second, minRetryAfter)
	}
	at, err := http.ParseTime(s)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), minRetryAfter), maxRetryAfter)
}
