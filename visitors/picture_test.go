package visitors_test

import (
	"image/png"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/linkquay/linkquay/shortener"
)

func code(kind, data string) shortener.Options {
	return shortener.Options{QR: &shortener.QR{Type: kind, Data: []byte(data)}}
}

func scan(t *testing.T, resp *http.Response) (text string, size int) {
	t.Helper()
	img, err := png.Decode(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result.GetText(), img.Bounds().Dx()
}

func TestHandler_Picture(t *testing.T) {
	logo := code("link", `"https://example.com"`)
	logo.QR.LogoFile, logo.QR.Foreground, logo.QR.Background = "logo", "rgb(0,0,128)", "#ffffee"
	lost := code("link", `"https://example.com"`)
	lost.QR.LogoFile = "lost"
	s := newSite(t, []shortener.Link{
		{Alias: "dynamic", Kind: shortener.KindQR, URL: "https://example.com", Options: code("link", `"https://example.com"`)},
		{Alias: "static", Kind: shortener.KindQR, Options: code("text", `"Hello"`)},
		{Alias: "logo", Kind: shortener.KindQR, URL: "https://example.com", Options: logo},
		{Alias: "lost", Kind: shortener.KindQR, URL: "https://example.com", Options: lost},
		{Alias: "link", URL: "https://example.com", PasswordHash: "x"},
		{Alias: "brand", Domain: "brand.example", URL: "https://example.com"},
	}, withFiles(t, map[string][]byte{"logo": logoPNG(t)}), func(s *site) {
		s.store.domains = []shortener.Domain{{Account: "main", Host: "brand.example", Scheme: "http"}}
	})
	for _, c := range []struct {
		host, path, text string
		size             int
	}{
		{"go.example.com", "/qr/dynamic", origin + "/dynamic", 512},
		{"go.example.com", "/qr/dynamic.png?size=300", origin + "/dynamic", 300},
		{"go.example.com", "/qr/static?size=64", "Hello", 64},
		{"go.example.com", "/qr/logo", origin + "/logo", 512},
		{"go.example.com", "/qr/lost", origin + "/lost", 512},
		{"go.example.com", "/qr/link", origin + "/link", 512},
		{"brand.example", "/qr/brand", "http://brand.example/brand", 512},
	} {
		r := s.request(http.MethodGet, c.path)
		r.Host = c.host
		resp := s.send(r)
		wantStatus(t, resp, 200)
		wantHeader(t, resp, "Content-Type", "image/png")
		wantHeader(t, resp, "Cache-Control", "public, max-age=300")
		if text, size := scan(t, resp); text != c.text || size != c.size {
			t.Errorf("%s holds %q, %d pixels; want %q, %d", c.path, text, size, c.text, c.size)
		}
	}
	resp := s.get("/qr/dynamic.svg")
	wantHeader(t, resp, "Content-Type", "image/svg+xml")
	wantContains(t, resp.Header.Get("Content-Security-Policy"), "sandbox")
	wantContains(t, body(t, resp), "<svg", "<path")
	tag := resp.Header.Get("ETag")
	resp = s.get("/qr/dynamic.svg", "If-None-Match", tag)
	wantStatus(t, resp, http.StatusNotModified)
	resp = s.send(s.request(http.MethodHead, "/qr/dynamic.svg"))
	wantHeader(t, resp, "ETag", tag)
	if b, _ := io.ReadAll(resp.Body); len(b) > 0 {
		t.Error("HEAD has a body")
	}
	// None of it is a scan.
	s.wantVisits(0)
}

func TestHandler_PictureSize(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abc", URL: "https://example.com"}})
	for size, want := range map[string]int{"63": 400, "64": 200, "2048": 200, "2049": 400, "-1": 400, "x": 400, "": 200, "1e3": 400} {
		resp := s.get("/qr/abc?size=" + size)
		if resp.StatusCode != want {
			t.Errorf("size %q: %d; want %d", size, resp.StatusCode, want)
		}
		if want == 400 {
			wantContains(t, body(t, resp), "size must be a whole number from 64 to 2048")
		}
	}
}

// A changed code is drawn anew at once.
func TestHandler_PictureFollowsItsCode(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "static", Kind: shortener.KindQR, Options: code("text", `"one"`)}})
	if text, _ := scan(t, s.get("/qr/static")); text != "one" {
		t.Errorf("the code holds %q", text)
	}
	l := *s.store.links["/static"]
	l.Options, l.Updated = code("text", `"two"`), now
	s.store.links["/static"] = &l
	resp := s.get("/qr/static")
	before := resp.Header.Get("ETag")
	if text, _ := scan(t, resp); text != "two" {
		t.Errorf("the code holds %q", text)
	}
	// Also where it holds the same as before.
	l.Options, l.Updated = code("text", `"two"`), now.Add(time.Millisecond)
	l.Options.QR.Foreground = "#000080"
	if after := s.get("/qr/static").Header.Get("ETag"); after == before {
		t.Error("another colour has the same picture")
	}
}

func TestHandler_PicturesAtOnce(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abc", URL: "https://example.com"}})
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			if resp := s.get("/qr/abc?size=" + []string{"64", "65", "66", "67"}[i%4]); resp.StatusCode != 200 {
				t.Errorf("status = %d", resp.StatusCode)
			}
		})
	}
	wg.Wait()
}

func TestHandler_PictureThatCannotBeDrawn(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "abc", Kind: shortener.KindQR, Options: code("text", `"`+strings.Repeat("x", 3000)+`"`)}})
	wantStatus(t, s.get("/qr/abc"), http.StatusServiceUnavailable)
}
