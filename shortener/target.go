package shortener

import (
	"net/http"
	"strings"
)

// Target is what a visit needs to know of a link. The index keeps it in memory.
type Target struct {
	// LinkID is the link's id, for its visits.
	LinkID int64

	// Kind is what stands behind the alias.
	Kind Kind

	// URL is where the link leads, its parameters included, in ASCII; empty
	// for what leads nowhere, such as a file.
	URL string

	// Code is the status of the redirect.
	Code int

	// Starts and Expires are when the link begins and ends to work, in seconds
	// since 1970; 0 means at once, and never.
	Starts  int64
	Expires int64

	// ExpiredURL is where visitors go then; empty means a page.
	ExpiredURL string

	// Limit is how many visits of humans the link allows, 0 for any number.
	Limit int64

	// Blocked says that the destination is on the blocklist.
	Blocked bool

	// Disabled says that the link is switched off.
	Disabled bool

	// Locked says that the link has a password.
	Locked bool

	// Previewed says that previews get the link's own title, text or picture.
	Previewed bool

	// Forward adds the visitor's query to the destination's.
	Forward bool

	// App says that the link opens an app on phones.
	App bool

	// Via is how the visitor is led on where nothing else comes first.
	Via Outcome

	// Rules are in the order in which they are tried; each URL is in ASCII with
	// the link's parameters.
	Rules []Rule
}

// Rule sends some visitors elsewhere.
type Rule struct {
	// By says what Value is: a language, a device or a country.
	By RuleBy

	// Value is a BCP 47 tag, a device in lower case, or an ISO 3166-1 alpha-2 code
	// in upper case.
	Value string

	URL string
}

// RuleBy is what a rule looks at.
type RuleBy uint8

// What rules look at, in the order in which they are tried.
const (
	ByLanguage RuleBy = iota
	ByDevice
	ByCountry
)

// HasRules reports whether the link has rules of the sort, so that nobody finds
// out what no rule asks for.
func (t *Target) HasRules(by RuleBy) bool {
	for i := range t.Rules {
		if t.Rules[i].By == by {
			return true
		}
	}
	return false
}

// NewTarget returns what a visit needs to know of the link. It does not know
// the blocklist; Shortener.Target does.
func NewTarget(l *Link) Target {
	o := &l.Options
	t := Target{
		LinkID: l.ID,
		Kind:   l.Kind,
		Code:   o.RedirectCode,
		Limit:  max(o.ClickLimit, 0),
		Locked: l.PasswordHash != "",

		Disabled: o.Disabled,
		// What previews of a remote link show is its backend's to say.
		Previewed: l.Kind != KindRemote && (l.MetaTitle != "" || l.MetaDescription != "" || l.MetaImage != ""),
		Forward:   o.ForwardQuery,
		Via:       via(l),
	}
	if t.Code == 0 {
		t.Code = http.StatusFound
	}
	if !l.Expires.IsZero() {
		t.Expires = l.Expires.Unix()
	}
	if !o.Starts.IsZero() {
		t.Starts = o.Starts.Unix()
	}
	if o.ExpiredURL != "" {
		t.ExpiredURL = Location(o.ExpiredURL)
	}
	if t.Via == Download || t.Via == Nowhere {
		return t
	}
	t.URL = Location(withParameters(l.URL, o.Parameters))
	t.Rules = rules(o)
	t.App = o.DeepLink.leads(l)
	return t
}

// via returns how the link leads visitors on.
func via(l *Link) Outcome {
	switch {
	case l.Kind == KindFile:
		return Download
	case l.URL == "":
		return Nowhere
	case l.Type == "frame":
		return ViaFrame
	case strings.HasPrefix(l.Type, "overlay-"):
		return ViaOverlay
	case l.Type != "" && l.Type != TypeDirect:
		return ViaSplash
	case len(l.Options.Pixels) > 0:
		return ViaPixels
	}
	return Redirect
}

func isWeb(destination string) bool {
	return hasPrefixFold(destination, "https://") || hasPrefixFold(destination, "http://")
}

// hasPrefixFold is strings.HasPrefix for a prefix in ASCII, in any
// letter case.
func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
