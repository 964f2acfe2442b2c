package caddymodule

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// The outcomes of a visit, as the metric names them.
const (
	outcomeRedirect = "redirect"
	outcomeGone     = "gone"
	outcomeWithheld = "withheld"
	outcomeUnknown  = "unknown"
	outcomeFailed   = "failed"
)

var errUnknownAlias = errors.New("no such short link")

// redirect answers a visitor of a short link.
func (h *Handler) redirect(rt *runtime, w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	metrics := h.app.metrics.redirects
	alias := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if !shortener.IsAlias(alias) {
		return h.unknown(w, r, next)
	}
	target, err := rt.shortener.Resolve(r.Context(), "", alias)
	if e, ok := errors.AsType[*api.Error](err); ok && e.Code == api.NotFound {
		return h.unknown(w, r, next)
	}
	if err != nil {
		metrics.WithLabelValues(outcomeFailed).Inc()
		return unavailable(err)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return caddyhttp.Error(http.StatusMethodNotAllowed, errors.New("a short link takes GET and HEAD"))
	}
	switch shortener.Decide(target, shortener.Visitor{Now: time.Now()}) {
	case shortener.Gone:
		metrics.WithLabelValues(outcomeGone).Inc()
		writePage(w, http.StatusGone, shortener.PageGone)
	case shortener.Withheld:
		metrics.WithLabelValues(outcomeWithheld).Inc()
		writePage(w, http.StatusNotImplemented, shortener.PageWithheld)
	default:
		h.app.metrics.redirected.Inc()
		// Written by hand: http.Redirect cleans paths.
		w.Header()["Location"] = []string{target.URL}
		w.WriteHeader(http.StatusFound)
		if r.Method == http.MethodGet {
			rt.shared.database.clicks.Visit(target.LinkID)
		}
	}
	return nil
}

// unknown hands a path that is no short link on, or to the site's
// handle_errors.
func (h *Handler) unknown(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	if h.PassThru {
		return next.ServeHTTP(w, r)
	}
	h.app.metrics.redirects.WithLabelValues(outcomeUnknown).Inc()
	return caddyhttp.Error(http.StatusNotFound, errUnknownAlias)
}

func writePage(w http.ResponseWriter, status int, page []byte) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(page)))
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(page) // a visitor who went away needs no answer
}
