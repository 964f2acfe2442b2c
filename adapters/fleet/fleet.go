// Package fleet is several backends behind one key. A link lives on the backend
// that its branded domain belongs to, and everything about it finds that backend
// by its id:
//
//   - Ids of the key's own backend are as that backend gives them. Ids of
//     another one are number<<40 | id with the number that the database gave to
//     that backend, once and for ever, so that no two links of an account have
//     one id. It follows that a backend whose ids reach 1<<40 cannot take part:
//     a reply with such an id is answered by Unavailable, because a later call
//     by that id would meet another link. No site is known to count that far.
//   - Ids of campaigns, channels, pixels, splash pages and overlays in what is
//     told of a link are written in the same way. In a document for a link on
//     another backend they are refused unless they are that backend's.
//   - Links are listed backend by backend, the key's own first, then the others
//     in order of name; the order that was asked for holds within each. A backend
//     that does not answer, or refuses a filter, fails the list: without it
//     totals and pages would be wrong, and clients take what is missing for
//     deleted.
//   - QR codes, campaigns, channels, pixels, domains, splash pages, overlays and
//     the account are those of the key's own backend alone.
//
// Nothing is routed in an account none of whose backends has domains, and a
// backend never meets a key or an id of another account.
package fleet

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// Config is what the backends of one account are. All fields are required
// unless they say otherwise.
type Config struct {
	// Account owns them.
	Account string

	// Remotes are the account's backends beside the native one. One that callers
	// bring their own credentials for is none of them: it has no key for others.
	Remotes []Remote

	// Native is the native shortener, which serves every account.
	Native adapters.Backend

	// Domains tells whose the branded domains of the native shortener are.
	Domains Domains

	// Number returns the number that the database has given to the backend.
	Number func(ctx context.Context, name string) (int64, error)

	// Logger is told of failures in the midst of a success; nil means nobody is.
	Logger *zap.Logger
}

// Remote is a backend of the account.
type Remote struct {
	// Name is the operator's name of the backend.
	Name string

	// Backend is what answers.
	Backend adapters.Backend

	// Domains are the hosts of branded domains whose links live on the backend,
	// in the form of api.HostOf. Nil where nothing is routed to it.
	Domains []string
}

// Domains are the branded domains of the native shortener. A *shortener.Domains
// is one.
type Domains interface {
	// Lookup returns the domain of a host in the form of api.HostOf.
	Lookup(host string) (*shortener.Domain, bool)

	// Owned reports whether the account has any domain.
	Owned(account string) bool

	// Of returns the account's domains, in no order.
	Of(account string) []*shortener.Domain
}

// New returns what answers the keys of the account, by the name of their
// backend, and nil where no backend has domains: then each backend answers its
// own keys alone. It makes no request to any of them.
func New(ctx context.Context, cfg Config) (map[string]adapters.Backend, error) {
	if !slices.ContainsFunc(cfg.Remotes, func(r Remote) bool { return len(r.Domains) > 0 }) {
		return nil, nil //nolint:nilnil // Nothing to route is no failure.
	}
	f, err := newFleet(ctx, cfg)
	if err != nil {
		return nil, err
	}
	backends := make(map[string]adapters.Backend, len(f.members))
	for _, own := range f.members {
		backends[own.name] = newRouter(f, own)
	}
	return backends, nil
}

// fleet is all backends of an account.
type fleet struct {
	account string
	domains Domains
	logger  *zap.Logger

	members []*member // in order of name
	native  *member   // one of them

	hosts   map[string]*member // by branded domain
	numbers map[int64]*member
}

// member is one backend of a fleet.
type member struct {
	name    string
	account string
	number  int64
	backend adapters.Backend
	domains []string
}

func newFleet(ctx context.Context, cfg Config) (*fleet, error) {
	f := &fleet{
		account: cfg.Account,
		domains: cfg.Domains,
		logger:  cfg.Logger,
		native:  &member{name: api.NativeBackend, account: cfg.Account, backend: cfg.Native},
		hosts:   map[string]*member{},
		numbers: map[int64]*member{},
	}
	if f.logger == nil {
		f.logger = zap.NewNop()
	}
	f.members = []*member{f.native}
	for _, r := range cfg.Remotes {
		f.members = append(f.members, &member{name: r.Name, account: cfg.Account, backend: r.Backend, domains: r.Domains})
	}
	slices.SortFunc(f.members, func(a, b *member) int { return cmp.Compare(a.name, b.name) })
	for _, m := range f.members {
		var err error
		if m.number, err = cfg.Number(ctx, m.name); err != nil {
			return nil, err
		}
		if m.number < 1 || m.number > maxNumber {
			return nil, fmt.Errorf("backend %q has the number %d; ids have room for 1 to %d", m.name, m.number, maxNumber)
		}
		f.numbers[m.number] = m
		for _, host := range m.domains {
			if other, ok := f.hosts[host]; ok {
				return nil, fmt.Errorf("the domain %s is that of two backends, %q and %q", host, other.name, m.name)
			}
			f.hosts[host] = m
		}
	}
	return f, nil
}

// home returns the backend where the links of a host live, nil for a host that
// is no branded domain of the account. A domain that a move of another backend's
// links has brought to the native one is that backend's until the move hands it
// over.
func (r *router) home(ctx context.Context, host string) (*member, error) {
	if m, ok := r.hosts[host]; ok {
		return m, nil
	}
	d, ok := r.domains.Lookup(host)
	if !ok || d.Account != r.account {
		return nil, nil //nolint:nilnil // None is no failure.
	}
	m, err := r.broughtBy(ctx, d)
	if err != nil {
		return nil, err
	}
	if m == nil || m != r.own && r.isMoved(m) {
		return r.native, nil
	}
	return m, nil
}

// broughtBy returns the member whose domain a native one is a copy of, nil where
// it is nobody's.
func (f *fleet) broughtBy(ctx context.Context, d *shortener.Domain) (*member, error) {
	for _, m := range f.members {
		moving, ok := m.backend.(adapters.Moving)
		if !ok || m == f.native {
			continue
		}
		brought, err := moving.Brought(ctx, f.account, f.native.name, f.account, adapters.KindDomain, d.ID)
		if err != nil || brought {
			return m, err
		}
	}
	return nil, nil //nolint:nilnil // Nobody is no failure.
}

// isMoved reports whether the links of the member are the native backend's by
// now.
func (f *fleet) isMoved(m *member) bool {
	name, owner := f.homeOf(m)
	return name == f.native.name && owner == f.account
}

// isCopy reports whether all that the native backend has on domains are copies
// of others' links.
func (f *fleet) isCopy(ctx context.Context) (bool, error) {
	for _, d := range f.domains.Of(f.account) {
		if m, err := f.broughtBy(ctx, d); m == nil || err != nil {
			return false, err
		}
	}
	return true, nil
}

// routes reports whether links can have been routed to the member. What the
// keys of a backend without any domain have made is theirs alone.
func (f *fleet) routes(m *member) bool {
	return len(m.domains) > 0 || m == f.native && f.domains.Owned(f.account)
}

// homeOf returns the name of the backend that has the links of the member, and
// the account that they have there: its own, unless they were moved.
func (f *fleet) homeOf(m *member) (name, owner string) {
	if s, ok := m.backend.(adapters.Switched); ok {
		return s.Home(f.account)
	}
	return m.name, f.account
}
