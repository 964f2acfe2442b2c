package caddymodule

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/dustin/go-humanize"
)

func init() {
	httpcaddyfile.RegisterGlobalOption("linkquay", parseApp)
}

func parseApp(d *caddyfile.Dispenser, existing any) (any, error) {
	if existing != nil {
		return nil, d.Err("the linkquay option stands twice; put all settings into one block")
	}
	app := new(App)
	if err := app.UnmarshalCaddyfile(d); err != nil {
		return nil, err
	}
	return httpcaddyfile.App{Name: "linkquay", Value: caddyconfig.JSON(app, nil)}, nil
}

// UnmarshalCaddyfile reads the global option. Syntax:
//
//	linkquay {
//		database sqlite <path>|postgres <address>
//		short_domain <origin>
//		time_zone <name>
//		rate_limit <requests> <window>|off
//		failed_attempts <requests> <window>|off
//		body_limit <size>
//		upload_limit <size>
//		bulk_limit <items> <window>|off
//		geoip <file>
//		files <folder>
//		blocklist <file>
//		duplicates create|reuse
//		schemes <schemes...>
//		private_networks <networks...>
//		dialect <name>
//		backend <name> <adapter> <address> {
//			...
//		}
//		key <name> <key> {
//			account <name>
//			backend <name>
//			rate_limit <requests> <window>|off
//			scopes <scopes...>
//			expires <date>
//			strict
//		}
//		adopt <host> [<backend>] {
//			account <name>
//			via <origin>
//			misses <duration>
//		}
//	}
func (a *App) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // consume the option's name
	if d.NextArg() {
		return d.ArgErr()
	}
	once := once{}
	for d.NextBlock(0) {
		if err := once.check(d, "adopt", "backend", "dialect", "key"); err != nil {
			return err
		}
		if err := a.unmarshalOption(d, d.Val()); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) unmarshalOption(d *caddyfile.Dispenser, option string) error {
	switch option {
	case "database":
		a.Database = new(Database)
		if !d.Args(&a.Database.Driver, &a.Database.Source) || d.NextArg() {
			return d.Err("database needs a driver and a place, such as: database sqlite ./data/linkquay.db")
		}
	case "short_domain":
		return one(d, &a.ShortDomain)
	case "time_zone":
		return one(d, &a.TimeZone)
	case "rate_limit":
		return unmarshalRate(d, &a.RateLimit)
	case "failed_attempts":
		return unmarshalRate(d, &a.FailedAttempts)
	case "bulk_limit":
		return unmarshalRate(d, &a.BulkLimit)
	case "geoip":
		return one(d, &a.GeoIP)
	case "files":
		return one(d, &a.Files)
	case "blocklist":
		return one(d, &a.Blocklist)
	case "duplicates":
		return one(d, &a.Duplicates)
	case "schemes":
		if a.Schemes = d.RemainingArgs(); len(a.Schemes) == 0 {
			return d.ArgErr()
		}
	case "private_networks":
		if a.PrivateNetworks = d.RemainingArgs(); len(a.PrivateNetworks) == 0 {
			return d.ArgErr()
		}
	case "body_limit":
		return unmarshalSize(d, &a.BodyLimit)
	case "upload_limit":
		return unmarshalSize(d, &a.UploadLimit)
	case "dialect":
		return a.unmarshalDialect(d)
	case "backend":
		return a.unmarshalBackend(d)
	case "key":
		return a.unmarshalKey(d)
	case "adopt":
		return a.unmarshalAdoption(d)
	default:
		return d.Errf("unknown linkquay option %q", option)
	}
	return nil
}

func (a *App) unmarshalBackend(d *caddyfile.Dispenser) error {
	var name, adapter string
	if !d.Args(&name, &adapter) {
		return d.Err("backend needs a name, an adapter and an address, such as: backend kr gempixel https://1mm.kr")
	}
	if _, ok := a.BackendsRaw[name]; ok {
		return d.Errf("backend %q stands twice", name)
	}
	id := "linkquay.adapters." + adapter
	if _, err := caddy.GetModule(id); err != nil {
		return d.Errf("backend %q: there is no adapter %q", name, adapter)
	}
	module, err := caddyfile.UnmarshalModule(d, id)
	if err != nil {
		return err
	}
	if a.BackendsRaw == nil {
		a.BackendsRaw = map[string]json.RawMessage{}
	}
	a.BackendsRaw[name] = caddyconfig.JSONModuleObject(module, "adapter", adapter, nil)
	return nil
}

func (a *App) unmarshalDialect(d *caddyfile.Dispenser) error {
	var name string
	if err := one(d, &name); err != nil {
		return err
	}
	if _, err := caddy.GetModule("linkquay.dialects." + name); err != nil {
		return d.Errf("dialect: there is no dialect %q", name)
	}
	if a.DialectsRaw == nil {
		a.DialectsRaw = caddy.ModuleMap{}
	}
	a.DialectsRaw[name] = json.RawMessage("{}")
	return nil
}

func (a *App) unmarshalKey(d *caddyfile.Dispenser) error {
	var name string
	k := new(Key)
	if !d.Args(&name, &k.Key) || d.NextArg() {
		return d.Err("key needs a name and the key, such as: key partner {env.PARTNER_KEY}")
	}
	if _, ok := a.Keys[name]; ok {
		return d.Errf("key %q stands twice", name)
	}
	once := once{}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		err := once.check(d)
		if err != nil {
			return err
		}
		switch option := d.Val(); option {
		case "account":
			err = one(d, &k.Account)
		case "backend":
			err = one(d, &k.Backend)
		case "rate_limit":
			err = unmarshalRate(d, &k.RateLimit)
		case "scopes":
			if k.Scopes = d.RemainingArgs(); len(k.Scopes) == 0 {
				err = d.ArgErr()
			}
		case "expires":
			err = one(d, &k.Expires)
		case "strict":
			if d.NextArg() {
				err = d.ArgErr()
			}
			k.Strict = true
		default:
			err = d.Errf("key %q: unknown option %q", name, option)
		}
		if err != nil {
			return err
		}
	}
	if a.Keys == nil {
		a.Keys = map[string]*Key{}
	}
	a.Keys[name] = k
	return nil
}

// unmarshalCaddyfile reads the address and the options that every remote
// backend has. other reads those of one kind of backend, and reports whether
// it knew the option; the repeatable ones of those may stand more than once.
func (r *Remote) unmarshalCaddyfile(d *caddyfile.Dispenser, other func(option string) (bool, error), repeatable ...string) error {
	d.Next() // consume the adapter's name
	if !d.Args(&r.BaseURL) || d.NextArg() {
		return d.Err("a backend needs an address, such as: backend kr gempixel https://1mm.kr")
	}
	once := once{}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		err := once.check(d, repeatable...)
		if err != nil {
			return err
		}
		switch option := d.Val(); option {
		case "api_key":
			err = one(d, &r.APIKey)
		case "forward_credentials":
			if d.NextArg() {
				err = d.ArgErr()
			}
			r.ForwardCredentials = true
		case "account":
			err = one(d, &r.Account)
		case "timeout":
			err = unmarshalDuration(d, &r.Timeout)
		case "unsupported_fields":
			err = one(d, &r.UnsupportedFields)
		case "time_zone":
			err = one(d, &r.TimeZone)
		case "api_rate":
			err = unmarshalRate(d, &r.APIRate)
		case "domains":
			if r.Domains = d.RemainingArgs(); len(r.Domains) == 0 {
				err = d.ArgErr()
			}
		default:
			known := false
			if other != nil {
				known, err = other(option)
			}
			if !known {
				err = d.Errf("unknown backend option %q", option)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// once knows the options of a block that have been read.
type once map[string]bool

// check refuses an option that stands a second time, unless it may.
func (o once) check(d *caddyfile.Dispenser, repeatable ...string) error {
	option := d.Val()
	if o[option] && !slices.Contains(repeatable, option) {
		return d.Errf("%s stands twice", option)
	}
	o[option] = true
	return nil
}

// one reads exactly one argument.
func one(d *caddyfile.Dispenser, to *string) error {
	if !d.Args(to) || d.NextArg() {
		return d.ArgErr()
	}
	return nil
}

func positive(d *caddyfile.Dispenser) (int64, error) {
	var s string
	if err := one(d, &s); err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < 1 {
		return 0, d.Errf("%q is not a positive number", s)
	}
	return n, nil
}

func unmarshalDuration(d *caddyfile.Dispenser, to *caddy.Duration) error {
	var s string
	if err := one(d, &s); err != nil {
		return err
	}
	duration, err := caddy.ParseDuration(s)
	if err != nil || duration <= 0 {
		return d.Errf("%q is not a duration, such as 15s", s)
	}
	*to = caddy.Duration(duration)
	return nil
}

func unmarshalSize(d *caddyfile.Dispenser, to *int64) error {
	var s string
	if err := one(d, &s); err != nil {
		return err
	}
	size, err := humanize.ParseBytes(s)
	if err != nil || size == 0 || size > 1<<40 {
		return d.Errf("%q is not a size, such as 1MiB", s)
	}
	*to = int64(size)
	return nil
}

func unmarshalRate(d *caddyfile.Dispenser, to **RateLimit) error {
	args := d.RemainingArgs()
	l := new(RateLimit)
	*to = l
	if len(args) == 1 && args[0] == "off" {
		l.Off = true
		return nil
	}
	if len(args) != 2 {
		return d.Err("a limit is a number of requests and a window, such as 30 1m, or off")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 {
		return d.Errf("%q is not a number of requests", args[0])
	}
	window, err := caddy.ParseDuration(args[1])
	if err != nil || window <= 0 {
		return d.Errf("%q is not a window, such as 1m", args[1])
	}
	l.Requests, l.Window = n, caddy.Duration(window)
	return nil
}

// Interface guard.
var _ caddyfile.Unmarshaler = (*App)(nil)
