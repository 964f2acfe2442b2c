package pages

import (
	"embed"
	"fmt"
	"html/template"
	"strings"
)

//go:embed html css script texts
var files embed.FS

// functions are what templates call.
func functions(lang string) template.FuncMap {
	texts := catalogue[lang]
	return template.FuncMap{
		"lang":   func() string { return lang },
		"t":      texts.format,
		"number": func(n int64) string { return groups(lang, n) },
		"wait":   texts.wait,
		//nolint:gosec // The files are ours, embedded at build time.
		"css": func(name string) template.CSS { return template.CSS(asset("css/" + name + ".css")) },
		//nolint:gosec // The files are ours, embedded at build time.
		"js":        func(name string) template.JS { return template.JS(asset("script/" + name + ".js")) },
		"safe":      safe,
		"providers": providers,
		"image":     Pixel.image,
	}
}

func asset(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // a page that is rendered once, as the tests do, has all of its files
	}
	return string(b)
}

// texts are one language's, by key.
type texts map[string]string

// format returns the text with {0}, {1}… replaced.
func (x texts) format(key string, args ...any) (string, error) {
	text, ok := x[key]
	if !ok {
		return "", fmt.Errorf("no text %q", key)
	}
	if len(args) == 0 {
		return text, nil
	}
	pairs := make([]string, 0, 2*len(args))
	for i, a := range args {
		pairs = append(pairs, fmt.Sprintf("{%d}", i), fmt.Sprint(a))
	}
	return strings.NewReplacer(pairs...).Replace(text), nil
}

// wait says how long a visitor has to wait, in minutes where it is more than
// one.
func (x texts) wait(seconds int64) (string, error) {
	if seconds > 60 {
		return x.format("limited.minutes", (seconds+59)/60)
	}
	return x.format("limited.seconds", max(2, seconds))
}

// scriptSchemes are those of URLs that run in the page or show what is in
// themselves.
var scriptSchemes = map[string]bool{
	"javascript": true, "data": true, "vbscript": true, "blob": true, "file": true, "filesystem": true, "about": true,
}

// safe returns a URL of any scheme that leads away from the page. Destinations
// were checked when they were stored; this is the second lock.
func safe(s string) template.URL {
	scheme, _, ok := strings.Cut(s, ":")
	if !ok || scheme == "" || scriptSchemes[strings.ToLower(scheme)] || strings.ContainsFunc(scheme, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '+' && r != '-' && r != '.'
	}) {
		return "#"
	}
	return template.URL(s) //nolint:gosec // Checked above; html/template knows no other schemes than http and mailto.
}
