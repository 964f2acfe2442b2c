// Package clicks counts visits without slowing a redirect. A [Recorder] takes
// visits into a queue, tells humans from programs, and keeps compact batches in
// the store; a [Roller] lets the store add the batches up per link, hour, day
// and dimension. No address and no user agent is ever stored.
package clicks

import (
	"context"
	"net/netip"
	"time"
)

// Kind tells visits apart.
type Kind uint8

// The kinds of visits.
const (
	// Auto leaves it to the user agent.
	Auto Kind = iota
	// Human is somebody with a browser.
	Human
	// Bot is a program: a crawler, a monitor, a library.
	Bot
	// Preview is a program that shows a person what a link leads to.
	Preview
	// Scan is somebody who came through a QR code. A caller may say so of any
	// visit of a QR code's link: that of a program is still counted as such.
	Scan
)

// Visit is one visit of a short link, or of a path that is none. The strings
// may be those of the request; longer ones than named here are cut.
type Visit struct {
	// LinkID is the link, 0 for an orphan: a path that is no link.
	LinkID int64

	// Domain is the host of the request; a referrer of the same host counts as
	// none. Orphans are counted by it. A port does not matter.
	Domain string

	// Path is what an orphan asked for, without the leading slash; 255 bytes.
	// Unused of links.
	Path string

	// At is the moment of the visit; the zero time means now.
	At time.Time

	// Addr is the visitor's. It is used for the country and to tell visitors
	// apart, and is not stored.
	Addr netip.Addr

	// UserAgent (512 bytes), Referer (512) and AcceptLanguage (64) are the
	// request's headers.
	UserAgent, Referer, AcceptLanguage string

	// Kind is Auto unless the caller knows.
	Kind Kind
}

// Salt makes the visitors of one day unrecognisable on another.
type Salt [16]byte

// Batch is a number of visits as the store keeps them until they are added up.
// Nobody changes Data once it is made.
type Batch struct {
	Data   []byte
	Visits int
}

// Store is what a Recorder writes to.
type Store interface {
	// AddVisits keeps all of the batches, durably, or none where it returns an
	// error.
	AddVisits(ctx context.Context, batches []Batch) error

	// VisitorSalt returns the salt of a day, counted from 1970-01-01 in UTC,
	// which is made at random where there is none yet. All processes get the
	// same.
	VisitorSalt(ctx context.Context, day int64) (Salt, error)
}
