package adapters

import "context"

// Switched is a backend in whose place another one answers some accounts: those
// whose links were moved away.
type Switched interface {
	Backend

	// Current returns what answers the account's calls now: its Capabilities, and
	// abilities such as Idempotent, are those of the backend behind it. Its Do is
	// that of the Switched itself, so that it may be kept for the time of a
	// request.
	Current(account string) Backend

	// Home returns the name of the backend that holds the account's links now, and
	// the account that they have there.
	Home(account string) (name, owner string)
}

// Moving is a Switched that tells what is a copy of its own.
type Moving interface {
	Switched

	// Brought reports whether an object that a backend has for an owner, by its id
	// there, is the same as one that the account has here: because a move of the
	// account's links has brought it there, or keeps both alike.
	Brought(ctx context.Context, account, name, owner string, kind Kind, id int64) (bool, error)
}

// Answering returns what answers the account's calls to b now.
func Answering(b Backend, account string) Backend {
	if s, ok := b.(Switched); ok {
		return s.Current(account)
	}
	return b
}
