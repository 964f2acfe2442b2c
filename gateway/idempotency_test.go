package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/dialects/dglnk"
	"github.com/linkquay/linkquay/dialects/gempixelv1"
	"github.com/linkquay/linkquay/dialects/yourls"
	"github.com/linkquay/linkquay/gateway"
)

// once serves a backend that heeds Idempotency-Key, and returns the last call.
func once(t *testing.T) (do func(*api.Call) (*api.Reply, error), change func(*gateway.Config), last *api.Call) {
	t.Helper()
	last = &api.Call{}
	do = func(call *api.Call) (*api.Reply, error) {
		*last = *call
		return &api.Reply{Document: []byte(`{"error":0,"id":1}`), Header: http.Header{adapters.Replayed: {"true"}}}, nil
	}
	return do, func(cfg *gateway.Config) { cfg.Backends["b"] = careful{backend{do}} }, last
}

func TestGateway_IdempotencyKey(t *testing.T) {
	do, change, last := once(t)
	server, _ := serve(t, do, change)
	for name, c := range map[string]struct {
		keys []string
		bad  bool
	}{
		"None":       {nil, false},
		"Short":      {[]string{"k"}, false},
		"Quoted":     {[]string{`"8e03978e-40d5"`}, false},
		"Long":       {[]string{strings.Repeat("~", 255)}, false},
		"ErrTooLong": {[]string{strings.Repeat("k", 256)}, true},
		"ErrEmpty":   {[]string{""}, true},
		"ErrSpace":   {[]string{"a b"}, true},
		"ErrUTF8":    {[]string{"é"}, true},
		"ErrTwice":   {[]string{"a", "a"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			*last = api.Call{}
			status, header, body := askWith(t, server, "POST", "/api/url/add", "good", create, http.Header{adapters.IdempotencyKey: c.keys})
			if c.bad {
				if status != 400 || !gjson.Get(body, "errors.Idempotency-Key").Exists() || last.Operation != "" {
					t.Errorf("%d %s, the backend was asked for %q; want 400 naming the header", status, body, last.Operation)
				}
				return
			}
			if status != 200 || header.Get(adapters.Replayed) != "true" {
				t.Fatalf("%d %s %v", status, body, header)
			}
			switch got := last.Idempotency; {
			case c.keys == nil && got != nil:
				t.Errorf("the call has %+v without a header", got)
			case c.keys != nil && (got == nil || got.Key != c.keys[0] || got.Fingerprint == [32]byte{}):
				t.Errorf("the call has %+v; want the key %q", got, c.keys[0])
			}
		})
	}
}

// TestGateway_IdempotencyKeyElsewhere: where nothing is created the header
// means nothing, however it looks.
func TestGateway_IdempotencyKeyElsewhere(t *testing.T) {
	do, change, last := once(t)
	server, _ := serve(t, do, change)
	for _, c := range [][2]string{{"GET", "/api/account"}, {"DELETE", "/api/url/1/delete"}} {
		status, _, body := askWith(t, server, c[0], c[1], "good", "", http.Header{adapters.IdempotencyKey: {"a b"}})
		if status != 200 || last.Idempotency != nil {
			t.Errorf("%s: %d %s, %+v; want the header ignored", c[1], status, body, last.Idempotency)
		}
	}
}

func TestGateway_IdempotencyKeyUnsupported(t *testing.T) {
	called := false
	server, _ := serve(t, func(*api.Call) (*api.Reply, error) { called = true; return &api.Reply{Document: []byte("{}")}, nil }, nil)
	status, _, body := askWith(t, server, "POST", "/api/url/add", "good", create, http.Header{adapters.IdempotencyKey: {"k"}})
	want := `Idempotency-Key is not supported by the backend "b".`
	if status != 400 || gjson.Get(body, "message").String() != want || called {
		t.Errorf("%d %s, backend called: %t; want 400 %q", status, body, called, want)
	}
}

// TestGateway_Fingerprint: equal requests have one fingerprint, others others.
func TestGateway_Fingerprint(t *testing.T) {
	do, change, last := once(t)
	server, _ := serve(t, do, change)
	seen := map[[32]byte]string{}
	for _, c := range []struct{ path, body, same string }{
		{"/api/url/add", create, ""},
		{"/api/url/add", create, "/api/url/add" + create},
		{"/api/url/add", `{"custom":null,"url":"https://example.com/"}`, "/api/url/add" + create},
		{"/api/url/add", `{"url":"https://example.com/","custom":"abc"}`, ""},
		{"/api/urls/bulk", `{"urls":[` + create + `]}`, ""},
		{"/api/url/add", `{"url":"https://example.com/","password":"a"}`, ""},
		{"/api/url/add", `{"url":"https://example.com/","password":"b"}`, `/api/url/add{"url":"https://example.com/","password":"a"}`},
		{"/api/urls/bulk", `{"urls":[{"url":"a:b","password":"a"},{}]}`, ""},
		{"/api/urls/bulk", `{"urls":[{"url":"a:b","password":"b"},{}]}`, `/api/urls/bulk{"urls":[{"url":"a:b","password":"a"},{}]}`},
		{"/api/urls/bulk", `{"urls":[{"url":"a:b"},{"password":"b"}]}`, ""},
		{"/api/url/add", `{"url":"a:b","pixels":[1,2]}`, ""},
		{"/api/url/add", `{"url":"a:b","pixels":[12]}`, ""},
		{"/api/url/add", `{"url":"a:b","metatitle":"[1,2]"}`, ""},
		{"/api/files/upload/a.txt?name=x&custom=abc&password=a", "12345", ""},
		{"/api/files/upload/a.txt?name=x&custom=abc&password=b", "12345", "/api/files/upload/a.txt?name=x&custom=abc&password=a12345"},
		{"/api/files/upload/a.txt?name=x&custom=abc", "12345", ""},
		{"/api/files/upload/a.txt?custom=abc&name=x", "54321", "/api/files/upload/a.txt?name=x&custom=abc12345"},
		{"/api/files/upload/a.txt?name=x&custom=abc", "123456", ""},
		{"/api/files/upload/b.txt?name=x&custom=abc", "12345", ""},
		{"/api/files/upload/a.txt?name=y&custom=abc", "12345", ""},
	} {
		status, _, body := askWith(t, server, "POST", c.path, "good", c.body, http.Header{adapters.IdempotencyKey: {"k"}})
		if status != 200 {
			t.Fatalf("%s: %d %s", c.path, status, body)
		}
		sum := last.Idempotency.Fingerprint
		if got := seen[sum]; got != c.same {
			t.Errorf("%s %s has the fingerprint of %q; want %q", c.path, c.body, got, c.same)
		}
		if c.same == "" {
			seen[sum] = c.path + c.body
		}
	}
}

// composed are requests that take several calls, in the dialects that have such.
var composed = map[string]struct{ method, path, body string }{
	"gempixelv1": {"GET", "/api?key=good&url=https://example.com/", ""},
	"dglnk":      {"POST", "/api/links/create?api_token=good", `{"long_url":"https://example.com/"}`},
	"dglnkBulk":  {"POST", "/api/links/create?api_token=good", `{"multiple_urls":["https://example.com/"]}`},
	"dglnk3":     {"POST", "/api/v1/link?api_token=good", `{"long_url":"https://example.com/","tags":["new"]}`},
	"yourls":     {"GET", "/yourls-api.php?signature=good&format=json&action=shorturl&url=https://example.com/", ""},
}

// compose adds the dialects of composed.
func compose(cfg *gateway.Config) {
	cfg.Dialects = append([]dialects.Dialect{gempixelv1.New(), dglnk.New(cfg.Contract, time.UTC), yourls.New(time.UTC)}, cfg.Dialects...)
}

// TestGateway_IdempotencyKeyOfSeveralCalls: it is that of the one call which
// makes what was asked for.
func TestGateway_IdempotencyKeyOfSeveralCalls(t *testing.T) {
	for name, c := range composed {
		t.Run(name, func(t *testing.T) {
			_, change, _ := once(t)
			keys := map[api.Operation]string{}
			server, _ := serve(t, nil, func(cfg *gateway.Config) {
				change(cfg)
				compose(cfg)
				cfg.Backends["b"] = careful{backend{func(call *api.Call) (*api.Reply, error) {
					if keys[call.Operation] = "none"; call.Idempotency != nil {
						keys[call.Operation] = call.Idempotency.Key
					}
					return &api.Reply{
						Document: []byte(`{"error":0,"id":1,"shorturl":"https://a.example/b","data":{"results":[{"id":1,"shorturl":"https://a.example/b"}]}}`),
						Header:   http.Header{adapters.Replayed: {"true"}},
					}, nil
				}}}
			})
			status, header, body := askWith(t, server, c.method, c.path, "", c.body, http.Header{adapters.IdempotencyKey: {"k"}})
			if status != 200 || header.Get(adapters.Replayed) != "true" {
				t.Errorf("%d %v %s; want the reply with its header", status, header, body)
			}
			for op, key := range keys {
				if want := map[bool]string{true: "k", false: "none"}[op == api.CreateLink || op == api.CreateLinks]; key != want {
					t.Errorf("%s was sent the key %q; want %q", op, key, want)
				}
			}
			if len(keys) == 0 {
				t.Error("nothing was made")
			}
		})
	}
}

// TestGateway_NothingHalfDone: what cannot be made is refused before anything
// is, in the shape of its dialect.
func TestGateway_NothingHalfDone(t *testing.T) {
	for name, c := range composed {
		t.Run(name, func(t *testing.T) {
			called := ""
			do := func(call *api.Call) (*api.Reply, error) {
				called = string(call.Operation)
				return &api.Reply{Document: []byte("{}")}, nil
			}
			for _, key := range []string{"k", "a b"} {
				server, _ := serve(t, do, compose)
				_, _, body := askWith(t, server, c.method, c.path, "", c.body, http.Header{adapters.IdempotencyKey: {key}})
				if called != "" || !strings.Contains(body, adapters.IdempotencyKey) {
					t.Errorf("%q: %s, the backend was asked for %q; want a refusal that names the header", key, body, called)
				}
			}
			server, _ := serve(t, do, func(cfg *gateway.Config) {
				compose(cfg)
				cfg.Keys = keyring{api.Key{ID: "key:k", Name: "k", Account: "main", Backend: "b", Scopes: api.ScopeRead | api.ScopeWrite}}
			})
			if _, _, body := askWith(t, server, c.method, c.path, "", c.body, nil); called != "" || !strings.Contains(body, "lacks the scope") {
				t.Errorf("without the scope: %s, the backend was asked for %q", body, called)
			}
		})
	}
}
