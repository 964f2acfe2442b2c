package caddymodule

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// checkSites refuses an API on a site that answers for any host while
// short_domain is not set: short URLs would stand on whatever host a client
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
	servers := app.(*caddyhttp.App).Servers
	for _, name := range sortedKeys(servers) {
		if catchesAll(servers[name].Routes) {
			return fmt.Errorf("short_domain must be set: a site with linkquay answers for any host on %v, so short URLs have none of their own",
				servers[name].Listen)
		}
	}
	return nil
}

// catchesAll reports whether a handler of ours that serves the API can be
// reached past no host matcher.
func catchesAll(routes caddyhttp.RouteList) bool {
	for _, route := range routes {
		if namesHosts(route) {
			continue
		}
		for _, handler := range route.Handlers {
			switch h := handler.(type) {
			case *Handler:
				if h.Serve != ServeRedirects {
					return true
				}
			case *caddyhttp.Subroute:
				if catchesAll(h.Routes) {
					return true
				}
			}
		}
	}
	return false
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

func durationOf(d caddy.Duration) time.Duration { return time.Duration(d) }
