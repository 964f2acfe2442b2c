package gempixel

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	sites "github.com/linkquay/linkquay/simulate/gempixel"
)

func TestAdapter_Probe(t *testing.T) {
	account := `{"error":0,"data":{"id":1,"email":"owner@example.com"}}`
	old := `{"error":1,"msg":"Please enter a valid URL."}`
	for _, c := range []struct {
		name  string
		site  func(w http.ResponseWriter, r *http.Request)
		want  adapters.Finding
		tried int
	}{
		{"works", says(200, "/api/account", account), adapters.Finding{API: "gempixel 3", Fits: true}, 1},
		{"key-refused", says(401, "/api/account", `{"error":1,"message":"Invalid API key."}`), adapters.Finding{Hint: hintKey}, 1},
		{"key-refused-by-400", says(400, "/api/account", `{"error":1,"message":"A valid API key is required."}`), adapters.Finding{API: "gempixel 3", Hint: hintKey}, 1},
		{"key-refused-by-200", says(200, "/api/account", `{"error":1,"message":"A valid API key is required."}`), adapters.Finding{API: "gempixel 3", Hint: hintKey}, 1},
		{"forbidden", says(403, "/api/account", `{"error":1,"message":"No."}`), adapters.Finding{API: "gempixel 3", Hint: hintForbidden}, 1},
		{"login", says(200, "/", `<form><input type="password"></form>`), adapters.Finding{Hint: hintKey}, 1},
		{"a-page", says(200, "/", "<h1>Welcome</h1>"), adapters.Finding{Hint: hintElse}, 2},
		{"nothing", says(404, "/", "404 page not found"), adapters.Finding{Hint: hintElse}, 2},
		{"other-json", says(200, "/", `{"status":"ok"}`), adapters.Finding{Hint: hintElse}, 2},
		{"other-json-404", says(404, "/", `{"error":1,"message":"Not Found"}`), adapters.Finding{Hint: hintElse}, 2},
		{"older", says(200, "/api", old), adapters.Finding{API: "gempixel 1 or 2", Hint: hintOld}, 2},
		{"older-everywhere", says(200, "/", old), adapters.Finding{API: "gempixel 1 or 2", Hint: hintOld}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet || strings.Contains(r.RequestURI, adaptertest.Key.Reveal()) || r.URL.RawQuery != "" {
					t.Errorf("asked %s %s; want a bare GET", r.Method, r.RequestURI)
				}
				c.site(w, r)
			}))
			defer server.Close()
			got, err := prober(t, server.URL, adaptertest.Key).Probe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Tried) != c.tried {
				t.Errorf("tried %v; want %d reads", got.Tried, c.tried)
			}
			got.Tried = nil
			if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Errorf("Probe() (-want +got):\n%s", diff)
			}
		})
	}
}

// says answers a path and all below it, and 404 elsewhere.
func says(status int, path, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, path) || path == "/api" && r.URL.Path != path {
			http.NotFound(w, r)
			return
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func prober(t *testing.T, address string, key api.Secret) *Adapter {
	t.Helper()
	client, err := upstream.New(upstream.Config{Backend: "kr", BaseURL: address, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	a, err := New(Config{Name: "kr"}, client)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAdapter_ProbeSimulated(t *testing.T) {
	s := simulation(t, sites.Options{})
	got, err := prober(t, s.server.URL, sites.DefaultKey).Probe(t.Context())
	if err != nil || !got.Fits {
		t.Errorf("Probe() = %+v, %v; want that it fits", got, err)
	}
	got, err = prober(t, s.server.URL, "another-key").Probe(t.Context())
	if err != nil || got.Fits || got.Hint != hintKey {
		t.Errorf("Probe() with another key = %+v, %v; want it refused", got, err)
	}
	if _, err := prober(t, "http://127.0.0.1:1", "a-key").Probe(t.Context()); api.AsError(err).Code != api.Unavailable {
		t.Errorf("Probe() of nothing = %v; want Unavailable", err)
	}
	if n := len(s.site.Links()); n != 0 {
		t.Errorf("the probes made %d links", n)
	}
}
