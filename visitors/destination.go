package visitors

import (
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors/pages"
)

// maxShown is how many characters of a destination a page shows.
const maxShown = 200

// origin returns the scheme and host that short URLs of the request stand on.
// The request's own Host is not trusted with it.
func (h *Handler) origin(r *http.Request, domain *shortener.Domain) string {
	if domain != nil {
		return domain.Origin()
	}
	return h.cfg.Origin(r)
}

// site returns the host of the origin.
func (h *Handler) site(r *http.Request, domain *shortener.Domain) string {
	_, host, _ := strings.Cut(h.origin(r, domain), "://")
	return host
}

// destination returns what pages say of a URL.
func destination(raw string) pages.Destination {
	d := pages.Destination{URL: raw, Host: raw, Shown: readable(raw)}
	if u, err := url.Parse(raw); err == nil && u.Host != "" {
		// The host alone: a user name before it may look like another.
		d.Host = strings.TrimPrefix(u.Host, "www.")
		if u.User != nil {
			u.User = nil
			d.Shown = readable(u.String())
		}
	}
	d.Host = shorten(d.Host, maxShown)
	return d
}

// readable unescapes the path and query of a URL where what comes out can be
// read and shows where it leads. The host stays in ASCII, so that no letter of
// it passes for another.
func readable(raw string) string {
	plain, err := url.PathUnescape(raw)
	if err != nil || !utf8.ValidString(plain) {
		return shorten(raw, maxShown)
	}
	hidden := func(r rune) bool { return r == ' ' || !unicode.IsGraphic(r) || unicode.Is(unicode.Zs, r) }
	before, _, _ := strings.Cut(strings.TrimPrefix(raw, "https://"), "/")
	if strings.ContainsFunc(plain, hidden) || strings.Contains(before, "%") {
		return shorten(raw, maxShown)
	}
	return shorten(plain, maxShown)
}

// shorten leaves out the middle of a long text.
func shorten(s string, characters int) string {
	runes := []rune(s)
	if len(runes) <= characters {
		return s
	}
	return string(runes[:characters*3/4]) + "…" + string(runes[len(runes)-characters/4:])
}
