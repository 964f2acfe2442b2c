package caddymodule

import (
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/keys"
)

// environmentKey names the variable that holds an admin key of the main
// account, for machines that are set up by their environment.
const environmentKey = "LINKQUAY_API_KEY"

// Key is an API key of a caller.
type Key struct {
	// Key is the key itself: any opaque string of 16 characters or more, so
	// that clients can keep the one that they have. Global placeholders are
	// expanded, so that it need not stand in the configuration.
	Key string `json:"key,omitempty"`

	// Account owns what is made with the key. Default: main.
	Account string `json:"account,omitempty"`

	// Backend is where the key's links live. Default: native.
	Backend string `json:"backend,omitempty"`

	// RateLimit is the key's own limit. Default: the app's.
	RateLimit *RateLimit `json:"rate_limit,omitempty"`

	// Scopes are read, create, write and admin. Default: the first three.
	Scopes []string `json:"scopes,omitempty"`

	// Expires is when the key ends, in RFC 3339 or as a date, which means the
	// end of that day in UTC. Default: never.
	Expires string `json:"expires,omitempty"`

	// Strict refuses what is otherwise put right of what the client sends, such
	// as unknown fields and empty values. Default: false.
	Strict bool `json:"strict,omitempty"`
}

// provisionKeys turns the configured keys into records and forgets the keys.
func (a *App) provisionKeys(repl *caddy.Replacer) error {
	for _, name := range sortedKeys(a.Keys) {
		k := a.Keys[name]
		if k == nil {
			return fmt.Errorf("key %q: no settings", name)
		}
		plain := api.Secret(repl.ReplaceAll(k.Key, ""))
		if plain.Reveal() == k.Key {
			a.logger.Warn("an API key stands in the configuration itself; consider a placeholder such as {env.NAME}", zap.String("key", name))
		}
		r, err := k.record(name, plain)
		if err != nil {
			return err
		}
		a.records = append(a.records, *r)
	}
	return a.addEnvironmentKey(repl)
}

// addEnvironmentKey adds the key of the environment, unless it is configured.
func (a *App) addEnvironmentKey(repl *caddy.Replacer) error {
	plain, ok := repl.GetString("env." + environmentKey)
	if !ok || plain == "" {
		return nil
	}
	k := &Key{Scopes: []string{"admin"}}
	r, err := k.record(environmentKey, api.Secret(plain))
	if err != nil {
		return err
	}
	for _, configured := range a.records {
		if configured.Hash == r.Hash {
			return nil
		}
	}
	a.records = append(a.records, *r)
	return nil
}

func (k *Key) record(name string, plain api.Secret) (*keys.Record, error) {
	if err := keys.CheckConfigured(name, plain); err != nil {
		return nil, err
	}
	scopes, err := api.ParseScopes(k.Scopes...)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", name, err)
	}
	r := &keys.Record{Name: name, Hash: keys.Hash(plain), Account: k.Account, Backend: k.Backend, Scopes: scopes, Strict: k.Strict}
	if k.RateLimit != nil {
		rate := k.RateLimit.rate(DefaultRequests)
		r.Rate = &rate
	}
	if r.Expires, err = parseExpiry(k.Expires); err != nil {
		return nil, fmt.Errorf("key %q: %w", name, err)
	}
	return r, nil
}

// validateKeys refuses keys that lead nowhere, or into another account.
func (a *App) validateKeys(configured map[string]*Key) error {
	for _, name := range sortedKeys(configured) {
		k := configured[name]
		if err := k.RateLimit.validate(); err != nil {
			return fmt.Errorf("key %q: rate_limit: %w", name, err)
		}
		if err := checkName("account", orMain(k.Account)); err != nil {
			return fmt.Errorf("key %q: %w", name, err)
		}
		if k.Backend == "" || k.Backend == api.NativeBackend {
			continue
		}
		adapter, ok := a.adapters[k.Backend]
		if !ok {
			return fmt.Errorf("key %q: there is no backend %q", name, k.Backend)
		}
		if orMain(k.Account) != orMain(adapter.Common().Account) {
			return fmt.Errorf("key %q: it is of the account %q, but its backend %q is of %q",
				name, orMain(k.Account), k.Backend, orMain(adapter.Common().Account))
		}
	}
	return nil
}

// parseExpiry reads a moment in RFC 3339, or a date, which means its end in
// UTC. Empty is the zero time.
func parseExpiry(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("expires must be a date or a time in RFC 3339, such as 2030-12-31 or 2030-12-31T12:00:00Z")
	}
	return t.AddDate(0, 0, 1).Add(-time.Second), nil
}

func orMain(account string) string {
	if account == "" {
		return api.MainAccount
	}
	return account
}
