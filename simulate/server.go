package simulate

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	// maxBody is how much of a request is read before the site is asked: a
	// client that has gone away meanwhile must not keep it from being handled.
	maxBody = 1 << 20

	// maxShown is how much of a request's body is kept for Requests.
	maxShown = 16 << 10

	// maxRequests is how many requests are remembered at least, the newest.
	maxRequests = 10_000

	headerTimeout = 10 * time.Second
)

// Options are the settings of NewServer. The zero value is good.
type Options struct {
	// Rate is how many requests a key may send within Window; 0 means any
	// number. The window is fixed and begins with the key's first request.
	Rate int

	// Window is the length of the rate limit's window; 0 means a minute.
	Window time.Duration

	// Now is the site's clock before any skew; nil means time.Now.
	Now func() time.Time
}

// Stater is a site that can show what it holds.
type Stater interface {
	// State returns a summary to be marshalled as JSON at /_simulate/.
	State() any
}

// Limited is a site with words of its own for a spent rate limit. Others
// answer like the script of openmy.link and 1mm.kr.
type Limited interface {
	// TooManyRequests returns the JSON body of a 429 that asks to wait for the
	// given number of seconds.
	TooManyRequests(seconds int) any
}

// Request is what came, and what was answered.
type Request struct {
	N      int       `json:"n"`  // counted from 1
	At     time.Time `json:"at"` // by the clock of Options, without skew
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"` // without keys
	Body   string    `json:"body,omitempty"`  // at most its first 16 KiB

	// Status is what was answered; 0 means that no answer was begun, yet or
	// ever.
	Status int `json:"status"`

	// OverLimit tells that the site's own limit refused it.
	OverLimit bool `json:"over_limit,omitempty"`

	// Faults are the kinds of the faults that it met.
	Faults []Kind `json:"faults,omitempty"`
}

// Server stands in front of a site. Its methods are safe for concurrent use.
type Server struct {
	// URL is where it listens, such as "http://127.0.0.1:9091". It is empty
	// before Listen.
	URL string

	site    http.Handler
	control *http.ServeMux
	limit   *limit
	now     func() time.Time
	http    *http.Server
	closed  context.Context // ends delays that are under way
	close   context.CancelFunc

	mu       sync.Mutex
	faults   []*fault
	requests []Request
	count    int
}

// NewServer returns a server in front of site that listens nowhere yet. It is
// an http.Handler itself.
func NewServer(site http.Handler, o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{site: site, now: o.Now, limit: newLimit(site, o)}
	s.control = s.controls()
	return s
}

// Start returns a server in front of site that listens on a free port of the
// loopback interface until the context ends or Close is called.
func Start(ctx context.Context, site http.Handler, o Options) (*Server, error) {
	s := NewServer(site, o)
	if err := s.Listen(ctx, "127.0.0.1:0"); err != nil {
		return nil, err
	}
	return s, nil
}

// Listen serves on address, such as "127.0.0.1:9091", until the context ends
// or Close is called, and sets URL. It returns as soon as clients can connect,
// and is called once.
func (s *Server) Listen(ctx context.Context, address string) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	s.URL = "http://" + ln.Addr().String()
	s.closed, s.close = context.WithCancel(ctx)
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: headerTimeout}
	context.AfterFunc(s.closed, func() { _ = s.http.Close() })
	go func() { _ = s.http.Serve(ln) }()
	return nil
}

// Close ends the server at once, with every connection and delay.
func (s *Server) Close() {
	if s.close != nil {
		s.close()
		_ = s.http.Close()
	}
}

// Requests returns what came so far without the control paths, oldest first:
// at least the last 10,000.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Request, len(s.requests))
	for i, r := range s.requests {
		r.Faults = append([]Kind(nil), r.Faults...)
		out[i] = r
	}
	return out
}

// OverLimit returns how many requests the site's own limit refused.
func (s *Server) OverLimit() int { return s.limit.overs() }

// ServeHTTP answers a control path, or leads a request past the limit and the
// faults to the site.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isControl(r.URL.Path) {
		s.control.ServeHTTP(w, r)
		return
	}
	head, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		http.Error(w, "the request ended early", http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(head), r.Body))
	met := s.meet(r)
	n := s.remember(r, head, met)

	var skew time.Duration
	for _, f := range met {
		skew += f.Skew
	}
	now := func() time.Time { return s.now().Add(skew) }
	if p := s.limit.take(w.Header(), credential(r), now()); p != nil {
		s.settle(n, p.status, true)
		p.date(now())
		p.send(w)
		return
	}
	r = r.WithContext(context.WithValue(r.Context(), clockKey{}, now))
	s.answer(w, r, met, func(status int) { s.settle(n, status, false) })
}

// remember adds a request to the log and returns its number.
func (s *Server) remember(r *http.Request, body []byte, met []Fault) int {
	entry := Request{
		At: s.now(), Method: r.Method, Path: r.URL.Path, Query: withoutKeys(r.URL.Query()),
		Body: string(body[:min(len(body), maxShown)]),
	}
	for _, f := range met {
		entry.Faults = append(entry.Faults, f.Kind)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	entry.N = s.count
	if len(s.requests) == 2*maxRequests {
		s.requests = slices.Clone(s.requests[maxRequests:])
	}
	s.requests = append(s.requests, entry)
	return entry.N
}

// settle notes the answer to request n.
func (s *Server) settle(n, status int, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) == 0 || n < s.requests[0].N {
		return
	}
	entry := &s.requests[n-s.requests[0].N]
	entry.Status, entry.OverLimit = status, over
}

// pause waits, though the client may go away meanwhile, and reports whether
// the server is still there.
func (s *Server) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	var closed <-chan struct{}
	if s.closed != nil {
		closed = s.closed.Done()
	}
	select {
	case <-timer.C:
		return true
	case <-closed:
		return false
	}
}

type clockKey struct{}

// Now returns the site's time for this request: that of Options.Now moved by
// the skew that the request meets. Without a Server it is time.Now.
func Now(r *http.Request) time.Time {
	if now, ok := r.Context().Value(clockKey{}).(func() time.Time); ok {
		return now()
	}
	return time.Now()
}
