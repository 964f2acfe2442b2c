// Package shortener is the native shortener's domain: links, what may be in
// them, and what a visitor gets to see. It knows no SQL and no HTTP server.
package shortener

import (
	"encoding/json"
	"time"
)

// Link is a short link.
type Link struct {
	// ID is counted from 1; the store sets it.
	ID int64

	// Kind says what stands behind the alias.
	Kind Kind

	// Account owns the link.
	Account string

	// Domain is the host of the branded domain that the link stands on, lower
	// case; empty for the main domain.
	Domain string

	// Alias is unique on its domain, case-sensitive.
	Alias string

	// URL is the destination.
	URL string

	// Plain says that nothing but the destination was asked for, so that
	// another client who asks for the same may get this link.
	Plain bool

	// Type is "direct" (the default), "frame", "splash", the number of a custom
	// splash page, or "overlay-<id>".
	Type string

	// PasswordHash is the argon2id hash in PHC format, empty without a password.
	PasswordHash string

	// Expires is when the link ends; the zero time means never.
	Expires time.Time

	// Public makes the link's statistics and its listing visible to everybody.
	// It does not switch the link on or off.
	Public bool

	// MetaTitle, MetaDescription and MetaImage are what previews show.
	MetaTitle       string
	MetaDescription string
	MetaImage       string

	// Description is a private note.
	Description string

	// Campaign is an id, 0 for none.
	Campaign int64

	// Channels are the ids of the channels that hold the link, in ascending
	// order. They are not read for a visit.
	Channels []int64

	// ExternalID is what the account's own system calls the link; unique in the
	// account, empty for none.
	ExternalID string

	// Options is what only a visit needs.
	Options Options

	// Clicks and UniqueClicks are the visits of humans that were counted here.
	Clicks       int64
	UniqueClicks int64

	// CarriedClicks and CarriedUniques are those that were counted elsewhere,
	// before the link came here.
	CarriedClicks  int64
	CarriedUniques int64

	// Taken is how many of the visits that Options.ClickLimit allows are used up.
	// Store.LinksAfter alone reads it, and an Import brings it along.
	Taken int64

	// Created is when the link was made, Updated when it last changed.
	Created time.Time
	Updated time.Time
}

// MaxCount is the highest count of visits that is taken from elsewhere: millions of
// them can be added up, and each goes on being counted.
const MaxCount = 1 << 40

// AllClicks are the visits of humans so far, wherever they were counted.
func (l *Link) AllClicks() int64 { return l.Clicks + l.CarriedClicks }

// AllUniques is AllClicks of different people. Who came both here and elsewhere
// counts twice.
func (l *Link) AllUniques() int64 { return l.UniqueClicks + l.CarriedUniques }

// Kind is what stands behind an alias.
type Kind string

// The kinds.
const (
	// KindLink is a link that people make and list.
	KindLink Kind = ""
	// KindQR is the unlisted link that a QR code leads through.
	KindQR Kind = "qr"
	// KindFile is a file to download.
	KindFile Kind = "file"
	// KindRemote is what is kept here about a link at another backend: nobody
	// opens it, and its destination is that link's short URL.
	KindRemote Kind = "remote"
)

// Options is what a link does beyond sending everybody to one place. Its JSON
// has the contract's names; it is kept as it was given.
type Options struct {
	Geo        []GeoRule      `json:"geotarget,omitempty"`
	Devices    []DeviceRule   `json:"devicetarget,omitempty"`
	Languages  []LanguageRule `json:"languagetarget,omitempty"`
	Parameters []Parameter    `json:"parameters,omitempty"`
	Pixels     []int64        `json:"pixels,omitempty"`
	DeepLink   *DeepLink      `json:"deeplink,omitempty"`

	// RedirectCode is 301, 302, 303, 307 or 308; 0 means 302.
	RedirectCode int `json:"redirectcode,omitempty"`

	// ClickLimit is how many visits of humans the link allows, 0 for any number.
	ClickLimit int64 `json:"clicklimit,omitempty"`

	// ExpiredURL is where visitors of a link go that has ended or has not
	// started yet; empty means a page that says so.
	ExpiredURL string `json:"expiredurl,omitempty"`

	// Starts is when the link begins to work; the zero time means at once.
	Starts time.Time `json:"startdate,omitzero"`

	// ForwardQuery adds the visitor's query to the destination's.
	ForwardQuery bool `json:"forwardquery,omitempty"`

	// Disabled switches the link off: visitors get a page that says so.
	Disabled bool `json:"disabled,omitempty"`

	// Adopted says that the link was taken over from another provider when
	// somebody opened it, and still leads where it did then: whoever copies that
	// provider's links knows it again by that.
	Adopted bool `json:"adopted,omitempty"`

	// QR is the QR code of a link of KindQR, File the file of one of KindFile.
	QR   *QR   `json:"qr,omitempty"`
	File *File `json:"file,omitempty"`
}

// QR is what a QR code looks like and holds.
type QR struct {
	// Name is what people call it.
	Name string `json:"name,omitempty"`

	// Type is text, vcard, link, email, phone, sms or wifi. The code of a link
	// holds its short URL, so that scans are counted and the destination can
	// change; the others hold their data.
	Type string `json:"type"`

	// Data is the JSON that the code was made from: of a link, its address as a
	// text.
	Data json.RawMessage `json:"data"`

	// Foreground and Background are colours as rgb(r,g,b) or #rrggbb; empty
	// means black on white.
	Foreground string `json:"foreground,omitempty"`
	Background string `json:"background,omitempty"`

	// Logo is the URL that the logo was fetched from, LogoFile the name of its
	// copy in the folder of files.
	Logo     string `json:"logo,omitempty"`
	LogoFile string `json:"logofile,omitempty"`
}

// File is an uploaded file.
type File struct {
	// Name is what people call it, Filename what a download is saved as.
	Name     string `json:"name"`
	Filename string `json:"filename"`

	// Stored is its name in the folder of files.
	Stored string `json:"stored"`

	// Size is in bytes.
	Size int64 `json:"size"`

	// ContentType was found by looking into the file.
	ContentType string `json:"contenttype"`
}

// GeoRule sends visitors from a country elsewhere.
type GeoRule struct {
	// Location is an English country name or an ISO 3166-1 alpha-2 code.
	Location string `json:"location"`
	Link     string `json:"link"`
}

// DeviceRule sends visitors with a device elsewhere.
type DeviceRule struct {
	Device string `json:"device"`
	Link   string `json:"link"`
}

// LanguageRule sends visitors with a language elsewhere.
type LanguageRule struct {
	// Language is a BCP 47 tag, such as "en".
	Language string `json:"language"`
	Link     string `json:"link"`
}

// Parameter is added to the destination's query.
type Parameter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// DeepLink opens an app where the visitor has it.
type DeepLink struct {
	// Auto makes the deep links from the destination.
	Auto bool `json:"auto,omitempty"`
	// Apple and Google are the addresses in the app stores.
	Apple  string `json:"apple,omitempty"`
	Google string `json:"google,omitempty"`
}
