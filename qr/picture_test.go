package qr_test

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/linkquay/linkquay/qr"
)

// decode reads a code as a telephone does, without a hint that it is one.
func decode(img image.Image) (string, error) {
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		return "", err
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		return "", err
	}
	return result.GetText(), nil
}

func mustNew(t testing.TB, payload string, o qr.Options) *qr.Code {
	t.Helper()
	c, err := qr.New(payload, o)
	if err != nil {
		t.Fatalf("New(%q): %v", payload, err)
	}
	return c
}

func mustPNG(t testing.TB, c *qr.Code) (image.Image, []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := c.PNG(&b); err != nil {
		t.Fatalf("PNG: %v", err)
	}
	img, err := png.Decode(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatalf("PNG cannot be read: %v", err)
	}
	return img, b.Bytes()
}

// svg is what a document of ours consists of.
type svg struct {
	ViewBox string `xml:"viewBox,attr"`
	Width   int    `xml:"width,attr"`
	Role    string `xml:"role,attr"`
	Label   string `xml:"aria-label,attr"`
	Title   string `xml:"title"`
	Paths   []struct {
		Fill string `xml:"fill,attr"`
		D    string `xml:"d,attr"`
	} `xml:"path"`
	Images []struct {
		X      float64 `xml:"x,attr"`
		Y      float64 `xml:"y,attr"`
		Width  float64 `xml:"width,attr"`
		Height float64 `xml:"height,attr"`
		Href   string  `xml:"href,attr"`
	} `xml:"image"`
	Rest []struct {
		XMLName xml.Name
	} `xml:",any"`
}

func mustSVG(t testing.TB, c *qr.Code) svg {
	t.Helper()
	var b bytes.Buffer
	if err := c.SVG(&b); err != nil {
		t.Fatalf("SVG: %v", err)
	}
	var doc svg
	if err := xml.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatalf("SVG cannot be read: %v\n%s", err, b.Bytes())
	}
	return doc
}

var run = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

// draw paints the document with the given pixels a module.
func (doc svg) draw(t testing.TB, module int) *image.RGBA {
	t.Helper()
	var side, other int
	if _, err := fmt.Sscanf(doc.ViewBox, "0 0 %d %d", &side, &other); err != nil || side != other || len(doc.Paths) != 2 || len(doc.Rest) != 0 {
		t.Fatalf("viewBox is %q, %d paths, and beside them %v", doc.ViewBox, len(doc.Paths), doc.Rest)
	}
	if want := fmt.Sprintf("M0 0h%[1]dv%[1]dH0z", side); doc.Paths[0].D != want {
		t.Fatalf("ground is %q; want %q", doc.Paths[0].D, want)
	}
	img := image.NewRGBA(image.Rect(0, 0, side*module, side*module))
	fill := func(r image.Rectangle, colour string) {
		c, err := qr.ParseColour("fill", colour)
		if err != nil {
			t.Fatal(err)
		}
		draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
	}
	fill(img.Bounds(), doc.Paths[0].Fill)
	if left := run.ReplaceAllString(doc.Paths[1].D, ""); left != "" {
		t.Fatalf("path holds %q", left)
	}
	for _, m := range run.FindAllStringSubmatch(doc.Paths[1].D, -1) {
		var n [4]int
		for i := range n {
			n[i], _ = strconv.Atoi(m[i+1])
		}
		if n[2] != n[3] {
			t.Fatalf("run %q is not closed", m[0])
		}
		fill(image.Rect(n[0]*module, n[1]*module, (n[0]+n[2])*module, (n[1]+1)*module), doc.Paths[1].Fill)
	}
	for _, i := range doc.Images {
		data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(i.Href, "data:image/png;base64,"))
		if err != nil {
			t.Fatalf("logo: %v", err)
		}
		logo, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("logo: %v", err)
		}
		for y := range int(i.Height * float64(module)) {
			for x := range int(i.Width * float64(module)) {
				b := logo.Bounds()
				c := logo.At(b.Min.X+x*b.Dx()/int(i.Width*float64(module)), b.Min.Y+y*b.Dy()/int(i.Height*float64(module)))
				at := image.Pt(int(i.X*float64(module))+x, int(i.Y*float64(module))+y)
				draw.Draw(img, image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))}, image.NewUniform(c), image.Point{}, draw.Over)
			}
		}
	}
	return img
}

// noisy is the worst logo: black and white dots without order, opaque.
func noisy(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	state := uint32(1)
	for i := 0; i < len(img.Pix); i += 4 {
		state = state*1664525 + 1013904223
		v := uint8(0)
		if state>>31 == 1 {
			v = 255
		}
		copy(img.Pix[i:], []uint8{v, v, v, 255})
	}
	return img
}

func plain(w, h int, c color.Color) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	return img
}

func wantDecoded(t *testing.T, what string, img image.Image, want string) {
	t.Helper()
	if got, err := decode(img); err != nil || got != want {
		t.Errorf("%s reads %q, %v; want %q", what, got, err, want)
	}
}

func wantBoth(t *testing.T, payload string, o qr.Options) {
	t.Helper()
	c := mustNew(t, payload, o)
	img, _ := mustPNG(t, c)
	wantDecoded(t, "PNG", img, payload)
	wantDecoded(t, "SVG", mustSVG(t, c).draw(t, 3), payload)
}

func TestCode_everyType(t *testing.T) {
	for _, tt := range payloads {
		t.Run(tt.name, func(t *testing.T) {
			wantBoth(t, tt.want, qr.Options{Size: 170})
			wantBoth(t, tt.want, qr.Options{Logo: noisy(60, 60), Size: 250})
		})
	}
}

func TestCode_logo(t *testing.T) {
	logos := map[string]image.Image{
		"noisy": noisy(300, 300),
		"black": plain(300, 300, color.Black),
		"wide":  plain(400, 50, color.Black),
		"high":  noisy(10, 900),
		"tiny":  noisy(1, 1),
		"clear": image.NewRGBA(image.Rect(0, 0, 64, 64)),
	}
	// From the smallest version to the largest.
	for _, n := range []int{1, 20, 30, 60, 300, 1273} {
		for name, logo := range logos {
			if n > 60 && name != "noisy" {
				continue
			}
			t.Run(fmt.Sprintf("%s %d", name, n), func(t *testing.T) {
				wantBoth(t, strings.Repeat("x", n), qr.Options{Logo: logo, Size: max(200, n/2)})
			})
		}
	}
	t.Run("lies in the middle", func(t *testing.T) {
		red := color.RGBA{R: 255, A: 255}
		img, _ := mustPNG(t, mustNew(t, "https://example.com/a", qr.Options{Logo: plain(50, 50, red), Size: 370}))
		// 29 modules and 8 of margin: 10 pixels each. The logo has 22 % of 290.
		box := image.Rectangle{}
		for y := range 370 {
			for x := range 370 {
				if img.At(x, y) == color.Color(red) {
					box = box.Union(image.Rect(x, y, x+1, y+1))
				}
			}
		}
		if want := image.Rect(153, 153, 217, 217); box != want {
			t.Errorf("logo lies in %v; want %v", box, want)
		}
		white := color.RGBA{R: 255, G: 255, B: 255, A: 255}
		for i := range 70 {
			for _, at := range []image.Point{{150 + i, 151}, {150 + i, 218}, {151, 150 + i}, {218, 150 + i}} {
				if img.At(at.X, at.Y) != color.Color(white) {
					t.Fatalf("plate at %v is %v; want white", at, img.At(at.X, at.Y))
				}
			}
		}
	})
}

func TestCode_everyLength(t *testing.T) {
	letters := rand.New(rand.NewPCG(1, 2))
	for n := 1; n <= 2331; n += 1 + n/10 {
		payload := make([]byte, n)
		for i := range payload {
			payload[i] = byte(' ' + letters.IntN(95))
		}
		img, _ := mustPNG(t, mustNew(t, string(payload), qr.Options{Size: 370}))
		// Some data looks like the corners that a reader searches for: what is
		// tested here is the code, not the search.
		bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
		if err != nil {
			t.Fatal(err)
		}
		result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true})
		if err != nil || result.GetText() != string(payload) {
			t.Errorf("%d bytes read %v, %v", n, result, err)
		}
	}
}

func TestNew_tooMuch(t *testing.T) {
	for _, tt := range []struct {
		name    string
		payload string
		logo    image.Image
		words   string
	}{
		{"without logo", strings.Repeat("x", 2332), nil, "is too long for a QR code"},
		{"with logo", strings.Repeat("x", 1274), noisy(9, 9), "is too long for a QR code with a logo"},
		{"megabytes", strings.Repeat("x", 1<<21), nil, "is too long"},
		{"nothing", "", nil, "Invalid QR format or missing data."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := qr.New(tt.payload, qr.Options{Logo: tt.logo})
			wantInvalid(t, err, "data", tt.words)
		})
	}
	if _, err := qr.New(strings.Repeat("x", 2331), qr.Options{}); err != nil {
		t.Errorf("2,331 bytes: %v", err)
	}
}

func TestCode_size(t *testing.T) {
	const payload = "https://example.com/some/path?with=a&query=b"
	for _, size := range []int{64, 65, 100, 255, 512, 2048} {
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			c := mustNew(t, payload, qr.Options{Size: size})
			img, data := mustPNG(t, c)
			if img.Bounds() != image.Rect(0, 0, size, size) {
				t.Errorf("PNG is %v; want %d pixels", img.Bounds(), size)
			}
			p, ok := img.(*image.Paletted)
			if !ok || len(p.Palette) != 2 || len(data) > 600+size*4 {
				t.Errorf("PNG is %T of %d bytes; want two colours and few bytes", img, len(data))
			}
			wantDecoded(t, "PNG", img, payload)
			if doc := mustSVG(t, c); doc.Width != size {
				t.Errorf("SVG is %d wide; want %d", doc.Width, size)
			}
		})
	}
	t.Run("larger than asked", func(t *testing.T) {
		img, _ := mustPNG(t, mustNew(t, strings.Repeat("x", 2331), qr.Options{Size: 64}))
		if img.Bounds().Dx() != 185 {
			t.Errorf("PNG is %v; want a pixel for each of 177 + 8 modules", img.Bounds())
		}
	})
	for _, size := range []int{-1, 63, 2049} {
		_, err := qr.New(payload, qr.Options{Size: size})
		wantInvalid(t, err, "size", "must be from 64 to 2048")
	}
}

func TestCode_PNGandSVGagree(t *testing.T) {
	c := mustNew(t, "agree", qr.Options{Size: 290})
	img, _ := mustPNG(t, c)
	drawn := mustSVG(t, c).draw(t, 10)
	for y := range 290 {
		for x := range 290 {
			r1, g1, b1, _ := img.At(x, y).RGBA()
			r2, g2, b2, _ := drawn.At(x, y).RGBA()
			if r1 != r2 || g1 != g2 || b1 != b2 {
				t.Fatalf("at %d,%d PNG is %v, SVG %v", x, y, img.At(x, y), drawn.At(x, y))
			}
		}
	}
}

func TestCode_SVGtitle(t *testing.T) {
	doc := mustSVG(t, mustNew(t, "x", qr.Options{Title: `"Café" <script>alert(1)</script> & more` + "\x00"}))
	if want := `"Café" <script>alert(1)</script> & more` + "\ufffd"; doc.Title != want || doc.Label != want || doc.Role != "img" {
		t.Errorf("title is %q, label %q, role %q; want %q", doc.Title, doc.Label, doc.Role, want)
	}
	if doc := mustSVG(t, mustNew(t, "x", qr.Options{})); doc.Title != "QR code" {
		t.Errorf("title is %q; want %q", doc.Title, "QR code")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, bytes.ErrTooLarge }

func TestCode_writerFails(t *testing.T) {
	c := mustNew(t, "x", qr.Options{Logo: noisy(5, 5)})
	if c.PNG(broken{}) == nil || c.SVG(broken{}) == nil {
		t.Error("a failing writer is not told")
	}
}

func BenchmarkCode_PNG(b *testing.B) {
	for b.Loop() {
		mustPNG(b, mustNew(b, "https://example.com/some/path", qr.Options{}))
	}
}
