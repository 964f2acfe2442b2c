package gempixel

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/gempixel"
)

const (
	onCreate = "/api/url/add"
	onSearch = "/api/urls"
)

var documents = map[string]string{
	"plain":     `{"url":"https://Example.com/a?b=1&c=%20d"}`,
	"alias":     `{"url":"https://example.com/","custom":"spring"}`,
	"password":  `{"url":"https://example.com/","password":"secret"}`,
	"long-url":  `{"url":"https://example.com/` + strings.Repeat("é", 400) + `"}`,
	"no-domain": `{"url":"https://example.com/","domain":""}`,
}

// An answer that comes too late or never leaves one link, and the client hears of
// it: at once where the site can be asked, and else by the same request.
func TestAdapter_NeverTwoLinks(t *testing.T) {
	for name, fault := range map[string]simulate.Fault{
		"late":             {Kind: simulate.Late, Delay: time.Minute},
		"die-after-commit": {Kind: simulate.DieAfterCommit},
		"half-body":        {Kind: simulate.HalfBody},
		"cut-json":         {Kind: simulate.CutJSON},
		"500":              {Kind: simulate.Status, Status: 500, Commit: true},
		"html":             {Kind: simulate.HTML, Commit: true},
		"empty":            {Kind: simulate.Empty, Commit: true},
		"no-id":            {Kind: simulate.DropFields, Fields: []string{"id"}},
		"no-short-url":     {Kind: simulate.DropFields, Fields: []string{"shorturl", "short"}},
	} {
		fault.Method, fault.Path, fault.Times = http.MethodPost, onCreate, 1
		for what, document := range documents {
			t.Run(name+"/"+what, func(t *testing.T) {
				s := simulation(t, sites.Options{})
				s.fail(t, fault)
				reply, err := add(t.Context(), t, s.process(t, Config{}), document)
				s.wantOne(t, reply, err)
			})
		}
		t.Run(name+"/later", func(t *testing.T) {
			s := simulation(t, sites.Options{})
			a := s.process(t, Config{})
			s.fail(t, fault, simulate.Fault{Kind: simulate.Status, Status: 500, Path: onSearch, Times: 2})
			_, err := add(t.Context(), t, a, documents["plain"])
			s.wantDoubt(t, err)
			// It cannot be found out yet.
			if _, err = add(t.Context(), t, a, documents["plain"]); api.AsError(err).Code != api.Unavailable {
				t.Fatalf("Do = %v; want Unavailable", err)
			}
			// Another process asks, or this one after its end.
			reply, err := add(t.Context(), t, s.process(t, Config{}), documents["plain"])
			s.wantOne(t, reply, err)
		})
	}
}

// A site that does the work after it was given up on: the same request finds the
// link as soon as it is there, and until then makes none.
func TestAdapter_SiteGoesOn(t *testing.T) {
	s := simulation(t, sites.Options{})
	a := s.process(t, Config{})
	s.fail(t, simulate.Fault{Kind: simulate.Latency, Delay: 800 * time.Millisecond, Method: http.MethodPost, Path: onCreate, Times: 1})
	_, err := add(t.Context(), t, a, documents["plain"])
	s.wantDoubt(t, err)
	for {
		reply, err := add(t.Context(), t, a, documents["plain"])
		if err == nil {
			s.wantOne(t, reply, err)
			return
		}
		if e := api.AsError(err); e.Code != api.Unavailable || e.RetryAfter < time.Second {
			t.Fatalf("Do = %#v; want Unavailable, later", e)
		}
	}
}

// What was never made is made when the site cannot be at work on it any more;
// another request is not held up.
func TestAdapter_Quarantine(t *testing.T) {
	s := simulation(t, sites.Options{})
	a := s.process(t, Config{})
	s.fail(t, simulate.Fault{Kind: simulate.Reset, Method: http.MethodPost, Path: onCreate, Times: 1})
	_, err := add(t.Context(), t, a, documents["plain"])
	s.wantDoubt(t, err)
	_, err = add(t.Context(), t, a, documents["plain"])
	if e := api.AsError(err); err == nil || e.Code != api.Unavailable || e.RetryAfter < time.Second || len(s.site.Links()) != 0 {
		t.Fatalf("Do = %v; want Unavailable, later", err)
	}
	if _, err := add(t.Context(), t, a, `{"url":"https://example.com/other"}`); err != nil {
		t.Errorf("another request: %v", err)
	}
	s.pass(time.Minute)
	if _, err := add(t.Context(), t, a, documents["plain"]); err != nil || len(s.site.Links()) != 2 || len(s.ledger.Entries()) != 0 {
		t.Errorf("Do = %v; the site has %d links, the ledger %v", err, len(s.site.Links()), s.ledger.Entries())
	}
}

// A link of the same destination from before is not taken for the one in doubt,
// wherever the clocks stand.
func TestAdapter_OlderLink(t *testing.T) {
	seoul := time.FixedZone("KST", 9*60*60)
	for name, skew := range map[string]time.Duration{"right": 0, "ahead": 3 * time.Hour, "behind": -50 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			s := simulation(t, sites.Options{Zone: seoul})
			a := s.process(t, Config{Zone: time.UTC, RemoteZone: seoul})
			s.theirs.Store(int64(skew))
			older, err := add(t.Context(), t, a, documents["plain"])
			if err != nil {
				t.Fatal(err)
			}
			s.pass(time.Minute)
			s.fail(t, simulate.Fault{Kind: simulate.DieAfterCommit, Method: http.MethodPost, Path: onCreate, Times: 1})
			reply, err := add(t.Context(), t, a, documents["plain"])
			if err != nil || len(s.site.Links()) != 2 || reply.Get("id").Int() == older.Get("id").Int() {
				t.Fatalf("Do = %s, %v; want the newer link", reply, err)
			}
			s.pass(time.Minute)
			s.fail(t, simulate.Fault{Kind: simulate.Reset, Method: http.MethodPost, Path: onCreate, Times: 1})
			_, err = add(t.Context(), t, a, documents["plain"])
			s.wantDoubt(t, err)
		})
	}
}

// Two creates of the same at the same time are two.
func TestAdapter_TwoAtOnce(t *testing.T) {
	s := simulation(t, sites.Options{})
	a := s.process(t, Config{})
	s.fail(t, simulate.Fault{Kind: simulate.Late, Delay: 50 * time.Millisecond, Method: http.MethodPost, Path: onCreate})
	var wg sync.WaitGroup
	ids := make([]int64, 2)
	for i := range ids {
		wg.Go(func() {
			reply, err := add(t.Context(), t, a, documents["plain"])
			if err != nil {
				t.Error(err)
			}
			ids[i] = reply.Get("id").Int()
		})
	}
	wg.Wait()
	if len(s.site.Links()) != 2 || ids[0] == ids[1] {
		t.Errorf("%d links, answered %v; want two", len(s.site.Links()), ids)
	}
}

// A client that has gone before the answer, and asks again, gets the link that
// was made for it.
func TestAdapter_CallerGone(t *testing.T) {
	s := simulation(t, sites.Options{})
	a := s.process(t, Config{})
	s.fail(t, simulate.Fault{Kind: simulate.Late, Delay: time.Minute, Method: http.MethodPost, Path: onCreate, Times: 1})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, err := add(ctx, t, a, documents["plain"])
		gone <- err
	}()
	for len(s.site.Links()) == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	// The second does not wait for the first one's end.
	reply, err := add(t.Context(), t, a, documents["plain"])
	if err := <-gone; err == nil {
		t.Error("the first caller got an answer; want none")
	}
	s.wantOne(t, reply, err)
}

// The alias of a link in doubt is taken by it: that is no conflict.
func TestAdapter_TakenByItself(t *testing.T) {
	s := simulation(t, sites.Options{})
	a := s.process(t, Config{})
	s.begin(t, a, documents["alias"])
	// The link comes about between the look for it and the create.
	s.fail(t,
		simulate.Fault{Kind: simulate.Status, Status: 200, Body: `{"error":1,"message":"Link not found. Please try again."}`, Path: onSearch, Times: 1},
		simulate.Fault{Kind: simulate.Status, Status: 200, Body: `{"error":0,"data":[]}`, Path: onSearch, After: 1, Times: 1},
	)
	s.pass(time.Minute)
	reply, err := add(t.Context(), t, a, documents["alias"])
	s.wantOne(t, reply, err)

	// Somebody else's is one.
	_, err = add(t.Context(), t, a, `{"url":"https://example.com/other","custom":"spring"}`)
	if api.AsError(err).Code != api.Conflict {
		t.Errorf("Do = %v; want Conflict", err)
	}
}

// The same request with another password gets the link, and hears that the
// password is the first one's.
func TestAdapter_OtherPassword(t *testing.T) {
	s := simulation(t, sites.Options{})
	a := s.process(t, Config{})
	s.begin(t, a, documents["password"])
	reply, err := a.Do(t.Context(), &api.Call{
		Operation: api.CreateLink, Document: []byte(`{"password":"secret 2","url":"https://example.com/"}`), Key: &api.Key{Account: api.MainAccount},
	})
	if err != nil || len(s.site.Links()) != 1 || len(reply.Warnings) != 1 || reply.Warnings[0].Field != "password" {
		t.Errorf("Do = %+v, %v; want the first link and a warning", reply, err)
	}
}

// Creates that nobody can look for say that they may have been carried out, and
// are sent once.
func TestAdapter_OtherCreates(t *testing.T) {
	f := harness().MustStart(t, adaptertest.Setup{})
	f.Site.Fail(answer(`<h1>Fatal error</h1>`))
	for id, thing := range things {
		f.Site.Forget()
		_, err := f.Backend.Do(t.Context(), f.MustCall(t, id))
		if e := api.AsError(err); e.Code != api.Unavailable || !strings.Contains(e.Message, "The "+thing+" may have been created") || f.Site.Served() != 1 {
			t.Errorf("%s = %v after %d requests", id, err, f.Site.Served())
		}
	}
	f.Site.Fail(answer(`{"error":1,"message":"No."}`))
	for id := range things {
		if _, err := f.Backend.Do(t.Context(), f.MustCall(t, id)); err == nil || strings.Contains(err.Error(), "may have been") {
			t.Errorf("%s = %v; want a refusal", id, err)
		}
	}
}

// What is answered from memory says how old it is; what precedes a write is not
// answered from memory.
func TestAdapter_Aged(t *testing.T) {
	f := harness().MustStart(t, adaptertest.Setup{})
	client, err := upstream.New(upstream.Config{
		Backend: adaptertest.Name, BaseURL: f.Site.URL, Key: adaptertest.Key, Budget: upstream.NewBudget(1, time.Hour), Timeout: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	a, err := New(Config{Name: adaptertest.Name}, client)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := a.Do(t.Context(), f.MustCall(t, api.GetLink))
	if err != nil || fresh.Header["Age"] != nil {
		t.Fatalf("Do = %v, %v; want a fresh answer", fresh, err)
	}
	aged, err := a.Do(t.Context(), f.MustCall(t, api.GetLink))
	if err != nil || len(aged.Header["Age"]) != 1 {
		t.Fatalf("Do = %v, %v; want an answer with its age", aged, err)
	}
	adaptertest.Valid(t, api.GetLink, aged.Document)
	if _, err := a.Do(t.Context(), f.MustCall(t, api.UpdateLink)); api.AsError(err).Code != api.RateLimited {
		t.Errorf("an update without a url = %v; want RateLimited, not the destination from memory", err)
	}
}
