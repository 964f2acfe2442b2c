// Package gempixel is the API of openmy.link, 1mm.kr and every other site of
// that script in its third generation: REST with a key in the Authorization
// header. The contract speaks the same language, so what this dialect does is
// to put right what its clients send for "not given", and to answer errors in
// the shape that they know. What the second generation had besides, two
// requests whose parameters stand in the body, is answered here, too: keys,
// errors and replies are the same.
package gempixel

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/translate"
)

// Prefix is where the dialect's paths begin.
const Prefix = "/api"

// Dialect is the second and the third generation of the GemPixel API.
type Dialect struct {
	contract *openapi.Contract
	routes   *routes
	tables   map[api.Operation]*translate.Table
}

// New returns the dialect for the contract.
func New(contract *openapi.Contract) *Dialect {
	return &Dialect{contract: contract, routes: newRoutes(contract), tables: newTables(contract)}
}

// Name implements dialects.Dialect.
func (d *Dialect) Name() string { return "gempixel" }

// Owns implements dialects.Dialect: /api and everything below it.
func (d *Dialect) Owns(path string) bool {
	rest, ok := strings.CutPrefix(path, Prefix)
	return ok && (rest == "" || rest[0] == '/')
}

// Head implements dialects.Dialect.
func (d *Dialect) Head(r *http.Request) (*dialects.Head, error) {
	h := &dialects.Head{Credential: dialects.Bearer(r.Header.Get("Authorization"))}
	e, path, err := d.routes.find(r.Method, r.URL)
	if err != nil {
		return h, err
	}
	h.Call.Operation, h.Call.Path = e.operation, path
	e.complete(h)
	if r.URL.RawQuery == "" {
		return h, nil
	}
	return h, d.query(h, r.URL.RawQuery)
}

// query keeps the parameters that the contract names and that have a value.
func (d *Dialect) query(h *dialects.Head, raw string) error {
	given, err := url.ParseQuery(raw)
	if err != nil {
		return api.Errorf(api.Invalid, "The query string is malformed.")
	}
	known := d.contract.Operation(h.Call.Operation).Query
	for _, name := range slices.Sorted(maps.Keys(given)) {
		values := given[name]
		switch {
		case !slices.Contains(known, name):
			h.Notes = append(h.Notes, translate.Note{Field: name, Kind: translate.UnknownField})
			delete(given, name)
		case len(values) == 1 && values[0] == "":
			h.Notes = append(h.Notes, translate.Note{Field: name, Kind: translate.EmptyValue})
			delete(given, name)
		}
	}
	// Clients send their usual page and limit along with a search by short
	// URL, where they mean nothing.
	if short, ok := given["short"]; ok && h.Call.Operation == api.ListLinks {
		given = url.Values{"short": short}
	}
	h.Call.Query = given
	return nil
}

// Document implements dialects.Dialect.
func (d *Dialect) Document(op api.Operation, body []byte) ([]byte, []translate.Note, error) {
	t, ok := d.tables[op]
	if !ok {
		return nil, nil, nil
	}
	if len(body) == 0 {
		body = []byte("{}")
	}
	out, err := t.Apply(make([]byte, 0, len(body)+8), body)
	return out.Document, out.Notes, err
}

var _ dialects.Dialect = (*Dialect)(nil)
