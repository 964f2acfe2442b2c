// Package adapters is the contract between the gateway and the places where
// links live.
//
// An implementation of [Backend] holds to this:
//
//   - It is safe for concurrent use.
//   - It ends when the context does, or within the backend's timeout where what
//     it began must be recorded. It starts nothing that outlives the call.
//   - It gets calls that are authenticated, within their limit, valid by the
//     contract, and of an operation that its Capabilities do not refuse. The
//     documents of createLinks are one by one in the call's Items, where those
//     that are not valid are errors: they are answers to be passed on.
//   - It answers in the contract's shape or with an *api.Error. Any other error
//     is a fault of ours, and the client sees no detail of it.
//   - It never thins a request out silently: what it cannot express it reports
//     through [Losses], query parameters included ([LostQuery]).
//   - It shows no account anything of another one: an id of somebody else's is
//     api.NotFound.
package adapters

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// Backend is a place where links live.
type Backend interface {
	// Do carries out one call. Codes: Invalid, Unauthorized (the backend does
	// not accept the key that Linkquay sent), Forbidden, NotFound, Conflict,
	// RateLimited, Unsupported, Unavailable, TooLarge.
	Do(ctx context.Context, call *api.Call) (*api.Reply, error)

	// Capabilities says what the backend does with each operation, field and
	// value. The answer never changes; callers must not modify it.
	Capabilities() api.Capabilities
}

// Idempotent is a backend that heeds a call's Idempotency: within 24 hours it
// answers a create that is sent again with what the first one made, and the
// header [Replayed] in the reply. A key that is known from another request is
// an *api.Error of code Conflict about the field [IdempotencyKey]. A backend
// without this ability gets no such call: the gateway refuses it.
type Idempotent interface {
	Backend

	// Idempotent does nothing; to have it is the statement.
	Idempotent()
}

// Prober is a backend that can find out what its site speaks.
type Prober interface {
	// Probe asks the site by reads that change nothing. An error says that
	// nothing could be found out.
	Probe(ctx context.Context) (*Finding, error)
}

// Keeper is a backend that finds what a create has made when the same request is
// sent again.
type Keeper interface {
	Backend

	// Keep says that a createLink, which was begun at the time, has succeeded and
	// that nobody was told so yet. It counts as under way until end is called; if
	// the context has ended by then, nobody ever was.
	Keep(ctx context.Context, call *api.Call, begun time.Time) (end func())
}

// Finding is what a probe has found.
type Finding struct {
	// API is what the site speaks, such as "dglnk 3"; empty where nothing was
	// recognised.
	API string `json:"api"`

	// Fits says that the adapter, as it is configured, can use it.
	Fits bool `json:"fits"`

	// Hint is what to change in the configuration; empty where it fits.
	Hint string `json:"hint,omitempty"`

	// Tried is each read with what came of it, such as
	// "GET /api/v1/link: 200 with JSON". It holds no secret.
	Tried []string `json:"tried"`
}

const (
	// IdempotencyKey is the header with which a client marks a create, and the
	// field that errors about it name.
	IdempotencyKey = "Idempotency-Key"

	// Replayed is the header, with the value "true", of a reply that repeats an
	// earlier one.
	Replayed = "Idempotency-Replayed"
)

// Unsupported says what happens to a request that asks for more than a backend
// can express.
type Unsupported string

const (
	// Reject answers it with an error that names each field. The default.
	Reject Unsupported = "reject"
	// Warn sends it without and lists the fields in the reply's warnings.
	Warn Unsupported = "warn"
)

// maxLosses bounds how many parts of fields an answer lists. Each field is named
// once all the same.
const maxLosses = 20

// maxValue bounds how much of a client's value a message repeats, in bytes.
const maxValue = 64

// Losses turns what a table could not express into warnings for the reply, or
// into an error of code Unsupported that names each field, value and the
// backend.
func Losses(policy Unsupported, backend string, losses []translate.Loss) ([]api.FieldError, error) {
	if len(losses) == 0 {
		return nil, nil
	}
	var fields []api.FieldError
	named := map[string]bool{}
	for _, l := range losses {
		field := l.Field
		if end := strings.IndexAny(field, "[."); end >= 0 {
			field = field[:end]
		}
		if len(fields) >= maxLosses && named[field] {
			continue
		}
		named[field] = true
		what := "is"
		if v := l.Value; v != "" {
			if len(v) > maxValue {
				v = v[:maxValue]
				for !utf8.ValidString(v) {
					v = v[:len(v)-1]
				}
				v += "…"
			}
			what = fmt.Sprintf("with the value %q is", v)
		}
		fields = append(fields, api.FieldError{Field: l.Field, Message: fmt.Sprintf("%s not supported by the backend %q", what, backend)})
	}
	if policy == Warn {
		return fields, nil
	}
	return nil, &api.Error{Code: api.Unsupported, Message: api.Sentence(fields[0]), Fields: fields}
}
