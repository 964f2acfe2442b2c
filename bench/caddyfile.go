package main

import (
	"fmt"
	"strconv"
	"strings"
)

// The keys of the bench's configuration; the first one is the backends'.
const (
	backendKey  = "0123456789abcdef0123"
	gempixelKey = "1111222233334444aaaa"
	dglnkKey    = "1111222233334444bbbb"
	nativeKey   = "1111222233334444cccc"
)

func caddyfile(options, address, site string) string {
	return fmt.Sprintf("{\n%s\tpersist_config off\n\tlog {\n\t\tlevel ERROR\n\t}\n}\nhttp://%s {\n\tbind 127.0.0.1\n\t%s\n}\n", options, address, site)
}

// linkquayCaddyfile is the configuration of the side that is measured.
func linkquayCaddyfile(at addresses, d *database, countries string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\tadmin %s\n\tlinkquay {\n\t\tdatabase %s %s\n\t\trate_limit off\n", at.admin, d.Driver, strconv.Quote(d.Source))
	if countries != "" {
		fmt.Fprintf(&b, "\t\tgeoip %s\n", strconv.Quote(countries))
	}
	for _, backend := range []string{"kr gempixel", "dg dglnk"} {
		fmt.Fprintf(&b, "\t\tbackend %s http://%s {\n\t\t\tapi_key %s\n\t\t}\n", backend, at.upstream, backendKey)
	}
	fmt.Fprintf(&b, "\t\tkey gem %s {\n\t\t\tbackend kr\n\t\t}\n\t\tkey dgl %s {\n\t\t\tbackend dg\n\t\t}\n\t\tkey nat %s\n\t}\n",
		gempixelKey, dglnkKey, nativeKey)
	return caddyfile(b.String(), at.linkquay, "linkquay")
}

func caddyCaddyfile(at addresses, site string) string {
	return caddyfile("\tadmin off\n", at.caddy, site)
}
