package adopt_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/adopt"
)

const host = "go.example.com"

var visitor = netip.MustParseAddr("192.0.2.7")

// provider is where the links were before, and target where they go: links are
// known there by their documents.
type provider struct {
	t   testing.TB
	now time.Time

	mu      sync.Mutex
	links   map[string]*adapters.Record // what the API has, by alias
	pages   map[string]*guard.Answer    // what visitors get, by alias; the rest is 404
	every   *guard.Answer               // what they get instead of 404
	apiErr  error
	openErr error
	asked   []string // "api <alias>", "open <alias>"

	domains   []string
	domainErr error
	made      bool // by another lookup, while this one asks for the domain
	stored    map[string]adapters.Record
	refuse    error // of every link

	counts [adopt.Outcomes]int
	logs   *observer.ObservedLogs
	forgot []string
}

func (p *provider) Find(_ context.Context, link *adapters.Record) (*adapters.Record, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	alias := gjson.GetBytes(link.Document, "custom").String()
	p.asked = append(p.asked, "api "+alias)
	if p.apiErr != nil {
		return nil, p.apiErr
	}
	if got := gjson.GetBytes(link.Document, "domain").String(); link.Kind != adapters.KindLink || got != host {
		p.t.Errorf("a %s on %q was looked for", link.Kind, got)
	}
	if found := p.links[alias]; found != nil {
		return found, nil
	}
	return nil, &api.Error{Code: api.NotFound, Message: "Link not found."}
}

func (p *provider) open(_ context.Context, address string) (*guard.Answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	alias, ok := strings.CutPrefix(address, "https://"+host+"/")
	if !ok {
		p.t.Errorf("%s was opened", address)
	}
	p.asked = append(p.asked, "open "+alias)
	switch {
	case p.openErr != nil:
		return nil, p.openErr
	case p.pages[alias] != nil:
		return p.pages[alias], nil
	case p.every != nil:
		answer := *p.every
		answer.Location = strings.ReplaceAll(answer.Location, "ALIAS", alias)
		return &answer, nil
	}
	return &guard.Answer{Status: 404}, nil
}

func (p *provider) Put(_ context.Context, records []adapters.Record) (results []migrate.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range records {
		doc := gjson.ParseBytes(r.Document)
		if r.Kind == adapters.KindDomain {
			if p.made {
				p.domains = append(p.domains, doc.Get("domain").String())
			}
			if p.domainErr != nil {
				results = append(results, migrate.Result{Err: p.domainErr})
				continue
			}
			p.domains = append(p.domains, doc.Get("domain").String())
			results = append(results, migrate.Result{ID: 1})
			continue
		}
		switch alias := doc.Get("custom").String(); {
		case !slices.Contains(p.domains, "https://"+doc.Get("domain").String()):
			results = append(results, migrate.Result{Err: api.InvalidField("domain", "Domain not found. Please try again.")})
		case doc.Get("devicetarget").Exists():
			results = append(results, migrate.Result{Err: api.InvalidField("devicetarget[0].device", "must be a device")})
		case doc.Get("externalid").Exists():
			results = append(results, migrate.Result{Err: &api.Error{
				Code: api.Conflict, Message: "Taken.", Fields: []api.FieldError{{Field: "externalid", Message: "is taken"}},
			}})
		case doc.Get("deeplink").Exists():
			results = append(results, migrate.Result{Err: api.InvalidField("deeplink.apple", "must be a URL")})
		case p.refuse != nil:
			results = append(results, migrate.Result{Err: p.refuse})
		default:
			p.stored[alias] = r
			results = append(results, migrate.Result{ID: 1})
		}
	}
	return results
}

// took lists what was asked since, in order, without aliases that are made up.
func (p *provider) took() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.asked
	p.asked = nil
	for i, a := range asked {
		if kind, alias, _ := strings.Cut(a, " "); len(alias) == 26 {
			asked[i] = kind + " RANDOM"
		}
	}
	return strings.Join(asked, ", ")
}

func newProvider(t testing.TB) *provider {
	return &provider{
		t: t, now: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC),
		links: map[string]*adapters.Record{}, pages: map[string]*guard.Answer{}, stored: map[string]adapters.Record{},
	}
}

// adopter is one for the provider's domain; change may be nil.
func (p *provider) adopter(change func(c *adopt.Config, d *adopt.Domain)) *adopt.Adopter {
	core, logs := observer.New(zapcore.InfoLevel)
	p.logs = logs
	d := adopt.Domain{
		Host: host, Account: "shop", Find: p.Find, Complete: func() bool { return true }, Open: p.open,
		Provider: []string{"old.example"}, Target: p,
	}
	c := adopt.Config{
		Logger: zap.New(core), Now: func() time.Time { p.mu.Lock(); defer p.mu.Unlock(); return p.now },
		Count:  func(o adopt.Outcome) { p.mu.Lock(); defer p.mu.Unlock(); p.counts[o]++ },
		Forget: func(domain, alias string) { p.forgot = append(p.forgot, domain+"/"+alias) },
	}
	if change != nil {
		change(&c, &d)
	}
	c.Domains = []adopt.Domain{d}
	return adopt.New(c)
}

func noAPI(_ *adopt.Config, d *adopt.Domain) { d.Find, d.Complete = nil, nil }

func ledger(_ *adopt.Config, d *adopt.Domain) { d.Complete = nil }

func link(document string, untold ...string) *adapters.Record {
	return &adapters.Record{Kind: adapters.KindLink, ID: 7, Document: []byte(document), Untold: untold}
}

func redirect(to string) *guard.Answer { return &guard.Answer{Status: 302, Location: to} }

func page(status int, body string) *guard.Answer {
	return &guard.Answer{Status: status, Body: []byte(body)}
}

const passwordForm = `<form method="post"><INPUT class=x type='password' name=p></form>`

// TestAdopter_Adopt: what a visitor gets, what is written, and who was asked.
func TestAdopter_Adopt(t *testing.T) {
	const away = "https://example.com/away"
	for name, c := range map[string]struct {
		config func(*adopt.Config, *adopt.Domain)
		setup  func(p *provider)
		to     string
		code   api.Code // empty: taken over or passed on
		asked  string
		want   string // what is stored; empty for nothing
		locked bool
		count  adopt.Outcome
		asks   string // the same again
	}{
		"WholeByAPI": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away","custom":"abc","domain":"go.example.com","metatitle":"T","expiry":"2030-01-01T00:00:00Z"}`)
			},
			asked: "api abc",
			want:  `{"url":"https://example.com/away","custom":"abc","domain":"go.example.com","metatitle":"T","expiry":"2030-01-01T00:00:00Z"}`,
			count: adopt.TakenOver,
		},
		"WithoutWhatItRefersTo": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away","campaign":3,"channel":4,"pixels":[5],"type":"overlay-9","status":"public"}`)
			},
			asked: "api abc", want: `{"url":"https://example.com/away","status":"public","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"SplashByNumber": {
			setup: func(p *provider) { p.links["abc"] = link(`{"url":"https://example.com/away","type":"12"}`) },
			asked: "api abc", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"NotThere": {code: api.NotFound, asked: "api abc", count: adopt.Missing},
		"PasswordKnownHash": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`)
				p.links["abc"].Protected, p.links["abc"].PasswordHash = true, "$argon2id$x"
			},
			asked: "api abc", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"PasswordTold": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`)
				p.links["abc"].Protected = true
			},
			asked: "api abc", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, locked: true, count: adopt.TakenOver,
		},
		"PasswordUntoldAndNone": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`, "password")
				p.pages["abc"] = redirect("https://m.example.com/for-phones")
			},
			asked: "api abc, open abc", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"PasswordUntoldAndThere": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`, "password")
				p.pages["abc"] = page(200, passwordForm)
			},
			asked: "api abc, open abc", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, locked: true, count: adopt.TakenOver,
		},
		"PasswordUntoldAndFormElsewhere": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`, "password")
				p.pages["abc"] = redirect("https://old.example/unlock?abc")
			},
			asked: "api abc, open abc", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, locked: true, count: adopt.TakenOver,
		},
		"PasswordUntoldAndPage": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away","type":"frame"}`, "password")
				p.pages["abc"] = page(200, `<iframe src="https://example.com/away">`)
			},
			asked: "api abc, open abc", want: `{"url":"https://example.com/away","type":"frame","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"PasswordUntoldAndDestinationAtProvider": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://old.example/pricing"}`, "password")
				p.pages["abc"] = redirect("https://old.example/pricing")
			},
			asked: "api abc, open abc", want: `{"url":"https://old.example/pricing","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"PasswordUntoldAndAddressUnknown": {
			setup: func(p *provider) { p.links["abc"] = link(`{"url":"https://example.com/away"}`, "password") },
			code:  api.Unavailable, asked: "api abc, open abc", count: adopt.Failed, asks: "api abc, open abc",
		},
		"PasswordUntoldAndEnded": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away","expiry":"2026-06-30T00:00:00Z"}`, "password")
			},
			asked: "api abc, open abc", count: adopt.TakenOver,
			want: `{"url":"https://example.com/away","expiry":"2026-06-30T00:00:00Z","domain":"go.example.com","custom":"abc"}`,
		},
		"PasswordUntoldAndAddressAway": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`, "password")
				p.openErr = errors.New("connection refused")
			},
			code: api.Unavailable, asked: "api abc, open abc", count: adopt.Failed, asks: "api abc, open abc",
		},
		"LimitOfAPIPassesOn": {
			setup: func(p *provider) {
				p.apiErr = &api.Error{Code: api.RateLimited, Message: "Later."}
				p.pages["abc"] = redirect(away)
			},
			to: away, asked: "api abc, open abc", count: adopt.PassedOn, asks: "api abc, open abc",
		},
		"LimitOfAPIAndNotThere": {
			setup: func(p *provider) { p.apiErr = &api.Error{Code: api.RateLimited, Message: "Later."} },
			code:  api.NotFound, asked: "api abc, open abc", count: adopt.Missing, asks: "api abc, open abc",
		},
		"LimitOfAPIAndPage": {
			setup: func(p *provider) {
				p.apiErr = &api.Error{Code: api.RateLimited, Message: "Later."}
				p.pages["abc"] = page(200, "A page")
			},
			code: api.Unavailable, asked: "api abc, open abc", count: adopt.Failed, asks: "api abc, open abc",
		},
		"AllAway": {
			setup: func(p *provider) { p.apiErr, p.openErr = errors.New("refused"), errors.New("refused") },
			code:  api.Unavailable, asked: "api abc, open abc", count: adopt.Failed, asks: "api abc, open abc",
		},
		"NoSearchInAPI": {
			setup: func(p *provider) {
				p.apiErr = &api.Error{Code: api.Unsupported, Message: "No."}
				p.pages["abc"] = redirect(away)
			},
			asked: "api abc, open abc, open RANDOM", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"ByLedger": {
			config: ledger,
			setup:  func(p *provider) { p.links["abc"] = link(`{"url":"https://example.com/away"}`) },
			asked:  "api abc", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"NotInLedger": {
			config: ledger,
			setup:  func(p *provider) { p.pages["abc"] = redirect(away) },
			asked:  "api abc, open abc, open RANDOM", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"ByAddress": {
			config: noAPI,
			setup:  func(p *provider) { p.pages["abc"] = redirect(away) },
			asked:  "open abc, open RANDOM", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"ByAddressNotThere": {config: noAPI, code: api.NotFound, asked: "open abc", count: adopt.Missing},
		"ByAddressGone":     {config: noAPI, setup: func(p *provider) { p.pages["abc"] = page(410, "") }, code: api.NotFound, asked: "open abc", count: adopt.Missing},
		"ByAddressLocked":   {config: noAPI, setup: func(p *provider) { p.pages["abc"] = page(200, passwordForm) }, code: api.NotFound, asked: "open abc", count: adopt.Refused},
		"ByAddressPage":     {config: noAPI, setup: func(p *provider) { p.pages["abc"] = page(200, "A page") }, code: api.NotFound, asked: "open abc", count: adopt.Refused},
		"ByAddressScript":   {config: noAPI, setup: func(p *provider) { p.pages["abc"] = redirect("javascript:alert(1)") }, code: api.NotFound, asked: "open abc", count: adopt.Refused},
		"ByAddressHome":     {config: noAPI, setup: func(p *provider) { p.pages["abc"] = redirect("https://go.example.com/") }, code: api.NotFound, asked: "open abc", count: adopt.Missing},
		"ByAddressProvider": {config: noAPI, setup: func(p *provider) { p.pages["abc"] = redirect("https://OLD.example:443/404") }, code: api.NotFound, asked: "open abc", count: adopt.Missing},
		"ByAddressItself": {
			config: noAPI, setup: func(p *provider) { p.pages["abc"] = redirect("http://go.example.com/abc/") },
			code: api.Unavailable, asked: "open abc", count: adopt.Failed, asks: "open abc",
		},
		"ByAddress403": {
			config: noAPI, setup: func(p *provider) { p.pages["abc"] = page(403, "") },
			code: api.Unavailable, asked: "open abc", count: adopt.Failed, asks: "open abc",
		},
		"ByAddress500": {
			config: noAPI, setup: func(p *provider) { p.pages["abc"] = page(500, "") },
			code: api.Unavailable, asked: "open abc", count: adopt.Failed, asks: "open abc",
		},
		"ByAddressForEverybody": {
			config: noAPI, setup: func(p *provider) { p.every = redirect("https://shop.example/") },
			code: api.NotFound, asked: "open abc, open RANDOM", count: adopt.Missing,
		},
		"ByAddressForEverybodyWithAlias": {
			config: noAPI, setup: func(p *provider) { p.every = redirect("https://shop.example/lost?path=ALIAS") },
			code: api.NotFound, asked: "open abc, open RANDOM", count: adopt.Missing,
		},
		"ByAddressBesideEverybody": {
			config: noAPI,
			setup: func(p *provider) {
				p.every = redirect("https://shop.example/")
				p.pages["abc"] = redirect(away)
			},
			asked: "open abc, open RANDOM", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"WithoutWhatIsRefused": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away","devicetarget":[{"device":"toaster","link":"https://example.com/"}],"deeplink":{"apple":"x"},"externalid":"7","metatitle":"T"}`)
			},
			asked: "api abc", want: `{"url":"https://example.com/away","metatitle":"T","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"RefusedHere": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"ftp://example.com/"}`)
				p.refuse = api.InvalidField("url", "Please enter a valid URL.")
			},
			code: api.NotFound, asked: "api abc", count: adopt.Refused,
		},
		"TakenMeanwhile": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`)
				p.refuse = &api.Error{Code: api.Conflict, Message: "Taken.", Fields: []api.FieldError{{Field: "custom", Message: "Taken."}}}
			},
			asked: "api abc", count: adopt.Refused,
		},
		"DomainOfAnotherAccount": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`)
				p.domainErr = &api.Error{Code: api.Conflict, Message: "The domain has been already used."}
			},
			code: api.NotFound, asked: "api abc", count: adopt.Refused,
		},
		"DomainMadeMeanwhile": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`)
				p.made = true
				p.domainErr = &api.Error{Code: api.Conflict, Message: "The domain has been already used."}
			},
			asked: "api abc", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"DomainRefused": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`)
				p.domainErr = api.InvalidField("domain", "is where this service's own short links stand")
			},
			code: api.NotFound, asked: "api abc", count: adopt.Refused,
		},
		"DatabaseAway": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`)
				p.refuse = &api.Error{Code: api.Unavailable, Message: "Later."}
			},
			code: api.Unavailable, asked: "api abc", count: adopt.Failed, asks: "api abc",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			if c.setup != nil {
				c.setup(p)
			}
			a := p.adopter(c.config)
			to, err := a.Adopt(t.Context(), host, "abc", visitor)
			if to != c.to || (err == nil) != (c.code == "") || err != nil && api.AsError(err).Code != c.code {
				t.Errorf("Adopt = %q, %v; want %q, %q", to, err, c.to, c.code)
			}
			if got := p.took(); got != c.asked {
				t.Errorf("asked: %s; want %s", got, c.asked)
			}
			stored, ok := p.stored["abc"]
			if string(stored.Document) != c.want || ok && (stored.ID != 0 || stored.Channels != nil) || stored.PasswordHash == "" && stored.Protected != c.locked {
				t.Errorf("stored %s, protected: %t; want %s, %t", stored.Document, stored.Protected, c.want, c.locked)
			}
			if ok && !slices.Equal(p.forgot, []string{host + "/abc"}) {
				t.Errorf("forgot %v", p.forgot)
			}
			if p.counts[c.count] != 1 {
				t.Errorf("counted %v; want one %s", p.counts, c.count)
			}
			if c.code == "" && c.to == "" {
				return
			}
			again, errAgain := a.Adopt(t.Context(), host, "abc", visitor)
			if again != to || fmt.Sprint(api.AsError(errAgain).Code) != fmt.Sprint(api.AsError(err).Code) {
				t.Errorf("again: %q, %v; want %q, %v", again, errAgain, to, err)
			}
			if got := p.took(); got != c.asks {
				t.Errorf("again asked: %s; want %s", got, c.asks)
			}
		})
	}
}

// TestAdopter_Misses: what leads nowhere is asked for again when its time is
// over, and then found.
func TestAdopter_Misses(t *testing.T) {
	p := newProvider(t)
	a := p.adopter(func(_ *adopt.Config, d *adopt.Domain) { d.Misses = time.Minute })
	for step, c := range []struct {
		wait  time.Duration
		found bool
		asked string
	}{
		{0, false, "api abc"}, {59 * time.Second, false, ""}, {time.Second, true, "api abc"},
	} {
		if p.now = p.now.Add(c.wait); c.found {
			p.links["abc"] = link(`{"url":"https://example.com/away"}`)
		}
		_, err := a.Adopt(t.Context(), host, "abc", visitor)
		if got := p.took(); (err == nil) != c.found || got != c.asked {
			t.Errorf("step %d: %v, asked %q; want found: %t, asked %q", step, err, got, c.found, c.asked)
		}
	}
}

// TestAdopter_Limit: an address that guesses is told to wait, and nobody else.
func TestAdopter_Limit(t *testing.T) {
	p := newProvider(t)
	a := p.adopter(func(c *adopt.Config, _ *adopt.Domain) { c.Rate = api.Rate{Requests: 3, Window: time.Minute} })
	for i := range 10 {
		alias := fmt.Sprintf("good-%d", i)
		p.links[alias] = link(`{"url":"https://example.com/away"}`)
		if _, err := a.Adopt(t.Context(), host, alias, visitor); err != nil {
			t.Fatalf("link %d: %v", i, err)
		}
	}
	for i := range 6 {
		want := api.NotFound
		if i >= 3 {
			want = api.RateLimited
		}
		_, err := a.Adopt(t.Context(), host, fmt.Sprintf("guess-%d", i), visitor)
		if e := api.AsError(err); e.Code != want || want == api.RateLimited && e.RetryAfter != time.Minute {
			t.Errorf("guess %d: %v; want %s", i, err, want)
		}
	}
	if _, err := a.Adopt(t.Context(), host, "guess-0", visitor); api.AsError(err).Code != api.NotFound {
		t.Errorf("what is remembered: %v; want it to cost nothing", err)
	}
	if _, err := a.Adopt(t.Context(), host, "guess-9", netip.MustParseAddr("192.0.2.8")); api.AsError(err).Code != api.NotFound {
		t.Errorf("another address: %v", err)
	}
	if n := len(strings.Split(p.took(), ", ")); n != 10+3+1 {
		t.Errorf("%d lookups; want 14", n)
	}
}

// TestAdopter_Crowd: of a crowd at one link one asks; of many links few are
// looked up at once, and who would wait too long is told so.
func TestAdopter_Crowd(t *testing.T) {
	p := newProvider(t)
	p.links["same"] = link(`{"url":"https://example.com/away"}`)
	var (
		mu           sync.Mutex
		atOnce, most int
		going        = make(chan struct{})
		release      = make(chan struct{})
	)
	a := p.adopter(func(c *adopt.Config, d *adopt.Domain) {
		c.Rate = api.Rate{Requests: 1000, Window: time.Minute}
		d.Find = func(ctx context.Context, link *adapters.Record) (*adapters.Record, error) {
			mu.Lock()
			atOnce++
			most = max(most, atOnce)
			mu.Unlock()
			going <- struct{}{}
			<-release
			mu.Lock()
			atOnce--
			mu.Unlock()
			return p.Find(ctx, link)
		}
	})
	var wg sync.WaitGroup
	errs := make(chan error, 300)
	ask := func(alias string) {
		wg.Go(func() {
			_, err := a.Adopt(t.Context(), host, alias, visitor)
			errs <- err
		})
	}
	// The leader leaves, and the lookup goes on for those who wait.
	leader, leave := context.WithCancel(t.Context())
	wg.Go(func() {
		_, err := a.Adopt(leader, host, "same", visitor)
		errs <- err
	})
	<-going
	leave()
	for range 20 {
		ask("same")
	}
	const others = 150
	for i := range others {
		ask(fmt.Sprintf("other-%d", i))
	}
	// Seven more are under way, 64 wait, and the rest is turned away.
	for range 7 {
		<-going
	}
	busy := 0
	for busy < others-7-64 {
		if err := <-errs; api.AsError(err).Code != api.Unavailable {
			t.Fatalf("before any lookup has ended: %v", err)
		}
		busy++
	}
	go func() {
		for range going { //nolint:revive // Lets them all go on.
		}
	}()
	close(release)
	wg.Wait()
	close(errs)
	close(going)
	found, missing := 0, 0
	for err := range errs {
		switch {
		case err == nil:
			found++
		case api.AsError(err).Code == api.NotFound:
			missing++
		default:
			t.Errorf("%v", err)
		}
	}
	if found != 21 || missing != 71 || most != 8 || strings.Count(p.took(), "api same") != 1 {
		t.Errorf("%d found the link, %d others not, up to %d at once; want 21, 71 and 8, and one lookup of the link", found, missing, most)
	}
}

// TestAdopter_Outage tells of an outage once, and of its end once.
func TestAdopter_Outage(t *testing.T) {
	p := newProvider(t)
	a := p.adopter(nil)
	for _, failing := range []bool{true, true, false, false, true} {
		p.apiErr, p.openErr = nil, nil
		if failing {
			p.apiErr, p.openErr = errors.New("refused"), errors.New("refused")
		}
		_, _ = a.Adopt(t.Context(), host, fmt.Sprint("alias-", len(p.asked)), visitor)
	}
	var levels []string
	for _, entry := range p.logs.All() {
		levels = append(levels, entry.Level.String())
	}
	if got := strings.Join(levels, " "); got != "warn info warn" {
		t.Errorf("logged %s: %v", got, p.logs.All())
	}
}

func TestAdopter_Domain(t *testing.T) {
	a := newProvider(t).adopter(nil)
	for _, asked := range []string{host, host + ":8443"} {
		if d := a.Domain(asked); d == nil || d.Host != host || d.Account != "shop" || d.Scheme != "https" {
			t.Errorf("Domain(%s) = %+v", asked, d)
		}
	}
	for _, asked := range []string{"", "example.com", "sub." + host, ":8443"} {
		if d := a.Domain(asked); d != nil {
			t.Errorf("Domain(%q) = %+v; want nil", asked, d)
		}
	}
	if _, err := a.Adopt(t.Context(), "example.com", "abc", visitor); api.AsError(err).Code != api.NotFound {
		t.Errorf("on another host: %v", err)
	}
}
