package qr

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"strings"
)

// SVG writes the code as an SVG 1.1: one path in units of modules, sharp at any
// size, with a <title> and the logo as a data: URI. It has no script and no
// style, and loads nothing.
func (c *Code) SVG(w io.Writer) error {
	var b bytes.Buffer
	side := len(c.modules) + 2*margin
	title := plain(c.o.Title)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="%s">`,
		c.o.Size, c.o.Size, side, side, title)
	fmt.Fprintf(&b, `<title>%s</title><path fill="%s" d="M0 0h%dv%dH0z"/>`, title, hex(c.o.Background), side, side)
	fmt.Fprintf(&b, `<path fill="%s" shape-rendering="crispEdges" d="`, hex(c.o.Foreground))
	c.path(&b)
	b.WriteString(`"/>`)
	if c.o.Logo != nil {
		if err := c.image(&b); err != nil {
			return err
		}
	}
	b.WriteString("</svg>\n")
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing an SVG: %w", err)
	}
	return nil
}

// path writes a rectangle for each run of dark modules in a row.
func (c *Code) path(b *bytes.Buffer) {
	for y, row := range c.modules {
		for x := 0; x < len(row); x++ {
			start := x
			for x < len(row) && row[x] {
				x++
			}
			if n := x - start; n > 0 {
				fmt.Fprintf(b, "M%d %dh%dv1h-%dz", margin+start, margin+y, n, n)
			}
		}
	}
}

func (c *Code) image(b *bytes.Buffer) error {
	fmt.Fprintf(b, `<image x="%.2f" y="%.2f" width="%.2f" height="%.2f" href="data:image/png;base64,`,
		margin+c.logo.x, margin+c.logo.y, c.logo.w, c.logo.h)
	encoder := base64.NewEncoder(base64.StdEncoding, b)
	// Twice the pixels that the picture's own size shows, for dense screens.
	if err := png.Encode(encoder, fit(c.o.Logo, 2*c.o.Size*logoShare/100)); err != nil {
		return fmt.Errorf("writing a logo: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return fmt.Errorf("writing a logo: %w", err)
	}
	b.WriteString(`"/>`)
	return nil
}

// plain escapes a text for XML; what XML cannot hold becomes U+FFFD.
func plain(s string) string {
	var b strings.Builder
	// A strings.Builder does not fail.
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

func hex(c color.RGBA) string {
	return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
}
