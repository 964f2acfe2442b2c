package visitors

import (
	"strconv"
	"strings"

	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors/pages"
)

// typeSplash is the type of a link with our own splash page.
const typeSplash = "splash"

// splash returns the splash page: our own, or the account's whose number is
// the link's type. Where that was removed there is none.
func (h *Handler) splash(o *opening) (pages.View, error) {
	page := pages.Splash{Destination: destination(o.decision.URL)}
	if o.link.Type == typeSplash {
		return page, nil
	}
	id, ok := number(o.link.Type, "")
	if !ok {
		return nil, nil //nolint:nilnil // No page is an answer.
	}
	s, err := h.store.SplashPages().Get(o.r.Context(), o.link.Account, id)
	if gone(err) {
		return nil, nil //nolint:nilnil // No page is an answer.
	}
	if err != nil {
		return nil, err
	}
	page.Title, page.Message, page.Button, page.Counter = s.Title, s.Message, s.Button, s.Counter
	if s.Image != "" {
		// In ASCII, as the page's policy must name its host.
		page.Image = shortener.Location(s.Image)
	}
	return page, nil
}

// number returns the id in a link's type behind a prefix.
func number(linkType, prefix string) (id int64, ok bool) {
	digits, ok := strings.CutPrefix(linkType, prefix)
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, err == nil && id > 0
}
