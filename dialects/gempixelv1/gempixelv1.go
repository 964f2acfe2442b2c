// Package gempixelv1 is the API of openmy.link, 1mm.kr and every other site of
// that script in its first generation: GET requests whose parameters, the key
// among them, stand in the query. It shares paths with the third generation,
// and is told from it by the key in the query. A request is carried out by a
// call of the contract.
package gempixelv1

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/translate"
)

// Dialect is the first generation of the GemPixel API.
type Dialect struct{}

// New returns the dialect.
func New() *Dialect { return &Dialect{} }

// Name implements dialects.Dialect.
func (*Dialect) Name() string { return "gempixelv1" }

// endpoint is what stands at a path.
type endpoint struct {
	// parameters are those that mean something there, beside the key.
	parameters []string

	// marks are those that show by themselves, without a key, that a request is
	// of this generation.
	marks []string

	// of returns what the parameters ask for.
	of func(in url.Values) request
}

// request is one thing that a client can ask for.
type request struct {
	// operation is that of the call that it takes.
	operation api.Operation

	// run carries it out. Its reply is a document in the caller's shape.
	run func(ctx context.Context, do dialects.Do, in url.Values) (*api.Reply, error)
}

var endpoints = map[string]endpoint{
	"/api": {
		parameters: []string{"custom", "format", "pass", "short", "type", "url"},
		marks:      []string{"url", "short"},
		of: func(in url.Values) request {
			if in.Has("short") && !in.Has("url") {
				return request{api.ListLinks, unshorten}
			}
			return request{api.CreateLink, shorten}
		},
	},
	"/api/details": {
		parameters: []string{"alias"},
		marks:      []string{"alias"},
		of:         func(url.Values) request { return request{api.ListLinks, details} },
	},
	// The third generation has a list there as well.
	"/api/urls": {
		parameters: []string{"limit", "order", "page"},
		of:         func(url.Values) request { return request{api.ListLinks, links} },
	},
}

// credentials are the names of the key; the oldest clients use the second one.
var credentials = []string{"key", "api"}

func endpointOf(path string) (endpoint, bool) {
	e, ok := endpoints[strings.TrimSuffix(path, "/")]
	return e, ok
}

// Owns implements dialects.Dialect.
func (*Dialect) Owns(path string) bool {
	_, ok := endpointOf(path)
	return ok
}

// Speaks implements dialects.Chooser. Who sends the header speaks a later
// generation, whatever else the query holds.
func (*Dialect) Speaks(r *http.Request) bool {
	e, ok := endpointOf(r.URL.Path)
	if !ok || r.URL.RawQuery == "" || r.Header.Get("Authorization") != "" {
		return false
	}
	given := parameters(r)
	return slices.ContainsFunc(credentials, given.Has) || slices.ContainsFunc(e.marks, given.Has)
}

// Head implements dialects.Dialect. The query of its call is what the client
// sent and means something, without the key.
func (*Dialect) Head(r *http.Request) (*dialects.Head, error) {
	h := &dialects.Head{}
	e, ok := endpointOf(r.URL.Path)
	if !ok {
		return h, api.Errorf(api.NotFound, "There is no such endpoint.")
	}
	given := parameters(r)
	for _, name := range credentials {
		if values := given[name]; h.Credential == "" && len(values) > 0 {
			h.Credential = api.Secret(values[len(values)-1])
		}
		given.Del(name)
	}
	in, invalid := e.read(h, given)
	h.Call.Query = in
	request := e.of(in)
	h.Call.Operation = request.operation
	switch {
	case r.Method != http.MethodGet && (r.Method != http.MethodHead || request.operation == api.CreateLink):
		return h, &api.Error{Code: api.MethodNotAllowed, Message: "This endpoint does not take that method.", Allow: []string{http.MethodGet}}
	case len(invalid) > 0:
		return h, api.InvalidFields(invalid...)
	}
	h.Compose = func(ctx context.Context, do dialects.Do) (*api.Reply, error) { return request.run(ctx, do, in) }
	return h, nil
}

// parameters are those of the query.
func parameters(r *http.Request) url.Values {
	given := url.Values{}
	dialects.Pairs(r.URL.RawQuery, given.Add)
	return given
}

// read keeps the parameters that mean something and have a value. Of one that
// is given twice the last value counts, as in PHP.
func (e *endpoint) read(h *dialects.Head, given url.Values) (in url.Values, invalid []api.FieldError) {
	in = url.Values{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		values := given[name]
		note := func(kind translate.Kind) { h.Notes = append(h.Notes, translate.Note{Field: name, Kind: kind}) }
		value := values[len(values)-1]
		switch {
		case !slices.Contains(e.parameters, name):
			note(translate.UnknownField)
			continue
		case !utf8.ValidString(value) || strings.Contains(value, "\x00"):
			invalid = append(invalid, api.FieldError{Field: name, Message: "must be text in UTF-8 without NUL characters"})
			continue
		case len(values) > 1:
			note(translate.DuplicateField)
		}
		if value == "" {
			note(translate.EmptyValue)
			continue
		}
		in.Set(name, value)
	}
	return in, invalid
}

// Document implements dialects.Dialect. No body is a document here.
func (*Dialect) Document(api.Operation, []byte) ([]byte, []translate.Note, error) {
	return nil, nil, nil
}

var _ dialects.Chooser = (*Dialect)(nil)
