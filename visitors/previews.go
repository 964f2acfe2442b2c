package visitors

import (
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors/pages"
)

// preview returns what programs show of a link.
func (h *Handler) preview(o *opening) pages.View {
	l := o.link
	return pages.Preview{
		Destination: destination(o.decision.URL),
		Short:       h.links.ShortURL(l, h.cfg.Origin(o.r)),
		Title:       l.MetaTitle,
		Description: l.MetaDescription,
		Image:       l.MetaImage,
	}
}

// app returns the page that tries an app. Where there is none to try, what
// comes after it comes at once.
func (h *Handler) app(o *opening) (pages.View, error) {
	open, fallback := shortener.AppLink(o.decision.URL, o.link.Options.DeepLink, o.visitor.UserAgent)
	if open == "" {
		o.decision.Outcome = o.target.Via
		return h.page(o)
	}
	page := pages.App{Destination: destination(o.decision.URL), App: open}
	if fallback != o.decision.URL {
		page.Store = fallback
	}
	return page, nil
}
