package shortener

import (
	"context"
	"time"
)

// Store keeps links, accounts and what belongs to them. Its methods return
// *api.Error: NotFound for what does not exist in the account, Conflict for
// what is taken, Invalid for a reference to what the account does not have (it
// names the field), Unavailable where the database fails. A write that returned
// nil is durable.
type Store interface {
	// CreateLink adds the link and sets its ID. Where how.Once was used before,
	// or how.Reuse finds a link, it reads that one into l and reports so.
	CreateLink(ctx context.Context, l *Link, how Creation) (existing bool, err error)

	// RepeatedLink returns the link that was made on the promise before, where
	// one was. A promise that was made for another request, or whose link was
	// deleted since, is Conflict.
	RepeatedLink(ctx context.Context, once *Once) (l *Link, found bool, err error)

	// Promise keeps a promise that makes no object of its own. One that was made
	// for another request is Conflict.
	Promise(ctx context.Context, once *Once) error

	// UpdateLink changes a link of the account and returns it as it was and as
	// it is. No other write comes between the link that change is given and
	// what becomes of it; an error of change leaves the link as it was. Clicks
	// and Created stay, Updated is set. change must be quick, must not call
	// the store, and may be called again on the link as it is then.
	UpdateLink(ctx context.Context, account string, id int64, change func(l *Link) error) (before, after *Link, err error)

	// DeleteLink removes a link and returns what it was.
	DeleteLink(ctx context.Context, account string, id int64) (*Link, error)

	// Link returns a link of the account, of KindLink.
	Link(ctx context.Context, account string, id int64) (*Link, error)

	// LinkByAlias returns the link, whosoever and of whatever kind it is,
	// without its channels.
	LinkByAlias(ctx context.Context, domain, alias string) (*Link, error)

	// Links returns a page of links and the number of all that match.
	Links(ctx context.Context, f Filter) (links []Link, total int, err error)

	// LinksAfter returns up to limit links of the account, of KindLink, whose ids
	// are above one, in order of id.
	LinksAfter(ctx context.Context, account string, id int64, limit int) ([]Link, error)

	// ImportLinks writes links of the account, each on its own, and returns what
	// became of them, in their order. An error says that none was written.
	ImportLinks(ctx context.Context, account string, imports []Import) ([]Imported, error)

	// QRCodeOfLink returns the QR code of the account that leads through a link.
	QRCodeOfLink(ctx context.Context, account string, link int64) (*QRCode, error)

	// TakeClick uses one of the visits that the link's ClickLimit allows, and
	// reports false where none is left. It is exact among all visitors and
	// processes.
	TakeClick(ctx context.Context, linkID, limit int64) (bool, error)

	// ClicksLeft reports whether TakeClick would find a visit to use. It uses
	// none.
	ClicksLeft(ctx context.Context, linkID, limit int64) (bool, error)

	// LinkChanges returns the addresses of links that were changed or deleted
	// after the cursor, which is 0 at first, and the cursor for the next call.
	// A call with 0 returns no addresses.
	LinkChanges(ctx context.Context, after int64) (changed []Address, next int64, err error)

	// Account returns the account, which need not have been written before.
	Account(ctx context.Context, name string) (*Account, error)

	// UpdateAccount changes the account's e-mail address and password hash, in
	// the way of UpdateLink.
	UpdateAccount(ctx context.Context, name string, change func(a *Account) error) error

	Campaigns() Objects[Campaign]
	Channels() Objects[Channel]
	Domains() Objects[Domain]
	Pixels() Objects[Pixel]
	SplashPages() Objects[Splash]
	Overlays() Objects[Overlay]
	QRCodes() Objects[QRCode]
	Uploads() Objects[Upload]

	// AssignToCampaign moves a link of the account into a campaign of it.
	AssignToCampaign(ctx context.Context, account string, campaign, link int64) error

	// AssignToChannel adds a link or QR code of the account to a channel of it.
	// Doing so again changes nothing.
	AssignToChannel(ctx context.Context, account string, channel int64, itemType string, item int64) error

	// ChannelItems returns a page of what a channel of the account holds,
	// latest addition first.
	ChannelItems(ctx context.Context, account string, channel int64, limit, offset int) (items []Item, total int, err error)

	// CampaignBySlug returns the campaign with the rotator's slug, whosoever it
	// is, and CampaignLinks its links of KindLink and KindRemote in order of id,
	// up to limit.
	CampaignBySlug(ctx context.Context, slug string) (*Campaign, error)
	CampaignLinks(ctx context.Context, campaign int64, limit int) ([]Link, error)

	// AllDomains returns every branded domain of every account, and
	// DomainsRevision a number that changes whenever one of them does.
	AllDomains(ctx context.Context) ([]Domain, error)
	DomainsRevision(ctx context.Context) (int64, error)
}

// Objects keeps the objects of one kind, each of which belongs to an account.
type Objects[T any] interface {
	// Create adds the object and sets its ID and Created. Where once was used
	// before, it reads the object that was made then into o and reports so.
	Create(ctx context.Context, o *T, once *Once) (repeated bool, err error)

	// Repeated returns what was made on the promise before, in the way of
	// RepeatedLink.
	Repeated(ctx context.Context, once *Once) (o *T, found bool, err error)

	// Update changes an object of the account, in the way of UpdateLink, and
	// returns it as it was and as it is.
	Update(ctx context.Context, account string, id int64, change func(o *T) error) (before, after *T, err error)

	// Delete removes an object and every reference to it, and returns what it
	// was. A domain that links stand on is not removed: Conflict.
	Delete(ctx context.Context, account string, id int64) (*T, error)

	// Get returns an object of the account.
	Get(ctx context.Context, account string, id int64) (*T, error)

	// After returns up to limit objects of the account whose ids are above one,
	// in order of id.
	After(ctx context.Context, account string, id int64, limit int) ([]T, error)

	// List returns a page of the account's objects, newest first, and the
	// number of all that match. Search matches inside the name in any letter
	// case; empty matches all.
	List(ctx context.Context, account, search string, limit, offset int) (objects []T, total int, err error)
}

// Once is a client's promise that requests with the same key are one request
// sent again. It is kept with what the first one made, for 24 hours.
type Once struct {
	// Account and Key identify the promise.
	Account string
	Key     string

	// Fingerprint tells requests apart: another one with the same key is
	// refused with Conflict.
	Fingerprint [32]byte
}

// Creation is what a create may find instead of making something new.
type Creation struct {
	// Once is nil where the client made no promise.
	Once *Once

	// Reuse takes the account's oldest link of KindLink on the same domain
	// that is Plain and leads to the same destination.
	Reuse bool
}

// Address is where a link stands.
type Address struct {
	Domain string
	Alias  string
}

// Filter chooses links of one account.
type Filter struct {
	Account string

	// Search matches inside the destination, alias and meta title, in any
	// letter case. Empty matches all.
	Search string

	// ExternalID matches it exactly. Empty matches all.
	ExternalID string

	// ByClicks sorts by clicks, most first; the default is by date, newest
	// first.
	ByClicks bool

	// Limit and Offset choose a page.
	Limit  int
	Offset int
}

// Account owns links.
type Account struct {
	// ID is counted from 1, in the order in which accounts were first seen.
	ID int64

	// Name is what the configuration calls it.
	Name string

	// Email is empty until it is set.
	Email string

	// PasswordHash is the argon2id hash in PHC format, empty without one.
	PasswordHash string

	// Registered is when the account was first seen.
	Registered time.Time
}
