package guard

import (
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// allowed are networks that may be reached although they are not public.
type allowed []netip.Prefix

// control is the dialer's last word before it connects: address is what DNS
// gave, whatever the name.
func (a allowed) control(_, address string, _ syscall.RawConn) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return &RefusedError{Reason: "must lead to a public address"}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return &RefusedError{Reason: "must lead to a public address"}
	}
	for _, p := range a {
		if p.Contains(ip.Unmap()) {
			return nil
		}
	}
	if !IsPublic(ip) {
		return &RefusedError{Reason: "must lead to a public address"}
	}
	// Below 1024 are services that speak other protocols, which an HTTP request
	// may mean something to.
	if n, err := strconv.Atoi(port); err != nil || n != 80 && n != 443 && n < 1024 {
		return &RefusedError{Reason: "must use port 80, 443 or one from 1024"}
	}
	return nil
}

// notPublic are the blocks of IANA's special-purpose registries (RFC 6890) that
// are not globally reachable, and those that are a way into something else.
var notPublic = prefixes(
	"0.0.0.0/8",        // "this network", RFC 791: reaches the host itself
	"10.0.0.0/8",       // private, RFC 1918
	"100.64.0.0/10",    // carrier-grade NAT, RFC 6598; a cloud's metadata too
	"127.0.0.0/8",      // loopback, RFC 1122
	"168.63.129.16/32", // a cloud's metadata on a public address
	"169.254.0.0/16",   // link-local, RFC 3927; most clouds' metadata
	"172.16.0.0/12",    // private, RFC 1918
	"192.0.0.0/24",     // protocol assignments, RFC 6890; a cloud's metadata too
	"192.0.2.0/24",     // documentation, RFC 5737
	"192.88.99.0/24",   // 6to4 relays, RFC 7526
	"192.168.0.0/16",   // private, RFC 1918
	"198.18.0.0/15",    // benchmarks, RFC 2544
	"198.51.100.0/24",  // documentation, RFC 5737
	"203.0.113.0/24",   // documentation, RFC 5737
	"224.0.0.0/4",      // multicast, RFC 5771
	"240.0.0.0/4",      // reserved, RFC 1112, and broadcast

	// Of IPv6 only 2000::/3 is public, and of that not:
	"2001::/23",     // protocol assignments, RFC 2928: Teredo, ORCHID
	"2001:db8::/32", // documentation, RFC 3849
	"2002::/16",     // 6to4, RFC 3056: any IPv4 address, private ones too
	"3fff::/20",     // documentation, RFC 9637
)

var (
	global6 = netip.MustParsePrefix("2000::/3")

	// nat64 holds an IPv4 address in its last 4 bytes (RFC 6052). In a network
	// without IPv4 every IPv4 site is reached by it.
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// IsPublic reports whether an address belongs to the public internet. Private,
// loopback, link-local, shared, metadata, multicast, documentation and
// reserved addresses do not, nor do those of IPv6 that hold such an IPv4
// address, or one with a zone.
func IsPublic(ip netip.Addr) bool {
	if ip.Zone() != "" {
		return false
	}
	ip = ip.Unmap()
	if nat64.Contains(ip) {
		b := ip.As16()
		ip = netip.AddrFrom4([4]byte(b[12:]))
	}
	if ip.Is6() && !global6.Contains(ip) {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(ip) {
			return false
		}
	}
	return ip.IsValid()
}
