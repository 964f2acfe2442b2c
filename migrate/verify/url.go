package verify

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// rebase is a short URL as it is on the main domain of the target: its alias
// behind domain, a host, or else behind origin.
func rebase(short *url.URL, domain, origin string) string {
	if domain != "" {
		origin = "https://" + domain
	}
	path := strings.TrimSuffix(short.EscapedPath(), "/")
	return strings.TrimSuffix(origin, "/") + "/" + path[strings.LastIndexByte(path, '/')+1:]
}

// sameURL reports whether two URLs mean the same, however they are written.
func sameURL(a, b string) bool { return a == b || canonicalURL(a) == canonicalURL(b) }

// canonicalURL is one way to write a URL: scheme and host in lower case and
// ASCII, no default port, "/" for no path, nothing escaped without need. The
// parameters of the query are in the order of their names; those of one name
// stay in their own.
func canonicalURL(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" {
		return address
	}
	host := strings.ToLower(u.Hostname())
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	port := u.Port()
	if u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		port = ""
	}
	user := ""
	if u.User != nil {
		user = u.User.String() + "@"
	}
	return u.Scheme + "://" + user + strings.TrimSuffix(host, ".") + ":" + port +
		cmp.Or(escaped(u.EscapedPath()), "/") + "?" + canonicalQuery(u.RawQuery) + "#" + u.Fragment
}

// canonicalQuery sorts a query by the names of its parameters.
func canonicalQuery(raw string) string {
	if raw == "" {
		return ""
	}
	type pair struct{ name, value string }
	var pairs []pair
	for part := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{unescaped(name), unescaped(value)})
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.name, b.name) })
	var out strings.Builder
	for _, p := range pairs {
		out.WriteString(url.QueryEscape(p.name) + "=" + url.QueryEscape(p.value) + "&")
	}
	return out.String()
}

func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// escaped is a path with each segment escaped in one way. An escaped slash is
// none.
func escaped(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if plain, err := url.PathUnescape(s); err == nil {
			segments[i] = url.PathEscape(plain)
		}
	}
	return strings.Join(segments, "/")
}
