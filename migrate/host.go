package migrate

import (
	"strings"
	"time"

	"github.com/tidwall/gjson"
	"golang.org/x/net/idna"

	"github.com/linkquay/linkquay/api"
)

// maxForeignHost is more than any host has in UTF-8, in bytes. Mapping a longer
// one takes time by the square of its length.
const maxForeignHost = 1024

// hostOf is api.HostOf in the form that browsers ask for (RFC 5891): people, and
// some sites, write hosts as they read.
func hostOf(address string) string {
	host := api.HostOf(address)
	if !strings.ContainsFunc(host, func(r rune) bool { return r >= 0x80 }) || len(host) > maxForeignHost {
		return host
	}
	name, port, found := strings.Cut(host, ":")
	ascii, err := idna.Lookup.ToASCII(name)
	if err != nil {
		return host
	}
	if found {
		ascii += ":" + port
	}
	return ascii
}

// readDomain reads a branded domain.
func readDomain(v gjson.Result, _ *time.Location) string {
	scheme, _, found := strings.Cut(v.Str, "://")
	switch {
	case v.Type != gjson.String || v.Str == "":
		return ""
	case hostOf(v.Str) == api.HostOf(v.Str):
		return quoted(v.Str)
	case found:
		return quoted(scheme + "://" + hostOf(v.Str))
	}
	return quoted(hostOf(v.Str))
}
