package shortener

import (
	"strings"

	"golang.org/x/net/idna"
)

const (
	// maxHost is the length of a host in ASCII (RFC 1035), maxForeignHost more
	// than any such host has in UTF-8; both are in bytes.
	maxHost        = 253
	maxForeignHost = 1024
)

// asciiHost returns the ASCII form of a host (RFC 5891). One longer than DNS
// knows is not converted: that takes time by the square of the length.
func asciiHost(host string) (string, bool) {
	if len(host) > maxForeignHost {
		return "", false
	}
	ascii, err := idna.Lookup.ToASCII(host)
	return ascii, err == nil
}

// Location returns a destination as a Location header can carry it: the host
// in its ASCII form (RFC 5891), every other byte that is not printable ASCII
// escaped. What is ASCII already stays byte for byte as it was given.
func Location(destination string) string {
	foreign := func(r rune) bool { return r <= ' ' || r >= 0x7f }
	if !strings.ContainsFunc(destination, foreign) {
		return destination
	}
	scheme, rest, ok := strings.Cut(destination, "://")
	if !ok {
		return escape(destination)
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host := rest[:end]
	user := ""
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		user, host = host[:i+1], host[i+1:]
	}
	host, port, hasPort := strings.Cut(host, ":")
	if hasPort {
		port = ":" + port
	}
	// A host that cannot be converted is escaped: the visitor's browser then
	// says what is wrong with it.
	if ascii, ok := asciiHost(host); ok {
		host = ascii
	}
	return escape(scheme) + "://" + escape(user+host+port+rest[end:])
}

const upperHex = "0123456789ABCDEF"

func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c > ' ' && c < 0x7f {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
	}
	return b.String()
}
