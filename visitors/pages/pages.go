// Package pages writes the pages that visitors of short links see: in the
// visitor's language, with a Content-Security-Policy that lets each page do
// what it does and nothing else. It knows no links; its callers fill in the
// fields of a View.
package pages

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
)

// View is what one page shows. The views are the exported structs of this
// package.
type View interface {
	// name is the template's.
	name() string

	// sources is what the page may load beside its own style and scripts.
	sources() sources
}

// Options are what all pages have.
type Options struct {
	// Status is the HTTP status.
	Status int

	// Site is the host of the short link, as the foot of the page shows it.
	Site string

	// Pixels fire while the page is open. Views that have no use for them
	// ignore them.
	Pixels []Pixel
}

// page is what the templates see.
type page struct {
	Nonce  string
	Site   string
	Pixels []Pixel
	V      View
}

// Write answers with the page, in the language that the request asks for; a HEAD
// request gets the header alone. An error means that nothing was written.
func Write(w http.ResponseWriter, r *http.Request, o Options, v View) error {
	lang := match(r.Header.Get("Accept-Language"))
	if !firesPixels(v) {
		o.Pixels = nil
	}
	p := page{Nonce: nonce(), Site: o.Site, Pixels: o.Pixels, V: v}
	var body bytes.Buffer
	if err := templates[lang][v.name()].ExecuteTemplate(&body, "base.html", p); err != nil {
		return fmt.Errorf("writing the page %s: %w", v.name(), err)
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(body.Len()))
	header.Set("Content-Language", lang)
	header.Set("Content-Security-Policy", policy(p.Nonce, v.sources(), o.Pixels))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Add("Vary", "Accept-Language")
	if v.name() != "preview" {
		header.Set("X-Robots-Tag", "noindex")
	}
	w.WriteHeader(o.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body.Bytes()) // a visitor who went away needs no answer
	}
	return nil
}

// nonce returns 128 random bits for the Content-Security-Policy.
func nonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// templates are parsed at start, for each language.
var templates = parse()

func parse() map[string]map[string]*template.Template {
	all := map[string]map[string]*template.Template{}
	for _, lang := range Languages() {
		base := template.Must(template.New("").Funcs(functions(lang)).ParseFS(files, "html/base.html", "html/box.html"))
		all[lang] = map[string]*template.Template{}
		for _, name := range []string{
			"notice", "password", "splash", "frame", "overlay", "interstitial", "app", "preview", "statistics", "list",
		} {
			t := template.Must(base.Clone())
			all[lang][name] = template.Must(t.ParseFS(files, "html/"+name+".html"))
		}
	}
	return all
}
