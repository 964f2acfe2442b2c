package adopt_test

import (
	"context"
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
		Host: host, Account: "shop", Find: p.Find, Complete: true, Open: p.open,
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

func noAPI(_ *adopt.Config, d *adopt.Domain) { d.Find, d.Complete = nil, false }

func ledger(_ *adopt.Config, d *adopt.Domain) { d.Complete = false }

func link(document string, untold ...string) *adapters.Record {
	return &adapters.Record{Kind: adapters.KindLink, ID: 7, Document: []byte(document), Untold: untold}
}

func redirect(to string) *guard.Answer { return &guard.Answer{Status: 302, Location: to} }

func page(status int, body string) *guard.Answer {
	return &guard.Answer{Status: status, Body: []byte(body)}
}

const passwordForm = `<form method="post"><INPUT class=x type='password' name=p></form>`
