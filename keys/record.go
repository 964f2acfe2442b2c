// Package keys knows the callers: which API keys exist, whose they are, and
// what they may do. A key itself is never kept, only its SHA-256.
package keys

import (
	"context"
	"time"

	"github.com/linkquay/linkquay/api"
)

// Record is one key as it is kept.
type Record struct {
	// Name is the operator's name for it, unique among the keys that are not
	// revoked.
	Name string

	// Hash is the SHA-256 of the key.
	Hash [32]byte

	// Account and Backend are what the key reaches; empty means
	// api.MainAccount and api.NativeBackend.
	Account string
	Backend string

	// Scopes is what the key may do; 0 means api.DefaultScopes.
	Scopes api.Scopes

	// Rate is the key's own limit; nil means the configured default.
	Rate *api.Rate

	// Strict refuses what is otherwise put right of a client's requests. It is of
	// the configuration alone.
	Strict bool

	// Created, Expires and Revoked are moments; zero means unknown, never and
	// not.
	Created time.Time
	Expires time.Time
	Revoked time.Time
}

// Store keeps the keys made by command, and every revocation. Its methods
// return *api.Error: Conflict for a name in use, NotFound, Unavailable.
type Store interface {
	// Keys returns all records, revoked ones included, oldest first.
	Keys(ctx context.Context) ([]Record, error)

	// CreateKey adds a record. A hash that is there already, revoked or not,
	// is a Conflict.
	CreateKey(ctx context.Context, r *Record) error

	// RevokeKey marks the record with the hash as revoked, and adds it so
	// where the store has none: a revoked key stays revoked even if configured.
	RevokeKey(ctx context.Context, r *Record) error

	// KeysRevision returns a number that changes with every change of a key,
	// whichever process makes it.
	KeysRevision(ctx context.Context) (int64, error)
}
