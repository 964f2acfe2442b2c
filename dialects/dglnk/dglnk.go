// Package dglnk is the API of dgLnk, which makes links and does nothing else: as
// dgLnk's page tells it, version 1, and as clients of version 3 send the same
// request. Both know a request by the same names; they differ in path,
// credential and the shape of errors.
//
// A request is carried out by as many calls of the contract as it takes: dgLnk
// knows domains by number and has tags where the contract has channels, and it
// answers the whole link.
package dglnk

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/translate"
)

const (
	// CreatePath is the one path of dgLnk's page.
	CreatePath = "/api/links/create"

	// LinkPath is where version 3 makes links. What it has below is not
	// answered here, and belongs to the dialect all the same.
	LinkPath = "/api/v1/link"
)

// token is the parameter of the query that the credential stands in.
const token = "api_token"

// version is the member of the head's query that tells version 3, since that is
// all of a request that its answer is written by.
const version = "version"

// Dialect is the API of dgLnk.
type Dialect struct {
	contract *openapi.Contract
	zone     *time.Location
}

// New returns the dialect for the contract. The zone is that of the contract's
// times; nil means UTC.
func New(contract *openapi.Contract, zone *time.Location) *Dialect {
	if zone == nil {
		zone = time.UTC
	}
	return &Dialect{contract: contract, zone: zone}
}

// Name implements dialects.Dialect.
func (d *Dialect) Name() string { return "dglnk" }

// Owns implements dialects.Dialect: the paths of both versions, and what stands
// below that of version 3.
func (d *Dialect) Owns(path string) bool {
	path = strings.TrimSuffix(path, "/")
	return path == CreatePath || path == LinkPath || strings.HasPrefix(path, LinkPath+"/")
}

// Head implements dialects.Dialect.
func (d *Dialect) Head(r *http.Request) (*dialects.Head, error) {
	h := &dialects.Head{}
	path := strings.TrimSuffix(r.URL.Path, "/")
	if path != CreatePath {
		h.Call.Query = url.Values{version: {"3"}}
	}
	query := url.Values{}
	dialects.Pairs(r.URL.RawQuery, query.Add)
	h.Credential = credential(query[token], r.Header.Get("Authorization"))
	delete(query, token)
	for _, name := range slices.Sorted(maps.Keys(query)) {
		h.Notes = append(h.Notes, translate.Note{Field: name, Kind: translate.UnknownField})
	}
	switch {
	case path != CreatePath && path != LinkPath:
		return h, api.Errorf(api.NotFound, "There is no such endpoint.")
	case r.Method != http.MethodPost:
		return h, &api.Error{Code: api.MethodNotAllowed, Message: "This endpoint does not take that method.", Allow: []string{http.MethodPost}}
	}
	h.Call.Operation = api.CreateLink
	var in *request
	h.Parameters = func(body []byte) ([]translate.Note, error) {
		var notes []translate.Note
		var err error
		if in, notes, err = read(body); err != nil {
			return nil, err
		}
		if in.addresses != nil {
			h.Call.Operation = api.CreateLinks
		}
		return notes, nil
	}
	h.Compose = func(ctx context.Context, do dialects.Do) (*api.Reply, error) {
		m := &maker{dialect: d, request: in, do: do, key: h.Call.Key, newer: h.Call.Query.Has(version)}
		return m.run(ctx)
	}
	return h, nil
}

// Document implements dialects.Dialect. No body is a document of the contract.
func (d *Dialect) Document(api.Operation, []byte) ([]byte, []translate.Note, error) {
	return nil, nil, nil
}

// credential returns the token of the query, the last one as PHP reads it, or
// the key of an Authorization header.
func credential(tokens []string, header string) api.Secret {
	if len(tokens) > 0 && tokens[len(tokens)-1] != "" {
		return api.Secret(tokens[len(tokens)-1])
	}
	return dialects.Bearer(header)
}

var _ dialects.Dialect = (*Dialect)(nil)
