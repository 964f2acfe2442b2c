package qr_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/linkquay/linkquay/qr"
)

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claiming is a PNG whose head claims a size that its body does not have.
func claiming(t testing.TB, width, height uint32) []byte {
	t.Helper()
	data := bytes.Clone(pngOf(t, plain(1, 1, color.Black)))
	binary.BigEndian.PutUint32(data[16:], width)
	binary.BigEndian.PutUint32(data[20:], height)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}

func TestDecodeLogo(t *testing.T) {
	red := color.RGBA{R: 255, A: 255}
	for _, tt := range []struct {
		name string
		data []byte
		size image.Point
	}{
		{"PNG", pngOf(t, plain(64, 32, red)), image.Pt(64, 32)},
		{"JPEG", jpegOf(t, plain(64, 32, red)), image.Pt(64, 32)},
		{"grey JPEG", jpegOf(t, image.NewGray(image.Rect(0, 0, 8, 8))), image.Pt(8, 8)},
		{"large PNG", pngOf(t, plain(1500, 700, red)), image.Pt(450, 210)},
		{"large JPEG", jpegOf(t, plain(701, 1403, red)), image.Pt(224, 450)},
		{"a line", pngOf(t, plain(4096, 1, red)), image.Pt(450, 1)},
		{"moved", pngOf(t, plain(900, 900, red).(*image.RGBA).SubImage(image.Rect(10, 10, 40, 40))), image.Pt(30, 30)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			img, err := qr.DecodeLogo(bytes.NewReader(tt.data))
			if err != nil || img.Bounds() != (image.Rectangle{Max: tt.size}) {
				t.Fatalf("DecodeLogo = %v, %v; want %v", img, err, tt.size)
			}
			r, g, b, a := img.At(tt.size.X/2, tt.size.Y/2).RGBA()
			if tt.name != "grey JPEG" && (r < 0xf000 || g > 0x1000 || b > 0x1000 || a != 0xffff) {
				t.Errorf("middle is %v; want red", img.At(tt.size.X/2, tt.size.Y/2))
			}
		})
	}
}

func TestDecodeLogo_scales(t *testing.T) {
	// A chess board of single dots becomes even grey, clear dots count by their
	// opacity alone.
	board := image.NewNRGBA(image.Rect(0, 0, 1800, 1800))
	for y := range 1800 {
		for x := range 1800 {
			c := color.NRGBA{R: 200, A: 255}
			if (x+y)%2 == 0 {
				c = color.NRGBA{G: 255}
			}
			board.SetNRGBA(x, y, c)
		}
	}
	img, err := qr.DecodeLogo(bytes.NewReader(pngOf(t, board)))
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []image.Point{{0, 0}, {449, 449}, {200, 31}} {
		c := color.NRGBAModel.Convert(img.At(at.X, at.Y)).(color.NRGBA)
		if c.R < 198 || c.R > 202 || c.G != 0 || c.A < 127 || c.A > 129 {
			t.Errorf("at %v the mean is %v; want half clear red", at, c)
		}
	}
	// A part of a pixel counts in part: 700 to 450 is no whole ratio.
	img, err = qr.DecodeLogo(bytes.NewReader(pngOf(t, plain(700, 467, color.RGBA{R: 10, G: 200, B: 77, A: 255}))))
	if err != nil {
		t.Fatal(err)
	}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if c := img.At(x, y); c != color.Color(color.RGBA{R: 10, G: 200, B: 77, A: 255}) {
				t.Fatalf("at %d,%d an even ground is %v", x, y, c)
			}
		}
	}
}

func TestDecodeLogo_refuses(t *testing.T) {
	var gifFile bytes.Buffer
	if err := gif.Encode(&gifFile, plain(8, 8, color.Black), nil); err != nil {
		t.Fatal(err)
	}
	whole := pngOf(t, noisy(50, 50))
	for _, tt := range []struct {
		name  string
		data  []byte
		words string
	}{
		{"empty", nil, "must be a PNG or JPEG"},
		{"GIF", gifFile.Bytes(), "must be a PNG or JPEG"},
		{"SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "must be a PNG or JPEG"},
		{"HTML", []byte("<html>not found</html>"), "must be a PNG or JPEG"},
		{"cut PNG", whole[:len(whole)/2], "damaged"},
		{"head alone", whole[:20], "damaged"},
		{"cut JPEG", jpegOf(t, noisy(50, 50))[:100], "damaged"},
		{"too wide", claiming(t, 4097, 10), "4096 pixels"},
		{"too high", claiming(t, 10, 1<<30), "4096 pixels"},
		{"too many pixels", claiming(t, 3001, 3000), "9 megapixels"},
		{"too many pixels of a tall one", claiming(t, 2198, 4096), "9 megapixels"},
		{"claims more than it has", claiming(t, 3000, 3000), "damaged"},
		{"too many bytes", append(bytes.Clone(whole), make([]byte, qr.MaxLogo)...), "must be at most 2 MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := qr.DecodeLogo(bytes.NewReader(tt.data))
			wantInvalid(t, err, "logo", tt.words)
		})
	}
	t.Run("reader fails", func(t *testing.T) {
		if _, err := qr.DecodeLogo(io.MultiReader(bytes.NewReader(whole[:9]), iotest.ErrReader(io.ErrClosedPipe))); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("error is %v; want the reader's", err)
		}
	})
	t.Run("never read whole", func(t *testing.T) {
		endless := &counter{}
		_, err := qr.DecodeLogo(endless)
		wantInvalid(t, err, "logo", "2 MiB")
		if endless.n > 2*qr.MaxLogo {
			t.Errorf("%d bytes were read; want little more than the limit", endless.n)
		}
	})
}

type counter struct{ n int }

func (c *counter) Read(p []byte) (int, error) {
	c.n += len(p)
	return copy(p, strings.Repeat("\x89", len(p))), nil
}

func FuzzDecodeLogo(f *testing.F) {
	f.Add(pngOf(f, noisy(9, 5)))
	f.Add(jpegOf(f, noisy(9, 5)))
	f.Add(claiming(f, 4096, 4096))
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := qr.DecodeLogo(bytes.NewReader(data))
		if err == nil && (img.Bounds().Empty() || img.Bounds().Dx() > 450 || img.Bounds().Dy() > 450) {
			t.Errorf("DecodeLogo = %v; want 1 to 450 pixels a side", img.Bounds())
		}
	})
}
