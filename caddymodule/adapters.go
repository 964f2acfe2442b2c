package caddymodule

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
)

// Adapter is a kind of backend as a guest module of the namespace
// linkquay.adapters.
type Adapter interface {
	// Common returns the settings that every backend has.
	Common() *Remote

	// Backend makes the backend. It is called once, when the database is open,
	// and makes no request. An error stops the configuration from starting.
	Backend(env Environment) (adapters.Backend, error)
}

// Environment is what an adapter finds when its backend is made.
type Environment struct {
	// Name is the backend's name in the configuration.
	Name string

	// Client is the one HTTP client for this backend.
	Client *upstream.Client

	// Ledger keeps links that the backend cannot list, and creates in doubt.
	Ledger ledger.Ledger

	// Drift counts where the backend's replies are not what was expected.
	Drift *drift.Counter

	// Locate finds out where a short URL leads by opening it as a visitor would.
	Locate func(ctx context.Context, shortURL string) (destination string, err error)

	// Zone is the zone of times without one at the contract's side, RemoteZone
	// at the backend's.
	Zone       *time.Location
	RemoteZone *time.Location

	Logger *zap.Logger
}

// Remote is what every backend but the native one has. It is embedded in the
// guest modules.
type Remote struct {
	// BaseURL is the address of the backend, such as "https://1mm.kr". Required.
	BaseURL string `json:"base_url,omitempty"`

	// APIKey is sent to the backend. Global placeholders are expanded. Required
	// unless ForwardCredentials is set.
	APIKey string `json:"api_key,omitempty"`

	// ForwardCredentials sends each caller's own credential to the backend
	// instead: whoever has no key of ours is taken to be a user there. At most
	// one backend may have it.
	ForwardCredentials bool `json:"forward_credentials,omitempty"`

	// Account owns the backend. Default: main.
	Account string `json:"account,omitempty"`

	// Timeout bounds each request to the backend. Default: 15s.
	Timeout caddy.Duration `json:"timeout,omitempty"`

	// UnsupportedFields is "reject" or "warn": whether a request that asks for
	// what the backend cannot do is refused, or sent without it and answered
	// with warnings. Default: reject.
	UnsupportedFields string `json:"unsupported_fields,omitempty"`

	// TimeZone is the zone of the backend's times, as an IANA name. Default:
	// UTC.
	TimeZone string `json:"time_zone,omitempty"`

	// APIRate is what the backend allows its API key. No more is sent to it:
	// reads are then answered by what is remembered, writes wait. Where callers'
	// own credentials are forwarded, it is for each of them. Default: no limit.
	APIRate *RateLimit `json:"api_rate,omitempty"`

	// Domains are the hosts of branded domains whose links live on the backend,
	// whichever backend of the account a key has.
	Domains []string `json:"domains,omitempty"`

	key  api.Secret
	zone *time.Location
}

// Common implements Adapter.
func (r *Remote) Common() *Remote { return r }

// provision expands placeholders and checks the settings.
func (r *Remote) provision(ctx caddy.Context) error {
	repl := caddy.NewReplacer()
	r.BaseURL = repl.ReplaceAll(r.BaseURL, "")
	r.key = api.Secret(repl.ReplaceAll(r.APIKey, ""))
	switch {
	case r.BaseURL == "":
		return fmt.Errorf("the backend needs its address, such as https://1mm.kr")
	case r.ForwardCredentials && r.APIKey != "":
		return fmt.Errorf("api_key and forward_credentials exclude each other")
	case !r.ForwardCredentials && r.key == "":
		return fmt.Errorf("api_key is missing or empty; it may be a placeholder such as {env.NAME}")
	case r.APIKey != "" && r.key.Reveal() == r.APIKey:
		ctx.Logger().Warn("an API key stands in the configuration itself; consider a placeholder such as {env.NAME}")
	}
	if r.Timeout < 0 {
		return fmt.Errorf("timeout must be positive")
	}
	if err := r.APIRate.validate(); err != nil {
		return fmt.Errorf("api_rate: %w", err)
	}
	if r.ForwardCredentials && len(r.Domains) > 0 {
		return fmt.Errorf("domains and forward_credentials exclude each other: each caller is an account of its own")
	}
	for i, domain := range r.Domains {
		host, err := hostName(repl.ReplaceAll(domain, ""))
		if err != nil {
			return fmt.Errorf("domains: %w", err)
		}
		r.Domains[i] = host
	}
	switch adapters.Unsupported(r.UnsupportedFields) {
	case "":
		r.UnsupportedFields = string(adapters.Reject)
	case adapters.Reject, adapters.Warn:
	default:
		return fmt.Errorf("unsupported_fields must be reject or warn, not %q", r.UnsupportedFields)
	}
	var err error
	if r.zone, err = time.LoadLocation(repl.ReplaceAll(r.TimeZone, "")); err != nil {
		return fmt.Errorf("time_zone: %w", err)
	}
	// Only the upstream client knows what an address may be; it makes no
	// request here.
	client, err := upstream.New(upstream.Config{BaseURL: r.BaseURL, Key: r.key})
	if err != nil {
		return err
	}
	client.Close()
	return nil
}

// budget is what may be sent to the backend, nil for any number.
func (r *Remote) budget() *upstream.Budget {
	if r.APIRate == nil || r.APIRate.Off {
		return nil
	}
	return upstream.NewBudget(r.APIRate.Requests, time.Duration(r.APIRate.Window))
}

// hostName returns the host of a branded domain as it can be compared.
func hostName(domain string) (string, error) {
	u, err := url.Parse("https://" + domain)
	if err != nil || domain == "" || u.Host != domain || u.Hostname() == "" || strings.ContainsAny(domain, "*, ") || !api.IsPort(u.Port()) {
		return "", fmt.Errorf("%q is not a host, such as links.example.com", domain)
	}
	return api.HostOf(domain), nil
}

func (r *Remote) unsupported() adapters.Unsupported {
	return adapters.Unsupported(r.UnsupportedFields)
}
