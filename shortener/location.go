package shortener

import (
	"fmt"
	"strings"

	"golang.org/x/net/idna"
)

// maxForeignHost is more than any host of DNS has in UTF-8, in bytes.
const maxForeignHost = 1024

// location returns a destination as a Location header can carry it: the host
// in its ASCII form (RFC 5891), every other byte that is not printable ASCII
// escaped. What is ASCII already stays byte for byte as it was given.
func location(destination string) string {
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
	// Converting takes time by the square of the length, and DNS knows no host
	// that long.
	if len(host) <= maxForeignHost {
		if ascii, err := idna.Lookup.ToASCII(host); err == nil {
			host = ascii
		}
	}
	return escape(scheme) + "://" + escape(user+host+port+rest[end:])
}

func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c > ' ' && c < 0x7f {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}
