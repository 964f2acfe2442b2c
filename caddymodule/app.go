package caddymodule

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	_ "time/tzdata" // Zones are known on machines that have no files of them.

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/keys"
	"github.com/linkquay/linkquay/openapi"
)

func init() {
	caddy.RegisterModule(new(App))
}

// Defaults of the App.
const (
	DefaultRequests    = 30
	DefaultBulkItems   = 1000
	DefaultWindow      = time.Minute
	DefaultBodyLimit   = 1 << 20
	DefaultUploadLimit = 100 << 20
)

// bodyTimeout bounds how long a client may take to send a JSON body.
const bodyTimeout = 30 * time.Second

// App holds what all sites share: where links are kept, the backends that
// callers' keys lead to, the keys, and their limits.
type App struct {
	// Database is where Linkquay keeps what it knows. Default: SQLite in
	// linkquay.db, in the folder $LINKQUAY_DATA or else linkquay in Caddy's
	// data directory.
	Database *Database `json:"database,omitempty"`

	// ShortDomain is the scheme and host of short URLs, such as
	// "https://go.example.com". Default: those of the request, which only
	// works on sites whose address names its hosts.
	ShortDomain string `json:"short_domain,omitempty"`

	// TimeZone is the zone of times without one, as an IANA name. Default: UTC.
	TimeZone string `json:"time_zone,omitempty"`

	// RateLimit is the limit of keys that have none of their own. Default: 30
	// requests a minute.
	RateLimit *RateLimit `json:"rate_limit,omitempty"`

	// FailedAttempts is how many failed authentications a client address may
	// have before it is told to wait. Default: 30 a minute.
	FailedAttempts *RateLimit `json:"failed_attempts,omitempty"`

	// BodyLimit bounds JSON bodies, in bytes. Default: 1 MiB.
	BodyLimit int64 `json:"body_limit,omitempty"`

	// UploadLimit bounds uploaded files, in bytes. Default: 100 MiB.
	UploadLimit int64 `json:"upload_limit,omitempty"`

	// BackendsRaw are the places where links live, by name. The backend
	// "native" exists undeclared.
	BackendsRaw map[string]json.RawMessage `json:"backends,omitempty" caddy:"namespace=linkquay.adapters inline_key=adapter"`

	// Keys are callers' API keys, by name. Others are made by the command
	// "caddy linkquay key create" and kept in the database.
	Keys map[string]*Key `json:"keys,omitempty"`

	// BulkLimit is how many links a key may create by bulk requests. Default:
	// 1,000 a minute.
	BulkLimit *RateLimit `json:"bulk_limit,omitempty"`

	// Native are the settings of the native shortener.
	Native

	// Adopt are branded domains whose links are taken over from another provider
	// when a visitor first asks for them, by host.
	Adopt map[string]*Adoption `json:"adopt,omitempty"`

	// DialectsRaw are the APIs that clients may speak. Default: all that Linkquay
	// has.
	DialectsRaw caddy.ModuleMap `json:"dialects,omitempty" caddy:"namespace=linkquay.dialects"`

	ctx      caddy.Context
	logger   *zap.Logger
	zone     *time.Location
	adapters map[string]Adapter
	dialects []dialects.Dialect
	fallback dialects.Dialect // answers for what is nobody's
	handlers []*Handler       // of all sites, for checkSites
	records  []keys.Record
	contract *openapi.Contract
	metrics  *collectors
	fetcher  *guard.Client // of what clients name

	shared  *shared                 // nil until acquired from the pool
	runtime atomic.Pointer[runtime] // nil before opening and after Cleanup

	opening sync.Mutex // held while opening and in Cleanup
	closed  bool       // by Cleanup
}

// CaddyModule returns the Caddy module information.
func (*App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "linkquay", New: func() caddy.Module { return new(App) }}
}

// Provision sets defaults, expands global placeholders and loads guest
// modules. It touches neither disk nor network.
func (a *App) Provision(ctx caddy.Context) error {
	a.ctx, a.logger = ctx, ctx.Logger()
	repl := caddy.NewReplacer()
	var err error
	if a.contract, err = openapi.Load(); err != nil {
		return err
	}
	if a.ShortDomain, err = normalizeOrigin(repl.ReplaceAll(a.ShortDomain, "")); err != nil {
		return err
	}
	if a.zone, err = time.LoadLocation(repl.ReplaceAll(a.TimeZone, "")); err != nil {
		return fmt.Errorf("time_zone: %w", err)
	}
	if a.BodyLimit == 0 {
		a.BodyLimit = DefaultBodyLimit
	}
	if a.UploadLimit == 0 {
		a.UploadLimit = DefaultUploadLimit
	}
	if a.Database == nil {
		a.Database = &Database{}
	}
	if err := a.Database.provision(repl, a.logger); err != nil {
		return err
	}
	if err := a.Native.provision(repl, a.Database.beside(repl, ".files")); err != nil {
		return err
	}
	a.fetcher = guard.New(guard.Options{AllowPrivate: a.private})
	if err := a.loadGuests(); err != nil {
		return err
	}
	if err := a.provisionKeys(repl); err != nil {
		return err
	}
	if err := a.provisionAdoptions(repl); err != nil {
		return err
	}
	a.metrics = theCollectors
	if err := a.metrics.register(ctx.GetMetricsRegistry()); err != nil {
		return err
	}
	a.shared, err = acquireShared(a.Database, a.logger)
	return err
}

// loadGuests loads the adapters and dialects.
func (a *App) loadGuests() error {
	loaded, err := a.ctx.LoadModule(a, "BackendsRaw")
	if err != nil {
		return fmt.Errorf("loading backends: %w", err)
	}
	a.adapters = map[string]Adapter{}
	for name, module := range loaded.(map[string]any) {
		if err := checkName("backend", name); err != nil {
			return err
		}
		if name == api.NativeBackend {
			return fmt.Errorf("backend %q: the name is taken by the built-in backend; choose another", name)
		}
		adapter, ok := module.(Adapter)
		if !ok {
			return fmt.Errorf("backend %q: %T is not an adapter", name, module)
		}
		if err := checkName("account", orMain(adapter.Common().Account)); err != nil {
			return fmt.Errorf("backend %q: %w", name, err)
		}
		a.adapters[name] = adapter
	}
	return a.loadDialects()
}

// owns reports whether a path is for the API rather than for short links.
func (a *App) owns(path string) bool {
	return slices.ContainsFunc(a.dialects, func(d dialects.Dialect) bool { return d.Owns(path) })
}

// reservedPaths are what Linkquay will serve beside the API, besides the names
// that people would take for ours.
var reservedPaths = []string{"admin", "files", "qr"}

// reserved reports whether no short link may have the alias.
func (a *App) reserved(alias string) bool {
	alias = strings.ToLower(alias)
	return slices.Contains(reservedPaths, alias) || a.owns("/"+alias)
}

// Validate refuses settings that cannot work together.
func (a *App) Validate() error {
	if a.BodyLimit < 0 || a.UploadLimit < 0 {
		return fmt.Errorf("body_limit and upload_limit must be positive")
	}
	for name, limit := range map[string]*RateLimit{"rate_limit": a.RateLimit, "failed_attempts": a.FailedAttempts, "bulk_limit": a.BulkLimit} {
		if err := limit.validate(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if names := a.forwarding(); len(names) > 1 {
		return fmt.Errorf("forward_credentials: only one backend may have it, not both %q and %q", names[0], names[1])
	}
	if _, err := keys.NewRing(keys.Config{Configured: a.records}); err != nil {
		return err
	}
	if err := a.checkDomains(); err != nil {
		return err
	}
	if err := a.checkAdoptions(); err != nil {
		return err
	}
	return a.validateKeys(a.Keys)
}

// checkName refuses names of backends and accounts that could not stand in
// "account:backend", the owner of what is kept for a backend, or in an address.
func checkName(what, name string) error {
	if name == "" || len(name) > 64 || strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune(`:/\?#%`, r)
	}) {
		return fmt.Errorf("%s %q: a name has 1 to 64 characters, none of them a space or one of : / \\ ? # %%", what, name)
	}
	return nil
}

// checkDomains refuses a branded domain whose links would live on two backends
// of an account.
func (a *App) checkDomains() error {
	type domain struct{ account, host string }
	backends := map[domain]string{}
	for _, name := range sortedKeys(a.adapters) {
		remote := a.adapters[name].Common()
		for _, host := range remote.Domains {
			if host == api.HostOf(a.ShortDomain) {
				return fmt.Errorf("domains: %s is the host of short_domain, whose links are native", host)
			}
			d := domain{orMain(remote.Account), host}
			if other, ok := backends[d]; ok {
				return fmt.Errorf("domains: %s is listed by the backends %q and %q", host, other, name)
			}
			backends[d] = name
		}
	}
	return nil
}

// forwarding lists the backends that take callers' own credentials, of which
// Validate allows one.
func (a *App) forwarding() (names []string) {
	for _, name := range sortedKeys(a.adapters) {
		if a.adapters[name].Common().ForwardCredentials {
			names = append(names, name)
		}
	}
	return names
}

// Start opens the database, unless a request came first, and the first key is
// made where there is none at all.
func (a *App) Start() error {
	if err := a.checkSites(); err != nil {
		return err
	}
	_, err := a.open()
	return err
}

// Stop implements caddy.App. What the app holds is let go in Cleanup, since
// requests may still run.
func (*App) Stop() error { return nil }

// Cleanup lets go of the shared state; requests that still run keep it.
func (a *App) Cleanup() error {
	if a.shared == nil {
		return nil
	}
	a.opening.Lock()
	defer a.opening.Unlock()
	a.closed = true
	if rt := a.runtime.Swap(nil); rt != nil {
		rt.release()
		return nil
	}
	return releaseShared(a.shared)
}

// normalizeOrigin checks a scheme and host, and returns them without a
// trailing slash.
func normalizeOrigin(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil ||
		(u.Path != "" && u.Path != "/") || strings.ContainsAny(s, "?#") {
		return "", fmt.Errorf("short_domain must be a scheme and a host, such as https://go.example.com")
	}
	return u.Scheme + "://" + api.HostOf(u.Scheme+"://"+u.Host), nil
}

// Interface guards.
var (
	_ caddy.App          = (*App)(nil)
	_ caddy.Provisioner  = (*App)(nil)
	_ caddy.Validator    = (*App)(nil)
	_ caddy.CleanerUpper = (*App)(nil)
)
