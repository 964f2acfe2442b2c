package shortener

import (
	"context"
	"strconv"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/linkquay/linkquay/api"
)

// TypeDirect is the type of a link that redirects at once.
const TypeDirect = "direct"

// Config is what a Shortener is made of.
type Config struct {
	// Store keeps the links.
	Store Store

	// Index keeps the targets of visited links. It belongs to the store and is
	// shared by all shorteners on it.
	Index *Index

	// Domains knows the branded domains. It belongs to the store and is shared
	// like the index; nil means one of its own.
	Domains *Domains

	// OwnHosts are the hosts that short links stand on, as api.HostOf returns
	// them. A link may not lead to one of them: to one without a port whatever
	// the link's, to one with a port on that port.
	OwnHosts []string

	// MainHosts are hosts that no branded domain may be called, such as those of
	// the API; OwnHosts are among them and need not be named again.
	MainHosts []string

	// Schemes are what destinations may begin with beside http and https, in
	// lower case, such as mailto. Those that a browser could run, or read files
	// with, are never allowed, whether they stand here or not.
	Schemes []string

	// Blocked reports whether a destination is on the blocklist; nil means none
	// is. Whoever changes the list clears the index.
	Blocked func(url string) bool

	// Duplicates lets a create that asks for nothing but a destination have the
	// account's link that leads there already.
	Duplicates bool

	// Reserved reports whether an alias would stand where something else does,
	// such as "api"; nil means none would.
	Reserved func(alias string) bool

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Shortener makes, changes and resolves links. It is safe for concurrent use.
type Shortener struct {
	cfg      Config
	reads    singleflight.Group
	own      ownSites
	ownNames map[string]bool
	schemes  map[string]bool
}

// New returns a shortener.
func New(cfg Config) *Shortener {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Reserved == nil {
		cfg.Reserved = func(string) bool { return false }
	}
	if cfg.Blocked == nil {
		cfg.Blocked = func(string) bool { return false }
	}
	if cfg.Domains == nil {
		cfg.Domains = NewDomains()
	}
	s := &Shortener{cfg: cfg, own: ownSites{}, ownNames: map[string]bool{}, schemes: allowedSchemes(cfg.Schemes)}
	for _, host := range cfg.MainHosts {
		s.ownNames[canonicalHost(host)] = true
	}
	for _, host := range cfg.OwnHosts {
		if at, ok := siteOf(host); ok {
			s.own[at.onMachine()] = true
			s.ownNames[at.host] = true
		}
	}
	return s
}

// Store returns where the links are kept, for what needs no rule.
func (s *Shortener) Store() Store { return s.cfg.Store }

// Domains returns the registry of branded domains.
func (s *Shortener) Domains() *Domains { return s.cfg.Domains }

// ShortURL returns the address of the link. origin is the scheme and host of
// the main domain for this request; a link on a branded domain has its own, and
// one of KindRemote stands elsewhere.
func (s *Shortener) ShortURL(l *Link, origin string) string {
	if l.Kind == KindRemote {
		return l.URL
	}
	if l.Domain != "" {
		origin = "https://" + l.Domain
		if d, ok := s.cfg.Domains.Lookup(l.Domain); ok {
			origin = d.Origin()
		}
	}
	return origin + "/" + l.Alias
}

// Target returns what a visit needs to know of the link, the blocklist
// included.
func (s *Shortener) Target(l *Link) Target {
	t := NewTarget(l)
	for _, d := range destinations(l) {
		if s.cfg.Blocked(d.url) {
			t.Blocked = true
			break
		}
	}
	return t
}

// Resolve returns the target of a short link: from memory, else from the
// store. domain is empty for the main one. Codes: NotFound, Unavailable.
func (s *Shortener) Resolve(ctx context.Context, domain, alias string) (Target, error) {
	t, known, ticket := s.cfg.Index.get(domain, alias)
	switch known {
	case knownLink:
		return t, nil
	case knownNone:
		return Target{}, errLinkNotFound
	}
	// Of a crowd at a link that is not in memory one asks the store. Who comes
	// after a change does not wait for one who asked before it.
	key := strconv.FormatUint(ticket.version, 36) + "/" + domain + "/" + alias
	found, err, _ := s.reads.Do(key, func() (any, error) {
		// Others may wait for it, whoever leaves.
		return s.read(context.WithoutCancel(ctx), domain, alias, ticket)
	})
	if err != nil {
		return Target{}, err
	}
	return found.(Target), nil
}

// read reads a target from the store into the index.
func (s *Shortener) read(ctx context.Context, domain, alias string, ticket ticket) (Target, error) {
	l, err := s.cfg.Store.LinkByAlias(ctx, domain, alias)
	if err != nil {
		if isCode(err, api.NotFound) {
			s.cfg.Index.addMissing(domain, alias, ticket)
		}
		return Target{}, err
	}
	t := s.Target(l)
	s.cfg.Index.add(domain, alias, &t, ticket)
	return t, nil
}

var errLinkNotFound = &api.Error{Code: api.NotFound, Message: "Link not found. Please try again."}
