package caddymodule

import (
	"errors"
	"maps"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// checkSites refuses an API that is not known to stand on named hosts alone
// while short_domain is not set: short URLs would be on whatever host a client
// chose to send. It runs when all apps are provisioned.
func (a *App) checkSites() error {
	if a.ShortDomain != "" {
		return nil
	}
	app, err := a.ctx.AppIfConfigured("http")
	if errors.Is(err, caddy.ErrNotConfigured) {
		return nil
	}
	if err != nil {
		return err
	}
	named := map[*Handler]bool{}
	for _, server := range app.(*caddyhttp.App).Servers {
		findNamed(server.Routes, false, named)
	}
	for _, h := range a.handlers {
		if h.Serve != ServeRedirects && !named[h] {
			return errors.New("short_domain must be set: linkquay serves the API on a site that answers for any host, " +
				"so that short URLs have none of their own")
		}
	}
	return nil
}

// findNamed notes the handlers that are reached past a host matcher only. What
// it does not find, such as a handler in a named route, counts as reachable
// for any host.
func findNamed(routes caddyhttp.RouteList, hosts bool, named map[*Handler]bool) {
	for _, route := range routes {
		hosts := hosts || namesHosts(route)
		for _, handler := range route.Handlers {
			switch h := handler.(type) {
			case *Handler:
				named[h] = hosts
			case *caddyhttp.Subroute:
				findNamed(h.Routes, hosts, named)
			}
		}
	}
}

// namesHosts reports whether every way into the route names its hosts.
func namesHosts(route caddyhttp.Route) bool {
	if len(route.MatcherSets) == 0 {
		return false
	}
	for _, set := range route.MatcherSets {
		if !slices.ContainsFunc(set, func(m any) bool {
			switch m.(type) {
			case caddyhttp.MatchHost, *caddyhttp.MatchHost:
				return true
			}
			return false
		}) {
			return false
		}
	}
	return true
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
