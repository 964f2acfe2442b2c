package simulate

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	defaultRetryAfter = 30 * time.Second

	page = `<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>We will be right back.</h1></body></html>`

	loginPage = `<!DOCTYPE html><html><head><title>Login</title></head><body><form method="post" action="/login">` +
		`<input type="email" name="email"><input type="password" name="password"><button>Login</button></form></body></html>`
)

// kinds says what each kind does: one of these, or none where ServeHTTP has
// done it already.
var kinds = map[Kind]struct {
	// before runs ahead of the site and reports whether to go on.
	before func(*Server, Fault) bool
	// instead returns the answer in place of the site's, nil for none.
	instead func(*Server, Fault) *reply
	// change edits the site's answer.
	change func(Fault, *reply)
	// send sends it in another way and reports whether it did.
	send func(*Server, Fault, http.ResponseWriter, *reply) bool
}{
	Latency: {before: func(s *Server, f Fault) bool { return s.pause(f.Delay) }},
	Late: {send: func(s *Server, f Fault, w http.ResponseWriter, _ *reply) bool {
		if s.pause(f.Delay) {
			return false
		}
		reset(w)
		return true
	}},

	Status: {instead: func(_ *Server, f Fault) *reply { return status(f) }},
	RateLimit: {instead: func(s *Server, f Fault) *reply {
		if f.RetryAfter == 0 {
			f.RetryAfter = defaultRetryAfter
		}
		return s.limit.refusal(f.RetryAfter)
	}},
	HTML:     {instead: func(*Server, Fault) *reply { return status(Fault{Status: http.StatusOK, Body: page}) }},
	Login:    {instead: func(*Server, Fault) *reply { return status(Fault{Status: http.StatusOK, Body: loginPage}) }},
	Redirect: {instead: func(*Server, Fault) *reply { return redirect() }},
	Empty:    {instead: func(*Server, Fault) *reply { return status(Fault{Status: http.StatusOK}) }},

	Reset:          {instead: func(*Server, Fault) *reply { return nil }},
	DieAfterCommit: {instead: func(*Server, Fault) *reply { return nil }},

	HalfBody: {send: func(_ *Server, _ Fault, w http.ResponseWriter, p *reply) bool {
		p.start(w)
		_, _ = w.Write(p.body.Bytes()[:p.body.Len()/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}},
	CutJSON:      {change: func(_ Fault, p *reply) { p.body.Truncate(p.body.Len() / 2) }},
	DropFields:   {change: func(f Fault, p *reply) { p.edit(f.Fields, drop) }},
	RetypeFields: {change: func(f Fault, p *reply) { p.edit(f.Fields, retype(f.To)) }},
	Skew:         {},
}

// Kinds returns all kinds of faults, sorted.
func Kinds() []Kind { return slices.Sorted(maps.Keys(kinds)) }

// answer asks the site and does to the request and its answer what the faults
// say. It calls note with the status that the client is about to see.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, met []Fault, note func(status int)) {
	var instead *Fault
	for i, f := range met {
		if before := kinds[f.Kind].before; before != nil && !before(s, f) {
			reset(w)
			return
		}
		if kinds[f.Kind].instead != nil && instead == nil {
			instead = &met[i]
		}
	}
	p := newReply()
	if instead == nil || instead.Commit || instead.Kind == DieAfterCommit {
		s.site.ServeHTTP(p, r)
	}
	if instead != nil {
		p = kinds[instead.Kind].instead(s, *instead)
	} else {
		for _, f := range met {
			if change := kinds[f.Kind].change; change != nil {
				change(f, p)
			}
		}
	}
	if p == nil {
		reset(w)
		return
	}
	p.WriteHeader(http.StatusOK)
	p.date(Now(r))
	note(p.status)
	for _, f := range met {
		if send := kinds[f.Kind].send; send != nil && send(s, f, w, p) {
			return
		}
	}
	p.send(w)
}

func status(f Fault) *reply {
	p := newReply()
	p.status = f.Status
	p.header.Set("Content-Type", contentType(f.Body))
	if f.RetryAfter > 0 {
		p.header.Set("Retry-After", strconv.Itoa(wholeSeconds(f.RetryAfter)))
	}
	p.body.WriteString(f.Body)
	return p
}

func redirect() *reply {
	p := status(Fault{Status: http.StatusFound, Body: `<a href="/login">Login</a>`})
	p.header.Set("Location", "/login")
	return p
}
