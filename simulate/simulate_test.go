package simulate

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const siteReply = `{"error":0,"data":{"result":2,"urls":[{"id":1,"alias":"a"},{"id":2,"alias":"b"}]}}`

// notebook is a site that answers everything alike and counts what it did.
type notebook struct {
	done    atomic.Int64
	handled chan time.Time // its time, for each request
}

func newNotebook() *notebook { return &notebook{handled: make(chan time.Time, 1000)} }

func (n *notebook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.done.Add(1)
	n.handled <- Now(r)
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, siteReply)
}

func (n *notebook) State() any { return map[string]int64{"done": n.done.Load()} }

func mustStart(t *testing.T, site http.Handler, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), site, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func mustFail(t *testing.T, s *Server, faults ...Fault) {
	t.Helper()
	if err := s.Fail(faults...); err != nil {
		t.Fatal(err)
	}
}

// client does not follow redirects, and keeps no connections that a fault of
// another request could have broken.
var client = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func send(t *testing.T, s *Server, method, path, body string) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer some-key")
	resp, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, string(b), err
}

func mustSend(t *testing.T, s *Server, method, path, body string) (*http.Response, string) {
	t.Helper()
	resp, out, err := send(t, s, method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, out
}
