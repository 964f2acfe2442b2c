package caddymodule

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/dialects/dglnk"
	"github.com/linkquay/linkquay/dialects/gempixel"
	"github.com/linkquay/linkquay/dialects/gempixelv1"
	"github.com/linkquay/linkquay/dialects/yourls"
	"github.com/linkquay/linkquay/gateway"
	"github.com/linkquay/linkquay/openapi"
)

func init() {
	caddy.RegisterModule(GempixelDialect{})
	caddy.RegisterModule(GempixelV1Dialect{})
	caddy.RegisterModule(DgLnkDialect{})
	caddy.RegisterModule(YOURLSDialect{})
}

// Dialect is an API that clients speak, as a guest module of the namespace
// linkquay.dialects. Of several that own a path, those are asked first that tell
// their requests by more (dialects.Chooser), then the others in order of name,
// and gempixel last.
type Dialect interface {
	// Dialect makes the dialect. It touches nothing outside.
	Dialect(env DialectEnvironment) (dialects.Dialect, error)
}

// DialectEnvironment is what a dialect finds when it is made.
type DialectEnvironment struct {
	Contract *openapi.Contract

	// Zone is that of times without one.
	Zone *time.Location
}

// defaultDialects are those that clients may speak where none is configured.
var defaultDialects = []string{gempixelName, "gempixelv1", "dglnk", "yourls"}

// gempixelName is the dialect that answers for what is nobody's.
const gempixelName = "gempixel"

// loadDialects makes the dialects in the order in which they are asked.
func (a *App) loadDialects() error {
	if len(a.DialectsRaw) == 0 {
		a.DialectsRaw = caddy.ModuleMap{}
		for _, name := range defaultDialects {
			a.DialectsRaw[name] = nil
		}
	}
	loaded, err := a.ctx.LoadModule(a, "DialectsRaw")
	if err != nil {
		return fmt.Errorf("loading dialects: %w", err)
	}
	modules := loaded.(map[string]any)
	for _, name := range sortedKeys(modules) {
		module, ok := modules[name].(Dialect)
		if !ok {
			return fmt.Errorf("dialect %q: %T is not a dialect", name, modules[name])
		}
		dialect, err := module.Dialect(DialectEnvironment{Contract: a.contract, Zone: a.zone})
		if err != nil {
			return fmt.Errorf("dialect %q: %w", name, err)
		}
		a.dialects = append(a.dialects, dialect)
		if name == gempixelName || a.fallback == nil {
			a.fallback = dialect
		}
	}
	slices.SortStableFunc(a.dialects, func(x, y dialects.Dialect) int { return cmp.Compare(rank(x), rank(y)) })
	return nil
}

// speaker is the dialect that answers a request, also where no gateway can.
func (a *App) speaker(r *http.Request) dialects.Dialect {
	if d := gateway.Speaker(a.dialects, r); d != nil {
		return d
	}
	return a.fallback
}

// rank is lower for dialects that tell their requests by more than the path, and
// highest for the one that owns all that is below /api.
func rank(d dialects.Dialect) int {
	if _, ok := d.(dialects.Chooser); ok {
		return 0
	}
	if d.Name() == gempixelName {
		return 2
	}
	return 1
}

// GempixelDialect is the API of openmy.link and 1mm.kr, in its second and third
// generation.
type GempixelDialect struct{}

// CaddyModule returns the Caddy module information.
func (GempixelDialect) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "linkquay.dialects.gempixel", New: func() caddy.Module { return new(GempixelDialect) }}
}

// Dialect implements Dialect.
func (*GempixelDialect) Dialect(env DialectEnvironment) (dialects.Dialect, error) {
	return gempixel.New(env.Contract), nil
}

// GempixelV1Dialect is the first generation of the API of openmy.link and
// 1mm.kr.
type GempixelV1Dialect struct{}

// CaddyModule returns the Caddy module information.
func (GempixelV1Dialect) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "linkquay.dialects.gempixelv1", New: func() caddy.Module { return new(GempixelV1Dialect) }}
}

// Dialect implements Dialect.
func (*GempixelV1Dialect) Dialect(DialectEnvironment) (dialects.Dialect, error) {
	return gempixelv1.New(), nil
}

// DgLnkDialect is the API of dgLnk.
type DgLnkDialect struct{}

// CaddyModule returns the Caddy module information.
func (DgLnkDialect) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "linkquay.dialects.dglnk", New: func() caddy.Module { return new(DgLnkDialect) }}
}

// Dialect implements Dialect.
func (*DgLnkDialect) Dialect(env DialectEnvironment) (dialects.Dialect, error) {
	return dglnk.New(env.Contract, env.Zone), nil
}

// YOURLSDialect is the API of YOURLS.
type YOURLSDialect struct{}

// CaddyModule returns the Caddy module information.
func (YOURLSDialect) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "linkquay.dialects.yourls", New: func() caddy.Module { return new(YOURLSDialect) }}
}

// Dialect implements Dialect.
func (*YOURLSDialect) Dialect(env DialectEnvironment) (dialects.Dialect, error) {
	return yourls.New(env.Zone), nil
}

// Interface guards.
var (
	_ Dialect = (*GempixelDialect)(nil)
	_ Dialect = (*GempixelV1Dialect)(nil)
	_ Dialect = (*DgLnkDialect)(nil)
	_ Dialect = (*YOURLSDialect)(nil)
)
