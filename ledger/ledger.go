// Package ledger is our record of links on a backend that cannot list them. An
// intent is written before the remote create and completed after it, so that
// nothing created is forgotten.
package ledger

import (
	"context"
	"time"
)

// Entry is one link on a backend that cannot list it.
type Entry struct {
	// ID is our id of the link, an integer counted from 1. The store sets it.
	ID int64

	// Account owns the link; Backend is the name of where it lives.
	Account string
	Backend string

	// RemoteID is the backend's own id of it, as text.
	RemoteID string

	// Alias and ShortURL are what the backend made of it.
	Alias    string
	ShortURL string

	// Title is the backend's title of it, for search.
	Title string

	// LongURL is the destination.
	LongURL string

	// Document is the last document in the contract's shape, without its
	// password.
	Document []byte

	// Created is when the intent was written.
	Created time.Time

	// Completed is when the backend's answer was recorded. It is zero for an
	// intent whose outcome is unknown.
	Completed time.Time

	// Fingerprint tells requests apart: a SHA-256 of what was sent, without
	// passwords; zero where none was taken.
	Fingerprint [32]byte

	// Doubtful is since when nobody knows what came of the create; zero while it
	// is under way, and when it is completed.
	Doubtful time.Time
}

// Filter chooses entries of one account on one backend.
type Filter struct {
	Account string
	Backend string

	// Search matches inside the destination, alias and title, in any letter
	// case; nothing in it is a wildcard. Empty matches all.
	Search string

	// Limit and Offset choose a page; a Limit of 0 has no entries, only the
	// total.
	Limit  int
	Offset int
}

// Ledger keeps entries. Its methods return an *api.Error of code NotFound for
// an entry that does not exist in the account, and of code Unavailable where
// the database fails. A write that returned nil is durable.
type Ledger interface {
	// Begin writes an intent, which only Pending and InDoubt see until it is
	// completed, and returns its id. A zero Created becomes now. One with
	// Doubtful is in doubt from the beginning.
	Begin(ctx context.Context, e *Entry) (int64, error)

	// Complete records the backend's answer: RemoteID, Alias, ShortURL, Title,
	// LongURL and Document of e under e.ID, which must be of e.Account on
	// e.Backend. It may be repeated: Completed stays what it was first.
	Complete(ctx context.Context, e *Entry) error

	// Abandon removes an intent that the backend refused. A completed entry is
	// NotFound to it.
	Abandon(ctx context.Context, id int64) error

	// Doubt marks an intent of whose create nobody knows what came. It stays
	// doubtful since it was first marked. A completed entry is NotFound to it.
	Doubt(ctx context.Context, id int64) error

	// InDoubt returns the newest intent with the fingerprint, of the account on
	// the backend, that is marked, or older than the lease: whoever began it has
	// ended without saying what came of it. Nothing has the zero fingerprint.
	InDoubt(ctx context.Context, account, backend string, fingerprint [32]byte, lease time.Duration) (*Entry, error)

	// Delete removes a completed entry of the account on the backend. An intent
	// is NotFound to it.
	Delete(ctx context.Context, account, backend string, id int64) error

	// Entry returns a completed entry of the account on the backend.
	Entry(ctx context.Context, account, backend string, id int64) (*Entry, error)

	// Find returns the newest completed entry with the short URL; its scheme,
	// the letter case of its host and a slash at its end do not matter. Text
	// without a slash is taken for an alias, whose letter case matters.
	Find(ctx context.Context, account, backend, short string) (*Entry, error)

	// List returns a page of completed entries, newest first, and the number
	// of all that match.
	List(ctx context.Context, f Filter) (entries []Entry, total int, err error)

	// Pending returns the number of intents of the backend that are in doubt, or
	// older than the age: creates whose outcome nobody knows.
	Pending(ctx context.Context, backend string, age time.Duration) (int, error)
}
