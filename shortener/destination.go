package shortener

import (
	"net/url"
	"slices"
	"strings"

	"github.com/linkquay/linkquay/api"
)

// forbiddenSchemes are what no configuration can allow: what a browser runs,
// or takes for a page or file of its own.
var forbiddenSchemes = []string{
	"about", "blob", "chrome", "chrome-extension", "content", "data", "file", "filesystem", "jar",
	"javascript", "livescript", "mhtml", "mocha", "moz-extension", "resource", "vbscript", "view-source", "ws", "wss",
}

// IsForbiddenScheme reports whether no configuration can allow destinations of
// the scheme, given in lower case.
func IsForbiddenScheme(scheme string) bool { return slices.Contains(forbiddenSchemes, scheme) }

// allowedSchemes returns the schemes of destinations beside http and https.
func allowedSchemes(configured []string) map[string]bool {
	allowed := map[string]bool{}
	for _, scheme := range configured {
		scheme = strings.ToLower(strings.TrimSuffix(scheme, ":"))
		allowed[scheme] = !IsForbiddenScheme(scheme)
	}
	return allowed
}

// CheckTarget returns an Invalid error about the field for an address that
// nobody may be led to: one that is not http or https and not of
// Config.Schemes, one that leads back to this service in whatever spelling, and
// one on the blocklist. host is where short links stand for this request, as
// api.HostOf returns it.
func (s *Shortener) CheckTarget(field, target, host string) error {
	u, err := url.Parse(target)
	if err != nil {
		return invalidURL(field)
	}
	switch {
	case u.Scheme == "http" || u.Scheme == "https":
		if u.Host == "" || !api.IsPort(u.Port()) {
			return invalidURL(field)
		}
		at, ok := siteOf(u.Scheme + "://" + u.Host)
		if !ok {
			return invalidURL(field)
		}
		if s.isOwn(at, host) {
			return api.InvalidField(field, "leads back to this service")
		}
	case !s.schemes[u.Scheme]:
		return invalidURL(field)
	case u.Scheme == "intent":
		if err := s.checkIntent(field, u, host); err != nil {
			return err
		}
	}
	if s.cfg.Blocked(target) {
		return api.InvalidField(field, "This domain name or link has been blacklisted.")
	}
	return nil
}

func invalidURL(field string) error {
	return api.InvalidField(field, "Please enter a valid URL.")
}

// isOwn reports whether short links stand at the site.
func (s *Shortener) isOwn(at site, host string) bool {
	if s.cfg.Domains.Has(at.host) || s.own.has(at) {
		return true
	}
	here, ok := siteOf(host)
	return ok && ownSites{here.onMachine(): true}.has(at)
}

// ownSites are where short links stand.
type ownSites map[site]bool

// has reports whether a destination at the site would lead to one of them: to
// one without a port, whatever the destination's. On this very machine the port
// must be the same, since other programs have others.
func (o ownSites) has(at site) bool {
	at = at.onMachine()
	return o[at] || at.host != localhost && o[site{host: at.host}]
}

// checkIntent checks what an Android intent opens and falls back to: its
// fragment is a list of settings, "Intent;scheme=https;…;end".
func (s *Shortener) checkIntent(field string, u *url.URL, host string) error {
	for setting := range strings.SplitSeq(u.EscapedFragment(), ";") {
		name, value, _ := strings.Cut(setting, "=")
		value, err := url.QueryUnescape(value)
		if err != nil {
			return invalidURL(field)
		}
		switch strings.ToLower(name) {
		case "scheme":
			if IsForbiddenScheme(strings.ToLower(strings.TrimSpace(value))) {
				return invalidURL(field)
			}
		case "s.browser_fallback_url":
			if !isWeb(value) {
				return invalidURL(field)
			}
			if err := s.CheckTarget(field, value, host); err != nil {
				return err
			}
		}
	}
	return nil
}
