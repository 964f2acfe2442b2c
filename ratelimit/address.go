package ratelimit

import "net/netip"

// AddressKey returns the id to count a client address under: the address for
// IPv4, also where it is written as IPv6, and the /64 for IPv6, of which one
// client may use every address. Zones do not count.
func AddressKey(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		// Fails for a bad length only.
		prefix, _ := addr.Prefix(64)
		return prefix.String()
	}
	return addr.String()
}
