package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"golang.org/x/net/idna"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/adopt"
	"github.com/linkquay/linkquay/visitors"
)

// Adoption is a branded domain that is pointed at Linkquay before its links are
// copied: a link that is not here yet is taken over, to the native shortener,
// when a visitor first asks for it.
type Adoption struct {
	// Backend is the provider's, whose API tells of its links. Default: none, and
	// the provider's public address alone tells where they lead.
	Backend string `json:"backend,omitempty"`

	// Account gets the links. Default: that of the backend, else main.
	Account string `json:"account,omitempty"`

	// Via is the scheme and host by which the provider is reached to open a short
	// URL as a visitor, while DNS leads the domain here. Default: those of the
	// backend's address. Required without a backend.
	Via string `json:"via,omitempty"`

	// Misses is how long an alias that leads nowhere is remembered. Default: 10m.
	Misses caddy.Duration `json:"misses,omitempty"`

	via *url.URL
}

// maxOpened is how much is read of a page that the provider shows a visitor, in
// bytes: enough to see whether it asks for a password.
const maxOpened = 256 << 10

// provisionAdoptions sets defaults and puts hosts into their form.
func (a *App) provisionAdoptions(repl *caddy.Replacer) error {
	adoptions := make(map[string]*Adoption, len(a.Adopt))
	for _, domain := range sortedKeys(a.Adopt) {
		host, err := hostName(repl.ReplaceAll(domain, ""))
		if err != nil {
			return fmt.Errorf("adopt: %w", err)
		}
		if _, ok := adoptions[host]; ok || strings.Contains(host, ":") {
			return fmt.Errorf("adopt: %s must be a host of its own, without a port", host)
		}
		if ascii, err := idna.Lookup.ToASCII(host); err != nil || ascii != host {
			return fmt.Errorf("adopt: write %s in the form that browsers ask for, such as xn--bcher-kva.example", host)
		}
		if adoptions[host] = a.Adopt[domain]; adoptions[host] == nil {
			adoptions[host] = new(Adoption)
		}
		if err := adoptions[host].provision(a, host, repl); err != nil {
			return fmt.Errorf("adopt %s: %w", host, err)
		}
	}
	a.Adopt = adoptions
	return nil
}

func (d *Adoption) provision(a *App, host string, repl *caddy.Replacer) error {
	via := repl.ReplaceAll(d.Via, "")
	if d.Backend != "" {
		adapter, ok := a.adapters[d.Backend]
		if !ok {
			return fmt.Errorf("there is no remote backend %q", d.Backend)
		}
		settings := adapter.Common()
		if settings.ForwardCredentials {
			return fmt.Errorf("the backend %q has no API key of its own (forward_credentials): leave it out and set via", d.Backend)
		}
		if d.Account == "" {
			d.Account = settings.Account
		}
		if via == "" {
			via = originOf(settings.BaseURL)
		}
	}
	if via == "" {
		return errors.New("needs a backend, or via: the scheme and host by which the provider is reached, such as https://1mm.kr")
	}
	d.Account = orMain(d.Account)
	if err := checkName("account", d.Account); err != nil {
		return err
	}
	u, err := url.Parse(via)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || !api.IsPort(u.Port()) ||
		strings.Trim(u.Path, "/") != "" || strings.ContainsAny(via, "?#") {
		return errors.New("via must be a scheme and a host, such as https://1mm.kr")
	}
	if api.HostOf(u.Hostname()) == host {
		return errors.New("via must not be the domain itself, which leads here")
	}
	if d.Misses < 0 {
		return errors.New("misses must be positive")
	}
	d.via = u
	return nil
}

// checkAdoptions refuses a domain that is no branded one.
func (a *App) checkAdoptions() error {
	if _, ok := a.Adopt[api.HostOf(a.ShortDomain)]; ok {
		return fmt.Errorf("adopt: %s is the host of short_domain, which is no branded domain", api.HostOf(a.ShortDomain))
	}
	return nil
}

// adopts reports whether the links of a host, in the form of api.HostOf, are
// taken over.
func (a *App) adopts(host string) bool {
	_, ok := a.Adopt[host]
	return ok
}

// adopter makes what takes links over, nil where no domain wants it. The
// backends need not have been made yet.
func (a *App) adopter(rt *runtime, own adapters.Backend) visitors.Adopter {
	if len(a.Adopt) == 0 {
		return nil
	}
	cfg := adopt.Config{
		Forget:  a.shared.database.index.Remove,
		Retired: a.shared.database.store.Retired,
		Limiter: a.shared.limits,
		Rate:    a.FailedAttempts.rate(DefaultRequests),
		Count:   a.metrics.adopted,
		Logger:  a.logger,
	}
	for _, host := range sortedKeys(a.Adopt) {
		d := a.Adopt[host]
		domain := adopt.Domain{
			Host:     host,
			Account:  d.Account,
			Open:     opener(d.via),
			Provider: []string{api.HostOf(d.via.String())},
			Target:   a.nativePlace(own, d.Account),
			Misses:   time.Duration(d.Misses),
		}
		if d.Backend != "" {
			settings := a.adapters[d.Backend].Common()
			domain.Provider = append(domain.Provider, api.HostOf(originOf(settings.BaseURL)))
			domain.Find = a.finder(rt, d.Backend, host)
			domain.Complete = tellsAll(a.adapters[d.Backend])
		}
		cfg.Domains = append(cfg.Domains, domain)
	}
	return adopt.New(cfg)
}

// finder returns what asks a backend's API for a link on the host.
func (a *App) finder(rt *runtime, backend, host string) func(context.Context, *adapters.Record) (*adapters.Record, error) {
	source := sync.OnceValues(func() (*migrate.Place, error) {
		r, err := rt.find(backend)
		if err != nil {
			return nil, err
		}
		place, err := a.remotePlace(r, "")
		if err != nil {
			return nil, err
		}
		// A visitor waits, and each call is one of few that the provider allows: the
		// host is a branded domain whether or not the API says so, and what a link
		// belongs to is not looked for.
		place.Domains, place.Brief = append([]string{host}, place.Domains...), true
		return place, nil
	})
	return func(ctx context.Context, link *adapters.Record) (*adapters.Record, error) {
		place, err := source()
		if err != nil {
			return nil, err
		}
		return place.Find(ctx, link)
	}
}

// tellsAll reports whether a backend's API finds whatever stands at an address
// of the account. Of dgLnk's version 1 the ledger knows what was made through
// Linkquay, and a link of version 3 can stand on all domains without saying so.
func tellsAll(adapter Adapter) bool {
	_, ok := adapter.(*Gempixel)
	return ok
}

// opener returns what opens a short URL at the provider, with the eyes of a
// visitor of whom nothing is known.
func opener(via *url.URL) func(context.Context, string) (*guard.Answer, error) {
	client := guard.New(guard.Options{Via: via})
	return func(ctx context.Context, address string) (*guard.Answer, error) {
		return client.Open(ctx, http.MethodGet, address, nil, maxOpened)
	}
}

func (a *App) unmarshalAdoption(d *caddyfile.Dispenser) error {
	args := d.RemainingArgs()
	if len(args) < 1 || len(args) > 2 {
		return d.Err("adopt needs a branded domain and the backend that its links are on, such as: adopt go.example.com kr")
	}
	if _, ok := a.Adopt[args[0]]; ok {
		return d.Errf("adopt: %s stands twice", args[0])
	}
	adoption := new(Adoption)
	if len(args) == 2 {
		adoption.Backend = args[1]
	}
	once := once{}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		err := once.check(d)
		if err != nil {
			return err
		}
		switch option := d.Val(); option {
		case "account":
			err = one(d, &adoption.Account)
		case "via":
			err = one(d, &adoption.Via)
		case "misses":
			err = unmarshalDuration(d, &adoption.Misses)
		default:
			err = d.Errf("adopt %s: unknown option %q", args[0], option)
		}
		if err != nil {
			return err
		}
	}
	if a.Adopt == nil {
		a.Adopt = map[string]*Adoption{}
	}
	a.Adopt[args[0]] = adoption
	return nil
}
