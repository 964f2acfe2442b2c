package shortener

import (
	"context"
	"time"
)

// Store keeps links and accounts. Its methods return *api.Error: NotFound for
// what does not exist in the account, Conflict for an alias that is taken on
// its domain, Unavailable where the database fails. A write that returned nil
// is durable.
type Store interface {
	// CreateLink adds the link and sets its ID.
	CreateLink(ctx context.Context, l *Link) error

	// UpdateLink changes a link of the account and returns it as it was and as
	// it is. No other write comes between the link that change is given and
	// what becomes of it; an error of change leaves the link as it was. Clicks
	// and Created stay, Updated is set. change must be quick and must not call
	// the store.
	UpdateLink(ctx context.Context, account string, id int64, change func(l *Link) error) (before, after *Link, err error)

	// DeleteLink removes a link and returns what it was.
	DeleteLink(ctx context.Context, account string, id int64) (*Link, error)

	// Link returns a link of the account.
	Link(ctx context.Context, account string, id int64) (*Link, error)

	// LinkByAlias returns the link, whosoever it is.
	LinkByAlias(ctx context.Context, domain, alias string) (*Link, error)

	// Links returns a page of links and the number of all that match.
	Links(ctx context.Context, f Filter) (links []Link, total int, err error)

	// Account returns the account, which need not have been written before.
	Account(ctx context.Context, name string) (*Account, error)

	// UpdateAccount changes the account's e-mail address and password hash, in
	// the way of UpdateLink.
	UpdateAccount(ctx context.Context, name string, change func(a *Account) error) error
}

// Filter chooses links of one account.
type Filter struct {
	Account string

	// Search matches inside the destination, alias and meta title, in any
	// letter case. Empty matches all.
	Search string

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
