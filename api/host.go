package api

import (
	"net/url"
	"strconv"
	"strings"
)

// HostOf returns the host of an origin or a host alone as it can be compared:
// in lower case, without a final dot, its port a plain number, and without it
// where it is the scheme's own. A host without a scheme loses both 80 and 443.
func HostOf(s string) string {
	scheme, rest, ok := strings.Cut(strings.ToLower(s), "://")
	if !ok {
		scheme, rest = "", scheme
	}
	u := url.URL{Host: strings.TrimSuffix(rest, "/")}
	host := strings.TrimSuffix(u.Hostname(), ".")
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	port := u.Port()
	if n, err := strconv.Atoi(port); err == nil {
		port = strconv.Itoa(n)
	}
	switch {
	case port == "", port == "80" && scheme != "https", port == "443" && scheme != "http":
		return host
	}
	return host + ":" + port
}

// IsPort reports whether a port of a URL is one, 1 to 65535, or not given.
func IsPort(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}
