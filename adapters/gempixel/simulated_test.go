package gempixel

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger/ledgertest"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/gempixel"
)

// simulated is a simulated site with a ledger for whoever speaks to it.
type simulated struct {
	site   *sites.Site
	server *simulate.Server
	ledger *ledgertest.Memory
	ours   atomic.Int64 // how far the adapters' clock is ahead
	theirs atomic.Int64 // and the site's
}

func simulation(t *testing.T, o sites.Options) *simulated {
	t.Helper()
	s := &simulated{site: sites.New(o), ledger: &ledgertest.Memory{}}
	var err error
	if s.server, err = simulate.Start(t.Context(), s.site, simulate.Options{Now: ahead(&s.theirs)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.server.Close)
	return s
}

// ahead returns a clock.
func ahead(d *atomic.Int64) func() time.Time {
	return func() time.Time { return time.Now().Add(time.Duration(d.Load())) }
}

// pass lets time pass.
func (s *simulated) pass(d time.Duration) {
	s.ours.Add(int64(d))
	s.theirs.Add(int64(d))
}

// process returns an adapter that waits 300 ms for the site, as a process of its
// own has it.
func (s *simulated) process(t *testing.T, cfg Config) *Adapter {
	t.Helper()
	client, err := upstream.New(upstream.Config{
		Backend: adaptertest.Name, BaseURL: s.server.URL, Key: sites.DefaultKey,
		Timeout: 300 * time.Millisecond, RetryPause: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	cfg.Name, cfg.Ledger, cfg.Timeout = adaptertest.Name, s.ledger, 300*time.Millisecond
	a, err := New(cfg, client)
	if err != nil {
		t.Fatal(err)
	}
	a.setClock(ahead(&s.ours))
	return a
}

func (s *simulated) fail(t *testing.T, faults ...simulate.Fault) {
	t.Helper()
	for _, f := range faults {
		if err := s.server.Fail(f); err != nil {
			t.Fatal(err)
		}
	}
}

func add(ctx context.Context, t *testing.T, a *Adapter, document string) (gjson.Result, error) {
	t.Helper()
	reply, err := a.Do(ctx, &api.Call{Operation: api.CreateLink, Document: []byte(document), Key: &api.Key{Account: api.MainAccount}})
	if err != nil {
		return gjson.Result{}, err
	}
	adaptertest.Valid(t, api.CreateLink, reply.Document)
	return gjson.ParseBytes(reply.Document), nil
}

// wantOne fails the test unless the reply is the site's only link, and nothing is
// in doubt any more.
func (s *simulated) wantOne(t *testing.T, reply gjson.Result, err error) {
	t.Helper()
	links := s.site.Links()
	if err != nil || len(links) != 1 || reply.Get("id").Int() != int64(links[0].ID) || reply.Get("shorturl").Str != links[0].ShortURL {
		t.Fatalf("Do = %s, %v; the site has %+v", reply, err, links)
	}
	if n := len(s.ledger.Entries()); n != 0 {
		t.Errorf("%d intents are left; want 0", n)
	}
}

// wantDoubt fails the test unless the error says that nobody knows, and one
// create is in doubt.
func (s *simulated) wantDoubt(t *testing.T, err error) {
	t.Helper()
	e := api.AsError(err)
	if err == nil || e.Code != api.Unavailable || e.RetryAfter < time.Second || !strings.Contains(e.Message, "may have been created") {
		t.Fatalf("Do = %#v; want Unavailable, later, and that the link may exist", e)
	}
	entries := s.ledger.Entries()
	if len(entries) != 1 || entries[0].Doubtful.IsZero() || strings.Contains(string(entries[0].Document), "secret") {
		t.Fatalf("the ledger has %+v; want one doubt", entries)
	}
}

// begin has the site make the link without an answer, and without it being found.
func (s *simulated) begin(t *testing.T, a *Adapter, document string) {
	t.Helper()
	s.fail(t,
		simulate.Fault{Kind: simulate.DieAfterCommit, Method: http.MethodPost, Path: onCreate, Times: 1},
		simulate.Fault{Kind: simulate.Reset, Path: onSearch, Times: 3},
	)
	_, err := add(t.Context(), t, a, document)
	s.wantDoubt(t, err)
	s.server.Heal()
}
