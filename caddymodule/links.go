package caddymodule

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/gateway"
	"github.com/linkquay/linkquay/visitors"
)

// redirect answers a visitor of a short link. A path that is none goes to the
// next handler, or to the site's handle_errors.
func (h *Handler) redirect(rt *runtime, w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	client := clientAddr(r)
	err := rt.visitors.ServeHTTP(w, r, client)
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, visitors.ErrNotFound):
		if e, ok := errors.AsType[*api.Error](err); ok && e.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.FormatInt(e.RetrySeconds(), 10))
		}
		return unavailable(err)
	case h.PassThru:
		return next.ServeHTTP(w, r)
	}
	rt.visitors.Orphan(r, client)
	return caddyhttp.Error(http.StatusNotFound, err)
}

// origin is the scheme and host of short URLs on the main domain for a visit.
// It is empty where the request's host is none, or a branded domain while no
// short_domain is set.
func (a *App) origin(r *http.Request) string {
	if a.ShortDomain == "" {
		host := api.HostOf(r.Host)
		if _, branded := a.shared.database.domains.Lookup(host); branded || a.adopts(host) {
			return ""
		}
	}
	origin, err := gateway.Origin(a.ShortDomain, r)
	if err != nil {
		return ""
	}
	return origin
}
