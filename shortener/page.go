package shortener

import (
	"bytes"
	_ "embed" // The pages' template.
	"html/template"
)

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// The pages that visitors see instead of a redirect. They hold nothing of a
// link.
var (
	// PageGone is for a link that has ended.
	PageGone = page("This link has expired",
		"Whoever made this short link set a date for its end, and that date has passed.")

	// PageWithheld is for a link that this version cannot open yet.
	PageWithheld = page("This link cannot be opened yet",
		"It is protected, or leads to different places for different visitors, and this server does not do that yet. "+
			"Please ask whoever gave you the link for its destination.")
)

func page(title, text string) []byte {
	var b bytes.Buffer
	// The template and its two texts are constants: this fails at start or never.
	if err := pageTemplate.Execute(&b, struct{ Title, Text string }{title, text}); err != nil {
		panic(err)
	}
	return b.Bytes()
}
