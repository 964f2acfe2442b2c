package gempixelv1

import (
	"cmp"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/translate"
)

// TestDialect_Speaks: requests of the third generation stand on the same paths.
func TestDialect_Speaks(t *testing.T) {
	for _, c := range []struct {
		method, target, authorization string
		want                          bool
	}{
		{"GET", "/api?key=k&url=https://a.example/", "", true},
		{"GET", "/api?api=k&url=https://a.example/", "", true},
		{"GET", "/api/?key=k&short=abc", "", true},
		{"GET", "/api?key=k", "", true},
		{"GET", "/api?url=https://a.example/", "", true},
		{"POST", "/api?key=k", "", true},
		{"GET", "/api/details?key=k&alias=abc", "", true},
		{"GET", "/api/details?alias=abc", "", true},
		{"GET", "/api/urls?key=k", "", true},
		{"GET", "/api/urls/?api=k&order=click&limit=3", "", true},
		{"GET", "/api/urls?key=", "", true},

		{"GET", "/api", "", false},
		{"GET", "/api/", "Bearer k", false},
		{"GET", "/api?key=k&url=https://a.example/", "Bearer k", false},
		{"GET", "/api/urls", "", false},
		{"GET", "/api/urls", "Bearer k", false},
		{"GET", "/api/urls?limit=2&page=1&order=date", "", false},
		{"GET", "/api/urls?short=abc", "", false},
		{"GET", "/api/urls?short=abc&key=k", "Token k", false},
		{"GET", "/api/urls?q=key", "k", false},
		{"GET", "/api/details", "", false},
		{"GET", "/api/url/3?key=k", "", false},
		{"POST", "/api/url/add?key=k", "", false},
		{"POST", "/api/urls/bulk?key=k", "", false},
		{"POST", "/api/url/get?key=k", "", false},
		{"GET", "/api/account?key=k", "", false},
		{"GET", "/api/docs?key=k", "", false},
		{"GET", "/api/health?key=k", "", false},
		{"GET", "/api/openapi.json?key=k", "", false},
		{"GET", "/api/capabilities?key=k", "Bearer k", false},
		{"GET", "/api//?key=k", "", false},
		{"GET", "/apiary?key=k", "", false},
		{"GET", "/?key=k", "", false},
	} {
		r := httptest.NewRequest(c.method, c.target, nil)
		if c.authorization != "" {
			r.Header.Set("Authorization", c.authorization)
		}
		d := New()
		if got := d.Owns(r.URL.Path) && d.Speaks(r); got != c.want {
			t.Errorf("%s %s with %q: %v; want %v", c.method, c.target, c.authorization, got, c.want)
		}
	}
}

func TestDialect_Head(t *testing.T) {
	for _, c := range []struct {
		method, target string
		op             api.Operation
		query          string
		notes          []translate.Kind
	}{
		{
			"GET", "/api?key=k&url=https%3A%2F%2Fa.example%2F&custom=abc&type=frame&pass=x&format=text", api.CreateLink,
			"custom=abc&format=text&pass=x&type=frame&url=https%3A%2F%2Fa.example%2F", nil,
		},
		{"GET", "/api/?api=k&url=a", api.CreateLink, "url=a", nil},
		{"GET", "/api?key=k", api.CreateLink, "", nil},
		{"GET", "/api?key=k&url=a&short=b", api.CreateLink, "short=b&url=a", nil},
		{"GET", "/api?key=k&url=&short=b", api.ListLinks, "short=b", []translate.Kind{translate.EmptyValue}},
		{"GET", "/api?key=k&url=a&url=b", api.CreateLink, "url=b", []translate.Kind{translate.DuplicateField}},
		{"GET", "/api?key=k&url=a&custom=&callback=f", api.CreateLink, "url=a", []translate.Kind{translate.EmptyValue, translate.UnknownField}},
		{"GET", "/api?key=x&key=k&url=a", api.CreateLink, "url=a", nil},
		{"GET", "/api?api=k&key=&url=a", api.CreateLink, "url=a", nil},
		{"GET", "/api?key=k&url=https://a.example/;s=1?q=100%25%zz#x", api.CreateLink, "url=https%3A%2F%2Fa.example%2F%3Bs%3D1%3Fq%3D100%25%25zz%23x", nil},
		{"HEAD", "/api?key=k&short=b", api.ListLinks, "short=b", nil},
		{"GET", "/api/details?key=k&alias=b", api.ListLinks, "alias=b", nil},
		{"GET", "/api/details?key=k&alias=b&format=text", api.ListLinks, "alias=b", []translate.Kind{translate.UnknownField}},
		{"GET", "/api/urls?key=k&order=click&limit=3&page=2&q=x", api.ListLinks, "limit=3&order=click&page=2", []translate.Kind{translate.UnknownField}},
	} {
		h, err := New().Head(httptest.NewRequest(c.method, c.target, nil))
		if err != nil {
			t.Errorf("%s %s: %v", c.method, c.target, err)
			continue
		}
		if h.Credential != "k" || h.Call.Operation != c.op || h.Call.Query.Encode() != c.query || h.Compose == nil {
			t.Errorf("%s %s = %q %s %q; want %s %q", c.method, c.target, h.Credential.Reveal(), h.Call.Operation, h.Call.Query.Encode(), c.op, c.query)
		}
		var kinds []translate.Kind
		for _, n := range h.Notes {
			kinds = append(kinds, n.Kind)
		}
		if slices.Sort(kinds); !slices.Equal(kinds, c.notes) {
			t.Errorf("%s %s: %v; want %v", c.method, c.target, kinds, c.notes)
		}
	}
}

func TestDialect_Head_refused(t *testing.T) {
	for _, c := range []struct {
		method, target string
		code           api.Code
		field          string
	}{
		{"POST", "/api?key=k&url=a", api.MethodNotAllowed, ""},
		{"HEAD", "/api?key=k&url=a", api.MethodNotAllowed, ""},
		{"DELETE", "/api/urls?key=k", api.MethodNotAllowed, ""},
		{"GET", "/api?key=k&url=%FF", api.Invalid, "url"},
		{"GET", "/api?key=k&url=a&pass=%00", api.Invalid, "pass"},
		{"GET", "/api/unknown?key=k", api.NotFound, ""},
	} {
		h, err := New().Head(httptest.NewRequest(c.method, c.target, nil))
		if err == nil || api.AsError(err).Code != c.code {
			t.Errorf("%s %s: %v; want %s", c.method, c.target, err, c.code)
			continue
		}
		if fields := api.AsError(err).Fields; c.field != "" && (len(fields) != 1 || fields[0].Field != c.field) {
			t.Errorf("%s %s: %v; want one about %s", c.method, c.target, fields, c.field)
		}
		if c.code != api.NotFound && h.Credential != "k" {
			t.Errorf("%s %s: the credential is %q", c.method, c.target, h.Credential.Reveal())
		}
	}
}

// FuzzHead: whatever stands in a query, the calls that it becomes are documents
// that every reader understands alike, and never a key.
func FuzzHead(f *testing.F) {
	contract, err := openapi.Load()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("/api", "key=secret&url=https%3A%2F%2Fa.example%2F&custom=abc&pass=x&type=frame&format=text")
	f.Add("/api/", "api=secret&short=https://go.example.com/a%00b&url=")
	f.Add("/api/details", "key=secret&alias=%FF%22%5C")
	f.Add("/api/urls", "key=secret&limit=1e9&order=;&page=-1&limit=2")
	f.Add("/api", "url=%ud800&key=secret&key=b&%=%&&=")
	f.Fuzz(func(t *testing.T, path, query string) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{}}
		d := New()
		d.Speaks(r)
		h, err := d.Head(r)
		if h == nil {
			t.Fatal("no head")
		}
		if err != nil {
			if api.AsError(err).Code == api.Internal {
				t.Fatalf("%q: %v", query, err)
			}
			return
		}
		if h.Call.Query.Has("key") || h.Call.Query.Has("api") {
			t.Fatalf("%q: the key is among the parameters", query)
		}
		_, err = h.Compose(t.Context(), func(_ context.Context, call *api.Call) (*api.Reply, error) {
			if call.Document != nil {
				if err := openapi.WellFormed(call.Document); err != nil {
					t.Fatalf("%q became %q: %v", query, call.Document, err)
				}
			}
			if err := contract.Operation(call.Operation).Validate(call); err != nil {
				return nil, err
			}
			return &api.Reply{Document: []byte(`{"error":0,"id":1,"short":"https://go.example.com/a","details":{"longurl":"https://a.example/"}}`)}, nil
		})
		if code := api.AsError(cmp.Or(err, error(&api.Error{Code: api.Invalid}))).Code; code != api.Invalid {
			t.Fatalf("%q: %v", query, err)
		}
	})
}
