package visitors

import (
	"image/color"
	"slices"
	"strings"

	"github.com/linkquay/linkquay/qr"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors/pages"
)

// framable reports whether the destination can be shown in a frame of our
// page. Browsers load nothing over http into a page over https.
func (h *Handler) framable(o *opening) bool {
	origin := h.origin(o.r, o.domain)
	if strings.HasPrefix(origin, "https://") && !strings.HasPrefix(strings.ToLower(o.decision.URL), "https://") {
		return false
	}
	return h.framing.allows(o.r.Context(), o.decision.URL, origin)
}

// frame returns the page with the destination in a frame, nil where that
// cannot be.
func (h *Handler) frame(o *opening) (pages.View, error) {
	if !h.framable(o) {
		return nil, nil //nolint:nilnil // No page is an answer.
	}
	return pages.Frame{Destination: destination(o.decision.URL), Title: o.link.MetaTitle}, nil
}

// positions of a box.
var positions = []string{"top", "bottom", "topleft", "topright", "bottomleft", "bottomright"}

// overlay returns the page with the destination under a box. A destination
// that cannot be framed has the box on a page before it. Without the box there
// is no page.
func (h *Handler) overlay(o *opening) (pages.View, error) {
	id, ok := number(o.link.Type, "overlay-")
	if !ok {
		return nil, nil //nolint:nilnil // No page is an answer.
	}
	overlay, err := h.store.Overlays().Get(o.r.Context(), o.link.Account, id)
	if gone(err) {
		return nil, nil //nolint:nilnil // No page is an answer.
	}
	if err != nil {
		return nil, err
	}
	box := boxOf(overlay)
	if !h.framable(o) {
		return pages.Overlay{Destination: destination(o.decision.URL), Box: box}, nil
	}
	return pages.Frame{Destination: destination(o.decision.URL), Title: o.link.MetaTitle, Box: box}, nil
}

func boxOf(o *shortener.Overlay) *pages.Box {
	background := colour(o.Background, color.RGBA{R: 0x1f, G: 0x25, B: 0x52, A: 255})
	foreground := colour(o.Foreground, color.RGBA{R: 255, G: 255, B: 255, A: 255})
	box := &pages.Box{
		Message: o.Message, Label: o.Label, Button: o.Button, Position: o.Position,
		Colours: pages.BoxColours(background, foreground),
	}
	if !slices.Contains(positions, box.Position) {
		box.Position = "bottomright"
	}
	if o.Type == "contact" {
		box.Email = o.Email
	} else {
		box.Link = o.Link
	}
	return box
}

// colour reads a colour; fallback is for none, and for one that is none.
func colour(s string, fallback color.RGBA) color.RGBA {
	c, err := qr.ParseColour("", s)
	if err != nil || c.A != 255 {
		return fallback
	}
	return c
}
