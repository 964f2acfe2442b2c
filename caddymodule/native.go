package caddymodule

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"

	"github.com/caddyserver/caddy/v2"

	"github.com/linkquay/linkquay/shortener"
)

// Native holds the settings of the native shortener. Placeholders in its paths
// are expanded.
type Native struct {
	// GeoIP is a database in MaxMind's format that tells countries. It is read
	// again when it changes. Default: none, and rules by country are skipped.
	GeoIP string `json:"geoip,omitempty"`

	// Files is the folder of uploaded files. Default: linkquay.files, beside the
	// database file and named like it, or else in the data folder.
	Files string `json:"files,omitempty"`

	// Blocklist is a file of hosts and addresses that no link may lead to. It
	// is read again when it changes. Default: none.
	Blocklist string `json:"blocklist,omitempty"`

	// Duplicates says what happens when an address is shortened again and
	// nothing else is asked for: "create" makes another link, "reuse" answers
	// the one that is there. Default: create.
	Duplicates string `json:"duplicates,omitempty"`

	// Schemes are those of destinations that are allowed beside http and
	// https, such as "mailto". Default: none.
	Schemes []string `json:"schemes,omitempty"`

	// PrivateNetworks are networks that are not public and may be asked all
	// the same for what clients name, such as the logo of a QR code. Default:
	// none.
	PrivateNetworks []string `json:"private_networks,omitempty"`

	private []netip.Prefix
}

// What happens when an address is shortened again.
const (
	DuplicatesCreate = "create"
	DuplicatesReuse  = "reuse"
)

var schemePattern = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)

// provision sets defaults; files is the folder of files unless one is named.
func (n *Native) provision(repl *caddy.Replacer, files string) error {
	if n.Files == "" {
		n.Files = files
	}
	for name, path := range map[string]*string{"geoip": &n.GeoIP, "files": &n.Files, "blocklist": &n.Blocklist} {
		written := *path
		if *path = repl.ReplaceAll(written, ""); written == "" {
			continue
		}
		if *path == "" {
			return fmt.Errorf("%s: the path is empty", name)
		}
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		*path = absolute
	}
	switch n.Duplicates {
	case "":
		n.Duplicates = DuplicatesCreate
	case DuplicatesCreate, DuplicatesReuse:
	default:
		return errors.New("duplicates must be create or reuse")
	}
	for _, network := range n.PrivateNetworks {
		prefix, err := netip.ParsePrefix(network)
		if err != nil {
			return fmt.Errorf("private_networks: %q is no network, such as 10.0.0.0/8", network)
		}
		n.private = append(n.private, prefix)
	}
	for _, scheme := range n.Schemes {
		switch {
		case !schemePattern.MatchString(scheme):
			return fmt.Errorf("schemes: %q is no scheme in lower case, such as mailto", scheme)
		case shortener.IsForbiddenScheme(scheme):
			return fmt.Errorf("schemes: %s can never be allowed", scheme)
		}
	}
	return nil
}
