package adapters

import (
	"context"
	"time"

	"github.com/linkquay/linkquay/api"
)

// Kind is what a [Record] is about.
type Kind string

// The kinds of records. In Kinds nothing refers to what comes after it.
const (
	KindDomain   Kind = "domain"
	KindPixel    Kind = "pixel"
	KindSplash   Kind = "splash"
	KindOverlay  Kind = "overlay"
	KindCampaign Kind = "campaign"
	KindChannel  Kind = "channel"
	KindLink     Kind = "link"
	KindQR       Kind = "qr"
)

// Kinds are all kinds, in an order in which they can be moved.
var Kinds = []Kind{KindDomain, KindPixel, KindSplash, KindOverlay, KindCampaign, KindChannel, KindLink, KindQR}

// Record is an object of a backend on its way to another one.
type Record struct {
	Kind Kind

	// ID is that of the object at the backend that the record is of; 0 where it
	// is not there yet.
	ID int64

	// Document holds what the object is, by the names that a create of its kind
	// has in the contract: of a link "url", "custom", "domain" (the host of a
	// branded domain; absent for the main one), "geotarget"… References
	// ("campaign", "channel", "pixels", "type") are ids at the record's backend.
	// Times are RFC 3339. What has its default may be left out; a password is
	// never in it.
	Document []byte

	// Untold names the fields that the backend cannot tell of this object: that
	// they are absent in Document says nothing.
	Untold []string

	// ShortURL is the address of a link or the picture of a QR code; empty for
	// other kinds.
	ShortURL string

	// Channels are the ids of all channels that hold the object, where Document
	// can name one only.
	Channels []int64

	// PasswordHash is the argon2id hash of a link's password in PHC format, and
	// Protected says that there is a password, whether or not its hash is known.
	PasswordHash string
	Protected    bool

	// Clicks and UniqueClicks are all visits so far, carried-over ones included.
	Clicks       int64
	UniqueClicks int64

	// Taken is how many of the visits that the "clicklimit" of a link allows are
	// used up. An import never makes it less.
	Taken int64

	// Adopted says that a link was taken over from another provider when somebody
	// opened it, and that nobody has had it lead elsewhere since.
	Adopted bool

	// Created is when the object was made; zero where the backend does not tell.
	Created time.Time
}

// Exporter is a backend that gives its objects many at a time, with all that is
// known of them.
type Exporter interface {
	Backend

	// Export returns up to limit records of the account, of one kind and with ids
	// above after, in ascending order of id. Fewer than limit are the last ones.
	Export(ctx context.Context, account string, kind Kind, after int64, limit int) ([]Record, error)
}

// Importer is a backend that takes objects many at a time, with what no request
// can say: dates, hashes, counts of visits.
type Importer interface {
	Backend

	// Import writes records to the account, each on its own: what is wrong with
	// one is in its result and no reason to refuse others. What it returns an
	// error for was not written at all; what it returned without one is durable.
	// A record with an ID replaces that object, and one without is added. A link
	// whose address is taken by a link of the account that leads to the same
	// destination replaces that one, so that an import that is repeated makes
	// nothing twice; taken by anything else it is a Conflict about "custom".
	// Clicks become the object's carried-over counts, beside which its own go on.
	Import(ctx context.Context, account string, records []Record) ([]Imported, error)
}

// Imported is what became of one record.
type Imported struct {
	// ID is that of the object, 0 where Err is set.
	ID int64

	// Existing says that the object was there before.
	Existing bool

	// Stored is the object as it is now.
	Stored Record

	// Err says why the record was not taken.
	Err *api.Error
}
