package gempixel_test

import (
	"context"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/dialects/gempixel"
	"github.com/linkquay/linkquay/gateway"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/ratelimit"
	"github.com/linkquay/linkquay/translate"
)

// backend answers every call in one way, and remembers the last one.
type backend struct{ call *api.Call }

func (b *backend) Do(_ context.Context, call *api.Call) (*api.Reply, error) {
	b.call = call
	return &api.Reply{Document: []byte(`{"error":0,"data":{"maxpage":1,"cta":[{"id":7}]}}`)}, nil
}

func (*backend) Capabilities() api.Capabilities {
	supported := api.Capabilities{}
	for _, op := range []api.Operation{api.GetLink, api.ListLinks, api.UpdateLink, api.AssignLinkToCampaign, api.AssignItemToChannel, api.ListOverlays} {
		supported[op] = api.Capability{Support: api.Native}
	}
	return supported
}

// keyring knows one key, as it is and as one that may do nothing wrong.
type keyring struct{}

func (keyring) Authenticate(credential api.Secret) (*api.Key, error) {
	key := &api.Key{ID: "key:k", Name: "k", Account: "main", Backend: "b", Scopes: api.DefaultScopes}
	switch credential {
	case "good":
		return key, nil
	case "strict":
		key.Strict = true
		return key, nil
	}
	return nil, api.Errorf(api.Unauthorized, "A valid API key is required to use this service.")
}

func (keyring) Signed(*api.Signature) (*api.Key, error) {
	return nil, api.Errorf(api.Unauthorized, "No.")
}

// habits counts what is put right.
type habits []translate.Kind

func (*habits) Answered(api.Operation, string, api.Code, time.Duration) {}
func (h *habits) Tolerated(_ string, kind translate.Kind)               { *h = append(*h, kind) }

// TestGateway sends what no operation of the contract has by itself: the second
// generation, and other names.
func TestGateway(t *testing.T) {
	contract, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		method, path, authorization, body string
		status                            int
		said                              string // a part of the answer
		op                                api.Operation
		at                                api.Path
		query                             string
		habits                            []translate.Kind
	}{
		"Stats":        {"POST", "/api/url/stats", "Token good", `{"urlid":7}`, 200, `"error":0`, api.GetLink, api.Path{ID: 7}, "", nil},
		"StatsText":    {"POST", "/api/url/stats", "Token good", `{"urlid":"7"}`, 200, `"error":0`, api.GetLink, api.Path{ID: 7}, "", []translate.Kind{translate.OtherType}},
		"StatsStrict":  {"POST", "/api/url/stats", "Token strict", `{"urlid":7}`, 200, `"error":0`, api.GetLink, api.Path{ID: 7}, "", nil},
		"StatsMissing": {"POST", "/api/url/stats", "Token good", ``, 400, `"errors":{"urlid":["must be a positive integer"]}`, "", api.Path{}, "", nil},
		"StatsBroken":  {"POST", "/api/url/stats", "Token good", `{"urlid":7`, 400, `"error":1`, "", api.Path{}, "", nil},
		"StatsTwice":   {"POST", "/api/url/stats", "Token good", `{"urlid":7,"urlid":8}`, 400, `"error":1`, "", api.Path{}, "", nil},
		"StatsLarge":   {"POST", "/api/url/stats", "Token good", `{"urlid":7,"x":"` + strings.Repeat("x", 2000) + `"}`, 413, `"error":1`, "", api.Path{}, "", nil},
		"StatsBadKey":  {"POST", "/api/url/stats", "Token bad", `{"urlid":7`, 401, `"msg":"A valid API key`, "", api.Path{}, "", nil},
		"StatsByGet":   {"GET", "/api/url/stats", "Token good", ``, 405, `"error":1`, "", api.Path{}, "", nil},
		"List":         {"POST", "/api/url/get", "Token good", `{"limit":2,"page":3,"order":"click"}`, 200, `"error":0`, api.ListLinks, api.Path{}, "limit=2&order=click&page=3", nil},
		"ListAll":      {"POST", "/api/url/get", "Token good", ``, 200, `"error":0`, api.ListLinks, api.Path{}, "", nil},
		"ListTooMany":  {"POST", "/api/url/get", "Token good", `{"limit":1001}`, 400, `"limit"`, "", api.Path{}, "", nil},
		"ListDisorder": {"POST", "/api/url/get", "Token good", `{"order":["click"]}`, 400, `"order"`, "", api.Path{}, "", nil},
		"User":         {"POST", "/api/user/create", "Token good", `{"username":"x","password":"x"}`, 501, `"error":1`, "", api.Path{}, "", nil},

		"Link":           {"GET", "/api/link/7", "Bearer good", ``, 200, `"error":0`, api.GetLink, api.Path{ID: 7}, "", []translate.Kind{translate.Alias}},
		"LinkStrict":     {"GET", "/api/link/7", "Bearer strict", ``, 400, `"/api/link/{id}":["is another name than the contract has"]`, "", api.Path{}, "", nil},
		"LinkUpdate":     {"PUT", "/api/link/7/update", "Bearer good", `{"url":"https://a.example/"}`, 200, `"error":0`, api.UpdateLink, api.Path{ID: 7}, "", []translate.Kind{translate.Alias}},
		"LinkDelete":     {"DELETE", "/api/link/7/delete", "Bearer good", ``, 501, `does not support`, "", api.Path{}, "", []translate.Kind{translate.Alias}},
		"Overlay":        {"GET", "/api/overlay/7", "Bearer good", ``, 200, `{"error":0,"data":{"id":7}}`, api.ListOverlays, api.Path{}, "limit=1000&page=1", []translate.Kind{translate.Alias}},
		"OverlayMissing": {"GET", "/api/overlay/8", "Bearer good", ``, 404, `Overlay not found.`, api.ListOverlays, api.Path{}, "limit=1000&page=1", []translate.Kind{translate.Alias}},
		"Campaign": {
			"POST", "/api/campaign/3/assign", "Bearer good", `{"link_id":"4"}`, 200, `"error":0`, api.AssignLinkToCampaign,
			api.Path{ID: 3, ItemID: 4},
			"",
			[]translate.Kind{translate.Alias, translate.OtherType},
		},
		"Channel": {
			"POST", "/api/channel/3/assign", "Bearer good", `{"type":"url","item_id":4}`, 200, `"error":0`, api.AssignItemToChannel,
			api.Path{ID: 3, ItemID: 4, ItemType: "links"},
			"",
			[]translate.Kind{translate.Alias},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, tolerated := &backend{}, &habits{}
			g := gateway.New(gateway.Config{
				Dialects:    []dialects.Dialect{gempixel.New(contract)},
				Contract:    contract,
				Keys:        keyring{},
				Limits:      ratelimit.NewMemory(ratelimit.Options{}),
				Backends:    map[string]adapters.Backend{"b": b},
				BodyLimit:   1 << 10,
				BodyTimeout: time.Minute,
				Metrics:     tolerated,
				Logger:      zap.NewNop(),
			})
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
			r.Header.Set("Authorization", c.authorization)
			w := httptest.NewRecorder()
			g.ServeHTTP(w, r, netip.MustParseAddr("192.0.2.1"))
			body := w.Body.String()
			if w.Code != c.status || !strings.Contains(body, c.said) || !gjson.Valid(body) {
				t.Errorf("%d %s; want %d with %s", w.Code, body, c.status, c.said)
			}
			if !slices.Equal(*tolerated, c.habits) {
				t.Errorf("put right: %v; want %v", *tolerated, c.habits)
			}
			if c.op == "" {
				if b.call != nil {
					t.Errorf("the backend was asked for %s", b.call.Operation)
				}
				return
			}
			if b.call == nil || b.call.Operation != c.op || b.call.Path != c.at || b.call.Query.Encode() != c.query {
				t.Errorf("asked for %+v; want %s %+v %s", b.call, c.op, c.at, c.query)
			}
		})
	}
}
