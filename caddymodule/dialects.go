package caddymodule

import (
	"github.com/caddyserver/caddy/v2"

	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/dialects/gempixel"
	"github.com/linkquay/linkquay/openapi"
)

func init() {
	caddy.RegisterModule(GempixelDialect{})
}

// Dialect is an API that clients speak, as a guest module of the namespace
// linkquay.dialects.
type Dialect interface {
	// Dialect makes the dialect for the contract. It touches nothing outside.
	Dialect(contract *openapi.Contract) (dialects.Dialect, error)
}

// GempixelDialect is the API of openmy.link and 1mm.kr.
type GempixelDialect struct{}

// CaddyModule returns the Caddy module information.
func (GempixelDialect) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "linkquay.dialects.gempixel", New: func() caddy.Module { return new(GempixelDialect) }}
}

// Dialect implements Dialect.
func (*GempixelDialect) Dialect(contract *openapi.Contract) (dialects.Dialect, error) {
	return gempixel.New(contract), nil
}

// Interface guard.
var _ Dialect = (*GempixelDialect)(nil)
