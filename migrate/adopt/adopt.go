// Package adopt takes links over one by one: where a visitor of a branded domain
// asks for an alias that nobody knows here, it is looked up where the domain's
// links were before. So a domain can be pointed at Linkquay before anything of
// it is copied.
//
// The provider's API is asked first. What that cannot tell, the short URL itself
// tells, opened at the provider as a visitor does: where a link leads that the
// API does not know, and whether a password stands before it. What that is
// nobody tells: here such a link opens for nobody until it is given a new one.
//
// Strangers can ask for as many aliases as they like. So an alias that leads
// nowhere is remembered for a while, few lookups are under way at once, and an
// address that has had many for nothing is told to wait. While many are made for
// nothing by whomever, the short URL is opened before the API is asked, whose
// limit clients need.
package adopt

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/singleflight"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/ratelimit"
	"github.com/linkquay/linkquay/shortener"
)

// DefaultMisses is how long an alias that leads nowhere is remembered.
const DefaultMisses = 10 * time.Minute

const (
	// lookups is how many of a domain are under way at once, queue how many more
	// wait for one of them to end.
	lookups = 8
	queue   = 64

	// timeout bounds a lookup, its wait included.
	timeout = 10 * time.Second
)

// Domain is a branded domain whose links are taken over.
type Domain struct {
	// Host is in the form of api.HostOf, without a port.
	Host string

	// Account gets the links.
	Account string

	// Find returns the link with the domain and alias of a record, letter by
	// letter, as the provider's API has it; NotFound where it has none. Nil means
	// that there is no API to ask.
	Find func(ctx context.Context, link *adapters.Record) (*adapters.Record, error)

	// Complete says that Find knows every link of the domain, so that what it does
	// not find is nowhere.
	Complete bool

	// Open opens a short URL at the provider, whatever DNS says of its host.
	Open func(ctx context.Context, address string) (*guard.Answer, error)

	// Provider are the hosts of the provider's own pages, to which visitors of
	// what does not exist may be led.
	Provider []string

	// Target is where the links go.
	Target Target

	// Misses is how long an alias that leads nowhere is remembered; 0 means 10
	// minutes.
	Misses time.Duration
}

// Target takes records. A *migrate.Place is one.
type Target interface {
	Put(ctx context.Context, records []adapters.Record) []migrate.Result
}

// Config is what an Adopter is made of.
type Config struct {
	Domains []Domain

	// Forget has the next visit of an address read what is stored there.
	Forget func(domain, alias string)

	// Retired reports whether a link stood at an address here and was taken away:
	// it does not come back. Nil means that none was.
	Retired func(ctx context.Context, domain, alias string) (bool, error)

	// Limiter counts the lookups of a client address that found nothing, and Rate
	// is how many it may have: 30 a minute where it is zero. A nil Limiter means
	// one in memory.
	Limiter ratelimit.Limiter
	Rate    api.Rate

	// Count is told what came of every request; nil means nobody counts.
	Count func(Outcome)

	// Logger is told of links that cannot be taken over, and of providers that do
	// not answer; nil discards it.
	Logger *zap.Logger

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Adopter takes over the links of branded domains. It is safe for concurrent
// use.
type Adopter struct {
	cfg     Config
	domains map[string]*domain
}

// domain is a Domain at work.
type domain struct {
	Domain
	cfg       *Config
	shown     shortener.Domain
	misses    *misses
	flights   singleflight.Group
	queue     chan struct{} // holds one for each lookup
	slots     chan struct{} // holds one for each lookup that is under way
	elsewhere catchAll
	outage    outage
}

// New returns an adopter.
func New(cfg Config) *Adopter {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Limiter == nil {
		cfg.Limiter = ratelimit.NewMemory(ratelimit.Options{Now: cfg.Now})
	}
	if cfg.Rate == (api.Rate{}) {
		cfg.Rate = api.Rate{Requests: 30, Window: time.Minute}
	}
	if cfg.Retired == nil {
		cfg.Retired = func(context.Context, string, string) (bool, error) { return false, nil }
	}
	if cfg.Forget == nil {
		cfg.Forget = func(string, string) {}
	}
	if cfg.Count == nil {
		cfg.Count = func(Outcome) {}
	}
	if cfg.Logger == nil {
		cfg.Logger = zap.NewNop()
	}
	a := &Adopter{cfg: cfg, domains: map[string]*domain{}}
	for _, d := range cfg.Domains {
		if d.Misses <= 0 {
			d.Misses = DefaultMisses
		}
		a.domains[d.Host] = &domain{
			Domain: d,
			cfg:    &a.cfg,
			shown:  shortener.Domain{Account: d.Account, Host: d.Host, Scheme: "https"},
			misses: newMisses(d.Misses),
			queue:  make(chan struct{}, lookups+queue),
			slots:  make(chan struct{}, lookups),
			outage: outage{logger: cfg.Logger.With(zap.String("domain", d.Host))},
		}
	}
	return a
}

// Domain returns the domain of a host whose links are taken over, nil for any
// other. The host is in the form of api.HostOf; a port does not matter. The
// domain need not be registered yet, and must not be changed.
func (a *Adopter) Domain(host string) *shortener.Domain {
	d, ok := a.domains[host]
	if !ok {
		if i := strings.LastIndexByte(host, ':'); i > 0 {
			d, ok = a.domains[host[:i]]
		}
	}
	if !ok {
		return nil
	}
	return &d.shown
}

// Adopt looks an alias up that nobody knows here, for a visitor of the host of
// a Domain. It returns an empty URL where the link is here now, and else where
// the visitor is to be led this time: the link could not be taken over just now.
// Codes: NotFound where it leads nowhere, RateLimited for an address that has
// asked for much that does not exist, Unavailable where nobody could tell.
func (a *Adopter) Adopt(ctx context.Context, host, alias string, client netip.Addr) (to string, err error) {
	d := a.domains[host]
	if d == nil {
		return "", errNotFound
	}
	if d.misses.has(alias, a.cfg.Now()) {
		a.cfg.Count(Remembered)
		return "", errNotFound
	}
	id := "adopt " + ratelimit.AddressKey(client)
	limit, err := a.cfg.Limiter.Peek(ctx, id, a.cfg.Rate)
	if err != nil {
		a.cfg.Count(Failed)
		return "", unavailable(err)
	}
	// What Peek allows, a crowd of lookups at once can exceed by as many as are
	// under way.
	if !limit.Allowed {
		a.cfg.Count(Limited)
		return "", &api.Error{
			Code: api.RateLimited, Message: "Too many links that do not exist were asked for. Please retry later.",
			RetryAfter: limit.Reset.Sub(a.cfg.Now()),
		}
	}
	// While nobody can tell of links, an address that asks for many is not looked
	// at either.
	failures := "adopt failed " + ratelimit.AddressKey(client)
	if limit, err := a.cfg.Limiter.Peek(ctx, failures, a.cfg.Rate); err == nil && !limit.Allowed {
		a.cfg.Count(Failed)
		return "", unavailable(errTooMany)
	}
	// Of a crowd at a link one looks it up, and goes on where its visitor leaves.
	found, err, _ := d.flights.Do(alias, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
		defer cancel()
		to, outcome, err := d.lookUp(ctx, alias)
		a.cfg.Count(outcome)
		if outcome == Failed {
			_, _ = a.cfg.Limiter.Take(ctx, failures, a.cfg.Rate) // It is an error already.
		}
		if err != nil && api.AsError(err).Code == api.NotFound {
			if _, err := a.cfg.Limiter.Take(ctx, id, a.cfg.Rate); err != nil {
				return "", unavailable(err)
			}
		}
		return to, err
	})
	return found.(string), err
}

var errTooMany = errors.New("too many lookups for one address have failed")

var errNotFound = &api.Error{Code: api.NotFound, Message: "Link not found. Please try again."}

// retryAfter is when an outage is looked at again.
const retryAfter = 10 * time.Second

func unavailable(err error) *api.Error {
	return &api.Error{
		Code: api.Unavailable, Message: "Where this link leads could not be found out. Please retry later.",
		RetryAfter: retryAfter, Err: err,
	}
}
