package gateway_test

import (
	"net/http"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/gateway"
)

// fleet is a backend that refuses by itself what it does not support.
type fleet struct{ backend }

func (fleet) Capabilities() api.Capabilities { return api.Capabilities{} }

// answering answers every call with a name.
func answering(name string) func(*api.Call) (*api.Reply, error) {
	return func(*api.Call) (*api.Reply, error) {
		return &api.Reply{Document: []byte(`{"error":0,"name":"` + name + `"}`)}, nil
	}
}

func TestGateway_Fleets(t *testing.T) {
	for name, c := range map[string]struct {
		key  api.Key
		want string
	}{
		"Fleet":          {api.Key{Account: "main", Backend: "b"}, "main's fleet"},
		"OtherBackend":   {api.Key{Account: "main", Backend: "c"}, "c"},
		"OtherAccount":   {api.Key{Account: "other", Backend: "c"}, "other's fleet"},
		"NoFleet":        {api.Key{Account: "third", Backend: "c"}, "c"},
		"OwnCredential":  {api.Key{Account: "main", Backend: "b", Forwarded: "theirs"}, "b"},
		"LostToAnother":  {api.Key{Account: "third", Backend: "b"}, ""},
		"NotConfigured":  {api.Key{Account: "main", Backend: "gone"}, ""},
		"FleetOfAnother": {api.Key{Account: "third", Backend: "d"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			server, _ := serve(t, answering("b"), func(cfg *gateway.Config) {
				c.key.Scopes = api.DefaultScopes
				cfg.Keys = keyring{c.key}
				cfg.Backends["c"] = backend{answering("c")}
				cfg.Backends["d"] = backend{answering("d")}
				cfg.Owners = map[string]string{"b": "main", "d": "main"}
				cfg.Fleets = map[string]map[string]adapters.Backend{
					"main":  {"b": fleet{backend{answering("main's fleet")}}},
					"other": {"c": fleet{backend{answering("other's fleet")}}},
					"third": {"d": fleet{backend{answering("third's fleet")}}},
				}
			})
			status, body := ask(t, server, "POST", "/api/url/add", "good", create)
			if got := gjson.Get(body, "name").String(); got != c.want || (status == 200) != (c.want != "") {
				t.Errorf("%d %s; want an answer of %q", status, body, c.want)
			}
		})
	}
}

// TestGateway_Age: a client is told that an answer is remembered.
func TestGateway_Age(t *testing.T) {
	server, _ := serve(t, func(*api.Call) (*api.Reply, error) {
		return &api.Reply{Document: []byte(`{"error":0}`), Header: http.Header{"Age": {"12"}}}, nil
	}, nil)
	if _, header, body := askWith(t, server, "GET", "/api/account", "good", "", nil); header.Get("Age") != "12" {
		t.Errorf("%v %s; want Age: 12", header, body)
	}
}

func TestGateway_HealthOfBackends(t *testing.T) {
	for name, c := range map[string]struct {
		backends func() []gateway.BackendHealth
		want     string
	}{
		"Unknown": {nil, `{"error":0,"status":"ok"}`},
		"None":    {func() []gateway.BackendHealth { return nil }, `{"error":0,"status":"ok"}`},
		"InOrderOfName": {
			func() []gateway.BackendHealth {
				return []gateway.BackendHealth{{"kr", gateway.BackendUp}, {"b<", gateway.BackendProbing}, {"dg", gateway.BackendDown}}
			},
			`{"error":0,"status":"ok","backends":[{"name":"b<","status":"probing"},{"name":"dg","status":"down"},{"name":"kr","status":"up"}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			server, _ := serve(t, nil, func(cfg *gateway.Config) { cfg.BackendHealth = c.backends })
			if status, body := ask(t, server, "GET", "/api/health", "", ""); status != 200 || body != c.want {
				t.Errorf("%d %s; want 200 %s", status, body, c.want)
			}
		})
	}
}
