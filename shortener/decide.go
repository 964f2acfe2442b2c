package shortener

import (
	"net/http"
	"time"
)

// Visitor is whoever opens a short link.
type Visitor struct {
	// Now is the moment of the visit.
	Now time.Time

	// UserAgent and AcceptLanguage are the headers.
	UserAgent      string
	AcceptLanguage string

	// Country is an ISO 3166-1 alpha-2 code in upper case, empty where it is
	// unknown. It is needed where the target has rules ByCountry.
	Country string

	// Query is the raw query of the visit.
	Query string

	// Preview says that a program asks which shows the link to people.
	Preview bool

	// Automatic says that a bot asks, or a HEAD request: it uses up no visit.
	Automatic bool

	// Unlocked says that the visitor has given the link's password.
	Unlocked bool
}

// Outcome is what a visitor gets.
type Outcome uint8

// The outcomes.
const (
	// Redirect sends the visitor to the decision's URL.
	Redirect Outcome = iota
	// Blocked tells that the destination is on the blocklist.
	Blocked
	// Disabled tells that the link is switched off.
	Disabled
	// NotStarted tells that the link does not work yet.
	NotStarted
	// Ended tells that the link has expired or that its visits are used up.
	Ended
	// AskPassword shows the password's form.
	AskPassword
	// ShowPreview shows the link's title, text and picture to a preview.
	ShowPreview
	// OpenApp opens an app on a phone, with the destination to fall back to.
	OpenApp
	// ViaFrame shows the destination in a frame.
	ViaFrame
	// ViaSplash shows a splash page first.
	ViaSplash
	// ViaOverlay shows the destination under an overlay.
	ViaOverlay
	// ViaPixels fires the link's pixels and goes on.
	ViaPixels
	// Download hands out a file.
	Download
	// Nowhere is a link that leads nowhere, such as that of a static QR code.
	Nowhere
)

// Decision is what one visitor gets.
type Decision struct {
	Outcome Outcome

	// URL is the destination for this visitor, with everything merged into it.
	// Where the link has not started or has ended, it is where visitors go
	// instead; empty means a page that says so.
	URL string

	// Code is the status where URL is redirected to.
	Code int

	// Take says that the visit uses up one of those that the link allows: it
	// is taken with Store.TakeClick first, and where none is left the link has
	// ended.
	Take bool

	// Left says that the visit uses up none, but that one must be left: where
	// Store.ClicksLeft reports none, the link has ended for bots too.
	Left bool
}

// Decide returns what a visitor gets. It is a pure function, and does not
// count the visits that a link allows: see Decision.Take.
//
// What stands in the way comes first, in this order: the blocklist, the
// switch, the start, the end, the password. Then a file is handed out, and everybody else is led to
// the URL of the first rule that fits, of those by language, then by device,
// then by country, or to the link's own. A preview is shown what the link says
// of itself, or led on without a page between, so that it shows the destination;
// nothing of a locked link is ever shown to it.
func Decide(t *Target, v *Visitor) Decision {
	now := v.Now.Unix()
	switch {
	case t.Blocked:
		return Decision{Outcome: Blocked}
	case t.Disabled:
		return Decision{Outcome: Disabled}
	case t.Starts != 0 && now < t.Starts:
		return Decision{Outcome: NotStarted, URL: t.ExpiredURL, Code: http.StatusFound}
	case t.Expires != 0 && now >= t.Expires:
		return Decision{Outcome: Ended, URL: t.ExpiredURL, Code: http.StatusFound}
	case t.Locked && !v.Unlocked:
		return Decision{Outcome: AskPassword}
	case t.Via == Nowhere:
		return Decision{Outcome: Nowhere}
	}
	d := Decision{Outcome: t.Via, Code: t.Code}
	if t.Limit > 0 {
		d.Left = v.Automatic || v.Preview
		d.Take = !d.Left
	}
	if t.Locked {
		// The visitor has just sent the password: any other status could send
		// it on to the destination.
		d.Code = http.StatusSeeOther
	}
	if t.Via == Download {
		return d
	}
	d.URL = t.choose(v)
	onWeb := isWeb(d.URL)
	if t.Forward && v.Query != "" && onWeb {
		d.URL = withQuery(d.URL, v.Query)
	}
	switch {
	case v.Preview && t.Previewed:
		d.Outcome = ShowPreview
	case v.Preview:
		d.Outcome = Redirect
	case t.App && !v.Automatic && opensApps(v.UserAgent):
		d.Outcome = OpenApp
	case !onWeb:
		// A frame cannot show a telephone number, nor a timer lead to one.
		d.Outcome = Redirect
	}
	return d
}
