package upstream

import (
	"io"
	"net/url"
	"time"

	"github.com/linkquay/linkquay/api"
)

// Request is one call to a backend.
type Request struct {
	// Method is the HTTP method.
	Method string

	// Path begins with a slash and is built of constants, integers and escaped
	// segments. It is sent as it is, behind the base URL's path.
	Path string

	// Query is sent encoded.
	Query url.Values

	// Body is a JSON document, nil for none.
	Body []byte

	// Stream is the body of an upload, instead of Body. Size is its length in
	// bytes, -1 where it is not known.
	Stream      io.Reader
	Size        int64
	ContentType string

	// Abort ends a read of Stream that waits, and every later one; nil where
	// none can wait.
	Abort func()

	// Key replaces the client's own key for this request.
	Key api.Secret

	// Bearer sends the key in the header also where KeyQuery is set: to find out
	// what a site speaks.
	Bearer bool

	// Fresh says that a remembered answer will not do: the read precedes a
	// write, or finds out what came of one.
	Fresh bool

	// Changes are the ids of objects that a write changes and that its path does
	// not name: what is remembered of them is no longer true.
	Changes []int64
}

// Response is a backend's reply in JSON, or a 4xx without any.
type Response struct {
	// Status is 2xx or 4xx, but neither 401 nor 429: those are errors, as is
	// everything else.
	Status int

	// Document is valid JSON; nil for a 4xx that carries none. The caller owns
	// it.
	Document []byte

	// RetryAfter is what the backend asked for, clamped; 0 where it did not.
	RetryAfter time.Duration

	// Age is how old a remembered answer is; 0 means that it is fresh.
	Age time.Duration

	// Date is the backend's clock by its Date header; zero without one, and
	// for a remembered answer.
	Date time.Time
}
