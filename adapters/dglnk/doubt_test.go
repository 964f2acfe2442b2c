package dglnk

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/dglnk"
)

// lost are the ways in which a link is made and its answer is not there.
var lost = map[string]simulate.Fault{
	"late":             {Kind: simulate.Late, Delay: 3 * time.Second},
	"die-after-commit": {Kind: simulate.DieAfterCommit},
	"half-body":        {Kind: simulate.HalfBody},
	"cut-json":         {Kind: simulate.CutJSON},
	"502":              {Kind: simulate.Status, Status: 502, Commit: true},
	"html":             {Kind: simulate.HTML, Commit: true},
	"no-link":          {Kind: simulate.DropFields, Fields: []string{"link"}},
	"no-id":            {Kind: simulate.DropFields, Fields: []string{"link.id"}},
	"no-address":       {Kind: simulate.RetypeFields, Fields: []string{"link.short_url"}, To: "number"},
}

// The same request, sent again, answers the link whose answer was lost.
func TestAdapter_DoubtMade(t *testing.T) {
	for name, fault := range lost {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := simulation(t, sites.Options{Domains: map[int64]string{12: "links.example.com"}}, Config{Domains: map[string]int64{"links.example.com": 12}})
			const document = `{"url":"https://example.com/a","domain":"links.example.com","password":"hunter2hunter2","metatitle":"A"}`
			fault.Times = 1
			s.mustFail(t, fault)
			_, err := s.create(t, document)
			if e := api.AsError(err); e.Code != api.Unavailable || !strings.Contains(e.Message, "sent again") {
				t.Fatalf("the first create = %v; want Unavailable, and what to do", err)
			}
			s.wantLedger(t, 0, 1)
			reply, err := s.create(t, document)
			if err != nil {
				t.Fatalf("the same again = %v", err)
			}
			made := s.site.Links()
			if len(made) != 1 {
				t.Fatalf("the site has %d links; want 1", len(made))
			}
			if got, want := reply.Get("shorturl").String(), "http://links.example.com/"+made[0].Alias; got != want {
				t.Errorf("the short URL is %s; want %s", got, want)
			}
			s.wantLedger(t, 1, 0)

			// Answered links are nobody's doubt.
			if _, err := s.create(t, document); err != nil || len(s.site.Links()) != 2 {
				t.Errorf("a third create = %v, %d links; want one of its own", err, len(s.site.Links()))
			}
		})
	}
}

// Where the first one made nothing, the second one makes the only link.
func TestAdapter_DoubtUnmade(t *testing.T) {
	for _, kind := range []simulate.Kind{simulate.Reset, simulate.HTML} {
		t.Run(string(kind), func(t *testing.T) {
			s := simulation(t, sites.Options{}, Config{})
			s.fail(t, kind, 1)
			if _, err := s.create(t, `{"url":"https://example.com/a"}`); err == nil {
				t.Fatal("the first create = nil; want an error")
			}
			reply, err := s.create(t, `{"url":"https://example.com/a"}`)
			if err != nil || len(s.site.Links()) != 1 || !strings.HasSuffix(reply.Get("shorturl").String(), "/"+s.site.Links()[0].Alias) {
				t.Errorf("the same again = %s, %v, links %v; want one", reply, err, s.site.Links())
			}
			s.wantLedger(t, 1, 0)
		})
	}
}

// Other requests and other accounts have nothing to do with a doubt.
func TestAdapter_DoubtOfOthers(t *testing.T) {
	s := simulation(t, sites.Options{}, Config{})
	s.fail(t, simulate.DieAfterCommit, 1)
	if _, err := s.create(t, `{"url":"https://example.com/a"}`); err == nil {
		t.Fatal("the first create = nil; want an error")
	}
	if _, err := s.create(t, `{"url":"https://example.com/b"}`); err != nil {
		t.Error(err)
	}
	other := &api.Call{Operation: api.CreateLink, Document: []byte(`{"url":"https://example.com/a"}`), Key: &api.Key{Account: "other"}}
	if _, err := s.Do(t.Context(), other); err != nil {
		t.Error(err)
	}
	if n := len(s.site.Links()); n != 3 {
		t.Errorf("the site has %d links; want 3", n)
	}
	s.wantLedger(t, 1, 1)
}

// Whoever repeats a request twice at once gets one link.
func TestAdapter_DoubtAtOnce(t *testing.T) {
	s := simulation(t, sites.Options{}, Config{})
	s.fail(t, simulate.DieAfterCommit, 1)
	if _, err := s.create(t, `{"url":"https://example.com/a"}`); err == nil {
		t.Fatal("the first create = nil; want an error")
	}
	answers := make(chan string)
	for range 4 {
		go func() {
			reply, err := s.create(t, `{"url":"https://example.com/a"}`)
			if err != nil {
				t.Error(err)
			}
			answers <- reply.Get("shorturl").String()
		}()
	}
	// Once it is completed the later ones of the four are creates of their own.
	seen := map[string]bool{}
	for range 4 {
		seen[<-answers] = true
	}
	if n := len(s.site.Links()); n != len(seen) {
		t.Errorf("the site has %d links, and %d were answered", n, len(seen))
	}
	s.wantLedger(t, len(seen), 0)
}

// An alias that the client chose may be somebody else's: only its redirect
// tells.
func TestAdapter_DoubtChosenAlias(t *testing.T) {
	const document = `{"url":"https://example.com/a","custom":"spring24"}`
	for name, c := range map[string]struct {
		locate func(context.Context, string) (string, error)
		older  bool
		want   api.Code // empty for the link
	}{
		"leads there":    {locate: func(context.Context, string) (string, error) { return "https://EXAMPLE.com/a", nil }},
		"leads away":     {locate: func(context.Context, string) (string, error) { return "https://example.org/", nil }, want: api.Conflict},
		"no redirect":    {locate: func(context.Context, string) (string, error) { return "", errors.New("200") }, want: api.Conflict},
		"nobody to look": {want: api.Conflict},
		"an older one": {
			locate: func(context.Context, string) (string, error) { return "https://example.com/a", nil },
			older:  true, want: api.Conflict,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := simulation(t, sites.Options{}, Config{Locate: c.locate})
			links := 0
			if c.older {
				if _, err := s.create(t, document); err != nil {
					t.Fatal(err)
				}
				links++
			}
			s.fail(t, simulate.DieAfterCommit, 1)
			if _, err := s.create(t, document); api.AsError(err).Code != api.Unavailable {
				t.Fatalf("the first create = %v; want Unavailable", err)
			}
			reply, err := s.create(t, document)
			if c.want != "" {
				if api.AsError(err).Code != c.want {
					t.Errorf("the same again = %v; want %s", err, c.want)
				}
				s.wantLedger(t, links, 1)
				return
			}
			if err != nil || !strings.HasSuffix(reply.Get("shorturl").String(), "/spring24") {
				t.Errorf("the same again = %s, %v; want the link", reply, err)
			}
			s.wantLedger(t, 1, 0)
		})
	}
}

// A plan without aliases leaves no way to find out: the site gets time to end
// what it is at, then the link is made anew.
func TestAdapter_DoubtWithoutAliases(t *testing.T) {
	s := simulation(t, sites.Options{Plan: []string{}}, Config{})
	if _, err := s.create(t, `{"url":"https://example.com/first"}`); err != nil {
		t.Fatal(err)
	}
	s.fail(t, simulate.DieAfterCommit, 1)
	const document = `{"url":"https://example.com/a"}`
	_, err := s.create(t, document)
	if e := api.AsError(err); e.Code != api.Unavailable || strings.Contains(e.Message, "makes no second") {
		t.Fatalf("the first create = %v; want Unavailable and no promise", err)
	}
	sent := len(s.server.Requests())
	_, err = s.create(t, document)
	if e := api.AsError(err); e.Code != api.Unavailable || e.RetryAfter <= 0 || e.RetryAfter > s.cfg.quarantine() {
		t.Errorf("the same again = %#v; want Unavailable for a while", err)
	}
	if n := len(s.server.Requests()); n != sent {
		t.Errorf("the site was asked %d times more; want 0", n-sent)
	}
	s.now = func() time.Time { return time.Now().Add(s.cfg.quarantine() + time.Second) }
	if _, err := s.create(t, document); err != nil {
		t.Errorf("the same again, later = %v", err)
	}
	s.wantLedger(t, 2, 0)

	// A clock that was set back keeps nobody for longer.
	s.fail(t, simulate.DieAfterCommit, 1)
	if _, err := s.create(t, document); err == nil {
		t.Fatal("a create without an answer = nil; want an error")
	}
	s.now = func() time.Time { return time.Now().Add(-24 * time.Hour) }
	if _, err := s.create(t, document); err != nil {
		t.Errorf("the same again, a day before = %v", err)
	}
	s.wantLedger(t, 3, 0)
}

// A site that takes no alias of this length gets none.
func TestAdapter_AliasRefused(t *testing.T) {
	s := simulation(t, sites.Options{AliasMax: 6}, Config{})
	for i, want := range []int{2, 3} {
		if _, err := s.create(t, `{"url":"https://example.com/a"}`); err != nil {
			t.Fatal(err)
		}
		if n := len(s.server.Requests()); n != want || len(s.site.Links()) != i+1 {
			t.Errorf("after %d creates: %d requests, %d links; want %d requests", i+1, n, len(s.site.Links()), want)
		}
	}
	_, err := s.create(t, `{"url":"https://example.com/a","custom":"far-too-long"}`)
	if e := api.AsError(err); e.Code != api.Invalid || len(e.Fields) != 1 || e.Fields[0].Field != "custom" {
		t.Errorf("a long alias = %v; want the field named", err)
	}
}

// An intent of a process that died is taken up like a doubtful one, with its
// alias where the site takes it.
func TestAdapter_DoubtOfDeadProcess(t *testing.T) {
	for name, c := range map[string]struct {
		o    sites.Options
		same bool
	}{
		"taken":   {sites.Options{}, true},
		"refused": {sites.Options{AliasMax: 6}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := simulation(t, c.o, Config{})
			s.deadIntent(t, "AbCdEfGh")
			reply, err := s.create(t, `{"url":"https://example.com/a"}`)
			if err != nil || strings.HasSuffix(reply.Get("shorturl").String(), "/AbCdEfGh") != c.same {
				t.Errorf("create = %s, %v; want the dead one's alias: %v", reply, err, c.same)
			}
			s.wantLedger(t, 1, 0)
		})
	}
}

// deadIntent writes an intent of an hour ago.
func (s *simulated) deadIntent(t *testing.T, alias string) {
	t.Helper()
	call := &api.Call{Operation: api.CreateLink, Document: []byte(`{"url":"https://example.com/a"}`), Key: &api.Key{Account: api.MainAccount}}
	d, err := s.draft(call)
	if err != nil {
		t.Fatal(err)
	}
	dead := s.entry(d)
	dead.Alias, dead.Created = alias, time.Now().Add(-time.Hour)
	if _, err := s.ledger.Begin(t.Context(), dead); err != nil {
		t.Fatal(err)
	}
}

// A request that the site refuses says nothing of what came of an earlier one.
func TestAdapter_DoubtRefused(t *testing.T) {
	s := simulation(t, sites.Options{}, Config{})
	s.fail(t, simulate.DieAfterCommit, 1)
	if _, err := s.create(t, `{"url":"https://example.com/a"}`); err == nil {
		t.Fatal("the first create = nil; want an error")
	}
	s.fail(t, simulate.RateLimit, 1)
	if _, err := s.create(t, `{"url":"https://example.com/a"}`); api.AsError(err).Code != api.RateLimited {
		t.Errorf("the same again = %v; want RateLimited", err)
	}
	s.wantLedger(t, 0, 1)
	if _, err := s.create(t, `{"url":"https://example.com/a"}`); err != nil || len(s.site.Links()) != 1 {
		t.Errorf("the same once more = %v, %d links; want the one", err, len(s.site.Links()))
	}
}

// Of two repetitions at once the slower one keeps what the faster one learnt.
func TestAdapter_Earlier(t *testing.T) {
	s := simulation(t, sites.Options{}, Config{})
	if _, err := s.create(t, `{"url":"https://example.com/a"}`); err != nil {
		t.Fatal(err)
	}
	entry, err := s.ledger.Entry(t.Context(), api.MainAccount, s.cfg.Name, 1)
	if err != nil {
		t.Fatal(err)
	}
	call := &api.Call{Document: []byte(`{"url":"https://example.com/a"}`), Key: &api.Key{Account: api.MainAccount}}
	d, err := s.draft(call)
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.earlier(t.Context(), d, entry, true, errAlias)
	if err != nil || made.id != entry.RemoteID || made.shortURL != entry.ShortURL || made.title != entry.Title {
		t.Errorf("earlier = %+v, %v; want what the ledger has", made, err)
	}
}

func TestAdapter_Fingerprint(t *testing.T) {
	s := simulation(t, sites.Options{}, Config{})
	fingerprint := func(document string, tags ...string) [32]byte {
		t.Helper()
		d, err := s.draft(&api.Call{Document: []byte(document), Tags: tags, Key: &api.Key{Account: api.MainAccount}})
		if err != nil {
			t.Fatal(err)
		}
		return d.fingerprint
	}
	plain := fingerprint(`{"url":"https://example.com/a"}`)
	if plain != fingerprint(`{"url":"https://example.com/a","description":"a note of our own"}`) {
		t.Error("what is not sent counts")
	}
	protected := fingerprint(`{"url":"https://example.com/a","password":"hunter2hunter2"}`)
	if protected != fingerprint(`{"url":"https://example.com/a","password":"another-one"}`) {
		t.Error("the password itself counts")
	}
	for _, other := range [][32]byte{protected, fingerprint(`{"url":"https://example.com/b"}`), fingerprint(`{"url":"https://example.com/a"}`, "spring")} {
		if other == plain {
			t.Error("two requests have one fingerprint")
		}
	}
}

func TestRandomAlias(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		alias := randomAlias()
		if len(alias) != aliasLength || strings.Trim(alias, base58) != "" || seen[alias] {
			t.Fatalf("randomAlias() = %q", alias)
		}
		seen[alias] = true
	}
}
