package gempixel

import (
	"context"
	"net/http"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/translate"
)

// endpoint is what one method of a path does.
type endpoint struct {
	// operation is the contract's; empty for what only a site itself can do.
	operation api.Operation

	// alias is the path, where the contract has another one for the operation;
	// empty elsewhere.
	alias string

	// parameters reads from the body what the contract has in the path or the
	// query; nil where nothing stands there.
	parameters func(call *api.Call, body []byte) ([]translate.Note, error)

	// compose answers where the contract has no operation of its own; nil
	// elsewhere.
	compose func(ctx context.Context, do dialects.Do, id int64) (*api.Reply, error)
}

// placed is an endpoint and where it stands.
type placed struct {
	method, path string
	endpoint     endpoint
}

// others are the endpoints beside the contract's.
var others = []placed{
	// The pages' first sample asks for the account with POST.
	{http.MethodPost, "/api/account", endpoint{operation: api.GetAccount}},

	// The second generation. It makes links as the third does.
	{http.MethodPost, "/api/url/stats", endpoint{operation: api.GetLink, parameters: statisticsOf}},
	{http.MethodPost, "/api/url/get", endpoint{operation: api.ListLinks, parameters: pageOf}},
	{http.MethodPost, "/api/user/create", endpoint{}},
	{http.MethodPost, "/api/user/get", endpoint{}},
}

// aliases are the endpoints that clients know by other names, or in another
// form, than the contract.
var aliases = []placed{
	{http.MethodGet, "/api/link/{id}", endpoint{operation: api.GetLink}},
	{http.MethodPut, "/api/link/{id}", endpoint{operation: api.UpdateLink}},
	{http.MethodPut, "/api/link/{id}/update", endpoint{operation: api.UpdateLink}},
	{http.MethodDelete, "/api/link/{id}", endpoint{operation: api.DeleteLink}},
	{http.MethodDelete, "/api/link/{id}/delete", endpoint{operation: api.DeleteLink}},
	{http.MethodGet, "/api/overlay/{id}", endpoint{operation: api.ListOverlays, compose: findOverlay}},
	{http.MethodPost, "/api/campaign/{id}/assign", endpoint{operation: api.AssignLinkToCampaign, parameters: linkOf}},
	{http.MethodPost, "/api/channel/{id}/assign", endpoint{operation: api.AssignItemToChannel, parameters: itemOf}},
}

// complete fills in what the endpoint says of a request, after its path.
func (e *endpoint) complete(h *dialects.Head) {
	if e.alias != "" {
		h.Notes = append(h.Notes, translate.Note{Field: e.alias, Kind: translate.Alias})
	}
	if e.parameters != nil {
		h.Parameters = func(body []byte) ([]translate.Note, error) { return e.parameters(&h.Call, body) }
	}
	if e.compose != nil {
		h.Compose = func(ctx context.Context, do dialects.Do) (*api.Reply, error) {
			return e.compose(ctx, do, h.Call.Path.ID)
		}
	}
}
