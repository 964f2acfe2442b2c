package pages

import (
	"net/url"
	"slices"
	"strings"
)

// sources are what a page may load or lead to, in the words of Content Security
// Policy Level 3.
type sources struct {
	image   []string
	script  []string
	connect []string
	frame   []string

	// scripted says that the page has a script of its own.
	scripted bool

	// form says that the page has a form. Where it may lead is left open:
	// browsers apply form-action to redirects too, and the right password
	// redirects to the destination.
	form bool
}

// policy returns the Content-Security-Policy of a page.
func policy(nonce string, s sources, pixels []Pixel) string {
	for _, p := range pixels {
		x := providerSources[p.Type]
		s.image = append(s.image, x.image...)
		s.script = append(s.script, x.script...)
		s.connect = append(s.connect, x.connect...)
		s.frame = append(s.frame, x.frame...)
		s.scripted = true
	}
	own := "'nonce-" + nonce + "'"
	if s.scripted {
		s.script = append(s.script, own)
	}
	var b strings.Builder
	b.WriteString("default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src ")
	b.WriteString(own)
	if !s.form {
		b.WriteString("; form-action 'none'")
	}
	for _, d := range []struct {
		directive string
		allowed   []string
	}{{"script-src", s.script}, {"img-src", s.image}, {"connect-src", s.connect}, {"frame-src", s.frame}} {
		if len(d.allowed) == 0 {
			continue
		}
		slices.Sort(d.allowed)
		b.WriteString("; " + d.directive + " " + strings.Join(slices.Compact(d.allowed), " "))
	}
	return b.String()
}

// source returns the host source of a URL's origin, empty where the URL is not
// of the web. A host may hold nothing that would end the directive: url.Parse
// lets ";" and "," through.
func source(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	foreign := strings.ContainsFunc(u.Host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(".-:[]_", r)
	})
	if foreign {
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}
