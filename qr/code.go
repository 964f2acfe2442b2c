package qr

import (
	"fmt"
	"image"
	"image/color"

	"github.com/skip2/go-qrcode"

	"github.com/linkquay/linkquay/api"
)

// The width and height of a picture in pixels.
const (
	MinSize     = 64
	MaxSize     = 2048
	DefaultSize = 512
)

const (
	// margin is the quiet zone in modules (ISO/IEC 18004).
	margin = 4

	// logoShare is how much of the symbol's width a logo may take, in percent.
	// With its plate it covers at most a thirteenth of the symbol; level H makes
	// good what lies in up to 30 % of the code words.
	logoShare = 22

	// maxPayload is what no code holds, digits or not; without it the library
	// would work through megabytes.
	maxPayload = 7089

	// minLogoVersion has 29 modules a side: in the two smaller versions a logo
	// would cover too much of the few code words.
	minLogoVersion = 3
)

// Options say how a code looks. The zero value is a good one.
type Options struct {
	// Foreground and Background are opaque colours; the zero colour means
	// black and white. The foreground must be the darker one.
	Foreground color.RGBA
	Background color.RGBA

	// Size is the width and height in pixels, 64 to 2048; 0 means 512. Modules
	// have whole pixels; what is left over widens the margin of 4 modules. A
	// PNG whose code needs more than Size for one pixel a module is as large as
	// it needs.
	Size int

	// Logo is laid over the middle, at most 22 % of the symbol's width and on a
	// plate of the background; nil means none. [DecodeLogo] makes one.
	Logo image.Image

	// Title is what screen readers say of an SVG; empty means "QR code".
	Title string
}

// Code is a code that can be drawn. It is safe for concurrent use.
type Code struct {
	o Options

	// modules is the symbol without margin, true for dark; what the logo's
	// plate covers is left out.
	modules [][]bool

	// logo is where the logo lies, in modules from the symbol's corner.
	logo box
}

// box is a rectangle in modules, which may have fractions.
type box struct{ x, y, w, h float64 }

// New makes a code of the payload: level M, with a logo level H. Errors are
// Invalid and name data (empty, or too long: over 2,331 bytes, with a logo over
// 1,273; more where it is digits alone), foreground (see [CheckContrast]) or size.
func New(payload string, o Options) (*Code, error) {
	if o.Foreground == (color.RGBA{}) {
		o.Foreground = color.RGBA{A: 255}
	}
	if o.Background == (color.RGBA{}) {
		o.Background = color.RGBA{R: 255, G: 255, B: 255, A: 255}
	}
	if o.Size == 0 {
		o.Size = DefaultSize
	}
	if o.Size < MinSize || o.Size > MaxSize {
		return nil, api.InvalidField("size", "must be from 64 to 2048")
	}
	if o.Title == "" {
		o.Title = "QR code"
	}
	if err := CheckContrast(o.Foreground, o.Background); err != nil {
		return nil, err
	}
	if payload == "" {
		return nil, missing()
	}
	if o.Logo != nil && o.Logo.Bounds().Empty() {
		o.Logo = nil
	}
	symbol, err := encode(payload, o.Logo != nil)
	if err != nil {
		e := api.InvalidField("data", "is too long for a QR code")
		if o.Logo != nil {
			e = api.InvalidField("data", "is too long for a QR code with a logo")
		}
		e.Err = err
		return nil, e
	}
	symbol.DisableBorder = true
	c := &Code{o: o, modules: symbol.Bitmap()}
	if o.Logo != nil {
		c.place(o.Logo.Bounds())
	}
	return c, nil
}

func encode(payload string, logo bool) (*qrcode.QRCode, error) {
	if len(payload) > maxPayload {
		return nil, fmt.Errorf("%d bytes", len(payload))
	}
	if !logo {
		return qrcode.New(payload, qrcode.Medium)
	}
	// The library's Highest is the standard's level H.
	symbol, err := qrcode.New(payload, qrcode.Highest)
	if err == nil && symbol.VersionNumber < minLogoVersion {
		return qrcode.NewWithForcedVersion(payload, minLogoVersion, qrcode.Highest)
	}
	return symbol, err
}

// place lays a logo with these bounds over the middle and takes the modules
// away that its plate touches.
func (c *Code) place(bounds image.Rectangle) {
	n := len(c.modules)
	side := float64(n) * logoShare / 100
	w, h := float64(bounds.Dx()), float64(bounds.Dy())
	scale := side / max(w, h)
	c.logo = box{w: w * scale, h: h * scale}
	c.logo.x, c.logo.y = (float64(n)-c.logo.w)/2, (float64(n)-c.logo.h)/2

	plateW, plateH := plate(c.logo.w), plate(c.logo.h)
	for y := (n - plateH) / 2; y < (n+plateH)/2; y++ {
		for x := (n - plateW) / 2; x < (n+plateW)/2; x++ {
			c.modules[y][x] = false
		}
	}
}

// plate is the least odd number of modules that covers a length: symbols have
// an odd number, and so the plate lies in the middle and on whole modules.
func plate(length float64) int {
	n := 1
	for float64(n) < length {
		n += 2
	}
	return n
}
