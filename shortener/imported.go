package shortener

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/linkquay/linkquay/api"
)

// CheckImported refuses a link of a file that nobody could have made, or that
// would lead visitors where nobody may be led. Unlike Create it takes what was
// right when the link was made: an expiry that is over, an address that is blocked
// or a branded domain by now.
func (s *Shortener) CheckImported(l *Link) error {
	if l.Kind != KindRemote {
		if err := s.checkAlias(l.Alias); err != nil {
			return err
		}
	}
	if l.URL == "" && (l.Kind == KindLink || l.Kind == KindRemote) {
		return api.InvalidField("url", "is missing")
	}
	if err := checkBelongings(l); err != nil {
		return err
	}
	for _, d := range destinations(l) {
		if err := s.CheckImportedAddress(d.field, d.url); err != nil {
			return err
		}
	}
	if !isType(l.Type) {
		return api.InvalidField("type", "must be direct, frame, splash, the id of a splash page, or overlay- and an id")
	}
	switch l.Options.RedirectCode {
	case 0, 301, 302, 303, 307, 308:
	default:
		return api.InvalidField("redirectcode", "must be 301, 302, 303, 307 or 308")
	}
	if l.Options.ClickLimit < 0 {
		return api.InvalidField("clicklimit", "must be 1 or more")
	}
	return nil
}

// checkBelongings refuses a file or QR code without what it is, and another link
// with it.
func checkBelongings(l *Link) error {
	for _, b := range []struct {
		kind  Kind
		field string
		there bool
	}{{KindFile, "file", l.Options.File != nil}, {KindQR, "qr", l.Options.QR != nil}} {
		switch {
		case l.Kind == b.kind && !b.there:
			return api.InvalidField(b.field, "is missing")
		case l.Kind != b.kind && b.there:
			return api.InvalidField(b.field, "belongs to another kind")
		}
	}
	return nil
}

// isType reports whether a link can be of the type.
func isType(t string) bool {
	switch t {
	case TypeDirect, "frame", "splash":
		return true
	}
	_, err := strconv.ParseInt(strings.TrimPrefix(t, "overlay-"), 10, 64)
	return err == nil
}

// CheckImportedAddress refuses an address of a scheme that is not allowed, and
// one that is none.
func (s *Shortener) CheckImportedAddress(field, address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return invalidURL(field)
	case u.Scheme == "http" || u.Scheme == "https":
		if u.Host == "" {
			return invalidURL(field)
		}
		return nil
	case !s.schemes[u.Scheme]:
		return invalidURL(field)
	case u.Scheme == "intent":
		return s.checkIntent(field, u, "")
	}
	return nil
}

// CheckImportedDomain refuses a branded domain of a file that none could be, or
// that this service's own short links stand on.
func (s *Shortener) CheckImportedDomain(d *Domain) error {
	if host, ok := domainHost(d.Host); !ok || host != d.Host || d.Scheme != "http" && d.Scheme != "https" {
		return api.InvalidField("domain", "A valid domain name is required.")
	}
	if s.ownNames[canonicalHost(d.Host)] {
		return errOwnDomain
	}
	for _, t := range []struct{ field, address string }{{"redirectroot", d.RedirectRoot}, {"redirect404", d.Redirect404}} {
		if t.address == "" {
			continue
		}
		if err := s.CheckImportedAddress(t.field, t.address); err != nil {
			return err
		}
	}
	return nil
}
