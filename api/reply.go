package api

import "net/http"

// Reply is a successful answer in the contract's shape.
type Reply struct {
	// Document is the JSON body.
	Document []byte

	// Header holds what the answer carries beside the gateway's own headers;
	// nil means nothing.
	Header http.Header

	// Existing says that a create found a link that was there and will do.
	Existing bool

	// Warnings lists what a backend with "unsupported_fields warn" did without.
	Warnings []FieldError
}
