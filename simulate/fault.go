package simulate

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Kind is what goes wrong.
type Kind string

// The kinds of faults. Those that stand in place of an answer keep the request
// from the site, unless Fault.Commit is set.
const (
	// Latency waits for Delay before the site handles the request, also where
	// the client goes away meanwhile.
	Latency Kind = "latency"
	// Late lets the site handle the request at once and waits for Delay before
	// its answer is sent.
	Late Kind = "late"

	// Status answers with Status and Body, in place of the site.
	Status Kind = "status"
	// RateLimit answers 429 with Retry-After, in place of the site.
	RateLimit Kind = "rate_limit"
	// HTML answers 200 with a page, in place of the site.
	HTML Kind = "html"
	// Login answers 200 with a page that has a form with a password field, in
	// place of the site.
	Login Kind = "login"
	// Redirect answers 302 to /login, in place of the site.
	Redirect Kind = "redirect"
	// Empty answers 200 without a body, in place of the site.
	Empty Kind = "empty"
	// Reset resets the connection, in place of any answer.
	Reset Kind = "reset"
	// DieAfterCommit lets the site handle the request and resets the
	// connection in place of the answer.
	DieAfterCommit Kind = "die_after_commit"

	// HalfBody announces the whole answer, sends half of its body and closes
	// the connection.
	HalfBody Kind = "half_body"
	// CutJSON sends half of the answer's body as if it were all.
	CutJSON Kind = "cut_json"
	// DropFields leaves Fields out of an answer in JSON.
	DropFields Kind = "drop_fields"
	// RetypeFields turns Fields of an answer in JSON into the type To.
	RetypeFields Kind = "retype_fields"

	// Skew moves the site's clock by Skew: what it dates, the header Date and
	// the reset time of its rate limit.
	Skew Kind = "skew"
)

// Fault is one thing that goes wrong with some requests. Several may meet the
// same request; of those that stand in place of an answer the first counts.
type Fault struct {
	Kind Kind

	// Method is the requests' method; empty means any.
	Method string
	// Path is the requests' path as http.ServeMux understands it, without
	// method or host: "/api/url/{id}" is one link, "/api/" everything below
	// it. Empty means any.
	Path string

	// After is how many fitting requests pass before the fault begins.
	After int
	// Times is how many requests it meets; 0 means that it lasts until Heal.
	Times int
	// Percent is the share of the fitting requests that it meets, evenly
	// spread: 25 means every fourth. 0 means all.
	Percent int

	// Delay belongs to Latency and Late.
	Delay time.Duration
	// Skew belongs to the kind Skew; it may be negative.
	Skew time.Duration
	// RetryAfter belongs to RateLimit, where 0 means 30 seconds, and to
	// Status, where 0 means no such header. It is sent in whole seconds.
	RetryAfter time.Duration
	// Status belongs to the kind Status: 200 to 599.
	Status int
	// Body belongs to the kind Status. It is sent as JSON if it is JSON, and
	// as HTML otherwise; empty is empty.
	Body string
	// Fields belongs to DropFields and RetypeFields: members by their path,
	// where [] stands for each row of an array, as in "data.urls[].id".
	Fields []string
	// To belongs to RetypeFields: "string", "number", "bool", "object",
	// "array" or "null".
	To string
	// Commit lets the site handle the request although the fault stands in
	// place of its answer.
	Commit bool
}

// check tells what is missing in a fault, or wrong.
func (f *Fault) check() error {
	switch {
	case !slices.Contains(Kinds(), f.Kind):
		return fmt.Errorf("kind: %q is none of %v", f.Kind, Kinds())
	case f.After < 0 || f.Times < 0:
		return errors.New("after and times: must not be negative")
	case f.Percent < 0 || f.Percent > 100:
		return errors.New("percent: must be from 0 to 100")
	case (f.Kind == Latency || f.Kind == Late) && f.Delay <= 0:
		return fmt.Errorf("delay: %s needs one, such as \"2s\"", f.Kind)
	case (f.Kind == Skew) != (f.Skew != 0):
		return errors.New("skew: belongs to the kind skew, which needs one, such as \"-1h\"")
	case f.RetryAfter < 0:
		return errors.New("retry_after: must not be negative")
	case f.Kind == Status && (f.Status < 200 || f.Status > 599):
		return errors.New("status: must be from 200 to 599")
	case (f.Kind == DropFields || f.Kind == RetypeFields) && len(f.Fields) == 0:
		return fmt.Errorf("fields: %s needs some, such as \"data.urls[].id\"", f.Kind)
	case f.Kind == RetypeFields && !slices.Contains(types, f.To):
		return fmt.Errorf("to: must be one of %v", types)
	}
	return nil
}

// fault is a Fault that is set.
type fault struct {
	Fault
	path *http.ServeMux // nil: any path
	seen int            // fitting requests
	met  int            // those among them that it met
}

func newFault(f Fault) (set *fault, err error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	set = &fault{Fault: f}
	if f.Path == "" {
		return set, nil
	}
	if !strings.HasPrefix(f.Path, "/") {
		return nil, fmt.Errorf("path: %q does not begin with a slash", f.Path)
	}
	// ServeMux tells of a broken pattern by a panic alone.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("path: %v", p)
		}
	}()
	set.path = http.NewServeMux()
	set.path.Handle(f.Path, http.NotFoundHandler())
	return set, nil
}

// meets counts a request and reports whether the fault applies to it.
func (f *fault) meets(r *http.Request) bool {
	if f.Method != "" && !strings.EqualFold(f.Method, r.Method) {
		return false
	}
	if f.path != nil {
		if _, pattern := f.path.Handler(r); pattern == "" {
			return false
		}
	}
	f.seen++
	n := f.seen - f.After
	if n <= 0 || f.Times > 0 && f.met == f.Times {
		return false
	}
	if f.Percent > 0 && n*f.Percent/100 == (n-1)*f.Percent/100 {
		return false
	}
	f.met++
	return true
}

// Fail sets faults beside those that are set already. Where one of them is not
// valid none is set.
func (s *Server) Fail(faults ...Fault) error {
	set := make([]*fault, 0, len(faults))
	for _, f := range faults {
		one, err := newFault(f)
		if err != nil {
			return fmt.Errorf("simulate: %w", err)
		}
		set = append(set, one)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, set...)
	return nil
}

// Heal clears all faults. Delays that are under way go on.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Faults returns the faults that are set, also those that are used up.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Fault, len(s.faults))
	for i, f := range s.faults {
		out[i] = f.Fault
	}
	return out
}

// meet returns the faults that a request meets, in the order they were set.
func (s *Server) meet(r *http.Request) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var met []Fault
	for _, f := range s.faults {
		if f.meets(r) {
			met = append(met, f.Fault)
		}
	}
	return met
}
