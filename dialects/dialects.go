// Package dialects is the contract between the gateway and the APIs that
// clients speak to it. Each dialect is a folder below this one.
package dialects

import (
	"net/http"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// Dialect is an API that clients speak. It is safe for concurrent use and
// keeps no state between calls.
type Dialect interface {
	// Name is the dialect's name, the label of its metrics.
	Name() string

	// Owns reports whether the path belongs to the dialect, so that it answers
	// there, unknown operations included, and no short link can stand there.
	Owns(path string) bool

	// Head reads what the head of a request says; it leaves the body alone. An
	// error says that there is no such operation (NotFound, MethodNotAllowed)
	// or that the path is malformed (Invalid); the head then has the
	// credential all the same. It is never nil.
	Head(r *http.Request) (*Head, error)

	// Document turns a request's body, well-formed JSON in valid UTF-8 or
	// empty, into a document of the contract. Notes are the habits of the
	// client that it put right. Errors are Invalid.
	Document(op api.Operation, body []byte) (doc []byte, notes []translate.Note, err error)

	// WriteReply writes a success in the caller's shape.
	WriteReply(w http.ResponseWriter, h *Head, reply *api.Reply)

	// WriteError writes a failure in the caller's shape. The head is nil where
	// none was read.
	WriteError(w http.ResponseWriter, h *Head, err *api.Error)
}

// Head is what the head of a request says.
type Head struct {
	// Call has the operation, path and query filled in.
	Call api.Call

	// Credential is the key as the client sent it, empty without one.
	Credential api.Secret

	// Notes are the habits of the client that the head shows.
	Notes []translate.Note
}
