package dglnk

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	sites "github.com/linkquay/linkquay/simulate/dglnk"
)

func TestProbe(t *testing.T) {
	answer := func(path string, status int, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet || r.Header.Get("Authorization") != "Bearer "+adaptertest.Key.Reveal() {
				t.Errorf("the site was asked %s with %v", r.Method, r.Header)
			}
			w.Header().Set("Content-Type", "application/json")
			if r.URL.Path != path && path != "" {
				status, body = http.StatusNotFound, `{"message":"Not Found"}`
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		})
	}
	login := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<form><input type="password"></form>`))
	})
	key := adaptertest.Key.Reveal()
	for _, c := range []struct {
		name       string
		site       http.Handler
		configured int
		api        string
		fits       bool
		hint       string
		err        bool
	}{
		{name: "1", site: sites.New(sites.Options{Key: key}), configured: 1, api: "dglnk 1", fits: true},
		{name: "1-taken-for-3", site: sites.New(sites.Options{Key: key}), configured: 3, api: "dglnk 1", hint: "api_version 1"},
		{name: "1-with-a-page-for-what-it-does-not-know", site: login, configured: 1, api: "dglnk 1", fits: true},
		{name: "3", site: sites.New(sites.Options{APIVersion: 3, Key: key}), configured: 3, api: "dglnk 3", fits: true},
		{name: "3-taken-for-1", site: sites.New(sites.Options{APIVersion: 3, Key: key}), configured: 1, api: "dglnk 3", hint: "api_version 3"},
		{name: "3-without-access", site: sites.New(sites.Options{APIVersion: 3, Key: key, NoAccess: true}), configured: 3, api: "dglnk 3", hint: "plan"},
		{name: "3-other-key", site: sites.New(sites.Options{APIVersion: 3}), configured: 3, hint: "API key"},
		{name: "4", site: answer("/api/v1/links", 200, `{"data":[],"links":{},"meta":{}}`), configured: 3, api: "dglnk 4", hint: "not supported"},
		{name: "fault", site: answer("", 500, `{}`), configured: 1, err: true},
		{name: "rate-limit", site: answer("", 429, `{}`), configured: 1, err: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(c.site)
			defer server.Close()
			client, err := upstream.New(upstream.Config{Backend: "dg", BaseURL: server.URL, Key: adaptertest.Key, KeyQuery: KeyQuery})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			f, err := probe(t.Context(), client, c.configured)
			if c.err {
				if api.AsError(err).Code == api.Internal || err == nil {
					t.Errorf("probe = %+v, %v; want a coded error", f, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if f.API != c.api || f.Fits != c.fits || !strings.Contains(f.Hint, c.hint) || f.Fits != (f.Hint == "") || len(f.Tried) == 0 {
				t.Errorf("probe = %+v; want %q, %v, %q", f, c.api, c.fits, c.hint)
			}
			if strings.Contains(fmt.Sprint(f), key) {
				t.Errorf("the key is in %+v", f)
			}
		})
	}
}

func TestProbe_NoKey(t *testing.T) {
	client, err := upstream.New(upstream.Config{Backend: "dg", BaseURL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := probe(t.Context(), client, 1); err == nil {
		t.Error("probe = nil; want an error")
	}
}
