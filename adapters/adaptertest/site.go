package adaptertest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/linkquay/linkquay/api"
)

// Site is a local server that plays a vendor's recorded replies. It is safe
// for concurrent use.
type Site struct {
	// URL is its address.
	URL string

	folder      string
	distinguish func(route api.Operation, body string) api.Operation
	quit        chan struct{}

	mu     sync.Mutex
	fail   func(http.ResponseWriter, *http.Request, <-chan struct{})
	play   map[api.Operation]string
	served []Request
}

// Request is what the site was asked.
type Request struct {
	Method string
	URI    string // as it came, escaped
	Header http.Header
	Body   string
}

// mustStart starts a site that ends with the test.
func (h Harness) mustStart(tb testing.TB) *Site {
	tb.Helper()
	s := &Site{folder: h.Replies, distinguish: h.Distinguish, quit: make(chan struct{}), play: map[api.Operation]string{}}
	mux := http.NewServeMux()
	for pattern, id := range h.Routes {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, id) })
	}
	server := httptest.NewServer(mux)
	s.URL = server.URL
	tb.Cleanup(func() {
		close(s.quit)
		server.CloseClientConnections()
		server.Close()
	})
	return s
}

func (s *Site) serve(w http.ResponseWriter, r *http.Request, id api.Operation) {
	body, _ := io.ReadAll(r.Body)
	if s.distinguish != nil {
		id = s.distinguish(id, string(body))
	}
	s.mu.Lock()
	s.served = append(s.served, Request{Method: r.Method, URI: r.RequestURI, Header: r.Header, Body: string(body)})
	fail, file := s.fail, s.play[id]
	s.mu.Unlock()
	if fail != nil {
		fail(w, r, s.quit)
		return
	}
	if file == "" {
		file = string(id)
	}
	reply, err := os.ReadFile(filepath.Join(s.folder, file+".json"))
	if err != nil {
		http.Error(w, "no recorded reply", http.StatusNotImplemented)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(reply)
}

// Play makes the operation's reply another recorded one.
func (s *Site) Play(id api.Operation, file string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.play[id] = file
}

// Fail makes every reply come from play, whose channel is closed when the test
// ends.
func (s *Site) Fail(play func(w http.ResponseWriter, r *http.Request, quit <-chan struct{})) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = play
}

// Served returns how many requests there were.
func (s *Site) Served() int { return len(s.Requests()) }

// Requests returns the requests so far.
func (s *Site) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.served)
}

// Forget forgets the requests so far.
func (s *Site) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.served = nil
}
