package blocklist

import (
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// split returns the host and what follows it, as the WHATWG URL standard parts
// a URL: browsers take back slashes, missing slashes and blanks that net/url
// refuses, and lead to the host all the same.
func split(raw string) (host, rest string, ok bool) {
	raw = strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' })
	if strings.ContainsAny(raw, "\t\r\n") {
		raw = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(raw)
	}
	scheme, rest, ok := strings.Cut(raw, ":")
	if !ok {
		return "", "", false
	}
	ends := "/?#"
	if strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https") {
		rest = strings.TrimLeft(rest, `/\`)
		ends = `/\?#`
	} else if rest, ok = strings.CutPrefix(rest, "//"); !ok {
		return "", "", false
	}
	host = rest
	if i := strings.IndexAny(rest, ends); i >= 0 {
		host, rest = rest[:i], rest[i:]
	} else {
		rest = ""
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	if end := strings.IndexByte(host, ']'); end >= 0 && host[0] == '[' {
		return host[:end+1], rest, true
	}
	host, _, _ = strings.Cut(host, ":")
	return host, rest, true
}

// lookup maps host names as browsers do (UTS 46, not transitional) and refuses
// as little as it can.
var lookup = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.ValidateLabels(false))

// canonical returns a host as it can be compared: in ASCII and lower case,
// without a final dot, an address in its usual form. whole is true where no
// domain is above the host: an address, or what would be one, since no name
// ends in a number.
func canonical(host string) (ascii string, whole bool) {
	if !isPlain(host) {
		if decoded, err := url.PathUnescape(host); err == nil {
			host = decoded
		}
		// What cannot be mapped is compared as far as it was.
		if mapped, _ := lookup.ToASCII(host); mapped != "" {
			host = mapped
		}
		host = strings.ToLower(host)
	}
	host = strings.TrimRight(host, ".")
	if bare, ok := strings.CutPrefix(host, "["); ok {
		ip, err := netip.ParseAddr(strings.TrimSuffix(bare, "]"))
		if err != nil {
			return "", false
		}
		return ip.Unmap().WithZone("").String(), true
	}
	if last := host[strings.LastIndexByte(host, '.')+1:]; last != "" && last[0] >= '0' && last[0] <= '9' {
		if ip, ok := parseIPv4(host); ok {
			return ip.String(), true
		}
		return host, true
	}
	return host, false
}

// isPlain reports whether a host has lower-case ASCII alone.
func isPlain(host string) bool {
	for i := range len(host) {
		if c := host[i]; c <= ' ' || c >= 0x7f || c == '%' || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

// parseIPv4 reads an address in all the forms that browsers take: 1 to 4
// parts, decimal, octal behind "0" or hexadecimal behind "0x", the last of
// which fills what is left.
func parseIPv4(host string) (netip.Addr, bool) {
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var sum uint64
	for i, part := range parts {
		base := 10
		switch {
		case strings.HasPrefix(part, "0x"):
			part, base = part[2:], 16
			if part == "" {
				part = "0"
			}
		case len(part) > 1 && part[0] == '0':
			part, base = part[1:], 8
		}
		n, err := strconv.ParseUint(part, base, 32)
		width := 8
		if i == len(parts)-1 {
			width = 8 * (5 - len(parts))
		}
		if err != nil || n >= 1<<width {
			return netip.Addr{}, false
		}
		sum = sum<<width | n
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}), true
}

// key returns a URL as it is kept and looked up: host, decoded path without
// "." and ".." and without a final slash, and the query as it is.
func key(host, rest string) string {
	rest, _, _ = strings.Cut(rest, "#")
	p, query, hasQuery := strings.Cut(rest, "?")
	if decoded, err := url.PathUnescape(p); err == nil {
		p = decoded
	}
	p = path.Clean("/" + strings.ReplaceAll(p, `\`, "/"))
	if hasQuery && query != "" {
		p += "?" + query
	}
	return host + p
}
