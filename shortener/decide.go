package shortener

import (
	"net/url"
	"strings"
	"time"
)

// Target is what a visit needs to know of a link.
type Target struct {
	// LinkID is the link's id, for its click.
	LinkID int64

	// URL is where the link leads, its parameters included, in ASCII.
	URL string

	// Expires is when the link ends, in seconds since 1970; 0 means never.
	Expires int64

	// Whole says that the link is nothing but a redirect. One that is not has
	// a password, a rule or a type that stands between the visitor and URL.
	Whole bool
}

// Visitor is whoever opens a short link.
type Visitor struct {
	// Now is the moment of the visit.
	Now time.Time
}

// Outcome is what a visitor gets.
type Outcome uint8

// The outcomes.
const (
	// Redirect sends the visitor to the target.
	Redirect Outcome = iota
	// Gone tells that the link has ended.
	Gone
	// Withheld tells that the link asks for what this version cannot do yet,
	// such as its password; the visitor does not get past it.
	Withheld
)

// Decide returns what a visitor gets. It is a pure function.
func Decide(t Target, v Visitor) Outcome {
	switch {
	case t.Expires != 0 && v.Now.Unix() >= t.Expires:
		return Gone
	case !t.Whole:
		return Withheld
	}
	return Redirect
}

// NewTarget returns what a visit needs to know of the link.
func NewTarget(l *Link) Target {
	t := Target{LinkID: l.ID, URL: location(withParameters(l.URL, l.Options.Parameters))}
	if !l.Expires.IsZero() {
		t.Expires = l.Expires.Unix()
	}
	t.Whole = l.PasswordHash == "" && l.Type == TypeDirect &&
		len(l.Options.Geo) == 0 && len(l.Options.Devices) == 0 && len(l.Options.Languages) == 0
	return t
}

// withParameters adds parameters to a destination's query. What the
// destination has already stays as it was written, odd names included.
func withParameters(destination string, parameters []Parameter) string {
	if len(parameters) == 0 {
		return destination
	}
	rest, fragment, hasFragment := strings.Cut(destination, "#")
	var b strings.Builder
	b.WriteString(rest)
	separator := byte('?')
	if strings.Contains(rest, "?") {
		separator = '&'
		if strings.HasSuffix(rest, "?") || strings.HasSuffix(rest, "&") {
			separator = 0
		}
	}
	for _, p := range parameters {
		if separator != 0 {
			b.WriteByte(separator)
		}
		separator = '&'
		b.WriteString(url.QueryEscape(p.Name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(p.Value))
	}
	if hasFragment {
		b.WriteByte('#')
		b.WriteString(fragment)
	}
	return b.String()
}
