package qr

import (
	"image/color"
	"math"
	"regexp"
	"strconv"

	"github.com/linkquay/linkquay/api"
)

const (
	// minContrast is WCAG 2's ratio for graphics that must be told apart
	// (success criterion 1.4.11).
	minContrast = 3.0

	// minGrey is how far apart, of 255, the two colours must be as a reader's
	// camera sees them: readers turn a picture grey before anything else, and
	// pure blue on dark red, which WCAG tells apart, is one grey to them.
	minGrey = 64
)

var (
	rgbForm = regexp.MustCompile(`^(?i)\s*rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)\s*$`)
	hexForm = regexp.MustCompile(`^\s*#([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})\s*$`)
)

// ParseColour reads "rgb(r,g,b)", each 0 to 255, or "#rrggbb". Errors are
// Invalid and name the field.
func ParseColour(field, s string) (color.RGBA, error) {
	base := 10
	m := rgbForm.FindStringSubmatch(s)
	if m == nil {
		base = 16
		m = hexForm.FindStringSubmatch(s)
	}
	if m == nil {
		return color.RGBA{}, api.InvalidField(field, "must be a colour such as rgb(0,0,0) or #000000")
	}
	var c [3]uint8
	for i := range c {
		n, err := strconv.ParseUint(m[i+1], base, 8)
		if err != nil {
			return color.RGBA{}, api.InvalidField(field, "must have three values from 0 to 255")
		}
		c[i] = uint8(n)
	}
	return color.RGBA{R: c[0], G: c[1], B: c[2], A: 255}, nil
}

// CheckContrast returns an Invalid error that names foreground where readers
// could not tell the two colours apart, or where the foreground is the lighter
// one: many readers do not try a code with its colours exchanged.
func CheckContrast(foreground, background color.RGBA) error {
	for _, grey := range []func(color.RGBA) float64{rec601, average} {
		if grey(foreground) > grey(background) {
			return api.InvalidField("foreground", "must be darker than the background: most readers do not read light codes on a dark ground")
		}
	}
	ratio := (luminance(background) + 0.05) / (luminance(foreground) + 0.05)
	if ratio < minContrast || rec601(background)-rec601(foreground) < minGrey || average(background)-average(foreground) < minGrey {
		return api.InvalidField("foreground", "must be much darker than the background, or the code cannot be read")
	}
	return nil
}

// luminance is WCAG 2's relative luminance, 0 to 1.
func luminance(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// rec601 is the grey of cameras that deliver YUV.
func rec601(c color.RGBA) float64 {
	return 0.299*float64(c.R) + 0.587*float64(c.G) + 0.114*float64(c.B)
}

// average is the grey that ZXing and its descendants make of RGB pictures.
func average(c color.RGBA) float64 {
	return (float64(c.R) + 2*float64(c.G) + float64(c.B)) / 4
}
