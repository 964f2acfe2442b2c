package pages

import (
	"fmt"
	"html/template"
	"image/color"
	"math"
)

// Colours are a pair as CSS has them.
type Colours struct {
	Background template.CSS
	Foreground template.CSS
}

// readable is the contrast that WCAG 1.4.3 asks of text.
const readable = 4.5

// BoxColours returns the colours of a box. Where the text could not be read on
// the ground, black or white takes its place.
func BoxColours(background, foreground color.RGBA) Colours {
	if Contrast(background, foreground) < readable {
		white, black := color.RGBA{R: 255, G: 255, B: 255, A: 255}, color.RGBA{A: 255}
		foreground = white
		if Contrast(background, black) > Contrast(background, white) {
			foreground = black
		}
	}
	return Colours{css(background), css(foreground)}
}

func css(c color.RGBA) template.CSS {
	return template.CSS(fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)) //nolint:gosec // Six hexadecimal digits.
}

// Contrast returns the contrast of two opaque colours, 1 to 21 (WCAG 2.2).
func Contrast(a, b color.RGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}
