package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"

	"github.com/linkquay/linkquay/api"
)

const (
	// MaxLogo is the size of a logo's file in bytes.
	MaxLogo = 2 << 20

	// maxLogoSide is the width and height of a logo in pixels, maxLogoPixels how
	// many it has. A progressive JPEG takes up to 20 bytes for each, which a file
	// of some kilobytes can ask for: 180 MB.
	maxLogoSide   = 4096
	maxLogoPixels = 9_000_000

	// keptSide is what the largest picture can show of a logo.
	keptSide = MaxSize * logoShare / 100
)

// decoding bounds the memory of logos to what one takes.
var decoding = make(chan struct{}, 1)

// DecodeLogo reads a PNG or JPEG of at most 2 MiB, 4096 pixels a side and 9
// megapixels, and returns it no larger than any code shows it. What it is, is
// found in its first bytes, whatever it was called. Errors about the picture are
// Invalid and name logo; those of the reader are passed on.
func DecodeLogo(r io.Reader) (image.Image, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxLogo+1))
	if err != nil {
		return nil, fmt.Errorf("reading a logo: %w", err)
	}
	if len(data) > MaxLogo {
		return nil, api.InvalidField("logo", "must be at most 2 MiB")
	}
	var config func(io.Reader) (image.Config, error)
	var decode func(io.Reader) (image.Image, error)
	switch http.DetectContentType(data) {
	case "image/png":
		config, decode = png.DecodeConfig, png.Decode
	case "image/jpeg":
		config, decode = jpeg.DecodeConfig, jpeg.Decode
	default:
		return nil, api.InvalidField("logo", "must be a PNG or JPEG picture")
	}
	head, err := config(bytes.NewReader(data))
	switch {
	case err != nil:
		return nil, damaged(err)
	case head.Width < 1 || head.Height < 1 || head.Width > maxLogoSide || head.Height > maxLogoSide:
		return nil, api.InvalidField("logo", "must be at most 4096 pixels wide and high")
	case head.Width*head.Height > maxLogoPixels:
		return nil, api.InvalidField("logo", "must have at most 9 megapixels")
	}
	decoding <- struct{}{}
	defer func() { <-decoding }()
	img, err := decode(bytes.NewReader(data))
	if err != nil {
		return nil, damaged(err)
	}
	return fit(img, keptSide), nil
}

func damaged(err error) error {
	e := api.InvalidField("logo", "cannot be read: the picture is damaged or of an uncommon kind")
	e.Err = err
	return e
}

// fit returns a picture that is at most side wide and high, in a form of its
// own: decoders may return one that keeps the whole file.
func fit(img image.Image, side int) image.Image {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if longer := max(w, h); longer > side {
		w, h = max(1, w*side/longer), max(1, h*side/longer)
		return scale(img, w, h)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), img, img.Bounds().Min, draw.Src)
	return out
}
