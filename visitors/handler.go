package visitors

import (
	"cmp"
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/shortener"
)

// ServeHTTP answers the request of a client address. It returns nil where it
// answered, [ErrNotFound] for a path that is no short link, and other errors
// where something failed (*api.Error of code Unavailable where the database or
// an Adopter did, of RateLimited where that wants the client to wait). Nothing
// was written where it returns an error.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, client netip.Addr) error {
	domain := h.domain(r.Host)
	path := strings.TrimPrefix(r.URL.Path, "/")
	alias := strings.TrimSuffix(path, "/")
	var err error
	if shortener.IsAlias(alias) {
		if err = h.open(w, r, client, domain, alias); errors.Is(err, ErrNotFound) {
			err = h.adopt(w, r, client, domain, alias)
		}
	} else {
		err = h.route(w, r, client, domain, path)
	}
	if err == nil {
		return nil
	}
	if errors.Is(err, ErrNotFound) {
		return h.notFound(w, r, client, domain, alias)
	}
	outcome := Failed
	if e, ok := errors.AsType[*api.Error](err); ok && e.Code == api.RateLimited {
		outcome = Limited
	}
	h.cfg.Count(outcome)
	return err
}

// route answers the paths that are no alias.
func (h *Handler) route(w http.ResponseWriter, r *http.Request, client netip.Addr, domain *shortener.Domain, path string) error {
	var serve func() error
	first, rest, _ := strings.Cut(path, "/")
	switch {
	case path == "" && domain != nil && domain.RedirectRoot != "":
		serve = func() error { return h.leadTo(w, r, domain, domain.RedirectRoot) }
	case first == "r" && rest != "":
		serve = func() error { return h.rotate(w, r, client, domain, rest) }
	case first == "u" && rest != "":
		serve = func() error { return h.list(w, r, domain, rest) }
	case first == "qr" && rest != "":
		serve = func() error { return h.picture(w, r, domain, rest) }
	case strings.HasSuffix(path, "+") && shortener.IsAlias(path[:len(path)-1]):
		serve = func() error { return h.statistics(w, r, domain, path[:len(path)-1]) }
	default:
		return ErrNotFound
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return h.refuse(w, "GET, HEAD")
	}
	return serve()
}

// domain returns the branded domain of a request's host, nil for the main
// domain.
func (h *Handler) domain(host string) *shortener.Domain {
	if d, ok := h.domains.Lookup(host); ok {
		return d
	}
	// Most hosts are in the form of api.HostOf already, which takes its time.
	if !isPlain(host) {
		host = api.HostOf(host)
		if d, ok := h.domains.Lookup(host); ok {
			return d
		}
	}
	if h.cfg.Adopter == nil {
		return nil
	}
	return h.cfg.Adopter.Domain(host)
}

// isPlain reports whether a host is in lower case and has no final dot.
func isPlain(host string) bool {
	for i := range len(host) {
		switch c := host[i]; {
		case c >= 'A' && c <= 'Z':
			return false
		case c == '.' && (i == len(host)-1 || host[i+1] == ':'):
			return false
		}
	}
	return true
}

func hostOf(d *shortener.Domain) string {
	if d == nil {
		return ""
	}
	return d.Host
}

// notFound leads visitors of a branded domain on where its owner wants that.
func (h *Handler) notFound(w http.ResponseWriter, r *http.Request, client netip.Addr, domain *shortener.Domain, alias string) error {
	if domain == nil || domain.Redirect404 == "" || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return ErrNotFound
	}
	h.orphan(r, client, alias)
	return h.leadTo(w, r, domain, domain.Redirect404)
}

// Orphan counts a request that ServeHTTP returned ErrNotFound for as a visit of
// a link that does not exist. Whoever answers it with 404 calls this; where
// another handler has a page at the path, nobody does. Paths that could be no
// alias are not counted: programs that look for holes ask for them by the
// thousand.
func (h *Handler) Orphan(r *http.Request, client netip.Addr) {
	h.orphan(r, client, strings.Trim(r.URL.Path, "/"))
}

func (h *Handler) orphan(r *http.Request, client netip.Addr, alias string) {
	h.cfg.Count(Unknown)
	if r.Method != http.MethodGet || alias != "" && !shortener.IsAlias(alias) {
		return
	}
	v := h.visit(r, client)
	// The empty path stands for those that are too many to tell apart.
	v.Path = cmp.Or(alias, "/")
	h.cfg.Recorder.Visit(v)
}

// visit returns what all visits have.
func (h *Handler) visit(r *http.Request, client netip.Addr) clicks.Visit {
	return clicks.Visit{
		Domain:         r.Host,
		Addr:           client,
		UserAgent:      field(r, "User-Agent"),
		Referer:        field(r, "Referer"),
		AcceptLanguage: field(r, "Accept-Language"),
	}
}

// field returns a header's first value; name is in canonical form.
func field(r *http.Request, name string) string {
	if v := r.Header[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// leadTo redirects to a URL of a branded domain's.
func (h *Handler) leadTo(w http.ResponseWriter, r *http.Request, domain *shortener.Domain, url string) error {
	target := h.links.Target(&shortener.Link{URL: url, Type: shortener.TypeDirect})
	if target.Blocked {
		o := &opening{w: w, r: r, domain: domain}
		return h.notice(o, http.StatusForbidden, "blocked", Blocked)
	}
	w.Header()["Location"] = []string{target.URL}
	w.WriteHeader(http.StatusFound)
	return nil
}

// refuse answers a method that the path does not take.
func (h *Handler) refuse(w http.ResponseWriter, allow string) error {
	h.cfg.Count(Refused)
	w.Header().Set("Allow", allow)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusMethodNotAllowed)
	return nil
}
