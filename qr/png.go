package qr

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
)

// PNG writes the code as a PNG: of two colours and one bit a pixel without a
// logo (512 pixels: some 2 ms and 1 to 4 kB), in true colour with one (some
// 15 ms, and the logo's size; 2048 pixels: 250 ms). Pictures should be cached.
func (c *Code) PNG(w io.Writer) error {
	picture := image.Image(c.paletted())
	if c.o.Logo != nil {
		picture = c.withLogo()
	}
	if err := png.Encode(w, picture); err != nil {
		return fmt.Errorf("writing a PNG: %w", err)
	}
	return nil
}

// grid returns the pixels of a side, of a module, and before the symbol.
func (c *Code) grid() (side, module, offset int) {
	n := len(c.modules)
	side = max(c.o.Size, n+2*margin)
	module = side / (n + 2*margin)
	return side, module, (side - n*module) / 2
}

func (c *Code) paletted() *image.Paletted {
	side, module, offset := c.grid()
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{c.o.Background, c.o.Foreground})
	for y, row := range c.modules {
		first := img.Pix[(offset+y*module)*img.Stride:][:img.Stride]
		for x, dark := range row {
			if dark {
				for i := range module {
					first[offset+x*module+i] = 1
				}
			}
		}
		for i := 1; i < module; i++ {
			copy(img.Pix[(offset+y*module+i)*img.Stride:], first)
		}
	}
	return img
}

func (c *Code) withLogo() *image.RGBA {
	code := c.paletted()
	img := image.NewRGBA(code.Bounds())
	draw.Draw(img, img.Bounds(), code, image.Point{}, draw.Src)
	_, module, offset := c.grid()
	pixel := func(modules float64) int { return offset + int(math.Round(modules*float64(module))) }
	target := image.Rect(pixel(c.logo.x), pixel(c.logo.y), pixel(c.logo.x+c.logo.w), pixel(c.logo.y+c.logo.h))
	if target.Empty() {
		return img
	}
	draw.Draw(img, target, scale(c.o.Logo, target.Dx(), target.Dy()), image.Point{}, draw.Over)
	return img
}
