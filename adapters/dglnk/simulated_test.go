package dglnk

import (
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
	"github.com/linkquay/linkquay/ledger/ledgertest"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/dglnk"
)

// simulated is an adapter of version 1 in front of a simulated site.
type simulated struct {
	*Adapter

	site   *sites.Site
	server *simulate.Server
	ledger ledger.Ledger
}

// simulation starts a site, and an adapter that waits a second for it.
func simulation(t *testing.T, o sites.Options, cfg Config) *simulated {
	t.Helper()
	o.Key = adaptertest.Key.Reveal()
	site := sites.New(o)
	server, err := simulate.Start(t.Context(), site, simulate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	client, err := upstream.New(upstream.Config{
		Backend: adaptertest.Name, BaseURL: server.URL, Key: adaptertest.Key, KeyQuery: KeyQuery, Timeout: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	l := &ledgertest.Memory{}
	cfg.Name = adaptertest.Name
	backend, err := New(cfg, client, l)
	if err != nil {
		t.Fatal(err)
	}
	return &simulated{Adapter: backend.(*Adapter), site: site, server: server, ledger: l}
}

// fail makes the next n creates meet the fault; 0 means all.
func (s *simulated) fail(t *testing.T, kind simulate.Kind, n int) {
	t.Helper()
	s.mustFail(t, simulate.Fault{Kind: kind, Times: n})
}

func (s *simulated) mustFail(t *testing.T, f simulate.Fault) {
	t.Helper()
	if err := s.server.Fail(f); err != nil {
		t.Fatal(err)
	}
}

// createLink sends a document and returns the reply's.
func (s *simulated) create(t *testing.T, document string) (gjson.Result, error) {
	t.Helper()
	call := &api.Call{Operation: api.CreateLink, Document: []byte(document), Key: &api.Key{Account: api.MainAccount}}
	reply, err := s.Do(t.Context(), call)
	if err != nil {
		return gjson.Result{}, err
	}
	adaptertest.Valid(t, api.CreateLink, reply.Document)
	return gjson.ParseBytes(reply.Document), nil
}

// wantLedger fails the test where the ledger has not that many links and
// intents.
func (s *simulated) wantLedger(t *testing.T, links, intents int) {
	t.Helper()
	_, total, err := s.ledger.List(t.Context(), ledger.Filter{Account: api.MainAccount, Backend: adaptertest.Name, Limit: 1})
	if err != nil || total != links {
		t.Errorf("the ledger has %d links, %v; want %d", total, err, links)
	}
	pending, err := s.ledger.Pending(t.Context(), adaptertest.Name, 0)
	if err != nil || pending != intents {
		t.Errorf("the ledger has %d intents, %v; want %d", pending, err, intents)
	}
}
