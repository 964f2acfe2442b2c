package shortener

import (
	"context"
	"net/netip"
	"strings"

	"github.com/linkquay/linkquay/api"
)

// CreateDomain checks a branded domain and registers it. Its host may be given
// with a scheme in front, which is then its own; https is the default. once may
// be nil; a repeated request reads the first one's domain into d. Codes:
// Invalid, Conflict for a domain that is taken.
func (s *Shortener) CreateDomain(ctx context.Context, d *Domain, once *Once) (repeated bool, err error) {
	if err := s.checkDomain(d); err != nil {
		return false, err
	}
	repeated, err = s.cfg.Store.Domains().Create(ctx, d, once)
	if err != nil {
		return false, err
	}
	s.refreshDomains(ctx)
	return repeated, nil
}

// UpdateDomain changes a domain of the account. Its host stays: links stand on
// it. change must be quick and may be called again. Codes: those of
// CreateDomain, and NotFound.
func (s *Shortener) UpdateDomain(ctx context.Context, account string, id int64, change func(d *Domain) error) (*Domain, error) {
	_, after, err := s.cfg.Store.Domains().Update(ctx, account, id, func(d *Domain) error {
		was := *d
		if err := change(d); err != nil {
			return err
		}
		d.Host = was.Host
		return s.checkRedirects(d, &was)
	})
	if err != nil {
		return nil, err
	}
	s.refreshDomains(ctx)
	return after, nil
}

// DeleteDomain removes a domain of the account. Codes: NotFound, Conflict while
// links stand on it.
func (s *Shortener) DeleteDomain(ctx context.Context, account string, id int64) error {
	if _, err := s.cfg.Store.Domains().Delete(ctx, account, id); err != nil {
		return err
	}
	s.refreshDomains(ctx)
	return nil
}

// refreshDomains makes a change of domains known at once. What was answered is
// stored whether this succeeds or not; where it fails, the follower makes up
// for it within a second.
func (s *Shortener) refreshDomains(ctx context.Context) {
	_ = s.cfg.Domains.Refresh(context.WithoutCancel(ctx), s.cfg.Store)
}

// owns reports whether the account has the domain.
func (s *Shortener) owns(account, host string) bool {
	d, ok := s.cfg.Domains.Lookup(host)
	return ok && d.Host == host && d.Account == account
}

// checkDomain puts the host of a new domain into its form and checks it.
func (s *Shortener) checkDomain(d *Domain) error {
	if scheme, host, ok := strings.Cut(d.Host, "://"); ok {
		d.Scheme, d.Host = strings.ToLower(scheme), host
	}
	if d.Scheme == "" {
		d.Scheme = "https"
	}
	host, ok := domainHost(strings.TrimSuffix(d.Host, "/"))
	if !ok || d.Scheme != "http" && d.Scheme != "https" {
		return api.InvalidField("domain", "A valid domain name is required.")
	}
	d.Host = host
	if s.ownNames[canonicalHost(host)] {
		return errOwnDomain
	}
	return s.checkRedirects(d, &Domain{})
}

var errOwnDomain = api.InvalidField("domain", "is where this service's own short links stand")

// CheckApart returns an Invalid error about "domain" for a host that short links
// stand on for this request: registered, it would take all of them away. It is
// for CreateDomain where Config.OwnHosts does not name them. Both are as
// api.HostOf takes them.
func (s *Shortener) CheckApart(domain, host string) error {
	at, ok := siteOf(domain)
	if here, _ := siteOf(host); ok && at.host == here.host {
		return errOwnDomain
	}
	return nil
}

// domainHost returns the ASCII form of a host name (RFC 5891) that a certificate
// can be had for: no address, no port.
func domainHost(s string) (string, bool) {
	host, ok := asciiHost(strings.TrimSuffix(s, "."))
	if !ok || host == "" || len(host) > maxHost || strings.ContainsAny(host, ":/") {
		return "", false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "", false
		}
	}
	if _, err := netip.ParseAddr(canonicalHost(host)); err == nil || endsInNumber(host) {
		return "", false
	}
	return host, true
}

// checkRedirects checks where a domain's root and what does not exist on it
// lead, as far as that has changed.
func (s *Shortener) checkRedirects(d, was *Domain) error {
	for _, t := range []struct{ field, url, was string }{
		{"redirectroot", d.RedirectRoot, was.RedirectRoot},
		{"redirect404", d.Redirect404, was.Redirect404},
	} {
		if t.url == "" || t.url == t.was {
			continue
		}
		if err := s.CheckTarget(t.field, t.url, d.Host); err != nil {
			return err
		}
	}
	return nil
}
