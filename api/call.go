// Package api is what every part of Linkquay speaks below the gateway: a
// [Call] goes in, a [Reply] or a coded [Error] comes out. It knows neither
// HTTP servers nor SQL nor Caddy.
package api

import (
	"io"
	"net/url"
)

// Operation is an operationId of the contract, such as "createLink". The
// constants are generated from openapi/openapi.yaml.
type Operation string

// Call is one request in the contract's terms. Whoever receives it may rely on
// the key being authenticated and the document being valid.
type Call struct {
	// Operation says what is asked for.
	Operation Operation

	// Path holds the values of the operation's path template.
	Path Path

	// Query holds the query parameters that the contract names for the
	// operation; nil means none was sent.
	Query url.Values

	// Document is the JSON body in the contract's shape, nil where the
	// operation takes none.
	Document []byte

	// Items are the documents of createLinks one by one, in the order of the
	// request, where Document holds all of them; nil for every other operation.
	Items []Item

	// File is the body of an upload, nil for every other operation.
	File *File

	// Idempotency makes a create that is sent again answer what the first one
	// made. It is nil where the client did not ask for it, on operations that
	// create nothing, and for backends that do not say that they can.
	Idempotency *Idempotency

	// Reuse says that for a create that asks for nothing but a destination, a link
	// of the account that leads there already will do. A backend that cannot find
	// one makes a new one.
	Reuse bool

	// Tags are the names of the groups that the call's link is to be in, for a
	// backend that has tags and no groups; nil for every other.
	Tags []string

	// Key is the caller.
	Key *Key

	// Origin is the scheme and host that the request came in on, without a
	// trailing slash: the base of short URLs where none is configured.
	Origin string
}

// Path holds the values of a path template. Identifiers are integers before
// anything else sees them, so that no client text can reach another path.
type Path struct {
	// ID is {id}, {campaignid} or {channelid}.
	ID int64

	// ItemID is {linkid} or {itemid}.
	ItemID int64

	// ItemType is {type}: "links", "bio" or "qr".
	ItemType string

	// Filename is {filename}, unescaped: one path segment without separators
	// or control characters.
	Filename string
}

// Item is one of many documents of a call. One of Document and Err is nil.
type Item struct {
	// Document is the JSON document, valid by the contract.
	Document []byte

	// Err says what is wrong with a document that is not valid. It is the answer
	// to that item and no reason to refuse the others.
	Err *Error
}

// Idempotency tells a create that is sent again from a new one.
type Idempotency struct {
	// Key is the client's Idempotency-Key: 1 to 255 visible ASCII characters.
	// It means something together with the account of the call's key only.
	Key string

	// Fingerprint is a SHA-256 of all that the request asks for: operation, path,
	// query and document without the values of passwords, and the length of a
	// file. A request with a known Key and another fingerprint is a Conflict.
	Fingerprint [32]byte
}

// File is an uploaded file. It is a stream: it can be read once.
type File struct {
	// Body ends with an *Error of code TooLarge past the upload limit.
	Body io.Reader

	// Size is the length in bytes, -1 where the client did not tell it.
	Size int64

	// ContentType is the client's word for it, possibly empty.
	ContentType string

	// Abort ends a Read that waits for the client, and every later one. Whoever
	// gives the file up calls it: a client that stopped sending would hold the
	// reader for ever. It is nil where nothing can wait.
	Abort func()
}
