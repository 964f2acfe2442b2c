package gempixel

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/translate"
)

func TestDialect_Credential(t *testing.T) {
	d, _ := newDialect(t)
	for header, want := range map[string]api.Secret{
		"Bearer k": "k", "bearer k": "k", "BEARER  k ": "k", "Token k": "k", "token k": "k", "k": "k", " k ": "k",
		"Bearer": "", "Token ": "", "": "", "Basic k": "Basic k",
	} {
		r := httptest.NewRequest(http.MethodGet, "/api/urls", nil)
		r.Header.Set("Authorization", header)
		if h, err := d.Head(r); err != nil || h.Credential != want {
			t.Errorf("%q: %q, %v; want %q", header, h.Credential.Reveal(), err, want.Reveal())
		}
	}
}

// TestDialect_Parameters reads what stands in the body of a request whose
// parameters the contract has elsewhere.
func TestDialect_Parameters(t *testing.T) {
	d, _ := newDialect(t)
	for _, c := range []struct {
		target, body string
		op           api.Operation
		path         api.Path
		query        string
		kind         translate.Kind // one that is noted; all others fail
		field        string         // of the error; the rest is not looked at then
	}{
		{"/api/url/stats", `{"urlid":1}`, api.GetLink, api.Path{ID: 1}, "", "", ""},
		{"/api/url/stats/", `{"urlid":"12"}`, api.GetLink, api.Path{ID: 12}, "", translate.OtherType, ""},
		{"/api/url/stats", `{"urlid":1,"x":[{}]}`, api.GetLink, api.Path{ID: 1}, "", translate.UnknownField, ""},
		{"/api/url/stats", ``, "", api.Path{}, "", "", "urlid"},
		{"/api/url/stats", `{"urlid":null}`, "", api.Path{}, "", "", "urlid"},
		{"/api/url/stats", `{"urlid":0}`, "", api.Path{}, "", "", "urlid"},
		{"/api/url/stats", `{"urlid":-0}`, "", api.Path{}, "", "", "urlid"},
		{"/api/url/stats", `{"urlid":-1}`, "", api.Path{}, "", "", "urlid"},
		{"/api/url/stats", `{"urlid":1.5}`, "", api.Path{}, "", "", "urlid"},
		{"/api/url/stats", `{"urlid":1e3}`, "", api.Path{}, "", "", "urlid"},
		{"/api/url/stats", `{"urlid":[1]}`, "", api.Path{}, "", "", "urlid"},
		{"/api/url/stats", `{"urlid":9223372036854775808}`, "", api.Path{}, "", "", "urlid"},
		{"/api/url/get", `{"limit":2,"page":3,"order":"click"}`, api.ListLinks, api.Path{}, "limit=2&order=click&page=3", "", ""},
		{"/api/url/get", ``, api.ListLinks, api.Path{}, "", "", ""},
		{"/api/url/get", `{"limit":"2","order":""}`, api.ListLinks, api.Path{}, "limit=2", translate.OtherType, ""},
		{"/api/url/get", `{"limit":0,"page":null}`, api.ListLinks, api.Path{}, "", translate.EmptyValue, ""},
		{"/api/url/get?limit=5", `{"page":2}`, api.ListLinks, api.Path{}, "limit=5&page=2", "", ""},
		{"/api/campaign/3/assign", `{"link_id":4}`, api.AssignLinkToCampaign, api.Path{ID: 3, ItemID: 4}, "", "", ""},
		{"/api/campaign/3/assign", `{"link_id":"4"}`, api.AssignLinkToCampaign, api.Path{ID: 3, ItemID: 4}, "", translate.OtherType, ""},
		{"/api/campaign/3/assign", `{}`, "", api.Path{}, "", "", "link_id"},
		{"/api/channel/3/assign", `{"type":"url","item_id":4}`, api.AssignItemToChannel, api.Path{ID: 3, ItemID: 4, ItemType: "links"}, "", "", ""},
		{"/api/channel/3/assign", `{"type":"qr","item_id":"4"}`, api.AssignItemToChannel, api.Path{ID: 3, ItemID: 4, ItemType: "qr"}, "", translate.OtherType, ""},
		{"/api/channel/3/assign", `{"type":"bio","item_id":4}`, api.AssignItemToChannel, api.Path{ID: 3, ItemID: 4, ItemType: "bio"}, "", "", ""},
		{"/api/channel/3/assign", `{"type":"../qr","item_id":4}`, "", api.Path{}, "", "", "type"},
		{"/api/channel/3/assign", `{"item_id":4}`, "", api.Path{}, "", "", "type"},
		{"/api/channel/3/assign", `{"type":"url"}`, "", api.Path{}, "", "", "item_id"},
	} {
		h, err := d.Head(httptest.NewRequest(http.MethodPost, c.target, nil))
		if err != nil || h.Parameters == nil {
			t.Errorf("%s: %v", c.target, err)
			continue
		}
		notes, err := h.Parameters([]byte(c.body))
		if c.field != "" {
			if fields := api.AsError(err).Fields; err == nil || len(fields) != 1 || fields[0].Field != c.field {
				t.Errorf("%s %s: %v; want an error about %s", c.target, c.body, err, c.field)
			}
			continue
		}
		if err != nil || h.Call.Operation != c.op || h.Call.Path != c.path || h.Call.Query.Encode() != c.query {
			t.Errorf("%s %s = %+v, %v; want %s %+v %q", c.target, c.body, h.Call, err, c.op, c.path, c.query)
		}
		found := c.kind == ""
		for _, n := range notes {
			found = found || n.Kind == c.kind
		}
		if !found || c.kind == "" && len(notes) > 0 {
			t.Errorf("%s %s: notes %v; want %q", c.target, c.body, notes, c.kind)
		}
	}
	h, _ := d.Head(httptest.NewRequest(http.MethodPost, "/api/url/stats", nil))
	if _, err := h.Parameters([]byte(`[1]`)); api.AsError(err).Code != api.Invalid {
		t.Errorf("an array: %v; want Invalid", err)
	}
}

// TestDialect_Aliases: another name for a path is a habit, the second
// generation is none.
func TestDialect_Aliases(t *testing.T) {
	d, _ := newDialect(t)
	for _, c := range []struct {
		method, target string
		op             api.Operation
		path           api.Path
		alias          string
	}{
		{"GET", "/api/link/7", api.GetLink, api.Path{ID: 7}, "/api/link/{id}"},
		{"HEAD", "/api/link/7", api.GetLink, api.Path{ID: 7}, "/api/link/{id}"},
		{"PUT", "/api/link/7", api.UpdateLink, api.Path{ID: 7}, "/api/link/{id}"},
		{"PUT", "/api/link/7/update", api.UpdateLink, api.Path{ID: 7}, "/api/link/{id}/update"},
		{"DELETE", "/api/link/7", api.DeleteLink, api.Path{ID: 7}, "/api/link/{id}"},
		{"DELETE", "/api/link/7/delete", api.DeleteLink, api.Path{ID: 7}, "/api/link/{id}/delete"},
		{"GET", "/api/overlay/7", api.ListOverlays, api.Path{ID: 7}, "/api/overlay/{id}"},
		{"POST", "/api/campaign/7/assign", api.AssignLinkToCampaign, api.Path{ID: 7}, "/api/campaign/{id}/assign"},
		{"POST", "/api/channel/7/assign", api.AssignItemToChannel, api.Path{ID: 7}, "/api/channel/{id}/assign"},
		{"POST", "/api/url/stats", api.GetLink, api.Path{}, ""},
		{"POST", "/api/url/get", api.ListLinks, api.Path{}, ""},
		{"GET", "/api/url/7", api.GetLink, api.Path{ID: 7}, ""},
		{"GET", "/api/campaign/7", api.GetCampaign, api.Path{ID: 7}, ""},
	} {
		h, err := d.Head(httptest.NewRequest(c.method, c.target, nil))
		if err != nil || h.Call.Operation != c.op || h.Call.Path != c.path {
			t.Errorf("%s %s = %+v, %v; want %s %+v", c.method, c.target, h.Call, err, c.op, c.path)
			continue
		}
		switch {
		case c.alias == "" && len(h.Notes) > 0, c.alias != "" && (len(h.Notes) != 1 || h.Notes[0] != translate.Note{Field: c.alias, Kind: translate.Alias}):
			t.Errorf("%s %s: notes %v; want %q", c.method, c.target, h.Notes, c.alias)
		}
	}
	for target, code := range map[string]api.Code{
		"/api/user/create": api.Unsupported, "/api/user/get": api.Unsupported, "/api/user/add": api.NotFound,
		"/api/link/7/update": api.MethodNotAllowed, "/api/link/x": api.Invalid, "/api/link/0": api.Invalid, "/api/campaign/7/assign/x": api.Invalid,
	} {
		if _, err := d.Head(httptest.NewRequest(http.MethodPost, target, nil)); err == nil || api.AsError(err).Code != code {
			t.Errorf("POST %s: %v; want %s", target, err, code)
		}
	}
}

// TestFindOverlay looks for an overlay on every page of the list, and on no
// more.
func TestFindOverlay(t *testing.T) {
	pages := map[string]string{
		"1": `{"error":0,"data":{"maxpage":2,"cta":[{"id":1},{"id":2,"name":"two"}],"overlay":[]}}`,
		"2": `{"error":0,"data":{"maxpage":2,"cta":[{"id":3,"name":"three"}]}}`,
	}
	d, contract := newDialect(t)
	for target, want := range map[string]string{
		"/api/overlay/2": `{"error":0,"data":{"id":2,"name":"two"}}`,
		"/api/overlay/3": `{"error":0,"data":{"id":3,"name":"three"}}`,
		"/api/overlay/4": "",
	} {
		h, err := d.Head(httptest.NewRequest(http.MethodGet, target, nil))
		if err != nil || h.Compose == nil {
			t.Fatalf("%s: %v", target, err)
		}
		reply, err := h.Compose(t.Context(), func(_ context.Context, call *api.Call) (*api.Reply, error) {
			if err := contract.Operation(call.Operation).Validate(call); err != nil {
				t.Fatal(err)
			}
			page, ok := pages[call.Query.Get("page")]
			if call.Operation != api.ListOverlays || !ok {
				t.Fatalf("%s: asked for %s %v", target, call.Operation, call.Query)
			}
			return &api.Reply{Document: []byte(page)}, nil
		})
		switch {
		case want == "":
			if err == nil || api.AsError(err).Code != api.NotFound {
				t.Errorf("%s: %v; want NotFound", target, err)
			}
		case err != nil || string(reply.Document) != want:
			t.Errorf("%s: %v, %v; want %s", target, reply, err, want)
		}
	}
}

// FuzzHead: no path, query or body makes a call that the contract does not know.
func FuzzHead(f *testing.F) {
	d, contract := newDialect(f)
	f.Add("POST", "/api/url/stats", "", []byte(`{"urlid":"1"}`))
	f.Add("POST", "/api/url/get", "limit=1&x=%zz", []byte(`{"limit":1e9,"page":"x","order":[1]}`))
	f.Add("POST", "/api/channel/7/assign", "", []byte(`{"type":"url","item_id":9007199254740993}`))
	f.Add("GET", "/api/overlay/18446744073709551616", "", []byte(nil))
	f.Add("POST", "/api/files/upload/..%2f", "name=%00", []byte("{}"))
	f.Fuzz(func(t *testing.T, method, path, query string, body []byte) {
		r := &http.Request{Method: method, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{}}
		h, err := d.Head(r)
		if h == nil {
			t.Fatal("no head")
		}
		if err != nil {
			if code := api.AsError(err).Code; code == api.Internal {
				t.Fatal(err)
			}
			return
		}
		if h.Parameters != nil && (len(body) == 0 || openapi.WellFormed(body) == nil) {
			if _, err := h.Parameters(body); err != nil && api.AsError(err).Code != api.Invalid {
				t.Fatal(err)
			} else if err == nil && h.Call.Path == (api.Path{}) && h.Call.Operation != api.ListLinks {
				t.Fatalf("%s with %q: no id", path, body)
			}
		}
		op := contract.Operation(h.Call.Operation)
		if op == nil {
			t.Fatalf("%s %q: no operation %q", method, path, h.Call.Operation)
		}
		if err := op.Validate(&api.Call{Operation: op.ID, Path: h.Call.Path, Query: h.Call.Query, Document: []byte("{}")}); err != nil && api.AsError(err).Code != api.Invalid {
			t.Fatal(err)
		}
	})
}
