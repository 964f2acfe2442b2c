package visitors

import (
	"errors"
	"mime"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ratelimit"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors/pages"
)

const (
	// maxForm is the size of a password's form in bytes, formTimeout how long
	// it may take to arrive.
	maxForm     = 4 << 10
	formTimeout = 10 * time.Second
)

// What can be wrong with a password, by the name of its text.
const (
	problemWrong   = "wrong"
	problemEmpty   = "empty"
	problemTooLong = "toolong"
)

// post answers the form of a locked link. The right password gets what the link
// leads to in the same answer: nothing is left behind in the browser that
// would open it another time.
func (h *Handler) post(
	w http.ResponseWriter, r *http.Request, client netip.Addr, domain *shortener.Domain, alias string, t *shortener.Target,
) error {
	if !t.Locked {
		return h.refuse(w, "GET, HEAD")
	}
	if r.Method != http.MethodPost {
		return h.refuse(w, "GET, HEAD, POST")
	}
	o := &opening{w: w, r: r, client: client, domain: domain, alias: alias, target: *t, visitor: h.visitor(r, client, t)}
	if o.decision = shortener.Decide(t, &o.visitor); o.decision.Outcome != shortener.AskPassword {
		return h.serve(o)
	}
	// The attempt is counted before anything is read or compared.
	wait, err := h.attempt(o)
	if err != nil {
		return err
	}
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(wait, 10))
		return h.limited(o, wait)
	}
	password, problem := readPassword(w, r)
	switch problem {
	case problemTooLong:
		return h.ask(o, http.StatusRequestEntityTooLarge, pages.Password{Problem: problem})
	case problemEmpty:
		return h.ask(o, http.StatusForbidden, pages.Password{Problem: problem})
	}
	if err := h.read(o); err != nil {
		return err
	}
	right, err := shortener.VerifyPassword(r.Context(), o.link.PasswordHash, password)
	if err != nil {
		return &api.Error{Code: api.Unavailable, Message: "The password could not be checked.", Err: err}
	}
	if !right {
		return h.ask(o, http.StatusForbidden, pages.Password{Problem: problemWrong})
	}
	o.visitor.Unlocked = true
	o.decision = shortener.Decide(t, &o.visitor)
	return h.serve(o)
}

// attempt counts an attempt at the link's password, and returns for how many
// seconds the client has to wait where there were too many. Addresses are
// counted as ratelimit.AddressKey has them.
func (h *Handler) attempt(o *opening) (wait int64, err error) {
	id := "password " + strconv.FormatInt(o.target.LinkID, 10) + " " + ratelimit.AddressKey(o.client)
	result, err := h.cfg.Limiter.Take(o.r.Context(), id, h.cfg.Attempts)
	if err != nil {
		return 0, &api.Error{Code: api.Unavailable, Message: "Attempts could not be counted.", Err: err}
	}
	if result.Allowed {
		return 0, nil
	}
	h.cfg.Logger.Debug("too many attempts at a password", zap.Int64("link", o.target.LinkID))
	return seconds(result.Reset.Sub(o.visitor.Now)), nil
}

// readPassword reads the form. The password in a URL is not looked at: it would
// be in logs.
func readPassword(w http.ResponseWriter, r *http.Request) (password, problem string) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return "", problemEmpty
	}
	// A writer that knows no deadlines does without.
	control := http.NewResponseController(w)
	limited := control.SetReadDeadline(time.Now().Add(formTimeout)) == nil
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return "", problemTooLong
		}
		return "", problemEmpty
	}
	if limited {
		// It would end the request in the middle of a long answer. After a
		// failure it stays: the server would wait for the rest of the body.
		_ = control.SetReadDeadline(time.Time{})
	}
	if password = r.PostForm.Get("password"); password == "" {
		return "", problemEmpty
	}
	return password, ""
}

// ask shows the form.
func (h *Handler) ask(o *opening, status int, page pages.Password) error {
	outcome := AskedPassword
	if page.Problem != "" {
		outcome = WrongPassword
	}
	return h.write(o, status, outcome, page)
}

func (h *Handler) limited(o *opening, wait int64) error {
	page := pages.Password{Limited: true, Wait: wait, Path: "/" + o.alias}
	if o.r.URL.RawQuery != "" {
		page.Path += "?" + o.r.URL.RawQuery
	}
	return h.write(o, http.StatusTooManyRequests, Limited, page)
}

// seconds rounds a wait up, at least to 1.
func seconds(d time.Duration) int64 { return max(1, int64((d+time.Second-1)/time.Second)) }
