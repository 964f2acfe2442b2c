package api

import (
	"fmt"
	"strings"
	"time"
)

// MainAccount is the account of everything that names no other.
const MainAccount = "main"

// NativeBackend is the backend of a key that names no other. It exists
// undeclared.
const NativeBackend = "native"

// Key is an authenticated caller.
type Key struct {
	// ID is the identity that limits are counted under. It is not the key.
	ID string

	// Name is the operator's name for the key, empty where the caller's own
	// credential is forwarded.
	Name string

	// Account owns everything that the key may see.
	Account string

	// Backend is where the key's links live.
	Backend string

	// Scopes is what the key may do.
	Scopes Scopes

	// Rate is the key's limit; its zero value means none.
	Rate Rate

	// Expires is when the key ends; the zero time means never.
	Expires time.Time

	// Strict refuses what is otherwise put right of a client's requests.
	Strict bool

	// Forwarded is the caller's own credential, set only where the backend
	// takes it instead of one of ours.
	Forwarded Secret
}

// Rate is a number of requests in a window of time. The zero value means no
// limit.
type Rate struct {
	Requests int
	Window   time.Duration
}

// Scopes is a set of what a key may do.
type Scopes uint8

// The scopes.
const (
	// ScopeRead lists and gets.
	ScopeRead Scopes = 1 << iota
	// ScopeCreate creates and uploads.
	ScopeCreate
	// ScopeWrite updates, assigns and deletes.
	ScopeWrite
	// ScopeAdmin does everything, also what concerns the account itself.
	ScopeAdmin

	// DefaultScopes are those of a key that names none.
	DefaultScopes = ScopeRead | ScopeCreate | ScopeWrite
)

var scopeNames = []struct {
	scope Scopes
	name  string
}{
	{ScopeRead, "read"},
	{ScopeCreate, "create"},
	{ScopeWrite, "write"},
	{ScopeAdmin, "admin"},
}

// Allow reports whether the set covers the scope. ScopeAdmin covers all.
func (s Scopes) Allow(scope Scopes) bool {
	return s&ScopeAdmin != 0 || s&scope == scope
}

// String lists the names of the scopes, separated by spaces.
func (s Scopes) String() string {
	var names []string
	for _, n := range scopeNames {
		if s&n.scope != 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, " ")
}

// ParseScopes reads the names of scopes. No name at all means DefaultScopes;
// an unknown one is an error.
func ParseScopes(names ...string) (Scopes, error) {
	if len(names) == 0 {
		return DefaultScopes, nil
	}
	var s Scopes
next:
	for _, name := range names {
		for _, n := range scopeNames {
			if n.name == name {
				s |= n.scope
				continue next
			}
		}
		return 0, fmt.Errorf("unknown scope %q: use read, create, write or admin", name)
	}
	return s, nil
}

// Signature is a credential that is not the key itself but made of its
// signature token.
type Signature struct {
	// Value is the token itself, or the hash in hexadecimal digits.
	Value Secret

	// Signed is what was hashed together with the token, digits that are a Unix
	// time; empty where Value is the token, or the key.
	Signed string

	// Hash is "md5", "sha256" or "sha512".
	Hash string
}
