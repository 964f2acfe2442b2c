package caddymodule

import (
	"fmt"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/dglnk"
)

func init() {
	caddy.RegisterModule(DgLnk{})
}

// DgLnk is a backend of dgLnk's family.
type DgLnk struct {
	Remote

	// APIVersion is the version of the backend's API, 1 or 3. The command "caddy
	// linkquay backends probe" finds it out. Default: 1.
	APIVersion int `json:"api_version,omitempty"`

	// DomainIDs are the backend's numbers of one's branded domains, by host. A
	// link on a domain that is not listed is refused.
	DomainIDs map[string]int64 `json:"domain_ids,omitempty"`
}

// CaddyModule returns the Caddy module information.
func (DgLnk) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "linkquay.adapters.dglnk", New: func() caddy.Module { return new(DgLnk) }}
}

// Provision implements caddy.Provisioner.
func (g *DgLnk) Provision(ctx caddy.Context) error {
	if g.APIVersion == 0 {
		g.APIVersion = 1
	}
	if g.APIVersion != 1 && g.APIVersion != 3 {
		return fmt.Errorf("api_version %d is not supported: use 1 or 3", g.APIVersion)
	}
	return g.provision(ctx)
}

// Backend implements Adapter.
func (g *DgLnk) Backend(env Environment) (adapters.Backend, error) {
	return dglnk.New(dglnk.Config{
		Name:        env.Name,
		APIVersion:  g.APIVersion,
		Domains:     g.DomainIDs,
		Unsupported: g.unsupported(),
		Zone:        env.Zone,
		RemoteZone:  env.RemoteZone,
		Timeout:     time.Duration(g.Timeout),
		Locate:      env.Locate,
		Drift:       env.Drift,
		Logger:      env.Logger,
	}, env.Client, env.Ledger)
}

// keyQuery says where in a URL this API takes its key, empty for a header.
// Version 1 has no header for it.
func (g *DgLnk) keyQuery() string {
	if g.APIVersion == 1 {
		return dglnk.KeyQuery
	}
	return ""
}

// UnmarshalCaddyfile reads the backend behind its name. Syntax:
//
//	dglnk <address> {
//		api_key <key>
//		forward_credentials
//		account <name>
//		timeout <duration>
//		unsupported_fields reject|warn
//		time_zone <name>
//		api_rate <requests> <window>|off
//		domains <hosts...>
//		api_version <number>
//		domain_id <host> <number>
//	}
func (g *DgLnk) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return g.unmarshalCaddyfile(d, func(option string) (bool, error) {
		switch option {
		case "api_version":
			n, err := positive(d)
			g.APIVersion = int(n)
			return true, err
		case "domain_id":
			args := d.RemainingArgs()
			if len(args) != 2 {
				return true, d.Err("domain_id needs a host and a number, such as: domain_id links.example.com 12")
			}
			n, err := strconv.ParseInt(args[1], 10, 64)
			if err != nil || n < 0 {
				return true, d.Errf("domain_id: %q is not a number", args[1])
			}
			if _, ok := g.DomainIDs[args[0]]; ok {
				return true, d.Errf("domain_id: %q is listed twice", args[0])
			}
			if g.DomainIDs == nil {
				g.DomainIDs = map[string]int64{}
			}
			g.DomainIDs[args[0]] = n
			return true, nil
		}
		return false, nil
	}, "domain_id")
}

// Interface guards.
var (
	_ Adapter               = (*DgLnk)(nil)
	_ caddy.Provisioner     = (*DgLnk)(nil)
	_ caddyfile.Unmarshaler = (*DgLnk)(nil)
)
