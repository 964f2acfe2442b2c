package shortener

import "time"

// The objects that belong to an account beside its links. Ids are counted from
// 1 for each kind; the store sets ID and Created.

// Campaign is a group of links that a rotator leads to by turns.
type Campaign struct {
	ID      int64
	Account string
	Name    string

	// Slug is the last part of the rotator's address, /r/<slug>; unique, empty
	// for a campaign without a rotator.
	Slug string

	// Public lets everybody open the rotator and the list.
	Public bool

	Created time.Time
}

// Channel is a folder of links and QR codes.
type Channel struct {
	ID          int64
	Account     string
	Name        string
	Description string

	// Color is #rgb or #rrggbb, empty for none.
	Color string

	Starred bool
	Created time.Time
}

// Domain is a branded domain: a host of its own for short links.
type Domain struct {
	ID      int64
	Account string

	// Host is in the form of api.HostOf, unique.
	Host string

	// Scheme is that of the short URLs on it, "https" or "http".
	Scheme string

	// RedirectRoot is where the domain's root leads, Redirect404 where what
	// does not exist leads; empty for nowhere.
	RedirectRoot string
	Redirect404  string

	Created time.Time
}

// Origin is the scheme and host of short URLs on the domain.
func (d *Domain) Origin() string { return d.Scheme + "://" + d.Host }

// Pixel is a tracker that fires when a link is visited.
type Pixel struct {
	ID      int64
	Account string

	// Type is the provider, such as "gtmpixel"; unique with Tag in the account.
	Type string

	Name    string
	Tag     string
	Created time.Time
}

// Splash is a page that stands before a destination.
type Splash struct {
	ID      int64
	Account string
	Name    string

	// Title and Message are what the page says, Image the URL of a picture,
	// Button the text that leads on; each may be empty.
	Title   string
	Message string
	Image   string
	Button  string

	// Counter is how many seconds pass before the visitor is led on.
	Counter int

	Created time.Time
}

// Overlay is a box over the destination.
type Overlay struct {
	ID      int64
	Account string
	Name    string

	// Type is "message" or "contact".
	Type string

	// Message is the text, Label a short word above it; Button and Link are
	// what a message leads to, Email is where a contact writes to.
	Message string
	Label   string
	Button  string
	Link    string
	Email   string

	// Position is top, bottom, topleft, topright, bottomleft or bottomright.
	Position string

	// Background and Foreground are colours as rgb(r,g,b) or #rrggbb; empty
	// means the page's own.
	Background string
	Foreground string

	Created time.Time
}

// QRCode is a QR code. What it looks like and where it leads is in its link,
// which is of KindQR and has an alias also where the code leads nowhere.
type QRCode struct {
	ID   int64
	Link Link
}

// Upload is a file that can be downloaded at the address of its link, which is
// of KindFile.
type Upload struct {
	ID   int64
	Link Link
}

// Item is what a channel holds.
type Item struct {
	// Type is "links" or "qr", ID the id among those of the type: of a link of
	// KindRemote, its id at the backend.
	Type string
	ID   int64

	// Link is the link, or that of the QR code.
	Link Link
}
