package visitors

import (
	"errors"
	"net/http"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/visitors/pages"
)

// maxPixels is how many pixels of a link are fired.
const maxPixels = 20

// tracks reports whether the link's pixels may fire: for people alone, and not
// for those who ask not to be tracked (Global Privacy Control, and its
// predecessor).
func tracks(o *opening) bool {
	switch {
	case o.r.Method == http.MethodHead, o.visitor.Preview, o.visitor.Automatic:
		return false
	}
	return field(o.r, "Sec-Gpc") != "1" && field(o.r, "Dnt") != "1"
}

// pixels reads the link's pixels. Those that do not exist any more, or whose
// provider cannot be fired, are left out.
func (h *Handler) pixels(o *opening) ([]pages.Pixel, error) {
	if o.link == nil || !tracks(o) {
		return nil, nil
	}
	var all []pages.Pixel
	for _, id := range o.link.Options.Pixels {
		if len(all) == maxPixels {
			break
		}
		p, err := h.store.Pixels().Get(o.r.Context(), o.link.Account, id)
		if gone(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if pages.Fires(p.Type) {
			all = append(all, pages.Pixel{Type: p.Type, Tag: p.Tag})
		}
	}
	return all, nil
}

// gone reports whether the error says that an object does not exist.
func gone(err error) bool {
	e, ok := errors.AsType[*api.Error](err)
	return ok && e.Code == api.NotFound
}
