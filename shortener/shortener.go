package shortener

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/linkquay/linkquay/api"
)

// TypeDirect is the type of a link that redirects at once.
const TypeDirect = "direct"

// aliasAttempts is how many random aliases are tried before giving up; each
// conflict makes the next one a character longer.
const aliasAttempts = 5

// Config is what a Shortener is made of.
type Config struct {
	// Store keeps the links.
	Store Store

	// Index keeps the targets of visited links. It belongs to the store and is
	// shared by all shorteners on it.
	Index *Index

	// OwnHosts are the hosts that short links stand on, as api.HostOf returns them.
	// A link may not lead to one of them.
	OwnHosts []string

	// Reserved reports whether an alias would stand where something else does,
	// such as "api"; nil means none would.
	Reserved func(alias string) bool

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Shortener makes, changes and resolves links. It is safe for concurrent use.
type Shortener struct {
	cfg Config
}

// New returns a shortener.
func New(cfg Config) *Shortener {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Reserved == nil {
		cfg.Reserved = func(string) bool { return false }
	}
	return &Shortener{cfg: cfg}
}

// Store returns where the links are kept, for what needs no rule.
func (s *Shortener) Store() Store { return s.cfg.Store }

// Create checks the link, gives it a random alias where it has none, and
// stores it. The password, unless it is empty, is hashed once all else is fine.
// host is where short links stand for this request, as api.HostOf returns it; a
// link may not lead there. Codes: Invalid, Conflict for an alias that is taken
// or reserved.
func (s *Shortener) Create(ctx context.Context, l *Link, password, host string) error {
	if err := s.check(l, host, time.Time{}); err != nil {
		return err
	}
	if l.Alias != "" {
		if err := s.checkAlias(l.Alias); err != nil {
			return err
		}
	}
	if password != "" {
		var err error
		if l.PasswordHash, err = HashPassword(ctx, password); err != nil {
			return err
		}
	}
	if l.Alias != "" {
		return s.cfg.Store.CreateLink(ctx, l)
	}
	var err error
	for i := range aliasAttempts {
		if l.Alias = randomAlias(randomLength + i); s.cfg.Reserved(l.Alias) {
			continue
		}
		err = s.cfg.Store.CreateLink(ctx, l)
		if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != api.Conflict {
			return err
		}
	}
	return &api.Error{Code: api.Unavailable, Message: "No free alias was found. Please try again.", Err: err}
}

// Update changes a link of the account, checks it, and stores it. change must
// be quick: other writes wait for it. Codes: those of Create, and NotFound.
func (s *Shortener) Update(ctx context.Context, account string, id int64, host string, change func(l *Link) error) (*Link, error) {
	before, after, err := s.cfg.Store.UpdateLink(ctx, account, id, func(l *Link) error {
		was := *l
		if err := change(l); err != nil {
			return err
		}
		if l.Alias != was.Alias {
			if err := s.checkAlias(l.Alias); err != nil {
				return err
			}
		}
		return s.check(l, host, was.Expires)
	})
	if err != nil {
		return nil, err
	}
	s.cfg.Index.Remove(before.Domain, before.Alias)
	s.cfg.Index.Remove(after.Domain, after.Alias)
	return after, nil
}

// Delete removes a link of the account.
func (s *Shortener) Delete(ctx context.Context, account string, id int64) error {
	l, err := s.cfg.Store.DeleteLink(ctx, account, id)
	if err != nil {
		return err
	}
	s.cfg.Index.Remove(l.Domain, l.Alias)
	return nil
}

// Resolve returns the target of a short link: from memory, else from the
// store. Codes: NotFound, Unavailable.
func (s *Shortener) Resolve(ctx context.Context, domain, alias string) (Target, error) {
	t, version, ok := s.cfg.Index.get(domain, alias)
	if ok {
		return t, nil
	}
	l, err := s.cfg.Store.LinkByAlias(ctx, domain, alias)
	if err != nil {
		return Target{}, err
	}
	t = NewTarget(l)
	s.cfg.Index.add(domain, alias, t, version)
	return t, nil
}

// check refuses what a link cannot be. An expiry that stays as it was may lie
// in the past: an expired link can still be edited.
func (s *Shortener) check(l *Link, host string, expiresBefore time.Time) error {
	for _, t := range destinations(l) {
		if err := s.checkTarget(t.field, t.url, host); err != nil {
			return err
		}
	}
	if !l.Expires.IsZero() && !l.Expires.Equal(expiresBefore) && !l.Expires.After(s.cfg.Now()) {
		return api.InvalidField("expiry", "The expiry date must be later than today.")
	}
	if l.Domain != "" {
		return api.InvalidField("domain", "Domain not found. Please try again.")
	}
	return nil
}

// checkTarget refuses destinations that are not http or https, and those that
// would lead back to us.
func (s *Shortener) checkTarget(field, target, host string) error {
	u, err := url.Parse(target)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || !api.IsPort(u.Port()) {
		return api.InvalidField(field, "Please enter a valid URL.")
	}
	at := api.HostOf(u.Scheme + "://" + u.Host)
	if at == host || slices.Contains(s.cfg.OwnHosts, at) {
		return api.InvalidField(field, "leads back to this service")
	}
	return nil
}

type destination struct{ field, url string }

// destinations returns every place that a link can lead to, with the name of
// its field.
func destinations(l *Link) []destination {
	d := []destination{{"url", l.URL}}
	for i, r := range l.Options.Geo {
		d = append(d, destination{fmt.Sprintf("geotarget[%d].link", i), r.Link})
	}
	for i, r := range l.Options.Devices {
		d = append(d, destination{fmt.Sprintf("devicetarget[%d].link", i), r.Link})
	}
	for i, r := range l.Options.Languages {
		d = append(d, destination{fmt.Sprintf("languagetarget[%d].link", i), r.Link})
	}
	return d
}
