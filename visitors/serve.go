package visitors

import (
	"net/http"

	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors/pages"
)

// serve carries a decision out.
func (h *Handler) serve(o *opening) error {
	switch o.decision.Outcome {
	case shortener.Blocked:
		return h.notice(o, http.StatusForbidden, "blocked", Blocked)
	case shortener.Disabled:
		return h.closed(o, "disabled")
	case shortener.NotStarted:
		return h.closed(o, "notstarted")
	case shortener.Ended:
		return h.closed(o, "gone")
	case shortener.Nowhere:
		return ErrNotFound
	case shortener.AskPassword:
		return h.ask(o, http.StatusOK, pages.Password{})
	case shortener.Download:
		return h.download(o)
	case shortener.Redirect, shortener.ShowPreview, shortener.OpenApp, shortener.ViaFrame, shortener.ViaSplash,
		shortener.ViaOverlay, shortener.ViaPixels:
	}
	// The page is made before a visit is used up: a failure must not cost one.
	page, err := h.page(o)
	if err != nil {
		return err
	}
	pixels, err := h.pixels(o)
	if err != nil {
		return err
	}
	if _, only := page.(pages.Interstitial); only && len(pixels) == 0 {
		page = nil
	}
	ok, err := h.left(o)
	if err != nil {
		return err
	}
	if !ok {
		return h.usedUp(o)
	}
	h.record(o)
	outcome := Paged
	switch page.(type) {
	case nil:
		if o.target.Limit > 0 || o.target.Locked {
			// Kept, it would be a visit that nobody counts, or asks for nothing.
			return h.leave(o, Redirected)
		}
		h.redirect(o.w, &o.decision)
		return nil
	case pages.Preview:
		outcome = Previewed
	}
	return h.write(o, http.StatusOK, outcome, page, pixels...)
}

// leave redirects to the decision's URL, and lets nobody keep that.
func (h *Handler) leave(o *opening, outcome Outcome) error {
	h.cfg.Count(outcome)
	code := o.decision.Code
	if o.r.Method == http.MethodPost {
		// Any other could send the form on to the destination.
		code = http.StatusSeeOther
	}
	header := o.w.Header()
	header["Location"] = []string{o.decision.URL}
	header["Cache-Control"] = []string{"no-store"}
	o.w.WriteHeader(code)
	return nil
}

// page returns what is shown to the visitor, nil where a redirect is all there
// is to it.
func (h *Handler) page(o *opening) (pages.View, error) {
	if o.decision.Outcome == shortener.Redirect {
		return nil, nil //nolint:nilnil // No page is an answer.
	}
	if o.decision.Outcome == shortener.ViaPixels && !tracks(o) {
		return nil, nil //nolint:nilnil // No page is an answer.
	}
	if err := h.read(o); err != nil {
		return nil, err
	}
	switch o.decision.Outcome {
	case shortener.ShowPreview:
		return h.preview(o), nil
	case shortener.OpenApp:
		return h.app(o)
	case shortener.ViaFrame:
		return h.frame(o)
	case shortener.ViaSplash:
		return h.splash(o)
	case shortener.ViaOverlay:
		return h.overlay(o)
	case shortener.ViaPixels:
		return pages.Interstitial{Destination: destination(o.decision.URL)}, nil
	default:
		return nil, nil //nolint:nilnil // No page is an answer.
	}
}

// usedUp answers a visit that the link has no room for.
func (h *Handler) usedUp(o *opening) error {
	o.decision = shortener.Decision{Outcome: shortener.Ended, URL: o.target.ExpiredURL, Code: http.StatusFound}
	return h.closed(o, "gone")
}

// closed answers for a link that has ended, has not started yet, or is switched
// off. Such visits are
// not counted.
func (h *Handler) closed(o *opening, key string) error {
	if o.decision.URL == "" {
		return h.notice(o, http.StatusGone, key, Gone)
	}
	return h.leave(o, Gone)
}

func (h *Handler) notice(o *opening, status int, key string, outcome Outcome) error {
	return h.write(o, status, outcome, pages.Notice{Key: key})
}

// write writes a page about a link.
func (h *Handler) write(o *opening, status int, outcome Outcome, page pages.View, pixels ...pages.Pixel) error {
	err := pages.Write(o.w, o.r, pages.Options{Status: status, Site: h.site(o.r, o.domain), Pixels: pixels}, page)
	if err == nil {
		h.cfg.Count(outcome)
	}
	return err
}
