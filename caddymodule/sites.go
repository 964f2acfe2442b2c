package caddymodule

import (
	"errors"
	"maps"
	"slices"
	"strings"

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
	sites, err := a.sites()
	if err != nil {
		return err
	}
	for _, h := range a.handlers {
		if h.Serve != ServeRedirects && !sites.named[h] {
			return errors.New("short_domain must be set: linkquay serves the API on a site that answers for any host, " +
				"so that short URLs have none of their own")
		}
	}
	return nil
}

// apiHosts returns the hosts that the API is reached by.
func (a *App) apiHosts() ([]string, error) {
	sites, err := a.sites()
	if err != nil {
		return nil, err
	}
	var hosts []string
	for _, h := range a.handlers {
		if h.Serve != ServeRedirects {
			hosts = append(hosts, sites.hosts[h]...)
		}
	}
	return hosts, nil
}

// sites is how the handlers are reached.
type sites struct {
	// named are the handlers that are reached past a host matcher only. What
	// is not found, such as a handler in a named route, counts as reachable for
	// any host.
	named map[*Handler]bool

	// hosts are those that lead to a handler, without patterns.
	hosts map[*Handler][]string
}

// sites looks through the provisioned routes of all servers.
func (a *App) sites() (*sites, error) {
	found := &sites{named: map[*Handler]bool{}, hosts: map[*Handler][]string{}}
	app, err := a.ctx.AppIfConfigured("http")
	if errors.Is(err, caddy.ErrNotConfigured) {
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	for _, server := range app.(*caddyhttp.App).Servers {
		found.walk(server.Routes, false, nil)
	}
	return found, nil
}

func (s *sites) walk(routes caddyhttp.RouteList, named bool, hosts []string) {
	for _, route := range routes {
		routeHosts, routeNamed := hostsOf(route)
		named, hosts := named || routeNamed, append(hosts[:len(hosts):len(hosts)], routeHosts...)
		for _, handler := range route.Handlers {
			switch h := handler.(type) {
			case *Handler:
				s.named[h], s.hosts[h] = named, hosts
			case *caddyhttp.Subroute:
				s.walk(h.Routes, named, hosts)
			}
		}
	}
}

// hostsOf returns the hosts that a route is for, and whether every way into it
// names its hosts.
func hostsOf(route caddyhttp.Route) (hosts []string, named bool) {
	named = len(route.MatcherSets) > 0
	for _, set := range route.MatcherSets {
		here := false
		for _, matcher := range set {
			var match caddyhttp.MatchHost
			switch m := matcher.(type) {
			case caddyhttp.MatchHost:
				match = m
			case *caddyhttp.MatchHost:
				match = *m
			default:
				continue
			}
			here = true
			for _, host := range match {
				if !strings.ContainsAny(host, "*{") {
					hosts = append(hosts, host)
				}
			}
		}
		named = named && here
	}
	return hosts, named
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
