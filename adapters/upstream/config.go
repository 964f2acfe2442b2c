package upstream

import (
	"crypto/tls"
	"time"

	"github.com/linkquay/linkquay/api"
)

// The defaults of [Config].
const (
	DefaultTimeout    = 15 * time.Second
	DefaultMaxReply   = 8 << 20
	DefaultRetryPause = 100 * time.Millisecond
)

// Config is where and how a client calls.
type Config struct {
	// Backend is the operator's name of the backend, for messages.
	Backend string

	// BaseURL is the address: http or https, a host, optionally a path prefix;
	// no query, no user, no fragment.
	BaseURL string

	// Key is sent with every request that has none of its own.
	Key api.Secret

	// KeyQuery is the name of the query parameter that carries the key, for a
	// backend that has no header for it. Empty means Authorization: Bearer.
	KeyQuery string

	// Timeout bounds a call from its beginning to the last byte of its reply,
	// with all repeats and the pauses before them. For an upload it bounds each
	// silence instead. 0 means DefaultTimeout.
	Timeout time.Duration

	// MaxReply bounds the body of a reply in bytes. 0 means DefaultMaxReply.
	MaxReply int

	// RetryPause is about how long a read waits before it is sent a second
	// time; before the third it waits four times as long. 0 means
	// DefaultRetryPause.
	RetryPause time.Duration

	// Budget is how much may be sent, and holds the last known answers; nil
	// means any number and none. Clients that follow one another share it.
	Budget *Budget

	// Lender, where set, is asked for a place of its budget too before anything is
	// sent with the client's own key; nil means that the Budget alone counts. It
	// is for clients with a Budget.
	Lender Lender

	// TLS replaces the default TLS settings, for tests.
	TLS *tls.Config

	// Observe, where set, is told the status and the duration of each exchange,
	// each repeat being one of its own and a refused call none. Status 0 means
	// that there was no reply. It must be safe for concurrent use.
	Observe func(status int, d time.Duration)

	// OnState, where set, is told each new state of the breaker; the first one
	// is Closed and is not told. It is called by the call that changed the
	// state, never twice at a time, and the last state it hears is always the
	// newest. It must not call Do.
	OnState func(state State)
}
