package shortener

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/linkquay/linkquay/api"
)

// site is a host with its port, which is empty for that of the scheme.
type site struct{ host, port string }

// siteOf returns the site of what api.HostOf returns or takes; false for a host
// that none can be.
func siteOf(host string) (site, bool) {
	host = api.HostOf(host)
	port := ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host, port = host[:i], host[i+1:]
	}
	host = canonicalHost(host)
	return site{host, port}, host != ""
}

// onMachine is the site with its host as machine returns it.
func (s site) onMachine() site { return site{machine(s.host), s.port} }

// canonicalHost returns a host in the one form that all its spellings have:
// names in ASCII and lower case without a final dot (RFC 5891), addresses as
// netip writes them. It is empty for what no browser would open.
func canonicalHost(host string) string {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.Contains(host, ":") {
		address, err := netip.ParseAddr(host)
		if err != nil {
			return ""
		}
		return address.Unmap().String()
	}
	host = strings.ToLower(host)
	if strings.ContainsFunc(host, func(r rune) bool { return r >= 0x80 }) {
		ascii, ok := asciiHost(host)
		if !ok {
			return ""
		}
		host = ascii
	}
	if host = strings.TrimRight(host, "."); len(host) > maxHost {
		return ""
	}
	if endsInNumber(host) {
		address, ok := parseIPv4(host)
		if !ok {
			return ""
		}
		return address.String()
	}
	for i := range len(host) {
		c := host[i]
		if c != '-' && c != '_' && c != '.' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return ""
		}
	}
	return host
}

// machine returns "localhost" for every canonical name and address of this very
// machine, and other hosts as they are.
func machine(host string) string {
	if host == localhost || strings.HasSuffix(host, "."+localhost) {
		return localhost
	}
	if a, err := netip.ParseAddr(host); err == nil && (a.IsLoopback() || a.IsUnspecified()) {
		return localhost
	}
	return host
}

const localhost = "localhost"

// endsInNumber reports whether browsers take a host for an IPv4 address: where
// its last label is a number.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" {
		return false
	}
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, ok := parseNumber(last)
	return ok
}

// parseIPv4 reads an IPv4 address in all the ways in which browsers do (WHATWG
// URL Standard): of one to four parts, each decimal, octal or hexadecimal, the
// last of which fills up what is left.
func parseIPv4(host string) (netip.Addr, bool) {
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var address uint64
	for i, part := range parts {
		n, ok := parseNumber(part)
		if !ok {
			return netip.Addr{}, false
		}
		room := 8
		if i == len(parts)-1 {
			room = 8 * (5 - len(parts))
		}
		if n >= 1<<room {
			return netip.Addr{}, false
		}
		address = address<<room | n
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}), true
}

func parseNumber(s string) (uint64, bool) {
	base := 10
	switch {
	case strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X"):
		if s, base = s[2:], 16; s == "" {
			return 0, true
		}
	case len(s) > 1 && s[0] == '0':
		s, base = s[1:], 8
	}
	if strings.HasPrefix(s, "+") || strings.Contains(s, "_") {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, 33)
	return n, err == nil
}
