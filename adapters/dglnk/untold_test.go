package dglnk

import (
	"cmp"
	"context"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
	"github.com/linkquay/linkquay/ledger/ledgertest"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/dglnk"
)

// Whoever hangs up before the site has answered, and sends the request again,
// is told of the link that there is; a later request makes one of its own.
func TestAdapter_DoubtUntold(t *testing.T) {
	const document = `{"url":"https://example.com/a","password":"hunter2hunter2"}`
	single := func() *api.Call {
		return &api.Call{Operation: api.CreateLink, Document: []byte(document), Key: &api.Key{Account: api.MainAccount}}
	}
	for name, c := range map[string]struct {
		call *api.Call
		n    int
		wait bool // until the first one has ended
	}{
		"under way":       {single(), 1, false},
		"over":            {single(), 1, true},
		"several":         {bulk(document, `{"url":"https://example.com/b","password":"hunter2hunter2"}`), 2, true},
		"several at once": {bulk(document, `{"url":"https://example.com/b","password":"hunter2hunter2"}`), 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := simulation(t, sites.Options{}, Config{})
			s.mustFail(t, simulate.Fault{Kind: simulate.Late, Delay: 300 * time.Millisecond, Times: 1})
			ctx, hangUp := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_, _ = s.Do(ctx, c.call)
			}()
			for len(s.site.Links()) < c.n {
				time.Sleep(time.Millisecond)
			}
			hangUp()
			if c.wait {
				<-ended
				s.wantLedger(t, c.n, c.n)
			}
			reply, err := s.create(t, document)
			if err != nil || len(s.site.Links()) != c.n {
				t.Fatalf("the same again = %v, %d links; want %d", err, len(s.site.Links()), c.n)
			}
			made := s.site.Links()[0]
			if got := reply.Get("shorturl").String(); got != s.server.URL+"/"+cmp.Or(made.Alias, made.Hash) {
				t.Errorf("the short URL is %s; want that of %+v", got, made)
			}
			<-ended
			s.wantLedger(t, c.n, c.n-1)
			if _, err := s.create(t, document); err != nil || len(s.site.Links()) != c.n+1 {
				t.Errorf("a third create = %v, %d links; want one of its own", err, len(s.site.Links()))
			}
		})
	}
}

// Whoever hangs up and sends the request again to another process, while the
// first is under way, has one link, of which nobody is told once more.
func TestAdapter_DoubtElsewhere(t *testing.T) {
	s := simulation(t, sites.Options{}, Config{})
	other := newV1(s.cfg, s.client, s.ledger)
	s.mustFail(t, simulate.Fault{Kind: simulate.Late, Delay: 500 * time.Millisecond, Times: 1})
	call := &api.Call{Operation: api.CreateLink, Document: []byte(`{"url":"https://example.com/a"}`), Key: &api.Key{Account: api.MainAccount}}
	ctx, hangUp := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = s.Do(ctx, call)
	}()
	for len(s.site.Links()) == 0 {
		time.Sleep(time.Millisecond)
	}
	hangUp()
	inDoubt := func() bool {
		intents := s.ledger.(*ledgertest.Memory).Entries()
		return len(intents) == 1 && !intents[0].Doubtful.IsZero()
	}
	for over := false; !over && !inDoubt(); {
		select {
		case <-ended:
			over = true
		case <-time.After(time.Millisecond):
		}
	}
	if _, err := other.Do(t.Context(), call); err != nil {
		t.Error(err)
	}
	<-ended
	if n := len(s.site.Links()); n != 1 {
		t.Errorf("the site has %d links; want 1", n)
	}
	s.wantLedger(t, 1, 0)
}

// A note of a link that is gone is in nobody's way.
func TestAdapter_DoubtUntoldGone(t *testing.T) {
	s := simulation(t, sites.Options{}, Config{})
	call := &api.Call{Document: []byte(`{"url":"https://example.com/a"}`), Key: &api.Key{Account: api.MainAccount}}
	d, err := s.draft(call)
	if err != nil {
		t.Fatal(err)
	}
	s.untold(t.Context(), d, &ledger.Entry{Alias: "abcdefgh", ShortURL: "https://s.example/abcdefgh"})
	if _, err := s.create(t, `{"url":"https://example.com/a"}`); err != nil {
		t.Error(err)
	}
	s.wantLedger(t, 1, 0)
}
