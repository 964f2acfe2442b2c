// Package records writes everything that Linkquay keeps to a file and reads it
// back: as JSON Lines, one object a line, and as CSV, one row each.
//
// What [Export] writes begins with a [Header] and ends with an [End], and each
// record stands behind those that it refers to. Brought into an empty Linkquay by
// [Import], on whatever database, and exported again, it is the same bytes.
//
// A file may also be written by hand, without Header and End:
//
//	{"kind":"link","url":"https://example.com/","custom":"docs"}
//
// or as CSV, where a table without the column "kind" is one of links:
//
//	url,custom
//	https://example.com/,docs
package records

import "time"

// Version is that of the files that this package writes, and the newest that it
// reads.
const Version = 1

// Kind is what a record is about. It is the first field of every record.
type Kind string

// The kinds, in the order in which Export writes them.
const (
	KindHeader   Kind = "linkquay"
	KindAccount  Kind = "account"
	KindBackend  Kind = "backend"
	KindSecret   Kind = "secret"
	KindKey      Kind = "key"
	KindDomain   Kind = "domain"
	KindPixel    Kind = "pixel"
	KindSplash   Kind = "splash"
	KindOverlay  Kind = "overlay"
	KindCampaign Kind = "campaign"
	KindChannel  Kind = "channel"

	// KindContent stands in front of the file or QR code that it is of.
	KindContent Kind = "content"
	KindLink    Kind = "link"
	KindQR      Kind = "qr"
	KindFile    Kind = "file"
	KindRemote  Kind = "remote"

	KindRetired Kind = "retired"

	KindItem   Kind = "channelitem"
	KindHour   Kind = "hour"
	KindDay    Kind = "day"
	KindOrphan Kind = "orphan"
	KindLedger Kind = "ledger"
	KindLastID Kind = "lastid"
	KindEnd    Kind = "end"
)

// Record is one object, a pointer to a struct of this package. Its fields have
// the contract's names where the contract has them; a field that has its zero
// value is not written.
type Record interface {
	// Kind says what the record is about.
	Kind() Kind
}

// Header is the first record of an export.
type Header struct {
	Version int `json:"version"`

	// Secrets says that hashes of passwords and keys are in the file, Files that
	// the contents of uploads and logos are.
	Secrets bool `json:"secrets"`
	Files   bool `json:"files"`
}

// End is the last record of an export: without it, the file was cut off.
type End struct {
	// Records is how many stand between Header and End.
	Records int64 `json:"records"`
}

// Account is who owns everything else.
type Account struct {
	ID           int64     `json:"id"`
	Name         string    `json:"name"`
	Email        string    `json:"email"`
	PasswordHash string    `json:"passwordhash"`
	Registered   time.Time `json:"registered"`
}

// Backend is the number of a backend, which is part of ids that clients keep.
type Backend struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// Secret is a random value of the database, in Base64.
type Secret struct {
	Name  string `json:"name"`
	Value []byte `json:"value"`
}

// Key is an API key by its hash.
type Key struct {
	Name    string `json:"name"`
	Account string `json:"account"`
	Backend string `json:"backend"`

	// KeyHash is the SHA-256 of the key, in hexadecimal digits.
	KeyHash string `json:"keyhash"`

	// Scopes are names, parted by spaces.
	Scopes string `json:"scopes"`

	// Requests are allowed in Window, in milliseconds; Limited says that they
	// are, and Limited with 0 requests means any number. Else the configuration
	// says.
	Limited  bool  `json:"limited"`
	Requests int64 `json:"requests"`
	Window   int64 `json:"window"`

	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Revoked time.Time `json:"revoked"`
}

// Content is a part of what a file holds, in the order of the parts.
type Content struct {
	// Link is the id of the link that has the file.
	Link int64 `json:"link"`

	Part int64  `json:"part"`
	Data []byte `json:"data"`

	// SHA256 of the whole, in hexadecimal digits, is that of the last part alone.
	SHA256 string `json:"sha256"`
}

// LastID is the last id that was given out, so that none is ever given again.
type LastID struct {
	Of Kind  `json:"of"`
	ID int64 `json:"id"`
}

// Kind implements Record.
func (*Header) Kind() Kind { return KindHeader }

// Kind implements Record.
func (*End) Kind() Kind { return KindEnd }

// Kind implements Record.
func (*Account) Kind() Kind { return KindAccount }

// Kind implements Record.
func (*Backend) Kind() Kind { return KindBackend }

// Kind implements Record.
func (*Secret) Kind() Kind { return KindSecret }

// Kind implements Record.
func (*Key) Kind() Kind { return KindKey }

// Kind implements Record.
func (*Content) Kind() Kind { return KindContent }

// Kind implements Record.
func (*LastID) Kind() Kind { return KindLastID }
