package upstream

import (
	"net/url"
	"strings"

	"github.com/linkquay/linkquay/api"
)

// target returns the request target and the Authorization header, empty where
// the key travels in the query.
func (c *Client) target(r *Request, key api.Secret) (uri, authorization string) {
	var b strings.Builder
	b.WriteString(c.prefix)
	b.WriteString(r.Path)
	sep := byte('?')
	if len(r.Query) > 0 {
		b.WriteByte(sep)
		b.WriteString(r.Query.Encode())
		sep = '&'
	}
	if c.cfg.KeyQuery == "" || r.Bearer {
		return b.String(), "Bearer " + key.Reveal()
	}
	b.WriteByte(sep)
	b.WriteString(url.QueryEscape(c.cfg.KeyQuery))
	b.WriteByte('=')
	b.WriteString(url.QueryEscape(key.Reveal()))
	return b.String(), ""
}

// Origin returns the scheme and host of the base URL.
func (c *Client) Origin() string { return c.scheme + "://" + c.host }

// cleanPath reports whether p is an absolute path that holds nothing but what
// a path may hold unescaped, and no dot segment.
func cleanPath(p string) bool {
	if p == "" || p[0] != '/' {
		return false
	}
	for i := range len(p) {
		ch := p[i]
		switch {
		case 'a' <= ch && ch <= 'z', 'A' <= ch && ch <= 'Z', '0' <= ch && ch <= '9':
		case strings.IndexByte("/-._~%!$&'()*+,;=:@", ch) >= 0:
		default:
			return false
		}
	}
	for segment := range strings.SplitSeq(p, "/") {
		if s := strings.ReplaceAll(strings.ToLower(segment), "%2e", "."); s == "." || s == ".." {
			return false
		}
	}
	return true
}

// sendable reports whether a key can stand in a header.
func sendable(key api.Secret) bool {
	for _, ch := range []byte(key.Reveal()) {
		if ch <= ' ' || ch >= 0x7f {
			return false
		}
	}
	return true
}
