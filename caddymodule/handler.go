package caddymodule

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
)

func init() {
	caddy.RegisterModule(Handler{})
	httpcaddyfile.RegisterHandlerDirective("linkquay", parseHandler)
	// Among the handlers that answer whatever comes, and the first of them:
	// respond and metrics, which name their paths, come before it.
	httpcaddyfile.RegisterDirectiveOrder("linkquay", httpcaddyfile.Before, "reverse_proxy")
}

// What a Handler serves.
const (
	// ServeAll is the API on the paths of the dialects and short links
	// elsewhere.
	ServeAll = ""
	// ServeAPI is the API alone.
	ServeAPI = "api"
	// ServeRedirects is short links alone.
	ServeRedirects = "redirects"
)

// Handler serves the API, the short links, or both on one site. Its settings
// are those of the [App].
type Handler struct {
	// Serve is "api", "redirects", or empty for both: the API on the paths of
	// the dialects, such as /api, and short links elsewhere. Default: both.
	Serve string `json:"serve,omitempty"`

	// PassThru calls the next handler for a path that is no short link, instead
	// of answering 404. Default: false.
	PassThru bool `json:"pass_thru,omitempty"`

	app *App
}

// CaddyModule returns the Caddy module information.
func (Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.linkquay", New: func() caddy.Module { return new(Handler) }}
}

// Provision finds the app.
func (h *Handler) Provision(ctx caddy.Context) error {
	app, err := ctx.App("linkquay")
	if err != nil {
		return err
	}
	h.app = app.(*App)
	h.app.handlers = append(h.app.handlers, h)
	return nil
}

// Validate refuses unknown settings.
func (h *Handler) Validate() error {
	switch h.Serve {
	case ServeAll, ServeAPI, ServeRedirects:
	default:
		return fmt.Errorf("serve must be api, redirects or empty, not %q", h.Serve)
	}
	if h.PassThru && h.Serve == ServeAPI {
		return fmt.Errorf("pass_thru is for short links and means nothing where only the API is served")
	}
	return nil
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	forAPI := h.Serve == ServeAPI || h.Serve == ServeAll && h.app.owns(r.URL.Path)
	rt, err := h.app.acquire()
	switch {
	case err != nil && forAPI:
		h.app.logger.Warn("request failed", zap.Error(err))
		h.app.speaker(r).WriteError(w, nil, api.Errorf(api.Unavailable, "The service is not ready. Please retry later."))
		return nil
	case err != nil:
		return unavailable(err)
	}
	defer rt.release()
	if forAPI {
		rt.gateway.ServeHTTP(w, r, clientAddr(r))
		return nil
	}
	return h.redirect(rt, w, r, next)
}

// clientAddr is the client's address as Caddy determined it, which heeds
// trusted_proxies.
func clientAddr(r *http.Request) netip.Addr {
	ip, _ := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string)
	// The zero address, of an unknown client, is counted like any other.
	addr, _ := netip.ParseAddr(ip)
	return addr
}

// unavailable is a failure that the site's handle_errors may present.
func unavailable(err error) error {
	status := http.StatusInternalServerError
	e, ok := errors.AsType[*api.Error](err)
	switch {
	case ok && e.Code == api.Unavailable, errors.Is(err, errClosed):
		status = http.StatusServiceUnavailable
	case ok && e.Code == api.RateLimited:
		status = http.StatusTooManyRequests
	}
	return caddyhttp.Error(status, err)
}

func parseHandler(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	handler := new(Handler)
	return handler, handler.UnmarshalCaddyfile(h.Dispenser)
}

// UnmarshalCaddyfile reads the directive. Syntax:
//
//	linkquay [<matcher>] [api|redirects] {
//		pass_thru
//	}
func (h *Handler) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // consume the directive's name
	if d.NextArg() {
		switch h.Serve = d.Val(); h.Serve {
		case ServeAPI, ServeRedirects:
		default:
			return d.Errf("linkquay serves api or redirects, or both without an argument, not %q", h.Serve)
		}
	}
	if d.NextArg() {
		return d.ArgErr()
	}
	once := once{}
	for d.NextBlock(0) {
		if err := once.check(d); err != nil {
			return err
		}
		switch option := d.Val(); option {
		case "pass_thru":
			if d.NextArg() {
				return d.ArgErr()
			}
			if h.Serve == ServeAPI {
				return d.Err("pass_thru is for short links and means nothing with linkquay api")
			}
			h.PassThru = true
		default:
			return d.Errf("unknown option %q of the linkquay directive", option)
		}
	}
	return nil
}

// Interface guards.
var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddy.Validator             = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
	_ caddyfile.Unmarshaler       = (*Handler)(nil)
)
