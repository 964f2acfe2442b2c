package caddymodule

import (
	"context"
	"fmt"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddytls"

	"github.com/linkquay/linkquay/api"
)

func init() {
	caddy.RegisterModule(new(Permission))
}

// Permission allows certificates on demand for branded domains that somebody
// has registered with the API or that the option adopt names, and for nothing
// else. It answers from memory.
type Permission struct {
	app *App
}

// CaddyModule returns the Caddy module information.
func (*Permission) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "tls.permission.linkquay", New: func() caddy.Module { return new(Permission) }}
}

// Provision finds the app.
func (p *Permission) Provision(ctx caddy.Context) error {
	app, err := ctx.App("linkquay")
	if err != nil {
		return err
	}
	p.app = app.(*App)
	return nil
}

// CertificateAllowed returns nil for the host of such a domain. Where the
// registered ones are not known, it denies.
func (p *Permission) CertificateAllowed(_ context.Context, name string) error {
	if p.app.adopts(api.HostOf(name)) {
		return nil
	}
	rt, err := p.app.acquire()
	if err != nil {
		return fmt.Errorf("%w: the domains are not known: %w", caddytls.ErrPermissionDenied, err)
	}
	defer rt.release()
	if _, ok := rt.shortener.Domains().Lookup(api.HostOf(name)); !ok {
		return fmt.Errorf("%w: no such branded domain", caddytls.ErrPermissionDenied)
	}
	return nil
}

// UnmarshalCaddyfile reads the module of on_demand_tls. Syntax:
//
//	permission linkquay
func (*Permission) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // consume the module's name
	if d.NextArg() || d.NextBlock(d.Nesting()) {
		return d.ArgErr()
	}
	return nil
}

// Interface guards.
var (
	_ caddy.Provisioner           = (*Permission)(nil)
	_ caddytls.OnDemandPermission = (*Permission)(nil)
	_ caddyfile.Unmarshaler       = (*Permission)(nil)
)
