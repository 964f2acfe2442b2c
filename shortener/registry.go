package shortener

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
)

// Domains knows every branded domain, in memory. It is safe for concurrent
// use; reads take no lock.
type Domains struct {
	hosts atomic.Pointer[map[string]*Domain]

	// started counts the refreshes, so that one that read earlier does not
	// undo one that read later.
	started atomic.Int64

	mu       sync.Mutex
	applied  int64
	revision int64
}

// NewDomains returns a registry that knows no domain.
func NewDomains() *Domains {
	d := &Domains{revision: -1}
	d.hosts.Store(&map[string]*Domain{})
	return d
}

// Lookup returns the domain of a host in the form of api.HostOf. A port that
// the domain was not registered with does not matter. The domain must not be
// changed.
func (d *Domains) Lookup(host string) (*Domain, bool) {
	hosts := *d.hosts.Load()
	if domain, ok := hosts[host]; ok {
		return domain, true
	}
	if i := strings.LastIndexByte(host, ':'); i > 0 {
		domain, ok := hosts[host[:i]]
		return domain, ok
	}
	return nil, false
}

// Has reports whether a name, without a port, is a branded domain's.
func (d *Domains) Has(name string) bool {
	_, ok := (*d.hosts.Load())[strings.TrimSuffix(strings.ToLower(name), ".")]
	return ok
}

// Owned reports whether the account has a branded domain.
func (d *Domains) Owned(account string) bool {
	for _, domain := range *d.hosts.Load() {
		if domain.Account == account {
			return true
		}
	}
	return false
}

// Of returns the account's branded domains, in no order. They must not be
// changed.
func (d *Domains) Of(account string) (all []*Domain) {
	for _, domain := range *d.hosts.Load() {
		if domain.Account == account {
			all = append(all, domain)
		}
	}
	return all
}

// DomainSource is where the branded domains are kept. A Store is one.
type DomainSource interface {
	AllDomains(ctx context.Context) ([]Domain, error)
	DomainsRevision(ctx context.Context) (int64, error)
}

// Refresh reads the domains anew. An error leaves those that were known.
func (d *Domains) Refresh(ctx context.Context, source DomainSource) error {
	started := d.started.Add(1)
	// Before the list: where that changes in between, the next look at the
	// revision reads it again.
	revision, err := source.DomainsRevision(ctx)
	if err != nil {
		return err
	}
	return d.load(ctx, source, started, revision)
}

// refreshIfChanged is Refresh where the revision is another one.
func (d *Domains) refreshIfChanged(ctx context.Context, source DomainSource) error {
	started := d.started.Add(1)
	revision, err := source.DomainsRevision(ctx)
	if err != nil {
		return err
	}
	d.mu.Lock()
	same := d.revision == revision
	d.mu.Unlock()
	if same {
		return nil
	}
	return d.load(ctx, source, started, revision)
}

func (d *Domains) load(ctx context.Context, source DomainSource, started, revision int64) error {
	list, err := source.AllDomains(ctx)
	if err != nil {
		return err
	}
	hosts := make(map[string]*Domain, len(list))
	for i := range list {
		hosts[list[i].Host] = &list[i]
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if started > d.applied {
		d.hosts.Store(&hosts)
		d.applied, d.revision = started, revision
	}
	return nil
}
