package records

import "time"

// The objects of an account beside its links. Each has the fields of the type of
// its name in package shortener, so that one converts into the other.

// Domain is a branded domain.
type Domain struct {
	ID           int64     `json:"id"`
	Account      string    `json:"account"`
	Host         string    `json:"domain"`
	Scheme       string    `json:"scheme"`
	RedirectRoot string    `json:"redirectroot"`
	Redirect404  string    `json:"redirect404"`
	Created      time.Time `json:"created"`
}

// Pixel is a tracker.
type Pixel struct {
	ID      int64     `json:"id"`
	Account string    `json:"account"`
	Type    string    `json:"type"`
	Name    string    `json:"name"`
	Tag     string    `json:"tag"`
	Created time.Time `json:"created"`
}

// Splash is a page that stands before a destination.
type Splash struct {
	ID      int64     `json:"id"`
	Account string    `json:"account"`
	Name    string    `json:"name"`
	Title   string    `json:"title"`
	Message string    `json:"message"`
	Image   string    `json:"image"`
	Button  string    `json:"button"`
	Counter int       `json:"counter"`
	Created time.Time `json:"created"`
}

// Overlay is a box over a destination.
type Overlay struct {
	ID         int64     `json:"id"`
	Account    string    `json:"account"`
	Name       string    `json:"name"`
	Type       string    `json:"type"`
	Message    string    `json:"message"`
	Label      string    `json:"label"`
	Button     string    `json:"button"`
	Link       string    `json:"to"`
	Email      string    `json:"email"`
	Position   string    `json:"position"`
	Background string    `json:"background"`
	Foreground string    `json:"foreground"`
	Created    time.Time `json:"created"`
}

// Campaign is a group of links.
type Campaign struct {
	ID      int64     `json:"id"`
	Account string    `json:"account"`
	Name    string    `json:"name"`
	Slug    string    `json:"slug"`
	Public  bool      `json:"public"`
	Created time.Time `json:"created"`
}

// Channel is a folder of links and QR codes.
type Channel struct {
	ID          int64     `json:"id"`
	Account     string    `json:"account"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Color       string    `json:"color"`
	Starred     bool      `json:"starred"`
	Created     time.Time `json:"created"`
}

// Item says that a channel holds a link, or a QR code by its link.
type Item struct {
	Channel int64     `json:"channel"`
	Link    int64     `json:"link"`
	Added   time.Time `json:"added"`
}

// Retired is an address on a branded domain that a link was taken away from.
type Retired struct {
	Account string `json:"account"`
	Domain  string `json:"domain"`
	Alias   string `json:"custom"`
}

// Kind implements Record.
func (*Retired) Kind() Kind { return KindRetired }

// Kind implements Record.
func (*Domain) Kind() Kind { return KindDomain }

// Kind implements Record.
func (*Pixel) Kind() Kind { return KindPixel }

// Kind implements Record.
func (*Splash) Kind() Kind { return KindSplash }

// Kind implements Record.
func (*Overlay) Kind() Kind { return KindOverlay }

// Kind implements Record.
func (*Campaign) Kind() Kind { return KindCampaign }

// Kind implements Record.
func (*Channel) Kind() Kind { return KindChannel }

// Kind implements Record.
func (*Item) Kind() Kind { return KindItem }
