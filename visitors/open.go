package visitors

import (
	"errors"
	"net/http"
	"net/netip"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/shortener"
)

// permanent is how long a browser may keep a redirect with a permanent status,
// which it would otherwise keep for good: an edit reaches everybody after it.
const permanent = "private, max-age=90"

// open answers a visitor of a short link. Most visits end here, with a
// redirect; the rest of them are an opening.
func (h *Handler) open(w http.ResponseWriter, r *http.Request, client netip.Addr, domain *shortener.Domain, alias string) error {
	target, err := h.links.Resolve(r.Context(), hostOf(domain), alias)
	if err != nil {
		return notFoundOr(err)
	}
	get := r.Method == http.MethodGet
	if !get && r.Method != http.MethodHead {
		return h.post(w, r, client, domain, alias, &target)
	}
	visitor := h.visitor(r, client, &target)
	d := shortener.Decide(&target, &visitor)
	if d.Outcome != shortener.Redirect || d.Take || d.Left {
		return h.serve(&opening{
			w: w, r: r, client: client, domain: domain, alias: alias,
			target: target, visitor: visitor, decision: d,
		})
	}
	h.redirect(w, &d)
	if get {
		v := h.visit(r, client)
		v.LinkID, v.At = target.LinkID, visitor.Now
		if target.Kind == shortener.KindQR {
			v.Kind = clicks.Scan
		}
		h.cfg.Recorder.Visit(v)
	}
	return nil
}

// redirect is written by hand: http.Redirect cleans paths and writes a body.
func (h *Handler) redirect(w http.ResponseWriter, d *shortener.Decision) {
	h.cfg.Count(Redirected)
	header := w.Header()
	header["Location"] = []string{d.URL}
	if d.Code == http.StatusMovedPermanently || d.Code == http.StatusPermanentRedirect {
		header["Cache-Control"] = []string{permanent}
	}
	w.WriteHeader(d.Code)
}

// visitor returns who asks. What costs time is found out where the target needs
// it alone.
func (h *Handler) visitor(r *http.Request, client netip.Addr, t *shortener.Target) shortener.Visitor {
	v := shortener.Visitor{
		Now:            h.cfg.Now(),
		UserAgent:      field(r, "User-Agent"),
		AcceptLanguage: field(r, "Accept-Language"),
		Query:          r.URL.RawQuery,
		Automatic:      r.Method == http.MethodHead,
	}
	if h.cfg.Country != nil && t.HasRules(shortener.ByCountry) {
		v.Country = h.cfg.Country(client)
	}
	if t.Via != shortener.Redirect || t.Previewed || t.Locked || t.App || t.Limit > 0 {
		switch clicks.KindOf(v.UserAgent) {
		case clicks.Preview:
			v.Preview = true
		case clicks.Bot:
			v.Automatic = true
		case clicks.Auto, clicks.Human, clicks.Scan:
		}
	}
	return v
}

// opening is a visit of a link that takes more than a redirect.
type opening struct {
	w        http.ResponseWriter
	r        *http.Request
	client   netip.Addr
	domain   *shortener.Domain
	alias    string
	target   shortener.Target
	visitor  shortener.Visitor
	decision shortener.Decision

	// link is read where a page needs it.
	link *shortener.Link
}

// notFoundOr returns ErrNotFound for what does not exist.
func notFoundOr(err error) error {
	if e, ok := errors.AsType[*api.Error](err); ok && e.Code == api.NotFound {
		return ErrNotFound
	}
	return err
}

// record counts the visit, unless it was a HEAD request.
func (h *Handler) record(o *opening) {
	if o.r.Method == http.MethodHead {
		return
	}
	v := h.visit(o.r, o.client)
	v.LinkID, v.At = o.target.LinkID, o.visitor.Now
	switch {
	case o.target.Kind == shortener.KindQR:
		v.Kind = clicks.Scan
	case o.visitor.Preview:
		v.Kind = clicks.Preview
	}
	h.cfg.Recorder.Visit(v)
}

// read reads the whole link once.
func (h *Handler) read(o *opening) error {
	if o.link != nil {
		return nil
	}
	var err error
	o.link, err = h.store.LinkByAlias(o.r.Context(), hostOf(o.domain), o.alias)
	return notFoundOr(err)
}

// left reports whether the visit is within what the link allows, and uses it
// up.
func (h *Handler) left(o *opening) (bool, error) {
	switch ctx, t := o.r.Context(), &o.target; {
	case o.decision.Take:
		return h.store.TakeClick(ctx, t.LinkID, t.Limit)
	case o.decision.Left:
		return h.store.ClicksLeft(ctx, t.LinkID, t.Limit)
	}
	return true, nil
}
