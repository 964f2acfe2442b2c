package qr_test

import (
	"fmt"
	"image/color"
	"testing"

	"github.com/linkquay/linkquay/qr"
)

func TestParseColour(t *testing.T) {
	for s, want := range map[string]color.RGBA{
		"rgb(0,0,0)":            {A: 255},
		"rgb(255,255,255)":      {R: 255, G: 255, B: 255, A: 255},
		" RGB( 1 , 20 , 255 ) ": {R: 1, G: 20, B: 255, A: 255},
		"#0a0B0c":               {R: 10, G: 11, B: 12, A: 255},
	} {
		if got, err := qr.ParseColour("foreground", s); err != nil || got != want {
			t.Errorf("ParseColour(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "red", "rgb(1,2)", "rgb(1,2,3,4)", "rgba(1,2,3,1)", "rgb(-1,2,3)", "rgb(1.5,2,3)", "#12345", "#12345g", "000000", "rgb(1,2,3);x"} {
		_, err := qr.ParseColour("background", s)
		wantInvalid(t, err, "background", "must be a colour such as")
	}
	_, err := qr.ParseColour("foreground", "rgb(1,256,3)")
	wantInvalid(t, err, "foreground", "0 to 255")
}

func TestNew_contrast(t *testing.T) {
	white, black := color.RGBA{255, 255, 255, 255}, color.RGBA{A: 255}
	for _, tt := range []struct {
		name                   string
		foreground, background color.RGBA
		words                  string
	}{
		{"exchanged", white, black, "must be darker"},
		{"the same", color.RGBA{9, 9, 9, 255}, color.RGBA{9, 9, 9, 255}, "must be much darker"},
		{"yellow on white", color.RGBA{255, 255, 0, 255}, white, "must be much darker"},
		{"grey on white", color.RGBA{160, 160, 160, 255}, white, "must be much darker"},
		// WCAG tells these apart, a grey picture does not.
		{"blue on red", color.RGBA{0, 0, 187, 255}, color.RGBA{255, 0, 0, 255}, "must be much darker"},
		{"dark grey on black's neighbour", black, color.RGBA{60, 60, 60, 255}, "must be much darker"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := qr.New("x", qr.Options{Foreground: tt.foreground, Background: tt.background})
			wantInvalid(t, err, "foreground", tt.words)
		})
	}
}

// Whatever pair of colours is taken can be read, over a net of all of them.
func TestNew_everyColour(t *testing.T) {
	steps := []uint8{0, 140, 255}
	var colours []color.RGBA
	for _, r := range steps {
		for _, g := range steps {
			for _, b := range steps {
				colours = append(colours, color.RGBA{r, g, b, 255})
			}
		}
	}
	taken := 0
	for _, foreground := range colours {
		for _, background := range colours {
			c, err := qr.New("https://example.com/", qr.Options{Foreground: foreground, Background: background, Size: 66})
			if err != nil {
				continue
			}
			taken++
			img, _ := mustPNG(t, c)
			wantDecoded(t, fmt.Sprintf("%v on %v", foreground, background), img, "https://example.com/")
		}
	}
	if taken < 100 {
		t.Errorf("%d pairs of colours are taken; want at least 100 of 729", taken)
	}
}
