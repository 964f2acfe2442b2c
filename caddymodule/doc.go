// Package caddymodule is Linkquay as Caddy knows it. It is the only package of
// the project, beside the command, that imports Caddy.
//
// The modules are:
//
//   - linkquay, the app ([App]): database, backends, keys and limits, shared by
//     all sites.
//   - http.handlers.linkquay ([Handler]): the API and the short links of a site.
//   - linkquay.adapters.gempixel, .dglnk: the kinds of backends ([Adapter]).
//     Others add theirs as guest modules of the same namespace.
//   - linkquay.dialects.gempixel: the APIs that clients speak ([Dialect]).
//
// The smallest Caddyfile serves the API and short links on one site, with links
// in an embedded database:
//
//	links.example.com {
//		linkquay
//	}
package caddymodule
