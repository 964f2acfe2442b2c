// Package dialects is the contract between the gateway and the APIs that
// clients speak to it. Each dialect is a folder below this one.
package dialects

import (
	"context"
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

// Chooser is a dialect that shares paths with others: it tells its own requests
// by more than their path.
type Chooser interface {
	Dialect

	// Speaks reports whether a request on a path that the dialect owns is one of
	// its own.
	Speaks(r *http.Request) bool
}

// Head is what the head of a request says. A dialect whose credential stands in
// the body reads that too, at most MaxForm bytes of it.
type Head struct {
	// Call has the operation, path and query filled in.
	Call api.Call

	// Credential is the key as the client sent it, empty without one.
	Credential api.Secret

	// KeyName is what the key must be called; empty where the client does not
	// say.
	KeyName string

	// Signature is what the client sent instead of its key; nil for nothing.
	Signature *api.Signature

	// Parameters reads what a JSON body says of the Call, where the contract has
	// that in the path or the query, or for Compose; nil where nothing stands
	// there. It gets well-formed JSON, or nothing, once the caller is known.
	// Errors are Invalid.
	Parameters func(body []byte) (notes []translate.Note, err error)

	// Compose makes the answer to a request that takes more than one call of the
	// contract; nil where the Call is all of it. The reply's document may have
	// any shape that WriteReply knows.
	Compose func(ctx context.Context, do Do) (*api.Reply, error)

	// Notes are the habits of the client that the head shows.
	Notes []translate.Note
}

// Do carries out a call for the caller of a request: the key's scope, the
// contract and the backend have their say as for any other. The call's key and
// origin are set by it.
type Do func(ctx context.Context, call *api.Call) (*api.Reply, error)

// MaxForm bounds a body that is read before its sender is known.
const MaxForm = 64 << 10
