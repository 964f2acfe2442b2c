package caddymodule

import (
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/gempixel"
)

func init() {
	caddy.RegisterModule(Gempixel{})
}

// Gempixel is a backend that runs the script of 1mm.kr and openmy.link.
type Gempixel struct {
	Remote
}

// CaddyModule returns the Caddy module information.
func (Gempixel) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "linkquay.adapters.gempixel", New: func() caddy.Module { return new(Gempixel) }}
}

// Provision implements caddy.Provisioner.
func (g *Gempixel) Provision(ctx caddy.Context) error { return g.provision(ctx) }

// Backend implements Adapter.
func (g *Gempixel) Backend(env Environment) (adapters.Backend, error) {
	return gempixel.New(gempixel.Config{
		Name:        env.Name,
		Unsupported: g.unsupported(),
		Zone:        env.Zone,
		RemoteZone:  env.RemoteZone,
		Drift:       env.Drift,
		Ledger:      env.Ledger,
		Timeout:     time.Duration(g.Timeout),
		Logger:      env.Logger,
		Forward:     g.ForwardCredentials,
	}, env.Client)
}

// UnmarshalCaddyfile reads the backend behind its name. Syntax:
//
//	gempixel <address> {
//		api_key <key>
//		forward_credentials
//		account <name>
//		timeout <duration>
//		unsupported_fields reject|warn
//		time_zone <name>
//		api_rate <requests> <window>|off
//		domains <hosts...>
//	}
func (g *Gempixel) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return g.unmarshalCaddyfile(d, nil)
}

// Interface guards.
var (
	_ Adapter               = (*Gempixel)(nil)
	_ caddy.Provisioner     = (*Gempixel)(nil)
	_ caddyfile.Unmarshaler = (*Gempixel)(nil)
)
